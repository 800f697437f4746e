/* POST /api/agents/{slug}/run: from the request to an admission, and what became of it. */
#include "api/handlers.h"
#include "api/runs_priv.h"
#include "base/clock.h"
#include "core/quota.h"
#include "http/response.h"

_Static_assert(ADMISSION_RESPONSE_MAX >= RUN_ACCEPTED_MAX, "an answer is kept with its idempotency key");

/* ---- what became of the admission ---- */

static void replay(struct run_request *q)
{
	const struct admission *a = &q->job.a;

	q->replayed = true;
	q->waiter.id = a->existing;
	if (!q->is_async)
		run_wait(q, true);
	else if (a->replay_len > 0)
		respond(q->r, 202, REPLAYED_HEADER, "application/json", a->replay, a->replay_len);
	else
		run_answer_accepted(q, EXEC_QUEUED);
}

static void refuse(struct run_request *q, const struct error *err)
{
	struct error mine = {0};

	if (!err && q->job.a.outcome == ADMIT_UNKNOWN_KEY)
		err = &q->refusal;
	if (!err) {
		quota_error(&q->job.a, clock_now_ms(), &mine);
		err = &mine;
	}
	respond_error(q->r, err);
}

static void run_admitted(struct admit_job *job, const struct error *err)
{
	struct run_request *q = (struct run_request *)job;
	struct app *app = q->r->app;
	bool accepted = !err && job->a.outcome == ADMIT_ACCEPTED;
	struct id id = q->waiter.id;

	if (!q->is_async && !accepted)
		waiting_withdraw(app->waiting, &q->waiter);
	if (!err && job->a.outcome == ADMIT_REPLAYED) {
		replay(q);
	} else if (!accepted) {
		refuse(q, err);
	} else if (q->is_async) {
		respond(q->r, 202, NULL, "application/json", job->a.response, job->a.response_len);
	} else {
		run_wait(q, false);
		app_run_here(app, &id);
	}
}

/* ---- the handler ---- */

static void fill_admission(struct request *r, struct run_request *q)
{
	struct admission *a = &q->job.a;

	a->queued_at = clock_now_ms();
	a->id = id_make_at(a->queued_at);
	a->account_id = r->auth->principal.account_id;
	a->has_key_id = !r->auth->principal.session;
	a->key_id = r->auth->principal.key_id;
	a->budget_key = r->auth->principal.budget_key;
	a->agent = q->agent->slug;
	a->trigger = r->auth->principal.session ? TRIGGER_MANUAL : TRIGGER_API;
	a->lane = q->is_async ? LANE_ASYNC : LANE_SYNC;
	a->due_at = q->has_run_at ? q->run_at : q->delay_ms > 0 ? a->queued_at + q->delay_ms : 0;
	a->budgeted = r->auth->principal.budgeted;
	q->estimate_ms = runs_estimate(r->app->runs, q->agent);
	q->waiter = (struct waiter){.r = r, .id = a->id, .ops = &run_waiter_ops, .status = EXEC_QUEUED};
	if (q->is_async) {
		a->response_len = run_accepted_body(q, EXEC_QUEUED);
		a->response = q->accepted;
	} else if (!r->app->cgi) {
		a->waiter = r->app->doorbell.name;
	}
}

void agents_run(struct request *r)
{
	struct run_request *q = arena_alloc(&r->arena, sizeof *q);
	struct error err = {0};

	q->r = r;
	q->job.done = run_admitted;
	r->state = q;
	if (!run_request_read(r, q, &err)) {
		respond_error(r, &err);
		return;
	}
	fill_admission(r, q);
	if (!q->is_async)
		waiting_announce(r->app->waiting, &q->waiter);
	admitter_submit(r->app->admitter, &q->job);
}
