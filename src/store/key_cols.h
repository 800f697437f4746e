/* The networks of a key out of a row.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_STORE_KEY_COLS_H
#define AGENTIV_STORE_KEY_COLS_H

#include "store/accounts.h"
#include "store/cols.h"

/* Of a text with blanks between; returns how many, 0 for NULL. One that is damaged holds no address. */
unsigned col_networks(struct db_conn *c, unsigned col, struct network out[API_KEY_NETWORKS_MAX]);

/* The key whose budget a key has, out of its budget_key: its own when that is NULL. */
void col_budget_key(struct db_conn *c, unsigned col, const struct id *own, struct id *out);

#endif
