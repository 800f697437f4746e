/* The suites of duty_tests, in the order they run. */
#ifndef AGENTIV_TESTS_DUTY_SUITES_H
#define AGENTIV_TESTS_DUTY_SUITES_H

#include <CUnit/CUnit.h>

extern const CU_SuiteInfo duties_suite, retention_suite, months_suite, notifications_suite, told_suite;

#endif
