/* Runs without a worker: one in the calling thread, one in a process of its own, and a bounded pass. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/run_process.h"
#include "executor_fixture.h"
#include "queue_suites.h"

#define AN_HOUR_US INT64_C(3600000000)

static const char status_of[] = "SELECT status FROM execution_results WHERE execution_id = ?";
static const char error_of[] = "SELECT error_code FROM execution_results WHERE execution_id = ?";

static void one_run_runs_in_the_calling_thread(void)
{
	struct error err;
	struct id id;
	bool claimed;

	fresh();
	executor_stop(start(1));
	atomic_store(&let_go, true);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	id = fx_accept(1, LANE_SYNC, "steps", "{}");
	CU_ASSERT_TRUE(executor_run_one(&env, &id, &claimed, &err));
	CU_ASSERT_TRUE(claimed);
	CU_ASSERT_EQUAL(fx_number_of(status_of, &id), EXEC_SUCCESS);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_steps"), 3);
	CU_ASSERT_TRUE(executor_run_one(&env, &id, &claimed, &err));
	CU_ASSERT_FALSE(claimed);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static bool becomes(const char *sql, int64_t figure)
{
	int64_t until = clock_mono_us() + 20000000;

	while (fx_number(sql) != figure && clock_mono_us() < until)
		usleep(10000);
	return fx_number(sql) == figure;
}

static atomic_int times_left;

static void count_left(void)
{
	atomic_fetch_add(&times_left, 1);
}

static void *run_alone(void *id)
{
	struct executor_env mine = {.db = fx_db, .cfg = &fx_cfg, .owner = fx_owner, .left = count_left};
	struct error err;
	bool claimed;

	return executor_run_one(&mine, id, &claimed, &err) && claimed ? id : NULL;
}

static void a_run_of_its_own_is_ended_without_an_agent_that_is_stuck(void)
{
	pthread_t thread;
	struct id id;
	void *well;

	fresh();
	atomic_store(&let_go, false);
	atomic_store(&times_left, 0);
	log_set_level(LOG_ERROR);
	id = fx_accept(1, LANE_SYNC, "deaf", "{}");
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, run_alone, &id), 0);
	CU_ASSERT_TRUE(becomes("SELECT COUNT(*) FROM execution_results WHERE error_code = 'TIMEOUT'", 1));
	atomic_store(&let_go, true);
	pthread_join(thread, &well);
	log_set_level(LOG_INFO);
	CU_ASSERT_PTR_NOT_NULL(well);
	CU_ASSERT_EQUAL(atomic_load(&times_left), 1);
	CU_ASSERT_TRUE(fx_text_is(error_of, &id, "TIMEOUT"));
}

static bool hung_up(int fd, int patience_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, patience_ms) == 1 && (p.revents & POLLHUP);
}

/* A process that answers a request, as Apache's mod_cgi runs it: its stderr is a pipe. */
static void answer_meanwhile(const struct id *id, int to)
{
	struct executor_env mine = {.cfg = &fx_cfg, .owner = fx_owner};
	struct error err;
	int ended;

	dup2(to, STDOUT_FILENO);
	dup2(to, STDERR_FILENO);
	close(to);
	_exit(run_process_start(&mine, id, &ended, &err) ? 0 : 1);
}

static void a_process_s_run_outlives_who_answers_and_holds_nothing_of_his(void)
{
	struct id id;
	int fds[2], status = -1;
	struct cancelled k;
	struct error err;
	pid_t pid;

	fresh();
	id = fx_accept(1, LANE_SYNC, "wait", "{}");
	CU_ASSERT_EQUAL_FATAL(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		answer_meanwhile(&id, fds[1]);
	close(fds[1]);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT_TRUE(hung_up(fds[0], 5000));
	close(fds[0]);
	CU_ASSERT_TRUE(becomes("SELECT COUNT(*) FROM leases", 1));
	CU_ASSERT_TRUE(fx_cancel(fx_db, 1, &id, &k, &err));
	CU_ASSERT_EQUAL(k.outcome, CANCEL_ASKED);
	CU_ASSERT_TRUE(becomes("SELECT COUNT(*) FROM leases", 0));
	CU_ASSERT_TRUE(fx_text_is(error_of, &id, "CANCELLED"));
}

static void a_pass_runs_what_is_ready_up_to_its_bound(void)
{
	struct executor_pass done;
	struct error err;
	unsigned i;

	fresh();
	for (i = 0; i < 10; i++)
		fx_accept(1, LANE_ASYNC, "echo", "{}");
	executor_stop(start(1));
	CU_ASSERT_EQUAL(fx_open_runs(), 10);
	CU_ASSERT_TRUE(executor_pass(&env, 2, 4, clock_mono_us() + AN_HOUR_US, &done, &err));
	CU_ASSERT_EQUAL(done.ran, 4);
	CU_ASSERT_TRUE(executor_pass(&env, 2, 100, clock_mono_us() + AN_HOUR_US, &done, &err));
	CU_ASSERT_EQUAL(done.ran, 6);
	CU_ASSERT_EQUAL(done.succeeded, 6);
}

static CU_TestInfo tests[] = {
	{"one run runs in the calling thread", one_run_runs_in_the_calling_thread},
	{"a run of its own is ended without an agent that is stuck",
	 a_run_of_its_own_is_ended_without_an_agent_that_is_stuck},
	{"a process's run outlives who answers and holds nothing of his",
	 a_process_s_run_outlives_who_answers_and_holds_nothing_of_his},
	{"a pass runs what is ready up to its bound", a_pass_runs_what_is_ready_up_to_its_bound},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo executor_once_suite = {"executor: without a worker", fx_open, fx_close, NULL, NULL, tests};
