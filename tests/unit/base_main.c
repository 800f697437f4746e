/* base_tests: the lowest layer, without database or network. */
#include "../run_suites.h"
#include "base/log.h"
#include "base_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {err_suite,    mem_suite,    arena_suite, buf_suite,
	                         clock_suite,  id_suite,     log_suite,   config_suite, config_mail_suite,
	                         crypto_suite, password_suite, ring_suite, seal_suite,   doorbell_suite,
	                         network_suite, cron_suite, cron_walk_suite, zone_made_suite,
	                         CU_SUITE_INFO_NULL};

	log_open("base_tests");
	return run_suites(suites);
}
