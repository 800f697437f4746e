/* Requests whose answers are given on as they come (net/http_exchange.h), and server-sent events (net/event_stream.h). */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "net/event_stream.h"
#include "net/http_exchange.h"
#include "net_client.h"
#include "net_suites.h"

static struct http_exchanger *exchanger;

/* An exchange, and what became of it. */
struct seen {
	struct http_exchange x;              /* first */
	char url[256], body[64], error[400];
	size_t received, want;               /* want: no more is wanted after so many bytes; 0 all */
	enum exchange_fault fault;
	bool done;
};

static bool on_data(struct http_exchange *x, const char *p, size_t n)
{
	struct seen *s = (struct seen *)x;
	size_t room = sizeof s->body - 1 - strlen(s->body);

	strncat(s->body, p, n < room ? n : room);
	s->received += n;
	return s->want == 0 || s->received < s->want;
}

static void on_done(struct http_exchange *x, enum exchange_fault fault, const char *error)
{
	struct seen *s = (struct seen *)x;

	CU_ASSERT_FALSE(s->done);
	s->done = true;
	s->fault = fault;
	snprintf(s->error, sizeof s->error, "%s", error ? error : "");
}

static void open_exchanger(bool tls, const char *ca_file)
{
	struct exchange_options options = {.user_agent = "Test/2", .ca_file = ca_file};
	struct error err;

	server_start(&server, tls);
	transfers = transfers_new(16, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(transfers);
	exchanger = http_exchanger_new(transfers, &options);
}

static void close_exchanger(void)
{
	transfers_abort(transfers);
	http_exchanger_free(exchanger);
	transfers_free(transfers);
	server_stop(&server);
}

static void begin(struct seen *s, const char *method, const char *scheme, const char *path, const char *body)
{
	struct error err;

	snprintf(s->url, sizeof s->url, "%s://127.0.0.1:%d%s", scheme, server.port, path);
	s->x.method = method;
	s->x.url = s->url;
	s->x.body = body;
	s->x.body_len = body ? strlen(body) : 0;
	s->x.on_data = on_data;
	s->x.done = on_done;
	CU_ASSERT_TRUE_FATAL(http_exchange_begin(exchanger, &s->x, &err));
}

static void ask(struct seen *s, const char *method, const char *path, const char *body)
{
	begin(s, method, "http", path, body);
	while (!s->done)
		turn();
}

static void a_get_has_neither_body_nor_type(void)
{
	struct seen s = {.done = false};

	open_exchanger(false, NULL);
	ask(&s, "GET", "/ok", NULL);
	CU_ASSERT_EQUAL(s.fault, EXCHANGE_WHOLE);
	CU_ASSERT_EQUAL(s.x.status, 200);
	CU_ASSERT_STRING_EQUAL(s.body, "ok");
	CU_ASSERT_EQUAL(strncmp(server.last, "GET /ok HTTP/1.1\r\n", 18), 0);
	CU_ASSERT_PTR_NULL(strcasestr(server.last, "\r\nContent-"));
	close_exchanger();
}

static void a_post_without_a_body_says_that_its_length_is_0(void)
{
	struct seen s = {.done = false};

	open_exchanger(false, NULL);
	ask(&s, "POST", "/ok", "");
	CU_ASSERT_PTR_NOT_NULL(strstr(server.last, "\r\nContent-Length: 0\r\n"));
	CU_ASSERT_PTR_NULL(strcasestr(server.last, "\r\nContent-Type:"));
	close_exchanger();
}

static void method_headers_and_body_are_sent_as_given(void)
{
	struct seen s = {.x = {.headers = {"Content-Type: application/json", "X-Own: 1"}, .header_count = 2}};

	open_exchanger(false, NULL);
	ask(&s, "DELETE", "/ok", "{}");
	CU_ASSERT_EQUAL(strncmp(server.last, "DELETE /ok HTTP/1.1\r\n", 21), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(server.last, "\r\nContent-Type: application/json\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(server.last, "\r\nX-Own: 1\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(server.last, "\r\nUser-Agent: Test/2\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(server.last, "\r\n\r\n{}"));
	close_exchanger();
}

static void a_redirect_is_not_followed_and_where_it_leads_is_told(void)
{
	struct seen s = {.done = false};

	open_exchanger(false, NULL);
	ask(&s, "GET", "/redirect", NULL);
	CU_ASSERT_EQUAL(s.x.status, 302);
	CU_ASSERT_PTR_NOT_NULL(strstr(s.x.location, "/ok"));
	CU_ASSERT_EQUAL(atomic_load(&server.requests), 1);
	close_exchanger();
}

static void retry_after_is_told(void)
{
	struct seen s = {.done = false};

	open_exchanger(false, NULL);
	ask(&s, "GET", "/after/7", NULL);
	CU_ASSERT_EQUAL(s.x.status, 503);
	CU_ASSERT_EQUAL(s.x.retry_after_s, 7);
	close_exchanger();
}

static void a_body_without_end_comes_on_until_no_more_is_wanted(void)
{
	struct seen s = {.want = 1 << 20};

	open_exchanger(false, NULL);
	ask(&s, "GET", "/endless", NULL);
	CU_ASSERT_EQUAL(s.fault, EXCHANGE_STOPPED);
	CU_ASSERT_EQUAL(s.x.status, 200);
	CU_ASSERT(s.received >= 1 << 20);
	close_exchanger();
}

static void a_body_that_is_cut_off_is_a_fault(void)
{
	struct seen s = {.done = false};

	open_exchanger(false, NULL);
	ask(&s, "GET", "/cut", NULL);
	CU_ASSERT_EQUAL(s.fault, EXCHANGE_LOST);
	CU_ASSERT_STRING_EQUAL(s.body, "12345");
	CU_ASSERT_NOT_EQUAL(s.error[0], '\0');
	close_exchanger();
}

static void a_connection_that_ends_without_an_answer_is_lost(void)
{
	struct seen s = {.done = false};

	open_exchanger(false, NULL);
	ask(&s, "GET", "/close", NULL);
	CU_ASSERT_EQUAL(s.fault, EXCHANGE_LOST);
	CU_ASSERT_EQUAL(s.x.status, 0);
	close_exchanger();
}

static void a_port_where_nobody_listens_is_not_reached(void)
{
	struct seen s = {.done = false};

	open_exchanger(false, NULL);
	server_stop(&server);
	ask(&s, "GET", "/ok", NULL);
	CU_ASSERT_EQUAL(s.fault, EXCHANGE_UNREACHED);
	server_start(&server, false);
	close_exchanger();
}

static void a_time_that_is_over_is_told(void)
{
	struct seen s = {.x = {.timeout_ms = 200}};

	open_exchanger(false, NULL);
	ask(&s, "GET", "/never", NULL);
	CU_ASSERT_EQUAL(s.fault, EXCHANGE_LATE);
	CU_ASSERT_PTR_NOT_NULL(strstr(s.error, "no answer within 0.2 s"));
	close_exchanger();
}

static void one_can_be_stopped_while_another_goes_on(void)
{
	struct seen stopped = {.done = false}, other = {.done = false};

	open_exchanger(false, NULL);
	begin(&stopped, "GET", "http", "/never", NULL);
	CU_ASSERT_TRUE(!stopped.done);
	turn();
	http_exchange_stop(&stopped.x);
	CU_ASSERT_TRUE(stopped.done);
	CU_ASSERT_EQUAL(stopped.fault, EXCHANGE_STOPPED);
	ask(&other, "GET", "/ok", NULL);
	CU_ASSERT_EQUAL(other.x.status, 200);
	close_exchanger();
}

static void a_certificate_that_nobody_vouches_for_is_not_reached(void)
{
	struct seen s = {.done = false};

	open_exchanger(true, NULL);
	begin(&s, "GET", "https", "/ok", NULL);
	while (!s.done)
		turn();
	CU_ASSERT_EQUAL(s.fault, EXCHANGE_UNREACHED);
	CU_ASSERT_EQUAL(atomic_load(&server.requests), 0);
	close_exchanger();
}

static void a_base_is_http_with_a_host_and_nothing_behind_its_path(void)
{
	static const char *const good[] = {"http://localhost", "https://a.example:8443/agentiv", "http://[::1]:8080/", "HTTPS://a.example"};
	static const char *const bad[] = {"", "example.com", "ftp://a", "http://", "https://u:p@a", "https://u@a", "http://a/?x", "http://a#x",
	                                  "http://a b", "http://a/\n", "file:///etc/passwd"};
	struct error err;
	size_t i;

	for (i = 0; i < sizeof good / sizeof *good; i++)
		CU_ASSERT_TRUE(http_exchange_check_base(good[i], "url", &err));
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		CU_ASSERT_FALSE(http_exchange_check_base(bad[i], "url", &err));
}

/* ---- events ---- */

static char told[1024];

static bool on_event(struct event_stream *s, const char *event, const char *data, size_t n)
{
	size_t at = strlen(told);

	snprintf(told + at, sizeof told - at, "%s|%s|%s;", s->id, event, data);
	CU_ASSERT_EQUAL(strlen(data), n);
	return strcmp(event, "last") != 0;
}

/* Fed in pieces of so many bytes. */
static bool feed(const char *text, size_t piece, size_t max)
{
	struct event_stream s;
	size_t n = strlen(text), i;
	bool ok = true;

	event_stream_init(&s, max);
	s.on_event = on_event;
	told[0] = '\0';
	for (i = 0; ok && i < n; i += piece)
		ok = event_stream_feed(&s, text + i, n - i < piece ? n - i : piece);
	event_stream_release(&s);
	return ok;
}

static void events_are_told_wherever_their_bytes_are_parted(void)
{
	size_t piece;

	for (piece = 1; piece < 12; piece++) {
		CU_ASSERT_TRUE(feed("id: 1\nevent: step\ndata: {\"a\":1}\n\nid: 2\r\ndata: x\r\ndata: y\r\n\r\ndata:z\r\r", piece, 1000));
		CU_ASSERT_STRING_EQUAL(told, "1|step|{\"a\":1};2|message|x\ny;2|message|z;");
	}
}

static void comments_and_unknown_fields_are_passed_over(void)
{
	CU_ASSERT_TRUE(feed("\xef\xbb\xbf: hello\nretry: 3\nnothing\ndata: a\n: between\n\n", 3, 1000));
	CU_ASSERT_STRING_EQUAL(told, "|message|a;");
}

static void an_id_counts_when_its_event_is_whole(void)
{
	struct event_stream s;

	event_stream_init(&s, 1000);
	s.on_event = on_event;
	told[0] = '\0';
	CU_ASSERT_TRUE(event_stream_feed(&s, "id: 1\ndata: a\n\nid: 2\nda", 23));
	event_stream_restart(&s);
	CU_ASSERT_STRING_EQUAL(s.id, "1");
	CU_ASSERT_TRUE(event_stream_feed(&s, "data: b\n\n", 9));
	CU_ASSERT_STRING_EQUAL(told, "1|message|a;1|message|b;");
	event_stream_release(&s);
}

static size_t told_bytes;

static bool on_bytes(struct event_stream *s, const char *event, const char *data, size_t n)
{
	told_bytes = n;
	return on_event(s, event, data, strlen(data));
}

static void a_nul_ends_no_value_and_an_id_with_one_is_none(void)
{
	static const char text[] = "id: 1\ndata: a\n\nid: 2\0\ndata: b\0c\n\n";
	struct event_stream s;

	event_stream_init(&s, 1000);
	s.on_event = on_bytes;
	told[0] = '\0';
	CU_ASSERT_TRUE(event_stream_feed(&s, text, sizeof text - 1));
	CU_ASSERT_STRING_EQUAL(told, "1|message|a;1|message|b;");
	CU_ASSERT_EQUAL(told_bytes, 3);
	event_stream_release(&s);
}

static void an_event_without_data_is_none(void)
{
	CU_ASSERT_TRUE(feed("event: empty\n\ndata: a\n\n", 100, 1000));
	CU_ASSERT_STRING_EQUAL(told, "|message|a;");
}

static void an_event_that_is_not_whole_is_not_told(void)
{
	CU_ASSERT_TRUE(feed("data: a\n\ndata: b\n", 100, 1000));
	CU_ASSERT_STRING_EQUAL(told, "|message|a;");
}

static void nothing_is_told_after_the_one_that_is_enough(void)
{
	CU_ASSERT_FALSE(feed("event: last\ndata: a\n\ndata: b\n\n", 100, 1000));
	CU_ASSERT_STRING_EQUAL(told, "|last|a;");
}

static void an_event_larger_than_the_bound_ends_it(void)
{
	CU_ASSERT_FALSE(feed("data: 0123456789\ndata: 0123456789\n\n", 5, 20));
	CU_ASSERT_FALSE(feed("data: 012345678901234567890", 5, 20));
	CU_ASSERT_STRING_EQUAL(told, "");
}

static CU_TestInfo tests[] = {
	{"a GET has neither body nor type", a_get_has_neither_body_nor_type},
	{"a POST without a body says that its length is 0", a_post_without_a_body_says_that_its_length_is_0},
	{"method, headers and body are sent as given", method_headers_and_body_are_sent_as_given},
	{"a redirect is not followed, and where it leads is told", a_redirect_is_not_followed_and_where_it_leads_is_told},
	{"Retry-After is told", retry_after_is_told},
	{"a body without end comes on until no more is wanted", a_body_without_end_comes_on_until_no_more_is_wanted},
	{"a body that is cut off is a fault", a_body_that_is_cut_off_is_a_fault},
	{"a connection that ends without an answer is lost", a_connection_that_ends_without_an_answer_is_lost},
	{"a port where nobody listens is not reached", a_port_where_nobody_listens_is_not_reached},
	{"a time that is over is told", a_time_that_is_over_is_told},
	{"one can be stopped while another goes on", one_can_be_stopped_while_another_goes_on},
	{"a certificate that nobody vouches for is not reached", a_certificate_that_nobody_vouches_for_is_not_reached},
	{"a base is http with a host and nothing behind its path", a_base_is_http_with_a_host_and_nothing_behind_its_path},
	{"events are told wherever their bytes are parted", events_are_told_wherever_their_bytes_are_parted},
	{"comments and unknown fields are passed over", comments_and_unknown_fields_are_passed_over},
	{"an id counts when its event is whole", an_id_counts_when_its_event_is_whole},
	{"a NUL ends no value, and an id with one is none", a_nul_ends_no_value_and_an_id_with_one_is_none},
	{"an event without data is none", an_event_without_data_is_none},
	{"an event that is not whole is not told", an_event_that_is_not_whole_is_not_told},
	{"nothing is told after the one that is enough", nothing_is_told_after_the_one_that_is_enough},
	{"an event larger than the bound ends it", an_event_larger_than_the_bound_ends_it},
	CU_TEST_INFO_NULL};

CU_SuiteInfo http_exchange_suite = {"HTTP exchanges and events", NULL, NULL, NULL, NULL, tests};
