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

struct run_request;

/* How whoever asked for a run is answered. One of them is called, once, and answers the request. */
struct run_form {
	/* It is accepted, and not over: by the time to which it is waited for, or at once when it is asynchronous. */
	void (*going_on)(struct run_request *q, enum exec_status status);
	/* With its output. */
	void (*ended)(struct run_request *q, const struct execution *e);
	void (*refused)(struct run_request *q, const struct error *err);
	/* The client went while it waited. On a thread that may wait for the database. NULL: it is answered in its time. */
	void (*left)(struct run_request *q);
};

/* A run on its way. */
struct run_request {
	struct admit_job job;                 /* first: the admitter gives it back */
	struct waiter    waiter;
	struct read_job  read;
	struct request  *r;
	const struct run_form *form;
	const struct manifest *agent;
	enum exec_trigger trigger;
	bool      is_async, replayed, gone;
	bool      may_be_held;                /* waited for, but not refused where the account has no free slot */
	int64_t   wait_us;                    /* for how long, from the request's start; 0: it is not */
	bool      has_run_at;
	int64_t   run_at, delay_ms;           /* ms; a run is delayed by one of them or by none */
	int64_t   estimate_ms, deadline_us;
	struct error refusal;                 /* replay_only: the answer to a key that is not known */
	char      accepted[RUN_ACCEPTED_MAX]; /* the body of 202 */
};

/* In r's arena; r->state leads to it. size: of what begins with it. */
struct run_request *run_request_new(struct request *r, size_t size, const struct run_form *form);

/* Reads the body and the headers into q, and looks whether the account may have it run. false: err says why it is
 * refused. With an idempotency key, whether it is known is asked first. */
bool run_request_read(struct request *r, struct run_request *q, struct error *err);
/* Its parts, for who reads the body otherwise. The request's Idempotency-Key, of what kind of call it is one, and what
 * a repeat must equal; no such key is well. */
bool run_request_key(struct request *r, struct run_request *q, const char *kind, const char *same, size_t n,
                     struct error *err);
/* Whether q->agent may be run with this input, or a known key may be asked for at least. */
bool run_request_allowed(struct request *r, struct run_request *q, struct json_object *input, struct error *err);
/* Has it accepted. From here on q->form answers. */
void run_request_submit(struct run_request *q);

/* The body of 202 in q->accepted. Returns its length. */
size_t run_accepted_body(struct run_request *q, enum exec_status status);
static inline bool run_is_waited_for(const struct run_request *q)
{
	return !q->is_async && q->wait_us > 0;
}

/* Instead of run_request_submit, for a run that is there already: waits for its end, as long as is waited. */
void run_request_follow(struct run_request *q, const struct id *id);
/* Answers when the run has ended, or at the time to which a client is kept waiting. look: it may be over already. */
void run_wait(struct run_request *q, bool look);

/* Of POST /api/agents/{slug}/run. */
extern const struct run_form run_api_form;

/* q->waiter's: for who is announced before its run is accepted. */
extern const struct waiter_ops run_waiter_ops;

#endif
