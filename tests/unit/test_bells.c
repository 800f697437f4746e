/* What a doorbell's message says (core/bells.h). */
#include <CUnit/CUnit.h>
#include <string.h>

#include "core/bells.h"
#include "core_suites.h"

static void a_time_comes_out_as_it_was_told(void)
{
	char message[1 + sizeof(int64_t)] = {BELL_DUE};
	int64_t told = INT64_C(1736920800123), due_ms = 0;

	memcpy(message + 1, &told, sizeof told);
	CU_ASSERT_TRUE(bell_due(message, sizeof message, &due_ms));
	CU_ASSERT_EQUAL(due_ms, told);
}

static void what_tells_no_time_is_not_taken_for_one(void)
{
	char message[1 + 16] = {BELL_DUE};
	int64_t due_ms = 0;

	CU_ASSERT_FALSE(bell_due(message, 1, &due_ms));
	CU_ASSERT_FALSE(bell_due(message, sizeof message, &due_ms));
	message[0] = BELL_WORK;
	CU_ASSERT_FALSE(bell_due(message, 1 + sizeof due_ms, &due_ms));
}

static CU_TestInfo tests[] = {
	{"a time comes out as it was told", a_time_comes_out_as_it_was_told},
	{"what tells no time is not taken for one", what_tells_no_time_is_not_taken_for_one},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo bells_suite = {"doorbells: what they say", NULL, NULL, NULL, NULL, tests};
