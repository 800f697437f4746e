/* queue_tests: the queue and the executor on a real database, the configured one, which they empty.
 */
#include "../run_suites.h"
#include "base/log.h"
#include "queue_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {queue_suite, queue_upkeep_suite, queue_due_suite, queue_stats_suite, queue_concurrency_suite,
	                         executor_suite, executor_once_suite, executor_owner_suite, effects_suite,
	                         budgets_suite, budgets_race_suite, budgets_runs_suite,
	                         CU_SUITE_INFO_NULL};

	log_open("queue_tests");
	log_set_level(LOG_ERROR);
	return run_suites(suites);
}
