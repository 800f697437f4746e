/* The suites of http_tests, in the order they run. */
#ifndef AGENTIV_TESTS_HTTP_SUITES_H
#define AGENTIV_TESTS_HTTP_SUITES_H

#include <CUnit/CUnit.h>

extern const CU_SuiteInfo request_suite, response_suite, steps_suite;

#endif
