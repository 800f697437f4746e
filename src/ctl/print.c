#include "ctl/print.h"

#include <inttypes.h>

#include "base/clock.h"

/* Unlimited is null. */
static void json_put_limit(struct json_out *w, const char *key, int64_t limit)
{
	json_put_opt_int(w, key, limit != LIMIT_UNLIMITED, limit);
}

const char *limit_text(struct arena *a, int64_t limit)
{
	return limit == LIMIT_UNLIMITED ? "unlimited" : arena_printf(a, "%" PRId64, limit);
}

/* "api, webhooks", or a dash. */
static const char *features_text(struct arena *a, const struct plan_features *f)
{
	const char *names[] = {f->api ? "api" : NULL, f->webhooks ? "webhooks" : NULL, f->mcp ? "mcp" : NULL,
	                       f->white_label ? "white-label" : NULL};
	const char *text = "";
	unsigned i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i])
			text = arena_printf(a, "%s%s%s", text, *text ? ", " : "", names[i]);
	return *text ? text : "-";
}

void print_id(struct table *t, const char *label, enum id_kind kind, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	id_format(kind, id, text);
	print_text(t, label, text);
}

void print_text(struct table *t, const char *label, const char *text)
{
	table_add(t, "%s", label);
	table_add(t, "%s", text ? text : "-");
}

void print_time(struct table *t, const char *label, int64_t ms)
{
	table_add(t, "%s", label);
	table_add_time(t, ms);
}

/* Lists. */

void print_list(struct ctl *c, const struct listing *l, const void *rows, unsigned n)
{
	const char *row = rows;
	struct table t;
	unsigned i;

	if (c->json) {
		json_arr_open(&c->w, NULL);
		for (i = 0; i < n; i++, row += l->size)
			l->json(&c->w, row);
		json_arr_close(&c->w);
		return;
	}
	table_init(&t, &c->arena, c->colour, l->heads);
	for (i = 0; i < n; i++, row += l->size)
		l->cells(&t, row);
	table_print(&t, l->none, &c->out);
}

void table_add_id(struct table *t, enum id_kind kind, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	id_format(kind, id, text);
	table_add(t, "%s", text);
}

/* Plans. */

static void put_features(struct json_out *w, const struct plan_features *f)
{
	json_put_bool(w, "api", f->api);
	json_put_bool(w, "webhooks", f->webhooks);
	json_put_bool(w, "mcp", f->mcp);
	json_put_bool(w, "white_label", f->white_label);
}

static void plan_json(struct json_out *w, const void *row)
{
	const struct plan *p = row;

	json_obj_open(w, NULL);
	json_put_str(w, "plan", p->slug);
	json_put_limit(w, "requests_per_minute", p->requests_per_minute);
	json_put_limit(w, "runs_per_day", p->runs_per_day);
	json_put_limit(w, "runs_per_month", p->runs_per_month);
	json_put_bool(w, "month_overage", p->month_overage);
	json_put_limit(w, "concurrent", p->concurrent);
	put_features(w, &p->features);
	json_obj_close(w);
}

static void plan_cells(struct table *t, const void *row)
{
	const struct plan *p = row;

	table_add(t, "%s", p->slug);
	table_add(t, "%s", limit_text(t->arena, p->requests_per_minute));
	table_add(t, "%s", limit_text(t->arena, p->runs_per_day));
	table_add(t, "%s%s", limit_text(t->arena, p->runs_per_month), p->month_overage ? " and more" : "");
	table_add(t, "%s", limit_text(t->arena, p->concurrent));
	table_add(t, "%s", features_text(t->arena, &p->features));
}

void print_plans(struct ctl *c, const struct plan *p, unsigned n)
{
	static const char *const heads[] = {"PLAN", "REQUESTS/MINUTE", "RUNS/DAY", "RUNS/MONTH", "CONCURRENT",
	                                    "FEATURES", NULL};
	static const struct listing listing = {heads, "There are no plans", sizeof *p, plan_json, plan_cells};

	print_list(c, &listing, p, n);
}

/* Accounts. */

static void account_json(struct json_out *w, const void *row)
{
	const struct account *a = row;

	json_obj_open(w, NULL);
	json_put_id(w, "id", ID_USER, &a->public_id);
	json_put_str(w, "email", a->email);
	json_put_str(w, "name", a->name);
	json_put_str(w, "plan", a->plan);
	json_put_str(w, "timezone", a->timezone);
	json_put_limit(w, "requests_per_minute", a->requests_per_minute);
	json_put_limit(w, "runs_per_day", a->runs_per_day);
	json_put_limit(w, "runs_per_month", a->runs_per_month);
	json_put_limit(w, "concurrent", a->concurrent);
	put_features(w, &a->features);
	json_put_time(w, "created_at", a->created_at);
	json_obj_close(w);
}

void print_account(struct ctl *c, const struct account *a)
{
	struct table t;

	if (c->json) {
		account_json(&c->w, a);
		return;
	}
	table_init(&t, &c->arena, c->colour, NULL);
	print_id(&t, "User", ID_USER, &a->public_id);
	print_text(&t, "E-mail", a->email);
	print_text(&t, "Name", a->name);
	print_text(&t, "Plan", a->plan);
	print_text(&t, "Requests/minute", limit_text(&c->arena, a->requests_per_minute));
	print_text(&t, "Runs/day", limit_text(&c->arena, a->runs_per_day));
	print_text(&t, "Runs/month", limit_text(&c->arena, a->runs_per_month));
	print_text(&t, "Concurrent runs", limit_text(&c->arena, a->concurrent));
	print_text(&t, "Features", features_text(&c->arena, &a->features));
	print_time(&t, "Created", a->created_at);
	table_print(&t, "", &c->out);
}

static void account_cells(struct table *t, const void *row)
{
	const struct account *a = row;

	table_add_id(t, ID_USER, &a->public_id);
	table_add(t, "%s", a->email);
	table_add(t, "%s", a->name);
	table_add(t, "%s", a->plan);
	table_add_time(t, a->created_at);
}

void print_accounts(struct ctl *c, const struct account *a, unsigned n)
{
	static const char *const heads[] = {"ID", "E-MAIL", "NAME", "PLAN", "CREATED", NULL};
	static const struct listing listing = {heads, "There are no users yet: agentivctl user create",
	                                       sizeof *a, account_json, account_cells};

	print_list(c, &listing, a, n);
}

/* Connections. */

static const char *connection_state(const struct connection_row *r)
{
	return r->status == 0 ? "connected" : "disconnected";
}

static void put_connection(struct json_out *w, const struct connection_row *r)
{
	json_put_id(w, "id", ID_CONNECTION, &r->id);
	json_put_str(w, "integration", r->integration);
	json_put_str(w, "kind", r->kind);
	json_put_str(w, "place", r->place);
	json_put_str(w, "status", connection_state(r));
	json_put_time(w, "created_at", r->created_at);
}

static void connection_json(struct json_out *w, const void *row)
{
	json_obj_open(w, NULL);
	put_connection(w, row);
	json_obj_close(w);
}

void print_connection(struct ctl *c, const struct connection_row *r, int64_t mails)
{
	if (c->json) {
		json_obj_open(&c->w, NULL);
		put_connection(&c->w, r);
		if (mails >= 0)
			json_put_int(&c->w, "mails", mails);
		json_obj_close(&c->w);
		return;
	}
	print_connections(c, r, 1);
	if (mails >= 0)
		buf_addf(&c->out, "The folder holds %" PRId64 " mail%s.\n", mails, mails == 1 ? "" : "s");
}

static void connection_cells(struct table *t, const void *row)
{
	const struct connection_row *r = row;

	table_add_id(t, ID_CONNECTION, &r->id);
	table_add(t, "%s", r->integration);
	table_add(t, "%s", r->kind);
	table_add_coloured(t, r->status == 0 ? GREEN : RED, connection_state(r));
	table_add_time(t, r->created_at);
	table_add(t, "%s", r->place ? r->place : "-");
}

void print_connections(struct ctl *c, const struct connection_row *r, unsigned n)
{
	static const char *const heads[] = {"ID", "INTEGRATION", "KIND", "STATUS", "CONNECTED", "PLACE", NULL};
	static const struct listing listing = {heads, "This user has connected nothing: agentivctl connection add",
	                                       sizeof *r, connection_json, connection_cells};

	print_list(c, &listing, r, n);
}
