/* Schedules and their ledger (store/schedules.h). */
#include "queue_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "store/schedules.h"
#include "store_suites.h"

#define T0 INT64_C(1790000000000)

static struct arena arena;

static int open_suite(void)
{
	arena_init(&arena);
	return fx_open();
}

static int close_suite(void)
{
	arena_release(&arena);
	return fx_close();
}

/* Of account 1, daily; to be changed by the test before it is written. */
static struct schedule daily(const char *agent)
{
	return (struct schedule){.id = id_make(), .account_id = 1, .agent = agent, .enabled = true,
	                         .cron_expr = "0 6 * * *", .timezone = "Asia/Kolkata", .input = "{}", .input_len = 2,
	                         .created_at = T0, .updated_at = T0, .next_at = T0 + 1000};
}

static void write_new(const struct schedule *s)
{
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(schedule_insert(fx_conn, s, &err));
}

static struct schedule find(uint64_t account_id, const char *agent, bool *found)
{
	struct schedule s = {0};
	struct error err;

	CU_ASSERT_TRUE_FATAL(schedule_find(fx_conn, account_id, agent, true, &arena, &s, found, &err));
	return s;
}

static void set_last_run(const struct schedule *s, const struct id *execution, int status)
{
	static const char sql[] = "UPDATE schedules SET last_execution_id = ?, last_status = ?, last_run_at = ?,"
	                          " total_runs = total_runs + 1 WHERE id = ?";
	struct db_arg args[4] = {db_id(execution), db_int(status), db_int(T0 + 5), db_id(&s->id)};
	struct error err;

	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, sql, args, 4, NULL, &err));
}

static void a_schedule_is_read_as_it_was_written(void)
{
	struct schedule s = daily("echo"), got;
	bool found;

	fx_empty();
	s.input = "{\"a\":\"é\"}";
	s.input_len = strlen(s.input);
	s.catch_up = CATCH_UP_NONE;
	s.overlap = OVERLAP_CANCEL_PREVIOUS;
	s.starts_at = T0 + 7;
	s.ends_at = T0 + 70000;
	s.pause_after_failures = 1000;
	write_new(&s);
	got = find(1, "echo", &found);
	CU_ASSERT_TRUE_FATAL(found);
	CU_ASSERT_EQUAL(id_cmp(&got.id, &s.id), 0);
	CU_ASSERT_TRUE(got.account_id == 1 && got.enabled);
	CU_ASSERT_STRING_EQUAL(got.agent, "echo");
	CU_ASSERT_STRING_EQUAL(got.cron_expr, "0 6 * * *");
	CU_ASSERT_STRING_EQUAL(got.timezone, "Asia/Kolkata");
	CU_ASSERT_EQUAL_FATAL(got.input_len, s.input_len);
	CU_ASSERT_STRING_EQUAL(got.input, s.input);
	CU_ASSERT_TRUE(got.catch_up == CATCH_UP_NONE && got.overlap == OVERLAP_CANCEL_PREVIOUS);
	CU_ASSERT_TRUE(got.starts_at == T0 + 7 && got.ends_at == T0 + 70000);
	CU_ASSERT_TRUE(got.pause_after_failures == 1000 && got.failures == 0 && got.paused_at == 0);
	CU_ASSERT_TRUE(got.created_at == T0 && got.updated_at == T0);
	CU_ASSERT_TRUE(got.next_at == T0 + 1000 && got.last_slot == 0);
	CU_ASSERT_TRUE(got.last_run_at == 0 && !got.has_status && got.total_runs == 0);
}

static void another_accounts_schedule_is_not_found(void)
{
	struct schedule s = daily("echo");
	bool found;

	fx_empty();
	write_new(&s);
	find(2, "echo", &found);
	CU_ASSERT_FALSE(found);
	find(1, "probe", &found);
	CU_ASSERT_FALSE(found);
}

static void a_definition_that_is_written_anew_keeps_what_is_told_of_runs(void)
{
	struct schedule s = daily("echo"), got;
	struct id execution = id_make();
	bool found;
	struct error err;

	fx_empty();
	write_new(&s);
	set_last_run(&s, &execution, EXEC_SUCCESS);
	s.cron_expr = "@hourly";
	s.enabled = false;
	s.next_at = 0;
	s.input = "[]";
	s.updated_at = T0 + 9;
	CU_ASSERT_TRUE_FATAL(schedule_update(fx_conn, &s, &err));
	got = find(1, "echo", &found);
	CU_ASSERT_STRING_EQUAL(got.cron_expr, "@hourly");
	CU_ASSERT_STRING_EQUAL(got.input, "[]");
	CU_ASSERT_TRUE(!got.enabled && got.next_at == 0 && got.updated_at == T0 + 9 && got.created_at == T0);
	CU_ASSERT_TRUE(got.has_status && got.last_status == EXEC_SUCCESS && got.total_runs == 1);
	CU_ASSERT_EQUAL(got.last_run_at, T0 + 5);
	CU_ASSERT_EQUAL(id_cmp(&got.last_execution_id, &execution), 0);
}

static void the_state_of_the_last_run_is_told_as_it_is_now(void)
{
	struct schedule s = daily("echo");
	struct claimed_run r;
	struct id run;
	bool found;

	fx_empty();
	fx_account(1, -1);
	write_new(&s);
	run = fx_accept(1, LANE_ASYNC, "echo", "{}");
	set_last_run(&s, &run, EXEC_QUEUED);
	CU_ASSERT_EQUAL(find(1, "echo", &found).last_status, EXEC_QUEUED);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_EQUAL(find(1, "echo", &found).last_status, EXEC_RUNNING);
	set_last_run(&s, &run, EXEC_FAILED);
	CU_ASSERT_EQUAL(find(1, "echo", &found).last_status, EXEC_FAILED);
}

static void an_accounts_schedules_are_listed_by_agent_in_one_statement(void)
{
	static const char *const agents[] = {"probe", "echo", "triage"};
	struct schedule s, *list;
	struct error err;
	uint64_t before;
	unsigned n, i;

	fx_empty();
	for (i = 0; i < 3; i++) {
		s = daily(agents[i]);
		write_new(&s);
		s.id = id_make();
		s.account_id = 2;
		write_new(&s);
	}
	before = db_counters(fx_db).statements;
	CU_ASSERT_TRUE_FATAL(schedule_list(fx_conn, 1, &arena, &list, &n, &err));
	CU_ASSERT_EQUAL(db_counters(fx_db).statements - before, 1);
	CU_ASSERT_EQUAL_FATAL(n, 3);
	CU_ASSERT_STRING_EQUAL(list[0].agent, "echo");
	CU_ASSERT_STRING_EQUAL(list[2].agent, "triage");
	CU_ASSERT_EQUAL(list[1].account_id, 1);
}

/* ---- the ledger ---- */

/* n rows a millisecond apart from T0; each third was skipped. */
static void fill_ledger(const struct schedule *s, unsigned n)
{
	struct slot_new *rows = arena_alloc(&arena, n * sizeof *rows);
	struct error err = {0};
	unsigned i;

	for (i = 0; i < n; i++)
		rows[i] = (struct slot_new){s->id, {.scheduled_for = T0 + i, .recorded_at = T0 + i + 3, .slots = 1,
		                                    .outcome = i % 3 == 2 ? SLOT_SKIPPED : SLOT_FIRED,
		                                    .reason = i % 3 == 2 ? SLOT_OVERLAP : SLOT_NO_REASON}};
	CU_ASSERT_TRUE_FATAL(db_begin(fx_conn, &err));
	CU_ASSERT_TRUE_FATAL(schedule_slots_add(fx_conn, rows, n, &err));
	CU_ASSERT_TRUE_FATAL(db_commit(fx_conn, &err));
}

/* Walks all pages; returns how many rows were seen, each older than the one before. */
static unsigned walk(const struct schedule *s, int outcome, unsigned limit, unsigned *pages)
{
	struct slot_filter f = {.schedule_id = s->id, .outcome = outcome, .before = INT64_MAX, .limit = limit};
	struct slot_record out[100];
	int64_t seen = INT64_MAX;
	unsigned total = 0, n, i;
	bool more = true;
	struct error err;

	for (*pages = 0; more && *pages < 100; (*pages)++) {
		CU_ASSERT_TRUE_FATAL(schedule_slots(fx_conn, &f, out, &n, &more, &f.before, &err));
		for (i = 0; i < n; i++) {
			CU_ASSERT_TRUE(out[i].scheduled_for < seen);
			CU_ASSERT_TRUE(outcome < 0 || (int)out[i].outcome == outcome);
			seen = out[i].scheduled_for;
		}
		total += n;
	}
	return total;
}

static void a_slot_is_read_as_it_was_written(void)
{
	struct schedule s = daily("echo");
	struct slot_new row = {s.id, {.scheduled_for = T0, .recorded_at = T0 + 3, .outcome = SLOT_CAUGHT_UP,
	                              .reason = SLOT_NO_REASON, .moved = true, .slots = 5, .has_execution = true,
	                              .execution_id = id_make(), .has_event = true, .event_id = id_make()}};
	struct slot_filter f = {.schedule_id = s.id, .outcome = -1, .before = INT64_MAX, .limit = 1};
	struct slot_record got;
	struct error err;
	int64_t last;
	unsigned n;
	bool more;

	fx_empty();
	write_new(&s);
	CU_ASSERT_TRUE_FATAL(schedule_slots_add(fx_conn, &row, 1, &err));
	CU_ASSERT_TRUE_FATAL(schedule_slots(fx_conn, &f, &got, &n, &more, &last, &err));
	CU_ASSERT_TRUE_FATAL(n == 1 && !more);
	CU_ASSERT_TRUE(got.scheduled_for == T0 && got.recorded_at == T0 + 3 && got.slots == 5 && got.moved);
	CU_ASSERT_TRUE(got.outcome == SLOT_CAUGHT_UP && got.reason == SLOT_NO_REASON);
	CU_ASSERT_TRUE(got.has_execution && id_cmp(&got.execution_id, &row.record.execution_id) == 0);
	CU_ASSERT_TRUE(got.has_event && id_cmp(&got.event_id, &row.record.event_id) == 0);
}

static void a_slot_is_in_the_ledger_once(void)
{
	struct schedule s = daily("echo");
	struct slot_new row = {s.id, {.scheduled_for = T0, .slots = 1}};
	struct error err;

	fx_empty();
	write_new(&s);
	CU_ASSERT_TRUE_FATAL(schedule_slots_add(fx_conn, &row, 1, &err));
	CU_ASSERT_FALSE(schedule_slots_add(fx_conn, &row, 1, &err));
}

static void pages_of_the_ledger_have_no_gap_and_no_repeat(void)
{
	struct schedule s = daily("echo"), other = daily("probe");
	unsigned pages;

	fx_empty();
	write_new(&s);
	write_new(&other);
	fill_ledger(&s, 100);
	fill_ledger(&other, 30);
	CU_ASSERT_EQUAL(walk(&s, -1, 30, &pages), 100);
	CU_ASSERT_EQUAL(pages, 4);
	CU_ASSERT_EQUAL(walk(&s, SLOT_SKIPPED, 33, &pages), 33);
	CU_ASSERT_EQUAL(pages, 1);
}

static void a_page_that_finds_little_stops_and_goes_on_from_its_cursor(void)
{
	struct schedule s = daily("echo");
	unsigned pages;

	fx_empty();
	write_new(&s);
	fill_ledger(&s, 2 * SLOT_SCAN_MAX + 10);
	CU_ASSERT_EQUAL(walk(&s, SLOT_MANUAL, 20, &pages), 0);
	CU_ASSERT_EQUAL(pages, 3);
}

static void the_last_slot_of_each_schedule_moves_on(void)
{
	struct schedule s[2] = {daily("echo"), daily("probe")};
	struct slot_new rows[4] = {{s[0].id, {.scheduled_for = T0, .slots = 7}}, {s[0].id, {.scheduled_for = T0 + 9, .slots = 1}},
	                           {s[1].id, {.scheduled_for = T0 + 3, .slots = 1}}};
	struct slot_new by_hand = {s[1].id, {.scheduled_for = T0 + 99, .slots = 1, .outcome = SLOT_MANUAL}};
	struct error err;
	bool found;

	fx_empty();
	write_new(&s[0]);
	write_new(&s[1]);
	CU_ASSERT_TRUE_FATAL(schedule_slots_add(fx_conn, rows, 3, &err));
	CU_ASSERT_TRUE_FATAL(schedule_slots_add(fx_conn, &by_hand, 1, &err));
	CU_ASSERT_EQUAL(find(1, "echo", &found).last_slot, T0 + 9);
	CU_ASSERT_EQUAL(find(1, "probe", &found).last_slot, T0 + 3);
}

/* ---- figures and names ---- */

static void add_open_run(const struct schedule *s)
{
	struct id run = id_make();
	struct db_arg args[2] = {db_id(&s->id), db_id(&run)};
	struct error err;

	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, "INSERT INTO schedule_runs (schedule_id, execution_id) VALUES (?, ?)", args, 2,
	                             NULL, &err));
}

static void the_figures_tell_what_is_due_paused_and_waiting(void)
{
	struct schedule s[4] = {daily("echo"), daily("probe"), daily("triage"), daily("drive")};
	struct schedule_stats stats;
	struct error err;
	unsigned i;

	fx_empty();
	s[1].next_at = T0 + 5000;
	s[2].next_at = 0;
	s[2].paused_at = T0;
	s[3].next_at = T0 + 6000;
	for (i = 0; i < 4; i++)
		write_new(&s[i]);
	for (i = 0; i < 3; i++)
		add_open_run(&s[0]);
	add_open_run(&s[1]);
	CU_ASSERT_TRUE_FATAL(schedule_stats(fx_conn, T0 + 4000, &stats, &err));
	CU_ASSERT_TRUE(stats.enabled == 3 && stats.overdue == 1 && stats.oldest_ms == 3000);
	CU_ASSERT_TRUE(stats.paused == 1 && stats.waiting == 2);
	fx_empty();
	CU_ASSERT_TRUE_FATAL(schedule_stats(fx_conn, T0, &stats, &err));
	CU_ASSERT_TRUE(stats.enabled == 0 && stats.overdue == 0 && stats.oldest_ms == 0 && stats.waiting == 0);
}

static void options_outcomes_and_reasons_have_names(void)
{
	enum catch_up c;
	enum overlap o;
	enum slot_outcome s;
	unsigned i;

	for (i = 0; i < CATCH_UP__MAX; i++)
		CU_ASSERT_TRUE(catch_up_by_name(catch_up_name((enum catch_up)i), &c) && c == i);
	for (i = 0; i < OVERLAP__MAX; i++)
		CU_ASSERT_TRUE(overlap_by_name(overlap_name((enum overlap)i), &o) && o == i);
	for (i = 0; i < SLOT_OUTCOME__MAX; i++)
		CU_ASSERT_TRUE(slot_outcome_by_name(slot_outcome_name((enum slot_outcome)i), &s) && s == i);
	for (i = SLOT_NO_REASON + 1; i < SLOT_REASON__MAX; i++)
		CU_ASSERT_PTR_NOT_NULL(slot_reason_name((enum slot_reason)i));
	CU_ASSERT_PTR_NULL(slot_reason_name(SLOT_NO_REASON));
	CU_ASSERT_FALSE(catch_up_by_name("all", &c) || overlap_by_name("", &o) || slot_outcome_by_name("missed", &s));
}

static CU_TestInfo tests[] = {
	{"a schedule is read as it was written", a_schedule_is_read_as_it_was_written},
	{"another account's schedule is not found", another_accounts_schedule_is_not_found},
	{"a definition that is written anew keeps what is told of runs",
	 a_definition_that_is_written_anew_keeps_what_is_told_of_runs},
	{"the state of the last run is told as it is now", the_state_of_the_last_run_is_told_as_it_is_now},
	{"an account's schedules are listed by agent, in one statement",
	 an_accounts_schedules_are_listed_by_agent_in_one_statement},
	{"a slot is read as it was written", a_slot_is_read_as_it_was_written},
	{"a slot is in the ledger once", a_slot_is_in_the_ledger_once},
	{"pages of the ledger have no gap and no repeat", pages_of_the_ledger_have_no_gap_and_no_repeat},
	{"a page that finds little stops and goes on from its cursor",
	 a_page_that_finds_little_stops_and_goes_on_from_its_cursor},
	{"the last slot of each schedule moves on", the_last_slot_of_each_schedule_moves_on},
	{"the figures tell what is due, paused and waiting", the_figures_tell_what_is_due_paused_and_waiting},
	{"options, outcomes and reasons have names", options_outcomes_and_reasons_have_names},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo schedules_suite = {"schedules", open_suite, close_suite, NULL, NULL, tests};
