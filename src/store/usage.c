/* Reading what an account has used. */
#include "store/usage.h"

#include <string.h>

#include "base/clock.h"
#include "store/plan_cols.h"

/* A count that belongs to an earlier day or month is over. */
static int64_t count_since(struct db_conn *c, unsigned col, int64_t start)
{
	return db_col_int(c, col) >= start ? db_col_int(c, col + 1) : 0;
}

static void read_quota(struct db_conn *c, struct usage *u)
{
	int64_t month = clock_month_start(u->now_ms);

	col_text(c, 0, u->plan, sizeof u->plan);
	u->requests_per_minute = col_limit(c, 1);
	u->max_day = col_limit(c, 2);
	u->max_month = col_limit(c, 3);
	u->month_overage = db_col_int(c, 4) != 0;
	u->max_concurrent = col_limit(c, 5);
	u->day_runs = count_since(c, 6, clock_day_start(u->now_ms));
	u->month_runs = count_since(c, 8, month);
	u->month_tokens = count_since(c, 10, month);
	u->active = db_col_int(c, 12);
	u->held = db_col_int(c, 13);
}

/* What the counters still have of an earlier month. */
static void read_earlier(struct db_conn *c, const struct usage *u, struct month_runs *runs, struct month_tokens *tokens)
{
	int64_t month = clock_month_start(u->now_ms), n = db_col_int(c, 9);

	if (db_col_int(c, 8) < month)
		*runs = (struct month_runs){runs->account_id, db_col_int(c, 8), n, u->max_month,
		                            month_overage(n, u->max_month, u->month_overage)};
	if (db_col_int(c, 10) < month)
		*tokens = (struct month_tokens){tokens->account_id, db_col_int(c, 10), db_col_int(c, 11)};
}

bool usage_read(struct db_conn *c, uint64_t account_id, int64_t now_ms, struct arena *a, struct usage *out,
                struct error *err)
{
	static const char sql[] =
		"SELECT a.plan, COALESCE(a.own_requests_per_minute, p.requests_per_minute), q.max_day, q.max_month,"
		" q.month_overage, q.max_concurrent, q.day_start, q.day_runs, q.month_start, q.month_runs,"
		" q.tokens_month, q.month_tokens, q.active, q.held FROM account_quota q"
		" JOIN accounts a ON a.id = q.account_id JOIN plans p ON p.slug = a.plan WHERE q.account_id = ?";
	struct month_runs runs = {.account_id = account_id};
	struct month_tokens tokens = {.account_id = account_id};
	struct db_arg arg = db_int((int64_t)account_id);
	int got;

	*out = (struct usage){.now_ms = now_ms};
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		read_quota(c, out);
		read_earlier(c, out, &runs, &tokens);
	}
	db_end(c);
	if (got == 0)
		err_set(err, ERR_NOT_FOUND, "There is no such account");
	return got == 1 && months_read(c, now_ms, &runs, &tokens, out->months, &out->month_count, err) &&
	       budget_list(c, account_id, now_ms, a, &out->budgets, &out->budget_count, err);
}
