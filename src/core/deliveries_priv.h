/* What the files of core/deliveries.h share.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_CORE_DELIVERIES_PRIV_H
#define AGENTIV_CORE_DELIVERIES_PRIV_H

#include "core/deliveries.h"

/* ERR_NOT_FOUND. */
bool deliveries_endpoint(struct db_conn *c, uint64_t account_id, const struct id *id, struct arena *a,
                         struct endpoint *out, struct error *err);
/* ERR_CONFLICT: it is not. */
bool deliveries_enabled(const struct endpoint *e, struct error *err);
/* Something is due. */
void deliveries_tell_senders(const struct deliveries *ds);

#endif
