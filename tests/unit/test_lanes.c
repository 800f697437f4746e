/* Lanes of the sender (core/sender_priv.h): how much may be under way to one receiver. */
#include <CUnit/CUnit.h>

#include "core/sender_priv.h"
#include "net_suites.h"

#define SECOND INT64_C(1000000)

static struct lanes lanes;
static struct lane *lane;

static void fresh(void)
{
	lanes_release(&lanes);
	lanes = (struct lanes){.first = 4, .most = 16};
	lane = lane_get(&lanes, "http://a", 8, 0);
}

static unsigned fill(int64_t now_us)
{
	unsigned n = 0;

	while (lane_open(lane, now_us)) {
		lane_begin(lane, now_us);
		n++;
	}
	return n;
}

static void a_new_receiver_gets_a_few_at_once(void)
{
	fresh();
	CU_ASSERT_EQUAL(fill(0), 4);
	CU_ASSERT_FALSE(lane_open(lane, 0));
}

static void quick_answers_open_a_lane_up_to_its_bound(void)
{
	unsigned i;

	fresh();
	for (i = 0; i < 100; i++) {
		lane_begin(lane, 0);
		lane_end(lane, LANE_WELL, SECOND / 100, 0);
	}
	CU_ASSERT_EQUAL(fill(0), 16);
}

static void one_that_is_near_needs_no_more_than_32(void)
{
	unsigned i;

	lanes_release(&lanes);
	lanes = (struct lanes){.first = 4, .most = 100};
	lane = lane_get(&lanes, "http://a", 8, 0);
	for (i = 0; i < 200; i++) {
		lane_begin(lane, 0);
		lane_end(lane, LANE_WELL, 1000, 0);
	}
	CU_ASSERT_EQUAL(fill(0), 32);
}

/* Failures in a row. */
static void fail(unsigned times, int64_t duration_us, int64_t now_us)
{
	while (times-- > 0) {
		lane_begin(lane, now_us);
		lane_end(lane, LANE_SILENT, duration_us, now_us);
	}
}

static void one_that_does_not_answer_keeps_one(void)
{
	fresh();
	fail(4, 15 * SECOND, 0);
	CU_ASSERT_EQUAL(fill(0), 1);
}

static void one_that_refuses_connections_at_once_loses_and_wins_nothing(void)
{
	fresh();
	fail(4, 1000, 0);
	CU_ASSERT_EQUAL(fill(0), 4);
}

static void five_slow_failures_in_a_row_open_the_breaker_for_five_seconds(void)
{
	fresh();
	fail(5, SECOND, 0);
	CU_ASSERT_FALSE(lane_open(lane, 5 * SECOND - 1));
	CU_ASSERT_TRUE(lane_open(lane, 5 * SECOND));
}

static void quick_failures_open_no_breaker(void)
{
	fresh();
	fail(100, SECOND - 1, 0);
	CU_ASSERT_EQUAL(fill(0), 4);
}

static void where_they_are_not_to_be_repeated_quick_failures_open_it_too(void)
{
	lanes_release(&lanes);
	lanes = (struct lanes){.first = 4, .most = 4, .wary = true};
	lane = lane_get(&lanes, "mail", 4, 0);
	fail(4, 1000, 0);
	CU_ASSERT_TRUE(lane_open(lane, 0));
	fail(1, 1000, 0);
	CU_ASSERT_FALSE(lane_open(lane, 0));
}

static void a_slow_failure_that_was_answered_counts_too(void)
{
	unsigned i;

	fresh();
	for (i = 0; i < 5; i++) {
		lane_begin(lane, 0);
		lane_end(lane, LANE_ANSWERED, SECOND, 0);
	}
	CU_ASSERT_FALSE(lane_open(lane, 0));
}

static void behind_the_breaker_one_at_a_time_looks_whether_it_is_back(void)
{
	fresh();
	fail(5, SECOND, 0);
	CU_ASSERT_EQUAL(fill(5 * SECOND), 1);
}

static void each_look_in_vain_doubles_the_wait_up_to_a_minute(void)
{
	int64_t now_us = 0, wait_us = 5 * SECOND;
	unsigned i;

	fresh();
	fail(5, SECOND, 0);
	for (i = 0; i < 8; i++) {
		now_us += wait_us;
		CU_ASSERT_FALSE(lane_open(lane, now_us - 1));
		CU_ASSERT_TRUE(lane_open(lane, now_us));
		fail(1, SECOND, now_us);
		wait_us = wait_us * 2 < 60 * SECOND ? wait_us * 2 : 60 * SECOND;
	}
}

static void one_success_closes_the_breaker(void)
{
	fresh();
	fail(5, SECOND, 0);
	lane_begin(lane, 5 * SECOND);
	lane_end(lane, LANE_WELL, 1000, 5 * SECOND);
	CU_ASSERT(fill(5 * SECOND) > 1);
	CU_ASSERT_FALSE(lane_stuck(lane, 5 * SECOND));
}

/* A lane with n under way together, as failures of which n - left have just ended. */
static void failed_of(unsigned n, unsigned left)
{
	lanes_release(&lanes);
	lanes = (struct lanes){.first = n, .most = n};
	lane = lane_get(&lanes, "http://a", 8, 0);
	fill(0);
	while (n-- > left)
		lane_end(lane, LANE_SILENT, SECOND, 0);
}

static void failures_that_began_before_it_opened_do_not_lengthen_it(void)
{
	failed_of(16, 0);
	CU_ASSERT_TRUE(lane_open(lane, 5 * SECOND));
}

static void a_success_that_began_before_it_opened_closes_it_at_once(void)
{
	failed_of(16, 1);
	CU_ASSERT_FALSE(lane_open(lane, SECOND));
	lane_end(lane, LANE_WELL, SECOND, SECOND);
	CU_ASSERT_TRUE(lane_open(lane, SECOND));
}

static void what_waits_behind_a_breaker_comes_back_when_it_may_be_tried(void)
{
	fresh();
	fail(5, SECOND, 0);
	CU_ASSERT_TRUE(lane_stuck(lane, 0));
	CU_ASSERT_EQUAL(lane_postpone(lane, 1000000, 0), 1005250);
}

static void many_behind_a_breaker_come_back_one_after_the_other(void)
{
	int64_t at = 0, last = 0;
	unsigned i;

	fresh();
	fail(5, SECOND, 0);
	for (i = 0; i < 1000; i++)
		at = lane_postpone(lane, 1000000, 0);
	CU_ASSERT(at >= 1005000 + 3900);
	for (i = 0; i < 100000; i++) {
		at = lane_postpone(lane, 1000000, 0);
		last = at > last ? at : last;
	}
	CU_ASSERT(last <= 1005000 + 121000);
}

static void a_full_lane_that_moves_is_worth_waiting_for(void)
{
	fresh();
	fill(0);
	CU_ASSERT_FALSE(lane_stuck(lane, SECOND / 20));
	lane_end(lane, LANE_WELL, SECOND / 20, SECOND / 20);
	fill(SECOND / 20);
	CU_ASSERT_FALSE(lane_stuck(lane, SECOND / 8));
}

static void a_full_lane_that_stands_still_is_not(void)
{
	fresh();
	fill(0);
	CU_ASSERT_TRUE(lane_stuck(lane, SECOND / 5));
}

static void one_known_to_be_slow_is_stuck_as_soon_as_it_is_full(void)
{
	fresh();
	lane_begin(lane, 0);
	lane_end(lane, LANE_WELL, 5 * SECOND, 5 * SECOND);
	fill(5 * SECOND);
	CU_ASSERT_TRUE(lane_stuck(lane, 5 * SECOND));
}

static void an_open_lane_is_never_stuck(void)
{
	fresh();
	CU_ASSERT_FALSE(lane_stuck(lane, 100 * SECOND));
}

static void what_is_postponed_is_spread_by_the_lanes_pace(void)
{
	int64_t first, second;

	fresh();
	lane_begin(lane, 0);
	lane_end(lane, LANE_WELL, 8 * SECOND, 52 * SECOND);
	fill(52 * SECOND);
	first = lane_postpone(lane, 1000000, 60 * SECOND);
	second = lane_postpone(lane, 1000000, 60 * SECOND);
	/* two at a time, eight seconds each */
	CU_ASSERT(first > 1000000);
	CU_ASSERT_EQUAL(second - first, 4000);
}

/* The last turn of a thousand. */
static int64_t postpone_many(int64_t now_us)
{
	int64_t last = 0;
	unsigned i;

	for (i = 0; i < 1000; i++) {
		int64_t at = lane_postpone(lane, now_us / 1000, now_us);

		if (at > last)
			last = at;
	}
	return last;
}

static void a_moment_of_slowness_postpones_for_a_moment(void)
{
	fresh();
	fill(0);
	CU_ASSERT(postpone_many(3 * SECOND) <= 7250);
}

static void who_answers_quickly_again_makes_nobody_wait_long(void)
{
	unsigned i, n;

	fresh();
	n = fill(0);
	for (i = 0; i < n; i++)
		lane_end(lane, LANE_SILENT, 60 * SECOND, 60 * SECOND);
	fill(60 * SECOND);
	CU_ASSERT(postpone_many(60 * SECOND) > 115000);
	for (i = 0; i < 60; i++) {
		lane_begin(lane, 60 * SECOND);
		lane_end(lane, LANE_WELL, 1000, 60 * SECOND);
	}
	CU_ASSERT(postpone_many(60 * SECOND) <= 62250);
}

/* Whoever stands still for two and a half seconds, and has room again then. */
static void of_many_that_are_postponed_some_come_back_at_every_moment(void)
{
	unsigned due[8] = {0}, i;

	fresh();
	lane_begin(lane, 0);
	lane_end(lane, LANE_WELL, 5 * SECOND / 2, 5 * SECOND / 2);
	fill(5 * SECOND / 2);
	for (i = 0; i < 1000; i++) {
		int64_t in_ms = lane_postpone(lane, 2500, 5 * SECOND / 2) - 2500;

		if (in_ms / 500 < 8)
			due[in_ms / 500]++;
	}
	/* from half a second on, and no longer than it has been slow */
	for (i = 1; i < 7; i++)
		CU_ASSERT(due[i] > 50);
}

static void nothing_is_postponed_for_long(void)
{
	fresh();
	fill(0);
	CU_ASSERT(postpone_many(3600 * SECOND) <= 3600000 + 121000);
}

static void two_receivers_do_not_share_a_lane(void)
{
	struct lane *other;

	fresh();
	fill(0);
	other = lane_get(&lanes, "http://b", 8, 0);
	CU_ASSERT_TRUE(lane_open(other, 0));
	CU_ASSERT_PTR_EQUAL(lane_get(&lanes, "http://a", 8, 0), lane);
}

static void an_endpoint_whose_url_is_changed_is_another_receiver(void)
{
	struct id endpoint = {.b = {1}}, other = {.b = {2}};

	lanes_release(&lanes);
	lane = lane_of_endpoint(&lanes, &endpoint, "http://a/1", 0);
	CU_ASSERT_PTR_EQUAL(lane_of_endpoint(&lanes, &endpoint, "http://a/1", 0), lane);
	CU_ASSERT_PTR_NOT_EQUAL(lane_of_endpoint(&lanes, &endpoint, "http://a/2", 0), lane);
	CU_ASSERT_PTR_NOT_EQUAL(lane_of_endpoint(&lanes, &other, "http://a/1", 0), lane);
}

static void urls_of_runs_behind_one_origin_share_a_lane(void)
{
	lanes_release(&lanes);
	lane = lane_of_origin(&lanes, "http://a:80/1?x", 0);
	CU_ASSERT_PTR_EQUAL(lane_of_origin(&lanes, "http://a:80/2", 0), lane);
	CU_ASSERT_PTR_NOT_EQUAL(lane_of_origin(&lanes, "http://a:81/1?x", 0), lane);
}

static void a_lane_in_use_is_not_forgotten(void)
{
	unsigned i;

	fresh();
	fill(0);
	/* more than are kept */
	for (i = 0; i < 20000; i++)
		lane_put(lane_get(&lanes, &i, sizeof i, 0));
	CU_ASSERT_PTR_EQUAL(lane_get(&lanes, "http://a", 8, 0), lane);
	CU_ASSERT_FALSE(lane_open(lane, 0));
}

static int release(void)
{
	lanes_release(&lanes);
	return 0;
}

static CU_TestInfo tests[] = {
	{"a new receiver gets a few at once", a_new_receiver_gets_a_few_at_once},
	{"quick answers open a lane up to its bound", quick_answers_open_a_lane_up_to_its_bound},
	{"one that is near needs no more than 32", one_that_is_near_needs_no_more_than_32},
	{"one that does not answer keeps one", one_that_does_not_answer_keeps_one},
	{"one that refuses connections at once loses and wins nothing",
	 one_that_refuses_connections_at_once_loses_and_wins_nothing},
	{"five slow failures in a row open the breaker for five seconds",
	 five_slow_failures_in_a_row_open_the_breaker_for_five_seconds},
	{"quick failures open no breaker", quick_failures_open_no_breaker},
	{"where they are not to be repeated quick failures open it, too",
	 where_they_are_not_to_be_repeated_quick_failures_open_it_too},
	{"a slow failure that was answered counts, too", a_slow_failure_that_was_answered_counts_too},
	{"behind the breaker one at a time looks whether it is back",
	 behind_the_breaker_one_at_a_time_looks_whether_it_is_back},
	{"each look in vain doubles the wait, up to a minute", each_look_in_vain_doubles_the_wait_up_to_a_minute},
	{"one success closes the breaker", one_success_closes_the_breaker},
	{"failures that began before it opened do not lengthen it",
	 failures_that_began_before_it_opened_do_not_lengthen_it},
	{"a success that began before it opened closes it at once",
	 a_success_that_began_before_it_opened_closes_it_at_once},
	{"what waits behind a breaker comes back when it may be tried",
	 what_waits_behind_a_breaker_comes_back_when_it_may_be_tried},
	{"many behind a breaker come back one after the other", many_behind_a_breaker_come_back_one_after_the_other},
	{"a full lane that moves is worth waiting for", a_full_lane_that_moves_is_worth_waiting_for},
	{"a full lane that stands still is not", a_full_lane_that_stands_still_is_not},
	{"one known to be slow is stuck as soon as it is full",
	 one_known_to_be_slow_is_stuck_as_soon_as_it_is_full},
	{"an open lane is never stuck", an_open_lane_is_never_stuck},
	{"what is postponed is spread by the lane's pace", what_is_postponed_is_spread_by_the_lanes_pace},
	{"a moment of slowness postpones for a moment", a_moment_of_slowness_postpones_for_a_moment},
	{"who answers quickly again makes nobody wait long", who_answers_quickly_again_makes_nobody_wait_long},
	{"of many that are postponed some come back at every moment", of_many_that_are_postponed_some_come_back_at_every_moment},
	{"nothing is postponed for long", nothing_is_postponed_for_long},
	{"two receivers do not share a lane", two_receivers_do_not_share_a_lane},
	{"an endpoint whose URL is changed is another receiver", an_endpoint_whose_url_is_changed_is_another_receiver},
	{"URLs of runs behind one origin share a lane", urls_of_runs_behind_one_origin_share_a_lane},
	{"a lane in use is not forgotten", a_lane_in_use_is_not_forgotten},
	CU_TEST_INFO_NULL};

CU_SuiteInfo lanes_suite = {"lanes", NULL, release, NULL, NULL, tests};
