/* The server's secrets: what depends on each key, and which processes have read it. */
#include "ctl/print.h"

#include <inttypes.h>
#include <string.h>

#include "core/rotation.h"

/* Of the processes that need keys of its kind, how many have read it. */
static unsigned who_knows(const struct secrets_report *r, const struct secret_use *u, unsigned *of)
{
	unsigned i, n = 0;

	for (*of = 0, i = 0; i < r->process_count; i++) {
		const struct process_row *p = &r->processes[i];
		bool needs = u->kind == SECRET_PEPPER ? p->has_peppers : p->has_seals;

		*of += needs;
		n += needs && process_knows(p, u->kind, u->id);
	}
	return n;
}

static void put_use(struct json_out *w, const struct secrets_report *r, const struct secret_use *u)
{
	unsigned of;

	json_obj_open(w, NULL);
	json_put_str(w, "kind", secret_kind_name(u->kind));
	json_put_str(w, "id", u->id);
	json_put_str(w, "state", secret_state_name(u->state));
	json_put_bool(w, "in_file", u->in_file);
	if (u->kind == SECRET_PEPPER) {
		json_put_int(w, "keys", u->keys);
		json_put_int(w, "live_keys", u->live);
	} else {
		json_put_int(w, "values", u->values);
	}
	json_put_int(w, "read_by", who_knows(r, u, &of));
	json_put_int(w, "needed_by", of);
	json_obj_close(w);
}

static void put_ids(struct json_out *w, const char *key, bool has, const char *ids)
{
	size_t n;

	if (!has) {
		json_put_null(w, key);
		return;
	}
	json_arr_open(w, key);
	for (; *ids; ids += n, ids += *ids == ',') {
		n = strcspn(ids, ",");
		json_put_strn(w, NULL, ids, n);
	}
	json_arr_close(w);
}

static void put_process(struct json_out *w, const struct process_row *p)
{
	json_obj_open(w, NULL);
	json_put_str(w, "program", p->program);
	json_put_str(w, "host", p->host);
	json_put_int(w, "pid", p->pid);
	json_put_time(w, "started_at", p->started_at);
	json_put_time(w, "seen_at", p->seen_at);
	put_ids(w, "peppers", p->has_peppers, p->peppers);
	put_ids(w, "seals", p->has_seals, p->seals);
	json_obj_close(w);
}

static void put_report(struct json_out *w, const struct secrets_report *r)
{
	unsigned i;

	json_obj_open(w, NULL);
	json_arr_open(w, "secrets");
	for (i = 0; i < r->use_count; i++)
		put_use(w, r, &r->uses[i]);
	json_arr_close(w);
	json_arr_open(w, "processes");
	for (i = 0; i < r->process_count; i++)
		put_process(w, &r->processes[i]);
	json_arr_close(w);
	json_obj_close(w);
}

static void print_uses(struct ctl *c, const struct secrets_report *r)
{
	static const char *const heads[] = {"KIND", "ID", "STATE", "FILE", "DEPENDS ON IT", "READ BY", NULL};
	static const enum table_colour colours[SECRET_STATE__MAX] = {
		[SECRET_MADE] = YELLOW, [SECRET_ACTIVE] = GREEN, [SECRET_FORMER] = PLAIN, [SECRET_RETIRED] = DIM,
		[SECRET_UNKNOWN] = RED};
	const struct secret_use *u;
	unsigned n, of;
	struct table t;

	table_init(&t, &c->arena, c->colour, heads);
	for (u = r->uses; u < r->uses + r->use_count; u++) {
		table_add(&t, "%s", secret_kind_name(u->kind));
		table_add(&t, "%s", u->id);
		table_add_coloured(&t, colours[u->state], secret_state_name(u->state));
		table_add(&t, "%s", u->in_file ? "yes" : "no");
		if (u->kind == SECRET_PEPPER)
			table_add(&t, "%" PRId64 " live API keys, %" PRId64 " others", u->live, u->keys - u->live);
		else
			table_add(&t, "%" PRId64 " sealed values", u->values);
		n = who_knows(r, u, &of);
		table_add(&t, "%u of %u", n, of);
	}
	table_print(&t, "", &c->out);
}

static void print_processes(struct ctl *c, const struct secrets_report *r)
{
	static const char *const heads[] = {"PROGRAM", "HOST", "PID", "SEEN", "PEPPERS", "SEALS", NULL};
	const struct process_row *p;
	struct table t;

	table_init(&t, &c->arena, c->colour, heads);
	for (p = r->processes; p < r->processes + r->process_count; p++) {
		table_add(&t, "%s", p->program);
		table_add(&t, "%s", p->host);
		table_add(&t, "%" PRId64, p->pid);
		table_add_time(&t, p->seen_at);
		table_add(&t, "%s", p->has_peppers ? p->peppers : "-");
		table_add(&t, "%s", p->has_seals ? p->seals : "-");
	}
	buf_addc(&c->out, '\n');
	table_print(&t, "No process is running.", &c->out);
}

bool cmd_secrets_status(struct ctl *c)
{
	struct secrets_report r;

	if (!secrets_report(&c->admin, &c->arena, &r, &c->err))
		return false;
	if (c->json) {
		put_report(&c->w, &r);
	} else {
		print_uses(c, &r);
		print_processes(c, &r);
	}
	return true;
}
