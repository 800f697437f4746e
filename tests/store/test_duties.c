/* Who does a duty, how much of it at once, and what becomes of one that is not finished (core/duties.h). */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/quota.h"
#include "duty_fixture.h"
#include "duty_suites.h"

#define FOREVER   INT64_MAX
#define OLD       (NOON - 100 * DAY)
#define LEASE     INT64_C(60000)
#define PASS_ROWS 20000

static struct duties_counts pass(void)
{
	struct duties_counts n;
	struct error err = {0};
	bool ok = duties_pass(&dx_env, FOREVER, &n, &err);

	if (!ok)
		fprintf(stderr, "%s\n", err.message);
	CU_ASSERT_TRUE_FATAL(ok);
	return n;
}

static struct duty_state state_of(const char *name)
{
	struct duty_state all[DUTIES_MAX];
	struct error err;
	unsigned n = 0, i;

	CU_ASSERT_TRUE_FATAL(duties_look(fx_conn, all, &n, &err));
	for (i = 0; i < n && strcmp(all[i].row.name, name) != 0; i++)
		;
	CU_ASSERT_TRUE_FATAL(i < n);
	return all[i];
}

static unsigned duty_count(void)
{
	struct duty_state all[DUTIES_MAX];
	struct error err;
	unsigned n = 0;

	CU_ASSERT_TRUE_FATAL(duties_look(fx_conn, all, &n, &err));
	return n;
}

/* So many runs that ended a hundred days ago, of one millisecond each. */
static void old_executions(unsigned n)
{
	char sql[400];

	snprintf(sql, sizeof sql, "INSERT INTO executions (id, account_id, agent, trigger_type, queued_at, input)"
	         " SELECT CONCAT(UNHEX(LPAD(HEX(%" PRId64 " + seq), 12, '0')), UNHEX(LPAD(HEX(seq), 20, '0'))), 1, 'echo', 0, %"
	         PRId64 ", '{}' FROM seq_1_to_%u", OLD, OLD, n);
	dx_run(sql);
	snprintf(sql, sizeof sql, "INSERT INTO execution_results (execution_id, status, attempt, started_at, completed_at)"
	         " SELECT id, 2, 1, queued_at, queued_at FROM executions WHERE queued_at = %" PRId64, OLD);
	dx_run(sql);
}

static int64_t executions(void)
{
	return fx_number("SELECT COUNT(*) FROM executions");
}

/* ---- periods ---- */

static void every_duty_is_done_when_it_is_new_and_then_once_a_period(void)
{
	struct duties_counts n;

	old_executions(3);
	n = pass();
	CU_ASSERT_TRUE(n.done == duty_count() && n.rows == 6 && n.failed == 0);
	CU_ASSERT_EQUAL(executions(), 0);
	CU_ASSERT_EQUAL(state_of("executions").row.rows, 6);
	dx_execution(OLD + DAY, OLD + DAY);
	dx_set_clock(NOON + HOUR - 1);
	CU_ASSERT_EQUAL(pass().done, 0);
	CU_ASSERT_EQUAL(executions(), 1);
	dx_set_clock(NOON + HOUR);
	CU_ASSERT_TRUE(pass().done > 0);
	CU_ASSERT_EQUAL(executions(), 0);
	/* the audit log has time until tomorrow */
	CU_ASSERT_EQUAL(state_of("audit_log").row.done_at, NOON);
}

static void months_are_closed_soon_after_their_end(void)
{
	int64_t december = clock_next_month(NOON);

	fx_account(1, -1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	pass();
	dx_set_clock(december + 299999);
	pass();
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM account_months"), 0);
	dx_set_clock(december + 300000);
	pass();
	CU_ASSERT_EQUAL(fx_number("SELECT SUM(runs) FROM account_months"), 1);
	CU_ASSERT_EQUAL(state_of("months").row.due_at, clock_next_month(december) + 300000);
}

static void what_is_kept_for_ever_is_not_removed(void)
{
	struct config cfg = fx_cfg;

	cfg.executions_days = 0;
	dx_env.cfg = &cfg;
	old_executions(3);
	CU_ASSERT_EQUAL(pass().done, duty_count());
	CU_ASSERT_EQUAL(executions(), 3);
	dx_env.cfg = &fx_cfg;
}

static void what_had_to_be_left_is_looked_at_again_a_day_later(void)
{
	struct id open = dx_execution(OLD, 0);
	char sql[200];

	pass();
	snprintf(sql, sizeof sql, "INSERT INTO execution_results (execution_id, status, attempt, completed_at)"
	         " SELECT id, 3, 1, %" PRId64 " FROM executions", OLD);
	dx_run(sql);
	dx_set_clock(NOON + 23 * HOUR);
	pass();
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM executions WHERE id = ?", &open), 1);
	dx_set_clock(NOON + 24 * HOUR);
	pass();
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM executions WHERE id = ?", &open), 0);
}

static void looking_costs_a_statement_and_a_duty_three(void)
{
	uint64_t before, n = duty_count();

	pass();
	before = db_counters(fx_db).statements;
	pass();
	CU_ASSERT_EQUAL(db_counters(fx_db).statements - before, 1);
	dx_set_clock(NOON + 2 * DAY);
	dx_run("UPDATE duties SET due_at = 9000000000000 WHERE name = 'months'");
	before = db_counters(fx_db).statements;
	pass();
	CU_ASSERT_EQUAL(db_counters(fx_db).statements - before, 1 + 3 * (n - 1));
}

/* ---- bounds ---- */

struct wanted { const char *sql; int64_t n; };

static bool reached(const struct wanted *w)
{
	unsigned i;

	/* not by the clock, which stands */
	for (i = 0; i < 10000 && fx_number(w->sql) != w->n; i++)
		poll(NULL, 0, 1);
	return fx_number(w->sql) == w->n;
}

/* Lets the thread work until it has come so far, and stops it. */
static void thread_until(const char *sql, int64_t n)
{
	struct error err = {0};
	struct duties *d = duties_start(&dx_env, &err);
	struct wanted w = {sql, n};

	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	CU_ASSERT_TRUE(reached(&w));
	CU_ASSERT_TRUE_FATAL(duties_stop(d));
}

static void a_pass_is_bounded_and_the_rest_is_done_a_second_later_where_it_was_left(void)
{
	static const char due[] = "SELECT due_at FROM duties WHERE name = 'executions'";
	struct duty_row row;

	old_executions(25000);
	thread_until(due, NOON + 1000);
	CU_ASSERT_EQUAL(executions(), 25000 - PASS_ROWS / 2);
	row = state_of("executions").row;
	CU_ASSERT_TRUE(row.done_at == 0 && row.since == NOON && row.rows == PASS_ROWS);
	CU_ASSERT_EQUAL(id_time_ms(&row.at.id), OLD + PASS_ROWS / 2);
	dx_set_clock(NOON + 1000);
	thread_until(due, NOON + 2000);
	CU_ASSERT_EQUAL(executions(), 25000 - PASS_ROWS);
	dx_set_clock(NOON + 2000);
	thread_until(due, NOON + 2000 + HOUR);
	CU_ASSERT_EQUAL(executions(), 0);
}

static void a_pass_of_tick_goes_on_with_what_is_left_until_its_time_is_over(void)
{
	struct duties_counts n;
	struct error err;

	old_executions(25000);
	CU_ASSERT_TRUE(duties_pass(&dx_env, clock_mono_us(), &n, &err));
	CU_ASSERT_TRUE(n.rows == 0 && executions() == 25000);
	CU_ASSERT_EQUAL(pass().rows, 50000);
	CU_ASSERT_EQUAL(executions(), 0);
}

/* ---- several schedulers ---- */

static atomic_uint done;
static atomic_int_least64_t removed;

static void *one_pass(void *arg)
{
	struct duties_counts n;
	struct error err;

	(void)arg;
	if (duties_pass(&dx_env, FOREVER, &n, &err)) {
		atomic_fetch_add(&done, (unsigned)n.done);
		atomic_fetch_add(&removed, (int64_t)n.rows);
	}
	return NULL;
}

static void of_several_schedulers_one_does_a_duty(void)
{
	pthread_t threads[4];
	unsigned round, i, all = duty_count() - 1;

	pass();
	dx_run("UPDATE duties SET due_at = 9000000000000 WHERE name = 'months'");
	for (round = 1; round <= 10; round++) {
		atomic_store(&done, 0);
		atomic_store(&removed, 0);
		old_executions(1500);
		dx_set_clock(NOON + 2 * round * DAY);
		for (i = 0; i < 4; i++)
			CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, one_pass, NULL), 0);
		for (i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
		CU_ASSERT_EQUAL(atomic_load(&done), all);
		CU_ASSERT_EQUAL(atomic_load(&removed), 3000);
		CU_ASSERT_EQUAL(executions(), 0);
	}
}

/* ---- failures ---- */

static void a_duty_that_is_refused_keeps_no_other_from_being_done(void)
{
	struct duties_counts n;
	struct duty_row row;

	dx_run("RENAME TABLE events TO events_away");
	n = pass();
	dx_run("RENAME TABLE events_away TO events");
	CU_ASSERT_TRUE(n.failed == 1 && n.done == duty_count() - 1);
	row = state_of("events").row;
	CU_ASSERT_TRUE(row.failed_at == NOON && row.done_at == 0 && row.due_at == NOON + HOUR);
	CU_ASSERT_PTR_NOT_NULL(strstr(row.error, "events"));
	dx_set_clock(NOON + HOUR);
	pass();
	row = state_of("events").row;
	CU_ASSERT_TRUE(row.failed_at == 0 && row.error[0] == '\0' && row.done_at == NOON + HOUR);
}

/* So many events of a hundred days ago, of one millisecond each. */
static void old_events(unsigned n)
{
	char sql[300];

	snprintf(sql, sizeof sql, "INSERT INTO events (id, account_id, event, at, payload) SELECT CONCAT(UNHEX(LPAD(HEX(%" PRId64
	         " + seq), 12, '0')), UNHEX(LPAD(HEX(seq), 20, '0'))), 1, 0, %" PRId64 ", '{}' FROM seq_1_to_%u", OLD, OLD, n);
	dx_run(sql);
}

static void a_chunk_that_is_refused_is_passed_over_until_the_next_walk(void)
{
	static const char left[] = "SELECT COUNT(*) FROM events";

	old_events(RETENTION_CHUNK + 500);
	dx_run("CREATE TABLE holds (id BINARY(16), FOREIGN KEY (id) REFERENCES events (id))");
	dx_run("INSERT INTO holds SELECT MIN(id) FROM events");
	CU_ASSERT_EQUAL(pass().failed, 1);
	CU_ASSERT_EQUAL(fx_number(left), RETENTION_CHUNK + 500);
	dx_set_clock(NOON + HOUR);
	CU_ASSERT_EQUAL(pass().failed, 0);
	CU_ASSERT_EQUAL(fx_number(left), RETENTION_CHUNK);
	dx_run("DROP TABLE holds");
	dx_set_clock(NOON + DAY);
	pass();
	CU_ASSERT_EQUAL(fx_number(left), 0);
}

static void a_duty_that_was_not_done_for_three_periods_is_late(void)
{
	pass();
	dx_set_clock(NOON + 4 * HOUR);
	CU_ASSERT_FALSE(state_of("executions").late);
	dx_set_clock(NOON + 4 * HOUR + 1);
	CU_ASSERT_TRUE(state_of("executions").late);
	CU_ASSERT_EQUAL(state_of("executions").late_ms, 3 * HOUR + 1);
	CU_ASSERT_FALSE(state_of("audit_log").late);
	pass();
	CU_ASSERT_FALSE(state_of("executions").late);
}

/* A scheduler of its own process, killed when it has removed something. */
static void kill_amid_removing(void)
{
	int64_t before = executions();
	pid_t child = fork();

	if (child == 0) {
		struct duties_counts n;
		struct error err;
		struct duties_env env = {.db = db_open(&fx_cfg, 2, &err), .cfg = &fx_cfg};

		_exit(env.db && duties_pass(&env, FOREVER, &n, &err) ? 0 : 1);
	}
	CU_ASSERT_TRUE_FATAL(child > 0);
	while (executions() == before && waitpid(child, NULL, WNOHANG) == 0)
		;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void nothing_connected_any_more(void)
{
	struct wanted w = {"SELECT COUNT(*) FROM information_schema.processlist"
	                   " WHERE db = DATABASE() AND command <> 'Sleep'", 1};

	CU_ASSERT_TRUE(reached(&w));
}

static void one_that_was_killed_left_no_half_and_another_goes_on_after_its_lease(void)
{
	int64_t left;

	old_executions(20000);
	kill_amid_removing();
	nothing_connected_any_more();
	left = executions();
	CU_ASSERT_TRUE(left > 0 && left < 20000);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_results"), left);
	dx_set_clock(NOON + LEASE - 1);
	pass();
	CU_ASSERT_EQUAL(executions(), left);
	dx_set_clock(NOON + LEASE);
	pass();
	CU_ASSERT_EQUAL(executions(), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_results"), 0);
}

/* ---- beside runs ---- */

static atomic_bool over;
static atomic_uint turns, broken;

/* Accepts, claims and ends one run after the other. */
static void *run_runs(void *arg)
{
	static const struct lease_owner owner = {.name = "agentiv-worker.3.0.sock", .host = "here"};
	struct db_conn *c = NULL;
	struct error err;

	(void)arg;
	while (!atomic_load(&over) && atomic_load(&broken) == 0) {
		struct admission a = {.account_id = 1, .agent = "echo", .lane = LANE_ASYNC, .webhook_url = "https://example.com/x"};
		struct claimed_run run;
		struct ended_run e;
		struct arena arena;
		unsigned n = 0, promoted, deliveries;
		bool more, ok;

		arena_init(&arena);
		ok = fx_admit(&c, &a) && queue_claim(fx_db, &c, &owner, false, 1, clock_now_ms(), LEASE_MS, NULL, &arena, &run, &n,
		                                     &more, &err) && n == 1;
		if (ok) {
			e = fx_ended(&run, RUN_SUCCESS);
			ok = queue_end(fx_db, &c, &e, 1, clock_now_ms(), &promoted, &deliveries, &err) && !e.lost;
		}
		arena_release(&arena);
		atomic_fetch_add(ok ? &turns : &broken, 1);
	}
	db_put(fx_db, c);
	return NULL;
}

static int64_t lock_waits(void)
{
	return fx_number("SELECT variable_value FROM information_schema.global_status"
	                 " WHERE variable_name = 'INNODB_ROW_LOCK_WAITS'");
}

static void a_hundred_thousand_runs_are_removed_while_runs_go_on_and_wait_for_nothing(void)
{
	uint64_t transactions;
	int64_t waits;
	pthread_t runner;

	fx_account(1, -1);
	old_executions(100000);
	atomic_store(&over, false);
	atomic_store(&turns, 0);
	atomic_store(&broken, 0);
	waits = lock_waits();
	CU_ASSERT_EQUAL_FATAL(pthread_create(&runner, NULL, run_runs, NULL), 0);
	while (atomic_load(&turns) == 0 && atomic_load(&broken) == 0)
		;
	transactions = db_counters(fx_db).transactions;
	CU_ASSERT_EQUAL(dx_prune(prune_executions, NOON - 90 * DAY), 200000);
	transactions = db_counters(fx_db).transactions - transactions;
	atomic_store(&over, true);
	pthread_join(runner, NULL);
	CU_ASSERT_EQUAL(atomic_load(&broken), 0);
	CU_ASSERT_EQUAL(lock_waits(), waits);
	CU_ASSERT_TRUE(transactions >= 100 && atomic_load(&turns) > 10);
	CU_ASSERT_EQUAL(executions(), atomic_load(&turns));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_results"), atomic_load(&turns));
	CU_ASSERT_TRUE(fx_slots_agree());
}

static CU_TestInfo tests[] = {
	{"every duty is done when it is new, and then once a period",
	 every_duty_is_done_when_it_is_new_and_then_once_a_period},
	{"months are closed soon after their end", months_are_closed_soon_after_their_end},
	{"what is kept for ever is not removed", what_is_kept_for_ever_is_not_removed},
	{"what had to be left is looked at again a day later", what_had_to_be_left_is_looked_at_again_a_day_later},
	{"looking costs a statement, and a duty three", looking_costs_a_statement_and_a_duty_three},
	{"a pass is bounded, and the rest is done a second later where it was left",
	 a_pass_is_bounded_and_the_rest_is_done_a_second_later_where_it_was_left},
	{"a pass of tick goes on with what is left until its time is over",
	 a_pass_of_tick_goes_on_with_what_is_left_until_its_time_is_over},
	{"of several schedulers one does a duty", of_several_schedulers_one_does_a_duty},
	{"a duty that is refused keeps no other from being done", a_duty_that_is_refused_keeps_no_other_from_being_done},
	{"a chunk that is refused is passed over until the next walk",
	 a_chunk_that_is_refused_is_passed_over_until_the_next_walk},
	{"a duty that was not done for three periods is late", a_duty_that_was_not_done_for_three_periods_is_late},
	{"one that was killed left no half, and another goes on after its lease",
	 one_that_was_killed_left_no_half_and_another_goes_on_after_its_lease},
	{"a hundred thousand runs are removed while runs go on and wait for nothing",
	 a_hundred_thousand_runs_are_removed_while_runs_go_on_and_wait_for_nothing},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo duties_suite = {"duties", dx_open, dx_close, dx_empty, NULL, tests};
