/* An integration that has refused its grant or login for good: it is disconnected, once, with integration.disconnected for
 * its account's endpoints, and an entry in the audit log.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_CORE_CONNECTION_REFUSED_H
#define AGENTIV_CORE_CONNECTION_REFUSED_H

#include "core/executor.h"

/* since: when the connection was made that the run has used; one that was connected anew meanwhile stays. What cannot be
 * written is logged: the next run finds it again. reason: for its owner. */
void connection_refused(const struct executor_env *env, const struct claimed_run *run, const char *integration,
                        int64_t since, const char *reason);

#endif
