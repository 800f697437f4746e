/* Leases of an account's requests (store/request_minutes.h). Minutes are the database's. */
#include "queue_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "request_suites.h"
#include "store/request_minutes.h"

static struct error err;

#define MOST 4       /* of one lease */

static int64_t lease(struct minute_lease *l, int64_t limit)
{
	CU_ASSERT_TRUE_FATAL(request_minutes_lease(fx_db, 1, limit, MOST, l, &err));
	return l->got;
}

static void forget_row(void)
{
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "DELETE FROM request_minutes", &err));
}

static void set_row(int64_t minute, int64_t leased)
{
	struct db_arg args[2] = {db_int(minute), db_int(leased)};

	forget_row();
	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, "INSERT INTO request_minutes VALUES (1, ?, ?)", args, 2, NULL, &err));
}

static int64_t now_minute(void)
{
	return fx_number("SELECT UNIX_TIMESTAMP() DIV 60");
}

/* Runs a body that takes milliseconds, not across the end of a minute. */
static void within_a_minute(void (*body)(int64_t minute))
{
	while (fx_number("SELECT SECOND(UTC_TIMESTAMP())") >= 58)
		poll(NULL, 0, 50);
	body(now_minute());
}

static void lease_parts(int64_t minute)
{
	struct minute_lease l;

	forget_row();
	CU_ASSERT_EQUAL(lease(&l, 20), 4);
	CU_ASSERT_EQUAL(l.minute, minute);
	CU_ASSERT_EQUAL(l.leased, 4);
	CU_ASSERT_EQUAL(lease(&l, 20), 4);
	CU_ASSERT_EQUAL(lease(&l, 20), 3);
	CU_ASSERT_EQUAL(l.leased, 11);
	while (lease(&l, 20) > 0)
		;
	CU_ASSERT_EQUAL(l.minute, minute);
	CU_ASSERT_EQUAL(l.leased, 20);
	CU_ASSERT_EQUAL(fx_number("SELECT leased FROM request_minutes WHERE account_id = 1"), 20);
}

static void parts_are_leased_until_the_limit(void)
{
	within_a_minute(lease_parts);
}

static void lease_counted(int64_t minute)
{
	struct minute_lease l;
	uint64_t before;

	set_row(minute, 3);
	before = db_counters(fx_db).statements;
	CU_ASSERT_EQUAL(lease(&l, 100), 4);
	CU_ASSERT_EQUAL(db_counters(fx_db).statements - before, 1);
	CU_ASSERT_EQUAL(l.leased, 7);
}

static void a_lease_is_one_statement(void)
{
	within_a_minute(lease_counted);
}

static void lease_last(int64_t minute)
{
	struct minute_lease l;

	set_row(minute, 99);
	CU_ASSERT_EQUAL(lease(&l, 100), 1);
	CU_ASSERT_EQUAL(l.leased, 100);
}

static void the_last_one_is_leased(void)
{
	within_a_minute(lease_last);
}

static void lease_raised(int64_t minute)
{
	struct minute_lease l;

	set_row(minute, 10);
	CU_ASSERT_EQUAL(lease(&l, 10), 0);
	CU_ASSERT_EQUAL(lease(&l, 12), 1);
	/* and a lower one less than was leased already */
	CU_ASSERT_EQUAL(lease(&l, 5), 0);
	CU_ASSERT_EQUAL(l.leased, 11);
}

static void a_raised_limit_gives_more(void)
{
	within_a_minute(lease_raised);
}

static void lease_none(int64_t minute)
{
	struct minute_lease l;

	forget_row();
	CU_ASSERT_EQUAL(lease(&l, 0), 0);
	set_row(minute - 1, 7);
	CU_ASSERT_EQUAL(lease(&l, 0), 0);
}

static void a_limit_of_none_gives_none(void)
{
	within_a_minute(lease_none);
}

static void lease_new_minute(int64_t minute)
{
	struct minute_lease l;

	set_row(minute - 1, 10);
	CU_ASSERT_EQUAL(lease(&l, 16), 4);
	CU_ASSERT_EQUAL(l.minute, minute);
	CU_ASSERT_EQUAL(l.leased, 4);
}

static void a_new_minute_starts_from_nothing(void)
{
	within_a_minute(lease_new_minute);
}

static void lease_future(int64_t minute)
{
	struct minute_lease l;

	set_row(minute + 500, 10);
	CU_ASSERT_EQUAL(lease(&l, 16), 4);
	CU_ASSERT_EQUAL(l.minute, minute);
}

static void a_row_of_a_clock_that_went_wrong_does_not_lock_out(void)
{
	within_a_minute(lease_future);
}

/* This host's clock is wrong by an hour: the lease is the database's minute all the same. */
static void lease_skewed(int64_t minute)
{
	struct minute_lease l;
	int64_t offset = clock_offset_ms();

	forget_row();
	clock_set_offset(offset + 3600000);
	CU_ASSERT_EQUAL(lease(&l, 20), 4);
	CU_ASSERT_EQUAL(lease(&l, 20), 4);
	clock_set_offset(offset);
	CU_ASSERT_EQUAL(l.minute, minute);
	CU_ASSERT_EQUAL(l.leased, 8);
}

static void the_minute_is_the_database_s(void)
{
	within_a_minute(lease_skewed);
}

/* Each a thread with a connection of its own. */
#define HOSTS 16

static void *lease_host(void *sum)
{
	struct minute_lease l;
	struct error mine;

	do {
		if (!request_minutes_lease(fx_db, 1, 200, MOST, &l, &mine))
			return NULL;
		*(int64_t *)sum += l.got;
	} while (l.got > 0);
	return sum;
}

static void lease_together(int64_t minute)
{
	int64_t sums[HOSTS] = {0}, sum = 0;
	pthread_t threads[HOSTS];
	void *well;
	unsigned i;

	forget_row();
	for (i = 0; i < HOSTS; i++)
		pthread_create(&threads[i], NULL, lease_host, &sums[i]);
	for (i = 0; i < HOSTS; i++) {
		pthread_join(threads[i], &well);
		CU_ASSERT_PTR_NOT_NULL(well);
		sum += sums[i];
	}
	CU_ASSERT_EQUAL(sum, 200);
}

static void hosts_at_once_get_no_more_than_the_limit(void)
{
	within_a_minute(lease_together);
}

static CU_TestInfo tests[] = {
	{"parts are leased until the limit", parts_are_leased_until_the_limit},
	{"a lease is one statement", a_lease_is_one_statement},
	{"the last one is leased", the_last_one_is_leased},
	{"a raised limit gives more", a_raised_limit_gives_more},
	{"a limit of none gives none", a_limit_of_none_gives_none},
	{"a new minute starts from nothing", a_new_minute_starts_from_nothing},
	{"a row of a clock that went wrong does not lock out",
	 a_row_of_a_clock_that_went_wrong_does_not_lock_out},
	{"the minute is the database's", the_minute_is_the_database_s},
	{"hosts at once get no more than the limit", hosts_at_once_get_no_more_than_the_limit},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo minutes_suite = {"requests: leases of a minute", fx_open, fx_close, NULL, NULL, tests};
