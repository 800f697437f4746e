/* Token budgets when many reserve at once, or an answer is lost (store/budgets.h). */
#include "budgets_fixture.h"
#include "db_proxy.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rnd.h"
#include "queue_suites.h"

#define THREADS 16

static struct claimed_run shared[THREADS];
static atomic_int_least64_t taken, spent, most;

/* Reserves seven, uses up to seven, until there is no room for seven. `taken` is never behind the database: it grows
 * after a reservation and shrinks before what was not used is given back. */
static void *spend_all(void *arg)
{
	const struct claimed_run *r = arg;
	struct token_reservation t;
	unsigned i;

	for (i = 0; i < 1000 && bx_reserve(r, 7, &t) == RESERVED; i++) {
		int64_t used = (int64_t)(rnd_u64() % 8), now = atomic_fetch_add(&taken, 7) + 7;
		int64_t before = atomic_load(&most);

		while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
			;
		atomic_fetch_add(&spent, used);
		atomic_fetch_sub(&taken, 7 - used);
		bx_settle(r, &t, used);
	}
	return NULL;
}

static void sixteen_at_once_never_use_more_than_there_is(void)
{
	pthread_t threads[THREADS];
	uint64_t retries;
	unsigned i;

	fresh();
	bx_set(BUDGET_ACCOUNT, "", 1000);
	bx_set(BUDGET_AGENT, "echo", 5000);
	for (i = 0; i < THREADS; i++)
		fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(shared, THREADS), THREADS);
	atomic_store(&taken, 0);
	atomic_store(&spent, 0);
	atomic_store(&most, 0);
	retries = db_counters(fx_db).retries;
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, spend_all, &shared[i]);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_TRUE(atomic_load(&most) <= 1000);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), atomic_load(&spent));
	CU_ASSERT_EQUAL(fx_number("SELECT used FROM token_budgets WHERE kind = 2"), atomic_load(&spent));
	CU_ASSERT_TRUE(atomic_load(&spent) > 1000 - 7);
	CU_ASSERT_EQUAL(fx_number("SELECT SUM(used) FROM execution_tokens"), atomic_load(&spent));
	/* they wait for each other, and none is rolled back */
	CU_ASSERT_EQUAL(db_counters(fx_db).retries, retries);
}

static void a_reservation_whose_commit_went_unanswered_counts_once(void)
{
	struct claimed_run r = bx_leased(0, 1000);
	struct proxy *p = proxy_start(fx_cfg.db_hosts + strlen("socket:"));
	struct token_spender s = bx_spender(&r);
	struct config cfg = fx_cfg;
	enum reserve_outcome outcome;
	struct token_reservation t;
	struct error err = {0};
	struct db *db;

	cfg.db_hosts = (char *)(uintptr_t)proxy_hosts(p);
	db = db_open(&cfg, 2, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(db);
	proxy_cut(p, CUT_AFTER_ANSWER, COMMAND_QUERY, "COMMIT");
	CU_ASSERT_TRUE(budget_reserve(db, &s, 60, clock_now_ms(), &outcome, &t, &bx_refused, &err));
	CU_ASSERT_TRUE(proxy_has_cut(p));
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 60);
	proxy_cut(p, CUT_AFTER_ANSWER, COMMAND_QUERY, "COMMIT");
	CU_ASSERT_TRUE(budget_settle(db, &s, &t, 20, &err));
	CU_ASSERT_TRUE(proxy_has_cut(p));
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 20);
	db_close(db);
	proxy_stop(p);
}

struct settling { struct db *db; struct token_spender s; struct token_reservation t; };

static void *settle_until_done(void *arg)
{
	struct settling *k = arg;
	struct error err = {0};

	while (!budget_settle(k->db, &k->s, &k->t, 20, &err))
		poll(NULL, 0, 10);
	return NULL;
}

/* The second host answers only when the run is over: nothing tells any more that what was not used was given back. */
static void nothing_is_given_back_twice_though_the_run_ends_while_it_is_in_doubt(void)
{
	struct claimed_run r = bx_leased(0, 1000);
	struct proxy *p = proxy_start(fx_cfg.db_hosts + strlen("socket:"));
	struct proxy *next = proxy_start(fx_cfg.db_hosts + strlen("socket:"));
	struct settling k = {.s = bx_spender(&r)};
	struct config cfg = fx_cfg;
	struct error err = {0};
	pthread_t thread;
	char hosts[300];
	unsigned i;

	CU_ASSERT_EQUAL(bx_reserve(&r, 60, &k.t), RESERVED);
	snprintf(hosts, sizeof hosts, "%s,%s", proxy_hosts(p), proxy_hosts(next));
	cfg.db_hosts = hosts;
	k.db = db_open(&cfg, 1, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(k.db);
	proxy_stall(next, true);
	proxy_cut(p, CUT_AFTER_ANSWER, COMMAND_QUERY, "COMMIT");
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, settle_until_done, &k), 0);
	for (i = 0; i < 10000 && !proxy_has_cut(p); i++)
		poll(NULL, 0, 1);
	CU_ASSERT_TRUE(db_run_text(fx_conn, "DELETE FROM leases", &err));
	CU_ASSERT_TRUE(db_run_text(fx_conn, "DELETE FROM execution_tokens", &err));
	proxy_stall(next, false);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 20);
	db_close(k.db);
	proxy_stop(next);
	proxy_stop(p);
}

static CU_TestInfo tests[] = {
	{"sixteen at once never use more than there is", sixteen_at_once_never_use_more_than_there_is},
	{"a reservation whose COMMIT went unanswered counts once", a_reservation_whose_commit_went_unanswered_counts_once},
	{"nothing is given back twice though the run ends while it is in doubt",
	 nothing_is_given_back_twice_though_the_run_ends_while_it_is_in_doubt},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo budgets_race_suite = {"token budgets: at once, and unanswered", fx_open, fx_close, NULL, NULL, tests};
