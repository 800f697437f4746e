/* How often is looked for what nobody told of (core/pace.h). */
#include "core/pace.h"
#include "core_suites.h"

#define START  INT64_C(1000000000)
#define SECOND INT64_C(1000000)

static struct pace pace;
static int64_t now;

/* Nothing has happened for a while. */
static void fresh(void)
{
	pace_init(&pace, 1000, 20000, START);
	now = START + PACE_ACTIVE_US;
}

/* Looks at its time; how long until the next. */
static int64_t look(bool found)
{
	int64_t next = pace_next(&pace, found, now), step = next - now;

	now = next;
	return step;
}

static void looks_are_close_after_the_start(void)
{
	pace_init(&pace, 1000, 20000, now = START);
	while (now < START + PACE_ACTIVE_US)
		CU_ASSERT_EQUAL_FATAL(look(false), SECOND);
	CU_ASSERT_EQUAL(look(false), 20 * SECOND);
}

static void while_nothing_comes_they_are_far_apart(void)
{
	fresh();
	CU_ASSERT_EQUAL(look(false), 20 * SECOND);
	CU_ASSERT_EQUAL(look(false), 20 * SECOND);
}

static void a_doorbell_brings_them_close_for_a_while(void)
{
	int64_t rung;

	fresh();
	pace_told(&pace, rung = now);
	CU_ASSERT_EQUAL(look(true), SECOND);
	while (now < rung + PACE_ACTIVE_US)
		CU_ASSERT_EQUAL_FATAL(look(false), SECOND);
	CU_ASSERT_EQUAL(look(false), 20 * SECOND);
}

static void what_nobody_told_of_keeps_them_close_for_an_hour(void)
{
	int64_t found;

	fresh();
	found = now;
	CU_ASSERT_EQUAL(look(true), SECOND);
	while (now < found + PACE_UNTOLD_US)
		CU_ASSERT_EQUAL_FATAL(look(false), SECOND);
	CU_ASSERT_EQUAL(look(false), 20 * SECOND);
}

static void a_doorbell_explains_one_look(void)
{
	fresh();
	pace_told(&pace, now);
	look(true);
	look(true);
	CU_ASSERT_EQUAL(pace.close_until_us, now - SECOND + PACE_UNTOLD_US);
}

static void at_the_start_nothing_is_a_surprise(void)
{
	pace_init(&pace, 1000, 20000, now = START);
	look(true);
	CU_ASSERT_EQUAL(pace.close_until_us, START + PACE_ACTIVE_US);
}

static void far_is_never_nearer_than_close(void)
{
	pace_init(&pace, 1000, 50, START);
	now = START + PACE_ACTIVE_US;
	CU_ASSERT_EQUAL(look(false), SECOND);
}

static CU_TestInfo tests[] = {
	{"looks are close after the start", looks_are_close_after_the_start},
	{"while nothing comes they are far apart", while_nothing_comes_they_are_far_apart},
	{"a doorbell brings them close for a while", a_doorbell_brings_them_close_for_a_while},
	{"what nobody told of keeps them close for an hour", what_nobody_told_of_keeps_them_close_for_an_hour},
	{"a doorbell explains one look", a_doorbell_explains_one_look},
	{"at the start nothing is a surprise", at_the_start_nothing_is_a_surprise},
	{"far is never nearer than close", far_is_never_nearer_than_close},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo pace_suite = {"pace", NULL, NULL, NULL, NULL, tests};
