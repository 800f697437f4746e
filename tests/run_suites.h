/* The end of the main of every program of CUnit's suites: runs them, says how each test went, and returns 0 when all went
 * well. */
#ifndef AGENTIV_TESTS_RUN_SUITES_H
#define AGENTIV_TESTS_RUN_SUITES_H

#include <CUnit/Basic.h>

static int run_suites(CU_SuiteInfo *suites)
{
	unsigned failed;

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed > 0;
}

#endif
