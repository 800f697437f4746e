/* queue_tests: the queue and the executor on a real database, the configured one, which they empty.
 */
#include <CUnit/Basic.h>

#include "base/log.h"
#include "queue_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {queue_suite, queue_upkeep_suite, queue_due_suite, queue_stats_suite, queue_concurrency_suite,
	                         executor_suite, executor_once_suite, executor_owner_suite, effects_suite,
	                         budgets_suite, budgets_race_suite, budgets_runs_suite,
	                         CU_SUITE_INFO_NULL};
	unsigned failed;

	log_open("queue_tests");
	log_set_level(LOG_ERROR);
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed > 0;
}
