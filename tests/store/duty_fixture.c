#include "duty_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

struct duties_env dx_env;
static _Atomic int64_t now_ms;

/* Whatever difference to the server's clock a connection finds, the test's stands. */
static int64_t source(void)
{
	return now_ms - clock_offset_ms();
}

void dx_set_clock(int64_t ms)
{
	now_ms = ms;
}

int dx_open(void)
{
	now_ms = NOON;
	clock_set_source(source, NULL);
	if (fx_open() != 0)
		return 1;
	dx_env = (struct duties_env){.db = fx_db, .cfg = &fx_cfg};
	return 0;
}

int dx_close(void)
{
	int failed = fx_close();

	clock_set_source(NULL, NULL);
	clock_set_offset(0);
	return failed;
}

void dx_run(const char *sql)
{
	struct error err = {0};
	bool ok = db_run_text(fx_conn, sql, &err);

	if (!ok)
		fprintf(stderr, "%s: %s\n", sql, err.message);
	CU_ASSERT_TRUE_FATAL(ok);
}

void dx_empty(void)
{
	now_ms = NOON;
	fx_empty();
}

static void exec_with(const char *sql, const struct db_arg *args, unsigned n)
{
	struct error err = {0};
	bool ok = db_exec(fx_conn, sql, args, n, NULL, &err);

	if (!ok)
		fprintf(stderr, "%s: %s\n", sql, err.message);
	CU_ASSERT_TRUE_FATAL(ok);
}

struct id dx_execution_of(int64_t queued_at, int64_t completed_at, const char *webhook_url)
{
	static const char sql[] =
		"INSERT INTO executions (id, account_id, agent, trigger_type, queued_at, webhook_url, input)"
		" VALUES (?, 1, 'echo', 0, ?, ?, '{}')";
	static const char result[] =
		"INSERT INTO execution_results (execution_id, status, attempt, started_at, completed_at) VALUES (?, 2, 1, ?, ?)";
	struct id id = id_make_at(queued_at);
	struct db_arg args[3] = {db_id(&id), db_int(queued_at), db_str(webhook_url)};

	exec_with(sql, args, 3);
	args[1] = args[2] = db_int(completed_at);
	if (completed_at != 0)
		exec_with(result, args, 3);
	return id;
}

struct id dx_execution(int64_t queued_at, int64_t completed_at)
{
	return dx_execution_of(queued_at, completed_at, NULL);
}

void dx_steps(const struct id *execution, unsigned n, int64_t at)
{
	static const char sql[] =
		"INSERT INTO execution_steps (execution_id, seq, at, kind, name) VALUES (?, ?, ?, 'log', 'a step')";
	unsigned i;

	for (i = 1; i <= n; i++)
		exec_with(sql, (struct db_arg[]){db_id(execution), db_int(i), db_int(at)}, 3);
}

void dx_delivery(const struct id *id, enum delivery_state state, unsigned attempts, int64_t last_at)
{
	static const char sql[] =
		"INSERT INTO deliveries (id, account_id, event, state, attempts, created_at, last_at) VALUES (?, 1, 0, ?, ?, ?, ?)";
	static const char attempt[] =
		"INSERT INTO delivery_attempts (delivery_id, attempt, at, duration_ms) VALUES (?, ?, ?, 5)";
	unsigned i;

	exec_with(sql, (struct db_arg[]){db_id(id), db_int(state), db_int(attempts), db_int(id_time_ms(id)),
	                                 attempts > 0 ? db_int(last_at) : db_null()}, 5);
	for (i = 1; i < attempts; i++)
		exec_with(attempt, (struct db_arg[]){db_id(id), db_int(i), db_int(last_at)}, 3);
}

void dx_outbox(const struct id *delivery, int64_t due_at)
{
	exec_with("INSERT INTO outbox (due_at, delivery_id) VALUES (?, ?)",
	          (struct db_arg[]){db_int(due_at), db_id(delivery)}, 2);
}

uint64_t dx_prune(prune_fn fn, int64_t before)
{
	struct prune p = {.before = before};
	struct error err = {0};
	bool ok = true;

	while (ok && !p.over)
		ok = fn(fx_db, &fx_conn, &p, &err);
	if (!ok)
		fprintf(stderr, "%s\n", err.message);
	CU_ASSERT_TRUE_FATAL(ok);
	return p.rows;
}
