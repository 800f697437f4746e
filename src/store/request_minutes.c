/* Leases of requests. What to give out is decided in the statement that does it, so hosts need no lock and no second
 * try; the minute is the database's. */
#include "store/request_minutes.h"

#define TRIES   3
#define QUARTER 4

/* What is left when the statement begins; assignments are made from left to right, so the minute is still the row's. */
#define NOW  "UNIX_TIMESTAMP() DIV 60"
#define USED "IF(minute = " NOW ", leased, 0)"

static int64_t quarter(int64_t left, int64_t most)
{
	int64_t n = left / QUARTER;

	n = n > 0 ? n : 1;
	return n < most ? n : most;
}

/* *taken false: there is no row, or nothing is left. The statement gives back what it found: quarter() tells what it
 * took of that. */
static bool take(struct db_conn *c, uint64_t account_id, int64_t limit, int64_t most, struct minute_lease *l,
                 bool *taken, struct error *err)
{
	static const char sql[] =
		"UPDATE request_minutes SET"
		" leased = (LAST_INSERT_ID((" NOW ") << 32 | " USED ") & 0xffffffff)"
		" + LEAST(GREATEST((? - " USED ") DIV 4, 1), ?), minute = " NOW
		" WHERE account_id = ? AND (minute <> " NOW " OR leased < ?)";
	struct db_arg args[4] = {db_int(limit), db_int(most), db_int((int64_t)account_id), db_int(limit)};
	uint64_t n = 0, found;
	int64_t used;

	if (!db_exec(c, sql, args, 4, &n, err))
		return false;
	*taken = n == 1;
	if (!*taken)
		return true;
	found = db_last_id(c);
	used = (int64_t)(found & UINT32_MAX);
	l->minute = (int64_t)(found >> 32);
	l->got = quarter(limit - used, most);
	l->leased = used + l->got;
	return true;
}

/* *spent: the row is there, and has nothing left. */
static bool look(struct db_conn *c, uint64_t account_id, int64_t limit, struct minute_lease *l, bool *spent,
                 struct error *err)
{
	static const char sql[] = "SELECT minute, leased FROM request_minutes WHERE account_id = ?"
				  " AND minute = " NOW " AND leased >= ?";
	struct db_arg args[2] = {db_int((int64_t)account_id), db_int(limit)};
	int got;

	if (!db_query(c, sql, args, 2, err))
		return false;
	got = db_next(c, err);
	*spent = got == 1;
	if (got == 1)
		*l = (struct minute_lease){.minute = db_col_int(c, 0), .leased = db_col_int(c, 1)};
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

/* An account's first request makes its row. */
static bool lease(struct db_conn *c, uint64_t account_id, int64_t limit, int64_t most, struct minute_lease *l,
                  bool *done, struct error *err)
{
	return take(c, account_id, limit, most, l, done, err) &&
	       (*done || look(c, account_id, limit, l, done, err)) && (*done || make_row(c, account_id, err));
}

bool request_minutes_lease(struct db *db, uint64_t account_id, int64_t limit, int64_t most,
                           struct minute_lease *l, struct error *err)
{
	struct db_conn *c = db_get(db, err);
	bool ok = c, done = false;
	unsigned tries;

	most = most < limit ? most : limit;      /* a limit of none gives none */
	for (tries = 0; tries < TRIES && ok && !done; tries++) {
		struct error e = {0};

		/* a conflict with another node of a cluster is no reason to refuse a request */
		ok = lease(c, account_id, limit, most, l, &done, &e) || db_error_rolled_back(&e);
		if (!ok && err)
			*err = e;
	}
	db_put(db, c);
	if (ok && !done) {
		err_set(err, ERR_UNAVAILABLE, "The account's requests cannot be counted; try again");
		if (err)
			err->retry_after = 1;
	}
	return ok && done;
}
