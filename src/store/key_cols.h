/* The networks of a key out of a row.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_STORE_KEY_COLS_H
#define AGENTIV_STORE_KEY_COLS_H

#include "store/accounts.h"
#include "store/cols.h"

/* Of a text with blanks between; returns how many, 0 for NULL. One that is damaged holds no address. */
unsigned col_networks(struct db_conn *c, unsigned col, struct network out[API_KEY_NETWORKS_MAX]);

#endif
