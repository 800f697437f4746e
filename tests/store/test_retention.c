/* What retention removes, and what it leaves (store/retention.h). */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "duty_fixture.h"
#include "duty_suites.h"
#include "read_counts.h"

#define BEFORE (NOON - 90 * DAY)

static int64_t rows(const char *sql)
{
	return fx_number(sql);
}

static bool is_there(const struct id *execution)
{
	return fx_number_of("SELECT COUNT(*) FROM executions WHERE id = ?", execution) == 1;
}

/* ---- executions ---- */

static void an_execution_that_ended_long_ago_goes_with_all_that_belongs_to_it(void)
{
	struct id old = dx_execution(BEFORE - DAY, BEFORE - DAY + 40), young = dx_execution(BEFORE + DAY, BEFORE + DAY + 40);

	dx_steps(&old, 3, BEFORE - DAY);
	dx_steps(&young, 2, BEFORE + DAY);
	dx_run("INSERT INTO execution_plans SELECT id, '{}' FROM executions");
	dx_run("INSERT INTO execution_tokens SELECT id, 1, id FROM executions");
	CU_ASSERT_EQUAL(dx_prune(prune_executions, BEFORE), 7);
	CU_ASSERT_FALSE(is_there(&old));
	CU_ASSERT_TRUE(is_there(&young));
	CU_ASSERT_EQUAL(rows("SELECT COUNT(*) FROM execution_results"), 1);
	CU_ASSERT_EQUAL(rows("SELECT COUNT(*) FROM execution_steps"), 2);
	CU_ASSERT_EQUAL(rows("SELECT COUNT(*) FROM execution_plans"), 1);
	CU_ASSERT_EQUAL(rows("SELECT COUNT(*) FROM execution_tokens"), 1);
}

static void a_run_that_has_not_ended_stays_however_old_it_is(void)
{
	struct id waiting = dx_execution(BEFORE - DAY, 0), between = dx_execution(BEFORE - DAY, BEFORE - DAY);

	dx_run("UPDATE execution_results SET status = 0");
	dx_prune(prune_executions, BEFORE);
	CU_ASSERT_TRUE(is_there(&waiting));
	CU_ASSERT_TRUE(is_there(&between));
}

static void a_run_that_was_delayed_counts_from_its_end(void)
{
	struct id delayed = dx_execution(BEFORE - 20 * DAY, BEFORE + 10 * DAY);

	dx_prune(prune_executions, BEFORE);
	CU_ASSERT_TRUE(is_there(&delayed));
	dx_prune(prune_executions, BEFORE + 11 * DAY);
	CU_ASSERT_FALSE(is_there(&delayed));
}

static void what_a_table_of_the_queue_still_has_stays(void)
{
	static const char *const had_by[] = {
		"INSERT INTO leases SELECT id, 1, 1, 'o', 'h', 0, 0, 0, 1, 0, NULL FROM executions",
		"INSERT INTO queue_ready SELECT 0, id, 1, 0, NULL FROM executions",
		"INSERT INTO queue_ready SELECT 2, id, 1, 0, NULL FROM executions",
		"INSERT INTO queue_held SELECT 1, id FROM executions",
		"INSERT INTO queue_later SELECT 5, id, 1, 0, 1, 0, NULL FROM executions",
		"INSERT INTO schedule_runs SELECT schedule_id, id FROM executions"};
	unsigned i;

	for (i = 0; i < sizeof had_by / sizeof *had_by; i++) {
		struct id id;

		dx_empty();
		id = dx_execution(BEFORE - DAY, BEFORE - DAY);
		dx_run("UPDATE executions SET schedule_id = id");
		dx_run(had_by[i]);
		dx_prune(prune_executions, BEFORE);
		CU_ASSERT_TRUE(is_there(&id));
	}
}

static void a_run_whose_webhook_is_still_to_be_sent_stays(void)
{
	struct id waits = dx_execution_of(BEFORE - DAY, BEFORE - DAY, "https://example.com/a");
	struct id sent = dx_execution_of(BEFORE - DAY + 1, BEFORE - DAY + 1, "https://example.com/a");

	/* between two attempts: its row is no longer where it was */
	dx_outbox(&waits, NOON + HOUR);
	dx_prune(prune_executions, BEFORE);
	CU_ASSERT_TRUE(is_there(&waits));
	CU_ASSERT_FALSE(is_there(&sent));
}

static void the_steps_of_one_run_may_be_more_than_a_chunk(void)
{
	struct id id = dx_execution(BEFORE - DAY, BEFORE - DAY);

	dx_steps(&id, 2500, BEFORE - DAY);
	CU_ASSERT_EQUAL(dx_prune(prune_executions, BEFORE), 2502);
	CU_ASSERT_FALSE(is_there(&id));
	CU_ASSERT_EQUAL(rows("SELECT COUNT(*) FROM execution_steps"), 0);
}

static void a_chunk_of_runs_removes_no_more_steps_than_a_chunk_holds(void)
{
	struct prune p = {.before = BEFORE};
	struct id id = dx_execution(BEFORE - DAY, BEFORE - DAY);
	struct error err;

	dx_steps(&id, RETENTION_CHUNK + 1, BEFORE - DAY);
	CU_ASSERT_TRUE_FATAL(prune_executions(fx_db, &fx_conn, &p, &err));
	CU_ASSERT_TRUE(p.rows == RETENTION_CHUNK && !p.over);
	CU_ASSERT_TRUE(is_there(&id));
}

/* ---- steps ---- */

static void the_steps_of_a_run_go_together_after_its_end(void)
{
	struct id ended = dx_execution(BEFORE - 2 * DAY, BEFORE - DAY), long_run = dx_execution(BEFORE - 2 * DAY, BEFORE + DAY);

	dx_steps(&ended, 3, BEFORE - 2 * DAY);
	dx_steps(&long_run, 3, BEFORE - 2 * DAY);
	CU_ASSERT_EQUAL(dx_prune(prune_steps, BEFORE), 3);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM execution_steps WHERE execution_id = ?", &long_run), 3);
	CU_ASSERT_TRUE(is_there(&ended));
}

static void the_steps_of_a_run_that_goes_on_stay(void)
{
	struct id open = dx_execution(BEFORE - DAY, 0);

	dx_steps(&open, 2, BEFORE - DAY);
	CU_ASSERT_EQUAL(dx_prune(prune_steps, BEFORE), 0);
}

/* ---- deliveries and events ---- */

static void a_delivery_goes_with_its_attempts(void)
{
	struct id made = id_make_at(BEFORE - DAY), failed = id_make_at(BEFORE - DAY), young = id_make_at(BEFORE + DAY);

	dx_delivery(&made, DELIVERY_DELIVERED, 1, BEFORE - DAY);
	dx_delivery(&failed, DELIVERY_FAILED, 3, BEFORE - DAY);
	dx_delivery(&young, DELIVERY_FAILED, 2, BEFORE + DAY);
	CU_ASSERT_EQUAL(dx_prune(prune_deliveries, BEFORE), 4);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM deliveries WHERE id = ?", &young), 1);
	CU_ASSERT_EQUAL(rows("SELECT COUNT(*) FROM delivery_attempts"), 1);
}

static void a_delivery_counts_from_its_last_attempt(void)
{
	struct id id = id_make_at(BEFORE - DAY);

	dx_delivery(&id, DELIVERY_DELIVERED, 2, BEFORE + DAY);
	CU_ASSERT_EQUAL(dx_prune(prune_deliveries, BEFORE), 0);
}

static void a_delivery_that_is_still_to_be_made_stays(void)
{
	struct id waits = id_make_at(BEFORE - DAY), lost = id_make_at(BEFORE - DAY);

	dx_delivery(&waits, DELIVERY_PENDING, 2, BEFORE - DAY);
	dx_outbox(&waits, NOON);
	/* its execution was not there any more: nobody sends it */
	dx_delivery(&lost, DELIVERY_PENDING, 0, 0);
	dx_prune(prune_deliveries, BEFORE);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM deliveries WHERE id = ?", &waits), 1);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM deliveries WHERE id = ?", &lost), 0);
}

static void many_attempts_are_removed_in_several_chunks(void)
{
	unsigned i;

	for (i = 0; i < 300; i++) {
		struct id id = id_make_at(BEFORE - DAY);

		dx_delivery(&id, DELIVERY_FAILED, 9, BEFORE - DAY);
	}
	CU_ASSERT_EQUAL(dx_prune(prune_deliveries, BEFORE), 300 * 9);
	CU_ASSERT_EQUAL(rows("SELECT COUNT(*) FROM delivery_attempts"), 0);
}

static void add_event(int64_t id_at, int64_t at)
{
	struct id id = id_make_at(id_at);
	struct db_arg args[2] = {db_id(&id), db_int(at)};
	struct error err;

	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, "INSERT INTO events (id, account_id, event, at, payload)"
	                             " VALUES (?, 1, 0, ?, '{}')", args, 2, NULL, &err));
}

static void events_and_entries_of_the_audit_log_go_when_they_are_old(void)
{
	add_event(BEFORE - DAY, BEFORE - DAY);
	add_event(BEFORE - DAY, BEFORE + 1);
	add_event(BEFORE + 1, BEFORE + 1);
	dx_run("INSERT INTO audit_log (id, account_id, at, actor_kind, action) SELECT id, 1, at, 0, 'a.b' FROM events");
	CU_ASSERT_EQUAL(dx_prune(prune_events, BEFORE), 1);
	CU_ASSERT_EQUAL(dx_prune(prune_audit, BEFORE), 1);
	CU_ASSERT_EQUAL(rows("SELECT COUNT(*) FROM events"), 2);
	CU_ASSERT_EQUAL(rows("SELECT COUNT(*) FROM audit_log"), 2);
}

/* ---- ledgers ---- */

static void add_slots(const struct id *schedule, int64_t first, unsigned n, int64_t recorded_at)
{
	static const char sql[] =
		"INSERT INTO schedule_slots (schedule_id, scheduled_for, recorded_at, outcome, reason, moved, slots)"
		" VALUES (?, ?, ?, 0, 0, 0, 1)";
	struct error err;
	unsigned i;

	for (i = 0; i < n; i++)
		CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, sql, (struct db_arg[]){db_id(schedule), db_int(first + i),
		                             db_int(recorded_at)}, 3, NULL, &err));
}

static void old_slots_go_from_each_ledger(void)
{
	struct id one = id_make(), two = id_make();

	add_slots(&one, BEFORE - DAY, 3, BEFORE - DAY);
	add_slots(&one, BEFORE + DAY, 2, BEFORE + DAY);
	add_slots(&two, BEFORE - DAY, 1, BEFORE - DAY);
	CU_ASSERT_EQUAL(dx_prune(prune_slots, BEFORE), 4);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM schedule_slots WHERE schedule_id = ?", &one), 2);
}

static void a_slot_that_was_recorded_late_stays_as_long_as_the_others_of_its_day(void)
{
	struct id schedule = id_make();

	add_slots(&schedule, BEFORE - DAY, 1, BEFORE + DAY);
	CU_ASSERT_EQUAL(dx_prune(prune_slots, BEFORE), 0);
}

static void a_ledger_longer_than_a_chunk_is_gone_on_with_where_it_was_left(void)
{
	struct id one = id_make(), two = id_make();

	add_slots(&one, BEFORE - DAY, 2 * RETENTION_CHUNK + 5, BEFORE - DAY);
	add_slots(&two, BEFORE - DAY, 4, BEFORE - DAY);
	CU_ASSERT_EQUAL(dx_prune(prune_slots, BEFORE), 2 * RETENTION_CHUNK + 9);
	CU_ASSERT_EQUAL(rows("SELECT COUNT(*) FROM schedule_slots"), 0);
}

static void every_schedule_is_looked_at(void)
{
	unsigned i;

	for (i = 0; i < 450; i++) {
		struct id id = id_make();

		add_slots(&id, BEFORE - DAY, 2, BEFORE - DAY);
		add_slots(&id, BEFORE + DAY, 1, BEFORE + DAY);
	}
	CU_ASSERT_EQUAL(dx_prune(prune_slots, BEFORE), 900);
	CU_ASSERT_EQUAL(rows("SELECT COUNT(*) FROM schedule_slots"), 450);
}

/* ---- the small ones ---- */

static void add_hash(const char *sql, unsigned n, int64_t at)
{
	uint8_t hash[32] = {(uint8_t)n, (uint8_t)(n >> 8)};
	struct error err;

	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, sql, (struct db_arg[]){db_bytes(hash, 32), db_int(at)}, 2, NULL, &err));
}

static void records_go_by_their_time(void)
{
	static const struct { const char *add, *count; prune_fn fn; } tables[] = {
		{"INSERT INTO idempotency_keys (scope_hash, account_id, body_hash, execution_id, created_at)"
		 " VALUES (?, 1, '', '', ?)",
		 "SELECT COUNT(*) FROM idempotency_keys", prune_idempotency},
		{"INSERT INTO kept_answers (scope_hash, account_id, body_hash, object_id, created_at, status, answer)"
		 " VALUES (?, 1, '', '', ?, 201, '')", "SELECT COUNT(*) FROM kept_answers", prune_answers},
		{"INSERT INTO sessions (token_hash, id, account_id, created_at, last_seen, expires_at, address)"
		 " VALUES (?, '', 1, 0, 0, ?, '')", "SELECT COUNT(*) FROM sessions", prune_sessions},
		{"INSERT INTO login_failures (subject, since, failures) VALUES (?, ?, 1)", "SELECT COUNT(*) FROM login_failures",
		 prune_failures}};
	unsigned i;

	for (i = 0; i < sizeof tables / sizeof *tables; i++) {
		add_hash(tables[i].add, 1, BEFORE - 1);
		add_hash(tables[i].add, 2, BEFORE - 1);
		add_hash(tables[i].add, 3, BEFORE);
		CU_ASSERT_EQUAL(dx_prune(tables[i].fn, BEFORE), 2);
		CU_ASSERT_EQUAL(rows(tables[i].count), 1);
	}
}

static void more_records_of_one_instant_than_a_chunk_go_all(void)
{
	unsigned i;

	for (i = 0; i < 2 * RETENTION_CHUNK + 1; i++)
		add_hash("INSERT INTO login_failures (subject, since, failures) VALUES (?, ?, 1)", i, BEFORE - 1);
	CU_ASSERT_EQUAL(dx_prune(prune_failures, BEFORE), 2 * RETENTION_CHUNK + 1);
}

static void minutes_of_accounts_that_ask_for_nothing_go(void)
{
	char sql[160];

	snprintf(sql, sizeof sql, "INSERT INTO request_minutes VALUES (1, %" PRId64 ", 3), (2, %" PRId64 ", 4)",
	         BEFORE / 60000 - 1, BEFORE / 60000);
	dx_run(sql);
	CU_ASSERT_EQUAL(dx_prune(prune_minutes, BEFORE), 1);
	CU_ASSERT_EQUAL(rows("SELECT account_id FROM request_minutes"), 2);
}

/* ---- what it costs where there is nothing to remove ---- */

#define YOUNG_ID "CONCAT(UNHEX(LPAD(HEX(1796040000000 + seq), 12, '0')), UNHEX(LPAD(HEX(seq), 20, '0')))"
#define HASH     "UNHEX(SHA2(seq, 256))"
#define NUMBERS  " FROM seq_1_to_5000"

static void thousands_of_young_rows(void)
{
	static const char *const statements[] = {
		"INSERT INTO executions (id, account_id, agent, trigger_type, queued_at, input)"
		" SELECT " YOUNG_ID ", 1, 'echo', 0, 0, '{}'" NUMBERS,
		"INSERT INTO execution_results (execution_id, status, attempt, completed_at) SELECT " YOUNG_ID ", 2, 1, 0" NUMBERS,
		"INSERT INTO execution_steps (execution_id, seq, at, kind, name) SELECT " YOUNG_ID ", 1, 0, 'log', 's'" NUMBERS,
		"INSERT INTO deliveries (id, account_id, event, state, attempts, created_at)"
		" SELECT " YOUNG_ID ", 1, 0, 1, 1, 0" NUMBERS,
		"INSERT INTO events (id, account_id, event, at, payload) SELECT " YOUNG_ID ", 1, 0, 0, '{}'" NUMBERS,
		"INSERT INTO notifications (id, account_id, delivery_id, kind, at, payload)"
		" SELECT " YOUNG_ID ", 1, " YOUNG_ID ", 0, 0, '{}'" NUMBERS,
		"INSERT INTO audit_log (id, at, actor_kind, action) SELECT " YOUNG_ID ", 0, 0, 'a.b'" NUMBERS,
		"INSERT INTO idempotency_keys (scope_hash, account_id, body_hash, execution_id, created_at)"
		" SELECT " HASH ", 1, '', '', 1796040000000" NUMBERS,
		"INSERT INTO kept_answers (scope_hash, account_id, body_hash, object_id, created_at, status, answer)"
		" SELECT " HASH ", 1, '', '', 1796040000000, 201, ''" NUMBERS,
		"INSERT INTO sessions (token_hash, id, account_id, created_at, last_seen, expires_at, address)"
		" SELECT " HASH ", '', 1, 0, 0, 1796040000000, ''" NUMBERS,
		"INSERT INTO login_failures (subject, since, failures) SELECT " HASH ", 1796040000000, 1" NUMBERS,
		"INSERT INTO account_months (month_start, account_id, runs, overage, tokens)"
		" SELECT 1796040000000, seq, 1, 0, 0" NUMBERS,
		/* of ten schedules */
		"INSERT INTO schedule_slots (schedule_id, scheduled_for, recorded_at, outcome, reason, moved, slots)"
		" SELECT UNHEX(LPAD(HEX(seq MOD 10), 32, '0')), 1796040000000 + seq, 1796040000000, 0, 0, 0, 1" NUMBERS};
	unsigned i;

	for (i = 0; i < sizeof statements / sizeof *statements; i++)
		dx_run(statements[i]);
	dx_run("ANALYZE TABLE executions, execution_results, execution_steps, deliveries, events, notifications, audit_log,"
	       " idempotency_keys,"
	       " kept_answers, sessions, login_failures, account_months, schedule_slots");
}

static void young_rows_are_not_read(void)
{
	static const struct { const char *name; prune_fn fn; int64_t keys; } tables[] = {
		{"executions", prune_executions, 1}, {"execution_steps", prune_steps, 2}, {"deliveries", prune_deliveries, 1},
		{"events", prune_events, 1}, {"notifications", prune_notifications, 1},
		{"audit_log", prune_audit, 1}, {"idempotency_keys", prune_idempotency, 1},
		{"kept_answers", prune_answers, 1}, {"sessions", prune_sessions, 1}, {"login_failures", prune_failures, 1},
		{"account_months", prune_months, 1},
		/* from one schedule to the next */
		{"schedule_slots", prune_slots, 11}};
	unsigned i;

	thousands_of_young_rows();
	for (i = 0; i < sizeof tables / sizeof *tables; i++) {
		struct read_counts n = read_counts_now();

		CU_ASSERT_EQUAL(dx_prune(tables[i].fn, BEFORE), 0);
		n = read_counts_since(n);
		if (n.scans + n.scanned + n.sorted != 0 || n.walked > 12 || n.looked_up > tables[i].keys) {
			fprintf(stderr, "%s: scans=%" PRId64 " scanned=%" PRId64 " sorted=%" PRId64 " keys=%" PRId64 " walked=%" PRId64
			        "\n", tables[i].name, n.scans, n.scanned, n.sorted, n.looked_up, n.walked);
			CU_FAIL("more is read than what is old");
		}
	}
}

static CU_TestInfo tests[] = {
	{"an execution that ended long ago goes with all that belongs to it",
	 an_execution_that_ended_long_ago_goes_with_all_that_belongs_to_it},
	{"a run that has not ended stays however old it is", a_run_that_has_not_ended_stays_however_old_it_is},
	{"a run that was delayed counts from its end", a_run_that_was_delayed_counts_from_its_end},
	{"what a table of the queue still has stays", what_a_table_of_the_queue_still_has_stays},
	{"a run whose webhook is still to be sent stays", a_run_whose_webhook_is_still_to_be_sent_stays},
	{"the steps of one run may be more than a chunk", the_steps_of_one_run_may_be_more_than_a_chunk},
	{"a chunk of runs removes no more steps than a chunk holds",
	 a_chunk_of_runs_removes_no_more_steps_than_a_chunk_holds},
	{"the steps of a run go together after its end", the_steps_of_a_run_go_together_after_its_end},
	{"the steps of a run that goes on stay", the_steps_of_a_run_that_goes_on_stay},
	{"a delivery goes with its attempts", a_delivery_goes_with_its_attempts},
	{"a delivery counts from its last attempt", a_delivery_counts_from_its_last_attempt},
	{"a delivery that is still to be made stays", a_delivery_that_is_still_to_be_made_stays},
	{"many attempts are removed in several chunks", many_attempts_are_removed_in_several_chunks},
	{"events and entries of the audit log go when they are old", events_and_entries_of_the_audit_log_go_when_they_are_old},
	{"old slots go from each ledger", old_slots_go_from_each_ledger},
	{"a slot that was recorded late stays as long as the others of its day",
	 a_slot_that_was_recorded_late_stays_as_long_as_the_others_of_its_day},
	{"a ledger longer than a chunk is gone on with where it was left",
	 a_ledger_longer_than_a_chunk_is_gone_on_with_where_it_was_left},
	{"every schedule is looked at", every_schedule_is_looked_at},
	{"records go by their time", records_go_by_their_time},
	{"more records of one instant than a chunk go all", more_records_of_one_instant_than_a_chunk_go_all},
	{"minutes of accounts that ask for nothing go", minutes_of_accounts_that_ask_for_nothing_go},
	{"young rows are not read", young_rows_are_not_read},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo retention_suite = {"retention", dx_open, dx_close, dx_empty, NULL, tests};
