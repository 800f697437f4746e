/* schedule_tests: firing schedules on a real database, the configured one, which they empty. */
#include "../run_suites.h"
#include "base/log.h"
#include "schedule_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {schedule_fire_suite, schedule_ledger_suite, schedule_overlap_suite, schedule_hand_suite,
	                         schedule_edits_suite, schedule_concurrency_suite, CU_SUITE_INFO_NULL};

	log_open("schedule_tests");
	log_set_level(LOG_ERROR);
	return run_suites(suites);
}
