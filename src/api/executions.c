/* Executions: one, a list, its steps, its end by command. */
#include <string.h>

#include "api/app.h"
#include "api/handlers.h"
#include "api/list.h"
#include "api/query.h"
#include "api/render.h"
#include "http/response.h"

#define BODY_MAX       ((8u << 20) + 65536)
#define LIST_DEFAULT   20
#define LIST_MAX       100

/* A request that waits for its execution to be read, in its arena. */
struct get {
	struct read_job job;          /* first: the reader gives it back */
	struct request *r;
};

static bool parse_id(const struct request *r, struct id *id, struct error *err)
{
	return id_parse(ID_EXECUTION, r->param, id) ||
	       err_set(err, ERR_NOT_FOUND, "There is no such execution");
}

static void answer_execution(struct request *r, int status, const struct execution *e)
{
	struct json_out w;
	struct buf b;

	buf_init(&b, BODY_MAX);
	buf_reserve(&b, 1024 + e->output_len);
	envelope_open(&w, &b);
	render_execution(&w, "data", e, true);
	envelope_close(&w);
	respond_json(r, status, NULL, &b);
	buf_release(&b);
}

/* On a thread that may wait for the peer: an output too large for a batch. */
static void answer_large(struct request *r)
{
	struct read_job *job = r->state;
	struct error err = {0};
	struct execution e;
	struct arena a;

	arena_init(&a);
	if (run_find(r->app->runs, job->account_id, &job->id, &a, &e, &err))
		answer_execution(r, 200, &e);
	else
		respond_error(r, &err);
	arena_release(&a);
}

static void execution_read_done(struct read_job *job, const struct execution *e, const struct error *err)
{
	struct request *r = ((struct get *)job)->r;

	if (err)
		respond_error(r, err);
	else if (!e->output && e->output_len > 0)
		r->transport->later(r, answer_large);
	else
		answer_execution(r, 200, e);
}

void executions_get(struct request *r)
{
	struct get *get = arena_alloc(&r->arena, sizeof *get);
	struct error err = {0};

	if (!parse_id(r, &get->job.id, &err)) {
		respond_error(r, &err);
		return;
	}
	get->r = r;
	get->job.account_id = r->auth->principal.account_id;
	get->job.done = execution_read_done;
	r->state = get;
	reader_submit(r->app->reader, &get->job);
}

void executions_cancel(struct request *r)
{
	uint64_t account = r->auth->principal.account_id;
	struct error err = {0};
	struct execution e;
	struct arena a;
	struct id id;

	arena_init(&a);
	if (parse_id(r, &id, &err) && run_cancel(r->app->runs, account, &id, &a, &e, &err))
		answer_execution(r, run_over(e.status) ? 200 : 202, &e);
	else
		respond_error(r, &err);
	arena_release(&a);
}

/* ---- the list ---- */

static bool query_names(const struct request *r, struct execution_filter *f, struct error *err)
{
	const char *status = request_query(r, "status"), *trigger = request_query(r, "trigger_type");
	const char *schedule = request_query(r, "schedule_id");
	enum exec_trigger t;
	enum exec_status s;

	if (status && !exec_status_by_name(status, &s))
		return err_field(err, "status", "status must be queued, running, success or failed");
	if (trigger && !exec_trigger_by_name(trigger, &t))
		return err_field(err, "trigger_type", "trigger_type must be api, schedule, manual or mcp");
	if (schedule && !id_parse(ID_SCHEDULE, schedule, &f->schedule_id))
		return err_field(err, "schedule_id", "schedule_id must be the id of a schedule");
	f->status = status ? (int)s : -1;
	f->trigger = trigger ? (int)t : -1;
	f->has_schedule = schedule != NULL;
	f->agent = request_query(r, "agent_slug");
	if (f->agent && (!*f->agent || strlen(f->agent) > 63 ||
	                 strspn(f->agent, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(f->agent)))
		return err_field(err, "agent_slug", "agent_slug must be an agent's slug");
	return true;
}

static bool read_filter(const struct request *r, struct execution_filter *f, struct error *err)
{
	memset(f, 0, sizeof *f);
	memset(&f->before, 0xff, sizeof f->before);
	f->account_id = r->auth->principal.account_id;
	f->limit = LIST_DEFAULT;
	return query_names(r, f, err) && query_bound(r, "created_after", &f->from, err) &&
	       query_bound(r, "created_before", &f->before, err) &&
	       query_number(r, "limit", 1, LIST_MAX, &f->limit, err) &&
	       query_before(r, &f->before, err);
}

static void put_execution(struct json_out *w, const void *row)
{
	render_execution(w, NULL, row, false);
}

void executions_list(struct request *r)
{
	struct execution_filter f;
	struct error err = {0};
	struct execution *list;
	struct id last = {{0}};
	struct arena a;
	unsigned n;
	bool more;

	arena_init(&a);
	if (!read_filter(r, &f, &err)) {
		respond_error(r, &err);
	} else {
		list = arena_alloc(&a, f.limit * sizeof *list);
		if (runs_list(r->app->runs, &f, &a, list, &n, &more, &last, &err))
			respond_page(r, &(struct list){list, n, sizeof *list, put_execution}, more, last.b, sizeof last.b);
		else
			respond_error(r, &err);
	}
	arena_release(&a);
}

/* ---- steps ---- */

static void put_step(struct json_out *w, const void *row)
{
	render_step(w, NULL, row);
}

void executions_steps(struct request *r)
{
	unsigned after = 0, limit = LIST_MAX, n;
	struct execution_step *steps;
	struct execution_watch seen;
	struct error err = {0};
	struct arena a;
	struct id id;

	arena_init(&a);
	if (query_number(r, "after", 0, 999999999, &after, &err) &&
	    query_number(r, "limit", 1, LIST_MAX, &limit, &err) && parse_id(r, &id, &err) &&
	    run_watch(r->app->runs, r->auth->principal.account_id, &id, &seen, &err)) {
		steps = arena_alloc(&a, (limit + 1) * sizeof *steps);
		if (run_steps(r->app->runs, &id, after, limit + 1, &a, steps, &n, &err)) {
			respond_page(r, &(struct list){steps, n > limit ? limit : n, sizeof *steps, put_step}, n > limit, NULL, 0);
			arena_release(&a);
			return;
		}
	}
	respond_error(r, &err);
	arena_release(&a);
}
