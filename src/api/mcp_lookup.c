/* The tool get_execution: how a run stands, and its result. A client without tasks, or one that waited too long, comes to
 * its result by it. */
#include <stdio.h>
#include <string.h>

#include "api/mcp_priv.h"
#include "api/render.h"
#include "api/runs_priv.h"

#define WAIT_MAX_S 50

const char mcp_lookup_name[] = "get_execution";

static const char input_schema[] =
	"{\"type\":\"object\",\"properties\":{"
	"\"execution_id\":{\"type\":\"string\",\"description\":\"The run's id, exec_…\"},"
	"\"wait_seconds\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":50,\"default\":0,"
	"\"description\":\"How long to wait for its end\"}},"
	"\"required\":[\"execution_id\"],\"additionalProperties\":false}";

static const char output_schema[] =
	"{\"type\":\"object\",\"properties\":{"
	"\"id\":{\"type\":\"string\"},\"agent_slug\":{\"type\":\"string\"},"
	"\"status\":{\"enum\":[\"queued\",\"running\",\"success\",\"failed\"]},"
	"\"summary\":{\"type\":[\"string\",\"null\"]},\"output\":{},"
	"\"error\":{\"type\":[\"object\",\"null\"],\"properties\":{\"code\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"}}}},"
	"\"required\":[\"id\",\"agent_slug\",\"status\",\"summary\",\"output\",\"error\"]}";

/* A look at a run that goes on. */
struct lookup {
	struct run_request run;      /* first */
	struct mcp_request *m;
	struct id id;
};

void mcp_lookup_put(struct json_out *w)
{
	json_obj_open(w, NULL);
	json_put_str(w, "name", mcp_lookup_name);
	json_put_str(w, "title", "Result of a run");
	json_put_str(w, "description", "Tells how a run of an agent stands, by its execution_id, and its result once it has ended");
	json_put_raw(w, "inputSchema", input_schema, sizeof input_schema - 1);
	json_put_raw(w, "outputSchema", output_schema, sizeof output_schema - 1);
	json_obj_open(w, "annotations");
	json_put_str(w, "title", "Result of a run");
	json_put_bool(w, "readOnlyHint", true);
	json_put_bool(w, "destructiveHint", false);
	json_put_bool(w, "idempotentHint", true);
	json_put_bool(w, "openWorldHint", false);
	json_obj_close(w);
	json_obj_close(w);
}

/* ---- answers ---- */

static void answer(struct mcp_request *m, const struct execution *e)
{
	struct buf b, shown;
	struct json_out w;

	buf_init(&shown, MCP_BODY_MAX / 2);
	json_begin(&w, &shown);
	render_execution(&w, NULL, e, true);
	buf_init(&b, shown.failed ? 1 : MCP_BODY_MAX);
	mcp_open(&w, &b, m, "complete");
	json_arr_open(&w, "content");
	json_obj_open(&w, NULL);
	json_put_str(&w, "type", "text");
	json_put_strn(&w, "text", shown.data, shown.len);
	json_obj_close(&w);
	json_arr_close(&w);
	json_put_raw(&w, "structuredContent", shown.data, shown.len);
	mcp_put_meta(&w, m, e, NULL);
	mcp_close(&w);
	buf_release(&shown);
	mcp_send(m, &b);
}

/* As it stands now. wait: and when it is not over, with that much patience. */
static void look(struct mcp_request *m, const struct id *id, struct lookup *wait)
{
	struct error err = {0};
	struct execution e;
	struct arena a;

	arena_init(&a);
	if (!run_find(m->r->app->runs, m->r->auth->principal.account_id, id, &a, &e, &err))
		mcp_send_tool_error(m, &err);
	else if (wait && !run_over(e.status))
		run_request_follow(&wait->run, id);
	else
		answer(m, &e);
	arena_release(&a);
}

static void look_now(struct request *r)
{
	struct lookup *l = r->state;

	look(l->m, &l->id, NULL);
}

static void lookup_going_on(struct run_request *q, enum exec_status status)
{
	(void)status;
	q->r->transport->later(q->r, look_now);
}

static void lookup_ended(struct run_request *q, const struct execution *e)
{
	answer(((struct lookup *)q)->m, e);
}

static void lookup_refused(struct run_request *q, const struct error *err)
{
	mcp_send_tool_error(((struct lookup *)q)->m, err);
}

static const struct run_form form = {.going_on = lookup_going_on, .ended = lookup_ended, .refused = lookup_refused};

/* ---- the tool ---- */

static bool take_arguments(struct json_object *arguments, const char **id, int64_t *wait_s, struct error *err)
{
	static const char *const known[] = {"execution_id", "wait_seconds", NULL};

	if (!json_object_is_type(arguments, json_type_object))
		return err_set(err, ERR_INVALID_INPUT, "arguments must be an object with execution_id");
	if (!json_only_known(arguments, "arguments", known, err) ||
	    !json_get_str(arguments, "arguments", "execution_id", id, err) ||
	    !json_get_int(arguments, "arguments", "wait_seconds", 0, WAIT_MAX_S, wait_s, err))
		return false;
	return *id || err_field(err, "arguments.execution_id", "arguments.execution_id is required");
}

void mcp_lookup_call(struct mcp_request *m, struct json_object *arguments)
{
	struct lookup *l = (struct lookup *)run_request_new(m->r, sizeof *l, &form);
	const char *text = NULL;
	struct error err = {0};
	int64_t wait_s = 0;

	l->m = m;
	if (!take_arguments(arguments, &text, &wait_s, &err)) {
		mcp_send_tool_error(m, &err);
	} else if (!id_parse(ID_EXECUTION, text, &l->id)) {
		run_unknown(&err);
		mcp_send_tool_error(m, &err);
	} else {
		l->run.wait_us = wait_s * 1000000;
		look(m, &l->id, wait_s > 0 ? l : NULL);
	}
}
