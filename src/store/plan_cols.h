/* Figures and features of plans out of rows.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_STORE_PLAN_COLS_H
#define AGENTIV_STORE_PLAN_COLS_H

#include "store/accounts.h"
#include "store/cols.h"

/* NULL and negative figures are LIMIT_UNLIMITED. */
int64_t col_limit(struct db_conn *c, unsigned col);
/* Of four columns from this one on: api, webhooks, mcp, white_label. */
void col_features(struct db_conn *c, unsigned col, struct plan_features *out);

#endif
