/* The suites of net_tests. */
#ifndef AGENTIV_TESTS_NET_SUITES_H
#define AGENTIV_TESTS_NET_SUITES_H

#include <CUnit/CUnit.h>

extern CU_SuiteInfo outbound_suite, http_client_suite, http_client_reach_suite, loop_suite, webhook_suite, lanes_suite,
	imap_parse_suite, imap_suite, smtp_suite, http_exchange_suite;

#endif
