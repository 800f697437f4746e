/* db_tests: the connection layer and the migrations on a real database, the configured server's, in
 * a database of their own. */
#include <CUnit/Basic.h>

#include "base/log.h"
#include "db_fixture.h"
#include "db_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {statement_suite, rows_suite, transaction_suite, pack_suite, outcome_suite,
	                         breaker_suite, migrate_suite, CU_SUITE_INFO_NULL};
	unsigned failed;

	log_open("db_tests");
	log_set_level(LOG_ERROR);
	if (dbx_open() != 0)
		return 1;
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return dbx_close() != 0 || failed > 0;
}
