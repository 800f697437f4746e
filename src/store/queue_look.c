/* Looking at the queue without locking anything. */
#include "store/queue_priv.h"

#include "base/clock.h"

static int64_t col_or_never(struct db_conn *c, unsigned col)
{
	return db_is_null(c, col) ? INT64_MAX : db_col_int(c, col);
}

bool queue_look(struct db_conn *c, struct queue_look *out, struct error *err)
{
	static const char sql[] =
		"SELECT (SELECT 1 FROM queue_ready WHERE lane < 2 LIMIT 1),"
		" (SELECT 1 FROM queue_ready WHERE lane = 2 LIMIT 1),"
		" (SELECT MIN(due_at) FROM queue_later), (SELECT MIN(expires_at) FROM leases)";
	int got;

	*out = (struct queue_look){.later_due_ms = INT64_MAX, .lease_due_ms = INT64_MAX};
	if (!db_query(c, sql, NULL, 0, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		out->ready = !db_is_null(c, 0);
		out->suspects = !db_is_null(c, 1);
		out->later_due_ms = col_or_never(c, 2);
		out->lease_due_ms = col_or_never(c, 3);
	}
	db_end(c);
	return got >= 0;
}

/* The oldest id of each lane stands first in its part of the key. */
static bool read_oldest(struct db_conn *c, int64_t now_ms, struct queue_stats *out,
                        struct error *err)
{
	static const char sql[] = "SELECT MIN(execution_id) FROM queue_ready WHERE lane = ?";
	int64_t lane;

	for (lane = LANE_SYNC; lane <= LANE_SUSPECT; lane++) {
		struct db_arg arg = db_int(lane);
		struct id id;
		int got;

		if (!db_query(c, sql, &arg, 1, err))
			return false;
		got = db_next(c, err);
		if (got == 1 && db_col_id(c, 0, &id) &&
		    now_ms - id_time_ms(&id) > out->oldest_ready_ms)
			out->oldest_ready_ms = now_ms - id_time_ms(&id);
		db_end(c);
		if (got < 0)
			return false;
	}
	return true;
}

/* How long a time is over; 0 while it is to come, and when there is none. */
static int64_t past(struct db_conn *c, unsigned col, int64_t now_ms)
{
	int64_t at = col_or_never(c, col);

	return at < now_ms ? now_ms - at : 0;
}

static bool count_ready(struct db_conn *c, int64_t *n, struct error *err)
{
	static const char sql[] = "SELECT COUNT(*) FROM (SELECT 1 FROM queue_ready LIMIT ?) some";
	struct db_arg most = db_int(QUEUE_COUNT_MAX);

	return db_query_int(c, sql, &most, 1, n, NULL, err);
}

/* Nothing is counted that may be long: what is ready is what the accounts' counters leave. */
bool queue_stats(struct db_conn *c, int64_t now_ms, struct queue_stats *out, struct error *err)
{
	static const char sql[] =
		"SELECT q.active - l.n - d.slots, l.n, q.held, d.n, l.expired, o.n, q.holding, d.due, l.first, d.first FROM"
		" (SELECT COALESCE(SUM(active), 0) AS active, COALESCE(SUM(held), 0) AS held,"
		" COALESCE(SUM(held > 0), 0) AS holding FROM account_quota) q,"
		" (SELECT COUNT(*) AS n, COALESCE(SUM(expires_at <= ?), 0) AS expired, MIN(expires_at) AS first FROM leases) l,"
		" (SELECT COUNT(*) AS n, COALESCE(SUM(has_slot), 0) AS slots, COALESCE(SUM(due_at <= ?), 0) AS due,"
		" MIN(due_at) AS first FROM (SELECT has_slot, due_at FROM queue_later WHERE due_at < ?"
		" ORDER BY due_at LIMIT ?) first_due) d,"
		" (SELECT COUNT(*) AS n FROM (SELECT 1 FROM outbox ORDER BY due_at LIMIT ?) first_due) o";
	struct db_arg args[5] = {db_int(now_ms), db_int(now_ms), db_int(RUN_WAITS), db_int(QUEUE_COUNT_MAX),
	                         db_int(QUEUE_COUNT_MAX)};
	int got;

	*out = (struct queue_stats){0};
	if (!db_query(c, sql, args, 5, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		out->ready = db_col_int(c, 0) > 0 ? db_col_int(c, 0) : 0;
		out->leased = db_col_int(c, 1);
		out->held = db_col_int(c, 2);
		out->later = db_col_int(c, 3);
		out->expired = db_col_int(c, 4);
		out->outbox = db_col_int(c, 5);
		out->holding = db_col_int(c, 6);
		out->due = db_col_int(c, 7);
		out->oldest_expired_ms = past(c, 8, now_ms);
		out->oldest_due_ms = past(c, 9, now_ms);
	}
	db_end(c);
	/* more than was counted may have slots */
	if (got == 1 && out->later == QUEUE_COUNT_MAX && !count_ready(c, &out->ready, err))
		return false;
	return got >= 0 && read_oldest(c, now_ms, out, err);
}

bool queue_stuck_accounts(struct db_conn *c, int64_t *accounts, struct error *err)
{
	static const char sql[] =
		"SELECT COUNT(*) FROM account_quota q LEFT JOIN"
		" (SELECT account_id FROM queue_ready UNION SELECT account_id FROM leases"
		" UNION SELECT account_id FROM queue_later WHERE has_slot = 1) a ON a.account_id = q.account_id"
		" WHERE q.held > 0 AND a.account_id IS NULL";

	return db_query_int(c, sql, NULL, 0, accounts, NULL, err);
}
