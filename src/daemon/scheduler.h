/* agentiv-scheduler: fires schedules, and removes what has been kept for long enough. */
#ifndef AGENTIV_DAEMON_SCHEDULER_H
#define AGENTIV_DAEMON_SCHEDULER_H

#include "base/config.h"
#include "base/err.h"

/* Runs until SIGTERM; false with err when it could not start. */
bool scheduler_run(const struct config *cfg, struct error *err);

#endif
