/* The executor (core/executor.h), on a real database. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/executor_priv.h"
#include "executor_fixture.h"
#include "queue_suites.h"

static const char status_of[] = "SELECT status FROM execution_results WHERE execution_id = ?";
static const char error_of[] = "SELECT error_code FROM execution_results WHERE execution_id = ?";

static bool nothing_open(struct executor *e)
{
	return fx_open_runs() == 0 &&
	       executor_idle(e);
}

static bool one_started(struct executor *e)
{
	return atomic_load(&started) > 0;
}

static void runs_are_run_and_ended(void)
{
	struct executor_counts counts;
	struct executor *e;
	unsigned i;

	fresh();
	for (i = 0; i < 200; i++)
		fx_accept(1, LANE_ASYNC, "echo", "{}");
	e = start(4);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	executor_counts(e, &counts);
	CU_ASSERT_EQUAL(counts.succeeded, 200);
	executor_stop(e);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_results WHERE status = 2"), 200);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_retryable_failure_is_tried_again(void)
{
	struct executor *e;
	struct id id;

	fresh();
	id = fx_accept(1, LANE_ASYNC, "flaky", "{}");
	e = start(2);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	executor_stop(e);
	CU_ASSERT_EQUAL(fx_number_of(status_of, &id), EXEC_SUCCESS);
	CU_ASSERT_EQUAL(fx_number_of("SELECT attempt FROM execution_results WHERE execution_id = ?", &id), 2);
	CU_ASSERT_TRUE(fx_text_is(error_of, &id, NULL));
}

static void a_second_attempt_is_told_what_the_first_planned_and_did(void)
{
	struct executor *e;
	struct id id;

	fresh();
	id = fx_accept(1, LANE_ASYNC, "planning", "{}");
	e = start(2);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	executor_stop(e);
	CU_ASSERT_TRUE(fx_text_is("SELECT summary FROM execution_results WHERE execution_id = ?", &id,
	                          "{\"a\":1}|2,1,there|1,1|1"));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_plans"), 0);
}

/* The same things in another run are the same effects, of another run. */
static void another_run_is_told_that_others_did_it(void)
{
	struct executor *e;
	struct id id;

	fresh();
	fx_accept(1, LANE_ASYNC, "planning", "{}");
	e = start(1);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	id = fx_accept(1, LANE_ASYNC, "planning", "{}");
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	executor_stop(e);
	CU_ASSERT_TRUE(fx_text_is("SELECT summary FROM execution_results WHERE execution_id = ?", &id,
	                          "{\"a\":1}|2,0,there|1,1|1"));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM effects"), 2);
	CU_ASSERT_EQUAL(fx_number("SELECT done FROM agent_memory"), 1);
}

static void ends_with(const char *agent, const char *code)
{
	struct executor *e;
	struct id id;

	fresh();
	id = fx_accept(1, LANE_ASYNC, agent, "{}");
	e = start(2);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	atomic_store(&let_go, true);
	executor_stop(e);
	CU_ASSERT_TRUE(fx_text_is(error_of, &id, code));
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_run_past_its_time_ends_with_timeout(void)
{
	ends_with("short", "TIMEOUT");
}

static void an_agent_that_is_stuck_does_not_keep_its_run_open(void)
{
	ends_with("deaf", "TIMEOUT");
}

static void an_output_past_the_ceiling_fails_the_run(void)
{
	ends_with("huge", "OUTPUT_TOO_LARGE");
}

static void an_unknown_agent_fails_the_run(void)
{
	ends_with("nobody", "EXECUTION_FAILED");
}

static void text_that_is_not_utf8_does_not_keep_a_run_from_ending(void)
{
	ends_with("garbled", NULL);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_results WHERE summary = 'caf? done'"),
			1);
}

static void a_running_run_is_cancelled_when_its_worker_hears_of_it(void)
{
	struct cancelled k;
	struct executor *e;
	struct error err;
	struct id id;

	fresh();
	id = fx_accept(1, LANE_ASYNC, "wait", "{}");
	e = start(2);
	CU_ASSERT_TRUE(work_until(e, one_started));
	CU_ASSERT_TRUE(fx_cancel(fx_db, 1, &id, &k, &err));
	CU_ASSERT_EQUAL(k.outcome, CANCEL_ASKED);
	executor_check_cancels(e);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	executor_stop(e);
	CU_ASSERT_TRUE(fx_text_is(error_of, &id, "CANCELLED"));
}

static void a_stopped_executor_gives_back_what_it_has(void)
{
	struct executor *e;
	unsigned i;

	fresh();
	for (i = 0; i < 3; i++)
		fx_accept(1, LANE_ASYNC, "wait", "{}");
	e = start(2);
	CU_ASSERT_TRUE(work_until(e, one_started));
	executor_drain(e);
	CU_ASSERT_TRUE(executor_stop(e));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM leases"), 0);
	CU_ASSERT_EQUAL(
	    fx_number("SELECT COUNT(*) FROM queue_ready WHERE lane = 1 AND attempt = 0"), 3);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void who_lost_its_lease_may_not_act_and_changes_nothing(void)
{
	struct executor *e;
	struct error err;
	struct swept swept;
	struct id id;

	fresh();
	id = fx_accept(1, LANE_ASYNC, "acting", "{}");
	fx_accept(1, LANE_ASYNC, "acting", "{}");
	e = start(2);
	CU_ASSERT_TRUE(work_until(e, one_started));
	CU_ASSERT_TRUE(queue_sweep(fx_db, &fx_conn, clock_now_ms() + 3600000, 64, 3, "here", NULL,
				   NULL, &swept, &err));
	CU_ASSERT_EQUAL(swept.moved, 2);
	atomic_store(&let_go, true);
	while (!executor_idle(e))
		usleep(2000);
	executor_stop(e);
	CU_ASSERT_EQUAL(fx_number_of(status_of, &id), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_ready WHERE lane = 2"), 2);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void suspects_run_alone(void)
{
	struct executor *e;
	struct error err;
	unsigned i;

	fresh();
	for (i = 0; i < 6; i++)
		fx_accept(1, LANE_ASYNC, "brief", "{}");
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE queue_ready SET lane = 2", &err));
	e = start(4);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	executor_stop(e);
	CU_ASSERT_EQUAL(atomic_load(&most_running), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_results WHERE status = 2"), 6);
}

static bool two_steps_written(struct executor *e)
{
	return fx_number("SELECT COUNT(*) FROM execution_steps") == 2;
}

/* As often as an executor looks in seconds, and as one that has no patience with who is not alone. */
static void look_often(struct executor *e)
{
	unsigned i;

	for (i = 0; i < 50; i++) {
		e->look_us = e->patience_us = 0;
		executor_work_came(e);
		executor_work(e, true);
	}
}

static void a_long_suspect_keeps_others_waiting(void)
{
	struct cancelled k;
	struct executor *e;
	struct error err;
	struct id suspect;

	fresh();
	suspect = fx_accept(1, LANE_ASYNC, "wait", "{}");
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE queue_ready SET lane = 2", &err));
	e = start(4);
	CU_ASSERT_TRUE(work_until(e, one_started));
	fx_accept(1, LANE_ASYNC, "brief", "{}");
	look_often(e);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM leases"), 1);
	CU_ASSERT_TRUE(fx_cancel(fx_db, 1, &suspect, &k, &err));
	executor_check_cancels(e);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	executor_stop(e);
	CU_ASSERT_EQUAL(atomic_load(&most_running), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_results WHERE status = 2"), 1);
}

static void steps_are_written_while_the_run_goes_on_and_with_its_end(void)
{
	struct executor *e;

	fresh();
	fx_accept(1, LANE_ASYNC, "steps", "{}");
	e = start(2);
	CU_ASSERT_TRUE(work_until(e, two_steps_written));
	CU_ASSERT_EQUAL(fx_open_runs(), 1);
	atomic_store(&let_go, true);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	executor_stop(e);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_steps"), 3);
	CU_ASSERT_EQUAL(fx_number("SELECT MAX(seq) FROM execution_steps"), 3);
}

static void what_went_wrong_inside_is_not_told_to_who_asked(void)
{
	static const char message_of[] = "SELECT error_message FROM execution_results WHERE execution_id = ?";
	struct executor *e;
	struct id id;

	fresh();
	id = fx_accept(1, LANE_ASYNC, "telling", "{}");
	log_set_level(LOG_ERROR + 1);
	e = start(1);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	log_set_level(LOG_INFO);
	executor_stop(e);
	CU_ASSERT_TRUE(fx_text_is(error_of, &id, "INTERNAL"));
	CU_ASSERT_TRUE(fx_text_is(message_of, &id, "Something went wrong on our side"));
}

static bool results_refused(struct executor *e)
{
	bool refused;

	pthread_mutex_lock(&e->lock);
	refused = e->committing > 0 && e->started == 1 && e->running == 0;
	pthread_mutex_unlock(&e->lock);
	return refused;
}

/* Whatever its result takes up, a run that succeeded has succeeded. */
static void a_full_table_is_waited_for(void)
{
	struct executor *e;
	struct error err;

	fresh();
	CU_ASSERT_TRUE(db_run_text(fx_conn, "CREATE TRIGGER full BEFORE INSERT ON execution_results FOR EACH ROW"
	                           " IF NEW.output IS NOT NULL THEN SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114;"
	                           " END IF", &err));
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	log_set_level(LOG_ERROR + 1);
	e = start(1);
	CU_ASSERT_TRUE(work_until(e, results_refused));
	CU_ASSERT_EQUAL(fx_open_runs(), 1);
	CU_ASSERT_TRUE(db_run_text(fx_conn, "DROP TRIGGER full", &err));
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	log_set_level(LOG_INFO);
	executor_stop(e);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_results WHERE status = 2"), 1);
}

static bool one_step_written(struct executor *e)
{
	return fx_number("SELECT COUNT(*) FROM execution_steps") == 1;
}

static void a_step_that_is_refused_hides_no_other_run_s(void)
{
	struct executor *e;

	fresh();
	fx_accept(1, LANE_ASYNC, "babbling", "{}");
	fx_accept(1, LANE_ASYNC, "talking", "{}");
	log_set_level(LOG_ERROR + 1);
	e = start(2);
	CU_ASSERT_TRUE(work_until(e, one_step_written));
	log_set_level(LOG_INFO);
	atomic_store(&let_go, true);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	executor_stop(e);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_results WHERE status = 2"), 2);
}

static bool one_succeeded(struct executor *e)
{
	return fx_number("SELECT COUNT(*) FROM execution_results WHERE status = 2") == 1;
}

/* A row that is due and cannot be moved: it stands where it would go. */
static void a_row_that_cannot_be_moved_keeps_no_run_from_being_claimed(void)
{
	struct executor *e;
	struct error err;

	fresh();
	fx_accept_later(1, clock_now_ms() - 1);
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE queue_later SET lane = 7", &err));
	CU_ASSERT_TRUE(db_run_text(fx_conn, "INSERT INTO queue_ready (lane, execution_id, account_id, attempt)"
	                           " SELECT lane, execution_id, account_id, attempt FROM queue_later", &err));
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	log_set_level(LOG_ERROR + 1);
	e = start(1);
	CU_ASSERT_TRUE(work_until(e, one_succeeded));
	log_set_level(LOG_INFO);
	executor_stop(e);
}

static void the_wait_for_another_attempt_doubles_up_to_its_bound(void)
{
	struct config cfg = {.retry_base_ms = 1000, .retry_max_ms = 60000};

	CU_ASSERT_EQUAL(job_backoff_ms(&cfg, 1, 0, 0.5), 1000);
	CU_ASSERT_EQUAL(job_backoff_ms(&cfg, 3, 0, 0.5), 4000);
	CU_ASSERT_EQUAL(job_backoff_ms(&cfg, 1, 0, 0), 800);
	CU_ASSERT_EQUAL(job_backoff_ms(&cfg, 40, 0, 0.5), 60000);
	CU_ASSERT_EQUAL(job_backoff_ms(&cfg, 1, 90, 0.5), 90000);
	CU_ASSERT_EQUAL(job_backoff_ms(&cfg, 1, INT_MAX, 0.5), 3600000);
}

static CU_TestInfo tests[] = {
	{"runs are run and ended", runs_are_run_and_ended},
	{"a retryable failure is tried again", a_retryable_failure_is_tried_again},
	{"a second attempt is told what the first planned and did", a_second_attempt_is_told_what_the_first_planned_and_did},
	{"another run is told that others did it", another_run_is_told_that_others_did_it},
	{"a run past its time ends with TIMEOUT", a_run_past_its_time_ends_with_timeout},
	{"an agent that is stuck does not keep its run open",
	 an_agent_that_is_stuck_does_not_keep_its_run_open},
	{"an output past the ceiling fails the run", an_output_past_the_ceiling_fails_the_run},
	{"an unknown agent fails the run", an_unknown_agent_fails_the_run},
	{"text that is not UTF-8 does not keep a run from ending",
	 text_that_is_not_utf8_does_not_keep_a_run_from_ending},
	{"a running run is cancelled when its worker hears of it",
	 a_running_run_is_cancelled_when_its_worker_hears_of_it},
	{"a stopped executor gives back what it has", a_stopped_executor_gives_back_what_it_has},
	{"who lost its lease may not act and changes nothing",
	 who_lost_its_lease_may_not_act_and_changes_nothing},
	{"suspects run alone", suspects_run_alone},
	{"a long suspect keeps others waiting", a_long_suspect_keeps_others_waiting},
	{"steps are written while the run goes on and with its end",
	 steps_are_written_while_the_run_goes_on_and_with_its_end},
	{"what went wrong inside is not told to who asked", what_went_wrong_inside_is_not_told_to_who_asked},
	{"a full table is waited for", a_full_table_is_waited_for},
	{"a step that is refused hides no other run's", a_step_that_is_refused_hides_no_other_run_s},
	{"a row that cannot be moved keeps no run from being claimed",
	 a_row_that_cannot_be_moved_keeps_no_run_from_being_claimed},
	{"the wait for another attempt doubles up to its bound",
	 the_wait_for_another_attempt_doubles_up_to_its_bound},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo executor_suite = {"executor", fx_open, fx_close, NULL, NULL, tests};
