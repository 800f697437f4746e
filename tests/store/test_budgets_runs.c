/* What the executor does with token budgets (core/executor_tokens.c). */
#include "db_proxy.h"
#include "executor_fixture.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "queue_suites.h"

static const char account_used[] = "SELECT used FROM token_budgets WHERE kind = 0";

static void set_budget(enum budget_kind kind, const char *subject, int64_t max)
{
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(budget_set(fx_conn, 1, kind, subject, max, clock_now_ms(), &err));
}

static bool nothing_open(struct executor *e)
{
	return fx_open_runs() == 0 && executor_idle(e);
}

struct lone_run { struct executor_env env; struct id id; };

static void *run_alone(void *arg)
{
	struct lone_run *l = arg;
	struct error err = {0};
	bool claimed;

	CU_ASSERT_TRUE(executor_run_one(&l->env, &l->id, &claimed, &err));
	return NULL;
}

static void a_model_s_answer_outlasts_a_database_that_is_away(void)
{
	struct proxy *p = proxy_start(fx_cfg.db_hosts + strlen("socket:"));
	struct config cfg = fx_cfg;
	struct lone_run l = {.env = {.cfg = &fx_cfg, .owner = fx_owner}};
	struct error err = {0};
	pthread_t thread;

	fresh();
	set_budget(BUDGET_ACCOUNT, "", 1000);
	l.id = fx_accept(1, LANE_ASYNC, "spending", "{\"reserve\":50,\"use\":20,\"hold\":true}");
	cfg.db_hosts = (char *)(uintptr_t)proxy_hosts(p);
	l.env.db = db_open(&cfg, 8, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(l.env.db);
	atomic_store(&started, 0);
	atomic_store(&let_go, false);
	pthread_create(&thread, NULL, run_alone, &l);
	while (atomic_load(&started) == 0)
		usleep(1000);
	proxy_vanish(p);
	atomic_store(&let_go, true);
	while (db_healthy(l.env.db))
		usleep(1000);
	proxy_return(p);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(fx_number(account_used), 20);
	CU_ASSERT_EQUAL(fx_number_of("SELECT status FROM execution_results WHERE execution_id = ?", &l.id), EXEC_SUCCESS);
	CU_ASSERT_EQUAL(fx_number_of("SELECT attempt FROM execution_results WHERE execution_id = ?", &l.id), 1);
	db_close(l.env.db);
	proxy_stop(p);
}

/* Statements of one run of an agent, from its claim to its end. */
static uint64_t cost_of_run(const char *agent, const char *input)
{
	struct executor_env own = {.db = fx_db, .cfg = &fx_cfg, .owner = fx_owner};
	struct id id = fx_accept(1, LANE_ASYNC, agent, input);
	uint64_t before = db_counters(fx_db).statements;
	struct error err = {0};
	bool claimed;

	CU_ASSERT_TRUE_FATAL(executor_run_one(&own, &id, &claimed, &err));
	CU_ASSERT_TRUE(claimed);
	return db_counters(fx_db).statements - before;
}

static void without_a_budget_a_model_call_sends_no_statement(void)
{
	uint64_t none, spending;

	fresh();
	cost_of_run("echo", "{}");
	none = cost_of_run("echo", "{}");
	spending = cost_of_run("spending", "{\"reserve\":50,\"use\":20}");
	CU_ASSERT_EQUAL(spending, none);
	CU_ASSERT_EQUAL(fx_number("SELECT month_tokens FROM account_quota"), 20);
	set_budget(BUDGET_ACCOUNT, "", 1000);
	CU_ASSERT_TRUE(cost_of_run("spending", "{\"reserve\":50,\"use\":20}") > none);
	CU_ASSERT_EQUAL(fx_number(account_used), 20);
}

static struct id run_of(int64_t max_tokens, const char *input)
{
	struct admission a = {.account_id = 1, .agent = "spending", .lane = LANE_ASYNC, .input = input,
	                      .max_tokens = max_tokens};
	struct executor *e;

	CU_ASSERT_TRUE_FATAL(fx_admit(&fx_conn, &a));
	e = start(2);
	CU_ASSERT_TRUE(work_until(e, nothing_open));
	CU_ASSERT_TRUE(executor_stop(e));
	return a.id;
}

static void over_its_own_budget_a_run_fails_for_good(void)
{
	struct id id;

	fresh();
	id = run_of(100, "{\"reserve\":101,\"use\":1}");
	CU_ASSERT_TRUE(fx_text_is("SELECT error_code FROM execution_results WHERE execution_id = ?", &id, "EXECUTION_FAILED"));
	CU_ASSERT_TRUE(fx_text_is("SELECT error_message FROM execution_results WHERE execution_id = ?", &id,
	                          "The run's max_tokens of 100 has 100 left, and a model call may need 101"));
	CU_ASSERT_EQUAL(fx_number_of("SELECT attempt FROM execution_results WHERE execution_id = ?", &id), 1);
}

static void over_a_monthly_budget_a_run_fails_for_good(void)
{
	struct id id;

	fresh();
	set_budget(BUDGET_AGENT, "spending", 100);
	id = run_of(0, "{\"reserve\":101,\"use\":1}");
	CU_ASSERT_TRUE(fx_text_is("SELECT error_code FROM execution_results WHERE execution_id = ?", &id, "RATE_LIMITED"));
	CU_ASSERT_EQUAL(fx_number_of("SELECT attempt FROM execution_results WHERE execution_id = ?", &id), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_tokens"), 0);
}

static void tokens_of_a_failed_attempt_are_counted(void)
{
	struct id id;

	fresh();
	id = run_of(0, "{\"reserve\":50,\"use\":20,\"fails\":2}");
	CU_ASSERT_EQUAL(fx_number_of("SELECT tokens_used FROM execution_results WHERE execution_id = ?", &id), 60);
	CU_ASSERT_EQUAL(fx_number("SELECT month_tokens FROM account_quota"), 60);
}

static CU_TestInfo tests[] = {
	{"a model's answer outlasts a database that is away", a_model_s_answer_outlasts_a_database_that_is_away},
	{"without a budget a model call sends no statement", without_a_budget_a_model_call_sends_no_statement},
	{"over its own budget a run fails for good", over_its_own_budget_a_run_fails_for_good},
	{"over a monthly budget a run fails for good", over_a_monthly_budget_a_run_fails_for_good},
	{"tokens of a failed attempt are counted", tokens_of_a_failed_attempt_are_counted},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo budgets_runs_suite = {"token budgets: runs", fx_open, fx_close, NULL, NULL, tests};
