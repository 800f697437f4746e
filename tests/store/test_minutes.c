/* Leases of an account's requests (store/request_minutes.h). Minutes are the database's. */
#include "queue_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "request_suites.h"
#include "store/request_minutes.h"

static struct error err;

static int64_t share_of_four(int64_t limit, int64_t left)
{
	return left < 4 ? left : 4;
}

static int64_t lease(struct minute_lease *l, int64_t limit)
{
	CU_ASSERT_TRUE_FATAL(request_minutes_lease(fx_db, 1, limit, share_of_four, l, &err));
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
	struct minute_lease l = {0};

	forget_row();
	CU_ASSERT_EQUAL(lease(&l, 10), 4);
	CU_ASSERT_EQUAL(l.minute, minute);
	CU_ASSERT_EQUAL(l.leased, 4);
	CU_ASSERT_EQUAL(lease(&l, 10), 4);
	CU_ASSERT_EQUAL(lease(&l, 10), 2);
	CU_ASSERT_EQUAL(l.leased, 10);
	CU_ASSERT_EQUAL(lease(&l, 10), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT leased FROM request_minutes WHERE account_id = 1"), 10);
}

static void parts_are_leased_until_the_limit(void)
{
	within_a_minute(lease_parts);
}

static void lease_known(int64_t minute)
{
	struct minute_lease l = {.minute = minute, .leased = 3};
	uint64_t before;

	set_row(minute, 3);
	before = db_counters(fx_db).statements;
	CU_ASSERT_EQUAL(lease(&l, 100), 4);
	CU_ASSERT_EQUAL(db_counters(fx_db).statements - before, 1);
	CU_ASSERT_EQUAL(l.leased, 7);
}

static void a_host_that_knows_the_row_asks_once(void)
{
	within_a_minute(lease_known);
}

static void lease_stale(int64_t minute)
{
	struct minute_lease l = {.minute = minute, .leased = 3};

	set_row(minute, 98);
	CU_ASSERT_EQUAL(lease(&l, 100), 2);
	CU_ASSERT_EQUAL(l.leased, 100);
}

static void what_another_host_has_leased_counts(void)
{
	within_a_minute(lease_stale);
}

static void lease_exhausted(int64_t minute)
{
	struct minute_lease l = {.minute = minute, .leased = 10};

	set_row(minute, 10);
	CU_ASSERT_EQUAL(lease(&l, 10), 0);
	/* nothing is refused because of what was seen before */
	set_row(minute, 2);
	CU_ASSERT_EQUAL(lease(&l, 10), 4);
	set_row(minute, 10);
	CU_ASSERT_EQUAL(lease(&l, 12), 2);
}

static void a_raised_limit_gives_more(void)
{
	within_a_minute(lease_exhausted);
}

static void lease_new_minute(int64_t minute)
{
	struct minute_lease l = {.minute = minute - 1, .leased = 10};

	set_row(minute - 1, 10);
	CU_ASSERT_EQUAL(lease(&l, 10), 4);
	CU_ASSERT_EQUAL(l.minute, minute);
	CU_ASSERT_EQUAL(l.leased, 4);
}

static void a_new_minute_starts_from_nothing(void)
{
	within_a_minute(lease_new_minute);
}

static void lease_future(int64_t minute)
{
	struct minute_lease l = {0};

	set_row(minute + 500, 10);
	CU_ASSERT_EQUAL(lease(&l, 10), 4);
	CU_ASSERT_EQUAL(l.minute, minute);
}

static void a_row_of_a_clock_that_went_wrong_does_not_lock_out(void)
{
	within_a_minute(lease_future);
}

/* This host's clock is wrong by an hour: the lease is the database's minute all the same. */
static void lease_skewed(int64_t minute)
{
	struct minute_lease l = {0};
	int64_t offset = clock_offset_ms();

	forget_row();
	clock_set_offset(offset + 3600000);
	CU_ASSERT_EQUAL(lease(&l, 10), 4);
	CU_ASSERT_EQUAL(lease(&l, 10), 4);
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
	struct minute_lease l = {0};
	struct error mine;

	do {
		if (!request_minutes_lease(fx_db, 1, 200, share_of_four, &l, &mine))
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
	{"a host that knows the row asks once", a_host_that_knows_the_row_asks_once},
	{"what another host has leased counts", what_another_host_has_leased_counts},
	{"a raised limit gives more", a_raised_limit_gives_more},
	{"a new minute starts from nothing", a_new_minute_starts_from_nothing},
	{"a row of a clock that went wrong does not lock out",
	 a_row_of_a_clock_that_went_wrong_does_not_lock_out},
	{"the minute is the database's", the_minute_is_the_database_s},
	{"hosts at once get no more than the limit", hosts_at_once_get_no_more_than_the_limit},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo minutes_suite = {"requests: leases of a minute", fx_open, fx_close, NULL, NULL, tests};
