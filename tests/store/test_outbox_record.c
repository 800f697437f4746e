/* Recording attempts (store/outbox.h). */
#include "outbox_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "store_suites.h"

static int64_t of_delivery(const char *sql, const struct delivery *d)
{
	return fx_number_of(sql, &d->id);
}

static void a_first_attempt_that_succeeds_leaves_one_row(void)
{
	struct delivery_result r;
	struct delivery d;
	int64_t next;

	fx_empty();
	fx_account(1, -1);
	ox_run_ended(true);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, clock_now_ms(), &next), 1);
	r = ox_result(&d, DELIVERY_DELIVERED);
	ox_record(&r, 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox"), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM delivery_attempts"), 0);
	CU_ASSERT_EQUAL(of_delivery("SELECT state FROM deliveries WHERE id = ?", &d), DELIVERY_DELIVERED);
	CU_ASSERT_EQUAL(of_delivery("SELECT attempts FROM deliveries WHERE id = ?", &d), 1);
	CU_ASSERT_EQUAL(of_delivery("SELECT last_status FROM deliveries WHERE id = ?", &d), 200);
	CU_ASSERT_EQUAL(of_delivery("SELECT last_at FROM deliveries WHERE id = ?", &d), r.at);
	CU_ASSERT_EQUAL(of_delivery("SELECT created_at FROM deliveries WHERE id = ?", &d), d.created_at);
	CU_ASSERT_TRUE(fx_text_is("SELECT last_error FROM deliveries WHERE id = ?", &d.id, NULL));
}

static void a_failed_attempt_is_logged_and_due_again(void)
{
	struct delivery_result r;
	struct delivery d, again;
	int64_t next;

	fx_empty();
	fx_account(1, -1);
	ox_run_ended(true);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, clock_now_ms(), &next), 1);
	r = ox_result(&d, DELIVERY_PENDING);
	ox_record(&r, 1);
	CU_ASSERT_EQUAL(of_delivery("SELECT due_at FROM outbox WHERE delivery_id = ?", &d), r.retry_at);
	CU_ASSERT_EQUAL(of_delivery("SELECT state FROM deliveries WHERE id = ?", &d), DELIVERY_PENDING);
	CU_ASSERT_EQUAL(of_delivery("SELECT status FROM delivery_attempts WHERE delivery_id = ?", &d), 503);
	CU_ASSERT_EQUAL(ox_claim(&again, 1, r.retry_at - 1, &next), 0);
	CU_ASSERT_EQUAL(next, r.retry_at);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&again, 1, r.retry_at, &next), 1);
	CU_ASSERT_EQUAL(again.attempts, 1);
	CU_ASSERT_EQUAL(again.created_at, d.created_at);
	CU_ASSERT_STRING_EQUAL(again.url, "https://example.com/hook");
	CU_ASSERT_EQUAL(again.event, EVENT_RUN_SUCCESS);
	CU_ASSERT_PTR_NOT_NULL(again.run);
}

static void a_delivery_that_failed_for_good_leaves_the_outbox(void)
{
	struct delivery_result r;
	struct delivery d;
	int64_t next;

	fx_empty();
	ox_other(1000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, 1000, &next), 1);
	r = ox_result(&d, DELIVERY_FAILED);
	r.status = 0;
	ox_record(&r, 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox"), 0);
	CU_ASSERT_EQUAL(of_delivery("SELECT state FROM deliveries WHERE id = ?", &d), DELIVERY_FAILED);
	CU_ASSERT_TRUE(fx_text_is("SELECT last_error FROM deliveries WHERE id = ?", &d.id,
	                          "The receiver answered 503"));
	CU_ASSERT_TRUE(fx_text_is("SELECT last_status FROM deliveries WHERE id = ?", &d.id, NULL));
	CU_ASSERT_TRUE(fx_text_is("SELECT url FROM deliveries WHERE id = ?", &d.id, "https://example.com/other"));
}

static void a_lost_lease_changes_nothing_and_spares_its_neighbours(void)
{
	struct delivery_result r[4];
	struct delivery d[4];
	unsigned i;
	int64_t next;

	fx_empty();
	for (i = 0; i < 4; i++)
		ox_other(1000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, 4, 1000, &next), 4);
	for (i = 0; i < 4; i++)
		r[i] = ox_result(&d[i], i < 2 ? DELIVERY_DELIVERED : DELIVERY_PENDING);
	r[0].token ^= 2;
	r[2].token ^= 2;
	ox_record(r, 4);
	CU_ASSERT_EQUAL(of_delivery("SELECT due_at FROM outbox WHERE delivery_id = ?", &d[0]), d[0].due_at);
	CU_ASSERT_EQUAL(of_delivery("SELECT attempts FROM deliveries WHERE id = ?", &d[0]), 0);
	CU_ASSERT_EQUAL(of_delivery("SELECT due_at FROM outbox WHERE delivery_id = ?", &d[2]), d[2].due_at);
	CU_ASSERT_EQUAL(of_delivery("SELECT attempts FROM deliveries WHERE id = ?", &d[2]), 0);
	CU_ASSERT_EQUAL(of_delivery("SELECT state FROM deliveries WHERE id = ?", &d[1]), DELIVERY_DELIVERED);
	CU_ASSERT_EQUAL(of_delivery("SELECT due_at FROM outbox WHERE delivery_id = ?", &d[3]), r[3].retry_at);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM delivery_attempts"), 1);
}

static void a_sender_that_comes_back_after_its_lease_changes_nothing(void)
{
	struct delivery_result r;
	struct delivery d, again;
	int64_t next;

	fx_empty();
	ox_other(1000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, 1000, &next), 1);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&again, 1, d.due_at, &next), 1);
	r = ox_result(&d, DELIVERY_DELIVERED);
	ox_record(&r, 1);
	CU_ASSERT_EQUAL(of_delivery("SELECT state FROM deliveries WHERE id = ?", &d), DELIVERY_PENDING);
	r = ox_result(&again, DELIVERY_DELIVERED);
	ox_record(&r, 1);
	CU_ASSERT_EQUAL(of_delivery("SELECT state FROM deliveries WHERE id = ?", &d), DELIVERY_DELIVERED);
}

static void a_full_batch_is_recorded_in_few_statements(void)
{
	struct delivery_result r[OUTBOX_BATCH_MAX];
	struct delivery d[OUTBOX_BATCH_MAX];
	unsigned i;
	uint64_t before;
	int64_t next;

	fx_empty();
	for (i = 0; i < OUTBOX_BATCH_MAX; i++)
		ox_other(1000);
	before = db_counters(fx_db).statements;
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, OUTBOX_BATCH_MAX, 1000, &next), OUTBOX_BATCH_MAX);
	/* a look, BEGIN, one to pick, four lists to lease, four of runs, of deliveries and of events, COMMIT */
	CU_ASSERT_TRUE(db_counters(fx_db).statements - before <= 20);
	for (i = 0; i < OUTBOX_BATCH_MAX; i++)
		r[i] = ox_result(&d[i], DELIVERY_DELIVERED);
	before = db_counters(fx_db).statements;
	ox_record(r, OUTBOX_BATCH_MAX);
	/* BEGIN, the rows to delete and those to write, the totals, COMMIT */
	CU_ASSERT_TRUE(db_counters(fx_db).statements - before <= 5);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM deliveries WHERE state = 1"), OUTBOX_BATCH_MAX);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox"), 0);
}

static void a_long_error_is_cut_between_characters(void)
{
	char text[1024];
	struct delivery_result r;
	struct delivery d;
	unsigned i;
	int64_t next;

	fx_empty();
	ox_other(1000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, 1000, &next), 1);
	text[0] = '\0';
	for (i = 0; i < 400; i++)
		strcat(text, "é");
	r = ox_result(&d, DELIVERY_PENDING);
	r.error = text;
	ox_record(&r, 1);
	CU_ASSERT_EQUAL(of_delivery("SELECT CHAR_LENGTH(last_error) FROM deliveries WHERE id = ?", &d), 300);
}

static CU_TestInfo tests[] = {
	{"a first attempt that succeeds leaves one row", a_first_attempt_that_succeeds_leaves_one_row},
	{"a failed attempt is logged and due again", a_failed_attempt_is_logged_and_due_again},
	{"a delivery that failed for good leaves the outbox",
	 a_delivery_that_failed_for_good_leaves_the_outbox},
	{"a lost lease changes nothing and spares its neighbours",
	 a_lost_lease_changes_nothing_and_spares_its_neighbours},
	{"a sender that comes back after its lease changes nothing",
	 a_sender_that_comes_back_after_its_lease_changes_nothing},
	{"a full batch is recorded in few statements", a_full_batch_is_recorded_in_few_statements},
	{"a long error is cut between characters", a_long_error_is_cut_between_characters},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo outbox_record_suite = {"outbox: record", fx_open, fx_close, NULL, NULL, tests};
