/* Table account_months. Lock order: the account's quota row, which whoever writes a row here holds. */
#include "store/months.h"

#include "base/clock.h"
#include "store/plan_cols.h"
#include "store/retention_priv.h"

int64_t month_overage(int64_t runs, int64_t max_month, bool overage_allowed)
{
	return overage_allowed && max_month >= 0 && runs > max_month ? runs - max_month : 0;
}

/* Figures are added: runs and tokens of a month are told by different transactions. */
bool months_add_runs(struct db_conn *c, const struct month_runs *m, unsigned n, struct error *err)
{
	static const char sql[] =
		"INSERT INTO account_months (month_start, account_id, runs, included, overage, tokens) VALUES (?, ?, ?, ?, ?, 0)"
		" ON DUPLICATE KEY UPDATE runs = runs + VALUES(runs), included = VALUES(included),"
		" overage = overage + VALUES(overage)";
	struct db_arg args[DB_LIST_MAX * 5], *at = args;
	unsigned i;

	INVARIANT(n <= DB_LIST_MAX, "more months are closed at once than one statement takes");
	for (i = 0; i < n; i++) {
		*at++ = db_int(m[i].month_start);
		*at++ = db_int((int64_t)m[i].account_id);
		*at++ = db_int(m[i].runs);
		*at++ = m[i].included < 0 ? db_null() : db_int(m[i].included);
		*at++ = db_int(m[i].overage);
	}
	return n == 0 || db_exec_rows(c, sql, args, 5, n, NULL, err);
}

bool months_add_tokens(struct db_conn *c, const struct month_tokens *m, unsigned n, struct error *err)
{
	static const char sql[] =
		"INSERT INTO account_months (month_start, account_id, runs, included, overage, tokens) VALUES (?, ?, 0, NULL, 0, ?)"
		" ON DUPLICATE KEY UPDATE tokens = tokens + VALUES(tokens)";
	struct db_arg args[DB_LIST_MAX * 3], *at = args;
	unsigned i;

	INVARIANT(n <= DB_LIST_MAX, "more months are closed at once than one statement takes");
	for (i = 0; i < n; i++) {
		*at++ = db_int(m[i].month_start);
		*at++ = db_int((int64_t)m[i].account_id);
		*at++ = db_int(m[i].tokens);
	}
	return n == 0 || db_exec_rows(c, sql, args, 3, n, NULL, err);
}

/* ---- closing without a run ---- */

/* Accounts whose counters have something of a month before `month`. */
struct closing {
	const uint64_t *accounts;
	unsigned n;
	int64_t  month;
	/* as locked */
	struct month_runs   runs[DB_LIST_MAX];
	struct month_tokens tokens[DB_LIST_MAX];
	unsigned run_count, token_count;
};

static void read_counters(struct db_conn *c, struct closing *k)
{
	uint64_t account_id = (uint64_t)db_col_int(c, 0);
	int64_t max = col_limit(c, 1), month = db_col_int(c, 3), runs = db_col_int(c, 4);
	int64_t tokens_month = db_col_int(c, 5), tokens = db_col_int(c, 6);

	if (month < k->month && runs > 0)
		k->runs[k->run_count++] = (struct month_runs){account_id, month, runs, max,
		                                              month_overage(runs, max, db_col_int(c, 2) != 0)};
	if (tokens_month < k->month && tokens > 0)
		k->tokens[k->token_count++] = (struct month_tokens){account_id, tokens_month, tokens};
}

static bool lock_counters(struct db_conn *c, struct closing *k, struct error *err)
{
	static const char sql[] =
		"SELECT account_id, max_month, month_overage, month_start, month_runs, tokens_month, month_tokens"
		" FROM account_quota FORCE INDEX (PRIMARY) WHERE account_id IN (%s) ORDER BY account_id FOR UPDATE";
	struct db_arg args[DB_LIST_MAX];
	unsigned size = db_list_size(k->n), i;
	int got;

	k->run_count = k->token_count = 0;
	for (i = 0; i < size; i++)
		args[i] = db_int((int64_t)k->accounts[i < k->n ? i : k->n - 1]);
	if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
		return false;
	while ((got = db_next(c, err)) == 1)
		read_counters(c, k);
	db_end(c);
	return got == 0;
}

/* A month that is later than ours stands: another host's clock is a moment ahead. Assignments are made from left to
 * right. */
static bool begin_month(struct db_conn *c, const struct closing *k, struct error *err)
{
	static const char sql[] =
		"UPDATE account_quota SET month_runs = IF(month_start < ?, 0, month_runs), month_start = GREATEST(month_start, ?),"
		" month_tokens = IF(tokens_month < ?, 0, month_tokens), tokens_month = GREATEST(tokens_month, ?)"
		" WHERE account_id = ?";
	struct db_arg args[DB_LIST_MAX * 5], *at = args;
	unsigned i, m;

	for (i = 0; i < k->n; i++) {
		for (m = 0; m < 4; m++)
			*at++ = db_int(k->month);
		*at++ = db_int((int64_t)k->accounts[i]);
	}
	return db_exec_rows(c, sql, args, 5, k->n, NULL, err);
}

static bool close_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct closing *k = ctx;

	return lock_counters(c, k, err) && months_add_runs(c, k->runs, k->run_count, err) &&
	       months_add_tokens(c, k->tokens, k->token_count, err) &&
	       (k->run_count + k->token_count == 0 || begin_month(c, k, err));
}

bool months_close(struct db_conn *c, uint64_t account_id, int64_t now_ms, struct error *err)
{
	struct closing k = {.accounts = &account_id, .n = 1, .month = clock_month_start(now_ms)};

	return close_body(c, &k, err);
}

/* Accounts behind the walk that have something to close, of RETENTION_CHUNK that are looked at. */
static bool pick_accounts(struct db_conn *c, const struct prune *p, int64_t month, uint64_t *out, unsigned *n,
                          unsigned *seen, struct table_walk *at, struct error *err)
{
	static const char sql[] =
		"SELECT account_id, (month_start < ? AND month_runs > 0) OR (tokens_month < ? AND month_tokens > 0)"
		" FROM account_quota FORCE INDEX (PRIMARY) WHERE account_id > ? ORDER BY account_id LIMIT ?";
	struct db_arg args[4] = {db_int(month), db_int(month), db_int(p->at.number), db_int(RETENTION_CHUNK)};
	int got;

	*n = *seen = 0;
	if (!db_query(c, sql, args, 4, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *seen < RETENTION_CHUNK) {
		(*seen)++;
		at->number = db_col_int(c, 0);
		if (db_col_int(c, 1) != 0)
			out[(*n)++] = (uint64_t)at->number;
	}
	db_end(c);
	return got >= 0;
}

bool months_close_some(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	uint64_t accounts[RETENTION_CHUNK];
	struct closing k = {.month = clock_month_start(p->before)};
	struct table_walk at = p->at;
	unsigned n, seen, i;

	if (!pick_accounts(*c, p, k.month, accounts, &n, &seen, &at, err))
		return false;
	/* few at once: those who accept and end runs wait for these rows */
	for (i = 0; i < n; i += k.n) {
		k.accounts = accounts + i;
		k.n = n - i < DB_LIST_MAX ? n - i : DB_LIST_MAX;
		if (!db_transaction_on(db, c, close_body, NULL, &k, err))
			return false;
		p->rows += k.run_count + k.token_count;
	}
	p->at = at;
	p->over = seen < RETENTION_CHUNK;
	return true;
}

/* ---- what is kept of them ---- */

bool prune_months(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	static const char pick[] =
		"SELECT month_start, account_id FROM account_months FORCE INDEX (PRIMARY) WHERE month_start < ?"
		" ORDER BY month_start, account_id LIMIT ?";
	struct db_arg from[2] = {db_int(p->before), db_int(RETENTION_CHUNK)}, args[RETENTION_CHUNK * 2];
	struct drop d = {.sql = {"DELETE FROM account_months WHERE month_start = ? AND account_id = ?"}, .args = args,
	                 .cols = 2};
	int got;

	if (!db_query(*c, pick, from, 2, err))
		return false;
	while ((got = db_next(*c, err)) == 1 && d.rows < RETENTION_CHUNK) {
		args[2 * d.rows] = db_int(db_col_int(*c, 0));
		args[2 * d.rows + 1] = db_int(db_col_int(*c, 1));
		d.rows++;
	}
	db_end(*c);
	return got >= 0 && drop_chunk(db, c, &d, &p->at, d.rows < RETENTION_CHUNK, p, err);
}

/* ---- reading ---- */

static struct closed_month *month_of(struct closed_month *all, int64_t month_start)
{
	unsigned i;

	for (i = 0; i < MONTHS_SHOWN; i++)
		if (all[i].month_start == month_start)
			return &all[i];
	return NULL;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* What the counters have is not in the table, or was moved there since they were read: it counts once. */
static void merge_counters(struct closed_month *all, const struct month_runs *runs, const struct month_tokens *tokens)
{
	struct closed_month *m = month_of(all, runs->month_start);

	if (m) {
		m->runs = larger(m->runs, runs->runs);
		m->overage = larger(m->overage, runs->overage);
	}
	m = month_of(all, tokens->month_start);
	if (m)
		m->tokens = larger(m->tokens, tokens->tokens);
}

bool months_read(struct db_conn *c, int64_t now_ms, const struct month_runs *runs, const struct month_tokens *tokens,
                 struct closed_month out[MONTHS_SHOWN], unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT month_start, runs, overage, tokens FROM account_months FORCE INDEX (PRIMARY)"
		" WHERE month_start IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AND account_id = ?";
	struct closed_month all[MONTHS_SHOWN] = {0}, *m;
	struct db_arg args[MONTHS_SHOWN + 1];
	int64_t month = clock_month_start(now_ms);
	unsigned i;
	int got;

	_Static_assert(MONTHS_SHOWN == 12, "the statement has the figure");
	for (i = 0; i < MONTHS_SHOWN; i++) {
		all[i].month_start = month = clock_month_start(month - 1);
		args[i] = db_int(month);
	}
	args[MONTHS_SHOWN] = db_int((int64_t)runs->account_id);
	*count = 0;
	if (!db_query(c, sql, args, MONTHS_SHOWN + 1, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		m = month_of(all, db_col_int(c, 0));
		if (m) {
			m->runs = db_col_int(c, 1);
			m->overage = db_col_int(c, 2);
			m->tokens = db_col_int(c, 3);
		}
	}
	db_end(c);
	merge_counters(all, runs, tokens);
	for (i = 0; i < MONTHS_SHOWN; i++)
		if (all[i].runs > 0 || all[i].tokens > 0)
			out[(*count)++] = all[i];
	return got == 0;
}
