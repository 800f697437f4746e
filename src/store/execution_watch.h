/* How far executions have come, for those who wait for them: a few bytes each, no texts. */
#ifndef AGENTIV_STORE_EXECUTION_WATCH_H
#define AGENTIV_STORE_EXECUTION_WATCH_H

#include "store/executions.h"

struct execution_watch {
	struct id id;
	uint64_t  account_id;
	enum exec_status status;
	unsigned  last_step;              /* 0: none is logged yet */
};

/* 1 to DB_LIST_MAX executions by id, of any account, those that exist, in no order. One statement. */
bool execution_watch(struct db_conn *c, const struct id *ids, unsigned n, struct execution_watch *out,
                     unsigned *count, struct error *err);

#endif
