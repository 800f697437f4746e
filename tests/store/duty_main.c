/* duty_tests: what schedulers do beside firing schedules, on a real database, the configured one, which they empty. */
#include "../run_suites.h"
#include "base/log.h"
#include "duty_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {duties_suite, retention_suite, months_suite, notifications_suite, told_suite,
	                         CU_SUITE_INFO_NULL};

	log_open("duty_tests");
	log_set_level(LOG_ERROR);
	return run_suites(suites);
}
