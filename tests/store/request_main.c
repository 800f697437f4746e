/* request_tests: what the responder alone asks a real database for, the configured one, which they empty. */
#include <CUnit/Basic.h>

#include "base/log.h"
#include "request_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {auth_suite, auth_memory_suite, keys_suite, once_suite, minutes_suite, reseal_suite,
	                         secret_states_suite, watch_suite, CU_SUITE_INFO_NULL};
	unsigned failed;

	log_open("request_tests");
	log_set_level(LOG_ERROR);
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed > 0;
}
