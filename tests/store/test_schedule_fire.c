/* What a slot comes to: run, event, ledger, next time; and what keeps it from it (store/schedule_fire.h). */
#include "schedule_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "core/scheduler.h"
#include "schedule_suites.h"

static void a_slot_makes_a_run_with_the_schedules_input(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");
	struct claimed_run r;
	struct id id;

	sx_fresh();
	s.input = "{\"n\":1}";
	s.input_len = strlen(s.input);
	id = sx_add(s);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:01Z")).fired, 1);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_STRING_EQUAL(r.agent, "echo");
	CU_ASSERT_NSTRING_EQUAL(r.input, "{\"n\":1}", 7);
	CU_ASSERT_TRUE(r.has_schedule && id_cmp(&r.schedule_id, &id) == 0);
	CU_ASSERT_EQUAL(fx_number_of("SELECT trigger_type FROM executions WHERE schedule_id = ?", &id), TRIGGER_SCHEDULE);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_slot_is_a_row_of_the_ledger(void)
{
	struct id id;
	struct slot_record slot;

	sx_fresh();
	id = sx_add(sx_hourly("2026-03-01T06:00:00Z"));
	sx_fire(at("2026-03-01T06:00:01Z"));
	slot = sx_last_slot(&id);
	CU_ASSERT_EQUAL(slot.outcome, SLOT_FIRED);
	CU_ASSERT_EQUAL(slot.scheduled_for, at("2026-03-01T06:00:00Z"));
	CU_ASSERT_EQUAL(slot.recorded_at, at("2026-03-01T06:00:01Z"));
	CU_ASSERT_TRUE(slot.has_execution && slot.has_event);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM executions WHERE id = ?", &slot.execution_id), 1);
}

static void a_slot_fires_once(void)
{
	sx_fresh();
	sx_add(sx_hourly("2026-03-01T06:00:00Z"));
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:01Z")).fired, 1);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:02Z")).fired, 0);
	CU_ASSERT_EQUAL(fx_open_runs(), 1);
}

/* As when the database's clock is set back. */
static void a_slot_of_the_ledger_does_not_fire_again_when_it_is_next_again(void)
{
	sx_fresh();
	sx_add(sx_hourly("2026-03-01T06:00:00Z"));
	sx_fire(at("2026-03-01T06:00:01Z"));
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE schedules SET next_at = next_at - 3600000", NULL));
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:02Z")).fired, 0);
	CU_ASSERT_EQUAL(sx_find("echo").next_at, at("2026-03-01T07:00:00Z"));
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:00:00Z")).fired, 1);
}

static void a_schedule_tells_of_its_last_run_and_its_next_slot(void)
{
	struct schedule s;

	sx_fresh();
	sx_add(sx_hourly("2026-03-01T06:00:00Z"));
	sx_fire(at("2026-03-01T06:00:01Z"));
	s = sx_find("echo");
	CU_ASSERT_EQUAL(s.next_at, at("2026-03-01T07:00:00Z"));
	CU_ASSERT_EQUAL(s.last_run_at, at("2026-03-01T06:00:01Z"));
	CU_ASSERT_EQUAL(s.total_runs, 1);
	CU_ASSERT_TRUE(s.has_status && s.last_status == EXEC_QUEUED);
	sx_end_next(RUN_SUCCESS);
	CU_ASSERT_EQUAL(sx_find("echo").last_status, EXEC_SUCCESS);
	sx_fire(at("2026-03-01T07:00:00Z"));
	sx_end_next(RUN_FAILED);
	s = sx_find("echo");
	CU_ASSERT_EQUAL(s.last_status, EXEC_FAILED);
	CU_ASSERT_EQUAL(s.total_runs, 2);
}

static void receivers_are_told_in_the_bodys_form(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");
	struct slot_record slot;
	char schedule[ID_TEXT_SIZE], execution[ID_TEXT_SIZE], user[ID_TEXT_SIZE], expected[512];
	struct id account = {0};
	struct error err;

	sx_fresh();
	s.id = sx_add(s);
	sx_fire(at("2026-03-01T06:00:01Z"));
	slot = sx_last_slot(&s.id);
	CU_ASSERT_TRUE_FATAL(db_query(fx_conn, "SELECT public_id FROM accounts", NULL, 0, &err));
	CU_ASSERT_EQUAL(db_next(fx_conn, &err), 1);
	db_col_id(fx_conn, 0, &account);
	db_end(fx_conn);
	id_format(ID_SCHEDULE, &s.id, schedule);
	id_format(ID_EXECUTION, &slot.execution_id, execution);
	id_format(ID_USER, &account, user);
	snprintf(expected, sizeof expected, "{\"event\":\"schedule.fired\",\"schedule_id\":\"%s\",\"execution_id\":\"%s\","
	         "\"agent_slug\":\"echo\",\"user_id\":\"%s\",\"scheduled_for\":\"2026-03-01T06:00:00Z\","
	         "\"timestamp\":\"2026-03-01T06:00:01Z\"}", schedule, execution, user);
	CU_ASSERT_TRUE(fx_text_is("SELECT payload FROM events WHERE id = ?", &slot.event_id, expected));
}

static void a_schedule_ends_with_its_last_slot(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");

	sx_fresh();
	s.ends_at = at("2026-03-01T06:00:00Z");
	sx_add(s);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).fired, 1);
	CU_ASSERT_EQUAL(sx_find("echo").next_at, 0);
}

/* ---- what keeps a run from being made ---- */

static void expect_skipped(const struct id *schedule, enum slot_reason reason)
{
	struct slot_record slot = sx_last_slot(schedule);

	CU_ASSERT_EQUAL(slot.outcome, SLOT_SKIPPED);
	CU_ASSERT_EQUAL(slot.reason, reason);
	CU_ASSERT_FALSE(slot.has_execution);
	CU_ASSERT_TRUE(slot.has_event);
	CU_ASSERT_EQUAL(fx_number_of("SELECT payload LIKE '%\"execution_id\":null%' FROM events WHERE id = ?",
	                             &slot.event_id), 1);
	CU_ASSERT_EQUAL(fx_open_runs(), 0);
	CU_ASSERT_EQUAL(sx_find("echo").total_runs, 0);
}

static void without_a_subscription_a_slot_is_skipped_and_told(void)
{
	struct id id;

	sx_fresh();
	sx_subscribe(1, SUB_PAST_DUE, 0);
	id = sx_add(sx_hourly("2026-03-01T06:00:00Z"));
	sx_fire(at("2026-03-01T06:00:00Z"));
	expect_skipped(&id, SLOT_SUBSCRIPTION);
}

static void a_trial_ends_at_its_instant(void)
{
	struct id id;

	sx_fresh();
	sx_subscribe(1, SUB_TRIALING, at("2026-03-01T06:30:00Z"));
	id = sx_add(sx_hourly("2026-03-01T06:00:00Z"));
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).fired, 1);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:00:00Z")).fired, 0);
	CU_ASSERT_EQUAL(sx_last_slot(&id).reason, SLOT_SUBSCRIPTION);
}

static void an_agents_own_subscription_comes_before_that_of_all(void)
{
	struct error err;

	sx_fresh();
	CU_ASSERT_TRUE(subscription_set(fx_db, 1, "echo", SUB_NONE, 0, fx_audit(), &err));
	sx_add(sx_hourly("2026-03-01T06:00:00Z"));
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).fired, 0);
}

static void over_the_days_quota_a_slot_is_skipped_and_told(void)
{
	struct id id;

	sx_fresh();
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET max_day = 0", NULL));
	id = sx_add(sx_hourly("2026-03-01T06:00:00Z"));
	sx_fire(at("2026-03-01T06:00:00Z"));
	expect_skipped(&id, SLOT_RUNS_PER_DAY);
	CU_ASSERT_EQUAL(sx_find("echo").next_at, at("2026-03-01T07:00:00Z"));
}

static void over_the_months_quota_a_slot_is_skipped_and_told(void)
{
	struct id id;

	sx_fresh();
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET max_month = 0", NULL));
	id = sx_add(sx_hourly("2026-03-01T06:00:00Z"));
	sx_fire(at("2026-03-01T06:00:00Z"));
	expect_skipped(&id, SLOT_RUNS_PER_MONTH);
}

static void with_its_token_budget_used_up_a_slot_is_skipped_and_told(void)
{
	struct id id;
	struct error err;

	sx_fresh();
	CU_ASSERT_TRUE_FATAL(db_begin(fx_conn, &err));
	CU_ASSERT_TRUE(budget_set(fx_conn, 1, BUDGET_ACCOUNT, "", 0, at("2026-03-01T00:00:00Z"), &err));
	CU_ASSERT_TRUE_FATAL(db_commit(fx_conn, &err));
	id = sx_add(sx_hourly("2026-03-01T06:00:00Z"));
	sx_fire(at("2026-03-01T06:00:00Z"));
	expect_skipped(&id, SLOT_TOKENS_PER_MONTH);
}

static void beyond_its_slots_a_run_is_held(void)
{
	sx_fresh();
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET max_concurrent = 0", NULL));
	sx_add(sx_hourly("2026-03-01T06:00:00Z"));
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).fired, 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_held"), 1);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_missing_connection_keeps_a_run_from_being_made(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");

	sx_fresh();
	s.agent = "mail";
	s.id = sx_add(s);
	sx_fire(at("2026-03-01T06:00:00Z"));
	CU_ASSERT_EQUAL(sx_last_slot(&s.id).reason, SLOT_INTEGRATION);
}

static void data_in_the_input_needs_no_connection(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");

	sx_fresh();
	s.agent = "mail";
	s.input = "{\"mails\":[]}";
	s.input_len = strlen(s.input);
	sx_add(s);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).fired, 1);
}

static void an_agent_that_is_gone_is_told(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");

	sx_fresh();
	s.agent = "gone";
	s.id = sx_add(s);
	sx_fire(at("2026-03-01T06:00:00Z"));
	CU_ASSERT_EQUAL(sx_last_slot(&s.id).reason, SLOT_AGENT);
}

/* ---- many at once ---- */

static void add_accounts(unsigned n)
{
	unsigned i;

	for (i = 2; i <= n; i++) {
		fx_account(i, -1);
		sx_subscribe(i, SUB_ACTIVE, 0);
	}
}

static void add_to(uint64_t account_id)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");

	s.account_id = account_id;
	sx_add(s);
}

/* Somebody has the account in hand, until let_go. */
static struct db_conn *hold_account(uint64_t account_id)
{
	struct error err;
	struct db_conn *c = db_get(fx_db, &err);

	CU_ASSERT_TRUE_FATAL(c && db_begin(c, &err) && account_lock(c, account_id, &err));
	return c;
}

static void let_go(struct db_conn *c)
{
	db_rollback(c);
	db_put(fx_db, c);
}

static void an_account_in_other_hands_holds_up_no_other(void)
{
	struct db_conn *other;
	struct fired f;

	sx_fresh();
	add_accounts(3);
	add_to(1);
	add_to(2);
	add_to(3);
	other = hold_account(1);
	f = sx_fire(at("2026-03-01T06:00:00Z"));
	CU_ASSERT_EQUAL(f.fired, 2);
	CU_ASSERT_EQUAL(f.left, 1);
	let_go(other);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).fired, 1);
}

static void many_are_fired_together(void)
{
	struct db_counters before, after;
	unsigned i;

	sx_fresh();
	add_accounts(300);
	for (i = 1; i <= 300; i++)
		add_to(i);
	before = db_counters(fx_db);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).fired, 300);
	after = db_counters(fx_db);
	/* two that fire, one that finds that nothing is left */
	CU_ASSERT_EQUAL(after.transactions - before.transactions, 3);
	CU_ASSERT_TRUE(after.statements - before.statements < 100);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static int64_t fixed_now;

static int64_t now_is(void)
{
	return fixed_now;
}

/* A row that is in its way makes one of them fail. */
static void one_that_the_database_refuses_keeps_no_other_from_firing(void)
{
	struct scheduler_env env = {.db = fx_db, .cfg = &fx_cfg};
	struct scheduler_counts counts;
	struct slot_new in_the_way = {.record = {.scheduled_for = at("2026-03-01T06:00:00Z"), .slots = 1}};
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");
	struct error err;

	sx_fresh();
	add_accounts(3);
	in_the_way.schedule_id = sx_add(s);
	CU_ASSERT_TRUE(schedule_slots_insert(fx_conn, &in_the_way, 1, &err));
	add_to(2);
	add_to(3);
	fixed_now = at("2026-03-01T06:00:00Z") - clock_offset_ms();
	clock_set_source(now_is, NULL);
	CU_ASSERT_TRUE(scheduler_pass(&env, INT64_MAX, &counts, &err));
	clock_set_source(NULL, NULL);
	CU_ASSERT_EQUAL(counts.fired, 2);
	CU_ASSERT_EQUAL(fx_open_runs(), 2);
}

static int64_t fixed_us(void)
{
	return 1000000;
}

/* The account's is overdue all the while; the other one is due 300 ms later. */
static void an_account_in_other_hands_lets_nobody_be_late(void)
{
	struct scheduler_env env = {.db = fx_db, .cfg = &fx_cfg};
	struct scheduler *scheduler;
	struct db_conn *other;
	int64_t next_us = 0;
	struct error err;
	unsigned i;

	sx_fresh();
	add_accounts(2);
	add_to(1);
	add_to(2);
	other = hold_account(1);
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE schedules SET next_at = next_at + 300 WHERE account_id = 2", &err));
	fixed_now = at("2026-03-01T06:00:00Z") - clock_offset_ms();
	clock_set_source(now_is, fixed_us);
	scheduler = scheduler_new(&env);
	for (i = 0; i < 10 && next_us <= fixed_us(); i++)
		next_us = scheduler_work(scheduler);
	scheduler_free(scheduler);
	clock_set_source(NULL, NULL);
	let_go(other);
	CU_ASSERT_EQUAL(next_us - fixed_us(), 300000);
}

static CU_TestInfo tests[] = {
	{"a slot makes a run with the schedule's input", a_slot_makes_a_run_with_the_schedules_input},
	{"a slot is a row of the ledger", a_slot_is_a_row_of_the_ledger},
	{"a slot fires once", a_slot_fires_once},
	{"a slot of the ledger does not fire again when it is next again",
	 a_slot_of_the_ledger_does_not_fire_again_when_it_is_next_again},
	{"a schedule tells of its last run and its next slot", a_schedule_tells_of_its_last_run_and_its_next_slot},
	{"receivers are told in the body's form", receivers_are_told_in_the_bodys_form},
	{"a schedule ends with its last slot", a_schedule_ends_with_its_last_slot},
	{"without a subscription a slot is skipped and told", without_a_subscription_a_slot_is_skipped_and_told},
	{"a trial ends at its instant", a_trial_ends_at_its_instant},
	{"an agent's own subscription comes before that of all", an_agents_own_subscription_comes_before_that_of_all},
	{"over the day's quota a slot is skipped and told", over_the_days_quota_a_slot_is_skipped_and_told},
	{"over the month's quota a slot is skipped and told", over_the_months_quota_a_slot_is_skipped_and_told},
	{"with its token budget used up a slot is skipped and told", with_its_token_budget_used_up_a_slot_is_skipped_and_told},
	{"beyond its slots a run is held", beyond_its_slots_a_run_is_held},
	{"a missing connection keeps a run from being made", a_missing_connection_keeps_a_run_from_being_made},
	{"data in the input needs no connection", data_in_the_input_needs_no_connection},
	{"an agent that is gone is told", an_agent_that_is_gone_is_told},
	{"an account in other hands holds up no other", an_account_in_other_hands_holds_up_no_other},
	{"an account in other hands lets nobody be late", an_account_in_other_hands_lets_nobody_be_late},
	{"many are fired together", many_are_fired_together},
	{"one that the database refuses keeps no other from firing", one_that_the_database_refuses_keeps_no_other_from_firing},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo schedule_fire_suite = {"firing", fx_open, fx_close, NULL, NULL, tests};
