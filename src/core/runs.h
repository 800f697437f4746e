/* Runs as those who asked for them see them: reading, watching, cancelling, and how long they take. Accepting is
 * the admitter's, running the executor's.
 *
 * Ownership: strings of executions and steps live in the arena given. Thread-safe. */
#ifndef AGENTIV_CORE_RUNS_H
#define AGENTIV_CORE_RUNS_H

#include "agents/registry.h"
#include "base/arena.h"
#include "base/doorbell.h"
#include "core/duties.h"
#include "db/db.h"
#include "store/execution_watch.h"
#include "store/executions.h"
#include "store/queue.h"
#include "store/schedules.h"

#define RUNS_BATCH_MAX DB_LIST_MAX

struct runs;

/* ringer: rings workers and waiters after a cancel; NULL rings nobody. */
struct runs *runs_new(struct db *db, struct doorbell_ringer *ringer, const struct registry *agents);
void runs_free(struct runs *r);

/* One run of an account, 0: of any. ERR_NOT_FOUND. */
bool run_find(struct runs *r, uint64_t account_id, const struct id *id, struct arena *a,
              struct execution *out, struct error *err);
/* The error that says so. */
bool run_unknown(struct error *err);
/* Up to RUNS_BATCH_MAX runs of any account, as execution_find_group. */
bool runs_find(struct runs *r, const struct id *ids, unsigned n, struct arena *a, struct execution *out,
               unsigned *count, struct error *err);
/* How far it has come. ERR_NOT_FOUND. */
bool run_watch(struct runs *r, uint64_t account_id, const struct id *id, struct execution_watch *out,
               struct error *err);
/* The same of up to RUNS_BATCH_MAX runs of any account: those that exist, in no order. */
bool runs_watch(struct runs *r, const struct id *ids, unsigned n, struct execution_watch *out,
                unsigned *count, struct error *err);
/* As execution_list. */
bool runs_list(struct runs *r, const struct execution_filter *f, struct arena *a, struct execution *out,
               unsigned *count, bool *more, struct id *last, struct error *err);
/* Steps after a number, in order, at most max. The caller has seen whose run it is. */
bool run_steps(struct runs *r, const struct id *id, unsigned after, unsigned max, struct arena *a,
               struct execution_step *out, unsigned *count, struct error *err);
/* The same of up to RUNS_BATCH_MAX runs, as execution_steps_many. */
bool runs_steps(struct runs *r, struct execution_steps *of, unsigned n, struct arena *a, struct error *err);

/* out, in a: as the cancel left it: over when it had not started, otherwise asked to stop. ERR_NOT_FOUND;
 * ERR_CONFLICT when it was over already. Rings whom it concerns. */
bool run_cancel(struct runs *r, uint64_t account_id, const struct id *id, struct arena *a,
                struct execution *out, struct error *err);

/* Milliseconds that a run of the agent is likely to take: the median of its last successful ones, or the
 * manifest's figure. Known from memory, which whoever asks renews once in a few seconds. */
int64_t runs_estimate(struct runs *r, const struct manifest *m);

bool runs_stats(struct runs *r, struct queue_stats *out, struct error *err);
bool runs_outbox_stats(struct runs *r, struct outbox_stats *out, struct error *err);
bool runs_schedule_stats(struct runs *r, struct schedule_stats *out, struct error *err);
/* The schedulers' duties, as duties_look. */
bool runs_duty_stats(struct runs *r, struct duty_state out[DUTIES_MAX], unsigned *count, struct error *err);
/* The database answers and its schema is one that this program works with. */
bool runs_ready(struct runs *r, struct error *err);

#endif
