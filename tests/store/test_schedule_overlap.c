/* Runs that outlast their period, for each overlap; failures in a row; schedules that go. */
#include "schedule_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "schedule_suites.h"

/* Its runs at 06:00 and 07:00, the first of them claimed. */
static void fire_two(struct claimed_run *first)
{
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).fired, 1);
	CU_ASSERT_EQUAL_FATAL(fx_claim(first, 1), 1);
	sx_fire(at("2026-03-01T07:00:00Z"));
}

/* ---- queue ---- */

static void queued_runs_go_one_after_the_other(void)
{
	struct claimed_run r;

	sx_fresh();
	sx_add_overlap(OVERLAP_QUEUE);
	fire_two(&r);
	CU_ASSERT_EQUAL(sx_ready(), 0);
	sx_fire(at("2026-03-01T08:00:00Z"));
	CU_ASSERT_EQUAL(fx_open_runs(), 3);
	sx_end_run(&r, RUN_SUCCESS);
	CU_ASSERT_EQUAL(sx_ready(), 1);
	sx_end_next(RUN_SUCCESS);
	CU_ASSERT_EQUAL(sx_ready(), 1);
	sx_end_next(RUN_SUCCESS);
	CU_ASSERT_EQUAL(fx_open_runs(), 0);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_run_that_is_to_be_repeated_lets_none_pass(void)
{
	struct claimed_run r;

	sx_fresh();
	sx_add_overlap(OVERLAP_QUEUE);
	fire_two(&r);
	sx_end_run(&r, RUN_RETRY);
	CU_ASSERT_EQUAL(sx_ready(), 0);
}

static void when_the_first_is_cancelled_the_next_one_starts(void)
{
	struct slot_record slots[100];
	struct cancelled out;
	struct error err;
	struct id id;

	sx_fresh();
	id = sx_add_overlap(OVERLAP_QUEUE);
	sx_fire(at("2026-03-01T06:00:00Z"));
	sx_fire(at("2026-03-01T07:00:00Z"));
	CU_ASSERT_EQUAL_FATAL(sx_slots(&id, slots), 2);
	CU_ASSERT_EQUAL(sx_ready(), 1);
	CU_ASSERT_TRUE(fx_cancel(fx_db, 1, &slots[1].execution_id, &out, &err));
	CU_ASSERT_EQUAL(sx_ready(), 1);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM queue_ready WHERE execution_id = ?", &slots[0].execution_id), 1);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void one_that_waits_can_be_cancelled(void)
{
	struct claimed_run r;
	struct cancelled out;
	struct slot_record last;
	struct error err;
	struct id id;

	sx_fresh();
	id = sx_add_overlap(OVERLAP_QUEUE);
	fire_two(&r);
	last = sx_last_slot(&id);
	CU_ASSERT_TRUE(fx_cancel(fx_db, 1, &last.execution_id, &out, &err));
	CU_ASSERT_EQUAL(out.outcome, CANCEL_ENDED);
	CU_ASSERT_EQUAL(sx_ready(), 0);
	sx_end_run(&r, RUN_SUCCESS);
	CU_ASSERT_EQUAL(fx_open_runs(), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM schedule_runs"), 0);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void the_next_one_waits_for_a_slot_of_its_account(void)
{
	struct claimed_run r;

	sx_fresh();
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET max_concurrent = 1", NULL));
	sx_add_overlap(OVERLAP_QUEUE);
	fire_two(&r);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL(fx_number("SELECT held FROM account_quota"), 1);
	sx_end_run(&r, RUN_SUCCESS);
	CU_ASSERT_EQUAL(sx_ready(), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT held FROM account_quota"), 1);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_backlog_has_an_end(void)
{
	struct claimed_run r;
	struct id id;
	unsigned i;

	sx_fresh();
	id = sx_add_overlap(OVERLAP_QUEUE);
	fire_two(&r);
	for (i = 1; i < SCHEDULE_BACKLOG_MAX; i++)
		CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:00:00Z") + i * INT64_C(3600000)).fired, 1);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:00:00Z") + i * INT64_C(3600000)).fired, 0);
	CU_ASSERT_EQUAL(sx_last_slot(&id).reason, SLOT_BACKLOG);
}

static void the_next_one_starts_when_a_lost_run_is_given_up(void)
{
	struct claimed_run r;
	struct swept swept;
	struct error err;

	sx_fresh();
	sx_add_overlap(OVERLAP_QUEUE);
	fire_two(&r);
	/* suspects run alone, so its loss uses up its only attempt */
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE leases SET lane = 2", NULL));
	CU_ASSERT_TRUE(queue_sweep(fx_db, &fx_conn, clock_now_ms() + 2 * LEASE_MS, 64, 1, "here", NULL, NULL, &swept, &err));
	CU_ASSERT_EQUAL(sx_ready(), 1);
	CU_ASSERT_EQUAL(fx_open_runs(), 1);
	CU_ASSERT_EQUAL(sx_find("echo").failures, 1);
}

/* As a worker ends it that knows of no schedules. */
static void the_audit_tells_a_schedule_of_a_run_that_ended_without_a_word(void)
{
	struct claimed_run r;
	struct ended_run e;
	unsigned repaired = 0, promoted = 0;
	struct error err;

	sx_fresh();
	sx_add_overlap(OVERLAP_QUEUE);
	fire_two(&r);
	e = fx_ended(&r, RUN_FAILED);
	e.has_schedule = false;
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_EQUAL(sx_ready(), 0);
	CU_ASSERT_TRUE(queue_audit_schedules(fx_db, &fx_conn, &repaired, &promoted, &err));
	CU_ASSERT_TRUE(repaired == 1 && promoted == 1);
	CU_ASSERT_EQUAL(sx_ready(), 1);
	CU_ASSERT_EQUAL(sx_find("echo").failures, 1);
	CU_ASSERT_TRUE(queue_audit_schedules(fx_db, &fx_conn, &repaired, &promoted, &err));
	CU_ASSERT_EQUAL(repaired, 0);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void runs_that_wait_for_others_are_no_delayed_ones(void)
{
	struct claimed_run r;
	struct queue_stats stats;
	struct error err;

	sx_fresh();
	sx_add_overlap(OVERLAP_QUEUE);
	fire_two(&r);
	CU_ASSERT_TRUE(queue_stats(fx_conn, clock_now_ms(), &stats, &err));
	CU_ASSERT_EQUAL(stats.later, 0);
}

/* ---- skip ---- */

static void while_a_run_goes_on_skip_passes_over_the_slot(void)
{
	struct claimed_run r;
	struct id id;

	sx_fresh();
	id = sx_add_overlap(OVERLAP_SKIP);
	fire_two(&r);
	CU_ASSERT_EQUAL(sx_last_slot(&id).reason, SLOT_OVERLAP);
	CU_ASSERT_EQUAL(fx_open_runs(), 1);
	sx_end_run(&r, RUN_SUCCESS);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T08:00:00Z")).fired, 1);
}

/* ---- cancel_previous ---- */

static void a_running_one_is_asked_to_stop_and_the_new_one_waits_for_it(void)
{
	struct claimed_run r;

	sx_fresh();
	sx_add_overlap(OVERLAP_CANCEL_PREVIOUS);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).fired, 1);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:00:00Z")).asked_count, 1);
	CU_ASSERT_EQUAL(fx_number_of("SELECT cancel FROM leases WHERE execution_id = ?", &r.id), 1);
	CU_ASSERT_EQUAL(sx_ready(), 0);
	sx_end_run(&r, RUN_RETRY);
	CU_ASSERT_EQUAL(sx_ready(), 1);
	CU_ASSERT_EQUAL(fx_open_runs(), 1);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void one_that_has_not_started_is_cancelled_at_once(void)
{
	struct slot_record slots[100];
	struct id id;

	sx_fresh();
	id = sx_add_overlap(OVERLAP_CANCEL_PREVIOUS);
	sx_fire(at("2026-03-01T06:00:00Z"));
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:00:00Z")).fired, 1);
	CU_ASSERT_EQUAL_FATAL(sx_slots(&id, slots), 2);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM execution_results WHERE error_code = 'CANCELLED'"
	                             " AND execution_id = ?", &slots[1].execution_id), 1);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM queue_ready WHERE execution_id = ?", &slots[0].execution_id), 1);
	CU_ASSERT_EQUAL(sx_find("echo").last_status, EXEC_QUEUED);
	CU_ASSERT_TRUE(fx_slots_agree());
}

/* The workers are woken for what can start. */
static void the_new_one_is_told_as_ready_only_when_none_goes_on(void)
{
	struct claimed_run r;

	sx_fresh();
	sx_add_overlap(OVERLAP_CANCEL_PREVIOUS);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).ready, 1);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:00:00Z")).ready, 1);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T08:00:00Z")).ready, 0);
}

static void without_quota_for_the_new_one_the_previous_goes_on(void)
{
	struct claimed_run r;

	sx_fresh();
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET max_day = 1", NULL));
	sx_add_overlap(OVERLAP_CANCEL_PREVIOUS);
	fire_two(&r);
	CU_ASSERT_EQUAL(fx_number_of("SELECT cancel FROM leases WHERE execution_id = ?", &r.id), 0);
}

/* ---- failures in a row ---- */

static void after_so_many_failures_it_is_paused_and_that_is_in_the_audit_log(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");

	sx_fresh();
	s.pause_after_failures = 2;
	sx_add(s);
	sx_fire(at("2026-03-01T06:00:00Z"));
	sx_end_next(RUN_FAILED);
	CU_ASSERT_TRUE(sx_find("echo").enabled);
	sx_fire(at("2026-03-01T07:00:00Z"));
	sx_end_next(RUN_FAILED);
	s = sx_find("echo");
	CU_ASSERT_FALSE(s.enabled);
	CU_ASSERT_TRUE(s.paused_at > 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'schedule.pause' AND actor_kind = 0"), 1);
}

static void its_account_is_told_of_the_pause_by_mail_if_it_wants(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");

	sx_fresh();
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE account_quota SET mail_events = 128", NULL));
	s.pause_after_failures = 1;
	sx_add(s);
	sx_fire(at("2026-03-01T06:00:00Z"));
	sx_end_next(RUN_FAILED);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM notifications"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM notifications n JOIN account_quota q ON q.mail_delivery = n.delivery_id"
	                          " JOIN schedules s ON s.account_id = n.account_id WHERE n.kind = 7"
	                          " AND n.payload LIKE '{\"agent_slug\":\"echo\",\"schedule_id\":\"sch_%\",\"failures\":1}'"), 1);
}

static void a_pause_by_failures_is_an_update_of_its_schedule_and_the_end_of_a_run_is_none(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");

	sx_fresh();
	s.pause_after_failures = 2;
	s.updated_at = 5;
	sx_add(s);
	sx_fire(at("2026-03-01T06:00:00Z"));
	sx_end_next(RUN_FAILED);
	CU_ASSERT_EQUAL(sx_find("echo").updated_at, 5);
	sx_fire(at("2026-03-01T07:00:00Z"));
	sx_end_next(RUN_FAILED);
	s = sx_find("echo");
	CU_ASSERT_EQUAL(s.updated_at, s.paused_at);
}

static void one_that_is_paused_has_no_slot_to_come(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");

	sx_fresh();
	s.pause_after_failures = 1;
	sx_add(s);
	sx_fire(at("2026-03-01T06:00:00Z"));
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE schedules SET next_at = next_at + 1000000000000", NULL));
	sx_end_next(RUN_FAILED);
	CU_ASSERT_EQUAL(sx_find("echo").next_at, 0);
}

static void a_slot_that_had_come_when_it_was_paused_is_in_the_ledger(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");
	struct slot_record last;

	sx_fresh();
	s.pause_after_failures = 1;
	s.id = sx_add(s);
	sx_fire(at("2026-03-01T06:00:00Z"));
	sx_end_next(RUN_FAILED);
	CU_ASSERT_FALSE(sx_find("echo").enabled);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:00:01Z")).fired, 0);
	last = sx_last_slot(&s.id);
	CU_ASSERT_EQUAL(last.scheduled_for, at("2026-03-01T07:00:00Z"));
	CU_ASSERT_TRUE(last.outcome == SLOT_SKIPPED && last.reason == SLOT_EDITED);
	CU_ASSERT_EQUAL(sx_find("echo").next_at, 0);
	CU_ASSERT_EQUAL(fx_open_runs(), 0);
}

static void a_success_between_them_begins_anew(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");
	static const enum run_outcome ends[] = {RUN_FAILED, RUN_SUCCESS, RUN_FAILED};
	unsigned i;

	sx_fresh();
	s.pause_after_failures = 2;
	sx_add(s);
	for (i = 0; i < 3; i++) {
		sx_fire(at("2026-03-01T06:00:00Z") + i * INT64_C(3600000));
		sx_end_next(ends[i]);
	}
	CU_ASSERT_TRUE(sx_find("echo").enabled);
	CU_ASSERT_EQUAL(sx_find("echo").failures, 1);
}

static void a_cancelled_run_is_no_failure(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");
	struct slot_record last;
	struct cancelled out;
	struct error err;

	sx_fresh();
	s.pause_after_failures = 1;
	s.id = sx_add(s);
	sx_fire(at("2026-03-01T06:00:00Z"));
	last = sx_last_slot(&s.id);
	CU_ASSERT_TRUE(fx_cancel(fx_db, 1, &last.execution_id, &out, &err));
	CU_ASSERT_TRUE(sx_find("echo").enabled);
	CU_ASSERT_EQUAL(sx_find("echo").last_status, EXEC_FAILED);
}

static void a_run_that_stopped_as_it_was_asked_to_is_no_failure(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");
	struct claimed_run r;
	struct ended_run e;

	sx_fresh();
	s.pause_after_failures = 1;
	sx_add(s);
	sx_fire(at("2026-03-01T06:00:00Z"));
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	e = fx_ended(&r, RUN_FAILED);
	e.error_code = "CANCELLED";
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_TRUE(sx_find("echo").enabled);
}

/* ---- deleting ---- */

static void with_a_schedule_the_runs_that_wait_go_and_the_running_one_goes_on(void)
{
	struct claimed_run r;
	struct schedule s;
	struct error err;

	sx_fresh();
	sx_add_overlap(OVERLAP_QUEUE);
	fire_two(&r);
	s = sx_find("echo");
	CU_ASSERT_TRUE_FATAL(db_begin(fx_conn, &err) && account_lock(fx_conn, 1, &err));
	CU_ASSERT_TRUE(schedule_delete(fx_conn, &s, at("2026-03-01T07:00:00Z"), &err));
	CU_ASSERT_TRUE_FATAL(db_commit(fx_conn, &err));
	CU_ASSERT_EQUAL(fx_open_runs(), 1);
	sx_end_run(&r, RUN_SUCCESS);
	CU_ASSERT_EQUAL(fx_open_runs(), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM schedule_runs"), 0);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static CU_TestInfo tests[] = {
	{"queued runs go one after the other", queued_runs_go_one_after_the_other},
	{"a run that is to be repeated lets none pass", a_run_that_is_to_be_repeated_lets_none_pass},
	{"when the first is cancelled the next one starts", when_the_first_is_cancelled_the_next_one_starts},
	{"one that waits can be cancelled", one_that_waits_can_be_cancelled},
	{"the next one waits for a slot of its account", the_next_one_waits_for_a_slot_of_its_account},
	{"a backlog has an end", a_backlog_has_an_end},
	{"the next one starts when a lost run is given up", the_next_one_starts_when_a_lost_run_is_given_up},
	{"the audit tells a schedule of a run that ended without a word",
	 the_audit_tells_a_schedule_of_a_run_that_ended_without_a_word},
	{"runs that wait for others are no delayed ones", runs_that_wait_for_others_are_no_delayed_ones},
	{"while a run goes on, skip passes over the slot", while_a_run_goes_on_skip_passes_over_the_slot},
	{"a running one is asked to stop, and the new one waits for it",
	 a_running_one_is_asked_to_stop_and_the_new_one_waits_for_it},
	{"one that has not started is cancelled at once", one_that_has_not_started_is_cancelled_at_once},
	{"the new one is told as ready only when none goes on", the_new_one_is_told_as_ready_only_when_none_goes_on},
	{"without quota for the new one the previous goes on", without_quota_for_the_new_one_the_previous_goes_on},
	{"after so many failures it is paused, and that is in the audit log",
	 after_so_many_failures_it_is_paused_and_that_is_in_the_audit_log},
	{"its account is told of the pause by mail if it wants", its_account_is_told_of_the_pause_by_mail_if_it_wants},
	{"a pause by failures is an update of its schedule, and the end of a run is none",
	 a_pause_by_failures_is_an_update_of_its_schedule_and_the_end_of_a_run_is_none},
	{"one that is paused has no slot to come", one_that_is_paused_has_no_slot_to_come},
	{"a slot that had come when it was paused is in the ledger",
	 a_slot_that_had_come_when_it_was_paused_is_in_the_ledger},
	{"a success between them begins anew", a_success_between_them_begins_anew},
	{"a cancelled run is no failure", a_cancelled_run_is_no_failure},
	{"a run that stopped as it was asked to is no failure", a_run_that_stopped_as_it_was_asked_to_is_no_failure},
	{"with a schedule the runs that wait go, and the running one goes on",
	 with_a_schedule_the_runs_that_wait_go_and_the_running_one_goes_on},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo schedule_overlap_suite = {"runs of schedules", fx_open, fx_close, NULL, NULL, tests};
