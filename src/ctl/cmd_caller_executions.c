/* executions, agents: what a caller has run, and could run. */
#include "ctl/caller.h"

#include <string.h>

#define END {NULL, NULL, AS_TEXT}

static const struct member rows_of_executions[] = {
	{"ID", "id", AS_TEXT}, {"AGENT", "agent_slug", AS_TEXT}, {"STATUS", "status", AS_STATUS},
	{"TRIGGER", "trigger_type", AS_TEXT}, {"QUEUED", "queued_at", AS_TEXT}, {"MS", "duration_ms", AS_TEXT},
	{"SUMMARY", "summary", AS_TEXT}, END};

static const struct member rows_of_steps[] = {
	{"STEP", "step", AS_TEXT}, {"AT", "at", AS_TEXT}, {"KIND", "kind", AS_TEXT}, {"NAME", "name", AS_TEXT},
	{"TOKENS", "tokens", AS_TEXT}, {"MS", "duration_ms", AS_TEXT}, END};

static const struct member rows_of_agents[] = {
	{"SLUG", "slug", AS_TEXT}, {"NAME", "name", AS_TEXT}, {"SUBSCRIPTION", "subscription_status", AS_STATUS},
	{"NEEDS", "required_integrations", AS_LIST}, {"DESCRIPTION", "description", AS_TEXT}, END};

static const struct member facts_of_agent[] = {
	{"Agent", "slug", AS_TEXT}, {"Name", "name", AS_TEXT}, {"Does", "description", AS_TEXT},
	{"Subscription", "subscription_status", AS_STATUS}, {"Trial ends", "trial_ends_at", AS_TEXT},
	{"Needs", "required_integrations", AS_LIST}, {"May use", "optional_integrations", AS_LIST},
	{"Takes, ms", "estimated_duration_ms", AS_TEXT}, {"At most, ms", "timeout_ms", AS_TEXT}, END};

/* A path for the command's id or slug. The caller releases it. */
static bool path_of(struct ctl *c, struct buf *path, const char *before, const char *option, const char *after)
{
	buf_init(path, 65536);
	return caller_path(c, path, before, option, after);
}

/* A list, as rows or as JSON. */
static bool print_list_of(struct ctl *c, const char *path, unsigned limit, const struct member *members, const char *none)
{
	struct json_object *rows = NULL;
	bool ok = caller_list(c, path, limit, &rows);

	if (ok && c->json)
		json_put_value(&c->w, NULL, rows);
	else if (ok)
		show_rows(c, members, rows, none);
	json_object_put(rows);
	return ok;
}

bool cmd_executions_list(struct ctl *c)
{
	struct buf path;
	bool ok;

	buf_init(&path, 65536);
	buf_adds(&path, "/api/executions");
	caller_query(&path, "status", ctl_text(c, "status"));
	caller_query(&path, "agent_slug", ctl_text(c, "agent"));
	caller_query(&path, "trigger_type", ctl_text(c, "trigger"));
	caller_query(&path, "schedule_id", ctl_text(c, "schedule"));
	caller_query_time(&path, "created_after", ctl_number_at(c, "since"));
	caller_query_time(&path, "created_before", ctl_number_at(c, "until"));
	ok = print_list_of(c, buf_str(&path), (unsigned)ctl_number(c, "limit", 20), rows_of_executions, "There are no such runs");
	buf_release(&path);
	return ok;
}

bool cmd_executions_steps(struct ctl *c)
{
	struct buf path;
	bool ok = path_of(c, &path, "/api/executions/", "id", "/steps") &&
	          print_list_of(c, buf_str(&path), (unsigned)ctl_number(c, "limit", 1000), rows_of_steps, "No steps were logged");

	buf_release(&path);
	return ok;
}

static bool print_execution(struct ctl *c, bool must_succeed)
{
	struct reply r = {.status = 0};
	struct buf path;
	bool ok = path_of(c, &path, "/api/executions/", "id", "") && caller_get(c, buf_str(&path), &r) &&
	          (!must_succeed || caller_run_succeeded(c, r.data));

	if (ok && c->json)
		show_raw(c, &r);
	else if (ok)
		show_run(c, r.data);
	buf_release(&path);
	reply_release(&r);
	return ok;
}

bool cmd_executions_show(struct ctl *c)
{
	return print_execution(c, false);
}

bool cmd_executions_follow(struct ctl *c)
{
	struct buf path;
	bool ok = path_of(c, &path, "", "id", "") && caller_follow(c, buf_str(&path));

	buf_release(&path);
	if (ok && !c->json)
		buf_addc(&c->out, '\n');
	return ok && print_execution(c, true);
}

/* Where the first answer was lost, a run that has been cancelled since is what was asked for. */
bool cmd_executions_cancel(struct ctl *c)
{
	struct reply r = {.status = 0};
	struct buf path;
	bool ok = path_of(c, &path, "/api/executions/", "id", "/cancel") &&
	          caller_ask(c, &(struct question){.method = "POST", .path = buf_str(&path)}, &r);

	if (ok && c->json)
		show_raw(c, &r);
	else if (ok)
		show_run(c, r.data);
	else if (r.attempts > 1 && c->err.code == ERR_CONFLICT)
		ok = print_execution(c, false);
	buf_release(&path);
	reply_release(&r);
	return ok;
}

/* ---- agents ---- */

bool cmd_agents_list(struct ctl *c)
{
	struct reply r;
	bool ok = caller_get(c, "/api/agents", &r);

	if (ok && c->json)
		show_raw(c, &r);
	else if (ok)
		show_rows(c, rows_of_agents, r.data, "There are no agents");
	reply_release(&r);
	return ok;
}

static bool is_required(struct ctl *c, struct json_object *schema, const char *name)
{
	struct json_object *required = NULL;
	size_t i, n;

	json_object_object_get_ex(schema, "required", &required);
	n = json_object_is_type(required, json_type_array) ? json_object_array_length(required) : 0;
	for (i = 0; i < n; i++)
		if (strcmp(show_text(c, json_object_array_get_idx(required, i)), name) == 0)
			return true;
	return false;
}

/* The members that the agent's input takes; those of a schema of another form are in the JSON. */
static void show_input(struct ctl *c, struct json_object *schema)
{
	static const char *const heads[] = {"INPUT", "TYPE", "", "DEFAULT", "MEANING", NULL};
	static const struct member type = {"", "type", AS_TEXT}, def = {"", "default", AS_TEXT}, about = {"", "description", AS_TEXT};
	struct json_object *properties = NULL;
	struct table t;

	if (!json_object_is_type(schema, json_type_object))
		return;
	json_object_object_get_ex(schema, "properties", &properties);
	if (!json_object_is_type(properties, json_type_object))
		return;
	table_init(&t, &c->arena, c->colour, heads);
	json_object_object_foreach(properties, name, of) {
		table_add(&t, "%s", name);
		table_add(&t, "%s", show_member(c, of, &type));
		table_add(&t, "%s", is_required(c, schema, name) ? "required" : "");
		table_add(&t, "%s", show_member(c, of, &def));
		table_add(&t, "%s", show_member(c, of, &about));
	}
	buf_addc(&c->out, '\n');
	table_print(&t, "It takes no input.", &c->out);
}

bool cmd_agents_show(struct ctl *c)
{
	struct json_object *schema = NULL;
	struct reply r = {.status = 0};
	struct buf path;
	bool ok = path_of(c, &path, "/api/agents/", "slug", "") && caller_get(c, buf_str(&path), &r);

	if (ok && c->json) {
		show_raw(c, &r);
	} else if (ok) {
		show_facts(c, facts_of_agent, r.data);
		json_object_object_get_ex(r.data, "input_schema", &schema);
		show_input(c, schema);
	}
	buf_release(&path);
	reply_release(&r);
	return ok;
}
