/* net_tests: outbound requests, the daemons' loop, and what webhooks look like. Network: loopback only. */
#include <CUnit/Basic.h>
#include <signal.h>

#include "base/log.h"
#include "net_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {outbound_suite, http_client_suite, http_client_reach_suite, loop_suite, webhook_suite,
	                         lanes_suite, imap_parse_suite, imap_suite, CU_SUITE_INFO_NULL};
	unsigned failed;

	signal(SIGPIPE, SIG_IGN);
	log_open("net_tests");
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed > 0;
}
