/* Runs of schedules that are asked for by hand (core/schedule_decide.h). */
#include "schedule_fixture.h"

#include "base/clock.h"
#include "schedule_suites.h"

struct by_hand { struct hand_run run; struct fired fired; bool ok; struct error err; };

/* Undone when it fails, as its callers do. */
static struct by_hand run_now(const char *now)
{
	struct by_hand h = {.run.id = id_make()};
	struct error err;

	CU_ASSERT_TRUE_FATAL(db_begin(fx_conn, &err) && account_lock(fx_conn, 1, &err));
	h.ok = schedule_run_now(fx_conn, NULL, 1, "echo", at(now), &h.run, &h.fired, &h.err);
	if (h.ok)
		CU_ASSERT_TRUE_FATAL(db_commit(fx_conn, &err));
	if (!h.ok)
		db_rollback(fx_conn);
	fired_release(&h.fired);
	return h;
}

static void a_run_by_hand_is_the_schedules_and_leaves_its_next_slot(void)
{
	struct schedule s;
	struct id id;

	sx_fresh();
	id = sx_add_overlap(OVERLAP_QUEUE);
	CU_ASSERT_TRUE(run_now("2026-03-01T05:00:00Z").ok);
	s = sx_find("echo");
	CU_ASSERT_EQUAL(s.total_runs, 1);
	CU_ASSERT_EQUAL(s.next_at, at("2026-03-01T06:00:00Z"));
	CU_ASSERT_EQUAL(sx_last_slot(&id).outcome, SLOT_MANUAL);
	CU_ASSERT_EQUAL(fx_number("SELECT trigger_type FROM executions"), TRIGGER_MANUAL);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).fired, 1);
}

static void a_run_by_hand_at_the_instant_of_a_slot_takes_nothing_from_it(void)
{
	sx_fresh();
	sx_add_overlap(OVERLAP_QUEUE);
	CU_ASSERT_TRUE(run_now("2026-03-01T06:00:00Z").ok);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).fired, 1);
	CU_ASSERT_EQUAL(fx_open_runs(), 2);
}

static void runs_by_hand_within_a_millisecond_are_told_of_each(void)
{
	unsigned i;

	sx_fresh();
	sx_add_overlap(OVERLAP_QUEUE);
	for (i = 0; i < 3; i++)
		CU_ASSERT_TRUE(run_now("2026-03-01T05:59:59.998Z").ok);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(DISTINCT execution_id) FROM schedule_slots"), 3);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM schedule_slots WHERE scheduled_for % 60000 = 0"), 0);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:00:00Z")).fired, 1);
}

/* Its id is made before the account is locked, so that of the run that goes on may be newer. Here: newer than all. */
static void while_a_run_of_a_newer_id_goes_on_no_older_one_passes_it(void)
{
	struct claimed_run r;
	struct slot_record last;
	struct cancelled out;
	struct error err;
	struct id id;

	sx_fresh();
	id = sx_add_overlap(OVERLAP_QUEUE);
	CU_ASSERT_TRUE(run_now("2026-03-01T05:00:00Z").ok);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	sx_fire(at("2026-03-01T06:00:00Z"));
	sx_fire(at("2026-03-01T07:00:00Z"));
	last = sx_last_slot(&id);
	CU_ASSERT_TRUE(fx_cancel(fx_db, 1, &last.execution_id, &out, &err));
	CU_ASSERT_EQUAL(sx_ready(), 0);
	sx_end_run(&r, RUN_SUCCESS);
	CU_ASSERT_EQUAL(sx_ready(), 1);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_disabled_schedule_runs_by_hand(void)
{
	struct schedule s = sx_hourly(NULL);

	sx_fresh();
	s.enabled = false;
	sx_add(s);
	CU_ASSERT_TRUE(run_now("2026-03-01T05:00:00Z").ok);
	CU_ASSERT_EQUAL(sx_find("echo").next_at, 0);
}

static void while_a_run_goes_on_skip_refuses_another_by_hand(void)
{
	struct by_hand h;

	sx_fresh();
	sx_add_overlap(OVERLAP_SKIP);
	sx_fire(at("2026-03-01T06:00:00Z"));
	h = run_now("2026-03-01T06:10:00Z");
	CU_ASSERT_FALSE(h.ok);
	CU_ASSERT_EQUAL(h.err.code, ERR_CONFLICT);
	CU_ASSERT_EQUAL(fx_open_runs(), 1);
}

static void over_its_quota_a_run_by_hand_is_refused_with_the_limit(void)
{
	struct by_hand h;
	struct id id;

	sx_fresh();
	id = sx_add_overlap(OVERLAP_CANCEL_PREVIOUS);
	sx_fire(at("2026-03-01T06:00:00Z"));
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET max_day = 1", NULL));
	h = run_now("2026-03-01T06:10:00Z");
	CU_ASSERT_FALSE(h.ok);
	CU_ASSERT_EQUAL(h.err.code, ERR_RATE_LIMITED);
	CU_ASSERT_STRING_EQUAL(h.err.limit, "runs_per_day");
	CU_ASSERT_EQUAL(sx_last_slot(&id).outcome, SLOT_FIRED);
	CU_ASSERT_EQUAL(sx_ready(), 1);
}

static void without_a_schedule_nothing_runs_by_hand(void)
{
	sx_fresh();
	CU_ASSERT_EQUAL(run_now("2026-03-01T06:10:00Z").err.code, ERR_NOT_FOUND);
}

static CU_TestInfo tests[] = {
	{"a run by hand is the schedule's and leaves its next slot", a_run_by_hand_is_the_schedules_and_leaves_its_next_slot},
	{"a run by hand at the instant of a slot takes nothing from it",
	 a_run_by_hand_at_the_instant_of_a_slot_takes_nothing_from_it},
	{"runs by hand within a millisecond are told of, each", runs_by_hand_within_a_millisecond_are_told_of_each},
	{"while a run of a newer id goes on no older one passes it", while_a_run_of_a_newer_id_goes_on_no_older_one_passes_it},
	{"a disabled schedule runs by hand", a_disabled_schedule_runs_by_hand},
	{"while a run goes on, skip refuses another by hand", while_a_run_goes_on_skip_refuses_another_by_hand},
	{"over its quota a run by hand is refused with the limit", over_its_quota_a_run_by_hand_is_refused_with_the_limit},
	{"without a schedule nothing runs by hand", without_a_schedule_nothing_runs_by_hand},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo schedule_hand_suite = {"runs by hand", fx_open, fx_close, NULL, NULL, tests};
