/* A user's webhook endpoints and their deliveries. */
#include "ctl/print.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "core/deliveries.h"
#include "core/endpoints.h"

/* ---- endpoints ---- */

static void endpoint_json(struct json_out *w, const void *row)
{
	endpoint_put(w, NULL, row, NULL);
}

static const char *state_of(const struct endpoint *e)
{
	return e->enabled ? e->failing_since ? "failing" : "enabled" : endpoint_disabled_name(e->disabled_reason);
}

static const char *events_of(struct arena *a, unsigned events)
{
	const char *text = "";
	unsigned t;

	if (events == ENDPOINT_EVENTS_ALL)
		return "all";
	for (t = 0; t < EVENT__MAX; t++)
		if (events & 1u << t)
			text = arena_printf(a, "%s%s%s", text, *text ? ", " : "", event_type_name((enum event_type)t));
	return text;
}

static void endpoint_cells(struct table *t, const void *row)
{
	const struct endpoint *e = row;

	table_add_id(t, ID_ENDPOINT, &e->id);
	table_add(t, "%s", state_of(e));
	table_add(t, "%s", events_of(t->arena, e->events));
	table_add(t, "%s", e->url);
}

bool cmd_webhook_list(struct ctl *c)
{
	static const char *const heads[] = {"ENDPOINT", "STATE", "EVENTS", "URL", NULL};
	static const struct listing listing = {heads, "The user has no webhook endpoints", sizeof(struct endpoint), endpoint_json,
	                                       endpoint_cells};
	struct endpoints es = {.db = c->db};
	struct account a;
	struct endpoint *list;
	unsigned n;

	if (!admin_user_find(&c->admin, ctl_text(c, "user"), &a, &c->err) ||
	    !endpoints_list(&es, a.id, NULL, ENDPOINTS_MAX, &c->arena, &list, &n, &c->err))
		return false;
	print_list(c, &listing, list, n);
	return true;
}

/* ---- deliveries ---- */

static void delivery_json(struct json_out *w, const void *row)
{
	delivery_put(w, NULL, row);
}

static void delivery_cells(struct table *t, const void *row)
{
	const struct delivery_row *r = row;

	table_add_id(t, ID_DELIVERY, &r->id);
	table_add_time(t, r->created_at);
	table_add(t, "%s", event_type_name(r->event));
	table_add(t, "%s", delivery_state_name(r->state));
	table_add(t, "%u", r->attempts);
	table_add(t, "%s", r->last_error ? r->last_error : r->last_status ? arena_printf(t->arena, "%d", r->last_status) : "-");
}

static bool parse_id(struct ctl *c, const char *option, enum id_kind kind, const char *what, struct id *out)
{
	return id_parse(kind, ctl_text(c, option), out) ||
	       err_set(&c->err, ERR_NOT_FOUND, "There is no %s \"%.64s\"", what, ctl_text(c, option));
}

bool cmd_webhook_deliveries(struct ctl *c)
{
	static const char *const heads[] = {"DELIVERY", "MADE", "EVENT", "STATE", "ATTEMPTS", "LAST", NULL};
	static const struct listing listing = {heads, "Nothing was delivered", sizeof(struct delivery_row), delivery_json,
	                                       delivery_cells};
	struct delivery_filter f = {.event = -1, .state = -1, .limit = (unsigned)ctl_number(c, "limit", 20)};
	const char *state = ctl_text(c, "status");
	struct deliveries ds = {.db = c->db};
	enum delivery_state s;
	struct delivery_row *list;
	struct account a;
	struct id last;
	unsigned n;
	bool more;

	memset(&f.before, 0xff, sizeof f.before);
	if (state && delivery_state_by_name(state, &s))
		f.state = (int)s;
	list = arena_alloc(&c->arena, f.limit * sizeof *list);
	if (!admin_user_find(&c->admin, ctl_text(c, "user"), &a, &c->err) ||
	    !parse_id(c, "endpoint", ID_ENDPOINT, "webhook endpoint", &f.endpoint_id) ||
	    !deliveries_list(&ds, a.id, &f, &c->arena, list, &n, &more, &last, &c->err))
		return false;
	print_list(c, &listing, list, n);
	return true;
}

static void print_delivery(struct ctl *c, const struct delivery_row *r)
{
	struct table t;

	if (c->json) {
		delivery_put(&c->w, NULL, r);
		return;
	}
	table_init(&t, &c->arena, c->colour, NULL);
	print_id(&t, "Delivery", ID_DELIVERY, &r->id);
	print_id(&t, "Event", ID_EVENT, &r->event_id);
	print_text(&t, "Type", event_type_name(r->event));
	print_text(&t, "URL", r->url);
	print_text(&t, "State", delivery_state_name(r->state));
	table_print(&t, "", &c->out);
}

bool cmd_webhook_test(struct ctl *c)
{
	struct deliveries ds = {.db = c->db, .ringer = c->ringer};
	struct delivery_row row;
	struct account a;
	struct id id;

	if (!admin_user_find(&c->admin, ctl_text(c, "user"), &a, &c->err) ||
	    !parse_id(c, "endpoint", ID_ENDPOINT, "webhook endpoint", &id) ||
	    !deliveries_test(&ds, &c->admin.actor, a.id, &a.public_id, &id, &c->arena, &row, NULL, &c->err))
		return false;
	print_delivery(c, &row);
	return true;
}

/* ---- replays ---- */

static void print_replayed(struct ctl *c, const struct replayed *r)
{
	if (c->json) {
		replayed_put(&c->w, NULL, r);
		return;
	}
	buf_addf(&c->out, "%u %s sent again%s\n", r->count, r->count == 1 ? "delivery is" : "deliveries are",
	         r->more ? "; there are more: call it once more" : "");
}

static bool replay_one(struct ctl *c, const struct deliveries *ds, const struct account *a)
{
	struct delivery_row row;
	struct id id;

	if (!parse_id(c, "delivery", ID_DELIVERY, "delivery", &id) ||
	    !deliveries_replay(ds, &c->admin.actor, a->id, &id, &c->arena, &row, NULL, &c->err))
		return false;
	print_delivery(c, &row);
	return true;
}

static bool replay_event(struct ctl *c, const struct deliveries *ds, const struct account *a)
{
	struct replayed replayed;
	struct id id;

	if (!parse_id(c, "event", ID_EVENT, "event", &id) ||
	    !deliveries_replay_event(ds, &c->admin.actor, a->id, &id, &replayed, NULL, &c->err))
		return false;
	print_replayed(c, &replayed);
	return true;
}

static bool replay_failed(struct ctl *c, const struct deliveries *ds, const struct account *a)
{
	struct replayed replayed;
	struct id id;

	if (!parse_id(c, "endpoint", ID_ENDPOINT, "webhook endpoint", &id) ||
	    !deliveries_replay_failed(ds, &c->admin.actor, a->id, &id, ctl_number(c, "failed-since", 0), &replayed, &c->err))
		return false;
	print_replayed(c, &replayed);
	return true;
}

bool cmd_webhook_replay(struct ctl *c)
{
	bool one = ctl_given(c, "delivery"), event = ctl_given(c, "event"), failed = ctl_given(c, "failed-since");
	struct deliveries ds = {.db = c->db, .ringer = c->ringer};
	struct account a;

	if (one + event + failed != 1 || failed != ctl_given(c, "endpoint")) {
		c->status = CTL_USAGE;
		return err_set(&c->err, ERR_INVALID_INPUT,
		               "One of --delivery, --event, and --endpoint with --failed-since says what is sent again");
	}
	if (!admin_user_find(&c->admin, ctl_text(c, "user"), &a, &c->err))
		return false;
	return one ? replay_one(c, &ds, &a) : event ? replay_event(c, &ds, &a) : replay_failed(c, &ds, &a);
}

/* ---- the account's secret ---- */

static void print_secret(struct ctl *c, char secret[WEBHOOK_SECRET_SIZE], int64_t previous_until)
{
	if (c->json) {
		json_obj_open(&c->w, NULL);
		json_put_str(&c->w, "secret", secret);
		if (previous_until)
			json_put_time(&c->w, "previous_secret_expires_at", previous_until);
		json_obj_close(&c->w);
	} else {
		buf_addf(&c->out, "%s\n", secret);
	}
	mem_wipe(secret, WEBHOOK_SECRET_SIZE);
}

bool cmd_webhook_secret_show(struct ctl *c)
{
	char secret[WEBHOOK_SECRET_SIZE];

	if (!admin_webhook_secret(&c->admin, ctl_text(c, "user"), secret, &c->err))
		return false;
	print_secret(c, secret, 0);
	return true;
}

bool cmd_webhook_secret_rotate(struct ctl *c)
{
	char secret[WEBHOOK_SECRET_SIZE];
	int64_t previous_until;

	if (!admin_webhook_secret_rotate(&c->admin, ctl_text(c, "user"), secret, &previous_until, &c->err))
		return false;
	print_secret(c, secret, previous_until);
	return true;
}
