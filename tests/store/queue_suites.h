/* The suites of queue_tests, in the order they run. */
#ifndef AGENTIV_TESTS_QUEUE_SUITES_H
#define AGENTIV_TESTS_QUEUE_SUITES_H

#include <CUnit/CUnit.h>

extern const CU_SuiteInfo queue_suite, queue_upkeep_suite, queue_due_suite, queue_stats_suite, queue_concurrency_suite,
	executor_suite, executor_once_suite, executor_owner_suite, effects_suite, budgets_suite, budgets_race_suite,
	budgets_runs_suite;

#endif
