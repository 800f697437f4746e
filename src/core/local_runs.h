/* Synchronous runs in the responder itself, for a host without a worker (config http.run_inline): a few threads,
 * made when there is something to run.
 *
 * Ownership: what env points to must outlive the threads. */
#ifndef AGENTIV_CORE_LOCAL_RUNS_H
#define AGENTIV_CORE_LOCAL_RUNS_H

#include "core/executor.h"

struct local_runs;

struct local_runs *local_runs_new(const struct executor_env *env, unsigned max_threads);
/* Claims and runs it soon, unless a worker was faster. Thread-safe; its waiter's doorbell is rung at the end. */
void local_runs_submit(struct local_runs *l, const struct id *id);
/* Starts nothing more and waits for what runs, at most limit_s seconds; false: something still does, and l is
 * left to the process's end. NULL accepted. */
bool local_runs_stop(struct local_runs *l, int limit_s);

/* An owner of leases that has no doorbell of its own. */
void local_owner(struct lease_owner *out);

#endif
