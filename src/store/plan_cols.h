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
#define FEATURES_IN_FORCE \
	"COALESCE(a.own_api, p.api), COALESCE(a.own_webhooks, p.webhooks), COALESCE(a.own_mcp, p.mcp)," \
	" COALESCE(a.own_white_label, p.white_label)"
void col_features(struct db_conn *c, unsigned col, struct plan_features *out);

#endif
