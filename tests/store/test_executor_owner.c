/* The executor as its owner sees it (core/executor.h): when to call again, what is given back, who is rung. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
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
	fx_cfg.worker_poll_ms = 60000;
	e->poll_us = INT64_C(60000000);
	fx_accept(1, LANE_ASYNC, "wait", "{}");
	CU_ASSERT_TRUE(work_until(e, one_started));
	CU_ASSERT(next_call_us(e) <= 1100000);
	CU_ASSERT_TRUE(executor_stop(e));
}

static int64_t frozen_us;

static int64_t stands_still(void)
{
	return frozen_us;
}

static void an_idle_executor_is_called_once_a_poll(void)
{
	struct executor *e;

	fresh();
	e = start(2);
	e->poll_us = INT64_C(5000000);
	frozen_us = clock_mono_us();
	clock_set_source(NULL, stands_still);
	next_call_us(e);
	CU_ASSERT_EQUAL(next_call_us(e), 5000000);
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

static void who_gives_runs_back_rings_the_workers(void)
{
	char run_dir[] = "/tmp/executor_tests.XXXXXX", message[16];
	struct doorbell_ringer *ringer;
	struct doorbell bell;
	struct executor *e;
	struct error err;
	unsigned i;

	fresh();
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(run_dir));
	CU_ASSERT_TRUE_FATAL(doorbell_open(&bell, run_dir, "agentiv-worker", &err));
	ringer = doorbell_ringer_new(run_dir);
	for (i = 0; i < 3; i++)
		fx_accept(1, LANE_ASYNC, "wait", "{}");
	e = start(1);
	e->env.ringer = ringer;
	CU_ASSERT_TRUE(work_until(e, one_started));
	executor_drain(e);
	CU_ASSERT_TRUE(executor_stop(e));
	CU_ASSERT_EQUAL(doorbell_read(&bell, message, sizeof message), 1);
	CU_ASSERT_EQUAL(message[0], BELL_WORK);
	doorbell_ringer_free(ringer);
	doorbell_close(&bell);
	rmdir(run_dir);
}

static CU_TestInfo tests[] = {
	{"leases are renewed in time however rare the polls",
	 leases_are_renewed_in_time_however_rare_the_polls},
	{"an idle executor is called once a poll", an_idle_executor_is_called_once_a_poll},
	{"an idle look costs one statement", an_idle_look_costs_one_statement},
	{"threads that are stuck are counted and replaced", threads_that_are_stuck_are_counted_and_replaced},
	{"a pass gives back what its time does not allow", a_pass_gives_back_what_its_time_does_not_allow},
	{"who gives runs back rings the workers", who_gives_runs_back_rings_the_workers},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo executor_owner_suite = {"executor: its owner", fx_open, fx_close, NULL, NULL, tests};
