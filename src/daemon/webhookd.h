/* agentiv-webhookd: delivers webhooks from the outbox. */
#ifndef AGENTIV_DAEMON_WEBHOOKD_H
#define AGENTIV_DAEMON_WEBHOOKD_H

#include "base/config.h"
#include "base/err.h"

/* Runs until SIGTERM; false with err when it could not start. */
bool webhookd_run(const struct config *cfg, struct error *err);

#endif
