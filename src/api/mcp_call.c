/* tools/call: runs an agent as POST /api/agents/{slug}/run does, and answers with its result: as one JSON object, or as an
 * event stream with notifications of its progress, or as a task for who asks for its result later. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "api/mcp_priv.h"
#include "api/runs_priv.h"
#include "api/step_stream.h"
#include "base/log.h"
#include "core/run_rules.h"

#define PROMPT_US INT64_C(1000000)         /* what is over within it is answered with its result, not with a task */

/* A run that a tool was called for. */
struct mcp_call {
	struct run_request run;                /* first */
	struct step_stream stream;
	struct mcp_request *m;
};

static struct mcp_call *of_stream(struct step_stream *s)
{
	return (struct mcp_call *)((char *)s - offsetof(struct mcp_call, stream));
}

/* ---- as an event stream (MCP 2025-11-25, basic/transports, "Sending Messages to the Server") ---- */

/* basic/utilities/progress: how many steps are made; nobody knows of how many. */
static void add_progress(struct step_stream *s, struct buf *b, const struct execution_step *step)
{
	const struct mcp_request *m = of_stream(s)->m;
	size_t from = step_stream_open(b, -1, "message");
	struct json_out w;

	json_begin(&w, b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "jsonrpc", "2.0");
	json_put_str(&w, "method", "notifications/progress");
	json_obj_open(&w, "params");
	json_put_raw(&w, "progressToken", m->progress_token, strlen(m->progress_token));
	json_put_int(&w, "progress", step->seq);
	json_put_str(&w, "message", step->name);
	json_obj_close(&w);
	json_obj_close(&w);
	step_stream_close(b, from);
}

static void put_response(struct json_out *w, struct buf *b, const struct mcp_call *call, const struct execution *e)
{
	mcp_open(w, b, call->m, "complete");
	mcp_put_run(w, call->m, registry_find(call->m->r->app->agents, e->agent), e);
	mcp_close(w);
}

static void add_response(struct step_stream *s, struct buf *b, const struct execution *e)
{
	size_t from = step_stream_open(b, -1, "message");
	struct json_out w;

	put_response(&w, b, of_stream(s), e);
	step_stream_close(b, from);
}

static void add_unfinished(struct step_stream *s, struct buf *b)
{
	size_t from = step_stream_open(b, -1, "message");

	mcp_put_unfinished(b, of_stream(s)->m, &s->w.id, s->w.status);
	step_stream_close(b, from);
}

/* In 2026-07-28 a client cancels a request by closing its connection; one of before may only have lost it, where it does
 * not say otherwise. What has ended meanwhile has ended. */
static void cancel_left(struct request *r, const struct mcp_request *m, const struct id *id)
{
	struct error err = {0};
	struct execution e;
	struct arena a;

	if (m->era != MCP_MODERN && (!r->on_close || strcmp(r->on_close, "cancel") != 0))
		return;
	arena_init(&a);
	if (!run_cancel(r->app->runs, r->auth->principal.account_id, id, &a, &e, &err) && err.code != ERR_CONFLICT)
		log_error("a run whose client has gone could not be cancelled", &err);
	arena_release(&a);
}

static void stream_left(struct step_stream *s)
{
	cancel_left(s->w.r, of_stream(s)->m, &s->w.id);
}

static const struct step_stream_form with_progress = {
	.step = add_progress, .end = add_response, .cut = add_unfinished, .wants_output = true, .end_max = MCP_BODY_MAX,
	.left = stream_left};
static const struct step_stream_form end_alone = {
	.end = add_response, .cut = add_unfinished, .wants_output = true, .end_max = MCP_BODY_MAX, .left = stream_left};

static bool takes_streams(const struct request *r)
{
	return r->accept && strstr(r->accept, "text/event-stream");
}

/* ---- what becomes of it ---- */

static void call_going_on(struct run_request *q, enum exec_status status)
{
	struct mcp_call *call = (struct mcp_call *)q;
	struct execution_watch seen = {.status = status};
	struct mcp_request *m = call->m;

	if (m->takes_tasks)
		mcp_send_task(m, &q->waiter.id, status);
	else if (takes_streams(q->r) && !atomic_load(&q->r->app->draining))
		step_stream_start(&call->stream, q->r, &q->waiter.id, &seen, 0, m->progress_token ? &with_progress : &end_alone);
	else
		mcp_send_unfinished(m, &q->waiter.id, status);
}

static void call_ended(struct run_request *q, const struct execution *e)
{
	struct mcp_call *call = (struct mcp_call *)q;
	struct json_out w;
	struct buf b;

	buf_init(&b, MCP_BODY_MAX);
	put_response(&w, &b, call, e);
	mcp_send(call->m, &b);
}

static void call_left(struct run_request *q)
{
	struct mcp_request *m = ((struct mcp_call *)q)->m;

	cancel_left(q->r, m, &q->waiter.id);
	mcp_refuse(m, 400, RPC_REFUSED, NULL, "The client has gone");
}

static void call_refused(struct run_request *q, const struct error *err)
{
	mcp_send_tool_error(((struct mcp_call *)q)->m, err);
}

static const struct run_form form = {.going_on = call_going_on, .ended = call_ended, .refused = call_refused,
                                      .left = call_left};

/* ---- calling ---- */

static struct mcp_call *call_new(struct mcp_request *m)
{
	struct mcp_call *call = (struct mcp_call *)run_request_new(m->r, sizeof *call, &form);

	call->m = m;
	return call;
}

/* The arguments, as they stand in the message. false: there are such, and they are no object. */
static bool take_arguments(struct mcp_call *call, struct json_object **out)
{
	static const char *const wanted[] = {"arguments", NULL};
	struct json_object *tree = NULL, *given = NULL;
	struct json_span text;
	struct mcp_request *m = call->m;

	json_object_object_get_ex(m->params, "arguments", &given);
	call->run.job.a.input = "{}";
	call->run.job.a.input_len = 2;
	*out = given;
	if (!given)
		return true;
	if (!json_object_is_type(given, json_type_object))
		return false;
	/* again, for where its members stand: it was read once, so it can be */
	INVARIANT(json_read(m->params_text, m->params_len, JSON_DEPTH_MAX, &tree, wanted, &text, NULL), "params that were read");
	call->run.job.a.input = text.p;
	call->run.job.a.input_len = text.n;
	json_object_put(tree);
	return true;
}

static int64_t waited_for(const struct mcp_request *m, int64_t sync_us)
{
	/* 2025-11-25 asks for a task, which is answered at once; 2026-07-28 only allows it */
	if (m->takes_tasks)
		return m->era == MCP_MODERN ? PROMPT_US : 0;
	return m->progress_token && takes_streams(m->r) ? 0 : sync_us;
}

static void run_agent(struct mcp_request *m, const struct manifest *agent)
{
	struct mcp_call *call = call_new(m);
	struct run_request *q = &call->run;
	struct json_object *given, *none = NULL;
	struct error err = {0};

	if (!take_arguments(call, &given)) {
		mcp_refuse(m, 400, RPC_INVALID_PARAMS, NULL, "params.arguments must be an object");
		return;
	}
	if (!given)
		given = none = json_object_new_object();
	q->agent = agent;
	q->trigger = TRIGGER_MCP;
	q->may_be_held = m->takes_tasks;
	q->wait_us = waited_for(m, q->wait_us);
	if (run_input_check(agent, given, &err) &&
	    run_request_key(m->r, q, "mcp", q->job.a.input, q->job.a.input_len, &err) &&
	    run_request_allowed(m->r, q, given, &err))
		run_request_submit(q);
	else
		mcp_send_tool_error(m, &err);
	json_object_put(none);
}

void mcp_tools_call(struct mcp_request *m)
{
	struct json_object *name = NULL, *arguments = NULL;
	const struct manifest *agent;
	unsigned scopes = m->r->auth->principal.scopes;

	if (!m->params || !json_object_object_get_ex(m->params, "name", &name) || !json_object_is_type(name, json_type_string)) {
		mcp_refuse(m, 400, RPC_INVALID_PARAMS, NULL, "params.name must be a string");
		return;
	}
	json_object_object_get_ex(m->params, "arguments", &arguments);
	agent = registry_find_tool(m->r->app->agents, json_object_get_string(name));
	if (agent && scopes & SCOPE_AGENTS_RUN)
		run_agent(m, agent);
	else if (agent)
		mcp_refuse_scope(m, SCOPE_AGENTS_RUN);
	else if (strcmp(json_object_get_string(name), mcp_lookup_name) != 0)
		mcp_refuse(m, 400, RPC_INVALID_PARAMS, NULL, "There is no tool %.100s; see tools/list", json_object_get_string(name));
	else if (scopes & SCOPE_AGENTS_READ)
		mcp_lookup_call(m, arguments);
	else
		mcp_refuse_scope(m, SCOPE_AGENTS_READ);
}

void mcp_follow(struct mcp_request *m, const struct id *id)
{
	run_request_follow(&call_new(m)->run, id);
}
