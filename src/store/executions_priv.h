/* What the readers of executions share.
 *
 * Ownership: strings are the arena's. */
#ifndef AGENTIV_STORE_EXECUTIONS_PRIV_H
#define AGENTIV_STORE_EXECUTIONS_PRIV_H

#include "store/executions.h"

/* What every reader selects of executions e and execution_results r (left join), in the order of execution_read. */
#define EXECUTION_COLUMNS \
	"e.id, e.account_id, e.agent, r.status, e.trigger_type, e.queued_at, r.started_at, r.completed_at," \
	" r.attempt, r.error_code, r.error_message, r.tokens_used, r.duration_ms, e.schedule_id, r.summary," \
	" e.run_at, e.max_tokens"
#define EXECUTION_COLUMN_COUNT 17
/* And of leases l, for runs that may be running. */
#define LEASE_COLUMNS "l.attempt, l.started_at"
#define LEASE_COLUMN_COUNT 2

/* Asks for 1 to DB_LIST_MAX executions: fmt has "e.id IN (%s)". Those that exist come in no order, each once. */
bool executions_query(struct db_conn *c, const char *fmt, const struct id *ids, unsigned n, struct error *err);

/* The current row's columns from `at` on. lease_at: where LEASE_COLUMNS stand, 0 when they were not asked for. */
void execution_read(struct db_conn *c, unsigned at, unsigned lease_at, struct arena *a,
                    struct execution *e);

#endif
