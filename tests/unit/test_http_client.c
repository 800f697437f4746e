/* The HTTP client (net/http_client.h) against a server of the test's own. */
#include <CUnit/CUnit.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/http_client.h"
#include "net_server.h"
#include "net_suites.h"

struct outcome {
	struct http_call call;               /* first */
	char url[256];
	bool done;
	int  status;
	bool refused;
	int64_t retry_after_s, duration_us;
	char error[400], body[HTTP_BODY_KEPT + 1];
};

static struct net_server server;
static struct outbound_rules *rules;
static struct http_client *client;

static void open_client(const char *networks, const char *ca_file)
{
	struct http_options options = {.user_agent = "Test/1", .max_connections = 16, .ca_file = ca_file};
	struct error err;

	rules = outbound_rules_new(networks, &err);
	options.rules = rules;
	client = http_client_new(&options, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(client);
}

static void open_all(bool tls)
{
	server_start(&server, tls);
	open_client("127.0.0.0/8", tls ? server.ca_file : NULL);
}

static void close_all(void)
{
	http_client_free(client);
	outbound_rules_free(rules);
	server_stop(&server);
}

static void on_done(struct http_call *call, const struct http_answer *a)
{
	struct outcome *o = (struct outcome *)call;

	CU_ASSERT_FALSE(o->done);
	o->done = true;
	o->status = a->status;
	o->refused = a->refused;
	o->retry_after_s = a->retry_after_s;
	o->duration_us = a->duration_us;
	snprintf(o->error, sizeof o->error, "%s", a->error ? a->error : "");
	if (a->body_len > 0)
		memcpy(o->body, a->body, a->body_len);
}

static void post_to(struct outcome *o, const char *scheme, const char *host, const char *path, int64_t timeout_ms)
{
	struct error err;

	memset(o, 0, sizeof *o);
	snprintf(o->url, sizeof o->url, "%s://%s:%d%s", scheme, host, server.port, path);
	o->call = (struct http_call){.url = o->url, .headers = {"Content-Type: application/json", "X-Own: 1"},
	                             .header_count = 2, .body = "{\"a\":1}", .body_len = 7,
	                             .timeout_ms = timeout_ms, .done = on_done};
	CU_ASSERT_TRUE_FATAL(http_client_post(client, &o->call, &err));
}

static void post(struct outcome *o, const char *path, int64_t timeout_ms)
{
	post_to(o, "http", "127.0.0.1", path, timeout_ms);
}

/* One turn of a loop. */
static void turn(void)
{
	struct pollfd fd = {.fd = http_client_fd(client), .events = POLLIN};
	int64_t due = http_client_due(client), left = due == INT64_MAX ? 1000000 : due - clock_mono_us();

	poll(&fd, 1, left > 0 ? (int)(left / 1000 + 1) : 0);
	http_client_run(client);
}

static void finish(struct outcome *o)
{
	int64_t until = clock_mono_us() + 5000000;

	while (!o->done && clock_mono_us() < until)
		turn();
	CU_ASSERT_TRUE_FATAL(o->done);
}

static void send_and_finish(struct outcome *o, const char *path, int64_t timeout_ms)
{
	post(o, path, timeout_ms);
	finish(o);
}

static void a_post_is_answered(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/ok", 3000);
	CU_ASSERT_EQUAL(o.status, 200);
	CU_ASSERT_STRING_EQUAL(o.body, "ok");
	CU_ASSERT_STRING_EQUAL(o.error, "");
	close_all();
}

static void headers_and_body_are_sent_as_given(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/ok", 3000);
	CU_ASSERT_EQUAL(strncmp(server.last, "POST /ok HTTP/1.1\r\n", 19), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(server.last, "\r\nContent-Type: application/json\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(server.last, "\r\nX-Own: 1\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(server.last, "\r\nUser-Agent: Test/1\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(server.last, "\r\nContent-Length: 7\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(server.last, "\r\n\r\n{\"a\":1}"));
	CU_ASSERT_PTR_NULL(strcasestr(server.last, "expect"));
	close_all();
}

static void a_connection_is_used_again(void)
{
	struct outcome o;
	unsigned i;

	open_all(false);
	for (i = 0; i < 5; i++)
		send_and_finish(&o, "/ok", 3000);
	CU_ASSERT_EQUAL(atomic_load(&server.requests), 5);
	CU_ASSERT_EQUAL(atomic_load(&server.connections), 1);
	close_all();
}

static void a_client_at_rest_holds_no_connection_and_still_works(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/ok", 3000);
	http_client_rest(client);
	CU_ASSERT_TRUE(server_wait(&server.closed, 1));
	send_and_finish(&o, "/ok", 3000);
	CU_ASSERT_EQUAL(o.status, 200);
	close_all();
}

static void a_status_is_no_error_and_its_body_is_kept(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/status/500", 3000);
	CU_ASSERT_EQUAL(o.status, 500);
	CU_ASSERT_STRING_EQUAL(o.body, "status 500");
	CU_ASSERT_STRING_EQUAL(o.error, "");
	close_all();
}

static void a_redirect_is_not_followed(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/redirect", 3000);
	CU_ASSERT_EQUAL(o.status, 302);
	CU_ASSERT_EQUAL(atomic_load(&server.requests), 1);
	close_all();
}

static void retry_after_is_read_in_seconds(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/after/7", 3000);
	CU_ASSERT_EQUAL(o.status, 503);
	CU_ASSERT_EQUAL(o.retry_after_s, 7);
	send_and_finish(&o, "/after/soon", 3000);
	CU_ASSERT_EQUAL(o.retry_after_s, 0);
	close_all();
}

static void retry_after_is_read_as_a_date(void)
{
	time_t then = time(NULL) + 30;
	char path[64];
	struct outcome o;
	struct tm tm;

	open_all(false);
	strftime(path, sizeof path, "/after/%a,_%d_%b_%Y_%H:%M:%S_GMT", gmtime_r(&then, &tm));
	send_and_finish(&o, path, 3000);
	CU_ASSERT(o.retry_after_s >= 28 && o.retry_after_s <= 30);
	close_all();
}

static void a_receiver_that_never_answers_runs_out_of_time(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/never", 300);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_STRING_EQUAL(o.error, "No answer within 0.3 s");
	CU_ASSERT(o.duration_us >= 290000 && o.duration_us < 1500000);
	CU_ASSERT_FALSE(o.refused);
	close_all();
}

static void a_slow_receiver_does_not_hold_up_others(void)
{
	struct outcome slow, quick;

	open_all(false);
	post(&slow, "/never", 3000);
	send_and_finish(&quick, "/ok", 3000);
	CU_ASSERT_EQUAL(quick.status, 200);
	CU_ASSERT_FALSE(slow.done);
	http_client_abort(client);
	close_all();
}

static void a_body_without_end_is_cut_off_and_its_status_counts(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/endless", 4000);
	CU_ASSERT_EQUAL(o.status, 200);
	CU_ASSERT(o.duration_us < 2000000);
	CU_ASSERT_TRUE(server_wait(&server.closed, 1));
	close_all();
}

static void headers_without_end_are_an_error(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/headers", 4000);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.error, "more than 32768 bytes of headers"));
	CU_ASSERT(o.duration_us < 2000000);
	close_all();
}

static void a_status_counts_when_its_body_never_comes(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/half", 300);
	CU_ASSERT_EQUAL(o.status, 200);
	send_and_finish(&o, "/cut", 3000);
	CU_ASSERT_EQUAL(o.status, 200);
	close_all();
}

static void a_connection_that_ends_without_an_answer_is_an_error(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/close", 3000);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_NOT_EQUAL(o.error[0], '\0');
	CU_ASSERT_FALSE(o.refused);
	close_all();
}

static void a_port_where_nobody_listens_is_an_error(void)
{
	struct outcome o;

	open_all(false);
	server_stop(&server);
	send_and_finish(&o, "/ok", 3000);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_FALSE(o.refused);
	http_client_free(client);
	outbound_rules_free(rules);
}

static void an_address_that_the_rules_forbid_is_never_connected_to(void)
{
	struct outcome o;

	server_start(&server, false);
	open_client("", NULL);
	send_and_finish(&o, "/ok", 3000);
	CU_ASSERT_TRUE(o.refused);
	CU_ASSERT_STRING_EQUAL(o.error, "127.0.0.1 is a loopback address; only public addresses are allowed");
	CU_ASSERT_EQUAL(atomic_load(&server.connections), 0);
	close_all();
}

static void a_name_that_leads_to_a_forbidden_address_is_refused(void)
{
	struct outcome o;

	server_start(&server, false);
	open_client("", NULL);
	post_to(&o, "http", "loop.test", "/ok", 3000);
	finish(&o);
	CU_ASSERT_TRUE(o.refused);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.error, "127.0.0.1 is a loopback address"));
	CU_ASSERT_EQUAL(atomic_load(&server.connections), 0);
	close_all();
}

static void the_operator_may_allow_it(void)
{
	struct outcome o;

	open_all(false);
	post_to(&o, "http", "loop.test", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 200);
	close_all();
}

static void of_a_names_addresses_only_the_allowed_ones_are_tried(void)
{
	struct outcome o;

	open_all(false);
	post_to(&o, "http", "mixed.test", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 200);
	close_all();
}

static void a_name_of_another_script_is_looked_up_in_its_ascii_form(void)
{
	struct outcome o;

	open_all(false);
	post_to(&o, "http", "b\xc3\xbc" "cher.test", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 200);
	close_all();
}

static void a_name_that_does_not_exist_may_exist_later(void)
{
	struct outcome o;

	open_all(false);
	post_to(&o, "http", "nobody.test", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_FALSE(o.refused);
	close_all();
}

static void a_name_that_takes_long_holds_up_neither_the_loop_nor_others(void)
{
	struct outcome slow, quick;
	int64_t since = clock_mono_us();

	open_all(false);
	post_to(&slow, "http", "hang.test", "/ok", 300);
	send_and_finish(&quick, "/ok", 3000);
	finish(&slow);
	CU_ASSERT_EQUAL(quick.status, 200);
	CU_ASSERT(quick.duration_us < 250000);
	CU_ASSERT_EQUAL(slow.status, 0);
	CU_ASSERT(clock_mono_us() - since < 1500000);
	close_all();
}

static void a_proxy_of_the_environment_is_not_used(void)
{
	struct outcome o;

	setenv("http_proxy", "http://127.0.0.1:9", 1);
	setenv("all_proxy", "http://127.0.0.1:9", 1);
	open_all(false);
	send_and_finish(&o, "/ok", 3000);
	CU_ASSERT_EQUAL(o.status, 200);
	close_all();
	unsetenv("http_proxy");
	unsetenv("all_proxy");
}

static void other_schemes_are_refused(void)
{
	struct outcome o;

	open_all(false);
	post_to(&o, "ftp", "127.0.0.1", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_TRUE(o.refused);
	close_all();
}

static void a_certificate_that_is_trusted_is_accepted(void)
{
	struct outcome o;

	open_all(true);
	post_to(&o, "https", "127.0.0.1", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 200);
	close_all();
}

static void a_certificate_that_nobody_trusts_is_an_error(void)
{
	struct outcome o;

	server_start(&server, true);
	open_client("127.0.0.0/8", NULL);
	post_to(&o, "https", "127.0.0.1", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.error, "certificate"));
	CU_ASSERT_EQUAL(atomic_load(&server.requests), 0);
	close_all();
}

static void a_certificate_for_another_name_is_an_error(void)
{
	struct outcome o;

	open_all(true);
	post_to(&o, "https", "loop.test", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_EQUAL(atomic_load(&server.requests), 0);
	close_all();
}

static void what_is_under_way_can_be_stopped(void)
{
	struct outcome o;

	open_all(false);
	post(&o, "/never", 3000);
	turn();
	CU_ASSERT_EQUAL(http_client_active(client), 1);
	http_client_abort(client);
	CU_ASSERT_TRUE(o.done);
	CU_ASSERT_STRING_EQUAL(o.error, "stopped");
	CU_ASSERT_EQUAL(http_client_active(client), 0);
	close_all();
}

static void many_at_once_are_all_answered(void)
{
	struct outcome o[40];
	unsigned i;

	open_all(false);
	for (i = 0; i < 40; i++)
		post(&o[i], "/late/100", 4000);
	for (i = 0; i < 40; i++)
		finish(&o[i]);
	for (i = 0; i < 40; i++)
		CU_ASSERT_EQUAL(o[i].status, 200);
	CU_ASSERT(o[39].duration_us < 2000000);
	close_all();
}

static CU_TestInfo tests[] = {
	{"a POST is answered", a_post_is_answered},
	{"headers and body are sent as given", headers_and_body_are_sent_as_given},
	{"a connection is used again", a_connection_is_used_again},
	{"a client at rest holds no connection and still works",
	 a_client_at_rest_holds_no_connection_and_still_works},
	{"a status is no error and its body is kept", a_status_is_no_error_and_its_body_is_kept},
	{"a redirect is not followed", a_redirect_is_not_followed},
	{"Retry-After is read in seconds", retry_after_is_read_in_seconds},
	{"Retry-After is read as a date", retry_after_is_read_as_a_date},
	{"a receiver that never answers runs out of time", a_receiver_that_never_answers_runs_out_of_time},
	{"a slow receiver does not hold up others", a_slow_receiver_does_not_hold_up_others},
	{"a body without end is cut off and its status counts",
	 a_body_without_end_is_cut_off_and_its_status_counts},
	{"headers without end are an error", headers_without_end_are_an_error},
	{"a status counts when its body never comes", a_status_counts_when_its_body_never_comes},
	{"a connection that ends without an answer is an error",
	 a_connection_that_ends_without_an_answer_is_an_error},
	{"a port where nobody listens is an error", a_port_where_nobody_listens_is_an_error},
	{"an address that the rules forbid is never connected to",
	 an_address_that_the_rules_forbid_is_never_connected_to},
	{"a name that leads to a forbidden address is refused",
	 a_name_that_leads_to_a_forbidden_address_is_refused},
	{"the operator may allow it", the_operator_may_allow_it},
	{"of a name's addresses only the allowed ones are tried",
	 of_a_names_addresses_only_the_allowed_ones_are_tried},
	{"a name of another script is looked up in its ASCII form",
	 a_name_of_another_script_is_looked_up_in_its_ascii_form},
	{"a name that does not exist may exist later", a_name_that_does_not_exist_may_exist_later},
	{"a name that takes long holds up neither the loop nor others",
	 a_name_that_takes_long_holds_up_neither_the_loop_nor_others},
	{"a proxy of the environment is not used", a_proxy_of_the_environment_is_not_used},
	{"other schemes are refused", other_schemes_are_refused},
	{"a certificate that is trusted is accepted", a_certificate_that_is_trusted_is_accepted},
	{"a certificate that nobody trusts is an error", a_certificate_that_nobody_trusts_is_an_error},
	{"a certificate for another name is an error", a_certificate_for_another_name_is_an_error},
	{"what is under way can be stopped", what_is_under_way_can_be_stopped},
	{"many at once are all answered", many_at_once_are_all_answered},
	CU_TEST_INFO_NULL};

CU_SuiteInfo http_client_suite = {"HTTP client", NULL, NULL, NULL, NULL, tests};
