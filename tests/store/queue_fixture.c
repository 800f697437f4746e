#include "queue_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/quota.h"

struct config fx_cfg;
struct db *fx_db;
struct db_conn *fx_conn;
struct lease_owner fx_owner = {.name = "agentiv-worker.1.0.sock", .host = "here"};
static struct arena claimed;

int fx_open(void)
{
	struct error err = {0};

	arena_init(&claimed);
	if (!config_load(NULL, &fx_cfg, &err) || !(fx_db = db_open(&fx_cfg, 24, &err)) ||
	    !(fx_conn = db_get(fx_db, &err))) {
		log_error("the queue's tests need a database (AGENTIV_CONFIG)", &err);
		return 1;
	}
	return 0;
}

int fx_close(void)
{
	arena_release(&claimed);
	db_put(fx_db, fx_conn);
	db_close(fx_db);
	config_release(&fx_cfg);
	return 0;
}

void fx_empty(void)
{
	static const char *const statements[] = {
		"DELETE FROM executions", "DELETE FROM execution_results", "DELETE FROM queue_ready", "DELETE FROM queue_held",
		"DELETE FROM queue_later", "DELETE FROM leases", "DELETE FROM execution_steps",
		"DELETE FROM idempotency_keys", "DELETE FROM deliveries", "DELETE FROM outbox",
		"DELETE FROM delivery_attempts", "DELETE FROM agent_durations", "DELETE FROM account_quota",
		"DELETE FROM api_keys", "DELETE FROM subscriptions", "DELETE FROM connections",
		"DELETE FROM token_budgets", "DELETE FROM execution_tokens",
		"DELETE FROM execution_plans", "DELETE FROM effects", "DELETE FROM agent_memory", "DELETE FROM audit_log",
		"DELETE FROM kept_answers", "DELETE FROM sessions", "DELETE FROM login_failures", "DELETE FROM processes",
		"DELETE FROM secret_states", "DELETE FROM reseals", "DELETE FROM schedules", "DELETE FROM schedule_slots",
		"DELETE FROM schedule_runs", "DELETE FROM events", "DELETE FROM endpoints", "DELETE FROM notifications",
		"DELETE FROM account_months", "DELETE FROM duties",
		"DELETE FROM request_minutes", "DELETE FROM accounts"};
	struct error err;
	unsigned i;

	for (i = 0; i < sizeof statements / sizeof *statements; i++)
		CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, statements[i], &err));
}

const struct audit_entry *fx_audit(void)
{
	static struct audit_entry entry;

	entry = (struct audit_entry){.id = id_make(), .actor = {.kind = ACTOR_SYSTEM}, .account_id = 1, .action = "test.change"};
	return &entry;
}

void fx_account(uint64_t account_id, int64_t slots)
{
	static const char account[] =
	    "INSERT INTO accounts (id, public_id, email, name, plan, timezone, webhook_secret, "
	    "created_at)"
	    " VALUES (?, ?, ?, 'Test', 'enterprise', 'Asia/Kolkata', '', 0)";
	static const char quota[] =
	    "INSERT INTO account_quota (account_id, month_overage, max_concurrent, day_start, "
	    "day_runs,"
	    " month_start, month_runs, active, held) VALUES (?, 0, ?, 0, 0, 0, 0, 0, 0)";
	struct id id = id_make();
	struct db_arg args[3] = {db_int((int64_t)account_id), db_id(&id)};
	char email[64];
	struct error err;

	snprintf(email, sizeof email, "queue-%" PRIu64 "@example.com", account_id);
	args[2] = db_str(email);
	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, account, args, 3, NULL, &err));
	args[1] = slots < 0 ? db_null() : db_int(slots);
	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, quota, args, 2, NULL, &err));
}

bool fx_admit(struct db_conn **c, struct admission *a)
{
	struct error err;

	a->id = id_make();
	a->key_id = a->budget_key = a->id;
	a->has_key_id = true;
	a->input = a->input ? a->input : "{}";
	a->input_len = a->input_len ? a->input_len : strlen(a->input);
	a->queued_at = clock_now_ms();
	return admission_commit(fx_db, c, &a, 1, a->queued_at, quota_decide, &err) &&
	       a->outcome == ADMIT_ACCEPTED;
}

struct id fx_accept(uint64_t account_id, enum queue_lane lane, const char *agent, const char *input)
{
	struct admission a = {.account_id = account_id, .agent = agent, .trigger = TRIGGER_API,
	                      .lane = lane, .input = input,
	                      .waiter = lane == LANE_SYNC ? "agentiv.fcgi.1.0.sock" : NULL};

	CU_ASSERT_TRUE_FATAL(fx_admit(&fx_conn, &a));
	return a.id;
}

struct id fx_accept_later(uint64_t account_id, int64_t due_at)
{
	struct admission a = {.account_id = account_id, .agent = "echo", .trigger = TRIGGER_API,
	                      .lane = LANE_ASYNC, .due_at = due_at};

	CU_ASSERT_TRUE_FATAL(fx_admit(&fx_conn, &a));
	return a.id;
}

unsigned fx_claim(struct claimed_run *out, unsigned max)
{
	struct error err;
	unsigned n = 0;
	bool more;

	arena_release(&claimed);
	CU_ASSERT_TRUE_FATAL(queue_claim(fx_db, &fx_conn, &fx_owner, false, max, clock_now_ms(),
	                                 LEASE_MS, NULL, &claimed, out, &n, &more, &err));
	return n;
}

struct ended_run fx_ended(const struct claimed_run *r, enum run_outcome outcome)
{
	int64_t now = clock_now_ms();

	return (struct ended_run){.id = r->id,
				  .account_id = r->account_id,
				  .token = r->token,
				  .outcome = outcome,
				  .lane = r->lane,
				  .attempt = r->attempt + (outcome != RUN_RELEASED),
				  .started_at = now - 40,
				  .first_started_at = r->first_started_at,
				  .completed_at = now,
				  .retry_at = now - 1,
				  .summary = "Done",
				  .output = "{\"a\":1}",
				  .output_len = 7,
				  .error_code = outcome == RUN_SUCCESS ? NULL : "EXECUTION_FAILED",
				  .error_message = outcome == RUN_SUCCESS ? NULL : "It failed",
				  .has_spent = r->has_spent,
				  .has_schedule = r->has_schedule,
				  .schedule_id = r->schedule_id,
				  .webhook_url = r->webhook_url,
				  .waiter = r->waiter};
}

bool fx_end(struct ended_run *runs, unsigned n)
{
	unsigned promoted, deliveries, i;
	struct error err = {0};
	bool all = true;

	CU_ASSERT_TRUE_FATAL(queue_end(fx_db, &fx_conn, runs, n, clock_now_ms(), &promoted,
	                               &deliveries, &err));
	for (i = 0; i < n; i++)
		all &= !runs[i].lost;
	return all;
}

int64_t fx_number(const char *sql)
{
	struct error err;
	int64_t n = 0;

	CU_ASSERT_TRUE_FATAL(db_query_int(fx_conn, sql, NULL, 0, &n, NULL, &err));
	return n;
}

int64_t fx_number_of(const char *sql, const struct id *id)
{
	struct db_arg arg = db_id(id);
	struct error err;
	int64_t n = 0;

	CU_ASSERT_TRUE_FATAL(db_query_int(fx_conn, sql, &arg, 1, &n, NULL, &err));
	return n;
}

bool fx_text_is(const char *sql, const struct id *id, const char *expected)
{
	struct db_arg arg = db_id(id);
	const char *text;
	struct error err;
	bool same;

	CU_ASSERT_TRUE_FATAL(db_query(fx_conn, sql, &arg, 1, &err));
	CU_ASSERT_EQUAL_FATAL(db_next(fx_conn, &err), 1);
	text = db_col_str(fx_conn, 0);
	same = expected ? text && strcmp(text, expected) == 0 : !text;
	if (!same)
		fprintf(stderr, "expected \"%s\", got \"%s\"\n", expected ? expected : "(NULL)",
		        text ? text : "(NULL)");
	db_end(fx_conn);
	return same;
}

int64_t fx_open_runs(void)
{
	return fx_number("SELECT COUNT(*) FROM executions e LEFT JOIN execution_results r"
			 " ON r.execution_id = e.id WHERE COALESCE(r.status, 0) = 0");
}

bool fx_slots_agree(void)
{
	return fx_number("SELECT COUNT(*) FROM account_quota q WHERE q.active <>"
			 " (SELECT COUNT(*) FROM queue_ready r WHERE r.account_id = q.account_id)"
			 " + (SELECT COUNT(*) FROM leases l WHERE l.account_id = q.account_id)"
			 " + (SELECT COUNT(*) FROM queue_later d WHERE d.account_id = q.account_id "
			 "AND d.has_slot = 1)"
			 " OR q.held <> (SELECT COUNT(*) FROM queue_held h WHERE h.account_id = "
			 "q.account_id)"
			 " OR (q.max_concurrent IS NOT NULL AND q.active > q.max_concurrent)") == 0;
}

bool fx_cancel(struct db *db, uint64_t account_id, const struct id *id, struct cancelled *out, struct error *err)
{
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = queue_cancel(db, account_id, id, clock_now_ms(), &a, out, err);
	arena_release(&a);
	return ok;
}

void fx_join_after(pthread_t *threads, unsigned n, int64_t us, atomic_bool *over)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	struct timespec until;
	unsigned i;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += us / 1000000;
	pthread_mutex_lock(&lock);
	while (pthread_cond_timedwait(&never, &lock, &until) == 0)
		;
	pthread_mutex_unlock(&lock);
	atomic_store(over, true);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

void fx_finish_all(void)
{
	struct claimed_run r[64];
	struct ended_run e[64];
	struct swept swept;
	unsigned n, i, idle = 0;
	struct error err;

	while (idle < 2) {
		CU_ASSERT_TRUE_FATAL(queue_sweep(fx_db, &fx_conn, clock_now_ms() + LEASE_MS + 1, 64, 3, "here", NULL, NULL,
		                                 &swept, &err));
		n = fx_claim(r, 64);
		for (i = 0; i < n; i++)
			e[i] = fx_ended(&r[i], RUN_SUCCESS);
		if (n > 0)
			CU_ASSERT_TRUE(fx_end(e, n));
		idle = n > 0 || swept.taken > 0 ? 0 : idle + 1;
	}
}
