/* base_tests: the lowest layer, without database or network. */
#include <CUnit/Basic.h>

#include "base/log.h"
#include "base_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {err_suite,    mem_suite,    arena_suite, buf_suite,
	                         clock_suite,  id_suite,     log_suite,   config_suite,
	                         crypto_suite, password_suite, ring_suite, seal_suite,   doorbell_suite,
	                         network_suite, cron_suite, cron_walk_suite, zone_made_suite,
	                         CU_SUITE_INFO_NULL};
	unsigned failed;

	log_open("base_tests");
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed > 0;
}
