/* Claim, renew and end (store/queue.h). */
#include "queue_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "queue_suites.h"

static const char status_of[] = "SELECT status FROM execution_results WHERE execution_id = ?";
static const char error_of[] = "SELECT error_code FROM execution_results WHERE execution_id = ?";
static const char attempt_of[] = "SELECT attempt FROM execution_results WHERE execution_id = ?";

static void synchronous_runs_are_claimed_before_others(void)
{
	struct claimed_run r[4];
	struct id first, second, sync;

	fx_empty();
	fx_account(1, -1);
	first = fx_accept(1, LANE_ASYNC, "echo", "{\"n\":1}");
	second = fx_accept(1, LANE_ASYNC, "echo", "{}");
	sync = fx_accept(1, LANE_SYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 4), 3);
	CU_ASSERT_EQUAL(id_cmp(&r[0].id, &sync), 0);
	CU_ASSERT_EQUAL(id_cmp(&r[1].id, &first), 0);
	CU_ASSERT_EQUAL(id_cmp(&r[2].id, &second), 0);
	CU_ASSERT_STRING_EQUAL(r[0].waiter, "agentiv.fcgi.1.0.sock");
	CU_ASSERT_STRING_EQUAL(r[1].agent, "echo");
	CU_ASSERT_STRING_EQUAL(r[1].timezone, "Asia/Kolkata");
	CU_ASSERT_EQUAL(r[1].input_len, 7);
	CU_ASSERT_EQUAL(memcmp(r[1].input, "{\"n\":1}", 7), 0);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_claimed_run_is_claimed_once(void)
{
	struct claimed_run r[2];

	fx_empty();
	fx_account(1, -1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL(fx_claim(r, 2), 1);
	CU_ASSERT_EQUAL(fx_claim(r, 2), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM leases"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_ready"), 0);
}

static unsigned claim_from(struct claim_cursor *cursor, struct claimed_run *r, unsigned max, bool *more)
{
	static struct arena a;
	struct error err;
	unsigned n = 0;

	arena_release(&a);
	CU_ASSERT_TRUE_FATAL(queue_claim(fx_db, &fx_conn, &fx_owner, false, max, clock_now_ms(), LEASE_MS,
					 cursor, &a, r, &n, more, &err));
	return n;
}

static int64_t frozen_us(void)
{
	return INT64_C(1000000);
}

static void what_is_ready_before_a_cursor_is_claimed_after_what_is_behind_it(void)
{
	struct claim_cursor cursor = {.whole_us = 0};
	struct claimed_run r[4];
	struct id old, next, sync;
	struct ended_run e;
	bool more;

	fx_empty();
	fx_account(1, -1);
	old = fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL(fx_claim(r, 1), 1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	next = fx_accept(1, LANE_ASYNC, "echo", "{}");
	clock_set_source(NULL, frozen_us);
	CU_ASSERT_EQUAL(claim_from(&cursor, r + 1, 1, &more), 1);
	e = fx_ended(&r[0], RUN_RELEASED);
	CU_ASSERT_TRUE(fx_end(&e, 1));
	sync = fx_accept(1, LANE_SYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(claim_from(&cursor, r, 4, &more), 2);
	CU_ASSERT_EQUAL(id_cmp(&r[0].id, &sync), 0);
	CU_ASSERT_EQUAL(id_cmp(&r[1].id, &next), 0);
	CU_ASSERT_TRUE(more);
	CU_ASSERT_EQUAL_FATAL(claim_from(&cursor, r, 4, &more), 1);
	CU_ASSERT_EQUAL(id_cmp(&r[0].id, &old), 0);
	CU_ASSERT_FALSE(more);
	clock_set_source(NULL, NULL);
}

static void a_cursor_that_finds_nothing_behind_it_begins_again(void)
{
	struct claim_cursor cursor = {.whole_us = 0};
	struct claimed_run r, old;
	struct ended_run e;
	bool more;

	fx_empty();
	fx_account(1, -1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL(fx_claim(&old, 1), 1);
	clock_set_source(NULL, frozen_us);
	CU_ASSERT_EQUAL(claim_from(&cursor, &r, 1, &more), 1);
	e = fx_ended(&old, RUN_RELEASED);
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_EQUAL_FATAL(claim_from(&cursor, &r, 1, &more), 1);
	CU_ASSERT_EQUAL(id_cmp(&r.id, &old.id), 0);
	clock_set_source(NULL, NULL);
}

static void one_run_can_be_claimed_by_its_id(void)
{
	struct claimed_run r;
	struct arena a;
	struct error err;
	struct id id;
	bool found;

	fx_empty();
	fx_account(1, -1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	id = fx_accept(1, LANE_ASYNC, "echo", "{}");
	arena_init(&a);
	CU_ASSERT_TRUE(queue_claim_one(fx_db, &fx_conn, &fx_owner, &id, clock_now_ms(), LEASE_MS,
				       &a, &r, &found, &err));
	CU_ASSERT_TRUE(found);
	CU_ASSERT_EQUAL(id_cmp(&r.id, &id), 0);
	CU_ASSERT_TRUE(queue_claim_one(fx_db, &fx_conn, &fx_owner, &id, clock_now_ms(), LEASE_MS,
				       &a, &r, &found, &err));
	CU_ASSERT_FALSE(found);
	arena_release(&a);
}

static void a_large_input_is_read_when_its_run_starts(void)
{
	size_t n = QUEUE_INPUT_WHOLE + 10, got;
	char *text = malloc(n + 1);
	struct claimed_run r;
	const char *input;
	struct error err;
	struct arena a;

	fx_empty();
	fx_account(1, -1);
	memset(text, ' ', n);
	text[0] = '{';
	text[n - 1] = '}';
	text[n] = '\0';
	fx_accept(1, LANE_ASYNC, "echo", text);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_PTR_NULL(r.input);
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(queue_load_input(fx_conn, &r.id, &a, &input, &got, &err));
	CU_ASSERT_EQUAL(got, n);
	CU_ASSERT_EQUAL(memcmp(input, text, n), 0);
	arena_release(&a);
	free(text);
}

static void a_success_is_written_and_frees_the_slot(void)
{
	struct claimed_run r;
	struct ended_run e;

	fx_empty();
	fx_account(1, 2);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	e = fx_ended(&r, RUN_SUCCESS);
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_EQUAL(fx_number_of(status_of, &r.id), EXEC_SUCCESS);
	CU_ASSERT_EQUAL(fx_number_of(attempt_of, &r.id), 1);
	CU_ASSERT_EQUAL(fx_number_of("SELECT duration_ms FROM execution_results WHERE execution_id = ?", &r.id), 40);
	CU_ASSERT_TRUE(
	    fx_text_is("SELECT output FROM execution_results WHERE execution_id = ?", &r.id, "{\"a\":1}"));
	CU_ASSERT_TRUE(fx_text_is("SELECT summary FROM execution_results WHERE execution_id = ?", &r.id, "Done"));
	CU_ASSERT_EQUAL(fx_number("SELECT active FROM account_quota"), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM leases"), 0);
}

static void a_lost_lease_changes_nothing_and_spares_its_neighbours(void)
{
	struct claimed_run r[2];
	struct ended_run e[2];

	fx_empty();
	fx_account(1, -1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 2), 2);
	e[0] = fx_ended(&r[0], RUN_SUCCESS);
	e[1] = fx_ended(&r[1], RUN_SUCCESS);
	e[0].token ^= 2;
	CU_ASSERT_FALSE(fx_end(e, 2));
	CU_ASSERT_TRUE(e[0].lost);
	CU_ASSERT_FALSE(e[1].lost);
	CU_ASSERT_EQUAL(fx_number_of(status_of, &r[0].id), 0);
	CU_ASSERT_EQUAL(fx_number_of(status_of, &r[1].id), EXEC_SUCCESS);
	CU_ASSERT_EQUAL(fx_number("SELECT active FROM account_quota"), 1);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void an_end_fills_all_free_slots_with_the_oldest_held_runs(void)
{
	struct claimed_run r[8];
	struct ended_run e[3];
	struct id held[4];
	unsigned i;

	fx_empty();
	fx_account(1, 3);
	for (i = 0; i < 3; i++)
		fx_accept(1, LANE_ASYNC, "echo", "{}");
	for (i = 0; i < 4; i++)
		held[i] = fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 8), 3);
	for (i = 0; i < 3; i++)
		e[i] = fx_ended(&r[i], i == 1 ? RUN_FAILED : RUN_SUCCESS);
	CU_ASSERT_TRUE(fx_end(e, 3));
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 8), 3);
	for (i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(id_cmp(&r[i].id, &held[i]), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT held FROM account_quota"), 1);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_retry_keeps_its_slot_its_lane_and_its_waiter(void)
{
	struct claimed_run r;
	struct ended_run e;
	struct error err;
	struct swept swept;

	fx_empty();
	fx_account(1, 1);
	fx_accept(1, LANE_SYNC, "echo", "{}");
	fx_claim(&r, 1);
	e = fx_ended(&r, RUN_RETRY);
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_EQUAL(fx_number_of(status_of, &r.id), 0);
	CU_ASSERT_TRUE(fx_text_is(error_of, &r.id, "EXECUTION_FAILED"));
	CU_ASSERT_EQUAL(fx_number("SELECT active FROM account_quota"), 1);
	CU_ASSERT_TRUE(fx_slots_agree());
	CU_ASSERT_TRUE(
	    queue_sweep(fx_db, &fx_conn, clock_now_ms(), 64, 3, "here", NULL, NULL, &swept, &err));
	CU_ASSERT_EQUAL(swept.moved, 1);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_EQUAL(r.attempt, 1);
	CU_ASSERT_EQUAL(r.lane, LANE_SYNC);
	CU_ASSERT_STRING_EQUAL(r.waiter, "agentiv.fcgi.1.0.sock");
	CU_ASSERT_NOT_EQUAL(r.first_started_at, 0);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_released_run_is_ready_again_with_its_attempt(void)
{
	struct claimed_run r;
	struct ended_run e;

	fx_empty();
	fx_account(1, 1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_claim(&r, 1);
	e = fx_ended(&r, RUN_RELEASED);
	e.started_at = 0;
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_TRUE(fx_slots_agree());
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_EQUAL(r.attempt, 0);
	CU_ASSERT_EQUAL(r.first_started_at, 0);
}

static void an_end_leaves_a_delivery_for_the_webhook(void)
{
	struct admission a = {.account_id = 1, .agent = "echo", .lane = LANE_ASYNC,
	                      .webhook_url = "https://example.com/hook"};
	struct claimed_run r;
	struct ended_run e;

	fx_empty();
	fx_account(1, -1);
	CU_ASSERT_TRUE_FATAL(fx_admit(&fx_conn, &a));
	fx_claim(&r, 1);
	CU_ASSERT_STRING_EQUAL(r.webhook_url, "https://example.com/hook");
	e = fx_ended(&r, RUN_SUCCESS);
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM outbox WHERE delivery_id = ?", &r.id), 1);
}

static void a_renewal_tells_what_is_lost_and_what_was_cancelled(void)
{
	struct claimed_run r[3];
	struct lease_ref l[3];
	bool lost[3], cancel[3], held, asked;
	struct cancelled k;
	unsigned i;
	struct error err;
	int64_t until = clock_now_ms() + 90000;

	fx_empty();
	fx_account(1, -1);
	for (i = 0; i < 3; i++)
		fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 3), 3);
	for (i = 0; i < 3; i++)
		l[i] = (struct lease_ref){r[i].id, 1, r[i].token};
	l[1].token ^= 2;
	CU_ASSERT_TRUE(fx_cancel(fx_db, 1, &r[2].id, &k, &err));
	CU_ASSERT_EQUAL(k.outcome, CANCEL_ASKED);
	CU_ASSERT_EQUAL(k.execution.status, EXEC_RUNNING);
	CU_ASSERT_STRING_EQUAL(k.doorbell, fx_owner.name);
	CU_ASSERT_TRUE(queue_renew(fx_db, &fx_conn, l, 3, until, lost, cancel, &err));
	CU_ASSERT_TRUE(!lost[0] && lost[1] && !lost[2]);
	CU_ASSERT_TRUE(!cancel[0] && !cancel[1] && cancel[2]);
	CU_ASSERT_EQUAL(
	    fx_number_of("SELECT expires_at FROM leases WHERE execution_id = ?", &r[0].id), until);
	CU_ASSERT_NOT_EQUAL(
	    fx_number_of("SELECT expires_at FROM leases WHERE execution_id = ?", &r[1].id), until);
	CU_ASSERT_TRUE(queue_lease_check(fx_conn, &l[1], clock_now_ms(), &held, &asked, &err));
	CU_ASSERT_FALSE(held);
	CU_ASSERT_TRUE(queue_lease_check(fx_conn, &l[0], clock_now_ms(), &held, &asked, &err));
	CU_ASSERT_TRUE(held && !asked);
	CU_ASSERT_TRUE(queue_lease_check(fx_conn, &l[0], until, &held, &asked, &err));
	CU_ASSERT_FALSE(held);
}

static void steps_are_written_only_under_a_lease(void)
{
	struct execution_step s[2] = {{.seq = 1, .at = 1, .kind = "log", .name = "one"},
	                              {.seq = 1, .at = 1, .kind = "log", .name = "two"}};
	struct claimed_run r[2];
	struct lease_ref l[2];
	struct error err;
	unsigned i;

	fx_empty();
	fx_account(1, -1);
	for (i = 0; i < 2; i++)
		fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 2), 2);
	for (i = 0; i < 2; i++) {
		l[i] = (struct lease_ref){r[i].id, 1, r[i].token};
		s[i].execution_id = r[i].id;
	}
	l[1].token ^= 2;
	CU_ASSERT_TRUE(queue_add_steps(fx_db, &fx_conn, l, 2, s, 2, &err));
	CU_ASSERT_TRUE(queue_add_steps(fx_db, &fx_conn, l, 2, s, 2, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_steps"), 1);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM execution_steps WHERE execution_id = ?",
	                             &r[0].id), 1);
}

static CU_TestInfo tests[] = {
	{"synchronous runs are claimed before others", synchronous_runs_are_claimed_before_others},
	{"a claimed run is claimed once", a_claimed_run_is_claimed_once},
	{"what is ready before a cursor is claimed after what is behind it",
	 what_is_ready_before_a_cursor_is_claimed_after_what_is_behind_it},
	{"a cursor that finds nothing behind it begins again",
	 a_cursor_that_finds_nothing_behind_it_begins_again},
	{"one run can be claimed by its id", one_run_can_be_claimed_by_its_id},
	{"a large input is read when its run starts", a_large_input_is_read_when_its_run_starts},
	{"a success is written and frees the slot", a_success_is_written_and_frees_the_slot},
	{"a lost lease changes nothing and spares its neighbours",
	 a_lost_lease_changes_nothing_and_spares_its_neighbours},
	{"an end fills all free slots with the oldest held runs",
	 an_end_fills_all_free_slots_with_the_oldest_held_runs},
	{"a retry keeps its slot, its lane and its waiter",
	 a_retry_keeps_its_slot_its_lane_and_its_waiter},
	{"a released run is ready again with its attempt",
	 a_released_run_is_ready_again_with_its_attempt},
	{"an end leaves a delivery for the webhook", an_end_leaves_a_delivery_for_the_webhook},
	{"a renewal tells what is lost and what was cancelled",
	 a_renewal_tells_what_is_lost_and_what_was_cancelled},
	{"steps are written only under a lease", steps_are_written_only_under_a_lease},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo queue_suite = {"queue: claim and end", fx_open, fx_close, NULL, NULL, tests};
