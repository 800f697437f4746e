/* db_tests: the connection layer and the migrations on a real database, the configured server's, in
 * a database of their own. */
#include "../run_suites.h"
#include "base/log.h"
#include "db_fixture.h"
#include "db_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {statement_suite, rows_suite, transaction_suite, pack_suite, outcome_suite,
	                         breaker_suite, migrate_suite, CU_SUITE_INFO_NULL};
	int failed;

	log_open("db_tests");
	log_set_level(LOG_ERROR);
	if (dbx_open() != 0)
		return 1;
	failed = run_suites(suites);
	return dbx_close() != 0 || failed;
}
