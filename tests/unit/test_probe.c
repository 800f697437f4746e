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

static void model_calls_are_reserved_settled_and_logged(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("probe", "{\"model_calls\":[{\"reserve\":50,\"use\":20},{\"reserve\":9,\"use\":9}]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(fx_host.reserved, 59);
	CU_ASSERT_EQUAL(fx_host.tokens, 29);
	CU_ASSERT_EQUAL(fx_host.steps, 2);
	CU_ASSERT_EQUAL(fx_int(out, "tokens"), 29);
	json_object_put(out);
}

static void a_model_call_that_is_refused_ends_it(void)
{
	fx_host_reset();
	fx_host.refuse_tokens = 10;
	CU_ASSERT_PTR_NULL(fx_run("probe", "{\"model_calls\":[{\"reserve\":11,\"use\":1}]}"));
	CU_ASSERT_EQUAL(fx_host.error.code, ERR_RATE_LIMITED);
	CU_ASSERT_EQUAL(fx_host.steps, 0);
}

static void a_model_call_that_is_stopped_is_settled(void)
{
	fx_host_reset();
	fx_host.stopped = true;
	CU_ASSERT_PTR_NULL(fx_run("probe", "{\"model_calls\":[{\"reserve\":11,\"use\":1,\"sleep_ms\":5}]}"));
	CU_ASSERT_FALSE(fx_host.calling);
	CU_ASSERT_EQUAL(fx_host.tokens, 0);
}

static CU_TestInfo tests[] = {
	{"model calls are reserved, settled and logged", model_calls_are_reserved_settled_and_logged},
	{"a model call that is refused ends it", a_model_call_that_is_refused_ends_it},
	{"a model call that is stopped is settled", a_model_call_that_is_stopped_is_settled},
	{"the payload comes back", the_payload_comes_back},
	{"the output has the size that was asked for", the_output_has_the_size_that_was_asked_for},
	{"steps are spread over the wait", steps_are_spread_over_the_wait},
	{"it fails as it is told", it_fails_as_it_is_told},
	{"it ends when it is stopped", it_ends_when_it_is_stopped},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo probe_suite = {"probe", NULL, NULL, NULL, NULL, tests};
