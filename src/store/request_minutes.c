/* Leases of requests. The row is changed only where it still holds what was seen, so that hosts need no lock
 * and nothing is given out twice; the minute is the database's. */
#include "store/request_minutes.h"

#include "base/clock.h"

#define TRIES 16

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

static bool lease_on(struct db_conn *c, uint64_t account_id, int64_t limit, minute_share share,
                     struct minute_lease *l, struct error *err)
{
	int64_t now = clock_now_ms() / 60000;
	/* what was last seen may be tried unseen, but nothing is refused because of it */
	bool seen = l->minute != 0 && !(l->minute == now && l->leased >= limit), done = false;
	unsigned tries;

	for (tries = 0; tries < TRIES && !done; tries++) {
		struct error e = {0};
		bool ok = (seen || see(c, account_id, l, &now, &e)) &&
			lease_seen(c, account_id, limit, share, l, now, &done, &e);

		if (!ok && !db_error_rolled_back(&e)) {
			if (err)
				*err = e;
			return false;
		}
		seen = false;
	}
	if (!done) {
		err_set(err, ERR_UNAVAILABLE, "Too many hosts ask for the account's requests; try again");
		if (err)
			err->retry_after = 1;
	}
	return done;
}

bool request_minutes_lease(struct db *db, uint64_t account_id, int64_t limit, minute_share share,
                           struct minute_lease *l, struct error *err)
{
	struct db_conn *c = db_get(db, err);
	bool ok = c && lease_on(c, account_id, limit, share, l, err);

	db_put(db, c);
	return ok;
}
