/* What may who asks? */
#ifndef AGENTIV_CORE_PRINCIPAL_H
#define AGENTIV_CORE_PRINCIPAL_H

#include "store/accounts.h"

/* As a status counts at now_ms: a trial ends by itself. */
enum subscription_status subscription_at(enum subscription_status s, int64_t trial_ends_at, int64_t now_ms);
enum subscription_status principal_subscription(const struct principal *p, const char *agent,
                                                int64_t now_ms, int64_t *trial_ends_at);
/* Does the key allow this address? ERR_FORBIDDEN names it. NULL and what is no address are in no network. */
bool principal_may_come_from(const struct principal *p, const char *address, struct error *err);
bool principal_connected(const struct principal *p, const char *integration);

#endif
