/* The suites of store_tests, in the order they run. */
#ifndef AGENTIV_TESTS_STORE_SUITES_H
#define AGENTIV_TESTS_STORE_SUITES_H

#include <CUnit/CUnit.h>

extern const CU_SuiteInfo accounts_suite, principal_suite, admission_suite, executions_suite, outbox_suite,
	outbox_record_suite, outbox_stats_suite, endpoints_suite, endpoints_race_suite, deliveries_suite, refusals_suite,
	endpoint_reads_suite, reads_suite, unseen_suite, audit_suite, sessions_suite, schedules_suite;

#endif
