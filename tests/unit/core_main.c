/* core_tests: limits, groups, paces and split writes, without a database. */
#include <CUnit/Basic.h>

#include "core_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {bells_suite, group_suite, pace_suite, quota_suite, ratelimit_suite, secrets_suite, split_write_suite,
	                         CU_SUITE_INFO_NULL};
	unsigned failed;

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed > 0;
}
