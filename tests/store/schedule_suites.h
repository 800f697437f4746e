/* The suites of schedule_tests, in the order they run. */
#ifndef AGENTIV_TESTS_SCHEDULE_SUITES_H
#define AGENTIV_TESTS_SCHEDULE_SUITES_H

#include <CUnit/CUnit.h>

extern const CU_SuiteInfo schedule_fire_suite, schedule_ledger_suite, schedule_overlap_suite, schedule_hand_suite,
	schedule_edits_suite, schedule_concurrency_suite;

#endif
