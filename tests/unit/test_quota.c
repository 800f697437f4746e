/* Day, month and slots (core/quota.h). */
#include "core/quota.h"

#include <stdio.h>
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

static void a_clock_that_is_behind_begins_no_earlier_day_or_month_again(void)
{
	struct quota q = pro();
	int64_t month = clock_next_month(NOW);

	q.month_overage = false;
	q.month_runs = q.max_month = 7;
	CU_ASSERT_EQUAL(decide(&q, LANE_ASYNC, 0, month).outcome, ADMIT_ACCEPTED);
	CU_ASSERT_EQUAL(decide(&q, LANE_ASYNC, 0, month - 1).outcome, ADMIT_ACCEPTED);
	CU_ASSERT_EQUAL(q.day_start, month);
	CU_ASSERT_EQUAL(q.month_start, month);
	CU_ASSERT_EQUAL(q.day_runs, 2);
	CU_ASSERT_EQUAL(q.month_runs, 2);
}

static struct token_budget used_up(enum budget_kind kind, const char *subject)
{
	struct token_budget t = {.kind = kind, .max_tokens = 100, .used = 100, .month_start = clock_month_start(NOW)};

	snprintf(t.subject, sizeof t.subject, "%s", subject);
	return t;
}

static void a_used_up_budget_refuses(void)
{
	struct quota q = pro();
	struct admission a = {.account_id = 1, .is_spent = true, .spent = used_up(BUDGET_AGENT, "probe")};
	struct error err = {0};

	quota_decide(&q, &a, NOW);
	CU_ASSERT_EQUAL(a.outcome, ADMIT_TOKENS);
	CU_ASSERT_FALSE(q.changed);
	quota_error(&a, NOW, &err);
	CU_ASSERT_STRING_EQUAL(err.message, "The budget of 100 tokens per month of the agent probe is used up; it resets at "
	                       "2025-02-01T00:00:00Z");
	CU_ASSERT_STRING_EQUAL(err.limit, "tokens_per_month");
	CU_ASSERT_EQUAL(err.limit_max, 100);
	CU_ASSERT_EQUAL(err.resets_ms, clock_next_month(NOW));
	CU_ASSERT_EQUAL(err.retry_after, (clock_next_month(NOW) - NOW) / 1000);
}

static void a_budget_says_whose_it_is_and_what_is_left(void)
{
	struct token_budget t = used_up(BUDGET_KEY, "key_01");
	struct error err = {0};

	t.used = 90;
	CU_ASSERT_FALSE(quota_tokens_error(&t, 11, NOW, &err));
	CU_ASSERT_STRING_EQUAL(err.message, "The budget of 100 tokens per month of the API key key_01 has 10 left, and a model"
	                       " call may need 11; it resets at 2025-02-01T00:00:00Z");
	CU_ASSERT_FALSE(err.retryable);
}

static void of_two_limits_the_one_that_lasts_longer_is_told(void)
{
	struct quota q = pro();

	q.month_overage = false;
	q.day_runs = q.month_runs = 1000;
	CU_ASSERT_EQUAL(decide(&q, LANE_ASYNC, 0, NOW).outcome, ADMIT_MONTH_QUOTA);
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
	{"a clock that is behind begins no earlier day or month again",
	 a_clock_that_is_behind_begins_no_earlier_day_or_month_again},
	{"a used-up budget refuses", a_used_up_budget_refuses},
	{"a budget says whose it is and what is left", a_budget_says_whose_it_is_and_what_is_left},
	{"of two limits the one that lasts longer is told", of_two_limits_the_one_that_lasts_longer_is_told},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo quota_suite = {"limits: day, month, budgets, slots", NULL, NULL, NULL, NULL, tests};
