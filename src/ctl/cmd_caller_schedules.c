/* schedules and usage, as a caller sees them. */
#include "ctl/caller.h"

#include <inttypes.h>

#define BODY_MAX (2u << 20)
#define END {NULL, NULL, AS_TEXT}

static const struct member rows_of_schedules[] = {
	{"AGENT", "agent_slug", AS_TEXT}, {"ENABLED", "enabled", AS_TEXT}, {"EXPRESSION", "cron_expr", AS_TEXT},
	{"TIME ZONE", "timezone", AS_TEXT}, {"NEXT RUN", "next_run_at", AS_TEXT}, {"LAST", "last_status", AS_STATUS},
	{"BLOCKED BY", "blocked_by.code", AS_TEXT}, END};

static const struct member facts_of_schedule[] = {
	{"Schedule", "id", AS_TEXT}, {"Agent", "agent_slug", AS_TEXT}, {"Enabled", "enabled", AS_TEXT},
	{"Expression", "cron_expr", AS_TEXT}, {"Time zone", "timezone", AS_TEXT}, {"Next run", "next_run_at", AS_TEXT},
	{"Last run", "last_run_at", AS_TEXT}, {"Last status", "last_status", AS_STATUS}, {"Runs", "total_runs", AS_TEXT},
	{"Catch up", "catch_up", AS_TEXT}, {"Overlap", "overlap", AS_TEXT}, {"Starts", "starts_at", AS_TEXT},
	{"Ends", "ends_at", AS_TEXT}, {"Pause after", "pause_after_failures", AS_TEXT},
	{"Failures", "consecutive_failures", AS_TEXT}, {"Paused", "paused_at", AS_TEXT}, {"Input", "input_payload", AS_TEXT},
	{"Blocked by", "blocked_by.message", AS_TEXT}, END};

static const struct member rows_of_history[] = {
	{"SCHEDULED FOR", "scheduled_for", AS_TEXT}, {"OUTCOME", "outcome", AS_TEXT}, {"REASON", "reason", AS_TEXT},
	{"EXECUTION", "execution_id", AS_TEXT}, END};

/* Asks with the command's slug in the path, and shows one object. */
static bool ask_about(struct ctl *c, const char *method, const char *after, const struct buf *body, bool makes,
                      const struct member *facts)
{
	struct reply r = {.status = 0};
	struct buf path;
	bool ok;

	buf_init(&path, 512);
	ok = caller_path(c, &path, "/api/schedules/", "slug", after) &&
	     caller_ask(c, &(struct question){.method = method, .path = buf_str(&path), .body = body ? buf_str(body) : NULL,
	                                      .body_len = body ? body->len : 0,
	                                      .idempotency_key = makes ? caller_new_key(&c->arena) : NULL}, &r);
	if (ok && c->json)
		show_raw(c, &r);
	else if (ok && facts)
		show_facts(c, facts, r.data);
	else if (ok)
		show_run(c, r.data);
	buf_release(&path);
	reply_release(&r);
	return ok;
}

bool cmd_schedules_list(struct ctl *c)
{
	struct reply r;
	bool ok = caller_get(c, "/api/schedules", &r);

	if (ok && c->json)
		show_raw(c, &r);
	else if (ok)
		show_rows(c, rows_of_schedules, r.data, "There are no schedules: agentivctl schedules set");
	reply_release(&r);
	return ok;
}

bool cmd_schedules_show(struct ctl *c)
{
	return ask_about(c, "GET", "", NULL, false, facts_of_schedule);
}

bool cmd_schedules_run(struct ctl *c)
{
	return ask_about(c, "POST", "/run", NULL, true, NULL);
}

static void put_text(struct ctl *c, struct json_out *w, const char *member, const char *option)
{
	if (ctl_given(c, option))
		json_put_str(w, member, ctl_text(c, option));
}

static void put_time(struct ctl *c, struct json_out *w, const char *member, const char *option)
{
	if (ctl_given(c, option))
		json_put_time(w, member, ctl_number(c, option, 0));
}

bool cmd_schedules_set(struct ctl *c)
{
	const int64_t *failures = ctl_number_at(c, "pause-after-failures");
	struct json_object *input = NULL;
	struct json_out w;
	struct buf body;
	bool ok = caller_input(c, "input", &input);

	buf_init(&body, BODY_MAX);
	json_begin(&w, &body);
	json_obj_open(&w, NULL);
	put_text(c, &w, "cron_expr", "cron");
	put_text(c, &w, "timezone", "timezone");
	json_put_bool(&w, "enabled", !ctl_given(c, "disabled"));
	json_put_value(&w, "input_payload", input);
	put_text(c, &w, "catch_up", "catch-up");
	put_text(c, &w, "overlap", "overlap");
	put_time(c, &w, "starts_at", "starts-at");
	put_time(c, &w, "ends_at", "ends-at");
	if (failures)
		json_put_int(&w, "pause_after_failures", *failures);
	json_obj_close(&w);
	json_object_put(input);
	ok = ok && ask_about(c, "POST", "", &body, true, facts_of_schedule);
	buf_release(&body);
	return ok;
}

/* Where the first answer was lost, what is gone by now was deleted by it. */
bool cmd_schedules_delete(struct ctl *c)
{
	struct reply r = {.status = 0};
	struct buf path;
	bool ok;

	buf_init(&path, 512);
	ok = caller_path(c, &path, "/api/schedules/", "slug", "") &&
	     caller_ask(c, &(struct question){.method = "DELETE", .path = buf_str(&path)}, &r);
	ok = ok || (r.attempts > 1 && c->err.code == ERR_NOT_FOUND);
	if (ok)
		buf_adds(&c->out, c->json ? "null" : "Deleted\n");
	buf_release(&path);
	reply_release(&r);
	return ok;
}

/* An array of instants. */
static void show_times(struct ctl *c, struct json_object *times)
{
	size_t i, n = json_object_is_type(times, json_type_array) ? json_object_array_length(times) : 0;

	for (i = 0; i < n; i++)
		buf_addf(&c->out, "%s\n", show_text(c, json_object_array_get_idx(times, i)));
	if (n == 0)
		buf_adds(&c->out, "None is to come\n");
}

bool cmd_schedules_preview(struct ctl *c)
{
	struct reply r = {.status = 0};
	struct buf path;
	bool ok;

	buf_init(&path, 65536);
	ok = caller_path(c, &path, "/api/schedules/", "slug", "/preview");
	if (ok) {
		caller_query(&path, "cron_expr", ctl_text(c, "cron"));
		caller_query(&path, "timezone", ctl_text(c, "timezone"));
		caller_query_time(&path, "from", ctl_number_at(c, "from"));
		caller_query(&path, "count", ctl_text(c, "count"));
		ok = caller_get(c, buf_str(&path), &r);
	}
	if (ok && c->json)
		show_raw(c, &r);
	else if (ok)
		show_times(c, r.data);
	buf_release(&path);
	reply_release(&r);
	return ok;
}

bool cmd_schedules_history(struct ctl *c)
{
	struct json_object *rows = NULL;
	struct buf path;
	bool ok;

	buf_init(&path, 65536);
	ok = caller_path(c, &path, "/api/schedules/", "slug", "/history");
	if (ok)
		caller_query(&path, "outcome", ctl_text(c, "outcome"));
	ok = ok && caller_list(c, buf_str(&path), (unsigned)ctl_number(c, "limit", 20), &rows);
	if (ok && c->json)
		json_put_value(&c->w, NULL, rows);
	else if (ok)
		show_rows(c, rows_of_history, rows, "None of its times has come yet");
	json_object_put(rows);
	buf_release(&path);
	return ok;
}

/* ---- usage ---- */

/* "12", and of how many, "unlimited" where that is null. */
static void add_figures(struct ctl *c, struct table *t, const char *label, struct json_object *usage, const char *key)
{
	static const struct member limit = {"", "limit", AS_TEXT}, used = {"", "used", AS_TEXT}, resets = {"", "resets_at", AS_TEXT};
	struct json_object *of = NULL;
	const char *most;

	json_object_object_get_ex(usage, key, &of);
	most = show_member(c, of, &limit);
	table_add(t, "%s", label);
	table_add(t, "%s", show_member(c, of, &used));
	table_add(t, "%s", *most == '-' ? "unlimited" : most);
	table_add(t, "%s", show_member(c, of, &resets));
}

static const struct member rows_of_budgets[] = {
	{"BUDGET OF", "kind", AS_TEXT}, {"WHICH", "subject", AS_TEXT}, {"TOKENS/MONTH", "limit", AS_TEXT}, {"USED", "used", AS_TEXT},
	{"LEFT", "remaining", AS_TEXT}, {"RESETS", "resets_at", AS_TEXT}, END};
static const struct member rows_of_months[] = {
	{"MONTH", "month", AS_TEXT}, {"RUNS", "runs", AS_TEXT}, {"OVERAGE", "overage", AS_TEXT}, {"TOKENS", "tokens_used", AS_TEXT}, END};

static void show_list_of(struct ctl *c, struct json_object *usage, const char *key, const struct member *members)
{
	struct json_object *rows = NULL;

	json_object_object_get_ex(usage, key, &rows);
	if (!json_object_is_type(rows, json_type_array) || json_object_array_length(rows) == 0)
		return;
	buf_addc(&c->out, '\n');
	show_rows(c, members, rows, "");
}

static void show_usage(struct ctl *c, struct json_object *usage)
{
	static const struct member plan = {"", "plan", AS_TEXT}, held = {"", "concurrent.held", AS_TEXT};
	static const char *const heads[] = {"WHAT", "USED", "OF", "RESETS", NULL};
	struct table t;

	buf_addf(&c->out, "Plan %s, %s runs held\n\n", show_member(c, usage, &plan), show_member(c, usage, &held));
	table_init(&t, &c->arena, c->colour, heads);
	add_figures(c, &t, "Requests this minute", usage, "requests_per_minute");
	add_figures(c, &t, "Runs today", usage, "runs_per_day");
	add_figures(c, &t, "Runs this month", usage, "runs_per_month");
	add_figures(c, &t, "Concurrent runs", usage, "concurrent");
	add_figures(c, &t, "Tokens this month", usage, "tokens_per_month");
	table_print(&t, "", &c->out);
	show_list_of(c, usage, "budgets", rows_of_budgets);
	show_list_of(c, usage, "months", rows_of_months);
}

bool cmd_usage_of_caller(struct ctl *c)
{
	struct reply r;
	bool ok = caller_get(c, "/api/usage", &r);

	if (ok && c->json)
		show_raw(c, &r);
	else if (ok)
		show_usage(c, r.data);
	reply_release(&r);
	return ok;
}
