/* Changing schedules (core/schedules.h) at instants that the test says: a slot of the past never fires. */
#include "db_proxy.h"
#include "schedule_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "core/schedules.h"
#include "schedule_suites.h"

#define MINUTE INT64_C(60000)
#define DAY    (1440 * MINUTE)

static const struct actor ann = {.kind = ACTOR_OPERATOR, .name = "ann"};
static int64_t now_ms;

static int64_t wall(void)
{
	return now_ms;
}

/* A new connection would set the clock by the server's, so there is one already. */
static void it_is(int64_t ms)
{
	struct error err;

	clock_set_source(NULL, NULL);
	db_put(fx_db, db_get(fx_db, &err));
	now_ms = ms;
	clock_set_source(wall, NULL);
	clock_set_offset(0);
}

static int close_suite(void)
{
	clock_set_source(NULL, NULL);
	return fx_close();
}

static struct schedules on(void)
{
	return (struct schedules){.db = fx_db};
}

/* Sets it; what it is then. */
static struct schedule set(struct schedule s, const char *cron_expr, const char *zone)
{
	struct schedules ss = on();
	struct schedule_view v = {.s = s};
	struct schedule_rule rule;
	struct error err = {0};

	v.s.cron_expr = cron_expr;
	v.s.timezone = zone;
	CU_ASSERT_TRUE_FATAL(schedule_rule_open(&rule, cron_expr, zone, &err));
	CU_ASSERT_TRUE_FATAL(schedules_set(&ss, &ann, &v, &rule, NULL, &err));
	schedule_rule_close(&rule);
	return v.s;
}

static struct schedule set_hourly(void)
{
	return set(sx_hourly(NULL), "0 * * * *", "UTC");
}

static void enable(bool enabled)
{
	struct schedules ss = on();
	struct error err;

	CU_ASSERT_TRUE_FATAL(schedules_enable(&ss, &ann, 1, "echo", enabled, &err));
}

/* The rows of the ledger that were edited; their slots in *slots. */
static unsigned edited(const struct id *schedule, unsigned *slots)
{
	struct slot_record all[100];
	unsigned n = sx_slots(schedule, all), i, rows = 0;

	*slots = 0;
	for (i = 0; i < n; i++)
		if (all[i].outcome == SLOT_SKIPPED && all[i].reason == SLOT_EDITED) {
			rows++;
			*slots += (unsigned)all[i].slots;
		}
	return rows;
}

static void the_next_slot_lies_behind_now(void)
{
	sx_fresh();
	it_is(at("2026-03-01T06:00:00Z"));
	CU_ASSERT_EQUAL(set_hourly().next_at, at("2026-03-01T07:00:00Z"));
	CU_ASSERT_EQUAL(sx_find("echo").next_at, at("2026-03-01T07:00:00Z"));
}

static void the_next_slot_lies_within_its_bounds(void)
{
	struct schedule s = sx_hourly(NULL);

	sx_fresh();
	it_is(at("2026-03-01T06:00:00Z"));
	s.starts_at = at("2026-03-02T09:00:00Z");
	s.ends_at = s.starts_at;
	CU_ASSERT_EQUAL(set(s, "0 * * * *", "UTC").next_at, s.starts_at);
	s.starts_at++;
	s.ends_at = s.starts_at + 3599998;
	CU_ASSERT_EQUAL(set(s, "0 * * * *", "UTC").next_at, 0);
	s.enabled = false;
	CU_ASSERT_EQUAL(set(s, "* * * * *", "UTC").next_at, 0);
}

static void the_next_slot_lies_behind_those_of_the_ledger(void)
{
	struct schedule s;

	sx_fresh();
	it_is(at("2026-03-01T06:59:00Z"));
	s = set_hourly();
	/* by a scheduler whose clock is a moment ahead */
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:00:00Z")).fired, 1);
	CU_ASSERT_EQUAL(set_hourly().next_at, at("2026-03-01T08:00:00Z"));
	CU_ASSERT_EQUAL(s.next_at, at("2026-03-01T07:00:00Z"));
}

static void a_slot_that_came_and_was_not_taken_up_does_not_fire_when_it_is_edited(void)
{
	struct slot_record slot;
	struct schedule s;

	sx_fresh();
	it_is(at("2026-03-01T06:30:00Z"));
	s = set_hourly();
	it_is(at("2026-03-01T07:00:10Z"));
	CU_ASSERT_EQUAL(set(sx_hourly(NULL), "30 * * * *", "UTC").next_at, at("2026-03-01T07:30:00Z"));
	CU_ASSERT_EQUAL(sx_fire(now_ms).fired, 0);
	slot = sx_last_slot(&s.id);
	CU_ASSERT_EQUAL(slot.scheduled_for, at("2026-03-01T07:00:00Z"));
	CU_ASSERT_EQUAL(slot.recorded_at, now_ms);
	CU_ASSERT_TRUE(slot.outcome == SLOT_SKIPPED && slot.reason == SLOT_EDITED && slot.slots == 1 && !slot.has_execution);
	CU_ASSERT_EQUAL(sx_find("echo").last_slot, slot.scheduled_for);
}

static void all_slots_that_were_not_taken_up_stand_in_the_ledger(void)
{
	struct schedule s;
	unsigned slots;

	sx_fresh();
	it_is(at("2026-03-01T06:30:00Z"));
	s = set_hourly();
	it_is(at("2026-03-03T06:30:00Z"));
	set_hourly();
	CU_ASSERT_EQUAL(edited(&s.id, &slots), 48);
	CU_ASSERT_EQUAL(slots, 48);
}

static void slots_of_more_than_a_day_of_minutes_share_a_row(void)
{
	int64_t rows;

	sx_fresh();
	it_is(at("2026-03-01T00:00:00Z"));
	set(sx_hourly(NULL), "* * * * *", "UTC");
	it_is(now_ms + 3 * DAY);
	set_hourly();
	rows = fx_number("SELECT COUNT(*) FROM schedule_slots");
	CU_ASSERT_TRUE(rows > 1 && rows < 1500);
	CU_ASSERT_EQUAL(fx_number("SELECT CAST(SUM(slots) AS SIGNED) FROM schedule_slots"), 3 * 1440);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM schedule_slots WHERE reason <> 3"), 0);
	CU_ASSERT_EQUAL(sx_find("echo").last_slot, now_ms);
}

/* The slot is known; of those behind it, that zone would have to tell. */
static void a_zone_that_is_gone_keeps_nobody_from_setting_another(void)
{
	struct schedule s;
	unsigned slots;
	struct error err;

	sx_fresh();
	it_is(at("2026-03-01T06:30:00Z"));
	s = set_hourly();
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE schedules SET timezone = 'Gone/Away'", &err));
	it_is(at("2026-03-01T09:30:00Z"));
	CU_ASSERT_EQUAL(set_hourly().next_at, at("2026-03-01T10:00:00Z"));
	CU_ASSERT_EQUAL(edited(&s.id, &slots), 1);
	CU_ASSERT_EQUAL(sx_last_slot(&s.id).scheduled_for, at("2026-03-01T07:00:00Z"));
}

/* Sets it anew each minute from three hours before the clock change to three after it. */
static void edit_through(const char *cron_expr, const char *zone, const char *change)
{
	int64_t from = at(change) - 180 * MINUTE, until = at(change) + 180 * MINUTE, t;
	struct schedule_rule rule;
	struct cron_slot slot;
	struct error err;

	CU_ASSERT_TRUE_FATAL(schedule_rule_open(&rule, cron_expr, zone, &err));
	sx_fresh();
	for (t = from; t <= until; t += 7 * MINUTE + 1000) {
		it_is(t);
		CU_ASSERT_TRUE(cron_next(&rule.cron, rule.zone, t, &slot));
		CU_ASSERT_EQUAL(set(sx_hourly(NULL), cron_expr, zone).next_at, slot.at_ms);
		CU_ASSERT_TRUE(slot.at_ms > t);
		CU_ASSERT_EQUAL(sx_fire(t).fired, 0);
	}
	schedule_rule_close(&rule);
}

static void no_slot_of_the_past_fires_when_it_is_edited_while_a_clock_change_skips_it(void)
{
	edit_through("30 2 * * *", "America/New_York", "2026-03-08T07:00:00Z");
	edit_through("*/15 2 * * *", "America/New_York", "2026-03-08T07:00:00Z");
	edit_through("45 1 * * *", "Australia/Lord_Howe", "2026-10-03T15:30:00Z");
}

static void no_slot_of_the_past_fires_when_it_is_edited_while_a_clock_change_repeats_it(void)
{
	edit_through("30 1 * * *", "America/New_York", "2026-11-01T06:00:00Z");
	edit_through("*/15 1 * * *", "America/New_York", "2026-11-01T06:00:00Z");
	edit_through("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T15:00:00Z");
}

/* Between the two 01:30 of that night. */
static void a_time_that_came_the_first_time_does_not_come_again_when_it_is_edited_between(void)
{
	struct schedule s;

	sx_fresh();
	it_is(at("2026-11-01T05:00:00Z"));
	s = set(sx_hourly(NULL), "30 1 * * *", "America/New_York");
	CU_ASSERT_EQUAL(s.next_at, at("2026-11-01T05:30:00Z"));
	CU_ASSERT_EQUAL(sx_fire(s.next_at).fired, 1);
	it_is(at("2026-11-01T05:45:00Z"));
	CU_ASSERT_EQUAL(set(sx_hourly(NULL), "30 1 * * *", "America/New_York").next_at, at("2026-11-02T06:30:00Z"));
	CU_ASSERT_EQUAL(sx_fire(at("2026-11-01T06:31:00Z")).fired, 0);
}

static void a_paused_one_fires_nothing_and_goes_on_with_what_comes(void)
{
	struct schedule s;
	unsigned slots;

	sx_fresh();
	it_is(at("2026-03-01T06:30:00Z"));
	s = set_hourly();
	it_is(at("2026-03-01T07:00:10Z"));
	enable(false);
	CU_ASSERT_TRUE(!sx_find("echo").enabled && sx_find("echo").next_at == 0);
	CU_ASSERT_EQUAL(edited(&s.id, &slots), 1);
	it_is(at("2026-03-01T09:30:00Z"));
	enable(true);
	CU_ASSERT_EQUAL(sx_find("echo").next_at, at("2026-03-01T10:00:00Z"));
	CU_ASSERT_EQUAL(sx_fire(now_ms).picked, 0);
	CU_ASSERT_EQUAL(edited(&s.id, &slots), 1);
}

static void a_run_that_succeeded_is_the_last_one_of_what_replaces_it(void)
{
	struct schedule s;

	sx_fresh();
	it_is(at("2026-03-01T06:30:00Z"));
	set_hourly();
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:00:00Z")).fired, 1);
	sx_end_next(RUN_SUCCESS);
	it_is(at("2026-03-01T07:10:00Z"));
	s = set(sx_hourly(NULL), "@daily", "UTC");
	CU_ASSERT_TRUE(s.has_status && s.last_status == EXEC_SUCCESS && s.total_runs == 1);
	CU_ASSERT_EQUAL(sx_find("echo").total_runs, 1);
}

static void what_cannot_be_told_is_not_changed(void)
{
	struct schedules ss = on();
	struct schedule_rule rule;
	struct schedule_view v = {.s = sx_hourly(NULL)};
	struct actor nobody = ann;
	struct error err = {0};

	sx_fresh();
	it_is(at("2026-03-01T06:30:00Z"));
	CU_ASSERT_TRUE_FATAL(schedule_rule_open(&rule, "@hourly", "UTC", &err));
	nobody.kind = (enum actor_kind)999;
	CU_ASSERT_FALSE(schedules_set(&ss, &nobody, &v, &rule, NULL, &err));
	schedule_rule_close(&rule);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM schedules"), 0);
}

/* ---- a COMMIT whose answer is lost ---- */

struct unanswered { struct proxy *proxy; struct db *db; };

static struct unanswered open_unanswered(void)
{
	struct unanswered u = {.proxy = proxy_start(fx_cfg.db_hosts + strlen("socket:"))};
	struct config cfg = fx_cfg;
	struct error err = {0};

	clock_set_source(NULL, NULL);
	cfg.db_hosts = (char *)(uintptr_t)proxy_hosts(u.proxy);
	u.db = db_open(&cfg, 2, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(u.db);
	proxy_cut(u.proxy, CUT_AFTER_ANSWER, COMMAND_QUERY, "COMMIT");
	return u;
}

static void close_unanswered(struct unanswered *u)
{
	CU_ASSERT_TRUE(proxy_has_cut(u->proxy));
	db_close(u->db);
	proxy_stop(u->proxy);
}

static void a_schedule_whose_commit_went_unanswered_is_created_once(void)
{
	struct schedule_view v = {.s = sx_hourly(NULL)};
	struct schedule_rule rule;
	struct schedules ss;
	struct unanswered u;
	struct error err = {0};

	sx_fresh();
	u = open_unanswered();
	ss = (struct schedules){.db = u.db};
	CU_ASSERT_TRUE_FATAL(schedule_rule_open(&rule, "0 * * * *", "UTC", &err));
	CU_ASSERT_TRUE(schedules_set(&ss, &ann, &v, &rule, NULL, &err));
	schedule_rule_close(&rule);
	close_unanswered(&u);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM schedules"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action LIKE 'schedule.%'"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'schedule.create'"), 1);
}

static void a_run_by_hand_whose_commit_went_unanswered_is_one(void)
{
	static const struct schedule_asker nobody;
	struct schedule s = sx_hourly("2099-01-01T00:00:00Z");
	struct schedule_start start;
	struct schedules ss;
	struct unanswered u;
	struct error err = {0};

	sx_fresh();
	s.overlap = OVERLAP_SKIP;
	sx_add(s);
	u = open_unanswered();
	ss = (struct schedules){.db = u.db};
	CU_ASSERT_TRUE(schedules_run(&ss, &ann, 1, "echo", &nobody, &start, NULL, &err));
	close_unanswered(&u);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM executions WHERE id = ?", &start.id), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM executions"), 1);
	CU_ASSERT_EQUAL(sx_find("echo").total_runs, 1);
}

static void a_schedule_that_was_deleted_unanswered_is_deleted(void)
{
	struct schedules ss;
	struct unanswered u;
	struct error err = {0};

	sx_fresh();
	sx_add(sx_hourly("2099-01-01T00:00:00Z"));
	u = open_unanswered();
	ss = (struct schedules){.db = u.db};
	CU_ASSERT_TRUE(schedules_delete(&ss, &ann, 1, "echo", &err));
	close_unanswered(&u);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM schedules"), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'schedule.delete'"), 1);
}

static CU_TestInfo tests[] = {
	{"a schedule whose commit went unanswered is created once", a_schedule_whose_commit_went_unanswered_is_created_once},
	{"a run by hand whose commit went unanswered is one", a_run_by_hand_whose_commit_went_unanswered_is_one},
	{"a schedule that was deleted unanswered is deleted", a_schedule_that_was_deleted_unanswered_is_deleted},
	{"the next slot lies behind now", the_next_slot_lies_behind_now},
	{"the next slot lies within its bounds", the_next_slot_lies_within_its_bounds},
	{"the next slot lies behind those of the ledger", the_next_slot_lies_behind_those_of_the_ledger},
	{"a slot that came and was not taken up does not fire when it is edited",
	 a_slot_that_came_and_was_not_taken_up_does_not_fire_when_it_is_edited},
	{"all slots that were not taken up stand in the ledger", all_slots_that_were_not_taken_up_stand_in_the_ledger},
	{"slots of more than a day of minutes share a row", slots_of_more_than_a_day_of_minutes_share_a_row},
	{"a zone that is gone keeps nobody from setting another", a_zone_that_is_gone_keeps_nobody_from_setting_another},
	{"no slot of the past fires when it is edited while a clock change skips it",
	 no_slot_of_the_past_fires_when_it_is_edited_while_a_clock_change_skips_it},
	{"no slot of the past fires when it is edited while a clock change repeats it",
	 no_slot_of_the_past_fires_when_it_is_edited_while_a_clock_change_repeats_it},
	{"a time that came the first time does not come again when it is edited between",
	 a_time_that_came_the_first_time_does_not_come_again_when_it_is_edited_between},
	{"a paused one fires nothing and goes on with what comes", a_paused_one_fires_nothing_and_goes_on_with_what_comes},
	{"a run that succeeded is the last one of what replaces it", a_run_that_succeeded_is_the_last_one_of_what_replaces_it},
	{"what cannot be told is not changed", what_cannot_be_told_is_not_changed},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo schedule_edits_suite = {"changing schedules", fx_open, close_suite, NULL, NULL, tests};
