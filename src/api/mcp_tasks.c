/* Tasks: a run whose result is asked for later. In 2026-07-28 they are an extension (io.modelcontextprotocol/tasks, SEP-2663),
 * in 2025-11-25 a utility of the protocol (basic/utilities/tasks). A task's id is its execution's. */
#include <stdio.h>
#include <string.h>

#include "api/mcp_priv.h"
#include "api/render.h"
#include "base/clock.h"
#include "base/crypto.h"

#define POLL_MS   1000
#define LIST_MAX  50
#define DAY_MS    (86400 * INT64_C(1000))

/* ---- how a run looks as a task ---- */

enum task_state { TASK_WORKING, TASK_COMPLETED, TASK_FAILED, TASK_CANCELLED };
static const char *const state_names[] = {"working", "completed", "failed", "cancelled"};

/* A tool that says what is wrong has completed in the modern revision; a run that the platform lost has failed in both. */
static enum task_state state_of(const struct mcp_request *m, const struct execution *e)
{
	enum err_code code = e->error_code ? err_by_name(e->error_code) : ERR_NONE;

	if (!run_over(e->status))
		return TASK_WORKING;
	if (e->status == EXEC_SUCCESS)
		return TASK_COMPLETED;
	if (code == ERR_CANCELLED)
		return TASK_CANCELLED;
	return m->era == MCP_LEGACY || code == ERR_WORKER_LOST || code == ERR_INTERNAL ? TASK_FAILED : TASK_COMPLETED;
}

static int64_t changed_at(const struct execution *e)
{
	return e->completed_at ? e->completed_at : e->started_at ? e->started_at : e->queued_at;
}

/* ttl: how long the run is kept; null: for ever. */
static void put_task(struct json_out *w, const struct mcp_request *m, const struct execution *e)
{
	int64_t days = m->r->app->cfg.executions_days;

	json_put_id(w, "taskId", ID_EXECUTION, &e->id);
	json_put_str(w, "status", state_names[state_of(m, e)]);
	if (e->error_message)
		json_put_str(w, "statusMessage", e->error_message);
	json_put_time(w, "createdAt", e->queued_at);
	json_put_time(w, "lastUpdatedAt", changed_at(e));
	json_put_opt_int(w, m->era == MCP_MODERN ? "ttlMs" : "ttl", days > 0, days * DAY_MS);
	json_put_int(w, m->era == MCP_MODERN ? "pollIntervalMs" : "pollInterval", POLL_MS);
}

void mcp_send_task(struct mcp_request *m, const struct id *id, enum exec_status status)
{
	struct execution e = {.id = *id, .status = status, .queued_at = id_time_ms(id)};
	struct json_out w;
	struct buf b;

	buf_init(&b, 8192);
	mcp_open(&w, &b, m, "task");
	if (m->era == MCP_LEGACY)
		json_obj_open(&w, "task");
	put_task(&w, m, &e);
	if (m->era == MCP_LEGACY)
		json_obj_close(&w);
	mcp_put_meta(&w, m, NULL, NULL);
	mcp_close(&w);
	mcp_send(m, &b);
}

/* ---- which task ---- */

static bool take_id(struct mcp_request *m, struct id *id)
{
	struct json_object *v = NULL;

	if (m->params && json_object_object_get_ex(m->params, "taskId", &v) && json_object_is_type(v, json_type_string) &&
	    id_parse(ID_EXECUTION, json_object_get_string(v), id))
		return true;
	mcp_refuse(m, 400, RPC_INVALID_PARAMS, NULL, "There is no such task");
	return false;
}

/* Answers for what cannot be read. */
static void refuse(struct mcp_request *m, const struct error *err)
{
	if (err->code == ERR_NOT_FOUND)
		mcp_refuse(m, 400, RPC_INVALID_PARAMS, NULL, "There is no such task");
	else
		respond_error(m->r, err);
}

static bool find(struct mcp_request *m, struct arena *a, struct execution *e)
{
	struct error err = {0};
	struct id id;

	if (!take_id(m, &id))
		return false;
	if (run_find(m->r->app->runs, m->r->auth->principal.account_id, &id, a, e, &err))
		return true;
	refuse(m, &err);
	return false;
}

/* ---- methods ---- */

static void put_end(struct json_out *w, const struct mcp_request *m, const struct execution *e)
{
	enum task_state state = state_of(m, e);

	if (state == TASK_COMPLETED) {
		json_obj_open(w, "result");
		mcp_put_run(w, m, registry_find(m->r->app->agents, e->agent), e);
		json_obj_close(w);
	} else if (state == TASK_FAILED) {
		json_obj_open(w, "error");
		json_put_int(w, "code", RPC_INTERNAL_ERROR);
		json_put_str(w, "message", e->error_message ? e->error_message : "The run failed");
		json_obj_close(w);
	}
}

void mcp_tasks_get(struct mcp_request *m)
{
	struct execution e;
	struct json_out w;
	struct arena a;
	struct buf b;

	arena_init(&a);
	if (find(m, &a, &e)) {
		buf_init(&b, MCP_BODY_MAX);
		mcp_open(&w, &b, m, "complete");
		put_task(&w, m, &e);
		if (m->era == MCP_MODERN)
			put_end(&w, m, &e);
		mcp_put_meta(&w, m, NULL, NULL);
		mcp_close(&w);
		mcp_send(m, &b);
	}
	arena_release(&a);
}

/* Waits for the end, as tools/call does. */
void mcp_tasks_result(struct mcp_request *m)
{
	struct execution e;
	struct arena a;
	struct id id;
	bool found;

	arena_init(&a);
	found = find(m, &a, &e);
	if (found)
		id = e.id;
	arena_release(&a);
	if (found)
		mcp_follow(m, &id);
}

/* No run asks for input, so nothing that is brought is waited for: it is taken and left, as what comes too late. */
void mcp_tasks_update(struct mcp_request *m)
{
	struct execution e;
	struct arena a;
	bool found;

	arena_init(&a);
	found = find(m, &a, &e);
	arena_release(&a);
	if (found)
		mcp_send_empty(m);
}

/* A task that is over stays as it is: the modern revision says well, the elder one that it is an error. */
void mcp_tasks_cancel(struct mcp_request *m)
{
	struct error err = {0};
	struct execution e;
	struct json_out w;
	struct arena a;
	struct buf b;
	struct id id;
	bool done;

	if (!take_id(m, &id))
		return;
	arena_init(&a);
	done = run_cancel(m->r->app->runs, m->r->auth->principal.account_id, &id, &a, &e, &err);
	if (!done && err.code == ERR_CONFLICT && m->era == MCP_LEGACY) {
		mcp_refuse(m, 400, RPC_INVALID_PARAMS, NULL, "The task is over already");
	} else if (!done && err.code != ERR_CONFLICT) {
		refuse(m, &err);
	} else if (m->era == MCP_MODERN) {
		mcp_send_empty(m);
	} else {
		/* one that runs is stopped at its next step; the elder revision has it cancelled from now on */
		buf_init(&b, 8192);
		mcp_open(&w, &b, m, NULL);
		put_task(&w, m, &(struct execution){.id = e.id, .status = EXEC_FAILED, .error_code = err_name(ERR_CANCELLED),
		                                    .queued_at = e.queued_at, .completed_at = clock_now_ms()});
		mcp_close(&w);
		mcp_send(m, &b);
	}
	arena_release(&a);
}

/* ---- tasks/list ---- */

static bool take_cursor(struct mcp_request *m, struct id *before)
{
	struct json_object *v = NULL;
	const char *text;
	size_t n;

	memset(before, 0xff, sizeof *before);
	if (!m->params || !json_object_object_get_ex(m->params, "cursor", &v) || !v)
		return true;
	text = json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";
	n = strlen(text);
	if (id_parse(ID_EXECUTION, text, before) && n > 0)
		return true;
	mcp_refuse(m, 400, RPC_INVALID_PARAMS, NULL, "There is no page with this cursor");
	return false;
}

/* The account's runs that tools were called for, the newest first. */
void mcp_tasks_list(struct mcp_request *m)
{
	struct execution_filter f = {.account_id = m->r->auth->principal.account_id, .status = -1, .trigger = TRIGGER_MCP,
	                             .limit = LIST_MAX};
	struct execution list[LIST_MAX];
	struct error err = {0};
	struct json_out w;
	struct arena a;
	struct buf b;
	struct id last;
	unsigned n, i;
	bool more;

	if (!take_cursor(m, &f.before))
		return;
	arena_init(&a);
	if (!runs_list(m->r->app->runs, &f, &a, list, &n, &more, &last, &err)) {
		refuse(m, &err);
	} else {
		buf_init(&b, MCP_BODY_MAX);
		mcp_open(&w, &b, m, NULL);
		json_arr_open(&w, "tasks");
		for (i = 0; i < n; i++) {
			json_obj_open(&w, NULL);
			put_task(&w, m, &list[i]);
			json_obj_close(&w);
		}
		json_arr_close(&w);
		if (more)
			json_put_id(&w, "nextCursor", ID_EXECUTION, &last);
		mcp_close(&w);
		mcp_send(m, &b);
	}
	arena_release(&a);
}
