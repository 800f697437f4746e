/* What the files of the executor share: a job, which is one leased run, and the executor itself.
 *
 * Ownership: jobs of one claim share a batch, whose arena holds their strings; a job has references
 * (the list of leased jobs, the thread that runs it, upkeep while it looks) and the last one
 * releases it. */
#ifndef AGENTIV_CORE_EXECUTOR_PRIV_H
#define AGENTIV_CORE_EXECUTOR_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "core/executor.h"
#include "core/pace.h"
#include "core/threads.h"
#include "store/budgets.h"

#define EXECUTOR_COMMITTERS  2
#define JOB_CONNECTIONS_MAX  8
#define ENDED_BYTES_MAX (8u << 20) /* results that wait for their commit; then threads wait */
#define END_BATCH_BYTES_MAX  (2u << 20)
#define STEP_FLUSH_US        INT64_C(200000)
#define TIMEOUT_GRACE_US     INT64_C(2000000)   /* for an agent to notice that its time is over */

/* Why a run has to stop; the first reason stands. */
enum job_stop { STOP_NONE, STOP_CANCELLED, STOP_LOST, STOP_TIMEOUT, STOP_RELEASED };
enum job_state { JOB_WAITING, JOB_RUNNING, JOB_ENDED };

struct job_batch;
struct executor;

struct job {
	struct claimed_run run;
	const struct executor_env *env;
	struct executor *executor;           /* NULL: a run on its own (executor_run_one) */
	struct job_batch *batch;
	const struct manifest *manifest;     /* NULL: no such agent here */
	atomic_uint refs;
	atomic_int  stop;                    /* enum job_stop */

	/* the executor's lock */
	enum job_state state;
	bool abandoned; /* ended without its thread, which is stuck in the agent */
	struct job *next;                    /* of those that wait, or of those that ended */
	struct job *all_next, **all_link;    /* of all that are leased */
	int64_t  claimed_us, renew_us, deadline_us;

	/* the running thread's */
	int64_t  started_ms, ended_ms, deadline_ms;
	struct {
		char name[64];
		int64_t since;               /* when it was connected */
		struct agent_connection connection;
	} connections[JOB_CONNECTIONS_MAX];
	unsigned connection_count;
	struct arena host_arena;             /* what the agent was told of plans and effects; its thread's alone */
	bool     may_have_plan;              /* this attempt or one before may have left one */
	bool     ok;
	bool     is_reserved, has_spent;     /* a model is being called; execution_tokens may know of this attempt */
	struct token_reservation reservation;
	atomic_int_least64_t tokens;         /* that models used in this attempt */
	struct error error;
	struct agent_result result;

	/* lock */
	pthread_mutex_t lock;
	pthread_cond_t  stopped;             /* rung when stop is set */
	struct arena    step_arena;
	struct execution_step *steps;
	unsigned step_count, step_room, steps_written;
};

struct job_batch {
	struct arena arena;
	atomic_uint  refs;
	struct job   jobs[];
};

/* Jobs of runs[0..n), whose strings live in the arena that becomes the batch's. */
struct job_batch *job_batch_new(const struct executor_env *env, struct executor *e, struct arena *a,
                                const struct claimed_run *runs, unsigned n);
void job_ref(struct job *j);
void job_unref(struct job *j);
void job_stop(struct job *j, enum job_stop why);
/* Runs the agent in the calling thread. */
void job_run(struct job *j);
/* What is to be written of it; false: its lease is lost, nothing is. r borrows from the job. */
bool job_conclude(struct job *j, struct ended_run *r);
/* Bytes of a result that waits to be written; never of an abandoned job, which its thread still
 * writes. */
size_t job_size(const struct job *j);
struct lease_ref job_lease(const struct job *j);
/* Milliseconds until the next attempt after `used` attempts: doubles from retry_base_ms to
 * retry_max_ms, ±20 %; unit in [0, 1). retry_after: seconds that the other side asked for, 0 none; an hour at most.
 */
int64_t job_backoff_ms(const struct config *cfg, unsigned used, int retry_after, double unit);

extern const struct agent_host job_host;
/* Why the run was stopped, as an error. Returns false. */
bool job_stopped_error(struct job *j, struct error *err);
/* "con_…" of an integration that the agent has asked for; "" otherwise. */
/* The integration that the job's error names has refused its login for good. */
void job_disconnect(struct job *j);
const char *job_connection_id(const struct job *j, const char *integration);
/* executor_effects.c: parts of job_host */
bool job_resume(void *data, const char **plan, size_t *n, struct error *err);
bool job_plan(void *data, const char *plan, size_t n, struct agent_effect *const *effects, unsigned count,
              struct error *err);
bool job_look(void *data, struct agent_effect *const *effects, unsigned count, struct error *err);
bool job_settle(void *data, struct agent_effect *const *effects, unsigned count, enum agent_effect_state state,
                struct error *err);
bool job_recall(void *data, struct agent_memory *memories, unsigned count, struct error *err);
/* executor_tokens.c */
bool job_reserve_tokens(void *data, int64_t tokens, struct error *err);
bool job_settle_tokens(void *data, int64_t used, struct error *err);

/* Writes what steps these jobs have logged; on failure they stay to be written. */
bool steps_flush(const struct executor_env *env, struct db_conn **c, struct job *const *jobs,
                 unsigned n, struct error *err);
bool steps_waiting(struct job *j);

/* Ends jobs[0..n), n at most QUEUE_END_MAX: as one transaction, or split where one of them is
 * refused. Returns how many are done with, from the first on; fewer than n, with err, when the database is away.
 * Rings the doorbells. */
struct end_tally {
	unsigned succeeded, failed, retried, released, lost, promoted;
	int64_t  next_retry_ms;              /* INT64_MAX none */
};
unsigned end_jobs(const struct executor_env *env, struct db_conn **c, struct job *const *jobs,
                  unsigned n, struct end_tally *tally, struct error *err);

/* Successful runs of one agent since they were last written to agent_durations. */
#define DURATION_AGENTS 16
struct duration_ring {
	const char *agent;                   /* the manifest's */
	int64_t  ms[32];
	unsigned count;                      /* in all; the ring holds the last 32 */
};

struct pool_thread {
	pthread_t id;
	struct executor *executor;
	bool used, left;                     /* left: abandoned in an agent, not to be joined */
	struct job *job;
};

struct executor {
	struct executor_env env;
	/* the owner's thread */
	struct db_conn *conn;
	struct claim_cursor cursor;
	struct pace pace;                    /* of looks at the queue */
	int64_t  look_us, reclaim_us, durations_us, away_us, renew_us;
	int64_t  pass_on_us;                 /* until when no other worker is rung */
	int64_t  away_since_us, refused_us;  /* refused_us: until when no refused statement is told of */
	int64_t  later_due_ms, lease_due_ms;
	bool     suspects, away;             /* some wait; the database did not answer */
	bool     alone;                      /* a suspect runs: nothing beside it */
	int64_t  suspect_us, patience_us;    /* when to try to be alone, and for how long */
	int64_t  alone_since_us;
	int64_t  rate_since_us;
	uint64_t rate_started;
	double   rate;                       /* runs started per millisecond */
	int64_t  budget;                     /* claims left, -1 unlimited */
	bool     draining;

	pthread_mutex_t lock;
	pthread_cond_t  work;                /* pool threads wait for jobs */
	pthread_cond_t  end;                 /* committers wait for ended jobs */
	pthread_cond_t  quiet;               /* executor_stop waits for both */
	pthread_cond_t  audit;               /* the auditor waits for its time, and executor_stop for it */
	struct job *all, *waiting_first, **waiting_last, *ended_first, **ended_last;
	unsigned leased, waiting, running, idle, ended, committing;
	size_t   ended_bytes;
	uint64_t started;
	unsigned low;                        /* so few waiting: claim again */
	bool     woken, end_signalled, stopping, end_stopping;
	bool     giving_up;                  /* the database stays away: end without it */
	int64_t  steps_since_us;             /* the oldest step not yet written, 0 none */
	struct duration_ring durations[DURATION_AGENTS];
	struct executor_counts counts;

	atomic_bool more;                    /* something may be ready */
	atomic_bool pass_on;                 /* something came that others may have to take */
	atomic_bool renew_now;
	struct pool_thread *pool; /* twice `threads`: room for those that replace stuck ones */
	unsigned threads;
	pthread_t committers[EXECUTOR_COMMITTERS], auditor;
	unsigned committer_count;
	bool     has_auditor, auditing, audit_stopping;   /* the last two: the lock */
};

/* Pool (executor_pool.c). */
bool pool_start(struct executor *e, struct error *err);
void pool_add(struct executor *e, struct job_batch *b, unsigned n);
void pool_release_waiting(struct executor *e);
void pool_stop(struct executor *e);
/* false: a thread is still in an agent that it was left in. */
bool pool_all_back(struct executor *e);
void pool_end_locked(struct executor *e, struct job *j);   /* hands a job to the committers */
void pool_wake_locked(struct executor *e);
void pool_leave_locked(struct executor *e, struct pool_thread *t);   /* ends its job without it */
bool pool_thread_start(struct executor *e, struct pool_thread *t);

/* Committers (executor_end.c). */
bool committers_start(struct executor *e, struct error *err);
void committers_stop(struct executor *e);

/* As executor_start, without the auditor. */
struct executor *executor_new(const struct executor_env *env, unsigned threads, struct error *err);

/* Auditor (executor_audit.c). */
bool auditor_start(struct executor *e, struct error *err);
void auditor_end(struct executor *e);         /* begins nothing more */
/* false: its thread is in a statement that does not end. */
bool auditor_stop(struct executor *e);

/* Upkeep (executor_upkeep.c): each returns false when a statement failed. */
void upkeep_timeouts(struct executor *e, int64_t now_us);
bool upkeep_steps(struct executor *e, int64_t now_us, struct error *err);
bool upkeep_renew(struct executor *e, int64_t now_us, struct error *err);
/* A statement was refused that the work goes on without: told of once a minute. err is emptied. */
void upkeep_refused(struct executor *e, int64_t now_us, struct error *err);
bool upkeep_look(struct executor *e, int64_t now_us, struct error *err);
bool upkeep_durations(struct executor *e, int64_t now_us, struct error *err);
int64_t upkeep_next(struct executor *e, int64_t now_us, bool claim);

/* Whether budgets bound what it uses of models. */
static inline bool run_bounded(const struct claimed_run *r)
{
	return r->budgeted || r->max_tokens > 0;
}

#endif
