/* The suites of json_tests, in the order they run. */
#ifndef AGENTIV_TESTS_JSON_SUITES_H
#define AGENTIV_TESTS_JSON_SUITES_H

#include <CUnit/CUnit.h>

extern const CU_SuiteInfo json_read_suite, json_table_suite, json_out_suite, json_get_suite, schema_suite,
	schema_public_suite;

#endif
