/* net_tests: outbound requests, the daemons' loop, and what webhooks look like. Network: loopback only. */
#include <signal.h>

#include "../run_suites.h"
#include "base/log.h"
#include "net_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {outbound_suite, http_client_suite, http_client_reach_suite, loop_suite, webhook_suite,
	                         lanes_suite, imap_parse_suite, imap_suite, smtp_suite, http_exchange_suite, CU_SUITE_INFO_NULL};

	signal(SIGPIPE, SIG_IGN);
	log_open("net_tests");
	return run_suites(suites);
}
