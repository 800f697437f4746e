/* Whether a run of an agent may start, by what its account has: subscription and connections. The same for requests, for
 * runs by hand and for slots of schedules.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_CORE_ALLOWED_H
#define AGENTIV_CORE_ALLOWED_H

#include <json-c/json.h>

#include "agents/registry.h"
#include "store/accounts.h"

/* ERR_FORBIDDEN unless it is active or trialing; s is as it counts now. */
bool allowed_subscription(const struct manifest *m, enum subscription_status s, struct error *err);
/* ERR_INTEGRATION_NOT_CONNECTED names the first required integration that is not connected. Data that comes with the input
 * needs no connection. */
bool allowed_connections(const struct manifest *m, struct json_object *input,
                         bool (*connected)(const void *ctx, const char *integration), const void *ctx,
                         struct error *err);

#endif
