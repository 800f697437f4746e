/* An integration that refuses its login for good (core/connection_refused.h): disconnected and told of once. */
#include "outbox_fixture.h"

#include "base/clock.h"
#include "core/connection_refused.h"
#include "store/accounts.h"
#include "store/endpoints.h"
#include "store_suites.h"

#define THREADS 8

static void connected(int64_t at)
{
	struct id id = id_make();
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(connection_put(fx_conn, 1, "gmail", "imap", "sealed", 6, at, &id, &err));
}

static void given_a_connection(void)
{
	fx_empty();
	fx_account(1, -1);
	connected(1000);
}

/* As a run does that has used the connection that was made then. */
static void refused(int64_t since)
{
	struct executor_env env = {.db = fx_db};
	struct claimed_run run = {.account_id = 1, .account_public_id = id_make()};

	connection_refused(&env, &run, "gmail", since, "The mail server refused the login");
}

static int64_t status(void)
{
	return fx_number("SELECT status FROM connections WHERE account_id = 1");
}

static void it_is_disconnected_and_told_of_once(void)
{
	given_a_connection();
	ox_endpoint(1, ENDPOINT_EVENTS_ALL);
	refused(1000);
	refused(1000);
	CU_ASSERT_EQUAL(status(), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM events WHERE event = 3"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM events e JOIN outbox o ON o.delivery_id = e.id WHERE o.fanout = 1"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'connection.refused' AND object = 'gmail'"), 1);
	CU_ASSERT_EQUAL(ox_fan_out(), 1);
}

static void nothing_is_sent_where_no_endpoint_wants_to_hear_of_it(void)
{
	given_a_connection();
	ox_endpoint(1, 1u << EVENT_RUN_SUCCESS);
	refused(1000);
	CU_ASSERT_EQUAL(status(), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox WHERE fanout = 1"), 0);
}

static void one_that_was_connected_anew_meanwhile_stays(void)
{
	given_a_connection();
	connected(2000);
	refused(1000);
	CU_ASSERT_EQUAL(status(), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM events"), 0);
}

static void one_that_is_connected_again_is_told_of_again(void)
{
	given_a_connection();
	refused(1000);
	connected(2000);
	CU_ASSERT_EQUAL(status(), 0);
	refused(2000);
	CU_ASSERT_EQUAL(status(), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM events WHERE event = 3"), 2);
}

static void one_that_was_removed_is_not_told_of(void)
{
	fx_empty();
	fx_account(1, -1);
	refused(1000);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM events"), 0);
}

static void *refuse_it(void *arg)
{
	refused(1000);
	return NULL;
}

static void many_runs_that_are_refused_at_once_tell_of_it_once(void)
{
	pthread_t t[THREADS];
	unsigned i;

	given_a_connection();
	ox_endpoint(1, ENDPOINT_EVENTS_ALL);
	for (i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, refuse_it, NULL), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM events"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox WHERE fanout = 1"), 1);
}

static CU_TestInfo tests[] = {
	{"it is disconnected and told of once", it_is_disconnected_and_told_of_once},
	{"nothing is sent where no endpoint wants to hear of it", nothing_is_sent_where_no_endpoint_wants_to_hear_of_it},
	{"one that was connected anew meanwhile stays", one_that_was_connected_anew_meanwhile_stays},
	{"one that is connected again is told of again", one_that_is_connected_again_is_told_of_again},
	{"one that was removed is not told of", one_that_was_removed_is_not_told_of},
	{"many runs that are refused at once tell of it once", many_runs_that_are_refused_at_once_tell_of_it_once},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo refusals_suite = {"integrations that refuse", fx_open, fx_close, NULL, NULL, tests};
