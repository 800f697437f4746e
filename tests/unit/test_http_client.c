/* The HTTP client (net/http_client.h): what it sends, and what it makes of answers and of their lack. */
#include <CUnit/CUnit.h>
#include <string.h>
#include <time.h>

#include "net_client.h"
#include "net_suites.h"

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
	transfers_rest(transfers);
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
	CU_ASSERT(o.retry_after_s >= then - time(NULL) && o.retry_after_s <= 30);
	close_all();
}

static void a_receiver_that_never_answers_runs_out_of_time(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/never", 300);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_STRING_EQUAL(o.error, "No answer within 0.3 s");
	CU_ASSERT(o.duration_us >= 290000);
	CU_ASSERT_FALSE(o.refused);
	close_all();
}

static void a_slow_receiver_does_not_hold_up_others(void)
{
	struct outcome slow, quick;

	open_all(false);
	post(&slow, "/never", LONG_MS);
	send_and_finish(&quick, "/ok", 3000);
	CU_ASSERT_EQUAL(quick.status, 200);
	CU_ASSERT_FALSE(slow.done);
	transfers_abort(transfers);
	close_all();
}

static void a_body_without_end_is_cut_off_and_its_status_counts(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/endless", LONG_MS);
	CU_ASSERT_EQUAL(o.status, 200);
	CU_ASSERT_TRUE(server_wait(&server.closed, 1));
	close_all();
}

static void headers_without_end_are_an_error(void)
{
	struct outcome o;

	open_all(false);
	send_and_finish(&o, "/headers", LONG_MS);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.error, "more than 32768 bytes of headers"));
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
	close_client();
}

static void what_is_under_way_can_be_stopped(void)
{
	struct outcome o;

	open_all(false);
	post(&o, "/never", LONG_MS);
	turn();
	CU_ASSERT_EQUAL(transfers_active(transfers), 1);
	transfers_abort(transfers);
	CU_ASSERT_TRUE(o.done);
	CU_ASSERT_STRING_EQUAL(o.error, "stopped");
	CU_ASSERT_EQUAL(transfers_active(transfers), 0);
	close_all();
}

static void many_at_once_are_all_answered(void)
{
	struct outcome o[40];
	unsigned i;

	open_all(false);
	for (i = 0; i < 40; i++)
		post(&o[i], "/late/100", LONG_MS);
	for (i = 0; i < 40; i++)
		finish(&o[i]);
	for (i = 0; i < 40; i++)
		CU_ASSERT_EQUAL(o[i].status, 200);
	/* none was sent over the connection of another that had its answer */
	CU_ASSERT_EQUAL(atomic_load(&server.connections), 40);
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
	{"what is under way can be stopped", what_is_under_way_can_be_stopped},
	{"many at once are all answered", many_at_once_are_all_answered},
	CU_TEST_INFO_NULL};

CU_SuiteInfo http_client_suite = {"HTTP client", NULL, NULL, NULL, NULL, tests};
