/* What a run's request is answered: that it was accepted, or how the run ended. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "api/render.h"
#include "api/runs_priv.h"
#include "base/clock.h"
#include "http/response.h"

#define ANSWER_MAX ((8u << 20) + 65536)

/* ---- answers ---- */

/* The seed's body. Every text in it is known to need no quoting. */
size_t run_accepted_body(struct run_request *q, enum exec_status status)
{
	char id[ID_TEXT_SIZE], at[CLOCK_TEXT_SIZE], *p = q->accepted;

	id_format(ID_EXECUTION, &q->waiter.id, id);
	clock_format(id_time_ms(&q->waiter.id), at);
	p = stpcpy(p, "{\"success\":true,\"data\":{\"execution_id\":\"");
	p = stpcpy(p, id);
	p = stpcpy(p, "\",\"agent_slug\":\"");
	p = stpcpy(p, q->agent->slug);
	p = stpcpy(p, "\",\"status\":\"");
	p = stpcpy(p, exec_status_name(status));
	p = stpcpy(p, "\",\"estimated_duration_ms\":");
	p += sprintf(p, "%lld", (long long)q->estimate_ms);
	p = stpcpy(p, ",\"created_at\":\"");
	p = stpcpy(p, at);
	p = stpcpy(p, "\"}}");
	return (size_t)(p - q->accepted);
}

static const char *replay_header(const struct run_request *q)
{
	return q->replayed ? REPLAYED_HEADER : NULL;
}

static void answer_accepted(struct run_request *q, enum exec_status status)
{
	/* of a run that was just accepted it was made to be kept with its key */
	size_t n = q->is_async && !q->replayed ? q->job.a.response_len : run_accepted_body(q, status);

	respond(q->r, 202, replay_header(q), "application/json", q->accepted, n);
}

static void answer_success(struct run_request *q, const struct execution *e)
{
	char id[ID_TEXT_SIZE];
	struct json_out w;
	struct buf b;

	buf_init(&b, ANSWER_MAX);
	buf_reserve(&b, 1024 + e->output_len);
	envelope_open(&w, &b);
	json_obj_open(&w, "data");
	id_format(ID_EXECUTION, &e->id, id);
	json_put_str(&w, "execution_id", id);
	json_put_str(&w, "status", exec_status_name(e->status));
	json_put_str(&w, "summary", e->summary);
	if (e->output)
		json_put_raw(&w, "output", e->output, e->output_len);
	else
		json_put_null(&w, "output");
	json_put_int(&w, "tokens_used", e->tokens_used);
	json_put_int(&w, "duration_ms", e->duration_ms);
	json_obj_close(&w);
	envelope_close(&w);
	respond_json(q->r, 200, replay_header(q), &b);
	buf_release(&b);
}

/* What its user can mend keeps its code; all else that ended a run (CANCELLED, TIMEOUT, …) is told inside the execution. */
static void answer_failure(struct run_request *q, const struct execution *e)
{
	bool connect = err_by_name(e->error_code) == ERR_INTEGRATION_NOT_CONNECTED;
	struct error err = {0};

	err_set(&err, connect ? ERR_INTEGRATION_NOT_CONNECTED : ERR_EXECUTION_FAILED, "%s",
	        e->error_message ? e->error_message : "The run failed");
	if (connect && q->agent->required_count == 1)
		snprintf(err.integration, sizeof err.integration, "%s", q->agent->required[0]);
	id_format(ID_EXECUTION, &e->id, err.execution_id);
	respond_error_extra(q->r, &err, replay_header(q));
}

static void answer_ended(struct run_request *q, const struct execution *e)
{
	if (e->status == EXEC_SUCCESS)
		answer_success(q, e);
	else
		answer_failure(q, e);
}

static void answer_refused(struct run_request *q, const struct error *err)
{
	respond_error(q->r, err);
}

const struct run_form run_api_form = {.going_on = answer_accepted, .ended = answer_ended, .refused = answer_refused};

/* ---- waiting for a run, whoever asked for it ---- */

static void wait_on(struct run_request *q, enum exec_status status)
{
	q->waiter.status = status;
	q->waiter.rung = false;
	waiting_enter(q->r->app->waiting, &q->waiter, false);
}

static void answer_read(struct run_request *q, const struct execution *e)
{
	if (run_over(e->status))
		q->form->ended(q, e);
	else
		wait_on(q, e->status);
}

static void answer_unread(struct run_request *q, const struct error *err)
{
	if (err->code == ERR_UNAVAILABLE)
		wait_on(q, EXEC_QUEUED);
	else
		q->form->refused(q, err);
}

/* On a thread that may wait for the peer: an output too large for a batch. */
static void answer_large(struct request *r)
{
	struct run_request *q = r->state;
	struct error err = {0};
	struct execution e;
	struct arena a;

	arena_init(&a);
	if (run_find(r->app->runs, q->read.account_id, &q->read.id, &a, &e, &err))
		answer_read(q, &e);
	else
		answer_unread(q, &err);
	arena_release(&a);
}

static void run_read(struct read_job *job, const struct execution *e, const struct error *err)
{
	struct run_request *q = (struct run_request *)((char *)job - offsetof(struct run_request, read));

	if (err)
		answer_unread(q, err);
	else if (!e->output && e->output_len > 0)
		q->r->transport->later(q->r, answer_large);
	else
		answer_read(q, e);
}

static struct run_request *of_waiter(struct waiter *w)
{
	return w->r->state;
}

static enum look run_look(struct waiter *w, int64_t now_us)
{
	struct run_request *q = of_waiter(w);
	bool stays = !w->rung && !run_over(w->status) && now_us < q->deadline_us;

	q->gone = stays && q->form->left && w->r->transport->gone(w->r);
	return stays && !q->gone ? LOOK_STAYS : LOOK_LEAVES;
}

static void read_run(struct run_request *q)
{
	q->read.id = q->waiter.id;
	q->read.account_id = q->r->auth->principal.account_id;
	q->read.done = run_read;
	reader_submit(q->r->app->reader, &q->read);
}

static void leave_early(struct request *r)
{
	struct run_request *q = r->state;

	q->form->left(q);
}

static void run_leave(struct waiter *w)
{
	struct run_request *q = of_waiter(w);

	if (q->gone) {
		w->r->transport->later(w->r, leave_early);
		return;
	}
	/* a run that is known to be over is answered as it ended, however late */
	if (run_over(w->status) || (w->rung && clock_mono_us() < q->deadline_us))
		read_run(q);
	else
		q->form->going_on(q, w->status);
}

const struct waiter_ops run_waiter_ops = {.look = run_look, .leave = run_leave};

void run_wait(struct run_request *q, bool look)
{
	q->deadline_us = q->r->started_us + q->wait_us;
	waiting_enter(q->r->app->waiting, &q->waiter, look);
}

void run_request_follow(struct run_request *q, const struct id *id)
{
	q->waiter = (struct waiter){.r = q->r, .id = *id, .ops = &run_waiter_ops, .status = EXEC_QUEUED};
	run_wait(q, true);
}
