/* duty_tests: what schedulers do beside firing schedules, on a real database, the configured one, which they empty. */
#include <CUnit/Basic.h>

#include "base/log.h"
#include "duty_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {duties_suite, retention_suite, months_suite, CU_SUITE_INFO_NULL};
	unsigned failed;

	log_open("duty_tests");
	log_set_level(LOG_ERROR);
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed > 0;
}
