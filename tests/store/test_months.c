/* What accounts used of a month stays when the next one begins (store/months.h). */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/quota.h"
#include "duty_fixture.h"
#include "duty_suites.h"
#include "store/accounts.h"
#include "store/months.h"
#include "store/usage.h"

#define OCTOBER  INT64_C(1790812800000)   /* 2026-10-01T00:00:00Z */
#define NOVEMBER INT64_C(1793491200000)
#define DECEMBER INT64_C(1796083200000)

static void accept_at(int64_t ms, uint64_t account_id, unsigned n)
{
	unsigned i;

	dx_set_clock(ms);
	for (i = 0; i < n; i++)
		fx_accept(account_id, LANE_ASYNC, "echo", "{}");
}

/* Ends one run, which used so many tokens. */
static void end_at(int64_t ms, int64_t tokens)
{
	struct claimed_run run;
	struct ended_run e;

	dx_set_clock(ms);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&run, 1), 1);
	e = fx_ended(&run, RUN_SUCCESS);
	e.tokens_used = tokens;
	CU_ASSERT_TRUE_FATAL(fx_end(&e, 1));
}

static bool month_is(int64_t month_start, uint64_t account_id, int64_t runs, int64_t overage, int64_t tokens)
{
	static const char sql[] = "SELECT runs, overage, tokens FROM account_months WHERE month_start = ? AND account_id = ?";
	struct db_arg args[2] = {db_int(month_start), db_int((int64_t)account_id)};
	int64_t found[3] = {-1, -1, -1};
	struct error err;
	unsigned i;

	CU_ASSERT_TRUE_FATAL(db_query(fx_conn, sql, args, 2, &err));
	if (db_next(fx_conn, &err) == 1)
		for (i = 0; i < 3; i++)
			found[i] = db_col_int(fx_conn, i);
	db_end(fx_conn);
	if (found[0] == runs && found[1] == overage && found[2] == tokens)
		return true;
	fprintf(stderr, "runs %" PRId64 ", overage %" PRId64 ", tokens %" PRId64 "\n", found[0], found[1], found[2]);
	return false;
}

static void include_runs(int64_t n)
{
	char sql[100];

	snprintf(sql, sizeof sql, "UPDATE account_quota SET max_month = %" PRId64 ", month_overage = 1", n);
	dx_run(sql);
}

static void the_first_run_of_a_month_closes_the_one_before(void)
{
	fx_account(1, -1);
	include_runs(2);
	accept_at(DECEMBER - 1, 1, 5);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM account_months"), 0);
	accept_at(DECEMBER, 1, 1);
	CU_ASSERT_TRUE(month_is(NOVEMBER, 1, 5, 3, 0));
	CU_ASSERT_EQUAL(fx_number("SELECT included FROM account_months"), 2);
	CU_ASSERT_EQUAL(fx_number("SELECT month_runs FROM account_quota"), 1);
}

static void tokens_are_closed_by_the_first_that_come_in_the_new_month(void)
{
	fx_account(1, -1);
	accept_at(DECEMBER - 2, 1, 3);
	end_at(DECEMBER - 1, 70);
	accept_at(DECEMBER, 1, 1);
	CU_ASSERT_TRUE(month_is(NOVEMBER, 1, 3, 0, 0));
	end_at(DECEMBER + 1, 11);
	end_at(DECEMBER + 1, 4);
	CU_ASSERT_TRUE(month_is(NOVEMBER, 1, 3, 0, 70));
	CU_ASSERT_EQUAL(fx_number("SELECT month_tokens FROM account_quota"), 15);
}

static void tokens_may_be_closed_before_runs(void)
{
	fx_account(1, -1);
	accept_at(DECEMBER - 2, 1, 3);
	end_at(DECEMBER - 1, 70);
	end_at(DECEMBER + 1, 11);
	CU_ASSERT_TRUE(month_is(NOVEMBER, 1, 0, 0, 70));
	accept_at(DECEMBER + 2, 1, 1);
	CU_ASSERT_TRUE(month_is(NOVEMBER, 1, 3, 0, 70));
}

static void a_run_that_is_refused_closes_nothing(void)
{
	struct admission a = {.account_id = 1, .agent = "echo", .lane = LANE_ASYNC};

	fx_account(1, -1);
	accept_at(DECEMBER - 1, 1, 4);
	dx_run("UPDATE account_quota SET max_day = 0");
	dx_set_clock(DECEMBER);
	CU_ASSERT_FALSE(fx_admit(&fx_conn, &a));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM account_months"), 0);
	dx_run("UPDATE account_quota SET max_day = NULL");
	accept_at(DECEMBER + 1, 1, 1);
	CU_ASSERT_TRUE(month_is(NOVEMBER, 1, 4, 0, 0));
}

static void a_run_that_is_refused_beside_one_that_is_not_closes_nothing(void)
{
	struct admission a[2] = {{.account_id = 1}, {.account_id = 2}}, *p[2] = {&a[0], &a[1]};
	struct error err;
	unsigned i;

	fx_account(1, -1);
	fx_account(2, -1);
	accept_at(DECEMBER - 1, 1, 4);
	dx_run("UPDATE account_quota SET max_day = 0 WHERE account_id = 1");
	dx_set_clock(DECEMBER);
	for (i = 0; i < 2; i++) {
		a[i].id = id_make();
		a[i].agent = "echo";
		a[i].lane = LANE_ASYNC;
		a[i].input = "{}";
		a[i].input_len = 2;
		a[i].queued_at = DECEMBER;
	}
	CU_ASSERT_TRUE_FATAL(admission_commit(fx_db, &fx_conn, p, 2, DECEMBER, quota_decide, &err));
	CU_ASSERT_TRUE(a[0].outcome == ADMIT_DAY_QUOTA && a[1].outcome == ADMIT_ACCEPTED);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM account_months"), 0);
	CU_ASSERT_EQUAL(dx_prune(months_close_some, DECEMBER), 1);
	CU_ASSERT_TRUE(month_is(NOVEMBER, 1, 4, 0, 0));
}

static void runs_of_one_month_cost_no_statement_more(void)
{
	uint64_t before, in_month, in_new_month;

	fx_account(1, -1);
	accept_at(DECEMBER - 2, 1, 1);
	before = db_counters(fx_db).statements;
	accept_at(DECEMBER - 1, 1, 1);
	in_month = db_counters(fx_db).statements - before;
	before = db_counters(fx_db).statements;
	accept_at(DECEMBER, 1, 1);
	in_new_month = db_counters(fx_db).statements - before;
	CU_ASSERT_EQUAL(in_new_month, in_month + 1);
}

static void the_duty_closes_months_of_accounts_that_are_not_used_any_more(void)
{
	fx_account(1, -1);
	fx_account(2, -1);
	fx_account(3, -1);
	accept_at(NOVEMBER - 1, 1, 2);
	end_at(NOVEMBER - 1, 8);
	accept_at(DECEMBER - 1, 2, 3);
	CU_ASSERT_EQUAL(dx_prune(months_close_some, DECEMBER + HOUR), 3);
	CU_ASSERT_TRUE(month_is(OCTOBER, 1, 2, 0, 8));
	CU_ASSERT_TRUE(month_is(NOVEMBER, 2, 3, 0, 0));
	/* of what was not used nothing is told */
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM account_months"), 2);
	CU_ASSERT_EQUAL(fx_number("SELECT SUM(month_runs + month_tokens) FROM account_quota"), 0);
	CU_ASSERT_EQUAL(dx_prune(months_close_some, DECEMBER + HOUR), 0);
}

static void a_month_that_goes_on_is_not_closed(void)
{
	fx_account(1, -1);
	accept_at(DECEMBER, 1, 2);
	end_at(DECEMBER, 5);
	CU_ASSERT_EQUAL(dx_prune(months_close_some, DECEMBER + HOUR), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT month_runs + month_tokens FROM account_quota"), 7);
}

static void more_accounts_than_a_chunk_are_closed(void)
{
	uint64_t i;

	for (i = 1; i <= RETENTION_CHUNK + 70; i++)
		fx_account(i, -1);
	dx_run("UPDATE account_quota SET month_runs = account_id, month_start = 1793491200000");
	CU_ASSERT_EQUAL(dx_prune(months_close_some, DECEMBER), RETENTION_CHUNK + 70);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM account_months WHERE runs = account_id"), RETENTION_CHUNK + 70);
}

static void a_new_limit_does_not_change_the_month_before(void)
{
	int64_t own = 100;
	struct plan_overrides more = {.runs_per_month = &own};
	struct error err;

	fx_account(1, -1);
	include_runs(2);
	accept_at(DECEMBER - 1, 1, 5);
	dx_set_clock(DECEMBER + 1);
	CU_ASSERT_TRUE_FATAL(account_set_plan(fx_db, 1, "pro", &more, fx_audit(), &err));
	accept_at(DECEMBER + 2, 1, 1);
	CU_ASSERT_TRUE(month_is(NOVEMBER, 1, 5, 3, 0));
}

/* ---- what usage tells ---- */

static struct usage usage_at(int64_t ms)
{
	struct usage u;
	struct error err;
	struct arena a;

	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(usage_read(fx_conn, 1, ms, &a, &u, &err));
	arena_release(&a);
	return u;
}

static bool told(const struct usage *u, unsigned i, int64_t month, int64_t runs, int64_t overage, int64_t tokens)
{
	const struct closed_month *m = &u->months[i];

	return i < u->month_count && m->month_start == month && m->runs == runs && m->overage == overage &&
	       m->tokens == tokens;
}

static void usage_tells_of_a_month_before_and_after_it_is_closed(void)
{
	struct usage u;

	fx_account(1, -1);
	include_runs(2);
	accept_at(DECEMBER - 2, 1, 5);
	end_at(DECEMBER - 1, 70);
	u = usage_at(DECEMBER - 1);
	CU_ASSERT_EQUAL(u.month_count, 0);
	u = usage_at(DECEMBER);
	CU_ASSERT_TRUE(u.month_count == 1 && told(&u, 0, NOVEMBER, 5, 3, 70));
	accept_at(DECEMBER, 1, 1);
	u = usage_at(DECEMBER);
	CU_ASSERT_TRUE(u.month_count == 1 && told(&u, 0, NOVEMBER, 5, 3, 70));
	CU_ASSERT_TRUE(u.month_runs == 1 && u.month_tokens == 0);
	dx_prune(months_close_some, DECEMBER);
	u = usage_at(DECEMBER);
	CU_ASSERT_TRUE(u.month_count == 1 && told(&u, 0, NOVEMBER, 5, 3, 70));
}

static void usage_tells_of_twelve_months_the_newest_first(void)
{
	int64_t month = DECEMBER;
	struct usage u;
	unsigned i;

	fx_account(1, -1);
	for (i = 0; i < 14; i++) {
		struct month_runs m = {1, month = clock_month_start(month - 1), 100 + i, -1, 0};
		struct error err;

		CU_ASSERT_TRUE_FATAL(months_add_runs(fx_conn, &m, 1, &err));
	}
	u = usage_at(DECEMBER + DAY);
	CU_ASSERT_EQUAL_FATAL(u.month_count, 12);
	CU_ASSERT_TRUE(told(&u, 0, NOVEMBER, 100, 0, 0) && told(&u, 1, OCTOBER, 101, 0, 0));
	CU_ASSERT_EQUAL(u.months[11].runs, 111);
}

static void removing_runs_changes_no_figure(void)
{
	struct usage before, after;

	fx_account(1, -1);
	accept_at(DECEMBER - 2, 1, 3);
	end_at(DECEMBER - 1, 9);
	before = usage_at(DECEMBER);
	CU_ASSERT_TRUE(dx_prune(prune_executions, DECEMBER + DAY) > 0);
	after = usage_at(DECEMBER);
	before.budgets = after.budgets = NULL;
	CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof before), 0);
}

static void months_go_after_their_time(void)
{
	struct month_runs m[3] = {{1, OCTOBER, 1, -1, 0}, {2, OCTOBER, 1, -1, 0}, {1, NOVEMBER, 1, -1, 0}};
	struct error err;

	CU_ASSERT_TRUE_FATAL(months_add_runs(fx_conn, m, 3, &err));
	CU_ASSERT_EQUAL(dx_prune(prune_months, NOVEMBER), 2);
	CU_ASSERT_EQUAL(fx_number("SELECT month_start = 1793491200000 FROM account_months"), 1);
}

/* ---- all at once over a month's end ---- */

#define ACCOUNTS 6
#define RUNS     150      /* of each thread, in each month */

static atomic_uint accepted, ended, ended_tokens, broken;

static void fault(const struct error *err)
{
	atomic_fetch_add(&broken, 1);
	fprintf(stderr, "%s (%d)\n", err->message, err->db_errno);
}

/* The clock goes on to the next month in the middle of accepting, when ending has come some way; neither stops for it. */
static void next_month(void)
{
	while (atomic_load(&ended) < RUNS / 2 && atomic_load(&broken) == 0)
		sched_yield();
	dx_set_clock(DECEMBER);
}

static void *accept_runs(void *arg)
{
	struct db_conn *c = NULL;
	struct error err;
	unsigned i;

	(void)arg;
	for (i = 0; i < 2 * RUNS; i++) {
		struct admission a = {.id = id_make(), .account_id = 1 + i % ACCOUNTS, .agent = "echo", .lane = LANE_ASYNC,
		                      .input = "{}", .input_len = 2, .queued_at = clock_now_ms()}, *p = &a;

		if (!admission_commit(fx_db, &c, &p, 1, clock_now_ms(), quota_decide, &err))
			fault(&err);
		else
			atomic_fetch_add(&accepted, 1);
		if (i == RUNS)
			next_month();
	}
	db_put(fx_db, c);
	return NULL;
}

static void *end_runs(void *arg)
{
	static const struct lease_owner owner = {.name = "agentiv-worker.2.0.sock", .host = "here"};
	struct db_conn *c = NULL;
	struct claimed_run run;
	struct arena arena;
	struct error err;
	unsigned i = 0, n, promoted, deliveries;
	bool more;

	(void)arg;
	while (i < 2 * RUNS && atomic_load(&broken) == 0) {
		arena_init(&arena);
		if (!queue_claim(fx_db, &c, &owner, false, 1, clock_now_ms(), LEASE_MS, NULL, &arena, &run, &n, &more, &err))
			fault(&err);
		else if (n == 1) {
			struct ended_run e = fx_ended(&run, RUN_SUCCESS);

			e.tokens_used = 1 + i % 3;
			if (!queue_end(fx_db, &c, &e, 1, clock_now_ms(), &promoted, &deliveries, &err))
				fault(&err);
			atomic_fetch_add(&ended_tokens, (unsigned)e.tokens_used);
			atomic_store(&ended, ++i);
		}
		arena_release(&arena);
	}
	db_put(fx_db, c);
	return NULL;
}

static atomic_bool closers_over;

static void *close_months(void *arg)
{
	struct db_conn *c = NULL;
	struct error err;

	(void)arg;
	c = db_get(fx_db, &err);
	while (c && !atomic_load(&closers_over)) {
		struct prune p = {.before = clock_now_ms()};

		if (!months_close_some(fx_db, &c, &p, &err))
			fault(&err);
	}
	db_put(fx_db, c);
	return NULL;
}

static void a_months_end_amid_accepting_ending_and_two_duties_loses_nothing(void)
{
	pthread_t workers[2], closers[2];
	uint64_t i;

	atomic_store(&accepted, 0);
	atomic_store(&ended_tokens, 0);
	atomic_store(&ended, 0);
	atomic_store(&closers_over, false);
	for (i = 1; i <= ACCOUNTS; i++)
		fx_account(i, -1);
	dx_set_clock(DECEMBER - 1);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&workers[0], NULL, accept_runs, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&workers[1], NULL, end_runs, NULL), 0);
	for (i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&closers[i], NULL, close_months, NULL), 0);
	for (i = 0; i < 2; i++)
		pthread_join(workers[i], NULL);
	atomic_store(&closers_over, true);
	for (i = 0; i < 2; i++)
		pthread_join(closers[i], NULL);
	CU_ASSERT_EQUAL(atomic_load(&broken), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM account_months"), ACCOUNTS);
	CU_ASSERT_TRUE(fx_number("SELECT SUM(month_runs) FROM account_quota") > 0);
	CU_ASSERT_EQUAL(fx_number("SELECT (SELECT SUM(month_runs) FROM account_quota)"
	                          " + (SELECT SUM(runs) FROM account_months)"), atomic_load(&accepted));
	CU_ASSERT_EQUAL(fx_number("SELECT (SELECT SUM(month_tokens) FROM account_quota)"
	                          " + (SELECT SUM(tokens) FROM account_months)"),
	                atomic_load(&ended_tokens));
}

static CU_TestInfo tests[] = {
	{"the first run of a month closes the one before", the_first_run_of_a_month_closes_the_one_before},
	{"tokens are closed by the first that come in the new month",
	 tokens_are_closed_by_the_first_that_come_in_the_new_month},
	{"tokens may be closed before runs", tokens_may_be_closed_before_runs},
	{"a run that is refused closes nothing", a_run_that_is_refused_closes_nothing},
	{"a run that is refused beside one that is not closes nothing",
	 a_run_that_is_refused_beside_one_that_is_not_closes_nothing},
	{"runs of one month cost no statement more", runs_of_one_month_cost_no_statement_more},
	{"the duty closes months of accounts that are not used any more",
	 the_duty_closes_months_of_accounts_that_are_not_used_any_more},
	{"a month that goes on is not closed", a_month_that_goes_on_is_not_closed},
	{"more accounts than a chunk are closed", more_accounts_than_a_chunk_are_closed},
	{"a new limit does not change the month before", a_new_limit_does_not_change_the_month_before},
	{"usage tells of a month before and after it is closed", usage_tells_of_a_month_before_and_after_it_is_closed},
	{"usage tells of twelve months, the newest first", usage_tells_of_twelve_months_the_newest_first},
	{"removing runs changes no figure", removing_runs_changes_no_figure},
	{"months go after their time", months_go_after_their_time},
	{"a month's end amid accepting, ending and two duties loses nothing",
	 a_months_end_amid_accepting_ending_and_two_duties_loses_nothing},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo months_suite = {"months", dx_open, dx_close, dx_empty, NULL, tests};
