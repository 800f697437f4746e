/* The suites of base_tests, one per module. */
#ifndef AGENTIV_TESTS_BASE_SUITES_H
#define AGENTIV_TESTS_BASE_SUITES_H

#include <CUnit/CUnit.h>

extern CU_SuiteInfo arena_suite, buf_suite, clock_suite, config_suite, config_mail_suite, cron_suite, cron_walk_suite, crypto_suite, doorbell_suite,
	err_suite, id_suite, log_suite, mem_suite, network_suite, password_suite, ring_suite, seal_suite,
	zone_made_suite;

#endif
