/* Bodies, signatures and schedule of webhooks (core/webhook.h). */
#include <CUnit/CUnit.h>
#include <string.h>

#include "core/webhook.h"
#include "net_suites.h"

#define MESSAGE "{\"test\": 2432232314}"

static struct webhook_secret secret_of(const char *text)
{
	struct webhook_secret s;
	struct error err;

	CU_ASSERT_TRUE_FATAL(webhook_secret_read(text, strlen(text), &s, &err));
	return s;
}

/* The example of the Standard Webhooks libraries. */
static void the_signature_of_standard_webhooks_is_that_of_its_example(void)
{
	struct webhook_secret s = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
	struct webhook_signature got;

	webhook_sign(&s, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", MESSAGE, strlen(MESSAGE), &got);
	CU_ASSERT_STRING_EQUAL(got.base64, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

/* printf %s '{"test": 2432232314}' | openssl dgst -sha256 -hmac whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw */
static void the_signature_over_the_body_is_keyed_by_the_whole_secret(void)
{
	struct webhook_secret s = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
	struct webhook_signature got;

	webhook_sign(&s, "evt_1", "1", MESSAGE, strlen(MESSAGE), &got);
	CU_ASSERT_STRING_EQUAL(
		got.hex, "sha256=80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c");
}

static void what_is_no_secret_is_refused(void)
{
	static const char *const bad[] = {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%%",
	                                  "whsec_abc", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
	struct webhook_secret s;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct error err = {0};

		CU_ASSERT_FALSE(webhook_secret_read(bad[i], strlen(bad[i]), &s, &err));
		CU_ASSERT_EQUAL(err.code, ERR_INTERNAL);
	}
}

static struct execution a_run(void)
{
	return (struct execution){
		.id = {{1}}, .account_public_id = {{2}}, .agent = "email-triage", .status = EXEC_SUCCESS,
		.completed_at = 1736920807000, .has_tokens = true, .tokens_used = 4821, .has_duration = true,
		.duration_ms = 7340, .summary = "Triaged 18 emails | 2 urgent | 4 archived",
		.output = "{\"inbox_stats\":{\"total\":18}}", .output_len = 28};
}

static void the_body_of_a_success_has_the_documents_members_in_its_order(void)
{
	struct execution run = a_run();
	struct buf b;

	buf_init(&b, 4096);
	webhook_body(&b, EVENT_RUN_SUCCESS, &run);
	CU_ASSERT_STRING_EQUAL(
		buf_str(&b),
		"{\"event\":\"agent.execution.success\",\"execution_id\":\"exec_01000000000000000000000000\","
		"\"agent_slug\":\"email-triage\",\"user_id\":\"usr_02000000000000000000000000\","
		"\"status\":\"success\",\"summary\":\"Triaged 18 emails | 2 urgent | 4 archived\","
		"\"output\":{\"inbox_stats\":{\"total\":18}},\"tokens_used\":4821,\"duration_ms\":7340,"
		"\"timestamp\":\"2025-01-15T06:00:07Z\"}");
	buf_release(&b);
}

static void the_body_of_a_failure_says_why(void)
{
	struct execution run = a_run();
	struct buf b;

	run.status = EXEC_FAILED;
	run.summary = run.output = NULL;
	run.output_len = 0;
	run.has_tokens = false;
	run.error_code = "TIMEOUT";
	run.error_message = "The run \"took\" too long";
	buf_init(&b, 4096);
	webhook_body(&b, EVENT_RUN_FAILED, &run);
	CU_ASSERT_STRING_EQUAL(
		buf_str(&b),
		"{\"event\":\"agent.execution.failed\",\"execution_id\":\"exec_01000000000000000000000000\","
		"\"agent_slug\":\"email-triage\",\"user_id\":\"usr_02000000000000000000000000\","
		"\"status\":\"failed\",\"summary\":null,\"output\":null,"
		"\"error\":{\"code\":\"TIMEOUT\",\"message\":\"The run \\\"took\\\" too long\"},"
		"\"tokens_used\":null,\"duration_ms\":7340,\"timestamp\":\"2025-01-15T06:00:07Z\"}");
	buf_release(&b);
}

static struct webhook_schedule the_default(void)
{
	struct webhook_schedule s;
	struct error err;

	CU_ASSERT_TRUE_FATAL(webhook_schedule_read("5,30,120,600,3600,10800,21600,43200", &s, &err));
	return s;
}

static void each_attempt_waits_as_the_schedule_says(void)
{
	static const int64_t waits[] = {5, 30, 120, 600, 3600, 10800, 21600, 43200};
	struct webhook_schedule s = the_default();
	unsigned i;

	for (i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(webhook_retry_at(&s, i + 1, 1000000, 0, 0.5), 1000000 + waits[i] * 1000);
}

static void after_the_last_wait_there_is_no_further_attempt(void)
{
	struct webhook_schedule s = the_default();

	CU_ASSERT_NOT_EQUAL(webhook_retry_at(&s, 8, 1000000, 0, 0.5), 0);
	CU_ASSERT_EQUAL(webhook_retry_at(&s, 9, 1000000, 0, 0.5), 0);
	CU_ASSERT_EQUAL(webhook_retry_at(&s, 9, 1000000, 60, 0.5), 0);
}

static void waits_vary_by_a_fifth(void)
{
	struct webhook_schedule s = the_default();

	CU_ASSERT_EQUAL(webhook_retry_at(&s, 2, 0, 0, 0), 24000);
	CU_ASSERT(webhook_retry_at(&s, 2, 0, 0, 0.999999) >= 35999);
	CU_ASSERT(webhook_retry_at(&s, 2, 0, 0, 0.999999) <= 36000);
}

static void what_the_receiver_asked_for_is_the_least(void)
{
	struct webhook_schedule s = the_default();

	CU_ASSERT_EQUAL(webhook_retry_at(&s, 1, 0, 90, 0.5), 90000);
	CU_ASSERT_EQUAL(webhook_retry_at(&s, 3, 0, 90, 0.5), 120000);
}

static void nobody_asks_for_longer_than_the_longest_wait(void)
{
	struct webhook_schedule s = the_default(), brief;
	struct error err;

	CU_ASSERT_EQUAL(webhook_retry_at(&s, 1, 0, INT64_MAX, 0.5), 43200000);
	CU_ASSERT_TRUE(webhook_schedule_read("1", &brief, &err));
	CU_ASSERT_EQUAL(webhook_retry_at(&brief, 1, 0, 1000000, 0.5), 3600000);
}

static void what_is_no_schedule_is_refused(void)
{
	static const char *const bad[] = {"", "a", "5,", ",5", "5,x", "5 ,6", "-1"};
	struct webhook_schedule s;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct error err = {0};

		CU_ASSERT_FALSE(webhook_schedule_read(bad[i], &s, &err));
		CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	}
}

static CU_TestInfo tests[] = {
	{"the signature of Standard Webhooks is that of its example",
	 the_signature_of_standard_webhooks_is_that_of_its_example},
	{"the signature over the body is keyed by the whole secret",
	 the_signature_over_the_body_is_keyed_by_the_whole_secret},
	{"what is no secret is refused", what_is_no_secret_is_refused},
	{"the body of a success has the document's members in its order",
	 the_body_of_a_success_has_the_documents_members_in_its_order},
	{"the body of a failure says why", the_body_of_a_failure_says_why},
	{"each attempt waits as the schedule says", each_attempt_waits_as_the_schedule_says},
	{"after the last wait there is no further attempt", after_the_last_wait_there_is_no_further_attempt},
	{"waits vary by a fifth", waits_vary_by_a_fifth},
	{"what the receiver asked for is the least", what_the_receiver_asked_for_is_the_least},
	{"nobody asks for longer than the longest wait", nobody_asks_for_longer_than_the_longest_wait},
	{"what is no schedule is refused", what_is_no_schedule_is_refused},
	CU_TEST_INFO_NULL};

CU_SuiteInfo webhook_suite = {"webhooks", NULL, NULL, NULL, NULL, tests};
