#include "core/connections.h"

bool account_connections(struct db *db, uint64_t account_id, struct arena *a, struct connection_row **out,
                         unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(db, err);
	bool ok = c && connection_states(c, account_id, a, out, count, err);

	db_put(db, c);
	return ok;
}
