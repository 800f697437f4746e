/* Responses (http/response.h). */
#include "http_fixture.h"
#include "http_suites.h"

static void answer(enum err_code code, void (*change)(struct error *))
{
	struct error err = {0};

	err_set(&err, code, "Why it failed");
	if (change)
		change(&err);
	respond_error(fx_simple("GET", "/x"), &err);
}

static void every_answer_bears_an_id_and_the_rate_limit(void)
{
	answer(ERR_NOT_FOUND, NULL);
	CU_ASSERT_TRUE(fx_status("404 Not Found"));
	CU_ASSERT_TRUE(fx_has("\r\nX-Request-Id: req_"));
	CU_ASSERT_TRUE(fx_has("\r\nX-RateLimit-Limit: unlimited\r\n"));
	CU_ASSERT_TRUE(fx_has("\r\nX-RateLimit-Remaining: unlimited\r\n"));
	CU_ASSERT_TRUE(fx_has("\r\nX-RateLimit-Reset: 1736920860\r\n"));
	CU_ASSERT_EQUAL(fx_peer.finished, 1);
}

static void a_limit_is_told_in_both_forms(void)
{
	struct request *r = fx_simple("GET", "/x");

	r->rate = (struct rate_info){.limit = 120, .remaining = 7, .reset_s = fx_now_ms / 1000 + 42};
	respond(r, 200, NULL, "text/plain", "hello", 5);
	CU_ASSERT_TRUE(fx_has("\r\nX-RateLimit-Limit: 120\r\nX-RateLimit-Remaining: 7\r\n"
	                      "X-RateLimit-Reset: 1736920842\r\n"));
	CU_ASSERT_TRUE(fx_has("\r\nRateLimit-Policy: \"minute\";q=120;w=60\r\n"
	                      "RateLimit: \"minute\";r=7;t=42\r\n"));
	CU_ASSERT_STRING_EQUAL(fx_answer_body(), "hello");
}

static void an_error_has_the_seed_s_envelope(void)
{
	answer(ERR_INVALID_INPUT, NULL);
	CU_ASSERT_STRING_EQUAL(fx_answer_body(),
	                       "{\"success\":false,\"error\":{\"code\":\"INVALID_INPUT\","
	                       "\"message\":\"Why it failed\"}}");
	CU_ASSERT_TRUE(fx_has("\r\nContent-Type: application/json\r\n"));
}

static void fill(struct error *err)
{
	strcpy(err->field, "input_payload.max_emails");
	strcpy(err->integration, "gmail");
	strcpy(err->execution_id, "exec_1");
	err->retry_after = 3;
}

static void what_helps_a_program_stands_in_the_error(void)
{
	answer(ERR_RATE_LIMITED, fill);
	CU_ASSERT_TRUE(fx_has("\"field\":\"input_payload.max_emails\",\"integrationSlug\":\"gmail\","
	                      "\"retry_after\":3,\"execution_id\":\"exec_1\"}}"));
	CU_ASSERT_TRUE(fx_has("\r\nRetry-After: 3\r\n"));
}

static void a_503_says_when_to_try_again(void)
{
	answer(ERR_UNAVAILABLE, NULL);
	CU_ASSERT_TRUE(fx_status("503 Service Unavailable"));
	CU_ASSERT_TRUE(fx_has("\r\nRetry-After: 1\r\n"));
}

static void a_401_says_how_to_authenticate(void)
{
	answer(ERR_UNAUTHORIZED, NULL);
	CU_ASSERT_TRUE(fx_has("\r\nWWW-Authenticate: Bearer\r\n"));
}

static void what_the_system_said_is_not_answered(void)
{
	answer(ERR_INTERNAL, NULL);
	CU_ASSERT_PTR_NULL(strstr(fx_answer_body(), "Why it failed"));
}

static void codes_within_an_execution_are_500(void)
{
	answer(ERR_EXECUTION_FAILED, NULL);
	CU_ASSERT_TRUE(fx_status("500 Internal Server Error"));
	CU_ASSERT_TRUE(fx_has("\"code\":\"EXECUTION_FAILED\",\"message\":\"Why it failed\""));
}

static void head_has_the_length_and_no_body(void)
{
	respond(fx_simple("HEAD", "/x"), 200, NULL, "text/plain", "hello", 5);
	CU_ASSERT_TRUE(fx_has("\r\nContent-Length: 5\r\n"));
	CU_ASSERT_STRING_EQUAL(fx_answer_body(), "");
}

static void a_204_has_no_length(void)
{
	respond(fx_simple("OPTIONS", "/x"), 204, "Allow: GET\r\n", NULL, NULL, 0);
	CU_ASSERT_TRUE(fx_status("204 No Content"));
	CU_ASSERT_TRUE(fx_has("\r\nAllow: GET\r\n"));
	CU_ASSERT_PTR_NULL(strstr(buf_str(&fx_peer.out), "Content-Length"));
}

static void what_has_nothing_to_show_is_answered_with_null(void)
{
	respond_done(fx_simple("DELETE", "/x"), "X-More: 1\r\n");
	CU_ASSERT_TRUE(fx_status("200 OK"));
	CU_ASSERT_TRUE(fx_has("\r\nX-More: 1\r\n"));
	CU_ASSERT_STRING_EQUAL(fx_answer_body(), "{\"success\":true,\"data\":null}");
}

static void an_answer_that_grew_too_large_is_an_error(void)
{
	struct buf b;

	buf_init(&b, 4);
	buf_adds(&b, "longer than four");
	respond_json(fx_simple("GET", "/x"), 200, NULL, &b);
	CU_ASSERT_TRUE(fx_status("500 Internal Server Error"));
	buf_release(&b);
}

static void a_stream_is_sent_in_pieces(void)
{
	struct request *r = fx_simple("GET", "/x");

	CU_ASSERT_TRUE(response_stream_begin(r));
	CU_ASSERT_TRUE(fx_has("\r\nContent-Type: text/event-stream\r\n"));
	CU_ASSERT_TRUE(fx_has("\r\nX-Accel-Buffering: no\r\n"));
	CU_ASSERT_TRUE(response_chunk(r, "data: 1\n\n", 9));
	CU_ASSERT_TRUE(response_chunk(r, "data: 2\n\n", 9));
	CU_ASSERT_STRING_EQUAL(fx_answer_body(), "data: 1\n\ndata: 2\n\n");
	CU_ASSERT_EQUAL(fx_peer.finished, 0);
	response_stream_end(r);
	CU_ASSERT_EQUAL(fx_peer.finished, 1);
}

static CU_TestInfo tests[] = {
	{"every answer bears an id and the rate limit", every_answer_bears_an_id_and_the_rate_limit},
	{"a limit is told in both forms", a_limit_is_told_in_both_forms},
	{"an error has the seed's envelope", an_error_has_the_seed_s_envelope},
	{"what helps a program stands in the error", what_helps_a_program_stands_in_the_error},
	{"a 503 says when to try again", a_503_says_when_to_try_again},
	{"a 401 says how to authenticate", a_401_says_how_to_authenticate},
	{"what the system said is not answered", what_the_system_said_is_not_answered},
	{"codes within an execution are 500", codes_within_an_execution_are_500},
	{"HEAD has the length and no body", head_has_the_length_and_no_body},
	{"a 204 has no length", a_204_has_no_length},
	{"what has nothing to show is answered with null", what_has_nothing_to_show_is_answered_with_null},
	{"an answer that grew too large is an error", an_answer_that_grew_too_large_is_an_error},
	{"a stream is sent in pieces", a_stream_is_sent_in_pieces},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo response_suite = {"http: responses", fx_open, fx_close, NULL, NULL, tests};
