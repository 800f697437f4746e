/* The executor as its owner sees it (core/executor.h): when to call again, what is given back, who is rung. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/bells.h"
#include "executor_fixture.h"
#include "queue_suites.h"

static bool one_started(struct executor *e)
{
	return atomic_load(&started) > 0;
}

static bool nothing_open(struct executor *e)
{
	return fx_number("SELECT COUNT(*) FROM executions x LEFT JOIN execution_results r"
			 " ON r.execution_id = x.id WHERE COALESCE(r.status, 0) = 0") == 0 &&
	       executor_idle(e);
}

static int64_t next_call_us(struct executor *e)
{
	return executor_work(e, true) - clock_mono_us();
}

static void leases_are_renewed_in_time_however_rare_the_polls(void)
{
	struct executor *e;

	fresh();
	e = start(2);
	pace_init(&e->pace, 60000, 60000, clock_mono_us());
	fx_accept(1, LANE_ASYNC, "wait", "{}");
	CU_ASSERT_TRUE(work_until(e, one_started));
	CU_ASSERT(next_call_us(e) <= 1100000);
	CU_ASSERT_TRUE(executor_stop(e));
}

static _Atomic int64_t frozen_us;

static int64_t stands_still(void)
{
	return frozen_us;
}

/* The clock stands still but for being called when it asks to be. */
static int64_t next_look_us(struct executor *e)
{
	int64_t in = next_call_us(e);

	frozen_us += in;
	return in;
}

static struct executor *idle_executor(void)
{
	struct executor *e;

	fresh();
	e = start(2);
	frozen_us = clock_mono_us();
	clock_set_source(NULL, stands_still);
	/* claims once, as it does not know yet whether there is something */
	next_call_us(e);
	pace_init(&e->pace, 5000, 20000, frozen_us - PACE_ACTIVE_US);
	e->look_us = frozen_us;
	return e;
}

static void an_idle_executor_is_called_seldom(void)
{
	struct executor *e = idle_executor();

	CU_ASSERT_EQUAL(next_look_us(e), 20000000);
	CU_ASSERT_EQUAL(next_look_us(e), 20000000);
	clock_set_source(NULL, NULL);
	CU_ASSERT_TRUE(executor_stop(e));
}

static void what_is_found_untold_brings_the_looks_close(void)
{
	struct executor *e = idle_executor();

	int64_t found_us;

	next_look_us(e);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	found_us = frozen_us;
	next_look_us(e);
	clock_set_source(NULL, NULL);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	CU_ASSERT_EQUAL(e->pace.close_until_us, found_us + PACE_UNTOLD_US);
	CU_ASSERT_TRUE(executor_stop(e));
}

static void what_will_be_due_is_looked_up_when_it_is_told_of(void)
{
	struct executor *e = idle_executor();

	next_call_us(e);
	fx_accept_later(1, clock_now_ms() + 3000);
	executor_look_again(e);
	/* the look at once, or nearly; then the run */
	CU_ASSERT(next_look_us(e) < 1000000);
	CU_ASSERT(next_call_us(e) <= 3000000);
	clock_set_source(NULL, NULL);
	CU_ASSERT_TRUE(executor_stop(e));
}

static void what_will_be_due_is_woken_for_without_a_look(void)
{
	struct executor *e = idle_executor();
	int64_t now = clock_now_ms();
	uint64_t before;

	next_call_us(e);
	executor_due_at(e, now + 9000);
	executor_due_at(e, now + 3000);
	executor_due_at(e, now + 6000);
	before = db_counters(fx_db).statements;
	CU_ASSERT(next_call_us(e) <= 3000000);
	CU_ASSERT_EQUAL(db_counters(fx_db).statements, before);
	clock_set_source(NULL, NULL);
	CU_ASSERT_TRUE(executor_stop(e));
}

static void an_idle_look_costs_one_statement(void)
{
	uint64_t before;
	struct executor *e;

	fresh();
	e = start(2);
	executor_work(e, true);
	e->look_us = 0;
	before = db_counters(fx_db).statements;
	executor_work(e, true);
	CU_ASSERT_EQUAL(db_counters(fx_db).statements - before, 1);
	CU_ASSERT_TRUE(executor_stop(e));
}

/* Two runs of a dead worker, each of which waits to be let go, and one that has come since. */
static void two_suspects_and_another(void)
{
	struct claimed_run r[2];
	struct swept swept;
	struct error err;

	fx_accept(1, LANE_ASYNC, "acting", "{}");
	fx_accept(1, LANE_ASYNC, "acting", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 2), 2);
	CU_ASSERT_TRUE(queue_sweep(fx_db, &fx_conn, clock_now_ms() + 3600000, 64, 3, "here", NULL, NULL, &swept, &err));
	CU_ASSERT_EQUAL_FATAL(swept.orphaned, 2);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
}

static bool one_runs_alone(struct executor *e)
{
	return e->alone && fx_number("SELECT COUNT(*) FROM leases") == 1;
}

static void after_a_long_suspect_the_others_have_a_turn(void)
{
	struct executor *e;

	fresh();
	two_suspects_and_another();
	e = start(2);
	CU_ASSERT_TRUE(work_until(e, one_runs_alone));
	/* it has run for longer than a turn lasts */
	e->alone_since_us -= 10000000;
	atomic_store(&let_go, true);
	while (!executor_idle(e))
		usleep(2000);
	executor_work(e, true);
	CU_ASSERT_FALSE(e->alone);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_ready WHERE lane = 2"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_ready WHERE lane = 1"), 0);
	CU_ASSERT_TRUE(executor_stop(e));
}

static bool one_is_stuck(struct executor *e)
{
	return executor_stuck(e) == 1;
}

static bool none_is_stuck(struct executor *e)
{
	return executor_stuck(e) == 0;
}

static void threads_that_are_stuck_are_counted_and_replaced(void)
{
	struct executor *e;

	fresh();
	fx_accept(1, LANE_ASYNC, "deaf", "{}");
	e = start(1);
	CU_ASSERT_TRUE(work_until(e, one_is_stuck));
	/* the only thread is stuck, and others are run all the same */
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	executor_work_came(e);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	atomic_store(&let_go, true);
	CU_ASSERT_TRUE(work_until(e, none_is_stuck));
	CU_ASSERT_TRUE(executor_stop(e));
}

static void a_pass_gives_back_what_its_time_does_not_allow(void)
{
	struct executor_pass done;
	struct error err;
	unsigned i;

	fresh();
	for (i = 0; i < 200; i++)
		fx_accept(1, LANE_ASYNC, "brief", "{}");
	executor_stop(start(1));
	/* of 20 ms each, one after the other */
	CU_ASSERT_TRUE(executor_pass(&env, 1, 1000, clock_mono_us() + 200000, &done, &err));
	CU_ASSERT(done.ran < 200);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM leases"), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_ready"), 200 - (int64_t)done.ran);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static char run_dir[32];
static struct doorbell_ringer *ringer;
static struct doorbell bell;

/* An executor of one thread, which runs something that does not end, and another worker beside it. */
static struct executor *busy_beside_another(void)
{
	struct executor *e;
	struct error err;

	fresh();
	fx_accept(1, LANE_ASYNC, "wait", "{}");
	strcpy(run_dir, "/tmp/executor_tests.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(run_dir));
	CU_ASSERT_TRUE_FATAL(doorbell_open(&bell, run_dir, WORKER_PROGRAM, &err));
	ringer = doorbell_ringer_new(run_dir);
	e = start(1);
	e->env.ringer = ringer;
	CU_ASSERT_TRUE(work_until(e, one_started));
	return e;
}

static void another_ends(void)
{
	doorbell_ringer_free(ringer);
	doorbell_close(&bell);
	rmdir(run_dir);
}

/* Whether it was among what the other has been told; the rest is read, too. */
static bool other_heard(enum bell wanted)
{
	char message[16];
	bool heard = false;

	while (doorbell_read(&bell, message, sizeof message) == 1)
		heard |= message[0] == (char)wanted;
	return heard;
}

static bool other_is_to_look(struct executor *e)
{
	return other_heard(BELL_LOOK);
}

static void who_gives_runs_back_rings_the_workers(void)
{
	struct executor *e = busy_beside_another();

	executor_drain(e);
	CU_ASSERT_TRUE(executor_stop(e));
	CU_ASSERT_TRUE(other_heard(BELL_WORK));
	another_ends();
}

static void who_has_its_hands_full_rings_the_workers(void)
{
	struct executor *e = busy_beside_another();

	other_heard(BELL_LOOK);
	e->pass_on_us = 0;
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	executor_work_came(e);
	CU_ASSERT_TRUE(work_until(e, other_is_to_look));
	CU_ASSERT_TRUE(executor_stop(e));
	another_ends();
}

static void what_the_audit_lets_go_is_told_to_a_worker(void)
{
	struct executor *e = busy_beside_another();
	struct error err;

	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET max_concurrent = 1", &err));
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET max_concurrent = 2", &err));
	other_heard(BELL_WORK);
	CU_ASSERT_TRUE(executor_audit(&e->env, &err));
	CU_ASSERT_TRUE(other_heard(BELL_WORK));
	CU_ASSERT_TRUE(executor_stop(e));
	another_ends();
}

static void who_is_draining_passes_on_what_it_is_told(void)
{
	struct executor *e = busy_beside_another();

	executor_drain(e);
	executor_work(e, false);
	other_heard(BELL_LOOK);
	e->pass_on_us = 0;
	executor_work_came(e);
	executor_work(e, false);
	CU_ASSERT_TRUE(other_heard(BELL_LOOK));
	e->pass_on_us = 0;
	executor_look_again(e);
	executor_work(e, false);
	CU_ASSERT_TRUE(other_heard(BELL_LOOK));
	CU_ASSERT_TRUE(executor_stop(e));
	another_ends();
}

static CU_TestInfo tests[] = {
	{"leases are renewed in time however rare the polls",
	 leases_are_renewed_in_time_however_rare_the_polls},
	{"an idle executor is called seldom", an_idle_executor_is_called_seldom},
	{"what is found untold brings the looks close", what_is_found_untold_brings_the_looks_close},
	{"what will be due is looked up when it is told of", what_will_be_due_is_looked_up_when_it_is_told_of},
	{"what will be due is woken for without a look", what_will_be_due_is_woken_for_without_a_look},
	{"an idle look costs one statement", an_idle_look_costs_one_statement},
	{"after a long suspect the others have a turn", after_a_long_suspect_the_others_have_a_turn},
	{"threads that are stuck are counted and replaced", threads_that_are_stuck_are_counted_and_replaced},
	{"a pass gives back what its time does not allow", a_pass_gives_back_what_its_time_does_not_allow},
	{"who gives runs back rings the workers", who_gives_runs_back_rings_the_workers},
	{"who has its hands full rings the workers", who_has_its_hands_full_rings_the_workers},
	{"what the audit lets go is told to a worker", what_the_audit_lets_go_is_told_to_a_worker},
	{"who is draining passes on what it is told", who_is_draining_passes_on_what_it_is_told},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo executor_owner_suite = {"executor: its owner", fx_open, fx_close, NULL, NULL, tests};
