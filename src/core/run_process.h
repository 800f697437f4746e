/* Plain CGI: a synchronous run in a process of its own. A web server ends the process that answers with its request
 * (Apache's mod_cgid kills it), and the run is to go on when the answer is that it does.
 */
#ifndef AGENTIV_CORE_RUN_PROCESS_H
#define AGENTIV_CORE_RUN_PROCESS_H

#include "core/executor.h"

/* Forks a process that claims this one execution, unless a worker was faster, runs and ends it. It has a session and
 * connections to the database of its own, and nothing of the request's but a log that is no pipe. It ends with the
 * run, at the latest when the agent's time is over. Call where the process has no other thread. *ended_fd: readable when that process has ended, the caller closes it. false with err:
 * ERR_UNAVAILABLE when no process can be had; the run then waits for a worker. */
bool run_process_start(const struct executor_env *env, const struct id *id, int *ended_fd, struct error *err);

/* Waits for its end, at most until until_us (clock_mono_us). */
void run_process_wait(int ended_fd, int64_t until_us);

#endif
