/* How often is looked for what nobody told of (core/pace.h). */
#include "core/pace.h"
#include "core_suites.h"

#define START  INT64_C(1000000000)
#define SECOND INT64_C(1000000)

static struct pace pace;
static int64_t now;

static void fresh(void)
{
	now = START;
	pace_init(&pace, 1000, 10000, now);
	now += PACE_SETTLE_US;
}

/* Looks at its time; how long until the next. */
static int64_t look(bool found)
{
	int64_t next = pace_next(&pace, found, now), step = next - now;

	now = next;
	return step;
}

static void looks_that_find_nothing_grow_apart_up_to_a_bound(void)
{
	fresh();
	CU_ASSERT_EQUAL(look(false), 2 * SECOND);
	CU_ASSERT_EQUAL(look(false), 4 * SECOND);
	CU_ASSERT_EQUAL(look(false), 8 * SECOND);
	CU_ASSERT_EQUAL(look(false), 10 * SECOND);
	CU_ASSERT_EQUAL(look(false), 10 * SECOND);
}

static void what_was_found_brings_the_next_look_close(void)
{
	fresh();
	look(false);
	look(false);
	pace_told(&pace);
	CU_ASSERT_EQUAL(look(true), SECOND);
	CU_ASSERT_EQUAL(look(false), 2 * SECOND);
}

static void what_nobody_told_of_keeps_them_close_for_an_hour(void)
{
	int64_t until;

	fresh();
	look(false);
	until = now + PACE_CLOSE_US;
	CU_ASSERT_EQUAL(look(true), SECOND);
	while (now < until)
		CU_ASSERT_EQUAL_FATAL(look(false), SECOND);
	CU_ASSERT_EQUAL(look(false), 2 * SECOND);
}

static void a_doorbell_explains_one_look(void)
{
	fresh();
	pace_told(&pace);
	look(true);
	look(false);
	CU_ASSERT_EQUAL(look(true), SECOND);
	CU_ASSERT_EQUAL(look(false), SECOND);
}

static void at_the_start_looks_stay_close_and_nothing_surprises(void)
{
	pace_init(&pace, 1000, 10000, now = START);
	CU_ASSERT_EQUAL(look(false), SECOND);
	CU_ASSERT_EQUAL(look(true), SECOND);
	CU_ASSERT_EQUAL(look(false), SECOND);
	CU_ASSERT_EQUAL(look(false), 2 * SECOND);
}

static void a_bound_below_the_least_is_the_least(void)
{
	pace_init(&pace, 1000, 50, now = START);
	now += PACE_SETTLE_US;
	CU_ASSERT_EQUAL(look(false), SECOND);
	CU_ASSERT_EQUAL(look(false), SECOND);
}

static CU_TestInfo tests[] = {
	{"looks that find nothing grow apart up to a bound", looks_that_find_nothing_grow_apart_up_to_a_bound},
	{"what was found brings the next look close", what_was_found_brings_the_next_look_close},
	{"what nobody told of keeps them close for an hour", what_nobody_told_of_keeps_them_close_for_an_hour},
	{"a doorbell explains one look", a_doorbell_explains_one_look},
	{"at the start looks stay close and nothing surprises", at_the_start_looks_stay_close_and_nothing_surprises},
	{"a bound below the least is the least", a_bound_below_the_least_is_the_least},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo pace_suite = {"pace", NULL, NULL, NULL, NULL, tests};
