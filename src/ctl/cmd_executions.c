/* Executions, seen from outside of any account. */
#include "ctl/print.h"

#include <inttypes.h>

static void put_error(struct json_out *w, const struct execution *e)
{
	if (!e->error_code) {
		json_put_null(w, "error");
		return;
	}
	json_obj_open(w, "error");
	json_put_str(w, "code", e->error_code);
	json_put_str(w, "message", e->error_message);
	json_obj_close(w);
}

static void put_steps(struct json_out *w, const struct execution_step *s, unsigned n)
{
	unsigned i;

	json_arr_open(w, "steps");
	for (i = 0; i < n; i++) {
		json_obj_open(w, NULL);
		json_put_int(w, "step", s[i].seq);
		json_put_time(w, "at", s[i].at);
		json_put_str(w, "kind", s[i].kind);
		json_put_str(w, "name", s[i].name);
		if (s[i].detail)
			json_put_raw(w, "detail", s[i].detail, s[i].detail_len);
		else
			json_put_null(w, "detail");
		json_put_opt_int(w, "tokens", s[i].has_tokens, s[i].tokens);
		json_put_opt_int(w, "duration_ms", s[i].has_duration, s[i].duration_ms);
		json_obj_close(w);
	}
	json_arr_close(w);
}

static void show_json(struct json_out *w, const struct execution *e, const struct execution_step *s,
                      unsigned n)
{
	json_obj_open(w, NULL);
	json_put_id(w, "id", ID_EXECUTION, &e->id);
	json_put_id(w, "user_id", ID_USER, &e->account_public_id);
	json_put_str(w, "agent_slug", e->agent);
	json_put_str(w, "status", exec_status_name(e->status));
	json_put_str(w, "trigger_type", exec_trigger_name(e->trigger));
	json_put_str(w, "summary", e->summary);
	if (e->output)
		json_put_raw(w, "output", e->output, e->output_len);
	else
		json_put_null(w, "output");
	put_error(w, e);
	json_put_opt_int(w, "tokens_used", e->has_tokens, e->tokens_used);
	json_put_opt_int(w, "duration_ms", e->has_duration, e->duration_ms);
	json_put_int(w, "attempt", e->attempt);
	json_put_opt_id(w, "schedule_id", e->has_schedule, ID_SCHEDULE, &e->schedule_id);
	json_put_str(w, "webhook_url", e->webhook_url);
	json_put_opt_int(w, "max_tokens", e->max_tokens > 0, e->max_tokens);
	json_put_time(w, "queued_at", e->queued_at);
	json_put_time(w, "run_at", e->run_at);
	json_put_time(w, "started_at", e->started_at);
	json_put_time(w, "completed_at", e->completed_at);
	put_steps(w, s, n);
	json_obj_close(w);
}

static enum table_colour colour_of(enum exec_status s)
{
	return s == EXEC_SUCCESS ? GREEN : s == EXEC_FAILED ? RED : YELLOW;
}

static const char *number_or_dash(struct ctl *c, bool has, int64_t value)
{
	return has ? arena_printf(&c->arena, "%" PRId64, value) : "-";
}

static void show_facts(struct ctl *c, const struct execution *e)
{
	struct table t;

	table_init(&t, &c->arena, c->colour, NULL);
	print_id(&t, "Execution", ID_EXECUTION, &e->id);
	print_id(&t, "User", ID_USER, &e->account_public_id);
	print_text(&t, "Agent", e->agent);
	table_add(&t, "Status");
	table_add_coloured(&t, colour_of(e->status), exec_status_name(e->status));
	if (e->error_code) {
		table_add(&t, "Error");
		table_add(&t, "%s: %s", e->error_code, e->error_message ? e->error_message : "");
	}
	print_text(&t, "Summary", e->summary);
	print_text(&t, "Trigger", exec_trigger_name(e->trigger));
	print_text(&t, "Attempts", number_or_dash(c, true, e->attempt));
	print_text(&t, "Tokens", number_or_dash(c, e->has_tokens, e->tokens_used));
	print_text(&t, "Milliseconds", number_or_dash(c, e->has_duration, e->duration_ms));
	print_time(&t, "Queued", e->queued_at);
	if (e->run_at)
		print_time(&t, "Due", e->run_at);
	print_time(&t, "Started", e->started_at);
	print_time(&t, "Completed", e->completed_at);
	if (e->webhook_url)
		print_text(&t, "Webhook", e->webhook_url);
	table_print(&t, "", &c->out);
}

static void show_steps(struct ctl *c, const struct execution_step *s, unsigned n)
{
	static const char *const heads[] = {"STEP", "AT", "KIND", "NAME", "TOKENS", "MS", NULL};
	struct table t;
	unsigned i;

	table_init(&t, &c->arena, c->colour, heads);
	for (i = 0; i < n; i++) {
		table_add(&t, "%u", s[i].seq);
		table_add_time(&t, s[i].at);
		table_add(&t, "%s", s[i].kind);
		table_add(&t, "%s", s[i].name);
		table_add(&t, "%s", number_or_dash(c, s[i].has_tokens, s[i].tokens));
		table_add(&t, "%s", number_or_dash(c, s[i].has_duration, s[i].duration_ms));
	}
	buf_addc(&c->out, '\n');
	table_print(&t, "No steps were logged.", &c->out);
}

/* Indented; what is stored is JSON that was checked when it was written. */
static bool show_output(struct ctl *c, const struct execution *e)
{
	struct json_object *o = NULL;

	if (!json_read(e->output, e->output_len, JSON_DEPTH_MAX, &o, NULL, NULL, &c->err))
		return false;
	buf_addc(&c->out, '\n');
	json_add_indented(&c->out, o);
	buf_addc(&c->out, '\n');
	json_object_put(o);
	return true;
}

bool cmd_execution_show(struct ctl *c)
{
	struct execution_step *steps;
	struct execution e;
	unsigned n;

	if (!admin_execution(&c->admin, ctl_text(c, "id"), &c->arena, &e, &steps, &n, &c->err))
		return false;
	if (c->json) {
		show_json(&c->w, &e, steps, n);
		return true;
	}
	show_facts(c, &e);
	show_steps(c, steps, n);
	return !e.output || show_output(c, &e);
}
