/* What is told of schedules without locking them. */
#include "store/schedules.h"

#include "store/queue.h"

/* Each count is a range of an index, and ends at QUEUE_COUNT_MAX. Those that were paused have no slot to come. */
bool schedule_stats(struct db_conn *c, int64_t now_ms, struct schedule_stats *out, struct error *err)
{
	static const char sql[] =
		"SELECT e.n, o.n, o.first, p.n, w.n FROM"
		" (SELECT COUNT(*) AS n FROM (SELECT 1 FROM schedules WHERE next_at > 0 LIMIT ?) some) e,"
		" (SELECT COUNT(*) AS n, MIN(next_at) AS first FROM"
		" (SELECT next_at FROM schedules WHERE next_at <= ? ORDER BY next_at LIMIT ?) some) o,"
		" (SELECT COUNT(paused_at) AS n FROM"
		" (SELECT paused_at FROM schedules WHERE next_at IS NULL LIMIT ?) some) p,"
		" (SELECT COUNT(*) - COUNT(DISTINCT schedule_id) AS n FROM (SELECT schedule_id FROM schedule_runs LIMIT ?) some) w";
	struct db_arg most = db_int(QUEUE_COUNT_MAX);
	struct db_arg args[5] = {most, db_int(now_ms), most, most, most};
	int got;

	*out = (struct schedule_stats){0};
	if (!db_query(c, sql, args, 5, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		out->enabled = db_col_int(c, 0);
		out->overdue = db_col_int(c, 1);
		out->oldest_ms = out->overdue > 0 ? now_ms - db_col_int(c, 2) : 0;
		out->paused = db_col_int(c, 3);
		out->waiting = db_col_int(c, 4);
	}
	db_end(c);
	return got >= 0;
}
