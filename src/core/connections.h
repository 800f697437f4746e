/* What an account is connected to, for requests: states, and neither places nor settings.
 *
 * Ownership: rows live in the arena given. */
#ifndef AGENTIV_CORE_CONNECTIONS_H
#define AGENTIV_CORE_CONNECTIONS_H

#include "store/accounts.h"

/* By integration; one statement. */
bool account_connections(struct db *db, uint64_t account_id, struct arena *a, struct connection_row **out,
                         unsigned *count, struct error *err);

#endif
