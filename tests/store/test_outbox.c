/* Claiming deliveries, and giving them back (store/outbox.h). */
#include "outbox_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/events.h"
#include "store_suites.h"

static void a_delivery_of_a_run_comes_with_all_that_sending_it_needs(void)
{
	struct delivery d[2];
	struct execution e;
	struct error err;
	struct arena a;
	struct id id;
	int64_t next;
	bool found;

	fx_empty();
	fx_account(1, -1);
	id = ox_run_ended(true);
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, 2, clock_now_ms(), &next), 1);
	CU_ASSERT_EQUAL(id_cmp(&d[0].id, &id), 0);
	CU_ASSERT_EQUAL(id_cmp(&d[0].event_id, &id), 0);
	CU_ASSERT_TRUE(d[0].has_execution && id_cmp(&d[0].execution_id, &id) == 0);
	CU_ASSERT_EQUAL(d[0].account_id, 1);
	CU_ASSERT_EQUAL(d[0].event, EVENT_RUN_SUCCESS);
	CU_ASSERT_EQUAL(d[0].attempts, 0);
	CU_ASSERT_STRING_EQUAL(d[0].url, "https://example.com/hook");
	CU_ASSERT_PTR_NULL(d[0].payload);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d[0].run);
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(execution_find(fx_conn, 1, &id, &a, &e, &found, &err));
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM accounts WHERE public_id = ?",
	                             &d[0].run->account_public_id), 1);
	CU_ASSERT_EQUAL(d[0].run->status, EXEC_SUCCESS);
	CU_ASSERT_STRING_EQUAL(d[0].run->output, e.output);
	CU_ASSERT_STRING_EQUAL(d[0].run->summary, e.summary);
	CU_ASSERT_EQUAL(d[0].run->duration_ms, e.duration_ms);
	CU_ASSERT_EQUAL(d[0].created_at, e.completed_at);
	arena_release(&a);
}

static void a_failed_run_is_told_as_such(void)
{
	struct delivery d;
	int64_t next;

	fx_empty();
	fx_account(1, -1);
	ox_run_ended(false);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, clock_now_ms(), &next), 1);
	CU_ASSERT_EQUAL(d.event, EVENT_RUN_FAILED);
	CU_ASSERT_STRING_EQUAL(d.run->error_code, "EXECUTION_FAILED");
}

static void a_delivery_of_another_event_needs_no_run(void)
{
	struct delivery d;
	struct id id;
	int64_t next;

	fx_empty();
	id = ox_other(1000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, 2000, &next), 1);
	CU_ASSERT_EQUAL(id_cmp(&d.id, &id), 0);
	CU_ASSERT_NOT_EQUAL(id_cmp(&d.event_id, &id), 0);
	CU_ASSERT_EQUAL(d.event, EVENT_INTEGRATION_DISCONNECTED);
	CU_ASSERT_STRING_EQUAL(d.url, "https://example.com/other");
	CU_ASSERT_STRING_EQUAL(d.payload, "{\"event\":\"integration.disconnected\"}");
	CU_ASSERT_TRUE(!d.has_execution && !d.run);
	CU_ASSERT_EQUAL(d.created_at, 1000);
}

static void a_large_output_is_left_to_be_read_when_it_is_sent(void)
{
	char *output = malloc(OUTBOX_OUTPUT_WHOLE + 2);
	struct admission a = {.account_id = 1, .agent = "echo", .lane = LANE_ASYNC, .webhook_url = "https://e.com"};
	struct claimed_run r;
	struct ended_run e;
	struct delivery d;
	int64_t next;

	fx_empty();
	fx_account(1, -1);
	CU_ASSERT_TRUE_FATAL(fx_admit(&fx_conn, &a));
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	e = fx_ended(&r, RUN_SUCCESS);
	memset(output, '1', OUTBOX_OUTPUT_WHOLE + 2);
	e.output = output;
	e.output_len = OUTBOX_OUTPUT_WHOLE + 1;
	CU_ASSERT_TRUE_FATAL(fx_end(&e, 1));
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, clock_now_ms(), &next), 1);
	CU_ASSERT_PTR_NULL(d.run->output);
	CU_ASSERT_EQUAL(d.run->output_len, OUTBOX_OUTPUT_WHOLE + 1);
	free(output);
}

static void the_longest_due_are_claimed_first(void)
{
	struct delivery d[3];
	struct id ids[4];
	int64_t next;

	fx_empty();
	ids[0] = ox_other(3000);
	ids[1] = ox_other(1000);
	ids[2] = ox_other(2000);
	ids[3] = ox_other(1000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, 3, 5000, &next), 3);
	CU_ASSERT_EQUAL(id_cmp(&d[0].id, &ids[1]), 0);
	CU_ASSERT_EQUAL(id_cmp(&d[1].id, &ids[3]), 0);
	CU_ASSERT_EQUAL(id_cmp(&d[2].id, &ids[2]), 0);
	CU_ASSERT_EQUAL(next, 5000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, 3, 5000, &next), 1);
	CU_ASSERT_EQUAL(id_cmp(&d[0].id, &ids[0]), 0);
}

static void what_is_not_due_is_not_claimed_but_its_time_is_told(void)
{
	struct delivery d;
	uint64_t before;
	int64_t next;

	fx_empty();
	CU_ASSERT_EQUAL(ox_claim(&d, 1, 1000, &next), 0);
	CU_ASSERT_EQUAL(next, INT64_MAX);
	ox_other(9000);
	before = db_counters(fx_db).statements;
	CU_ASSERT_EQUAL(ox_claim(&d, 1, 1000, &next), 0);
	CU_ASSERT_EQUAL(next, 9000);
	CU_ASSERT_EQUAL(db_counters(fx_db).statements - before, 1);
}

static void an_expected_delivery_that_is_not_there_is_told_by_the_next_ones_time(void)
{
	struct delivery d;
	struct error err;
	struct arena a;
	unsigned n = 1, besides;
	int64_t next;

	fx_empty();
	ox_other(9000);
	arena_init(&a);
	CU_ASSERT_TRUE(outbox_claim(fx_db, &fx_conn, true, 1, 1000, DELIVERY_LEASE_MS, NULL, &a, &d, &n, &besides, &next,
	                            &err));
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(next, 9000);
	arena_release(&a);
}

static void a_claimed_delivery_is_claimed_again_only_after_its_lease(void)
{
	struct delivery d, again;
	int64_t next;

	fx_empty();
	ox_other(1000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(&d, 1, 1000, &next), 1);
	CU_ASSERT_EQUAL(ox_claim(&again, 1, 1000 + DELIVERY_LEASE_MS - 1, &next), 0);
	CU_ASSERT_EQUAL(next, 1000 + DELIVERY_LEASE_MS);
	CU_ASSERT_EQUAL(ox_claim(&again, 1, 1000 + DELIVERY_LEASE_MS, &next), 1);
	CU_ASSERT_NOT_EQUAL(again.token, d.token);
}

static void what_another_sender_is_claiming_is_passed_over(void)
{
	struct db_conn *other;
	struct delivery d[2];
	struct error err;
	struct id second;
	int64_t next, due;

	fx_empty();
	ox_other(1000);
	second = ox_other(2000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(other = db_get(fx_db, &err));
	CU_ASSERT_TRUE_FATAL(db_begin(other, &err));
	CU_ASSERT_TRUE_FATAL(db_query_int(other, "SELECT due_at FROM outbox WHERE due_at = 1000 FOR UPDATE",
	                                  NULL, 0, &due, NULL, &err));
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, 2, 5000, &next), 1);
	CU_ASSERT_EQUAL(id_cmp(&d[0].id, &second), 0);
	db_rollback(other);
	db_put(fx_db, other);
}

#define SENDERS    3
#define DELIVERIES 3000

static atomic_uint got_twice, got;

static void *claim_all(void *arg)
{
	struct id *mine = malloc(DELIVERIES * sizeof *mine);
	struct delivery d[32];
	struct claim_cursor cursor = {.whole_us = 0};
	struct db_conn *c = NULL;
	struct error err;
	unsigned n = 1, besides, count = 0, i;
	struct arena a;
	int64_t next = 0;

	arena_init(&a);
	while (next != INT64_MAX && next <= 5000) {
		if (!outbox_claim(fx_db, &c, true, 32, 5000, DELIVERY_LEASE_MS, &cursor, &a, d, &n, &besides, &next, &err))
			break;
		for (i = 0; i < n && count < DELIVERIES; i++)
			mine[count++] = d[i].id;
		arena_reset(&a);
	}
	arena_release(&a);
	db_put(fx_db, c);
	atomic_fetch_add(&got, count);
	*(struct id **)arg = mine;
	return (void *)(uintptr_t)count;
}

static int by_id(const void *x, const void *y)
{
	return id_cmp(x, y);
}

static void senders_never_claim_the_same_delivery(void)
{
	static struct delivery_new d[DELIVERIES];
	static struct event e[DELIVERIES];
	struct id *ids[SENDERS], *all = malloc(DELIVERIES * sizeof *all);
	pthread_t t[SENDERS];
	unsigned i, at = 0;
	struct error err;
	void *count;

	fx_empty();
	for (i = 0; i < DELIVERIES; i++) {
		e[i] = (struct event){.id = id_make(), .account_id = 1, .event = EVENT_WEBHOOK_TEST, .payload = "{}",
		                      .payload_len = 2};
		d[i] = (struct delivery_new){.id = id_make(), .event_id = e[i].id, .account_id = 1, .url = "https://e.com",
		                             .event = EVENT_WEBHOOK_TEST};
	}
	for (i = 0; i < DELIVERIES; i += 100) {
		CU_ASSERT_TRUE_FATAL(db_begin(fx_conn, &err));
		CU_ASSERT_TRUE_FATAL(events_insert(fx_conn, e + i, 100, &err));
		CU_ASSERT_TRUE_FATAL(outbox_add(fx_conn, d + i, 100, 1000 + i, &err));
		CU_ASSERT_TRUE_FATAL(db_commit(fx_conn, &err));
	}
	got = got_twice = 0;
	for (i = 0; i < SENDERS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, claim_all, &ids[i]), 0);
	for (i = 0; i < SENDERS; i++) {
		pthread_join(t[i], &count);
		if (at + (uintptr_t)count <= DELIVERIES)
			memcpy(all + at, ids[i], (uintptr_t)count * sizeof *all);
		at += (unsigned)(uintptr_t)count;
		free(ids[i]);
	}
	CU_ASSERT_EQUAL_FATAL(at, DELIVERIES);
	qsort(all, DELIVERIES, sizeof *all, by_id);
	for (i = 1; i < DELIVERIES; i++)
		got_twice += id_cmp(&all[i - 1], &all[i]) == 0;
	CU_ASSERT_EQUAL(got_twice, 0);
	free(all);
}

static void a_released_delivery_is_due_at_once_with_its_attempts(void)
{
	struct delivery d[2];
	struct error err;
	int64_t next;

	fx_empty();
	ox_other(1000);
	ox_other(1000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, 2, 2000, &next), 2);
	d[1].token ^= 2;   /* lost meanwhile */
	CU_ASSERT_TRUE(outbox_release(fx_db, &fx_conn, d, 2, 3000, &err));
	CU_ASSERT_EQUAL(fx_number_of("SELECT due_at FROM outbox WHERE delivery_id = ?", &d[0].id), 3000);
	CU_ASSERT_EQUAL(fx_number_of("SELECT due_at FROM outbox WHERE delivery_id = ?", &d[1].id),
	                2000 + DELIVERY_LEASE_MS);
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, 2, 3000, &next), 1);
	CU_ASSERT_EQUAL(d[0].attempts, 0);
}

static void a_delivery_whose_execution_is_gone_is_dropped(void)
{
	struct delivery d[2];
	struct error err;
	struct id id;
	int64_t next;

	fx_empty();
	fx_account(1, -1);
	ox_run_ended(true);
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "DELETE FROM executions", &err));
	id = ox_other(1000);
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, 2, clock_now_ms(), &next), 1);
	CU_ASSERT_EQUAL(id_cmp(&d[0].id, &id), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox"), 1);
}

static void a_delivery_whose_event_is_gone_has_failed(void)
{
	struct delivery d;
	struct error err;
	struct id id;
	int64_t next;

	fx_empty();
	fx_account(1, -1);
	id = ox_other(1000);
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "DELETE FROM events", &err));
	CU_ASSERT_EQUAL(ox_claim(&d, 1, clock_now_ms(), &next), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox"), 0);
	CU_ASSERT_EQUAL(fx_number_of("SELECT state FROM deliveries WHERE id = ?", &id), DELIVERY_FAILED);
	CU_ASSERT_TRUE(fx_text_is("SELECT last_error FROM deliveries WHERE id = ?", &id, "What it tells of is not kept any more"));
}

static void events_have_the_names_of_the_api(void)
{
	CU_ASSERT_STRING_EQUAL(event_type_name(EVENT_RUN_SUCCESS), "agent.execution.success");
	CU_ASSERT_STRING_EQUAL(event_type_name(EVENT_RUN_FAILED), "agent.execution.failed");
	CU_ASSERT_STRING_EQUAL(event_type_name(EVENT_SCHEDULE_FIRED), "schedule.fired");
}

static CU_TestInfo tests[] = {
	{"a delivery of a run comes with all that sending it needs",
	 a_delivery_of_a_run_comes_with_all_that_sending_it_needs},
	{"a failed run is told as such", a_failed_run_is_told_as_such},
	{"a delivery of another event needs no run", a_delivery_of_another_event_needs_no_run},
	{"a large output is left to be read when it is sent",
	 a_large_output_is_left_to_be_read_when_it_is_sent},
	{"the longest due are claimed first", the_longest_due_are_claimed_first},
	{"what is not due is not claimed, but its time is told",
	 what_is_not_due_is_not_claimed_but_its_time_is_told},
	{"an expected delivery that is not there is told by the next one's time",
	 an_expected_delivery_that_is_not_there_is_told_by_the_next_ones_time},
	{"a claimed delivery is claimed again only after its lease",
	 a_claimed_delivery_is_claimed_again_only_after_its_lease},
	{"what another sender is claiming is passed over", what_another_sender_is_claiming_is_passed_over},
	{"senders never claim the same delivery", senders_never_claim_the_same_delivery},
	{"a released delivery is due at once, with its attempts",
	 a_released_delivery_is_due_at_once_with_its_attempts},
	{"a delivery whose execution is gone is dropped", a_delivery_whose_execution_is_gone_is_dropped},
	{"a delivery whose event is gone has failed", a_delivery_whose_event_is_gone_has_failed},
	{"events have the names of the API", events_have_the_names_of_the_api},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo outbox_suite = {"outbox: claim", fx_open, fx_close, NULL, NULL, tests};
