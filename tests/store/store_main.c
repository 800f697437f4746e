/* store_tests: accounts, executions and the outbox on a real database, the configured one, which they empty. */
#include "../run_suites.h"
#include "base/log.h"
#include "store_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {accounts_suite, principal_suite, admission_suite, executions_suite, outbox_suite,
	                         outbox_record_suite, outbox_stats_suite, endpoints_suite, endpoints_race_suite, deliveries_suite,
	                         refusals_suite, endpoint_reads_suite, reads_suite, unseen_suite, audit_suite, sessions_suite,
	                         schedules_suite, CU_SUITE_INFO_NULL};

	log_open("store_tests");
	log_set_level(LOG_ERROR);
	return run_suites(suites);
}
