/* json_tests: reading and writing JSON, and JSON Schema. */
#include <CUnit/Basic.h>

#include "base/log.h"
#include "json_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {json_read_suite, json_table_suite, json_out_suite, json_get_suite,
	                         schema_suite, schema_public_suite, CU_SUITE_INFO_NULL};
	unsigned failed;

	log_open("json_tests");
	log_set_level(LOG_ERROR);
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed > 0;
}
