#include "store/execution_watch.h"

#include <string.h>

#include "store/executions_priv.h"

bool execution_watch(struct db_conn *c, const struct id *ids, unsigned n, struct execution_watch *out,
                     unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT e.id, e.account_id, r.status, l.execution_id,"
		" (SELECT MAX(s.seq) FROM execution_steps s WHERE s.execution_id = e.id)"
		" FROM executions e FORCE INDEX (PRIMARY)"
		" LEFT JOIN execution_results r ON r.execution_id = e.id"
		" LEFT JOIN leases l ON l.execution_id = e.id"
		" WHERE e.id IN (%s)";
	int got;

	*count = 0;
	if (!executions_query(c, sql, ids, n, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < n) {
		struct execution_watch *w = &out[(*count)++];
		int64_t stored = db_col_int(c, 2);

		memset(w, 0, sizeof *w);
		db_col_id(c, 0, &w->id);
		w->account_id = (uint64_t)db_col_int(c, 1);
		w->status = stored != 0 ? (enum exec_status)stored :
			db_is_null(c, 3) ? EXEC_QUEUED : EXEC_RUNNING;
		w->last_step = (unsigned)db_col_int(c, 4);
	}
	db_end(c);
	return got >= 0;
}
