/* Day, month and slots (core/quota.h). */
#include "core/quota.h"

#include <string.h>

#include "base/clock.h"
#include "core_suites.h"

#define NOW INT64_C(1736920800000)      /* 2025-01-15T06:00:00Z */

static struct quota pro(void)
{
	return (struct quota){.account_id = 1, .max_day = 1000, .max_month = 1000, .month_overage = true,
	                      .max_concurrent = 2, .day_start = clock_day_start(NOW),
	                      .month_start = clock_month_start(NOW), .found = true};
}

static struct admission decide(struct quota *q, enum queue_lane lane, int64_t due_at, int64_t now)
{
	struct admission a = {.account_id = 1, .lane = lane, .due_at = due_at};

	quota_decide(q, &a, now);
	return a;
}

static void a_run_with_a_free_slot_is_ready(void)
{
	struct quota q = pro();
	struct admission a = decide(&q, LANE_ASYNC, 0, NOW);

	CU_ASSERT_EQUAL(a.outcome, ADMIT_ACCEPTED);
	CU_ASSERT_TRUE(a.ready);
	CU_ASSERT_EQUAL(q.active, 1);
	CU_ASSERT_EQUAL(q.day_runs, 1);
	CU_ASSERT_EQUAL(q.month_runs, 1);
	CU_ASSERT_TRUE(q.changed);
}

static void an_asynchronous_run_without_a_slot_is_held(void)
{
	struct quota q = pro();
	struct admission a;

	q.active = 2;
	a = decide(&q, LANE_ASYNC, 0, NOW);
	CU_ASSERT_EQUAL(a.outcome, ADMIT_ACCEPTED);
	CU_ASSERT_FALSE(a.ready);
	CU_ASSERT_EQUAL(q.held, 1);
	CU_ASSERT_EQUAL(q.active, 2);
}

static void a_synchronous_run_without_a_slot_is_refused(void)
{
	struct quota q = pro();
	struct admission a;

	q.active = 2;
	a = decide(&q, LANE_SYNC, 0, NOW);
	CU_ASSERT_EQUAL(a.outcome, ADMIT_CONCURRENCY);
	CU_ASSERT_EQUAL(a.limit, 2);
	CU_ASSERT_EQUAL(q.day_runs, 0);
	CU_ASSERT_FALSE(q.changed);
}

static void held_runs_come_before_a_new_one(void)
{
	struct quota q = pro();
	struct admission a;

	q.active = 1;
	q.held = 1;
	a = decide(&q, LANE_ASYNC, 0, NOW);
	CU_ASSERT_FALSE(a.ready);
	CU_ASSERT_EQUAL(q.held, 2);
}

static void a_delayed_run_takes_no_slot_yet(void)
{
	struct quota q = pro();
	struct admission a = decide(&q, LANE_ASYNC, NOW + 60000, NOW);

	CU_ASSERT_EQUAL(a.outcome, ADMIT_ACCEPTED);
	CU_ASSERT_FALSE(a.ready);
	CU_ASSERT_EQUAL(q.active, 0);
	CU_ASSERT_EQUAL(q.held, 0);
	CU_ASSERT_EQUAL(q.day_runs, 1);
}

static void the_day_s_last_run_is_accepted_and_the_next_refused(void)
{
	struct quota q = pro();
	struct admission a;
	struct error err = {0};

	q.day_runs = 999;
	CU_ASSERT_EQUAL(decide(&q, LANE_ASYNC, 0, NOW).outcome, ADMIT_ACCEPTED);
	a = decide(&q, LANE_ASYNC, 0, NOW);
	CU_ASSERT_EQUAL(a.outcome, ADMIT_DAY_QUOTA);
	CU_ASSERT_EQUAL(q.day_runs, 1000);
	quota_error(&a, NOW, &err);
	CU_ASSERT_EQUAL(err.code, ERR_RATE_LIMITED);
	CU_ASSERT_STRING_EQUAL(err.message, "The quota of 1000 runs per day is used up; it resets at "
	                       "2025-01-16T00:00:00Z");
	CU_ASSERT_EQUAL(err.retry_after, 18 * 3600);
}

static void a_new_day_starts_from_nothing(void)
{
	struct quota q = pro();

	q.day_runs = q.month_runs = 1000;
	CU_ASSERT_EQUAL(decide(&q, LANE_ASYNC, 0, NOW).outcome, ADMIT_DAY_QUOTA);
	CU_ASSERT_EQUAL(decide(&q, LANE_ASYNC, 0, clock_next_day(NOW)).outcome, ADMIT_ACCEPTED);
	CU_ASSERT_EQUAL(q.day_runs, 1);
	CU_ASSERT_EQUAL(q.month_runs, 1001);
}

static void a_month_with_overage_is_counted_on(void)
{
	struct quota q = pro();

	q.month_runs = 5000;
	CU_ASSERT_EQUAL(decide(&q, LANE_ASYNC, 0, NOW).outcome, ADMIT_ACCEPTED);
	CU_ASSERT_EQUAL(q.month_runs, 5001);
}

static void a_month_without_overage_is_refused_until_the_next(void)
{
	struct quota q = pro();
	struct admission a;
	struct error err = {0};

	q.month_overage = false;
	q.month_runs = 1000;
	a = decide(&q, LANE_ASYNC, 0, NOW);
	CU_ASSERT_EQUAL(a.outcome, ADMIT_MONTH_QUOTA);
	quota_error(&a, NOW, &err);
	CU_ASSERT_STRING_EQUAL(err.message, "The quota of 1000 runs per month is used up; it resets at "
	                       "2025-02-01T00:00:00Z");
	CU_ASSERT_EQUAL(decide(&q, LANE_ASYNC, 0, clock_next_month(NOW)).outcome, ADMIT_ACCEPTED);
	CU_ASSERT_EQUAL(q.month_runs, 1);
}

static void an_unlimited_account_is_only_counted(void)
{
	struct quota q = {.account_id = 1, .max_day = -1, .max_month = -1, .max_concurrent = -1, .found = true,
	                  .active = 100000};
	struct admission a = decide(&q, LANE_SYNC, 0, NOW);

	CU_ASSERT_EQUAL(a.outcome, ADMIT_ACCEPTED);
	CU_ASSERT_TRUE(a.ready);
	CU_ASSERT_EQUAL(q.active, 100001);
}

static void a_limit_of_none_refuses_all(void)
{
	struct quota q = pro();

	q.max_day = 0;
	CU_ASSERT_EQUAL(decide(&q, LANE_ASYNC, 0, NOW).outcome, ADMIT_DAY_QUOTA);
}

static void no_free_slot_says_what_to_do(void)
{
	struct admission a = {.outcome = ADMIT_CONCURRENCY, .limit = 5};
	struct error err = {0};

	quota_error(&a, NOW, &err);
	CU_ASSERT_EQUAL(err.code, ERR_RATE_LIMITED);
	CU_ASSERT_TRUE(err.retry_after > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "\"async\": true"));
}

static CU_TestInfo tests[] = {
	{"a run with a free slot is ready", a_run_with_a_free_slot_is_ready},
	{"an asynchronous run without a slot is held", an_asynchronous_run_without_a_slot_is_held},
	{"a synchronous run without a slot is refused", a_synchronous_run_without_a_slot_is_refused},
	{"held runs come before a new one", held_runs_come_before_a_new_one},
	{"a delayed run takes no slot yet", a_delayed_run_takes_no_slot_yet},
	{"the day's last run is accepted and the next refused",
	 the_day_s_last_run_is_accepted_and_the_next_refused},
	{"a new day starts from nothing", a_new_day_starts_from_nothing},
	{"a month with overage is counted on", a_month_with_overage_is_counted_on},
	{"a month without overage is refused until the next", a_month_without_overage_is_refused_until_the_next},
	{"an unlimited account is only counted", an_unlimited_account_is_only_counted},
	{"a limit of none refuses all", a_limit_of_none_refuses_all},
	{"no free slot says what to do", no_free_slot_says_what_to_do},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo quota_suite = {"limits: day, month, slots", NULL, NULL, NULL, NULL, tests};
