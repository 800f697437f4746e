/* The suites of db_tests. */
#ifndef AGENTIV_TESTS_DB_SUITES_H
#define AGENTIV_TESTS_DB_SUITES_H

#include <CUnit/CUnit.h>

extern CU_SuiteInfo statement_suite, rows_suite, transaction_suite, outcome_suite, breaker_suite,
	pack_suite, migrate_suite;

#endif
