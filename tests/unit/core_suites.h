/* The suites of core_tests, in the order they run. */
#ifndef AGENTIV_TESTS_CORE_SUITES_H
#define AGENTIV_TESTS_CORE_SUITES_H

#include <CUnit/CUnit.h>

extern const CU_SuiteInfo bells_suite, group_suite, mail_compose_suite, pace_suite, quota_suite, ratelimit_suite, secrets_suite, split_write_suite;

#endif
