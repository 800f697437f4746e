/* Every list and every claim reads a range of an index and nothing else, with a few thousand rows of others in the
 * tables: no table read whole, no rows sorted, no more rows touched than are given out. */
#include "outbox_fixture.h"
#include "read_counts.h"

#include <string.h>

#include "base/clock.h"
#include "store/accounts.h"
#include "store/budgets.h"
#include "store/effects.h"
#include "store/kept_answers.h"
#include "store/schedules.h"
#include "store/usage.h"
#include "store_suites.h"

#define DIGITS \
	"(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4" \
	" UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
/* seq from 1 to 3000 */
#define NUMBERS \
	" FROM (SELECT x.d + 10 * y.d + 100 * z.d + 1000 * t.d + 1 AS seq FROM " DIGITS " x, " DIGITS " y, " \
	DIGITS " z, (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2) t) n"
#define ID "UNHEX(LPAD(HEX(seq), 32, '0'))"

static struct arena arena;
static struct read_counts from;

/* Rows of another account in every table that is listed or claimed from. */
static void fill(void)
{
	static const char *const statements[] = {
		"INSERT INTO executions (id, account_id, agent, trigger_type, queued_at, input)"
		" SELECT " ID ", 900, 'echo', 0, 1, '{}'" NUMBERS,
		"INSERT INTO execution_results (execution_id, status, attempt) SELECT " ID ", 2, 1" NUMBERS,
		"INSERT INTO queue_ready (lane, execution_id, account_id, attempt)"
		" SELECT 1, UNHEX(CONCAT('FF', LPAD(HEX(seq), 30, '0'))), 900, 0" NUMBERS,
		"INSERT INTO queue_held (account_id, execution_id)"
		" SELECT 900, " ID NUMBERS,
		"INSERT INTO queue_later (due_at, execution_id, account_id, attempt, lane, has_slot)"
		" SELECT 9000000000000, " ID ", 900, 0, 1, 0" NUMBERS,
		"INSERT INTO leases (execution_id, account_id, token, owner, host, expires_at, started_at,"
		" attempt, lane, cancel) SELECT " ID ", 900, 1, 'o', 'h',"
		" 9000000000000, 1, 0, 1, 0" NUMBERS,
		"INSERT INTO execution_steps (execution_id, seq, at, kind, name)"
		" SELECT " ID ", 1, 1, 'log', 'x'" NUMBERS,
		"INSERT INTO deliveries (id, account_id, event, state, attempts, created_at)"
		" SELECT " ID ", 900, 0, 1, 1, 1" NUMBERS,
		"INSERT INTO outbox (due_at, delivery_id)"
		" SELECT 9000000000000, " ID NUMBERS,
		"INSERT INTO api_keys (id, account_id, name, hash, pepper_id, shown, scopes, created_at)"
		" SELECT " ID ", 900, 'n', UNHEX(SHA2(seq, 256)), 'p', 's', 1, 1" NUMBERS,
		"INSERT INTO kept_answers SELECT UNHEX(SHA2(seq, 256)), 900, UNHEX(SHA2(seq, 256)), " ID ", 1, 201, 'x'" NUMBERS,
		"INSERT INTO audit_log (id, account_id, at, actor_kind, action) SELECT " ID ", 900, 1, 0, 'x'" NUMBERS,
		"INSERT INTO subscriptions (account_id, agent, status) SELECT 900, seq, 1" NUMBERS,
		"INSERT INTO connections (account_id, integration, id, kind, settings, status, created_at)"
		" SELECT 900, seq, " ID ", 'k', 's', 0, 1" NUMBERS,
		"INSERT INTO accounts (id, public_id, email, name, plan, webhook_secret, created_at)"
		" SELECT 899 + seq, " ID ", seq, 'n', 'pro', 's', 1" NUMBERS,
		"INSERT INTO effects (account_id, effect_key, agent, kind, state, execution_id, changed_at)"
		" SELECT 900, UNHEX(SHA2(seq, 256)), 'echo', 'archive', 2, " ID ", 1" NUMBERS,
		"INSERT INTO agent_memory (account_id, agent, kind, subject, done, undone, changed_at)"
		" SELECT 900, 'echo', 'sender', seq, 1, 0, 1" NUMBERS,
		"INSERT INTO token_budgets (account_id, kind, subject, max_tokens, month_start, used)"
		" SELECT 900, 2, seq, 100, 0, 0" NUMBERS,
		"INSERT INTO execution_tokens (execution_id, used, change_id) SELECT " ID ", 1, " ID NUMBERS,
		"INSERT INTO execution_plans (execution_id, plan) SELECT " ID ", '{}'" NUMBERS,
		"INSERT INTO schedules (id, account_id, agent, enabled, next_at, cron_expr, timezone, catch_up, overlap, created_at,"
		" updated_at, input) SELECT " ID ", 900, seq, 1, 9000000000000, '@daily', 'UTC', 0, 0, 1, 1, '{}'" NUMBERS,
		"INSERT INTO schedule_slots (schedule_id, scheduled_for, recorded_at, outcome, reason, moved, slots)"
		" SELECT UNHEX(LPAD('1', 32, '0')), seq, 1, 0, 0, 0, 1" NUMBERS,
		"INSERT INTO account_quota (account_id, month_overage, day_start, day_runs, month_start,"
		" month_runs, active, held) SELECT 899 + seq, 0, 0, 0, 0, 0, 0, 0" NUMBERS,
		"INSERT INTO account_months (month_start, account_id, runs, overage, tokens) SELECT"
		" UNIX_TIMESTAMP(DATE_FORMAT(NOW() - INTERVAL 1 MONTH, '%Y-%m-01')) * 1000, 899 + seq, 1, 0, 0" NUMBERS,
	};
	struct error err = {0};
	unsigned i;

	for (i = 0; i < sizeof statements / sizeof *statements; i++)
		CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, statements[i], &err));
}

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

/* Two accounts of the test's among rows of others; then what is read is counted. */
static void begin(void)
{
	static bool filled;
	struct error err;

	if (!filled) {
		fx_empty();
		fill();
		fx_account(1, -1);
		fx_account(2, 1);
		filled = true;
	}
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "ANALYZE TABLE executions, execution_results, queue_ready, queue_held,"
	                                 " queue_later, leases, outbox, deliveries", &err));
	from = read_counts_now();
}

/* What was read since begin: keys sought, and rows walked, at most so many. */
static bool ranges_only(const char *what, int64_t keys, int64_t rows)
{
	return read_counts_within(from, what, keys, rows);
}

static void a_key_and_its_rights(void)
{
	struct key_hash hash;
	struct api_key k = {.id = id_make(), .account_id = 1, .name = "n", .shown = "s"};
	struct principal p;
	struct error err;
	bool found;

	begin();
	memset(&hash, 5, sizeof hash);
	CU_ASSERT_TRUE_FATAL(api_key_create(fx_conn, &k, hash.hash, "p", &err));
	begin();
	CU_ASSERT_TRUE(principal_load(fx_conn, &hash, 1, &p, &found, &err));
	CU_ASSERT_TRUE(found);
	CU_ASSERT_TRUE(ranges_only("principal_load", 6, 0));
	principal_release(&p);
}

static void an_accounts_keys_and_connections(void)
{
	struct connection_row *connections;
	struct api_key *keys;
	struct error err;
	unsigned n;

	begin();
	CU_ASSERT_TRUE(api_key_list(fx_conn, 1, &arena, &keys, &n, &err));
	CU_ASSERT_TRUE(connection_list(fx_conn, 1, &arena, &connections, &n, &err));
	CU_ASSERT_TRUE(ranges_only("api_key_list, connection_list", 2, 1));
	begin();
	CU_ASSERT_TRUE(connection_states(fx_conn, 1, &arena, &connections, &n, &err));
	CU_ASSERT_TRUE(ranges_only("connection_states", 1, 1));
}

static void what_an_account_has_used(void)
{
	struct error err = {0};
	struct usage u;

	begin();
	CU_ASSERT_TRUE(usage_read(fx_conn, 1, clock_now_ms(), &arena, &u, &err));
	CU_ASSERT_TRUE(ranges_only("usage_read", 4 + MONTHS_SHOWN, 1));
}

/* Of an account with thousands of budgets those that apply. */
static void the_budgets_of_a_model_call(void)
{
	struct token_spender s = {.execution_id.b[15] = 1, .account_id = 900, .token = 1, .agent = "7", .budgeted = true};
	enum reserve_outcome outcome;
	struct token_reservation t;
	struct token_budget refused;
	struct error err = {0};

	begin();
	db_put(fx_db, fx_conn);          /* the one that it takes of the pool */
	CU_ASSERT_TRUE(budget_reserve(fx_db, &s, 5, clock_now_ms(), &outcome, &t, &refused, &err));
	fx_conn = db_get(fx_db, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fx_conn);
	CU_ASSERT_EQUAL(outcome, RESERVED);
	CU_ASSERT_TRUE(ranges_only("budget_reserve", 8, 1));
}

static void effects_and_what_is_remembered(void)
{
	struct effect_row one = {.kind = "archive"}, two = one, *both[] = {&one, &two};
	struct memory_row look[] = {{.kind = "sender", .subject = "a@x.org"}, {.kind = "list", .subject = "x.org"}}, *list;
	struct id id = id_make();
	const char *plan;
	struct error err;
	unsigned n;
	size_t len;

	memset(two.key, 7, sizeof two.key);
	begin();
	CU_ASSERT_TRUE(plan_load(fx_conn, &id, &arena, &plan, &len, &err));
	CU_ASSERT_TRUE(effects_look(fx_conn, 1, both, 2, &arena, &err));
	CU_ASSERT_TRUE(memory_look(fx_conn, 1, "echo", look, 2, &err));
	CU_ASSERT_TRUE(memory_list(fx_conn, 1, NULL, 100, &arena, &list, &n, &err));
	CU_ASSERT_TRUE(memory_list(fx_conn, 1, "echo", 100, &arena, &list, &n, &err));
	CU_ASSERT_TRUE(ranges_only("plan_load, effects_look, memory_look, memory_list", 12, 4));
}

static void one_key_is_changed_by_its_id(void)
{
	struct id id = id_make(), by = id_make();
	struct api_key row;
	struct error err;
	int64_t n;
	bool found;

	begin();
	CU_ASSERT_TRUE(api_key_find(fx_conn, 1, &id, &row, &found, &err));
	CU_ASSERT_TRUE(api_key_replace(fx_conn, 1, &id, &by, 1000, &err));
	CU_ASSERT_TRUE(api_key_used(fx_conn, &id, 1000, &err));
	CU_ASSERT_TRUE(ranges_only("api_key_find, _replace, _used", 3, 0));
	begin();
	CU_ASSERT_TRUE(api_key_count(fx_conn, 1, &id, 1000, &n, &err));
	CU_ASSERT_TRUE(ranges_only("api_key_count", 1, n));
}

static void an_answer_is_kept_by_its_scope(void)
{
	struct kept_answer k = {.account_id = 1, .object_id = id_make(), .now_ms = 1000};
	enum kept_state state;
	struct error err = {0};
	struct buf sealed;

	buf_init(&sealed, 100);
	begin();
	CU_ASSERT_TRUE(kept_answer_claim(fx_conn, &k, &state, &sealed, &err));
	CU_ASSERT_TRUE(kept_answer_put(fx_conn, &k, "x", 1, &err));
	CU_ASSERT_TRUE(ranges_only("kept_answer_claim, _put", 3, 0));
	buf_release(&sealed);
}

static void the_audit_log_by_account_and_whole(void)
{
	struct audit_filter f = {.limit = 5, .account_id = 1}, all = {.limit = 5};
	struct audit_row *rows;
	struct error err;
	unsigned n, i;

	for (i = 0; i < 50; i++) {
		struct audit_entry e = *fx_audit();

		e.account_id = 1 + i % 5;
		CU_ASSERT_TRUE_FATAL(audit_write(fx_conn, &e, &err));
	}
	begin();
	CU_ASSERT_TRUE(audit_list(fx_conn, &f, &arena, &rows, &n, &err));
	CU_ASSERT_TRUE(ranges_only("audit_list, one account", 7, 6));
	begin();
	CU_ASSERT_TRUE(audit_list(fx_conn, &all, &arena, &rows, &n, &err));
	CU_ASSERT_TRUE(ranges_only("audit_list, all", 7, 6));
}

static void accounts_by_address_and_in_order(void)
{
	struct account a, *all;
	struct error err;
	unsigned n;

	begin();
	CU_ASSERT_TRUE(account_find(fx_conn, "queue-1@example.com", &a, &err));
	CU_ASSERT_TRUE(ranges_only("account_find", 2, 0));
	begin();
	CU_ASSERT_TRUE(account_list(fx_conn, &arena, &all, &n, &err));
	CU_ASSERT_TRUE(ranges_only("account_list", 2 + n, n));
}

static void a_plan_is_set_by_keys(void)
{
	struct error err;

	begin();
	CU_ASSERT_TRUE(account_set_plan(fx_db, 1, "enterprise", NULL, fx_audit(), &err));
	CU_ASSERT_TRUE(subscription_set(fx_db, 1, "*", SUB_ACTIVE, 0, fx_audit(), &err));
	CU_ASSERT_TRUE(ranges_only("account_set_plan, subscription_set", 12, 1));
}

static void an_execution_and_its_steps(void)
{
	struct execution_step s[10];
	struct execution e[3];
	struct error err;
	struct id ids[3];
	unsigned n, i;
	bool found;

	begin();
	for (i = 0; i < 3; i++)
		ids[i] = fx_accept(1, LANE_ASYNC, "echo", "{}");
	begin();
	CU_ASSERT_TRUE(execution_find(fx_conn, 1, &ids[0], &arena, e, &found, &err));
	CU_ASSERT_TRUE(ranges_only("execution_find", 3, 0));
	begin();
	CU_ASSERT_TRUE(execution_find_many(fx_conn, ids, 3, &arena, e, &n, &err));
	CU_ASSERT_TRUE(ranges_only("execution_find_many", 12, 3));
	begin();
	CU_ASSERT_TRUE(execution_steps(fx_conn, &ids[0], 0, 10, &arena, s, &n, &err));
	CU_ASSERT_TRUE(ranges_only("execution_steps", 1, 0));
}

/* The table holds a step of each of ids 1 to 3000. */
static void steps_of_many_are_a_range_each(void)
{
	struct execution_steps s[DB_LIST_MAX];
	struct error err;
	unsigned i, n, read;

	for (n = 1; n <= DB_LIST_MAX; n *= 4) {
		for (i = 0; i < n; i++) {
			s[i] = (struct execution_steps){.last = 100};
			s[i].id.b[15] = (uint8_t)(2 * i + 1);
		}
		begin();
		CU_ASSERT_TRUE(execution_steps_many(fx_conn, s, n, &arena, &err));
		CU_ASSERT_TRUE(ranges_only("execution_steps_many", n, n));
		for (i = 0, read = 0; i < n; i++)
			read += s[i].count;
		CU_ASSERT_EQUAL(read, n);
	}
}

static void a_page_of_executions(void)
{
	struct execution_filter f = {.account_id = 900, .status = -1, .trigger = -1, .limit = 20};
	struct execution e[20];
	struct error err;
	struct id last;
	unsigned n;
	bool more;

	memset(&f.before, 0xff, sizeof f.before);
	begin();
	CU_ASSERT_TRUE(execution_list(fx_conn, &f, &arena, e, &n, &more, &last, &err));
	CU_ASSERT_EQUAL(n, 20);
	CU_ASSERT_TRUE(ranges_only("execution_list", 2 + 2 * 21, 21));
	f.status = EXEC_FAILED;
	begin();
	CU_ASSERT_TRUE(execution_list(fx_conn, &f, &arena, e, &n, &more, &last, &err));
	CU_ASSERT_EQUAL(n, 0);
	/* both walk the account's part of the index */
	CU_ASSERT_TRUE(ranges_only("execution_list, filtered", 4 + 3000, 2 * 3000 + 2));
}

/* What the tests before this one have left. */
static void nothing_ready(void)
{
	struct error err;

	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "DELETE FROM queue_ready WHERE account_id < 900", &err));
}

static void runs_are_accepted_claimed_and_ended(void)
{
	struct claimed_run r[8];
	struct ended_run e[8];
	unsigned i;

	begin();
	nothing_ready();
	begin();
	for (i = 0; i < 4; i++)
		fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_TRUE(ranges_only("admission_commit", 8, 0));
	begin();
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 4), 4);
	CU_ASSERT_TRUE(ranges_only("queue_claim", 4 * 5 + 6, 4 * 3 + 4));
	for (i = 0; i < 4; i++)
		e[i] = fx_ended(&r[i], i < 2 ? RUN_SUCCESS : RUN_RETRY);
	begin();
	CU_ASSERT_TRUE(fx_end(e, 4));
	CU_ASSERT_TRUE(ranges_only("queue_end", 4 * 4 + 4, 4 * 3));
}

static void due_runs_are_taken_up_and_a_queued_one_is_cancelled(void)
{
	struct cancelled k;
	struct swept swept;
	struct read_counts n;
	struct error err;
	struct id held;

	begin();
	fx_accept_later(1, clock_now_ms() - 1);
	fx_accept(2, LANE_ASYNC, "echo", "{}");
	held = fx_accept(2, LANE_ASYNC, "echo", "{}");
	begin();
	CU_ASSERT_TRUE(fx_cancel(fx_db, 2, &held, &k, &err));
	CU_ASSERT_EQUAL(k.outcome, CANCEL_ENDED);
	CU_ASSERT_TRUE(ranges_only("queue_cancel", 12, 6));
	/* the sweep reads all leases, which are what runs at this moment: here there are none */
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "DELETE FROM leases", &err));
	begin();
	CU_ASSERT_TRUE(queue_sweep(fx_db, &fx_conn, clock_now_ms(), 64, 3, "h", NULL, NULL, &swept, &err));
	CU_ASSERT_TRUE(swept.moved >= 1);
	n = read_counts_since(from);
	CU_ASSERT_TRUE(n.scanned <= 10 && n.looked_up <= 20 && n.walked <= 20);
}

static void deliveries_are_claimed_recorded_and_released(void)
{
	struct delivery_result r[4];
	struct delivery d[4];
	struct error err;
	unsigned i;
	int64_t next;

	begin();
	nothing_ready();
	for (i = 0; i < 4; i++)
		ox_run_ended(true);
	begin();
	CU_ASSERT_EQUAL_FATAL(ox_claim(d, 4, clock_now_ms(), &next), 4);
	CU_ASSERT_TRUE(ranges_only("outbox_claim", 4 * 6 + 6, 4 * 4 + 4));
	for (i = 0; i < 3; i++)
		r[i] = ox_result(&d[i], i < 2 ? DELIVERY_DELIVERED : DELIVERY_PENDING);
	begin();
	ox_record(r, 3);
	CU_ASSERT_TRUE(ranges_only("outbox_record", 3 * 3, 3 * 2));
	begin();
	CU_ASSERT_TRUE(outbox_release(fx_db, &fx_conn, d + 3, 1, clock_now_ms(), &err));
	CU_ASSERT_TRUE(ranges_only("outbox_release", 3, 2));
}

static void an_accounts_schedules(void)
{
	struct schedule s = {.id = id_make(), .account_id = 1, .agent = "echo", .cron_expr = "@daily", .timezone = "UTC",
	                     .input = "{}", .input_len = 2};
	struct schedule *list;
	struct error err;
	unsigned n;
	bool found;

	begin();
	CU_ASSERT_TRUE_FATAL(schedule_insert(fx_conn, &s, &err));
	begin();
	CU_ASSERT_TRUE(schedule_list(fx_conn, 1, &arena, &list, &n, &err));
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_TRUE(ranges_only("schedule_list", 2, 1));
	begin();
	CU_ASSERT_TRUE(schedule_find(fx_conn, 1, "echo", false, &arena, &s, &found, &err));
	CU_ASSERT_TRUE(found);
	CU_ASSERT_TRUE(ranges_only("schedule_find", 2, 0));
}

static void a_page_of_what_became_of_a_schedules_slots(void)
{
	struct slot_filter f = {.outcome = -1, .before = INT64_MAX, .limit = 10};
	struct slot_record out[10];
	struct error err;
	int64_t last;
	unsigned n;
	bool more;

	f.schedule_id.b[15] = 1;
	begin();
	CU_ASSERT_TRUE(schedule_slots(fx_conn, &f, out, &n, &more, &last, &err));
	CU_ASSERT_TRUE(n == 10 && more);
	CU_ASSERT_TRUE(ranges_only("schedule_slots", 1, 11));
}

static CU_TestInfo tests[] = {
	{"an account's schedules", an_accounts_schedules},
	{"a page of what became of a schedule's slots", a_page_of_what_became_of_a_schedules_slots},
	{"a key and its rights", a_key_and_its_rights},
	{"an account's keys and connections", an_accounts_keys_and_connections},
	{"what an account has used", what_an_account_has_used},
	{"the budgets of a model call", the_budgets_of_a_model_call},
	{"effects and what is remembered", effects_and_what_is_remembered},
	{"one key is changed by its id", one_key_is_changed_by_its_id},
	{"an answer is kept by its scope", an_answer_is_kept_by_its_scope},
	{"the audit log, by account and whole", the_audit_log_by_account_and_whole},
	{"accounts by address and in order", accounts_by_address_and_in_order},
	{"a plan is set by keys", a_plan_is_set_by_keys},
	{"an execution and its steps", an_execution_and_its_steps},
	{"steps of many are a range each", steps_of_many_are_a_range_each},
	{"a page of executions", a_page_of_executions},
	{"runs are accepted, claimed and ended", runs_are_accepted_claimed_and_ended},
	{"due runs are taken up and a queued one is cancelled",
	 due_runs_are_taken_up_and_a_queued_one_is_cancelled},
	{"deliveries are claimed, recorded and released", deliveries_are_claimed_recorded_and_released},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo reads_suite = {"only index ranges are read", open_suite, close_suite, NULL, NULL,
                                  tests};
