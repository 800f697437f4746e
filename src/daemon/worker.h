/* agentiv-worker: claims runs that are ready, runs them, and looks after leases and what is due. */
#ifndef AGENTIV_DAEMON_WORKER_H
#define AGENTIV_DAEMON_WORKER_H

#include "base/config.h"
#include "base/err.h"

/* Runs until SIGTERM; false with err when it could not start. */
bool worker_run(const struct config *cfg, struct error *err);

#endif
