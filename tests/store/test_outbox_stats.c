/* Figures of deliveries (outbox_stats of store/outbox.h). */
#include "outbox_fixture.h"

#include "base/clock.h"
#include "store_suites.h"

static struct outbox_stats stats_at(int64_t now_ms)
{
	struct outbox_stats s = {0};
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(outbox_stats(fx_conn, now_ms, &s, &err));
	return s;
}

static void fresh(void)
{
	struct error err = {0};

	fx_empty();
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE delivery_totals SET delivered = 0, retried = 0, failed = 0,"
	                                          " duration_ms = 0, le_10 = 0, le_50 = 0, le_100 = 0, le_500 = 0, le_1000 = 0,"
	                                          " le_5000 = 0", &err));
}

/* An attempt that ended so after so long, recorded by a sender whose figures go to this row of the totals. */
static void attempt(unsigned shard, enum delivery_state state, int64_t duration_ms)
{
	struct delivery_result r;
	struct delivery d;
	struct error err = {0};
	int64_t next;

	ox_other(1000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, 1000, &next), 1);
	r = ox_result(&d, state);
	r.duration_ms = duration_ms;
	CU_ASSERT_TRUE_FATAL(outbox_record(fx_db, &fx_conn, shard, &r, 1, &err));
}

static void attempts_are_counted_by_what_became_of_their_delivery(void)
{
	struct outbox_stats s;
	unsigned i;

	fresh();
	for (i = 0; i < 6; i++)
		attempt(0, i < 3 ? DELIVERY_DELIVERED : i < 5 ? DELIVERY_PENDING : DELIVERY_FAILED, 1);
	s = stats_at(2000);
	CU_ASSERT_EQUAL(s.attempts[DELIVERY_DELIVERED], 3);
	CU_ASSERT_EQUAL(s.attempts[DELIVERY_PENDING], 2);
	CU_ASSERT_EQUAL(s.attempts[DELIVERY_FAILED], 1);
}

static void each_sender_has_a_row_of_its_own_and_all_of_them_add_up(void)
{
	struct outbox_stats s;
	unsigned shard;

	fresh();
	for (shard = 0; shard < OUTBOX_TOTALS; shard++)
		attempt(shard, DELIVERY_DELIVERED, 100 + shard);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM delivery_totals WHERE delivered = 1 AND duration_ms = 100 + shard"),
	                OUTBOX_TOTALS);
	s = stats_at(2000);
	CU_ASSERT_EQUAL(s.attempts[DELIVERY_DELIVERED], OUTBOX_TOTALS);
	CU_ASSERT_EQUAL(s.duration_ms, 828);
}

static void a_bound_counts_all_that_took_at_most_that_long(void)
{
	static const int64_t durations[] = {0, 10, 11, 50, 100, 500, 501, 1000, 5000, 5001};
	static const int64_t within[OUTBOX_BOUNDS] = {2, 4, 5, 6, 8, 9};
	struct outbox_stats s;
	unsigned i;

	fresh();
	for (i = 0; i < sizeof durations / sizeof *durations; i++)
		attempt(i % OUTBOX_TOTALS, i % 2 ? DELIVERY_FAILED : DELIVERY_DELIVERED, durations[i]);
	s = stats_at(2000);
	for (i = 0; i < OUTBOX_BOUNDS; i++)
		CU_ASSERT_EQUAL(s.within[i], within[i]);
}

static void overdue_is_what_is_due_and_taken_by_nobody(void)
{
	struct outbox_stats s;
	struct delivery d;
	int64_t next;

	fresh();
	ox_other(1000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, 2000, &next), 1);
	ox_other(1500);
	ox_other(3000);
	ox_other(3001);
	s = stats_at(3000);
	CU_ASSERT_EQUAL(s.overdue, 2);
	CU_ASSERT_EQUAL(s.oldest_overdue_ms, 1500);
}

static void what_was_leased_and_never_recorded_is_overdue_when_its_lease_is_over(void)
{
	struct outbox_stats s;
	struct delivery d;
	int64_t next;

	fresh();
	ox_other(1000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, 2000, &next), 1);
	CU_ASSERT_EQUAL(stats_at(d.due_at - 1).overdue, 0);
	s = stats_at(d.due_at + 5);
	CU_ASSERT_EQUAL(s.overdue, 1);
	CU_ASSERT_EQUAL(s.oldest_overdue_ms, 5);
}

static void where_nothing_is_overdue_nothing_is_late(void)
{
	struct outbox_stats s;

	fresh();
	s = stats_at(clock_now_ms());
	CU_ASSERT_EQUAL(s.overdue, 0);
	CU_ASSERT_EQUAL(s.oldest_overdue_ms, 0);
}

static CU_TestInfo tests[] = {
	{"attempts are counted by what became of their delivery", attempts_are_counted_by_what_became_of_their_delivery},
	{"each sender has a row of its own, and all of them add up",
	 each_sender_has_a_row_of_its_own_and_all_of_them_add_up},
	{"a bound counts all that took at most that long", a_bound_counts_all_that_took_at_most_that_long},
	{"overdue is what is due, and taken by nobody", overdue_is_what_is_due_and_taken_by_nobody},
	{"what was leased and never recorded is overdue when its lease is over",
	 what_was_leased_and_never_recorded_is_overdue_when_its_lease_is_over},
	{"where nothing is overdue nothing is late", where_nothing_is_overdue_nothing_is_late},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo outbox_stats_suite = {"figures of deliveries", fx_open, fx_close, NULL, NULL, tests};
