/* The suites of request_tests, in the order they run. */
#ifndef AGENTIV_TESTS_REQUEST_SUITES_H
#define AGENTIV_TESTS_REQUEST_SUITES_H

#include <CUnit/CUnit.h>

extern const CU_SuiteInfo auth_suite, auth_memory_suite, keys_suite, once_suite, minutes_suite, reseal_suite, secret_states_suite,
	unsubscribe_suite, watch_suite;

#endif
