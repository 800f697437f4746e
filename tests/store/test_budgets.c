/* Token budgets (store/budgets.h): reserved before use, never exceeded, nothing lost. */
#include "db_proxy.h"
#include "executor_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rnd.h"
#include "queue_suites.h"
#include "store/accounts.h"

#define THREADS 16

static const char account_used[] = "SELECT used FROM token_budgets WHERE kind = 0";
static const char run_used[] = "SELECT used FROM execution_tokens WHERE execution_id = ?";

static void set_budget(enum budget_kind kind, const char *subject, int64_t max)
{
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(budget_set(fx_conn, 1, kind, subject, max, clock_now_ms(), &err));
}

/* Account 1 with a budget, and a run of it that is leased. */
static struct claimed_run leased(int64_t max_tokens, int64_t account_budget)
{
	struct admission a = {.account_id = 1, .agent = "echo", .lane = LANE_ASYNC, .max_tokens = max_tokens};
	struct claimed_run r;

	fresh();
	if (account_budget >= 0)
		set_budget(BUDGET_ACCOUNT, "", account_budget);
	CU_ASSERT_TRUE_FATAL(fx_admit(&fx_conn, &a));
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	return r;
}

static struct token_spender spender(const struct claimed_run *r)
{
	return (struct token_spender){.execution_id = r->id, .account_id = r->account_id, .token = r->token,
	                              .key_id = r->key_id, .agent = r->agent, .max_tokens = r->max_tokens,
	                              .budgeted = r->budgeted};
}

static struct token_budget refused;

static enum reserve_outcome reserve_at(const struct claimed_run *r, int64_t tokens, int64_t now_ms,
                                       struct token_reservation *out)
{
	struct token_spender s = spender(r);
	enum reserve_outcome outcome = RESERVED;
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(budget_reserve(fx_db, &s, tokens, now_ms, &outcome, out, &refused, &err));
	return outcome;
}

static enum reserve_outcome reserve(const struct claimed_run *r, int64_t tokens, struct token_reservation *out)
{
	return reserve_at(r, tokens, clock_now_ms(), out);
}

static void settle(const struct claimed_run *r, struct token_reservation *t, int64_t used)
{
	struct token_spender s = spender(r);
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(budget_settle(fx_db, &s, t, used, &err));
}

/* ---- one run ---- */

static void the_claim_tells_what_bounds_a_run(void)
{
	struct claimed_run r = leased(0, -1);

	CU_ASSERT_FALSE(r.budgeted || r.has_spent);
	CU_ASSERT_EQUAL(r.max_tokens, 0);
	r = leased(77, 100);
	CU_ASSERT_TRUE(r.budgeted);
	CU_ASSERT_EQUAL(r.max_tokens, 77);
	CU_ASSERT_EQUAL(id_cmp(&r.key_id, &r.id), 0);
}

static void what_is_not_used_is_given_back(void)
{
	struct claimed_run r = leased(100, 1000);
	struct token_reservation t;

	CU_ASSERT_EQUAL(reserve(&r, 60, &t), RESERVED);
	CU_ASSERT_EQUAL(fx_number(account_used), 60);
	CU_ASSERT_EQUAL(fx_number_of(run_used, &r.id), 60);
	settle(&r, &t, 25);
	CU_ASSERT_EQUAL(fx_number(account_used), 25);
	CU_ASSERT_EQUAL(fx_number_of(run_used, &r.id), 25);
}

static void what_was_used_beyond_it_counts_too(void)
{
	struct claimed_run r = leased(0, 1000);
	struct token_reservation t;

	CU_ASSERT_EQUAL(reserve(&r, 60, &t), RESERVED);
	settle(&r, &t, 90);
	CU_ASSERT_EQUAL(fx_number(account_used), 90);
}

static void all_that_apply_are_taken_from_or_none(void)
{
	struct claimed_run r = leased(0, 1000);
	struct token_reservation t;
	char key[ID_TEXT_SIZE];
	struct api_key k = {.id = r.key_id, .account_id = 1, .name = "n", .shown = "s"};
	struct error err = {0};
	struct key_hash hash = {0};

	CU_ASSERT_TRUE_FATAL(api_key_create(fx_conn, &k, hash.hash, "p", &err));
	id_format(ID_KEY, &r.key_id, key);
	set_budget(BUDGET_AGENT, "echo", 500);
	set_budget(BUDGET_AGENT, "wait", 5);
	set_budget(BUDGET_KEY, key, 50);
	CU_ASSERT_EQUAL(reserve(&r, 51, &t), RESERVE_OVER_MONTH);
	CU_ASSERT_EQUAL(refused.kind, BUDGET_KEY);
	CU_ASSERT_STRING_EQUAL(refused.subject, key);
	CU_ASSERT_EQUAL(refused.max_tokens, 50);
	CU_ASSERT_EQUAL(fx_number("SELECT SUM(used) FROM token_budgets"), 0);
	CU_ASSERT_EQUAL(reserve(&r, 50, &t), RESERVED);
	CU_ASSERT_EQUAL(t.count, 3);
	CU_ASSERT_EQUAL(fx_number("SELECT SUM(used) FROM token_budgets"), 150);
}

static void a_key_and_its_successors_share_one_budget(void)
{
	static const uint8_t hashes[3][32] = {{1}, {2}, {3}};
	struct claimed_run r = leased(0, -1), old = r;
	struct api_key keys[3];
	struct token_reservation t;
	char name[ID_TEXT_SIZE];
	struct error err = {0};
	unsigned i;

	for (i = 0; i < 3; i++) {
		keys[i] = (struct api_key){.id = i == 0 ? r.key_id : id_make(), .account_id = 1, .name = "n", .shown = "s"};
		CU_ASSERT_TRUE_FATAL(api_key_create(fx_conn, &keys[i], hashes[i], "p", &err));
	}
	id_format(ID_KEY, &keys[0].id, name);
	set_budget(BUDGET_KEY, name, 100);
	r.budgeted = old.budgeted = true;
	CU_ASSERT_EQUAL(reserve(&old, 30, &t), RESERVED);
	CU_ASSERT_TRUE(budget_carry(fx_conn, 1, &keys[0].id, &keys[1].id, &err));
	CU_ASSERT_TRUE(budget_carry(fx_conn, 1, &keys[1].id, &keys[2].id, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM token_budgets"), 1);
	r.key_id = keys[2].id;
	CU_ASSERT_EQUAL(reserve(&r, 60, &t), RESERVED);
	CU_ASSERT_EQUAL(reserve(&old, 11, &t), RESERVE_OVER_MONTH);
	CU_ASSERT_EQUAL(reserve(&old, 10, &t), RESERVED);
	/* whatever it is called by */
	set_budget(BUDGET_KEY, name, 101);
	CU_ASSERT_EQUAL(fx_number("SELECT max_tokens FROM token_budgets"), 101);
	CU_ASSERT_EQUAL(reserve(&r, 1, &t), RESERVED);
}

static void the_last_token_can_be_had_and_none_beyond_it(void)
{
	struct claimed_run r = leased(0, 100);
	struct token_reservation t;

	CU_ASSERT_EQUAL(reserve(&r, 99, &t), RESERVED);
	CU_ASSERT_EQUAL(reserve(&r, 2, &t), RESERVE_OVER_MONTH);
	CU_ASSERT_EQUAL(refused.used, 99);
	CU_ASSERT_EQUAL(reserve(&r, 1, &t), RESERVED);
	CU_ASSERT_EQUAL(fx_number(account_used), 100);
}

/* ---- attempts and lost workers ---- */

static void take_up(struct claimed_run *r)
{
	static struct arena a;
	struct swept swept;
	struct error err = {0};
	unsigned n;
	bool more;

	arena_release(&a);
	CU_ASSERT_TRUE_FATAL(queue_sweep(fx_db, &fx_conn, clock_now_ms() + LEASE_MS + 1, 64, 3, "here", NULL, NULL,
	                                 &swept, &err));
	CU_ASSERT_TRUE_FATAL(queue_claim(fx_db, &fx_conn, &fx_owner, true, 1, clock_now_ms(), LEASE_MS, NULL, &a, r, &n,
	                                 &more, &err));
	CU_ASSERT_EQUAL_FATAL(n, 1);
}

static void what_a_lost_worker_had_reserved_stays_used(void)
{
	struct claimed_run r = leased(100, 1000), again;
	struct token_reservation t;

	CU_ASSERT_EQUAL(reserve(&r, 60, &t), RESERVED);
	take_up(&again);
	CU_ASSERT_TRUE(again.has_spent);
	CU_ASSERT_EQUAL(reserve(&again, 41, &t), RESERVE_OVER_RUN);
	CU_ASSERT_EQUAL(refused.max_tokens, 100);
	CU_ASSERT_EQUAL(refused.used, 60);
	CU_ASSERT_EQUAL(reserve(&again, 40, &t), RESERVED);
	CU_ASSERT_EQUAL(fx_number(account_used), 100);
}

static void who_lost_the_lease_reserves_nothing_and_still_gives_back(void)
{
	struct claimed_run r = leased(100, 1000), again;
	struct token_reservation t, other;

	CU_ASSERT_EQUAL(reserve(&r, 60, &t), RESERVED);
	take_up(&again);
	CU_ASSERT_EQUAL(reserve(&r, 1, &other), RESERVE_LOST);
	settle(&r, &t, 10);
	CU_ASSERT_EQUAL(fx_number(account_used), 10);
	CU_ASSERT_EQUAL(fx_number_of(run_used, &r.id), 60);
}

static void nothing_is_left_of_a_run_that_has_ended(void)
{
	struct claimed_run r = leased(100, 1000);
	struct token_reservation t;
	struct ended_run e = fx_ended(&r, RUN_RETRY);

	CU_ASSERT_EQUAL(reserve(&r, 60, &t), RESERVED);
	e.has_spent = true;
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_EQUAL(fx_number_of(run_used, &r.id), 60);
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE queue_later SET due_at = 0", NULL));
	CU_ASSERT_TRUE(queue_sweep(fx_db, &fx_conn, clock_now_ms(), 64, 3, "here", NULL, NULL, &(struct swept){0}, NULL));
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_TRUE(r.has_spent);
	e = fx_ended(&r, RUN_FAILED);
	e.has_spent = r.has_spent;
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_tokens"), 0);
}

static void nothing_is_left_of_a_run_that_is_cancelled_between_attempts(void)
{
	struct claimed_run r = leased(100, -1);
	struct token_reservation t;
	struct ended_run e = fx_ended(&r, RUN_RETRY);
	struct cancelled k;
	struct error err = {0};

	CU_ASSERT_EQUAL(reserve(&r, 60, &t), RESERVED);
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_TRUE(fx_cancel(fx_db, 1, &r.id, &k, &err));
	CU_ASSERT_EQUAL(k.outcome, CANCEL_ENDED);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_tokens"), 0);
}

/* ---- months ---- */

static void a_new_month_begins_at_nothing(void)
{
	struct claimed_run r = leased(0, 100);
	int64_t next = clock_next_month(clock_now_ms());
	struct token_reservation t, old;

	CU_ASSERT_EQUAL(reserve(&r, 100, &old), RESERVED);
	CU_ASSERT_EQUAL(reserve_at(&r, 1, next - 1, &t), RESERVE_OVER_MONTH);
	CU_ASSERT_EQUAL(reserve_at(&r, 30, next, &t), RESERVED);
	CU_ASSERT_EQUAL(fx_number(account_used), 30);
	/* what is given back of the old month is not this one's */
	settle(&r, &old, 0);
	CU_ASSERT_EQUAL(fx_number(account_used), 30);
	settle(&r, &t, 10);
	CU_ASSERT_EQUAL(fx_number(account_used), 10);
}

static void a_clock_that_is_behind_does_not_begin_the_old_month_again(void)
{
	struct claimed_run r = leased(0, 100);
	int64_t next = clock_next_month(clock_now_ms());
	struct token_reservation t;

	CU_ASSERT_EQUAL(reserve_at(&r, 90, next, &t), RESERVED);
	CU_ASSERT_EQUAL(reserve_at(&r, 11, next - 1, &t), RESERVE_OVER_MONTH);
	CU_ASSERT_EQUAL(reserve_at(&r, 10, next - 1, &t), RESERVED);
	CU_ASSERT_EQUAL(fx_number(account_used), 100);
}

static void the_ends_of_runs_count_the_tokens_of_the_month(void)
{
	struct claimed_run r = leased(0, -1);
	struct ended_run e = fx_ended(&r, RUN_RELEASED);
	int64_t next = clock_next_month(clock_now_ms());
	unsigned promoted, deliveries;
	struct error err = {0};

	e.tokens_used = 30;
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_EQUAL(fx_number("SELECT month_tokens FROM account_quota"), 30);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	e = fx_ended(&r, RUN_FAILED);
	e.tokens_used = 12;
	CU_ASSERT_TRUE(queue_end(fx_db, &fx_conn, &e, 1, next, &promoted, &deliveries, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT month_tokens FROM account_quota"), 12);
	CU_ASSERT_EQUAL(fx_number("SELECT tokens_used FROM execution_results"), 42);
}

/* ---- many at once ---- */

static struct claimed_run shared[THREADS];
static atomic_int_least64_t taken, spent, most;

/* Reserves seven, uses up to seven, until there is no room for seven. `taken` is never behind the database: it grows
 * after a reservation and shrinks before what was not used is given back. */
static void *spend_all(void *arg)
{
	const struct claimed_run *r = arg;
	struct token_reservation t;
	unsigned i;

	for (i = 0; i < 1000 && reserve(r, 7, &t) == RESERVED; i++) {
		int64_t used = (int64_t)(rnd_u64() % 8), now = atomic_fetch_add(&taken, 7) + 7;
		int64_t before = atomic_load(&most);

		while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
			;
		atomic_fetch_add(&spent, used);
		atomic_fetch_sub(&taken, 7 - used);
		settle(r, &t, used);
	}
	return NULL;
}

static void sixteen_at_once_never_use_more_than_there_is(void)
{
	pthread_t threads[THREADS];
	uint64_t retries;
	unsigned i;

	fresh();
	set_budget(BUDGET_ACCOUNT, "", 1000);
	set_budget(BUDGET_AGENT, "echo", 5000);
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
	CU_ASSERT_EQUAL(fx_number(account_used), atomic_load(&spent));
	CU_ASSERT_EQUAL(fx_number("SELECT used FROM token_budgets WHERE kind = 2"), atomic_load(&spent));
	CU_ASSERT_TRUE(atomic_load(&spent) > 1000 - 7);
	CU_ASSERT_EQUAL(fx_number("SELECT SUM(used) FROM execution_tokens"), atomic_load(&spent));
	/* they wait for each other, and none is rolled back */
	CU_ASSERT_EQUAL(db_counters(fx_db).retries, retries);
}

static void a_reservation_whose_commit_went_unanswered_counts_once(void)
{
	struct claimed_run r = leased(0, 1000);
	struct proxy *p = proxy_start(fx_cfg.db_hosts + strlen("socket:"));
	struct token_spender s = spender(&r);
	struct config cfg = fx_cfg;
	enum reserve_outcome outcome;
	struct token_reservation t;
	struct error err = {0};
	struct db *db;

	cfg.db_hosts = (char *)(uintptr_t)proxy_hosts(p);
	db = db_open(&cfg, 2, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(db);
	proxy_cut(p, CUT_AFTER_ANSWER, COMMAND_QUERY, "COMMIT");
	CU_ASSERT_TRUE(budget_reserve(db, &s, 60, clock_now_ms(), &outcome, &t, &refused, &err));
	CU_ASSERT_TRUE(proxy_has_cut(p));
	CU_ASSERT_EQUAL(fx_number(account_used), 60);
	proxy_cut(p, CUT_AFTER_ANSWER, COMMAND_QUERY, "COMMIT");
	CU_ASSERT_TRUE(budget_settle(db, &s, &t, 20, &err));
	CU_ASSERT_TRUE(proxy_has_cut(p));
	CU_ASSERT_EQUAL(fx_number(account_used), 20);
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
	struct claimed_run r = leased(0, 1000);
	struct proxy *p = proxy_start(fx_cfg.db_hosts + strlen("socket:"));
	struct proxy *next = proxy_start(fx_cfg.db_hosts + strlen("socket:"));
	struct settling k = {.s = spender(&r)};
	struct config cfg = fx_cfg;
	struct error err = {0};
	pthread_t thread;
	char hosts[300];
	unsigned i;

	CU_ASSERT_EQUAL(reserve(&r, 60, &k.t), RESERVED);
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
	CU_ASSERT_EQUAL(fx_number(account_used), 20);
	db_close(k.db);
	proxy_stop(next);
	proxy_stop(p);
}

static void settling_again_changes_nothing(void)
{
	struct claimed_run r = leased(0, 1000), again;
	struct token_reservation t;

	CU_ASSERT_EQUAL(reserve(&r, 60, &t), RESERVED);
	settle(&r, &t, 20);
	t.in_doubt = true;
	settle(&r, &t, 20);
	CU_ASSERT_EQUAL(fx_number(account_used), 20);
	take_up(&again);
	settle(&r, &t, 20);
	CU_ASSERT_EQUAL(fx_number(account_used), 20);
}

/* ---- what is set ---- */

static void a_changed_budget_goes_on_from_what_is_used(void)
{
	struct claimed_run r = leased(0, 100);
	struct token_reservation t;

	CU_ASSERT_EQUAL(reserve(&r, 80, &t), RESERVED);
	set_budget(BUDGET_ACCOUNT, "", 50);
	CU_ASSERT_EQUAL(reserve(&r, 1, &t), RESERVE_OVER_MONTH);
	CU_ASSERT_EQUAL(refused.used, 80);
	set_budget(BUDGET_ACCOUNT, "", 81);
	CU_ASSERT_EQUAL(reserve(&r, 1, &t), RESERVED);
}

static void a_removed_budget_leaves_nothing_to_look_for(void)
{
	struct claimed_run r = leased(0, 100);

	CU_ASSERT_TRUE(r.budgeted);
	set_budget(BUDGET_ACCOUNT, "", LIMIT_UNLIMITED);
	CU_ASSERT_EQUAL(fx_number("SELECT budgets FROM accounts WHERE id = 1"), 0);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_FALSE(r.budgeted);
}

static void a_key_of_another_account_gets_no_budget(void)
{
	struct api_key k = {.id = id_make(), .account_id = 2, .name = "n", .shown = "s"};
	struct key_hash hash = {0};
	char key[ID_TEXT_SIZE];
	struct error err = {0};

	fresh();
	fx_account(2, -1);
	CU_ASSERT_TRUE_FATAL(api_key_create(fx_conn, &k, hash.hash, "p", &err));
	id_format(ID_KEY, &k.id, key);
	CU_ASSERT_FALSE(budget_set(fx_conn, 1, BUDGET_KEY, key, 10, clock_now_ms(), &err));
	CU_ASSERT_EQUAL(err.code, ERR_NOT_FOUND);
	CU_ASSERT_TRUE(budget_set(fx_conn, 2, BUDGET_KEY, key, 10, clock_now_ms(), &err));
}

static CU_TestInfo tests[] = {
	{"the claim tells what bounds a run", the_claim_tells_what_bounds_a_run},
	{"what is not used is given back", what_is_not_used_is_given_back},
	{"what was used beyond it counts, too", what_was_used_beyond_it_counts_too},
	{"all that apply are taken from, or none", all_that_apply_are_taken_from_or_none},
	{"a key and its successors share one budget", a_key_and_its_successors_share_one_budget},
	{"the last token can be had, and none beyond it", the_last_token_can_be_had_and_none_beyond_it},
	{"what a lost worker had reserved stays used", what_a_lost_worker_had_reserved_stays_used},
	{"who lost the lease reserves nothing, and still gives back",
	 who_lost_the_lease_reserves_nothing_and_still_gives_back},
	{"nothing is left of a run that has ended", nothing_is_left_of_a_run_that_has_ended},
	{"nothing is left of a run that is cancelled between attempts",
	 nothing_is_left_of_a_run_that_is_cancelled_between_attempts},
	{"a new month begins at nothing", a_new_month_begins_at_nothing},
	{"a clock that is behind does not begin the old month again",
	 a_clock_that_is_behind_does_not_begin_the_old_month_again},
	{"the ends of runs count the tokens of the month", the_ends_of_runs_count_the_tokens_of_the_month},
	{"sixteen at once never use more than there is", sixteen_at_once_never_use_more_than_there_is},
	{"a reservation whose COMMIT went unanswered counts once", a_reservation_whose_commit_went_unanswered_counts_once},
	{"nothing is given back twice though the run ends while it is in doubt",
	 nothing_is_given_back_twice_though_the_run_ends_while_it_is_in_doubt},
	{"settling again changes nothing", settling_again_changes_nothing},
	{"a changed budget goes on from what is used", a_changed_budget_goes_on_from_what_is_used},
	{"a removed budget leaves nothing to look for", a_removed_budget_leaves_nothing_to_look_for},
	{"a key of another account gets no budget", a_key_of_another_account_gets_no_budget},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo budgets_suite = {"token budgets", fx_open, fx_close, NULL, NULL, tests};
