/* json_tests: reading and writing JSON, and JSON Schema. */
#include "../run_suites.h"
#include "base/log.h"
#include "json_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {json_read_suite, json_table_suite, json_out_suite, json_get_suite,
	                         schema_suite, schema_public_suite, CU_SUITE_INFO_NULL};

	log_open("json_tests");
	log_set_level(LOG_ERROR);
	return run_suites(suites);
}
