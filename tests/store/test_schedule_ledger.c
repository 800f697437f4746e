/* What becomes of slots at which no scheduler was there, for each catch_up; and slots of clock changes in the ledger. */
#include "schedule_fixture.h"

#include "schedule_suites.h"

/* How many rows of the ledger have it, and how many slots they stand for. */
static unsigned rows_with(const struct id *schedule, enum slot_outcome outcome, enum slot_reason reason, unsigned *slots)
{
	struct slot_record all[100];
	unsigned n = sx_slots(schedule, all), i, rows = 0;

	*slots = 0;
	for (i = 0; i < n; i++)
		if (all[i].outcome == outcome && all[i].reason == reason) {
			rows++;
			*slots += (unsigned)all[i].slots;
		}
	return rows;
}

static unsigned rows(const struct id *schedule, enum slot_outcome outcome, enum slot_reason reason)
{
	unsigned slots;

	return rows_with(schedule, outcome, reason, &slots);
}

static struct id add(const char *cron_expr, const char *next_at, enum catch_up catch_up)
{
	struct schedule s = sx_hourly(next_at);

	s.cron_expr = cron_expr;
	s.catch_up = catch_up;
	return sx_add(s);
}

/* ---- an outage of an hour: minutes from 06:01 to 07:00 ---- */

static void after_an_hour_latest_makes_one_run_for_all_of_it(void)
{
	struct id id;

	sx_fresh();
	id = add("* * * * *", "2026-03-01T06:01:00Z", CATCH_UP_LATEST);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:00:30Z")).fired, 1);
	CU_ASSERT_EQUAL(sx_last_slot(&id).outcome, SLOT_CAUGHT_UP);
	CU_ASSERT_EQUAL(sx_last_slot(&id).scheduled_for, at("2026-03-01T07:00:00Z"));
	CU_ASSERT_EQUAL(rows(&id, SLOT_SKIPPED, SLOT_MERGED), 59);
	CU_ASSERT_EQUAL(rows(&id, SLOT_SKIPPED, SLOT_MISSED), 0);
}

static void after_an_hour_none_fires_the_slot_of_the_minute_alone(void)
{
	struct id id;

	sx_fresh();
	id = add("* * * * *", "2026-03-01T06:01:00Z", CATCH_UP_NONE);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:00:30Z")).fired, 1);
	CU_ASSERT_EQUAL(sx_last_slot(&id).outcome, SLOT_FIRED);
	CU_ASSERT_EQUAL(rows(&id, SLOT_SKIPPED, SLOT_MISSED), 59);
}

static void a_slot_half_an_hour_ago_is_caught_up(void)
{
	struct id id;

	sx_fresh();
	id = add("0 6 * * *", "2026-03-01T06:00:00Z", CATCH_UP_LATEST);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:30:00Z")).fired, 1);
	CU_ASSERT_EQUAL(sx_last_slot(&id).outcome, SLOT_CAUGHT_UP);
}

static void with_none_a_slot_half_an_hour_ago_is_missed(void)
{
	struct slot_record slot;
	struct id id;

	sx_fresh();
	id = add("0 6 * * *", "2026-03-01T06:00:00Z", CATCH_UP_NONE);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:30:00Z")).fired, 0);
	slot = sx_last_slot(&id);
	CU_ASSERT_TRUE(slot.outcome == SLOT_SKIPPED && slot.reason == SLOT_MISSED);
	CU_ASSERT_FALSE(slot.has_event);
	CU_ASSERT_EQUAL(sx_find("echo").next_at, at("2026-03-02T06:00:00Z"));
}

static void a_minute_late_is_in_time(void)
{
	struct id id;

	sx_fresh();
	id = add("0 6 * * *", "2026-03-01T06:00:00Z", CATCH_UP_NONE);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:01:00Z")).fired, 1);
	CU_ASSERT_EQUAL(sx_last_slot(&id).outcome, SLOT_FIRED);
}

/* ---- an outage of a day ---- */

static void after_a_day_latest_catches_up_the_last_hour_alone(void)
{
	struct id id;

	sx_fresh();
	id = add("0 * * * *", "2026-03-01T06:00:00Z", CATCH_UP_LATEST);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-02T06:30:00Z")).fired, 1);
	CU_ASSERT_EQUAL(sx_last_slot(&id).outcome, SLOT_CAUGHT_UP);
	CU_ASSERT_EQUAL(sx_last_slot(&id).scheduled_for, at("2026-03-02T06:00:00Z"));
	CU_ASSERT_EQUAL(rows(&id, SLOT_SKIPPED, SLOT_MISSED), 24);
	CU_ASSERT_EQUAL(rows(&id, SLOT_SKIPPED, SLOT_MERGED), 0);
}

static void after_a_day_a_slot_of_the_morning_is_missed(void)
{
	struct id id;

	sx_fresh();
	id = add("0 6 * * *", "2026-03-01T06:00:00Z", CATCH_UP_LATEST);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T18:00:00Z")).fired, 0);
	CU_ASSERT_EQUAL(sx_last_slot(&id).reason, SLOT_MISSED);
}

static void after_a_day_none_fires_nothing_of_it(void)
{
	struct id id;

	sx_fresh();
	id = add("0 * * * *", "2026-03-01T06:00:00Z", CATCH_UP_NONE);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-02T06:30:00Z")).fired, 0);
	CU_ASSERT_EQUAL(rows(&id, SLOT_SKIPPED, SLOT_MISSED), 25);
	CU_ASSERT_EQUAL(sx_find("echo").next_at, at("2026-03-02T07:00:00Z"));
}

/* 14,400 slots: as many rows as a day of minutes, and one for those before it. */
static void after_ten_days_the_oldest_slots_share_a_row(void)
{
	struct id id;

	sx_fresh();
	id = add("* * * * *", "2026-03-01T00:01:00Z", CATCH_UP_LATEST);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-11T00:00:00Z")).fired, 1);
	CU_ASSERT_EQUAL(fx_number_of("SELECT SUM(slots) FROM schedule_slots WHERE schedule_id = ?", &id), 14400);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM schedule_slots WHERE schedule_id = ?", &id), 1442);
	CU_ASSERT_EQUAL(fx_number_of("SELECT slots FROM schedule_slots WHERE schedule_id = ?"
	                             " ORDER BY scheduled_for LIMIT 1", &id), 14400 - 1441);
}

/* Of each of so many accounts one that is due each minute. */
static void add_minutely(unsigned n)
{
	unsigned i;

	for (i = 2; i < 2 + n; i++) {
		struct schedule s = sx_hourly("2026-03-01T00:01:00Z");

		fx_account(i, -1);
		sx_subscribe(i, SUB_ACTIVE, 0);
		s.cron_expr = "* * * * *";
		s.account_id = i;
		sx_add(s);
	}
}

/* More rows than one transaction writes. */
static void an_outage_of_many_is_written_in_parts_by_one_pass(void)
{
	struct fired f;

	sx_fresh();
	add_minutely(4);
	f = sx_fire(at("2026-03-02T00:00:00Z"));
	CU_ASSERT_EQUAL(f.fired, 4);
	CU_ASSERT_EQUAL(f.left, 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM schedule_slots"), 4 * 1440);
}

struct counted { struct schedule_judge judge; struct fire_rules rules; unsigned decisions; };

static void count_decision(void *ctx, const struct due_schedule *d, int64_t now_ms, struct firing *out)
{
	struct counted *k = ctx;

	k->decisions++;
	k->rules.decide(&k->judge, d, now_ms, out);
}

/* Two have room, and the third one shows that there is no more: the accounts of all are locked meanwhile. */
static void those_for_which_there_is_no_room_are_not_decided_upon(void)
{
	struct counted k = {.judge.zones = zones_new()};
	struct fire_rules rules;
	struct fire_cursor cursor = {0};
	struct fired f;
	struct error err;

	sx_fresh();
	add_minutely(5);
	rules = k.rules = schedule_rules(&k.judge);
	rules.decide = count_decision;
	rules.ctx = &k;
	CU_ASSERT_TRUE(schedule_fire(fx_db, &fx_conn, &rules, FIRE_BATCH_MAX, at("2026-03-02T00:00:00Z"), &cursor, &f, &err));
	CU_ASSERT_EQUAL(f.fired, 2);
	CU_ASSERT_EQUAL(k.decisions, 3);
	fired_release(&f);
	zones_free(k.judge.zones);
}

/* ---- bounds and clock changes ---- */

static void no_slot_comes_before_the_start(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:00:00Z");

	sx_fresh();
	s.starts_at = at("2026-03-01T08:00:00Z");
	s.id = sx_add(s);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T07:59:59Z")).fired, 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM schedule_slots"), 0);
	CU_ASSERT_EQUAL(sx_find("echo").next_at, at("2026-03-01T08:00:00Z"));
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T08:00:00Z")).fired, 1);
}

static void a_slot_that_a_clock_change_moves_says_so(void)
{
	struct schedule s = sx_hourly("2026-03-08T07:30:00Z");

	sx_fresh();
	s.cron_expr = "30 2 * * *";
	s.timezone = "America/New_York";
	s.id = sx_add(s);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-08T07:30:00Z")).fired, 1);
	CU_ASSERT_TRUE(sx_last_slot(&s.id).moved);
	CU_ASSERT_EQUAL(sx_find("echo").next_at, at("2026-03-09T06:30:00Z"));
}

static void a_slot_that_the_zones_rules_have_moved_away_from_is_not_fired(void)
{
	struct schedule s = sx_hourly("2026-03-01T06:17:00Z");

	sx_fresh();
	s.id = sx_add(s);
	CU_ASSERT_EQUAL(sx_fire(at("2026-03-01T06:17:00Z")).fired, 0);
	CU_ASSERT_EQUAL(sx_find("echo").next_at, at("2026-03-01T07:00:00Z"));
}

static void a_schedule_whose_zone_is_gone_stays_due_and_holds_up_no_other(void)
{
	struct schedule gone = sx_hourly("2026-03-01T06:00:00Z"), other = sx_hourly("2026-03-01T06:00:00Z");
	struct fired f;

	sx_fresh();
	gone.timezone = "Mars/Olympus";
	gone.agent = "mail";
	sx_add(gone);
	sx_add(other);
	f = sx_fire(at("2026-03-01T06:00:00Z"));
	CU_ASSERT_TRUE(f.fired == 1 && f.left == 1);
	CU_ASSERT_EQUAL(sx_find("mail").next_at, at("2026-03-01T06:00:00Z"));
}

static CU_TestInfo tests[] = {
	{"after an hour, latest makes one run for all of it", after_an_hour_latest_makes_one_run_for_all_of_it},
	{"after an hour, none fires the slot of the minute alone", after_an_hour_none_fires_the_slot_of_the_minute_alone},
	{"a slot half an hour ago is caught up", a_slot_half_an_hour_ago_is_caught_up},
	{"with none, a slot half an hour ago is missed", with_none_a_slot_half_an_hour_ago_is_missed},
	{"a minute late is in time", a_minute_late_is_in_time},
	{"after a day, latest catches up the last hour alone", after_a_day_latest_catches_up_the_last_hour_alone},
	{"after a day, a slot of the morning is missed", after_a_day_a_slot_of_the_morning_is_missed},
	{"after a day, none fires nothing of it", after_a_day_none_fires_nothing_of_it},
	{"after ten days the oldest slots share a row", after_ten_days_the_oldest_slots_share_a_row},
	{"an outage of many is written in parts by one pass", an_outage_of_many_is_written_in_parts_by_one_pass},
	{"those for which there is no room are not decided upon", those_for_which_there_is_no_room_are_not_decided_upon},
	{"no slot comes before the start", no_slot_comes_before_the_start},
	{"a slot that a clock change moves says so", a_slot_that_a_clock_change_moves_says_so},
	{"a slot that the zone's rules have moved away from is not fired",
	 a_slot_that_the_zones_rules_have_moved_away_from_is_not_fired},
	{"a schedule whose zone is gone stays due and holds up no other",
	 a_schedule_whose_zone_is_gone_stays_due_and_holds_up_no_other},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo schedule_ledger_suite = {"slots that were missed", fx_open, fx_close, NULL, NULL, tests};
