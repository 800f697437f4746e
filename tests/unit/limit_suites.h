/* The suites of limit_tests, in the order they run. */
#ifndef AGENTIV_TESTS_LIMIT_SUITES_H
#define AGENTIV_TESTS_LIMIT_SUITES_H

#include <CUnit/CUnit.h>

extern const CU_SuiteInfo quota_suite, ratelimit_suite;

#endif
