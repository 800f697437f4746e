/* Runs of schedules that are over, though nobody told their schedule: ended by a worker of a version that knows of none, or
 * dropped from the queue. Without this the runs that wait for them would wait for ever. */
#include "store/queue_priv.h"

#include "base/log.h"

#define AUDIT_MAX DB_LIST_MAX   /* runs in one call */

struct untold {
	struct schedule_end end;
	bool     told;
	unsigned promoted;
};

/* A run's end and its row of schedule_runs are one transaction, so one statement sees both or neither. */
static bool find_untold(struct db_conn *c, struct untold *found, unsigned *n, struct error *err)
{
	static const char sql[] =
		"SELECT r.schedule_id, r.execution_id, COALESCE(s.account_id, e.account_id, 0), COALESCE(x.status = 2, 0),"
		" e.id IS NULL OR COALESCE(x.error_code = 'CANCELLED', 0) FROM schedule_runs r"
		" LEFT JOIN executions e ON e.id = r.execution_id LEFT JOIN schedules s ON s.id = r.schedule_id"
		" LEFT JOIN execution_results x ON x.execution_id = r.execution_id"
		" WHERE e.id IS NULL OR COALESCE(x.status, 0) <> 0 LIMIT ?";
	struct db_arg limit = db_int(AUDIT_MAX);
	int got;

	*n = 0;
	if (!db_query(c, sql, &limit, 1, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *n < AUDIT_MAX) {
		struct schedule_end *e = &found[*n].end;

		found[(*n)++] = (struct untold){.end = {.account_id = (uint64_t)db_col_int(c, 2), .success = db_col_int(c, 3) != 0,
		                                        .cancelled = db_col_int(c, 4) != 0}};
		db_col_id(c, 0, &e->schedule_id);
		db_col_id(c, 1, &e->execution_id);
	}
	db_end(c);
	return got >= 0;
}

static bool tell_body(struct db_conn *c, void *ctx, struct error *err)
{
	static const char sql[] =
		"SELECT 1 FROM schedule_runs WHERE schedule_id = ? AND execution_id = ? FOR UPDATE";
	struct untold *u = ctx;
	struct db_arg args[2] = {db_id(&u->end.schedule_id), db_id(&u->end.execution_id)};
	struct slots s;
	int64_t one;

	u->promoted = 0;
	slots_init(&s);
	slots_want(&s, u->end.account_id);
	if (!slots_lock(c, &s, err) || !db_query_int(c, sql, args, 2, &one, &u->told, err))
		return false;
	return !u->told || (schedule_runs_end(c, &u->end, 1, &s, clock_now_ms(), err) &&
	                    slots_fill(c, &s, &u->promoted, err) && slots_write(c, &s, err));
}

bool queue_audit_schedules(struct db *db, struct db_conn **c, unsigned *repaired, unsigned *promoted, struct error *err)
{
	struct untold found[AUDIT_MAX];
	char id[ID_TEXT_SIZE];
	unsigned n, i;

	*repaired = *promoted = 0;
	if (!queue_conn(db, c, err) || !find_untold(*c, found, &n, err))
		return false;
	for (i = 0; i < n; i++) {
		if (!db_transaction_on(db, c, tell_body, NULL, &found[i], err))
			return false;
		*promoted += found[i].promoted;
		*repaired += found[i].told;
		id_format(ID_EXECUTION, &found[i].end.execution_id, id);
		if (found[i].told)
			log_write(LOG_WARN, "a schedule is told of a run that had ended", "execution=%s", id);
	}
	return true;
}
