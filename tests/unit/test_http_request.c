/* Reading requests (http/request.h). */
#include "http_fixture.h"
#include "http_suites.h"

static struct error err;

static bool split(struct request *r)
{
	memset(&err, 0, sizeof err);
	return request_split_path(r, fx_app.cfg.base_path, &err) && request_split_query(r, &err);
}

static void the_web_server_s_second_name_for_authorization_is_read(void)
{
	const char *env[] = {"REQUEST_METHOD=GET", "REDIRECT_HTTP_AUTHORIZATION=Bearer b", NULL};

	CU_ASSERT_STRING_EQUAL(fx_request(env)->credentials.authorization, "Bearer b");
}

static void the_first_authorization_wins(void)
{
	const char *env[] = {"HTTP_AUTHORIZATION=Bearer a", "REDIRECT_HTTP_AUTHORIZATION=Bearer b", NULL};

	CU_ASSERT_STRING_EQUAL(fx_request(env)->credentials.authorization, "Bearer a");
}

static void an_empty_length_means_no_body(void)
{
	const char *env[] = {"REQUEST_METHOD=POST", "CONTENT_LENGTH=", NULL};

	CU_ASSERT_EQUAL(fx_request(env)->content_length, 0);
}

static void chunks_without_a_length_are_read_to_their_end(void)
{
	const char *env[] = {"REQUEST_METHOD=POST", "HTTP_TRANSFER_ENCODING=chunked", NULL};
	struct request *r = fx_request(env);

	fx_body("{\"a\": 1}", 8, 3);
	CU_ASSERT_EQUAL(r->content_length, -1);
	CU_ASSERT_TRUE(request_read_body(r, 100, &err));
	CU_ASSERT_STRING_EQUAL(buf_str(&r->body), "{\"a\": 1}");
}

static void an_unknown_method_is_kept_by_name(void)
{
	struct request *r = fx_simple("BREW", "/");

	CU_ASSERT_EQUAL(r->method, HTTP_OTHER);
	CU_ASSERT_STRING_EQUAL(r->method_name, "BREW");
}

static void a_request_without_variables_is_read(void)
{
	const char *env[] = {NULL};
	struct request *r = fx_request(env);

	CU_ASSERT_EQUAL(r->method, HTTP_OTHER);
	CU_ASSERT_FALSE(split(r) && r->segment_count > 0);
}

static void an_encoded_slash_stays_in_its_segment(void)
{
	struct request *r = fx_simple("GET", "/api/agents/a%2Fb/run");

	CU_ASSERT_TRUE_FATAL(split(r));
	CU_ASSERT_EQUAL_FATAL(r->segment_count, 4);
	CU_ASSERT_STRING_EQUAL(r->segments[2], "a/b");
}

static void two_slashes_are_not_one(void)
{
	struct request *r = fx_simple("GET", "//api/agents");

	CU_ASSERT_TRUE_FATAL(split(r));
	CU_ASSERT_EQUAL(r->segment_count, 3);
	CU_ASSERT_STRING_EQUAL(r->segments[0], "");
}

static void a_malformed_path_is_not_found(void)
{
	static const char *const paths[] = {"/a%", "/a%2", "/a%zz", "/a%00b", "/a%ff", "/a%c0%80", "x/y", "*"};
	unsigned i;

	for (i = 0; i < sizeof paths / sizeof *paths; i++) {
		CU_ASSERT_FALSE(split(fx_simple("GET", paths[i])));
		CU_ASSERT_EQUAL(err.code, ERR_NOT_FOUND);
	}
}

static void a_path_with_too_many_segments_is_not_found(void)
{
	CU_ASSERT_TRUE(split(fx_simple("GET", "/1/2/3/4/5/6/7/8")));
	CU_ASSERT_FALSE(split(fx_simple("GET", "/1/2/3/4/5/6/7/8/9")));
	CU_ASSERT_EQUAL(err.code, ERR_NOT_FOUND);
}

static void a_path_that_is_too_long_is_not_found(void)
{
	static char path[REQUEST_TARGET_MAX + 2];

	memset(path, 'a', sizeof path - 1);
	path[0] = '/';
	CU_ASSERT_FALSE(split(fx_simple("GET", path)));
	path[REQUEST_TARGET_MAX] = '\0';
	CU_ASSERT_TRUE(split(fx_simple("GET", path)));
}

static void a_query_that_is_too_long_is_invalid_input(void)
{
	static char target[REQUEST_TARGET_MAX + 2] = "/api/agents?a=";

	memset(target + strlen(target), 'x', sizeof target - 1 - strlen(target));
	CU_ASSERT_FALSE(split(fx_simple("GET", target)));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	target[REQUEST_TARGET_MAX] = '\0';
	CU_ASSERT_TRUE(split(fx_simple("GET", target)));
}

static void the_base_path_is_cut_off(void)
{
	char *none = fx_app.cfg.base_path, base[] = "/agentiv";
	struct request *r;

	fx_app.cfg.base_path = base;
	r = fx_simple("GET", "/agentiv/api/agents");
	CU_ASSERT_TRUE(split(r));
	CU_ASSERT_EQUAL(r->segment_count, 2);
	CU_ASSERT_FALSE(split(fx_simple("GET", "/api/agents")));
	CU_ASSERT_FALSE(split(fx_simple("GET", "/agentivapi/agents")));
	fx_app.cfg.base_path = none;
}

static void an_absolute_target_is_as_its_path(void)
{
	struct request *r = fx_simple("GET", "http://example.com/api/agents?limit=5");

	CU_ASSERT_TRUE_FATAL(split(r));
	CU_ASSERT_STRING_EQUAL(r->segments[1], "agents");
	CU_ASSERT_STRING_EQUAL(request_query(r, "limit"), "5");
}

static void an_absolute_target_without_a_path_is_the_root(void)
{
	CU_ASSERT_TRUE(split(fx_simple("GET", "http://")));
	CU_ASSERT_EQUAL(fx_simple("GET", "https://h?a=b")->segment_count, 0);
}

static void query_parameters_are_decoded(void)
{
	struct request *r = fx_simple("GET", "/a?x=1+2%2B3&&empty=&bare&y=%c3%a9#fragment=1");

	CU_ASSERT_TRUE_FATAL(split(r));
	CU_ASSERT_STRING_EQUAL(request_query(r, "x"), "1 2+3");
	CU_ASSERT_STRING_EQUAL(request_query(r, "empty"), "");
	CU_ASSERT_STRING_EQUAL(request_query(r, "bare"), "");
	CU_ASSERT_STRING_EQUAL(request_query(r, "y"), "\xc3\xa9");
	CU_ASSERT_PTR_NULL(request_query(r, "fragment"));
}

static void a_malformed_query_is_invalid_input(void)
{
	static const char *const queries[] = {"/a?x=%", "/a?%zz=1", "/a?x=%ff", "/a?x=%00"};
	unsigned i;

	for (i = 0; i < sizeof queries / sizeof *queries; i++) {
		CU_ASSERT_FALSE(split(fx_simple("GET", queries[i])));
		CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	}
}

static void a_query_parameter_given_twice_is_named(void)
{
	CU_ASSERT_FALSE(split(fx_simple("GET", "/a?limit=1&x=2&limit=3")));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	CU_ASSERT_STRING_EQUAL(err.field, "limit");
}

static void too_many_query_parameters_are_invalid_input(void)
{
	CU_ASSERT_TRUE(split(fx_simple("GET", "/a?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p")));
	CU_ASSERT_FALSE(split(fx_simple("GET", "/a?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q")));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
}

/* ---- bodies ---- */

static struct request *posted(const char *length, size_t sent, size_t chunk)
{
	static char body[8 << 20], line[64];
	const char *env[] = {"REQUEST_METHOD=POST", line, NULL};
	struct request *r;

	snprintf(line, sizeof line, "%s%s", length ? "CONTENT_LENGTH=" : "HTTP_TRANSFER_ENCODING=",
	         length ? length : "chunked");
	memset(body, 'b', sent);
	r = fx_request(env);
	fx_body(body, sent, chunk);
	memset(&err, 0, sizeof err);
	return r;
}

static void a_body_of_the_limit_is_taken(void)
{
	struct request *r = posted("1000", 1000, 7);

	CU_ASSERT_TRUE(request_read_body(r, 1000, &err));
	CU_ASSERT_EQUAL(r->body.len, 1000);
	r = posted(NULL, 1000, 0);
	CU_ASSERT_TRUE(request_read_body(r, 1000, &err));
	CU_ASSERT_EQUAL(r->body.len, 1000);
}

static void a_body_past_the_limit_is_too_large(void)
{
	CU_ASSERT_FALSE(request_read_body(posted("1001", 1001, 0), 1000, &err));
	CU_ASSERT_EQUAL(err.code, ERR_PAYLOAD_TOO_LARGE);
	CU_ASSERT_FALSE(request_read_body(posted(NULL, 1001, 0), 1000, &err));
	CU_ASSERT_EQUAL(err.code, ERR_PAYLOAD_TOO_LARGE);
	CU_ASSERT_FALSE(request_read_body(posted("99999999999999999999", 10, 0), 1000, &err));
	CU_ASSERT_EQUAL(err.code, ERR_PAYLOAD_TOO_LARGE);
}

static void a_body_that_ends_early_is_invalid_input(void)
{
	CU_ASSERT_FALSE(request_read_body(posted("1000", 999, 0), 2000, &err));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
}

static void a_body_whose_peer_fails_is_invalid_input(void)
{
	struct request *r = posted(NULL, 10, 0);

	fx_peer.fails = true;
	CU_ASSERT_FALSE(request_read_body(r, 2000, &err));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
}

static void nothing_is_read_behind_the_given_length(void)
{
	struct request *r = posted("10", 50, 0);

	CU_ASSERT_TRUE(request_read_body(r, 100, &err));
	CU_ASSERT_TRUE(request_drop_body(r));
	CU_ASSERT_EQUAL(fx_peer.read, 10);
	r = posted("10", 50, 3);
	CU_ASSERT_TRUE(request_drop_body(r));
	CU_ASSERT_EQUAL(fx_peer.read, 10);
}

static void an_unread_body_is_dropped_before_the_answer(void)
{
	struct request *r = posted("5000", 5000, 0);

	err_set(&err, ERR_NOT_FOUND, "No such path");
	respond_error(r, &err);
	CU_ASSERT_EQUAL(fx_peer.read, 5000);
	CU_ASSERT_TRUE(fx_status("404 Not Found"));
}

static void an_endless_body_is_not_dropped_to_its_end(void)
{
	CU_ASSERT_FALSE(request_drop_body(posted(NULL, 8 << 20, 0)));
	CU_ASSERT_TRUE(fx_peer.read < 5 << 20);
}

static CU_TestInfo tests[] = {
	{"the web server's second name for Authorization is read",
	 the_web_server_s_second_name_for_authorization_is_read},
	{"the first Authorization wins", the_first_authorization_wins},
	{"an empty length means no body", an_empty_length_means_no_body},
	{"chunks without a length are read to their end", chunks_without_a_length_are_read_to_their_end},
	{"an unknown method is kept by name", an_unknown_method_is_kept_by_name},
	{"a request without variables is read", a_request_without_variables_is_read},
	{"an encoded slash stays in its segment", an_encoded_slash_stays_in_its_segment},
	{"two slashes are not one", two_slashes_are_not_one},
	{"a malformed path is not found", a_malformed_path_is_not_found},
	{"a path with too many segments is not found", a_path_with_too_many_segments_is_not_found},
	{"a path that is too long is not found", a_path_that_is_too_long_is_not_found},
	{"a query that is too long is invalid input", a_query_that_is_too_long_is_invalid_input},
	{"the base path is cut off", the_base_path_is_cut_off},
	{"an absolute target is as its path", an_absolute_target_is_as_its_path},
	{"an absolute target without a path is the root", an_absolute_target_without_a_path_is_the_root},
	{"query parameters are decoded", query_parameters_are_decoded},
	{"a malformed query is invalid input", a_malformed_query_is_invalid_input},
	{"a query parameter given twice is named", a_query_parameter_given_twice_is_named},
	{"too many query parameters are invalid input", too_many_query_parameters_are_invalid_input},
	{"a body of the limit is taken", a_body_of_the_limit_is_taken},
	{"a body past the limit is too large", a_body_past_the_limit_is_too_large},
	{"a body that ends early is invalid input", a_body_that_ends_early_is_invalid_input},
	{"a body whose peer fails is invalid input", a_body_whose_peer_fails_is_invalid_input},
	{"nothing is read behind the given length", nothing_is_read_behind_the_given_length},
	{"an unread body is dropped before the answer", an_unread_body_is_dropped_before_the_answer},
	{"an endless body is not dropped to its end", an_endless_body_is_not_dropped_to_its_end},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo request_suite = {"http: requests", fx_open, fx_close, NULL, NULL, tests};
