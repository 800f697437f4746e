/* Watching executions, and reading them and their steps in groups (store/execution_watch.h, executions.h). */
#include "queue_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
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

/* ---- steps of many ---- */

#define DETAIL_BYTES 16384

static struct id with_steps(unsigned count, const char *detail)
{
	struct execution_step *s = mem_array(count, sizeof *s);
	struct id id = id_make();
	unsigned i;

	for (i = 0; i < count; i++)
		s[i] = (struct execution_step){.execution_id = id, .seq = i + 1, .at = 1, .kind = "log", .name = "x",
		                               .detail = detail, .detail_len = detail ? strlen(detail) : 0};
	CU_ASSERT_TRUE_FATAL(execution_steps_add(fx_conn, s, count, &err));
	mem_free(s);
	return id;
}

/* Those after `after` up to `last`, in order, each with its text. */
static bool has_steps(const struct execution_steps *s, unsigned after, unsigned last)
{
	unsigned i;

	for (i = 0; i < s->count; i++)
		if (s->steps[i].seq != after + 1 + i || id_cmp(&s->steps[i].execution_id, &s->id) != 0 ||
		    strcmp(s->steps[i].name, "x") != 0)
			return false;
	return s->count == last - after && s->last == last;
}

static void the_steps_of_many_are_read_in_one_statement(void)
{
	struct execution_steps s[5];
	struct arena a;
	uint64_t before;
	unsigned i;

	fx_empty();
	for (i = 0; i < 5; i++)
		s[i] = (struct execution_steps){.id = with_steps(5, NULL), .after = i, .last = 5};
	arena_init(&a);
	before = db_counters(fx_db).statements;
	CU_ASSERT_TRUE_FATAL(execution_steps_many(fx_conn, s, 5, &a, &err));
	CU_ASSERT_EQUAL(db_counters(fx_db).statements - before, 1);
	for (i = 0; i < 5; i++)
		CU_ASSERT_TRUE(has_steps(&s[i], i, 5));
	arena_release(&a);
}

static void those_who_follow_one_run_from_different_places_get_each_their_own(void)
{
	struct id id;
	struct execution_steps s[3];
	struct arena a;

	fx_empty();
	id = with_steps(6, "{}");
	s[0] = (struct execution_steps){.id = id, .after = 0, .last = 6};
	s[1] = (struct execution_steps){.id = id, .after = 4, .last = 6};
	s[2] = (struct execution_steps){.id = id, .after = 1, .last = 2};
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(execution_steps_many(fx_conn, s, 3, &a, &err));
	CU_ASSERT_TRUE(has_steps(&s[0], 0, 6));
	CU_ASSERT_TRUE(has_steps(&s[1], 4, 6));
	CU_ASSERT_TRUE(has_steps(&s[2], 1, 2));
	arena_release(&a);
}

static void many_steps_of_one_leave_the_others_theirs(void)
{
	const unsigned share = EXECUTION_STEPS_ROWS / 2;
	struct execution_steps s[2];
	struct arena a;

	fx_empty();
	s[0] = (struct execution_steps){.id = with_steps(2 * share, NULL), .last = 2 * share};
	s[1] = (struct execution_steps){.id = with_steps(1, NULL), .last = 1};
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(execution_steps_many(fx_conn, s, 2, &a, &err));
	CU_ASSERT_TRUE(has_steps(&s[0], 0, share));
	CU_ASSERT_TRUE(has_steps(&s[1], 0, 1));
	s[0] = (struct execution_steps){.id = s[0].id, .after = s[0].last, .last = 2 * share};
	CU_ASSERT_TRUE_FATAL(execution_steps_many(fx_conn, s, 1, &a, &err));
	CU_ASSERT_TRUE(has_steps(&s[0], share, 2 * share));
	arena_release(&a);
}

static void large_steps_end_a_share_early(void)
{
	const unsigned fit = EXECUTION_STEPS_BYTES / DB_LIST_MAX / DETAIL_BYTES, all = fit + 1;
	struct execution_steps s[DB_LIST_MAX];
	struct arena a;
	unsigned i;

	fx_empty();
	memset(large, ' ', DETAIL_BYTES);
	memcpy(large, "{}", 2);
	large[DETAIL_BYTES] = '\0';
	s[0] = (struct execution_steps){.id = with_steps(all, large), .last = all};
	for (i = 1; i < DB_LIST_MAX; i++)
		s[i] = (struct execution_steps){.id = with_steps(1, NULL), .last = 1};
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(execution_steps_many(fx_conn, s, DB_LIST_MAX, &a, &err));
	CU_ASSERT_TRUE(has_steps(&s[0], 0, fit));
	for (i = 1; i < DB_LIST_MAX; i++)
		CU_ASSERT_TRUE(has_steps(&s[i], 0, 1));
	s[0] = (struct execution_steps){.id = s[0].id, .after = fit, .last = all};
	CU_ASSERT_TRUE_FATAL(execution_steps_many(fx_conn, s, DB_LIST_MAX, &a, &err));
	CU_ASSERT_TRUE(has_steps(&s[0], fit, all));
	arena_release(&a);
}

static CU_TestInfo tests[] = {
	{"every state is told", every_state_is_told},
	{"a run asked for twice is told once", a_run_asked_for_twice_is_told_once},
	{"large outputs stand aside in a group", large_outputs_stand_aside_in_a_group},
	{"the steps of many are read in one statement", the_steps_of_many_are_read_in_one_statement},
	{"those who follow one run from different places get each their own",
	 those_who_follow_one_run_from_different_places_get_each_their_own},
	{"many steps of one leave the others theirs", many_steps_of_one_leave_the_others_theirs},
	{"large steps end a share early", large_steps_end_a_share_early},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo watch_suite = {"requests: watching and reading in groups", fx_open, fx_close, NULL, NULL,
                                  tests};
