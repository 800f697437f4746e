/* Accepting, claiming, ending, cancelling and sweeping at once, on few accounts: no deadlock, no
 * run lost, counters right. */
#include "queue_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/rnd.h"
#include "core/quota.h"
#include "queue_suites.h"

#define ACCOUNTS   2
#define RUN_US     INT64_C(3000000)
#define IDS_KEPT   256

static atomic_bool over;
static atomic_uint accepted, refused_ends, broken;
static struct id recent[IDS_KEPT];      /* what cancels aim at */
static pthread_mutex_t recent_lock = PTHREAD_MUTEX_INITIALIZER;

static void fault(const struct error *err)
{
	atomic_fetch_add(&broken, 1);
	fprintf(stderr, "%s (%d)\n", err->message, err->db_errno);
}

static void *accept_runs(void *arg)
{
	struct db_conn *c = NULL;
	struct error err;
	uint64_t n = 0;

	c = db_get(fx_db, &err);
	while (!atomic_load(&over)) {
		struct admission a[16], *p[16];
		unsigned i;

		memset(a, 0, sizeof a);
		for (i = 0; i < 16; i++) {
			a[i].id = id_make();
			a[i].key_id = a[i].id;
			a[i].account_id = 1 + n++ % ACCOUNTS;
			a[i].agent = "echo";
			a[i].lane = LANE_ASYNC;
			a[i].input = "{}";
			a[i].input_len = 2;
			a[i].queued_at = clock_now_ms();
			a[i].due_at = n % 7 == 0 ? a[i].queued_at + 5 : 0;
			p[i] = &a[i];
		}
		if (!admission_commit(fx_db, &c, p, 16, clock_now_ms(), quota_decide, &err)) {
			fault(&err);
			continue;
		}
		atomic_fetch_add(&accepted, 16);
		pthread_mutex_lock(&recent_lock);
		for (i = 0; i < 16; i++)
			recent[(n + i) % IDS_KEPT] = a[i].id;
		pthread_mutex_unlock(&recent_lock);
	}
	db_put(fx_db, c);
	return NULL;
}

/* Every other run makes a model call, which budgets of its account and agent bound. */
static void use_tokens(const struct claimed_run *r)
{
	struct token_spender s = {.execution_id = r->id, .account_id = r->account_id, .token = r->token,
	                          .key_id = r->key_id, .agent = r->agent, .budgeted = r->budgeted};
	enum reserve_outcome outcome;
	struct token_reservation t;
	struct token_budget refused;
	struct error err;

	if (!r->budgeted || r->id.b[15] % 2 == 0)
		return;
	if (!budget_reserve(fx_db, &s, 10, clock_now_ms(), &outcome, &t, &refused, &err) ||
	    (outcome == RESERVED && !budget_settle(fx_db, &s, &t, 3, &err)))
		fault(&err);
}

static bool set_budgets(struct db_conn *c, void *ctx, struct error *err)
{
	uint64_t i;

	for (i = 1; i <= ACCOUNTS; i++)
		if (!budget_set(c, i, BUDGET_ACCOUNT, "", 1000000000, clock_now_ms(), err) ||
		    !budget_set(c, i, BUDGET_AGENT, "echo", 1000000000, clock_now_ms(), err))
			return false;
	return true;
}

static void *change_budgets(void *arg)
{
	struct error err;

	while (!atomic_load(&over))
		if (!db_transaction(fx_db, set_budgets, NULL, NULL, &err))
			fault(&err);
	return NULL;
}

static void *work_runs(void *arg)
{
	static const enum run_outcome outcomes[] = {RUN_SUCCESS, RUN_SUCCESS, RUN_FAILED, RUN_RETRY,
	                                            RUN_RELEASED, RUN_SUCCESS};
	struct claim_cursor cursor = {.whole_us = 0};
	struct db_conn *c = NULL;
	struct claimed_run runs[32];
	struct ended_run ended[32];
	unsigned n, i, promoted, deliveries;
	struct error err;
	struct arena a;
	bool more;

	while (!atomic_load(&over)) {
		arena_init(&a);
		if (!queue_claim(fx_db, &c, &fx_owner, false, 32, clock_now_ms(), LEASE_MS, &cursor,
				 &a, runs, &n, &more, &err)) {
			fault(&err);
			n = 0;
		}
		for (i = 0; i < n; i++) {
			use_tokens(&runs[i]);
			ended[i] = fx_ended(&runs[i], outcomes[rnd_u64() % 6]);
			ended[i].has_spent = true;
		}
		if (n > 0 && !queue_end(fx_db, &c, ended, n, clock_now_ms(), &promoted, &deliveries,
		                        &err))
			fault(&err);
		for (i = 0; i < n; i++)
			atomic_fetch_add(&refused_ends, ended[i].lost);
		arena_release(&a);
	}
	db_put(fx_db, c);
	return NULL;
}

static void *cancel_runs(void *arg)
{
	struct cancelled k;
	unsigned i = 0;
	struct error err;

	while (!atomic_load(&over)) {
		struct id id;

		pthread_mutex_lock(&recent_lock);
		id = recent[i++ * 7 % IDS_KEPT];
		pthread_mutex_unlock(&recent_lock);
		if (!fx_cancel(fx_db, 1 + i % ACCOUNTS, &id, &k, &err))
			fault(&err);
	}
	return NULL;
}

static void *sweep_runs(void *arg)
{
	struct db_conn *c = NULL;
	struct error err;
	struct swept swept;

	while (!atomic_load(&over))
		if (!queue_sweep(fx_db, &c, clock_now_ms(), 64, 3, "here", NULL, NULL, &swept,
				 &err))
			fault(&err);
	db_put(fx_db, c);
	return NULL;
}

static void *renew_runs(void *arg)
{
	struct db_conn *c = db_get(fx_db, NULL);
	struct error err;

	while (c && !atomic_load(&over)) {
		struct lease_ref l[64];
		bool lost[64], cancel[64];
		unsigned n = 0;

		if (!db_query(c, "SELECT execution_id, account_id, token FROM leases LIMIT 64",
			      NULL, 0, &err))
			break;
		while (db_next(c, &err) == 1 && n < 64) {
			db_col_id(c, 0, &l[n].id);
			l[n].account_id = (uint64_t)db_col_int(c, 1);
			l[n++].token = (uint64_t)db_col_int(c, 2);
		}
		db_end(c);
		if (n > 0 &&
		    !queue_renew(fx_db, &c, l, n, clock_now_ms() + LEASE_MS, lost, cancel, &err))
			fault(&err);
	}
	db_put(fx_db, c);
	return NULL;
}

static void everything_at_once_loses_no_run_and_meets_no_deadlock(void)
{
	void *(*const roles[])(void *) = {accept_runs, accept_runs, work_runs,
					  work_runs,   work_runs,   cancel_runs,
					  cancel_runs, sweep_runs,  renew_runs,
					  change_budgets};
	pthread_t threads[sizeof roles / sizeof *roles];
	struct db_counters before, after;
	unsigned i;

	fx_empty();
	fx_account(1, 5);
	fx_account(2, -1);
	before = db_counters(fx_db);
	for (i = 0; i < sizeof roles / sizeof *roles; i++)
		pthread_create(&threads[i], NULL, roles[i], NULL);
	fx_join_after(threads, i, RUN_US, &over);
	after = db_counters(fx_db);
	CU_ASSERT_EQUAL(atomic_load(&broken), 0);
	CU_ASSERT_EQUAL(after.retries - before.retries, 0);
	CU_ASSERT_EQUAL(atomic_load(&refused_ends), 0);
	CU_ASSERT_TRUE(fx_slots_agree());
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM executions"), atomic_load(&accepted));
	fx_finish_all();
	CU_ASSERT_EQUAL(fx_open_runs(), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT SUM(active + held) FROM account_quota"), 0);
	CU_ASSERT_TRUE(fx_number("SELECT SUM(used) FROM token_budgets") > 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_tokens"), 0);
	printf("(%u runs) ", atomic_load(&accepted));
}

static CU_TestInfo tests[] = {
	{"everything at once loses no run and meets no deadlock",
	 everything_at_once_loses_no_run_and_meets_no_deadlock},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo queue_concurrency_suite = {"queue: concurrency", fx_open, fx_close, NULL, NULL,
                                              tests};
