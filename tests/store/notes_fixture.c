#include "notes_fixture.h"

#include "base/clock.h"

#define DIGEST (15 * 60000)
#define RUNS_MAX 64

static struct arena kept;

void nx_account(uint64_t account_id, unsigned kinds)
{
	struct db_arg args[2] = {db_int(kinds), db_int((int64_t)account_id)};
	struct error err;

	fx_account(account_id, -1);
	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, "UPDATE account_quota SET mail_events = ? WHERE account_id = ?", args, 2, NULL, &err));
}

void nx_end_all(enum run_outcome outcome)
{
	struct claimed_run runs[RUNS_MAX];
	struct ended_run e[RUNS_MAX];
	unsigned n = fx_claim(runs, RUNS_MAX), i;

	for (i = 0; i < n; i++) {
		e[i] = fx_ended(&runs[i], outcome);
		e[i].agent = runs[i].agent;
	}
	CU_ASSERT_TRUE_FATAL(fx_end(e, n));
}

void nx_end(uint64_t account_id, unsigned n, enum run_outcome outcome)
{
	unsigned i;

	for (i = 0; i < n; i++)
		fx_accept(account_id, LANE_ASYNC, "echo", "{}");
	nx_end_all(outcome);
}

int64_t nx_notes(void)
{
	return fx_number("SELECT COUNT(*) FROM notifications");
}

static bool find_mail(struct db_conn *c, uint64_t account_id, struct id *out)
{
	struct db_arg arg = db_int((int64_t)account_id);
	struct error err;
	bool found = false;

	if (!db_query(c, "SELECT mail_delivery FROM account_quota WHERE account_id = ?", &arg, 1, &err))
		return false;
	if (db_next(c, &err) == 1)
		found = db_col_id(c, 0, out);
	db_end(c);
	return found;
}

void nx_take_again(uint64_t account_id, const struct id *delivery, struct nx_mail *m)
{
	struct error err;

	m->delivery = *delivery;
	CU_ASSERT_TRUE_FATAL(notifications_take(fx_db, &fx_conn, delivery, account_id, clock_now_ms(), DIGEST, &kept, &m->to,
	                                        &m->rows, &m->count, &m->total, &err));
}

void nx_take(uint64_t account_id, struct nx_mail *m)
{
	struct id delivery;

	CU_ASSERT_TRUE_FATAL(find_mail(fx_conn, account_id, &delivery));
	nx_take_again(account_id, &delivery, m);
}

unsigned nx_take_any(uint64_t account_id)
{
	struct error err;
	struct db_conn *c = db_get(fx_db, &err);
	struct nx_mail m = {.total = 0};
	struct arena a;

	arena_init(&a);
	if (c && find_mail(c, account_id, &m.delivery) &&
	    !notifications_take(fx_db, &c, &m.delivery, account_id, clock_now_ms(), DIGEST, &a, &m.to, &m.rows, &m.count,
	                        &m.total, &err))
		m.total = 1000000;             /* no test expects so many */
	arena_release(&a);
	db_put(fx_db, c);
	return m.total;
}
