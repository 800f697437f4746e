/* The executor: runs agents and ends their executions. One module for the worker,
 * for plain CGI's synchronous runs and for agentivctl tick.
 *
 * Threads: executor_start makes the pool, two committers, which collect what ended while the
 * previous group committed and end it in one transaction, and the auditor. All calls are from the owner's thread.
 */
#ifndef AGENTIV_CORE_EXECUTOR_H
#define AGENTIV_CORE_EXECUTOR_H

#include "agents/registry.h"
#include "base/config.h"
#include "core/bells.h"
#include "db/db.h"
#include "store/queue.h"

struct executor;
struct outbound_rules;
struct secrets;

struct executor_env {
	struct db *db;
	const struct config *cfg;
	const struct registry *agents;
	struct secrets *secrets;                   /* to open connections' settings */
	const struct outbound_rules *outbound;     /* where runs may connect to; NULL: nowhere */
	struct doorbell_ringer *ringer; /* waiters, sender, other workers; NULL: rings nobody */
	struct lease_owner owner;
	/* executor_run_one: the run was ended without its thread, which is stuck in its agent; NULL: nothing */
	void (*left)(void);
	void (*wake)(void *ctx); /* from any thread: there is room, or something to look at */
	void *wake_ctx;
};

/* threads: size of the pool. NULL with err when threads cannot be made. */
struct executor *executor_start(const struct executor_env *env, unsigned threads,
				struct error *err);

/* One step of the owner's loop: renews what is due, sweeps (at most every second), claims what
 * there is room for. claim false: takes nothing new (draining). Returns when to call again
 * (clock_mono_us). */
int64_t executor_work(struct executor *e, bool claim);

/* Something became ready (doorbell message BELL_WORK): the next executor_work claims, and rings the other workers of this
 * host when its hands are full. */
void executor_work_came(struct executor *e);

/* Something may be ready, or will be (BELL_LOOK): looks and claims. */
void executor_look_again(struct executor *e);

/* Something will be ready then (doorbell message BELL_DUE): wakes for it. */
void executor_due_at(struct executor *e, int64_t due_ms);

/* Asks running executions to look at their cancel flags now (doorbell message). */
void executor_check_cancels(struct executor *e);

bool executor_idle(const struct executor *e);      /* nothing runs, nothing waits to be ended */
/* Threads that were left in an agent that does not stop; each was replaced once, up to the size of the pool. */
unsigned executor_stuck(const struct executor *e);
/* Gives back what has not started; running ones go on until they end. */
void executor_drain(struct executor *e);
/* Joins threads; gives back the leases of what still runs. false: a thread is stuck in its agent, or in an audit
 * that does not end, so what env points to must stay until the process ends. */
bool executor_stop(struct executor *e);

/* What was done since the start, for logs and metrics. */
struct executor_counts { uint64_t claimed, succeeded, failed, retried, released, lost, moved; };
void executor_counts(const struct executor *e, struct executor_counts *out);

/* run_process and local_runs: claims this one execution by id (it must be ready), runs it in the
 * calling thread and ends it. *claimed false when somebody else has it. An owner without a doorbell
 * takes a name that does not end in ".sock", so that nobody takes its silent socket for its death.
 */
bool executor_run_one(const struct executor_env *env, const struct id *id, bool *claimed,
                      struct error *err);

/* agentivctl tick: one bounded pass: sweep, then claim and run until nothing is ready, max runs or
 * deadline; what runs then goes on until it ends. stuck: a thread is left in its agent, so what env points to must
 * stay until the process ends. */
struct executor_pass { unsigned ran, succeeded, failed, moved; bool stuck; };
bool executor_pass(const struct executor_env *env, unsigned threads, unsigned max_runs,
                   int64_t deadline_us, struct executor_pass *out, struct error *err);

/* agentivctl tick: compares the accounts' counters with the queue once, and repairs them. */
bool executor_audit(const struct executor_env *env, struct error *err);

#endif
