/* Figures of deliveries: table delivery_totals, and how far senders are behind. */
#include "store/outbox_priv.h"

#define OVERDUE_COUNT_MAX 100000

const int64_t outbox_bounds_ms[OUTBOX_BOUNDS] = {10, 50, 100, 500, 1000, 5000};

bool delivery_totals_add(struct db_conn *c, unsigned shard, const struct delivery_result *const *r, unsigned n,
                         struct error *err)
{
	static const char sql[] =
		"UPDATE delivery_totals SET delivered = delivered + ?, retried = retried + ?, failed = failed + ?,"
		" duration_ms = duration_ms + ?, le_10 = le_10 + ?, le_50 = le_50 + ?, le_100 = le_100 + ?, le_500 = le_500 + ?,"
		" le_1000 = le_1000 + ?, le_5000 = le_5000 + ? WHERE shard = ?";
	int64_t states[DELIVERY_FAILED + 1] = {0}, within[OUTBOX_BOUNDS] = {0}, sum = 0;
	unsigned i, b;

	for (i = 0; i < n; i++) {
		states[r[i]->state]++;
		sum += r[i]->duration_ms;
		for (b = 0; b < OUTBOX_BOUNDS; b++)
			within[b] += r[i]->duration_ms <= outbox_bounds_ms[b];
	}
	return db_exec(c, sql, (struct db_arg[]){
		db_int(states[DELIVERY_DELIVERED]), db_int(states[DELIVERY_PENDING]), db_int(states[DELIVERY_FAILED]), db_int(sum),
		db_int(within[0]), db_int(within[1]), db_int(within[2]), db_int(within[3]), db_int(within[4]), db_int(within[5]),
		db_int(shard)}, 5 + OUTBOX_BOUNDS, NULL, err);
}

static bool read_totals(struct db_conn *c, struct outbox_stats *out, struct error *err)
{
	static const char sql[] =
		"SELECT SUM(delivered), SUM(retried), SUM(failed), SUM(duration_ms), SUM(le_10), SUM(le_50), SUM(le_100),"
		" SUM(le_500), SUM(le_1000), SUM(le_5000) FROM delivery_totals";
	unsigned b;
	int got;

	if (!db_query(c, sql, NULL, 0, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		out->attempts[DELIVERY_DELIVERED] = db_col_int(c, 0);
		out->attempts[DELIVERY_PENDING] = db_col_int(c, 1);
		out->attempts[DELIVERY_FAILED] = db_col_int(c, 2);
		out->duration_ms = db_col_int(c, 3);
		for (b = 0; b < OUTBOX_BOUNDS; b++)
			out->within[b] = db_col_int(c, 4 + b);
	}
	db_end(c);
	return got >= 0;
}

bool outbox_stats(struct db_conn *c, int64_t now_ms, struct outbox_stats *out, struct error *err)
{
	static const char sql[] = "SELECT COUNT(*), COALESCE(MIN(due_at), ?) FROM"
				  " (SELECT due_at FROM outbox WHERE due_at <= ? ORDER BY due_at LIMIT ?) first_due";
	struct db_arg args[3] = {db_int(now_ms), db_int(now_ms), db_int(OVERDUE_COUNT_MAX)};
	int got;

	*out = (struct outbox_stats){0};
	if (!db_query(c, sql, args, 3, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		out->overdue = db_col_int(c, 0);
		out->oldest_overdue_ms = now_ms - db_col_int(c, 1);
	}
	db_end(c);
	return got >= 0 && read_totals(c, out, err);
}
