/* What the handlers of endpoints and deliveries share.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_API_WEBHOOKS_PRIV_H
#define AGENTIV_API_WEBHOOKS_PRIV_H

#include "http/request.h"

/* The id in the path; what is none is the id of nothing: ERR_NOT_FOUND with that text. */
bool webhook_path_id(const struct request *r, enum id_kind kind, const char *unknown, struct id *out, struct error *err);
#define NO_ENDPOINT "There is no such webhook endpoint"
#define NO_DELIVERY "There is no such delivery"
#define NO_EVENT    "There is no such event"

/* A request without a body, or with an object without members. */
bool webhook_no_members(const struct request *r, struct error *err);

#endif
