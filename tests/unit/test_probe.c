/* The probe agent. */
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"

static void the_payload_comes_back(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("probe", "{\"payload\":{\"a\":[1,2.5,null,\"é\"]}}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(json_object_to_json_string_ext(fx_get(out, "payload"), JSON_C_TO_STRING_PLAIN),
	                       "{\"a\":[1,2.5,null,\"é\"]}");
	CU_ASSERT_EQUAL(fx_int(out, "attempt"), 1);
	json_object_put(out);
}

static void the_output_has_the_size_that_was_asked_for(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("probe", "{\"size\":100000}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(strlen(json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN)), 100000);
	json_object_put(out);
	/* more than an output may have: the buffer is marked, which the executor looks at */
	CU_ASSERT_PTR_NULL(fx_run("probe", "{\"size\":5000000}"));
}

static void steps_are_spread_over_the_wait(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("probe", "{\"steps\":4,\"sleep_ms\":100}");
	CU_ASSERT_PTR_NOT_NULL(out);
	CU_ASSERT_EQUAL(fx_host.steps, 4);
	CU_ASSERT_EQUAL(fx_host.waited_ms, 100);
	json_object_put(out);
}

static void it_fails_as_it_is_told(void)
{
	struct json_object *out;

	fx_host_reset();
	CU_ASSERT_PTR_NULL(fx_run("probe", "{\"fail\":\"final\"}"));
	CU_ASSERT_EQUAL(fx_host.error.code, ERR_EXECUTION_FAILED);
	CU_ASSERT_FALSE(fx_host.error.retryable);
	fx_host.attempt = 2;
	CU_ASSERT_PTR_NULL(fx_run("probe", "{\"fail\":\"retryable\",\"fail_attempts\":2}"));
	CU_ASSERT_TRUE(fx_host.error.retryable);
	fx_host.attempt = 3;
	out = fx_run("probe", "{\"fail\":\"retryable\",\"fail_attempts\":2}");
	CU_ASSERT_PTR_NOT_NULL(out);
	json_object_put(out);
}

static void it_ends_when_it_is_stopped(void)
{
	fx_host_reset();
	fx_host.stopped = true;
	CU_ASSERT_PTR_NULL(fx_run("probe", "{\"sleep_ms\":100000}"));
}

static CU_TestInfo tests[] = {
	{"the payload comes back", the_payload_comes_back},
	{"the output has the size that was asked for", the_output_has_the_size_that_was_asked_for},
	{"steps are spread over the wait", steps_are_spread_over_the_wait},
	{"it fails as it is told", it_fails_as_it_is_told},
	{"it ends when it is stopped", it_ends_when_it_is_stopped},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo probe_suite = {"probe", NULL, NULL, NULL, NULL, tests};
