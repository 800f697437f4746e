/* What is told of the queue without locking it (store/queue.h). */
#include "queue_fixture.h"

#include "base/clock.h"
#include "queue_suites.h"

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

static CU_TestInfo tests[] = {
	{"figures count what is where", figures_count_what_is_where},
	{"figures tell what is late and for how long", figures_tell_what_is_late_and_for_how_long},
	{"an account that holds runs with nothing active is stuck",
	 an_account_that_holds_runs_with_nothing_active_is_stuck},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo queue_stats_suite = {"queue: figures", fx_open, fx_close, NULL, NULL, tests};
