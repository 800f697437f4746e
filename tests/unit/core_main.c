/* core_tests: limits, groups, paces and split writes, without a database. */
#include "../run_suites.h"
#include "core_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {bells_suite, group_suite, mail_compose_suite, pace_suite, quota_suite, ratelimit_suite, secrets_suite, split_write_suite,
	                         CU_SUITE_INFO_NULL};

	return run_suites(suites);
}
