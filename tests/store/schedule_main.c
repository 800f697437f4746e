/* schedule_tests: firing schedules on a real database, the configured one, which they empty. */
#include <CUnit/Basic.h>

#include "base/log.h"
#include "schedule_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {schedule_fire_suite, schedule_ledger_suite, schedule_overlap_suite, schedule_hand_suite,
	                         schedule_edits_suite, schedule_concurrency_suite, CU_SUITE_INFO_NULL};
	unsigned failed;

	log_open("schedule_tests");
	log_set_level(LOG_ERROR);
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed > 0;
}
