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
	if (run_is_waited_for(q))
		run_wait(q, true);
	else if (a->replay_len > 0)
		respond(q->r, 202, REPLAYED_HEADER, "application/json", a->replay, a->replay_len);
	else
		q->form->going_on(q, EXEC_QUEUED);
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
	q->form->refused(q, err);
}

static void run_admitted(struct admit_job *job, const struct error *err)
{
	struct run_request *q = (struct run_request *)job;
	struct app *app = q->r->app;
	bool accepted = !err && job->a.outcome == ADMIT_ACCEPTED, here = job->a.ready && !q->is_async;
	struct id id = q->waiter.id;

	if (run_is_waited_for(q) && !accepted)
		waiting_withdraw(app->waiting, &q->waiter);
	if (!err && job->a.outcome == ADMIT_REPLAYED) {
		replay(q);
	} else if (!accepted) {
		refuse(q, err);
	} else {
		if (run_is_waited_for(q))
			run_wait(q, false);
		else
			q->form->going_on(q, EXEC_QUEUED);
		if (here)
			app_run_here(app, &id);
	}
}

/* ---- asking for it ---- */

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
	a->trigger = q->trigger;
	a->lane = q->is_async || q->may_be_held ? LANE_ASYNC : LANE_SYNC;
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

struct run_request *run_request_new(struct request *r, size_t size, const struct run_form *form)
{
	struct run_request *q = arena_alloc(&r->arena, size);

	q->r = r;
	q->form = form;
	q->job.done = run_admitted;
	q->trigger = r->auth->principal.session ? TRIGGER_MANUAL : TRIGGER_API;
	q->wait_us = r->app->cfg.sync_wait_s * INT64_C(1000000);
	r->state = q;
	return q;
}

void run_request_submit(struct run_request *q)
{
	fill_admission(q->r, q);
	if (run_is_waited_for(q))
		waiting_announce(q->r->app->waiting, &q->waiter);
	admitter_submit(q->r->app->admitter, &q->job);
}

/* ---- the handler ---- */

void agents_run(struct request *r)
{
	struct run_request *q = run_request_new(r, sizeof *q, &run_api_form);
	struct error err = {0};

	if (run_request_read(r, q, &err))
		run_request_submit(q);
	else
		respond_error(r, &err);
}
