/* request_tests: what the responder alone asks a real database for, the configured one, which they empty. */
#include "../run_suites.h"
#include "base/log.h"
#include "request_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {auth_suite, auth_memory_suite, keys_suite, once_suite, minutes_suite, reseal_suite,
	                         secret_states_suite, unsubscribe_suite, watch_suite, CU_SUITE_INFO_NULL};

	log_open("request_tests");
	log_set_level(LOG_ERROR);
	return run_suites(suites);
}
