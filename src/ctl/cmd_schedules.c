/* A user's schedules: set, shown, paused, deleted, run. */
#include "ctl/schedules.h"

#include <inttypes.h>
#include <string.h>

#include "core/run_rules.h"
#include "core/runs.h"

#define INPUT_MAX (1u << 20)
#define JSON_BLANKS " \t\r\n"

bool schedule_owner_open(struct ctl *c, struct schedule_owner *o)
{
	memset(o, 0, sizeof *o);
	o->agents = registry_load(ctl_manifest_dir(), c->cfg.agents_dir, &c->err);
	if (!o->agents) {
		c->status = CTL_CONFIGURATION;
		return false;
	}
	o->schedules = (struct schedules){.db = c->db, .agents = o->agents, .ringer = c->ringer};
	return admin_principal(&c->admin, ctl_text(c, "user"), &o->principal, &c->err);
}

void schedule_owner_close(struct schedule_owner *o)
{
	principal_release(&o->principal);
	registry_free(o->agents);
}

/* ---- as they are shown ---- */

static const char *state_of(const struct schedule *s)
{
	return s->enabled ? "yes" : s->paused_at ? "paused" : "no";
}

static const char *status_of(const struct schedule *s)
{
	return s->has_status ? exec_status_name(s->last_status) : "-";
}

static void schedule_json(struct json_out *w, const void *row)
{
	schedule_put(w, NULL, row);
}

/* No more than fits beside each other: the rest is in the history, and in JSON. */
static void schedule_cells(struct table *t, const void *row)
{
	const struct schedule_view *v = row;

	table_add(t, "%s", v->s.agent);
	table_add(t, "%s", state_of(&v->s));
	table_add(t, "%s", v->s.cron_expr);
	table_add(t, "%s", v->s.timezone);
	table_add_time(t, v->s.next_at);
	table_add(t, "%s", status_of(&v->s));
	table_add(t, "%s", v->blocked.code == ERR_NONE ? "-" : err_name(v->blocked.code));
}

static void show(struct ctl *c, const struct schedule_view *v)
{
	const struct schedule *s = &v->s;
	struct table t;

	if (c->json) {
		schedule_put(&c->w, NULL, v);
		return;
	}
	table_init(&t, &c->arena, c->colour, NULL);
	print_id(&t, "Schedule", ID_SCHEDULE, &s->id);
	print_text(&t, "Agent", s->agent);
	print_text(&t, "Enabled", state_of(s));
	print_text(&t, "Expression", s->cron_expr);
	print_text(&t, "Time zone", s->timezone);
	print_time(&t, "Next run", s->next_at);
	print_time(&t, "Last run", s->last_run_at);
	print_text(&t, "Last status", status_of(s));
	print_text(&t, "Runs", arena_printf(&c->arena, "%" PRId64, s->total_runs));
	print_text(&t, "Catch-up", catch_up_name(s->catch_up));
	print_text(&t, "Overlap", overlap_name(s->overlap));
	print_time(&t, "Starts", s->starts_at);
	print_time(&t, "Ends", s->ends_at);
	print_text(&t, "Failures", s->pause_after_failures ?
	           arena_printf(&c->arena, "%u in a row, paused at %u", s->failures, s->pause_after_failures) :
	           arena_printf(&c->arena, "%u in a row", s->failures));
	if (s->paused_at)   /* by failures: one that its owner paused has no such time */
		print_time(&t, "Paused", s->paused_at);
	if (v->blocked.code != ERR_NONE)
		print_text(&t, "Blocked by", v->blocked.message);
	table_print(&t, "", &c->out);
}

static bool find_and_show(struct ctl *c, const struct schedule_owner *o)
{
	struct schedule_view v;

	if (!schedules_find(&o->schedules, &o->principal, ctl_text(c, "agent"), &c->arena, &v, &c->err))
		return false;
	show(c, &v);
	return true;
}

bool cmd_schedule_list(struct ctl *c)
{
	static const char *const heads[] = {"AGENT", "ENABLED", "EXPRESSION", "TIME ZONE", "NEXT RUN", "LAST RUN",
	                                    "BLOCKED BY", NULL};
	static const struct listing listing = {heads, "The user has no schedules", sizeof(struct schedule_view),
	                                       schedule_json, schedule_cells};
	struct schedule_view *list;
	struct schedule_owner o;
	unsigned n;
	bool ok = schedule_owner_open(c, &o) &&
	          schedules_list(&o.schedules, &o.principal, &c->arena, &list, &n, &c->err);

	if (ok)
		print_list(c, &listing, list, n);
	schedule_owner_close(&o);
	return ok;
}

/* ---- set ---- */

/* A file ends in a newline, and what is shown of a schedule is to be one line. */
static void trim(struct schedule *s)
{
	size_t before = strspn(s->input, JSON_BLANKS);

	s->input += before;
	for (s->input_len -= before; strchr(JSON_BLANKS, s->input[s->input_len - 1]); s->input_len--)
		;
}

static bool read_input(struct ctl *c, const struct manifest *m, struct schedule *s)
{
	const char *text = ctl_given(c, "input") ? ctl_text(c, "input") : "{}";
	struct json_object *input = NULL;
	char *file;
	bool ok;

	if (*text == '@') {
		if (!ctl_read_file(c, "input", text + 1, INPUT_MAX, &file))
			return false;
		text = file;
	}
	s->input = text;
	s->input_len = strlen(text);
	ok = json_read(s->input, s->input_len, JSON_DEPTH_MAX - 1, &input, NULL, NULL, &c->err) &&
	     (json_object_is_type(input, json_type_object) ||
	      err_field(&c->err, "input", "--input must be a JSON object")) &&
	     run_input_check(m, input, &c->err);
	json_object_put(input);
	if (ok)
		trim(s);
	return ok;
}

static bool define(struct ctl *c, const struct schedule_owner *o, struct schedule *s)
{
	const struct manifest *m;

	s->account_id = o->principal.account_id;
	s->cron_expr = ctl_text(c, "cron");
	s->timezone = ctl_text(c, "timezone");
	s->enabled = !ctl_given(c, "disabled");
	s->starts_at = ctl_number(c, "starts-at", 0);
	s->ends_at = ctl_number(c, "ends-at", 0);
	s->pause_after_failures = (unsigned)ctl_number(c, "pause-after-failures", 0);
	/* the command line was checked: these are names */
	if (ctl_given(c, "catch-up"))
		catch_up_by_name(ctl_text(c, "catch-up"), &s->catch_up);
	if (ctl_given(c, "overlap"))
		overlap_by_name(ctl_text(c, "overlap"), &s->overlap);
	if (!schedule_bounds_check(s, &c->err) || !schedules_agent(&o->schedules, ctl_text(c, "agent"), &m, &c->err))
		return false;
	s->agent = m->slug;
	return read_input(c, m, s);
}

bool cmd_schedule_set(struct ctl *c)
{
	struct schedule_view v = {.s.account_id = 0};
	struct schedule_rule rule = {.zone = NULL};
	struct schedule_owner o;
	bool ok = schedule_owner_open(c, &o) && define(c, &o, &v.s) &&
	          schedule_rule_open(&rule, v.s.cron_expr, v.s.timezone, &c->err) &&
	          schedules_set(&o.schedules, &c->admin.actor, &v, &rule, NULL, &c->err);

	if (ok) {
		schedules_judge(&o.schedules, &o.principal, &v);
		show(c, &v);
	}
	schedule_rule_close(&rule);
	schedule_owner_close(&o);
	return ok;
}

/* ---- pause, resume, delete ---- */

static bool enable(struct ctl *c, bool enabled)
{
	struct schedule_owner o;
	bool ok = schedule_owner_open(c, &o) &&
	          schedules_enable(&o.schedules, &c->admin.actor, o.principal.account_id, ctl_text(c, "agent"), enabled,
	                           &c->err) &&
	          find_and_show(c, &o);

	schedule_owner_close(&o);
	return ok;
}

bool cmd_schedule_pause(struct ctl *c)
{
	return enable(c, false);
}

bool cmd_schedule_resume(struct ctl *c)
{
	return enable(c, true);
}

/* It is shown as it was. */
bool cmd_schedule_delete(struct ctl *c)
{
	struct schedule_owner o;
	struct schedule_view v;
	bool ok = schedule_owner_open(c, &o) &&
	          schedules_find(&o.schedules, &o.principal, ctl_text(c, "agent"), &c->arena, &v, &c->err) &&
	          schedules_delete(&o.schedules, &c->admin.actor, o.principal.account_id, ctl_text(c, "agent"), &c->err);

	if (ok)
		show(c, &v);
	schedule_owner_close(&o);
	return ok;
}

/* ---- run ---- */

static void show_start(struct ctl *c, const struct schedule_start *s)
{
	struct table t;

	if (c->json) {
		schedule_start_put(&c->w, NULL, s);
		return;
	}
	table_init(&t, &c->arena, c->colour, NULL);
	print_id(&t, "Execution", ID_EXECUTION, &s->id);
	print_text(&t, "Agent", s->agent->slug);
	print_time(&t, "Queued", s->created_at);
	table_print(&t, "", &c->out);
}

static int64_t estimate(const struct schedule_owner *o, const struct manifest *m)
{
	struct runs *runs = runs_new(o->schedules.db, NULL, o->agents);
	int64_t ms = runs_estimate(runs, m);

	runs_free(runs);
	return ms;
}

bool cmd_schedule_run(struct ctl *c)
{
	static const struct schedule_asker nobodys_key;
	struct schedule_owner o;
	struct schedule_start s;
	bool ok = schedule_owner_open(c, &o) &&
	          schedules_run(&o.schedules, &c->admin.actor, o.principal.account_id, ctl_text(c, "agent"), &nobodys_key,
	                        &s, NULL, &c->err);

	if (ok) {
		s.estimate_ms = estimate(&o, s.agent);
		show_start(c, &s);
	}
	schedule_owner_close(&o);
	return ok;
}
