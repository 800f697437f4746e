/* What the files of POST /api/agents/{slug}/run share.
 *
 * Ownership: a run_request lives in its request's arena. */
#ifndef AGENTIV_API_RUNS_PRIV_H
#define AGENTIV_API_RUNS_PRIV_H

#include "api/app.h"
#include "api/once.h"
#include "api/waiting.h"
#include "http/request.h"

#define RUN_ACCEPTED_MAX 384      /* fixed text 124, id 31, slug 63, status 7, figure 20, time 24 */

/* A run on its way. */
struct run_request {
	struct admit_job job;                 /* first: the admitter gives it back */
	struct waiter    waiter;
	struct read_job  read;
	struct request  *r;
	const struct manifest *agent;
	bool      is_async, replayed;
	bool      has_run_at;
	int64_t   run_at, delay_ms;           /* ms; a run is delayed by one of them or by none */
	int64_t   estimate_ms, deadline_us;
	struct error refusal;                 /* replay_only: the answer to a key that is not known */
	char      accepted[RUN_ACCEPTED_MAX]; /* the body of 202 */
};

/* Reads the body and the headers into q, and looks whether the account may have it run. false: err says why it is
 * refused. With an idempotency key, whether it is known is asked first. */
bool run_request_read(struct request *r, struct run_request *q, struct error *err);

/* The body of 202 in q->accepted. Returns its length. */
size_t run_accepted_body(struct run_request *q, enum exec_status status);
void run_answer_accepted(struct run_request *q, enum exec_status status);
/* Answers when the run has ended, or at the time to which a client is kept waiting. look: it may be over already. */
void run_wait(struct run_request *q, bool look);

/* q->waiter's: for who is announced before its run is accepted. */
extern const struct waiter_ops run_waiter_ops;

#endif
