/* What is told of the queue and of schedules without locking them (store/queue.h, store/schedules.h). */
#include "queue_fixture.h"

#include "base/clock.h"
#include "queue_suites.h"
#include "store/schedules.h"

static void figures_count_what_is_where(void)
{
	struct queue_stats s;
	struct claimed_run r;
	struct error err;

	fx_empty();
	fx_account(1, 2);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept_later(1, clock_now_ms() + 60000);
	fx_claim(&r, 1);
	CU_ASSERT_TRUE(queue_stats(fx_conn, clock_now_ms() + 500, &s, &err));
	CU_ASSERT_EQUAL(s.ready, 1);
	CU_ASSERT_EQUAL(s.leased, 1);
	CU_ASSERT_EQUAL(s.held, 1);
	CU_ASSERT_EQUAL(s.later, 1);
	CU_ASSERT_EQUAL(s.expired, 0);
	CU_ASSERT_TRUE(s.oldest_ready_ms >= 500 && s.oldest_ready_ms < 60000);
	/* another attempt keeps its slot, and is not ready */
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE queue_later SET has_slot = 1", &err));
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET active = active + 1", &err));
	CU_ASSERT_TRUE(queue_stats(fx_conn, clock_now_ms(), &s, &err));
	CU_ASSERT_EQUAL(s.ready, 1);
}

static void figures_tell_what_is_late_and_for_how_long(void)
{
	int64_t now = clock_now_ms();
	struct claimed_run r;
	struct queue_stats s;
	struct error err;

	fx_empty();
	fx_account(1, 1);
	fx_account(2, 1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(2, LANE_ASYNC, "echo", "{}");
	fx_accept(2, LANE_ASYNC, "echo", "{}");
	fx_accept_later(1, now - 7000);
	fx_accept_later(1, now - 3000);
	fx_accept_later(1, now + 60000);
	fx_claim(&r, 1);
	CU_ASSERT_TRUE(queue_stats(fx_conn, now, &s, &err));
	CU_ASSERT_EQUAL(s.held, 3);
	CU_ASSERT_EQUAL(s.holding, 2);
	CU_ASSERT_EQUAL(s.due, 2);
	CU_ASSERT_EQUAL(s.oldest_due_ms, 7000);
	CU_ASSERT_EQUAL(s.expired, 0);
	CU_ASSERT_EQUAL(s.oldest_expired_ms, 0);
	CU_ASSERT_TRUE(queue_stats(fx_conn, fx_number("SELECT expires_at FROM leases") + 4000, &s, &err));
	CU_ASSERT_EQUAL(s.expired, 1);
	CU_ASSERT_EQUAL(s.oldest_expired_ms, 4000);
}

static int64_t stuck_accounts(void)
{
	struct error err;
	int64_t n = -1;

	CU_ASSERT_TRUE(queue_stuck_accounts(fx_conn, &n, &err));
	return n;
}

static void an_account_that_holds_runs_with_nothing_active_is_stuck(void)
{
	struct claimed_run r;
	struct error err;

	fx_empty();
	fx_account(1, 1);
	fx_account(2, 1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(2, LANE_ASYNC, "echo", "{}");
	fx_accept(2, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL(stuck_accounts(), 0);
	fx_claim(&r, 1);
	CU_ASSERT_EQUAL(stuck_accounts(), 0);
	/* a slot that nobody has */
	CU_ASSERT_TRUE(db_run_text(fx_conn, "DELETE FROM queue_ready", &err));
	CU_ASSERT_EQUAL(stuck_accounts(), 1);
	CU_ASSERT_TRUE(db_run_text(fx_conn, "DELETE FROM leases", &err));
	CU_ASSERT_EQUAL(stuck_accounts(), 2);
	/* another attempt keeps its slot, a delayed run has none yet */
	fx_accept_later(1, clock_now_ms() + 60000);
	CU_ASSERT_EQUAL(stuck_accounts(), 2);
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE queue_later SET has_slot = 1", &err));
	CU_ASSERT_EQUAL(stuck_accounts(), 1);
}

/* One of account n with a slot that comes then; 0: none does. paused_at: 0 it was not. */
static void add_schedule(int64_t n, int64_t next_at, int64_t paused_at)
{
	static const char sql[] =
		"INSERT INTO schedules (id, account_id, agent, enabled, next_at, cron_expr, timezone, catch_up, overlap, paused_at,"
		" created_at, updated_at, input) VALUES (?, ?, 'echo', 1, ?, '@daily', 'UTC', 0, 0, ?, 0, 0, '{}')";
	struct id id = id_make();
	struct db_arg args[4] = {db_id(&id), db_int(n), db_opt_int(next_at), db_opt_int(paused_at)};
	struct error err;

	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, sql, args, 4, NULL, &err));
}

static void add_run(const char *schedule, const char *run)
{
	static const char sql[] = "INSERT INTO schedule_runs (schedule_id, execution_id) VALUES (?, ?)";
	struct db_arg args[2] = {db_bytes(schedule, 16), db_bytes(run, 16)};
	struct error err;

	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, sql, args, 2, NULL, &err));
}

static void figures_of_schedules_tell_what_is_due_and_for_how_long(void)
{
	int64_t now = clock_now_ms();
	struct schedule_stats s;
	struct error err;

	fx_empty();
	CU_ASSERT_TRUE(schedule_stats(fx_conn, now, &s, &err));
	CU_ASSERT_EQUAL(s.enabled, 0);
	CU_ASSERT_EQUAL(s.oldest_ms, 0);
	add_schedule(1, now - 5000, 0);
	add_schedule(2, now, 0);
	add_schedule(3, now + 1, 0);
	add_schedule(4, 0, 0);
	add_schedule(5, 0, now - 9000);
	CU_ASSERT_TRUE(schedule_stats(fx_conn, now, &s, &err));
	CU_ASSERT_EQUAL(s.enabled, 3);
	CU_ASSERT_EQUAL(s.overdue, 2);
	CU_ASSERT_EQUAL(s.oldest_ms, 5000);
	CU_ASSERT_EQUAL(s.paused, 1);
}

static void of_the_runs_of_a_schedule_all_but_the_first_wait(void)
{
	struct schedule_stats s;
	struct error err;

	fx_empty();
	add_run("schedule-1......", "run-1...........");
	add_run("schedule-1......", "run-2...........");
	add_run("schedule-1......", "run-3...........");
	add_run("schedule-2......", "run-4...........");
	CU_ASSERT_TRUE(schedule_stats(fx_conn, clock_now_ms(), &s, &err));
	CU_ASSERT_EQUAL(s.waiting, 2);
}

static CU_TestInfo tests[] = {
	{"figures count what is where", figures_count_what_is_where},
	{"figures tell what is late and for how long", figures_tell_what_is_late_and_for_how_long},
	{"an account that holds runs with nothing active is stuck",
	 an_account_that_holds_runs_with_nothing_active_is_stuck},
	{"figures of schedules tell what is due and for how long", figures_of_schedules_tell_what_is_due_and_for_how_long},
	{"of the runs of a schedule all but the first wait", of_the_runs_of_a_schedule_all_but_the_first_wait},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo queue_stats_suite = {"queue: figures", fx_open, fx_close, NULL, NULL, tests};
