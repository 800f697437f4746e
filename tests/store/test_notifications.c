/* What is noted for mails where runs end, and what a mail tells (store/notifications.h). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "duty_fixture.h"
#include "duty_suites.h"
#include "notes_fixture.h"
#include "store/accounts.h"
#include "store/outbox.h"

#define DIGEST (15 * 60000)

/* ---- which mails there are ---- */

static void a_run_that_ends_makes_a_mail_that_is_due_at_once(void)
{
	struct nx_mail m;

	nx_account(1, NOTES_ALL);
	nx_end(1, 1, RUN_SUCCESS);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT due_at FROM outbox"), NOON);
	nx_take(1, &m);
	CU_ASSERT_EQUAL_FATAL(m.total, 1);
	CU_ASSERT_EQUAL(m.rows[0].kind, NOTE_RUN_SUCCESS);
	CU_ASSERT_EQUAL(m.rows[0].at, NOON);
	CU_ASSERT_PTR_NOT_NULL(strstr(m.rows[0].payload, "\"agent_slug\":\"echo\",\"summary\":\"Done\",\"error_code\":null"));
	CU_ASSERT_STRING_EQUAL(m.to.email, "queue-1@example.com");
	CU_ASSERT_STRING_EQUAL(m.to.timezone, "Asia/Kolkata");
}

static void a_run_that_fails_is_told_with_its_error(void)
{
	struct nx_mail m;

	nx_account(1, 1u << NOTE_RUN_FAILED);
	nx_end(1, 1, RUN_FAILED);
	nx_take(1, &m);
	CU_ASSERT_EQUAL_FATAL(m.total, 1);
	CU_ASSERT_EQUAL(m.rows[0].kind, NOTE_RUN_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(m.rows[0].payload, "\"summary\":null,\"error_code\":\"EXECUTION_FAILED\","
	                                                 "\"error_message\":\"It failed\""));
}

static void an_attempt_that_another_follows_is_not_told(void)
{
	nx_account(1, NOTES_ALL);
	nx_end(1, 1, RUN_RETRY);
	CU_ASSERT_EQUAL(nx_notes(), 0);
}

static void a_run_that_was_cancelled_is_not_told(void)
{
	struct claimed_run run;
	struct ended_run e;

	nx_account(1, NOTES_ALL);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(&run, 1), 1);
	e = fx_ended(&run, RUN_FAILED);
	e.error_code = err_name(ERR_CANCELLED);
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_EQUAL(nx_notes(), 0);
}

static void a_run_that_its_worker_was_lost_with_is_told_with_its_agent(void)
{
	static const char agent[] = "\"agent_slug\":\"echo\"";
	struct claimed_run run;
	struct nx_mail m;
	struct swept swept;
	struct error err;

	nx_account(1, NOTES_ALL);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(&run, 1), 1);
	dx_run("UPDATE leases SET lane = 2, attempt = 2");
	dx_set_clock(NOON + 2 * LEASE_MS);
	CU_ASSERT_TRUE_FATAL(queue_sweep(fx_db, &fx_conn, NOON + 2 * LEASE_MS, 10, 3, "here", NULL, NULL, &swept, &err));
	CU_ASSERT_EQUAL(swept.deliveries, 1);
	nx_take(1, &m);
	CU_ASSERT_EQUAL_FATAL(m.total, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(m.rows[0].payload, agent));
	CU_ASSERT_PTR_NOT_NULL(strstr(m.rows[0].payload, "WORKER_LOST"));
}

static void a_long_summary_is_cut_between_characters(void)
{
	char summary[NOTE_TEXT_MAX + 10];
	struct claimed_run run;
	struct ended_run e;
	struct nx_mail m;

	nx_account(1, NOTES_ALL);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(&run, 1), 1);
	e = fx_ended(&run, RUN_SUCCESS);
	memset(summary, 'a', sizeof summary);
	memcpy(summary + NOTE_TEXT_MAX - 1, "\xe2\x82\xac", 4);      /* the euro sign stands across the end */
	e.summary = summary;
	CU_ASSERT_TRUE(fx_end(&e, 1));
	nx_take(1, &m);
	CU_ASSERT_EQUAL_FATAL(m.total, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(m.rows[0].payload, "aaa\xe2\x80\xa6\","));
}

static void a_thousand_runs_within_the_digest_time_make_one_mail(void)
{
	struct nx_mail m;
	unsigned i;

	nx_account(1, NOTES_ALL);
	for (i = 0; i < 20; i++)
		nx_end(1, 50, RUN_SUCCESS);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM deliveries"), 1);
	nx_take(1, &m);
	CU_ASSERT_EQUAL(m.total, 1000);
	CU_ASSERT_EQUAL(m.count, NOTIFICATIONS_SHOWN);
}

static void what_is_shown_are_the_oldest(void)
{
	struct nx_mail m;

	nx_account(1, NOTES_ALL);
	nx_end(1, 40, RUN_SUCCESS);
	dx_set_clock(NOON + 1000);
	nx_end(1, 40, RUN_SUCCESS);
	nx_take(1, &m);
	CU_ASSERT_EQUAL(m.total, 80);
	CU_ASSERT_EQUAL(m.rows[39].at, NOON);
	CU_ASSERT_EQUAL(m.rows[40].at, NOON + 1000);
}

static void the_second_mail_is_not_due_before_the_digest_time_is_over(void)
{
	struct nx_mail first, second;

	nx_account(1, NOTES_ALL);
	nx_end(1, 1, RUN_SUCCESS);
	nx_take(1, &first);
	dx_set_clock(NOON + 60000);
	nx_end(1, 3, RUN_SUCCESS);
	CU_ASSERT_EQUAL(fx_number("SELECT MAX(due_at) FROM outbox"), NOON + DIGEST);
	nx_take(1, &second);
	CU_ASSERT_NOT_EQUAL(id_cmp(&first.delivery, &second.delivery), 0);
	CU_ASSERT_EQUAL(second.total, 3);
}

static void the_first_mail_after_a_quiet_time_is_due_at_once(void)
{
	struct nx_mail first;

	nx_account(1, NOTES_ALL);
	nx_end(1, 1, RUN_SUCCESS);
	nx_take(1, &first);
	dx_set_clock(NOON + DIGEST + 1);
	nx_end(1, 1, RUN_SUCCESS);
	CU_ASSERT_EQUAL(fx_number("SELECT MAX(due_at) FROM outbox"), NOON + DIGEST + 1);
}

static void a_mail_that_is_tried_again_tells_the_same(void)
{
	struct nx_mail first, again, next;

	nx_account(1, NOTES_ALL);
	nx_end(1, 2, RUN_SUCCESS);
	nx_take(1, &first);
	dx_set_clock(NOON + 60000);
	nx_end(1, 1, RUN_FAILED);
	nx_take_again(1, &first.delivery, &again);
	CU_ASSERT_EQUAL_FATAL(again.total, 2);
	CU_ASSERT_STRING_EQUAL(again.rows[0].payload, first.rows[0].payload);
	CU_ASSERT_STRING_EQUAL(again.rows[1].payload, first.rows[1].payload);
	/* and what came meanwhile is still to be told, when it was to be */
	CU_ASSERT_EQUAL(fx_number("SELECT mail_next_at FROM account_quota"), NOON + DIGEST);
	nx_take(1, &next);
	CU_ASSERT_EQUAL_FATAL(next.total, 1);
	CU_ASSERT_EQUAL(next.rows[0].kind, NOTE_RUN_FAILED);
}

static void accounts_whose_runs_end_together_have_a_mail_each(void)
{
	struct nx_mail m;

	nx_account(1, NOTES_ALL);
	fx_account(2, -1);
	fx_account(3, -1);
	dx_run("UPDATE account_quota SET mail_events = 1 WHERE account_id = 3");
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(2, LANE_ASYNC, "echo", "{}");
	fx_accept(3, LANE_ASYNC, "echo", "{}");
	nx_end_all(RUN_SUCCESS);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM deliveries"), 2);
	nx_take(1, &m);
	CU_ASSERT_EQUAL(m.total, 1);
	nx_take(3, &m);
	CU_ASSERT_EQUAL(m.total, 1);
	CU_ASSERT_STRING_EQUAL(m.to.email, "queue-3@example.com");
}

static void the_doorbell_is_rung_for_a_mail_that_is_due_and_for_no_other(void)
{
	struct claimed_run runs[3];
	unsigned promoted, deliveries[3], i;
	struct ended_run e;
	struct error err;

	nx_account(1, NOTES_ALL);
	for (i = 0; i < 3; i++)
		fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(runs, 3), 3);
	for (i = 0; i < 3; i++) {
		struct nx_mail m;

		e = fx_ended(&runs[i], RUN_SUCCESS);
		CU_ASSERT_TRUE_FATAL(queue_end(fx_db, &fx_conn, &e, 1, NOON, &promoted, &deliveries[i], &err));
		if (i == 1)
			nx_take(1, &m);
	}
	CU_ASSERT_EQUAL(deliveries[0], 1);
	CU_ASSERT_EQUAL(deliveries[1], 0);      /* it goes into the one that is due */
	CU_ASSERT_EQUAL(deliveries[2], 0);      /* due later */
}

/* ---- what it costs ---- */

static uint64_t statements_of(unsigned runs, enum run_outcome outcome)
{
	struct claimed_run r[64];
	struct ended_run e[64];
	struct db_counters before;
	unsigned i;

	for (i = 0; i < runs; i++)
		fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 64), runs);
	for (i = 0; i < runs; i++)
		e[i] = fx_ended(&r[i], outcome);
	before = db_counters(fx_db);
	CU_ASSERT_TRUE(fx_end(e, runs));
	return db_counters(fx_db).statements - before.statements;
}

/* BEGIN, the account, its lease, its result, the counters, COMMIT. */
#define STATEMENTS_OF_AN_END 6

static void who_wants_none_costs_no_statement(void)
{
	nx_account(1, 0);
	CU_ASSERT_EQUAL(statements_of(1, RUN_SUCCESS), STATEMENTS_OF_AN_END);
	CU_ASSERT_EQUAL(nx_notes(), 0);
}

static void what_is_not_wanted_costs_no_statement(void)
{
	nx_account(1, NOTES_ALL & ~NOTES_RUNS);
	CU_ASSERT_EQUAL(statements_of(1, RUN_SUCCESS), STATEMENTS_OF_AN_END);
	CU_ASSERT_EQUAL(nx_notes(), 0);
}

static void a_run_that_goes_into_a_mail_costs_one_statement_and_the_first_three_more(void)
{
	nx_account(1, NOTES_ALL);
	CU_ASSERT_EQUAL(statements_of(1, RUN_SUCCESS), STATEMENTS_OF_AN_END + 4);
	CU_ASSERT_EQUAL(statements_of(1, RUN_SUCCESS), STATEMENTS_OF_AN_END + 1);
}

/* ---- plans and preferences ---- */

static bool no_secret(struct db_conn *c, uint64_t account_id, struct buf *sealed, void *ctx, struct error *err)
{
	(void)c, (void)account_id, (void)ctx, (void)err;
	return buf_adds(sealed, "sealed");
}

static uint64_t new_account(const char *plan)
{
	struct error err = {0};
	struct account a;

	CU_ASSERT_TRUE_FATAL(account_create(fx_db, "ann@example.com", "Ann", plan, no_secret, NULL, fx_audit(), &a, &err));
	return a.id;
}

static unsigned in_force(void)
{
	return (unsigned)fx_number("SELECT mail_events FROM account_quota");
}

static void a_plan_without_webhooks_tells_all_and_another_all_but_the_ends_of_runs(void)
{
	dx_empty();
	new_account("starter");
	CU_ASSERT_EQUAL(in_force(), NOTES_ALL);
	dx_empty();
	new_account("pro");
	CU_ASSERT_EQUAL(in_force(), NOTES_ALL & ~NOTES_RUNS);
}

static void another_plan_has_other_defaults_and_what_was_decided_stays(void)
{
	struct error err = {0};
	uint64_t id;

	dx_empty();
	id = new_account("starter");
	CU_ASSERT_TRUE_FATAL(mail_preferences_set(fx_conn, id, 1u << NOTE_RUN_SUCCESS, 1u << NOTE_QUOTA_80, &err));
	CU_ASSERT_EQUAL(in_force(), NOTES_ALL & ~(1u << NOTE_QUOTA_80));
	CU_ASSERT_TRUE_FATAL(account_set_plan(fx_db, id, "pro", NULL, fx_audit(), &err));
	CU_ASSERT_EQUAL(in_force(), NOTES_ALL & ~(1u << NOTE_QUOTA_80 | 1u << NOTE_RUN_FAILED));
}

static void what_is_not_wanted_any_more_is_taken_out_of_the_mail(void)
{
	struct error err = {0};
	struct nx_mail m;

	nx_account(1, NOTES_ALL);
	nx_end(1, 3, RUN_SUCCESS);
	nx_end(1, 2, RUN_FAILED);
	CU_ASSERT_TRUE_FATAL(mail_preferences_set(fx_conn, 1, 1u << NOTE_RUN_FAILED, 1u << NOTE_RUN_SUCCESS, &err));
	nx_take(1, &m);
	CU_ASSERT_EQUAL_FATAL(m.total, 2);
	CU_ASSERT_EQUAL(m.rows[0].kind, NOTE_RUN_FAILED);
}

static void a_mail_with_nothing_left_to_tell_is_empty(void)
{
	struct error err = {0};
	struct nx_mail m;

	nx_account(1, NOTES_ALL);
	nx_end(1, 3, RUN_SUCCESS);
	CU_ASSERT_TRUE_FATAL(mail_preferences_set(fx_conn, 1, 0, NOTES_ALL, &err));
	nx_take(1, &m);
	CU_ASSERT_EQUAL(m.total, 0);
	CU_ASSERT_EQUAL(m.count, 0);
}

/* ---- the outbox, retention ---- */

static void a_mail_is_claimed_by_a_sender(void)
{
	struct delivery d[2];
	unsigned n, besides;
	struct arena a;
	struct error err;
	int64_t next;

	nx_account(1, NOTES_ALL);
	nx_end(1, 1, RUN_SUCCESS);
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(outbox_claim(fx_db, &fx_conn, true, 2, NOON, 30000, NULL, &a, d, &n, &besides, &next, &err));
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL(d[0].event, EVENT_MAIL);
	CU_ASSERT_EQUAL(d[0].account_id, 1);
	CU_ASSERT_PTR_NULL(d[0].url);
	arena_release(&a);
}

static void what_was_told_long_ago_is_removed(void)
{
	nx_account(1, NOTES_ALL);
	nx_end(1, 2, RUN_SUCCESS);
	dx_set_clock(NOON + DAY);
	nx_end(1, 1, RUN_SUCCESS);
	CU_ASSERT_EQUAL(dx_prune(prune_notifications, NOON + HOUR), 2);
	CU_ASSERT_EQUAL(nx_notes(), 1);
}

/* ---- at once ---- */

struct crowd {
	atomic_bool over;
	_Atomic unsigned ended, failed;
};

static void *end_runs(void *arg)
{
	struct crowd *k = arg;
	struct db_conn *c = NULL;
	unsigned i;

	for (i = 0; i < 100; i++) {
		struct note n = {.kind = NOTE_RUN_SUCCESS, .account_id = 1, .payload = "{}", .payload_len = 2};
		unsigned due = 0;
		struct error err;
		bool ok;

		if (!c && !(c = db_get(fx_db, &err)))
			break;
		/* as an end does: the account is locked, and its row read, by the transaction */
		ok = db_begin(c, &err) && account_lock(c, 1, &err) &&
		     note_write(c, n.account_id, n.kind, n.payload, n.payload_len, clock_now_ms(), &due, &err) &&
		     db_commit(c, &err);
		if (!ok)
			db_rollback(c);
		atomic_fetch_add(ok ? &k->ended : &k->failed, 1);
	}
	db_put(fx_db, c);
	return NULL;
}

static void *take_mails(void *arg)
{
	struct crowd *k = arg;
	uint64_t *total = mem_zalloc(sizeof *total);

	while (!atomic_load(&k->over))
		*total += nx_take_any(1);
	*total += nx_take_any(1);
	return total;
}

static void taking_beside_ends_loses_none_and_repeats_none(void)
{
	struct crowd k = {.ended = 0};
	pthread_t enders[3], taker;
	uint64_t *told;
	unsigned i;

	nx_account(1, NOTES_ALL);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&taker, NULL, take_mails, &k), 0);
	for (i = 0; i < 3; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&enders[i], NULL, end_runs, &k), 0);
	for (i = 0; i < 3; i++)
		pthread_join(enders[i], NULL);
	atomic_store(&k.over, true);
	pthread_join(taker, (void **)&told);
	CU_ASSERT_EQUAL(k.failed, 0);
	CU_ASSERT_EQUAL(k.ended, 300);
	CU_ASSERT_EQUAL(*told, 300);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM notifications n LEFT JOIN deliveries d ON d.id = n.delivery_id"
	                          " WHERE d.id IS NULL"), 0);
	mem_free(told);
}

static CU_TestInfo tests[] = {
	{"a run that ends makes a mail that is due at once", a_run_that_ends_makes_a_mail_that_is_due_at_once},
	{"a run that fails is told with its error", a_run_that_fails_is_told_with_its_error},
	{"an attempt that another follows is not told", an_attempt_that_another_follows_is_not_told},
	{"a run that was cancelled is not told", a_run_that_was_cancelled_is_not_told},
	{"a run that its worker was lost with is told with its agent", a_run_that_its_worker_was_lost_with_is_told_with_its_agent},
	{"a long summary is cut between characters", a_long_summary_is_cut_between_characters},
	{"a thousand runs within the digest time make one mail", a_thousand_runs_within_the_digest_time_make_one_mail},
	{"what is shown are the oldest", what_is_shown_are_the_oldest},
	{"the second mail is not due before the digest time is over", the_second_mail_is_not_due_before_the_digest_time_is_over},
	{"the first mail after a quiet time is due at once", the_first_mail_after_a_quiet_time_is_due_at_once},
	{"a mail that is tried again tells the same", a_mail_that_is_tried_again_tells_the_same},
	{"accounts whose runs end together have a mail each", accounts_whose_runs_end_together_have_a_mail_each},
	{"the doorbell is rung for a mail that is due and for no other",
	 the_doorbell_is_rung_for_a_mail_that_is_due_and_for_no_other},
	{"who wants none costs no statement", who_wants_none_costs_no_statement},
	{"what is not wanted costs no statement", what_is_not_wanted_costs_no_statement},
	{"a run that goes into a mail costs one statement, and the first three more",
	 a_run_that_goes_into_a_mail_costs_one_statement_and_the_first_three_more},
	{"a plan without webhooks tells all, and another all but the ends of runs",
	 a_plan_without_webhooks_tells_all_and_another_all_but_the_ends_of_runs},
	{"another plan has other defaults, and what was decided stays",
	 another_plan_has_other_defaults_and_what_was_decided_stays},
	{"what is not wanted any more is taken out of the mail", what_is_not_wanted_any_more_is_taken_out_of_the_mail},
	{"a mail with nothing left to tell is empty", a_mail_with_nothing_left_to_tell_is_empty},
	{"a mail is claimed by a sender", a_mail_is_claimed_by_a_sender},
	{"what was told long ago is removed", what_was_told_long_ago_is_removed},
	{"taking beside ends loses none and repeats none", taking_beside_ends_loses_none_and_repeats_none},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo notifications_suite = {"notifications", dx_open, dx_close, dx_empty, NULL, tests};
