/* Leases of requests. The row is changed only where it still holds what was seen, so that hosts seldom need a lock
 * and nothing is given out twice; the minute is the database's. */
#include "store/request_minutes.h"

#include "base/clock.h"

#define TRIES 3

/* The row must be as l says and the database's clock in minute. */
static bool take(struct db_conn *c, uint64_t account_id, const struct minute_lease *l, int64_t minute,
                 int64_t leased, bool *taken, struct error *err)
{
	static const char sql[] =
		"UPDATE request_minutes SET minute = ?, leased = ? WHERE account_id = ?"
		" AND minute = ? AND leased = ? AND UNIX_TIMESTAMP() DIV 60 = ?";
	struct db_arg args[6] = {db_int(minute), db_int(leased), db_int((int64_t)account_id),
	                         db_int(l->minute), db_int(l->leased), db_int(minute)};
	uint64_t n = 0;
	bool ok = db_exec(c, sql, args, 6, &n, err);

	*taken = ok && n == 1;
	return ok;
}

/* What the row holds and which minute the database is in; l->minute is 0 when there is no row. */
static bool look(struct db_conn *c, uint64_t account_id, struct minute_lease *l, int64_t *now,
                 struct error *err)
{
	static const char sql[] =
		"SELECT UNIX_TIMESTAMP() DIV 60, m.minute, m.leased FROM (SELECT 1) AS one"
		" LEFT JOIN request_minutes m ON m.account_id = ?";
	struct db_arg arg = db_int((int64_t)account_id);
	int got;

	if (!db_query(c, sql, &arg, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		*now = db_col_int(c, 0);
		l->minute = db_col_int(c, 1);
		l->leased = db_col_int(c, 2);
	}
	db_end(c);
	return got >= 0;
}

static bool make_row(struct db_conn *c, uint64_t account_id, struct error *err)
{
	static const char sql[] =
		"INSERT INTO request_minutes (account_id, minute, leased) VALUES (?, 1, 0)"
		" ON DUPLICATE KEY UPDATE leased = leased";
	struct db_arg arg = db_int((int64_t)account_id);

	return db_exec(c, sql, &arg, 1, NULL, err);
}

/* The row as it is; an account's first request makes it. */
static bool see(struct db_conn *c, uint64_t account_id, struct minute_lease *l, int64_t *now,
                struct error *err)
{
	if (!look(c, account_id, l, now, err))
		return false;
	return l->minute != 0 || (make_row(c, account_id, err) && look(c, account_id, l, now, err));
}

/* From what l says of the row. *done: l->got is the answer; otherwise the row has changed. */
static bool lease_seen(struct db_conn *c, uint64_t account_id, int64_t limit, minute_share share,
                       struct minute_lease *l, int64_t now, bool *done, struct error *err)
{
	int64_t used = l->minute == now ? l->leased : 0;
	int64_t n = limit > used ? share(limit, limit - used) : 0;

	*done = n == 0;
	if (!*done && !take(c, account_id, l, now, used + n, done, err))
		return false;
	if (*done)
		*l = (struct minute_lease){.minute = now, .leased = used + n, .got = n};
	return true;
}

struct lease_work {
	uint64_t account_id;
	int64_t  limit;
	minute_share share;
	struct minute_lease *l;
	bool     done;
};

/* From the row as it is, or as it is believed to be: *done as lease_seen's. */
static bool try_lease(struct db_conn *c, struct lease_work *w, bool seen, struct error *err)
{
	int64_t now = clock_now_ms() / 60000;

	return (seen || see(c, w->account_id, w->l, &now, err)) &&
	       lease_seen(c, w->account_id, w->limit, w->share, w->l, now, &w->done, err);
}

/* With the row locked only the turn of the minute can come between a look and a lease. */
static bool lease_locked(struct db_conn *c, void *ctx, struct error *err)
{
	static const char sql[] = "SELECT minute FROM request_minutes WHERE account_id = ? FOR UPDATE";
	struct lease_work *w = ctx;
	struct db_arg arg = db_int((int64_t)w->account_id);
	int64_t minute;
	unsigned tries;

	if (!db_query_int(c, sql, &arg, 1, &minute, NULL, err))
		return false;
	for (tries = 0, w->done = false; tries < TRIES && !w->done; tries++)
		if (!try_lease(c, w, false, err))
			return false;
	return w->done || err_set(err, ERR_UNAVAILABLE, "The account's row of requests does not hold still");
}

/* Without a lock first: a lone host needs one statement. Where many ask at once each round has one winner, so who has
 * lost a few waits in the row's queue. Leasing once more after a COMMIT that went unanswered gives out less than the
 * limit, never more. */
static bool lease(struct db *db, struct db_conn **c, struct lease_work *w, struct error *err)
{
	int64_t now = clock_now_ms() / 60000;
	/* what was last seen may be tried unseen, but nothing is refused because of it */
	bool seen = w->l->minute != 0 && !(w->l->minute == now && w->l->leased >= w->limit);
	unsigned tries;

	for (tries = 0; tries < TRIES && !w->done; tries++) {
		struct error e = {0};

		if (!try_lease(*c, w, seen, &e) && !db_error_rolled_back(&e)) {
			if (err)
				*err = e;
			return false;
		}
		seen = false;
	}
	return w->done || db_transaction_on(db, c, lease_locked, NULL, w, err);
}

bool request_minutes_lease(struct db *db, uint64_t account_id, int64_t limit, minute_share share,
                           struct minute_lease *l, struct error *err)
{
	struct lease_work w = {.account_id = account_id, .limit = limit, .share = share, .l = l};
	struct db_conn *c = db_get(db, err);
	bool ok = c && lease(db, &c, &w, err);

	db_put(db, c);
	return ok;
}
