/* Watching executions, and reading them in groups (store/execution_watch.h, executions.h). */
#include "queue_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "request_suites.h"
#include "store/execution_watch.h"

static struct error err;
static char large[EXECUTION_OUTPUT_WHOLE + 2];

static const struct execution_watch *watched(const struct execution_watch *all, unsigned n, const struct id *id)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (id_cmp(&all[i].id, id) == 0)
			return &all[i];
	return NULL;
}

static void every_state_is_told(void)
{
	struct id ids[4], nobody = id_make();
	struct claimed_run r[2];
	struct ended_run ended;
	struct execution_watch w[4];
	struct execution_step step = {.seq = 3, .at = 1, .kind = "log", .name = "three"};
	unsigned n;

	fx_empty();
	fx_account(7, 2);
	ids[0] = fx_accept(7, LANE_ASYNC, "echo", "{}");
	ids[1] = fx_accept(7, LANE_ASYNC, "echo", "{}");
	ids[2] = fx_accept(7, LANE_ASYNC, "echo", "{}");       /* held: two slots */
	ids[3] = nobody;
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 2), 2);
	ended = fx_ended(&r[0], RUN_SUCCESS);
	step.execution_id = r[0].id;
	ended.steps = &step;
	ended.step_count = 1;
	CU_ASSERT_TRUE(fx_end(&ended, 1));
	CU_ASSERT_TRUE_FATAL(execution_watch(fx_conn, ids, 4, w, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 3);
	CU_ASSERT_EQUAL(watched(w, n, &r[0].id)->status, EXEC_SUCCESS);
	CU_ASSERT_EQUAL(watched(w, n, &r[0].id)->last_step, 3);
	CU_ASSERT_EQUAL(watched(w, n, &r[1].id)->status, EXEC_RUNNING);
	CU_ASSERT_EQUAL(watched(w, n, &r[1].id)->last_step, 0);
	CU_ASSERT_EQUAL(watched(w, n, &ids[2])->status, EXEC_QUEUED);
	CU_ASSERT_EQUAL(watched(w, n, &ids[2])->account_id, 7);
	CU_ASSERT_PTR_NULL(watched(w, n, &nobody));
}

static void a_run_asked_for_twice_is_told_once(void)
{
	struct id ids[2];
	struct execution_watch w[2];
	unsigned n;

	fx_empty();
	fx_account(7, -1);
	ids[0] = ids[1] = fx_accept(7, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_TRUE_FATAL(execution_watch(fx_conn, ids, 2, w, &n, &err));
	CU_ASSERT_EQUAL(n, 1);
}

static void large_outputs_stand_aside_in_a_group(void)
{
	struct execution e[3];
	struct claimed_run r[2];
	struct ended_run ended[2];
	struct id ids[3];
	struct arena a;
	unsigned n, i, seen = 0;

	fx_empty();
	fx_account(7, -1);
	for (i = 0; i < 2; i++)
		ids[i] = fx_accept(7, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 2), 2);
	memset(large, ' ', sizeof large - 1);
	memcpy(large, "{}", 2);
	for (i = 0; i < 2; i++) {
		ended[i] = fx_ended(&r[i], RUN_SUCCESS);
		ended[i].output = large;
		ended[i].output_len = EXECUTION_OUTPUT_WHOLE + i;
	}
	CU_ASSERT_TRUE(fx_end(ended, 2));
	ids[2] = fx_accept(7, LANE_ASYNC, "echo", "{}");
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(execution_find_group(fx_conn, ids, 3, &a, e, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 3);
	for (i = 0; i < n; i++) {
		if (id_cmp(&e[i].id, &r[0].id) == 0)
			seen += e[i].output && e[i].output_len == EXECUTION_OUTPUT_WHOLE;
		else if (id_cmp(&e[i].id, &r[1].id) == 0)
			seen += !e[i].output && e[i].output_len == EXECUTION_OUTPUT_WHOLE + 1;
		else
			seen += !e[i].output && e[i].output_len == 0 && e[i].status == EXEC_QUEUED;
	}
	CU_ASSERT_EQUAL(seen, 3);
	arena_release(&a);
}

static CU_TestInfo tests[] = {
	{"every state is told", every_state_is_told},
	{"a run asked for twice is told once", a_run_asked_for_twice_is_told_once},
	{"large outputs stand aside in a group", large_outputs_stand_aside_in_a_group},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo watch_suite = {"requests: watching and reading in groups", fx_open, fx_close, NULL, NULL,
                                  tests};
