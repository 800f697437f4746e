/* Reading executions (store/executions.h). */
#include "queue_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "store/executions.h"
#include "store_suites.h"

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

static struct execution find(uint64_t account_id, const struct id *id, bool *found)
{
	struct execution e = {0};
	struct error err;

	CU_ASSERT_TRUE_FATAL(execution_find(fx_conn, account_id, id, &arena, &e, found, &err));
	return e;
}

static void the_state_of_an_execution_is_told_by_where_it_stands(void)
{
	struct claimed_run r;
	struct ended_run end;
	struct execution e;
	struct id id;
	bool found;

	fx_empty();
	fx_account(1, -1);
	id = fx_accept(1, LANE_ASYNC, "echo", "{}");
	e = find(1, &id, &found);
	CU_ASSERT_TRUE(found && e.status == EXEC_QUEUED);
	CU_ASSERT_EQUAL(e.attempt, 0);
	CU_ASSERT_EQUAL(e.started_at, 0);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	e = find(1, &id, &found);
	CU_ASSERT_EQUAL(e.status, EXEC_RUNNING);
	CU_ASSERT_EQUAL(e.attempt, 1);
	CU_ASSERT_NOT_EQUAL(e.started_at, 0);
	end = fx_ended(&r, RUN_RETRY);
	CU_ASSERT_TRUE(fx_end(&end, 1));
	e = find(1, &id, &found);
	CU_ASSERT_EQUAL(e.status, EXEC_QUEUED);
	CU_ASSERT_EQUAL(e.attempt, 1);
	CU_ASSERT_STRING_EQUAL(e.error_code, "EXECUTION_FAILED");
}

static void an_ended_execution_has_its_result(void)
{
	struct claimed_run r;
	struct ended_run end;
	struct execution e;
	struct id id;
	bool found;

	fx_empty();
	fx_account(1, -1);
	id = fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	end = fx_ended(&r, RUN_SUCCESS);
	end.tokens_used = 12;
	CU_ASSERT_TRUE(fx_end(&end, 1));
	e = find(0, &id, &found);
	CU_ASSERT_TRUE_FATAL(found);
	CU_ASSERT_EQUAL(e.status, EXEC_SUCCESS);
	CU_ASSERT_STRING_EQUAL(e.agent, "echo");
	CU_ASSERT_STRING_EQUAL(e.summary, "Done");
	CU_ASSERT_EQUAL_FATAL(e.output_len, 7);
	CU_ASSERT_STRING_EQUAL(e.output, "{\"a\":1}");
	CU_ASSERT_TRUE(e.has_tokens && e.tokens_used == 12);
	CU_ASSERT_TRUE(e.has_duration && e.duration_ms == 40);
	CU_ASSERT_EQUAL(e.completed_at, end.completed_at);
	CU_ASSERT_PTR_NULL(e.error_code);
}

static void an_execution_is_found_in_one_statement(void)
{
	struct id id;
	uint64_t before;
	bool found;

	fx_empty();
	fx_account(1, -1);
	id = fx_accept(1, LANE_ASYNC, "echo", "{}");
	before = db_counters(fx_db).round_trips;
	find(1, &id, &found);
	/* the first time it is prepared */
	CU_ASSERT_TRUE(db_counters(fx_db).round_trips - before <= 2);
	before = db_counters(fx_db).statements;
	find(1, &id, &found);
	CU_ASSERT_EQUAL(db_counters(fx_db).statements - before, 1);
}

static void another_accounts_execution_is_not_found(void)
{
	struct id id, unknown = id_make();
	bool found;

	fx_empty();
	fx_account(1, -1);
	fx_account(2, -1);
	id = fx_accept(1, LANE_ASYNC, "echo", "{}");
	find(2, &id, &found);
	CU_ASSERT_FALSE(found);
	find(1, &unknown, &found);
	CU_ASSERT_FALSE(found);
}

static struct id public_id(int64_t account_id)
{
	struct db_arg arg = db_int(account_id);
	struct error err;
	struct id id;

	CU_ASSERT_TRUE_FATAL(db_query(fx_conn, "SELECT public_id FROM accounts WHERE id = ?", &arg, 1, &err));
	CU_ASSERT_EQUAL_FATAL(db_next(fx_conn, &err), 1);
	db_col_id(fx_conn, 0, &id);
	db_end(fx_conn);
	return id;
}

static void many_executions_are_found_at_once(void)
{
	struct execution out[5];
	struct id ids[5], users[2];
	struct error err;
	unsigned n, i;

	fx_empty();
	fx_account(1, -1);
	fx_account(2, -1);
	for (i = 0; i < 4; i++)
		ids[i] = fx_accept(1 + i % 2, LANE_ASYNC, "echo", "{}");
	users[0] = public_id(1);
	users[1] = public_id(2);
	ids[4] = id_make();
	CU_ASSERT_TRUE_FATAL(execution_find_many(fx_conn, ids, 5, &arena, out, &n, &err));
	CU_ASSERT_EQUAL(n, 4);
	for (i = 0; i < n; i++)
		CU_ASSERT_EQUAL(id_cmp(&out[i].account_public_id, &users[out[i].account_id - 1]), 0);
	CU_ASSERT_TRUE_FATAL(execution_find_many(fx_conn, ids, 0, &arena, out, &n, &err));
	CU_ASSERT_EQUAL(n, 0);
}

/* Rows of one account with chosen ids, as accepted long ago. */
static void insert_rows(uint64_t account_id, unsigned count, int64_t first_ms, unsigned per_ms,
                        const char *agent, int status)
{
	static const char sql[] =
		"INSERT INTO executions (id, account_id, agent, trigger_type, queued_at, input)"
		" VALUES (?, ?, ?, 0, ?, '{}')";
	static const char result[] =
		"INSERT INTO execution_results (execution_id, status, attempt) VALUES (?, ?, 1)";
	struct db_arg *args = arena_alloc(&arena, count * 4 * sizeof *args);
	struct db_arg *results = arena_alloc(&arena, count * 2 * sizeof *results);
	struct id *ids = arena_alloc(&arena, count * sizeof *ids);
	struct error err;
	unsigned i;

	for (i = 0; i < count; i++) {
		int64_t ms = first_ms + i / per_ms;

		ids[i] = id_make_at(ms);
		args[4 * i] = db_id(&ids[i]);
		args[4 * i + 1] = db_int((int64_t)account_id);
		args[4 * i + 2] = db_str(agent);
		args[4 * i + 3] = db_int(ms);
		results[2 * i] = db_id(&ids[i]);
		results[2 * i + 1] = db_int(status);
	}
	CU_ASSERT_TRUE_FATAL(db_begin(fx_conn, &err));
	CU_ASSERT_TRUE_FATAL(db_exec_rows(fx_conn, sql, args, 4, count, NULL, &err));
	CU_ASSERT_TRUE_FATAL(db_exec_rows(fx_conn, result, results, 2, count, NULL, &err));
	CU_ASSERT_TRUE_FATAL(db_commit(fx_conn, &err));
}

static struct execution_filter all_of(uint64_t account_id, unsigned limit)
{
	struct execution_filter f = {.account_id = account_id, .status = -1, .trigger = -1, .limit = limit};

	memset(&f.before, 0xff, sizeof f.before);
	return f;
}

static unsigned list(const struct execution_filter *f, struct execution *out, bool *more, struct id *last)
{
	struct error err;
	unsigned n = 0;

	CU_ASSERT_TRUE_FATAL(execution_list(fx_conn, f, &arena, out, &n, more, last, &err));
	return n;
}

/* Walks all pages; returns the rows seen, and whether each id was less than the one before. */
static unsigned walk(struct execution_filter f, unsigned *pages, bool *descending)
{
	struct execution out[100];
	struct id last, seen;
	unsigned total = 0, n, i;
	bool more = true;

	memset(&seen, 0xff, sizeof seen);
	*descending = true;
	for (*pages = 0; more; (*pages)++) {
		n = list(&f, out, &more, &last);
		for (i = 0; i < n; i++) {
			*descending &= id_cmp(&out[i].id, &seen) < 0;
			seen = out[i].id;
		}
		total += n;
		f.before = last;
	}
	return total;
}

static void pages_have_no_gap_and_no_repeat_at_equal_times(void)
{
	struct execution_filter f = all_of(1, 7);
	unsigned pages;
	bool descending;

	fx_empty();
	insert_rows(1, 100, 1700000000000, 25, "echo", 2);
	insert_rows(2, 100, 1700000000000, 25, "echo", 2);
	CU_ASSERT_EQUAL(walk(f, &pages, &descending), 100);
	CU_ASSERT_TRUE(descending);
	CU_ASSERT_EQUAL(pages, 15);
	f.limit = 50;
	CU_ASSERT_EQUAL(walk(f, &pages, &descending), 100);
	/* the second page knows that it is the last */
	CU_ASSERT_EQUAL(pages, 2);
}

static void a_list_is_bounded_by_times(void)
{
	struct execution_filter f = all_of(1, 100);
	struct execution out[100];
	struct id last;
	bool more;

	fx_empty();
	insert_rows(1, 40, 1700000000000, 10, "echo", 2);
	f.from = id_floor(1700000000001);
	f.before = id_floor(1700000000003);
	CU_ASSERT_EQUAL(list(&f, out, &more, &last), 20);
	CU_ASSERT_FALSE(more);
	CU_ASSERT_EQUAL(out[0].queued_at, 1700000000002);
	CU_ASSERT_EQUAL(out[19].queued_at, 1700000000001);
}

static void a_list_is_filtered_by_state_agent_and_trigger(void)
{
	struct execution_filter f;
	struct execution out[100];
	struct claimed_run r;
	struct id last, running;
	unsigned pages;
	bool more, descending;

	fx_empty();
	fx_account(1, -1);
	insert_rows(1, 3, 1700000000000, 1, "probe", 2);
	insert_rows(1, 2, 1700000000100, 1, "echo", 3);
	running = fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	f = all_of(1, 10);
	f.status = EXEC_RUNNING;
	CU_ASSERT_EQUAL_FATAL(list(&f, out, &more, &last), 1);
	CU_ASSERT_EQUAL(id_cmp(&out[0].id, &running), 0);
	CU_ASSERT_EQUAL(out[0].status, EXEC_RUNNING);
	f.status = EXEC_QUEUED;
	CU_ASSERT_EQUAL(list(&f, out, &more, &last), 1);
	f.status = EXEC_SUCCESS;
	CU_ASSERT_EQUAL(list(&f, out, &more, &last), 3);
	f.status = EXEC_FAILED;
	CU_ASSERT_EQUAL(list(&f, out, &more, &last), 2);
	f.status = -1;
	f.agent = "probe";
	f.limit = 2;
	CU_ASSERT_EQUAL(walk(f, &pages, &descending), 3);
	CU_ASSERT_EQUAL(pages, 2);
	f.trigger = TRIGGER_SCHEDULE;
	CU_ASSERT_EQUAL(list(&f, out, &more, &last), 0);
}

static void a_list_that_finds_little_stops_and_goes_on_from_its_cursor(void)
{
	struct execution_filter f = all_of(1, 10);
	struct execution out[10];
	struct id last;
	unsigned pages;
	bool more, descending;

	fx_empty();
	insert_rows(1, 2, 1700000000000, 1, "probe", 2);
	insert_rows(1, 2 * EXECUTION_SCAN_MAX, 1700000001000, 10, "echo", 2);
	f.agent = "probe";
	CU_ASSERT_EQUAL(list(&f, out, &more, &last), 0);
	CU_ASSERT_TRUE(more);
	CU_ASSERT_EQUAL(id_time_ms(&last), 1700000001000 + EXECUTION_SCAN_MAX / 10);
	CU_ASSERT_EQUAL(walk(f, &pages, &descending), 2);
	CU_ASSERT_EQUAL(pages, 3);
}

static void steps_are_read_in_order_after_a_number(void)
{
	struct execution_step s[3], out[3];
	struct id id = id_make();
	struct error err;
	unsigned n, i;

	fx_empty();
	memset(s, 0, sizeof s);
	for (i = 0; i < 3; i++)
		s[i] = (struct execution_step){.execution_id = id, .seq = 3 - i, .at = 100 + i,
		                               .kind = "log", .name = "step", .detail = "{\"n\":1}",
		                               .detail_len = 7, .has_tokens = i == 2, .tokens = 5};
	CU_ASSERT_TRUE(execution_steps_add(fx_conn, s, 3, &err));
	CU_ASSERT_TRUE(execution_steps_add(fx_conn, s, 3, &err));
	CU_ASSERT_TRUE_FATAL(execution_steps(fx_conn, &id, 0, 3, &arena, out, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 3);
	CU_ASSERT_EQUAL(out[0].seq, 1);
	CU_ASSERT_TRUE(out[0].has_tokens && out[0].tokens == 5 && !out[0].has_duration);
	CU_ASSERT_STRING_EQUAL(out[0].detail, "{\"n\":1}");
	CU_ASSERT_TRUE_FATAL(execution_steps(fx_conn, &id, 1, 1, &arena, out, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL(out[0].seq, 2);
}

static void states_and_triggers_have_names(void)
{
	enum exec_trigger t;
	enum exec_status s;

	CU_ASSERT_STRING_EQUAL(exec_status_name(EXEC_RUNNING), "running");
	CU_ASSERT_TRUE(exec_status_by_name("failed", &s) && s == EXEC_FAILED);
	CU_ASSERT_FALSE(exec_status_by_name("done", &s));
	CU_ASSERT_STRING_EQUAL(exec_trigger_name(TRIGGER_MCP), "mcp");
	CU_ASSERT_TRUE(exec_trigger_by_name("schedule", &t) && t == TRIGGER_SCHEDULE);
}

static CU_TestInfo tests[] = {
	{"the state of an execution is told by where it stands",
	 the_state_of_an_execution_is_told_by_where_it_stands},
	{"an ended execution has its result", an_ended_execution_has_its_result},
	{"an execution is found in one statement", an_execution_is_found_in_one_statement},
	{"another account's execution is not found", another_accounts_execution_is_not_found},
	{"many executions are found at once", many_executions_are_found_at_once},
	{"pages have no gap and no repeat at equal times", pages_have_no_gap_and_no_repeat_at_equal_times},
	{"a list is bounded by times", a_list_is_bounded_by_times},
	{"a list is filtered by state, agent and trigger", a_list_is_filtered_by_state_agent_and_trigger},
	{"a list that finds little stops and goes on from its cursor",
	 a_list_that_finds_little_stops_and_goes_on_from_its_cursor},
	{"steps are read in order after a number", steps_are_read_in_order_after_a_number},
	{"states and triggers have names", states_and_triggers_have_names},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo executions_suite = {"executions", open_suite, close_suite, NULL, NULL, tests};
