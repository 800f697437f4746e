/* http_tests: requests, responses, routes and steps, without a web server or a database. */
#include "../run_suites.h"
#include "http_suites.h"

int main(void)
{
	CU_SuiteInfo suites[] = {request_suite, response_suite, steps_suite, CU_SUITE_INFO_NULL};

	return run_suites(suites);
}
