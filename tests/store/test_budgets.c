/* Token budgets (store/budgets.h): reserved before use, never exceeded, nothing lost. */
#include "budgets_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "queue_suites.h"
#include "store/accounts.h"

static const char run_used[] = "SELECT used FROM execution_tokens WHERE execution_id = ?";

/* ---- one run ---- */

static void the_claim_tells_what_bounds_a_run(void)
{
	struct claimed_run r = bx_leased(0, -1);

	CU_ASSERT_FALSE(r.budgeted || r.has_spent);
	CU_ASSERT_EQUAL(r.max_tokens, 0);
	r = bx_leased(77, 100);
	CU_ASSERT_TRUE(r.budgeted);
	CU_ASSERT_EQUAL(r.max_tokens, 77);
	CU_ASSERT_EQUAL(id_cmp(&r.key_id, &r.id), 0);
}

static void what_is_not_used_is_given_back(void)
{
	struct claimed_run r = bx_leased(100, 1000);
	struct token_reservation t;

	CU_ASSERT_EQUAL(bx_reserve(&r, 60, &t), RESERVED);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 60);
	CU_ASSERT_EQUAL(fx_number_of(run_used, &r.id), 60);
	bx_settle(&r, &t, 25);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 25);
	CU_ASSERT_EQUAL(fx_number_of(run_used, &r.id), 25);
}

static void what_was_used_beyond_it_counts_too(void)
{
	struct claimed_run r = bx_leased(0, 1000);
	struct token_reservation t;

	CU_ASSERT_EQUAL(bx_reserve(&r, 60, &t), RESERVED);
	bx_settle(&r, &t, 90);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 90);
}

static void all_that_apply_are_taken_from_or_none(void)
{
	struct claimed_run r = bx_leased(0, 1000);
	struct token_reservation t;
	char key[ID_TEXT_SIZE];
	struct api_key k = {.id = r.key_id, .account_id = 1, .name = "n", .shown = "s"};
	struct error err = {0};
	struct key_hash hash = {0};

	CU_ASSERT_TRUE_FATAL(api_key_create(fx_conn, &k, hash.hash, "p", &err));
	id_format(ID_KEY, &r.key_id, key);
	bx_set(BUDGET_AGENT, "echo", 500);
	bx_set(BUDGET_AGENT, "wait", 5);
	bx_set(BUDGET_KEY, key, 50);
	CU_ASSERT_EQUAL(bx_reserve(&r, 51, &t), RESERVE_OVER_MONTH);
	CU_ASSERT_EQUAL(bx_refused.kind, BUDGET_KEY);
	CU_ASSERT_STRING_EQUAL(bx_refused.subject, key);
	CU_ASSERT_EQUAL(bx_refused.max_tokens, 50);
	CU_ASSERT_EQUAL(fx_number("SELECT SUM(used) FROM token_budgets"), 0);
	CU_ASSERT_EQUAL(bx_reserve(&r, 50, &t), RESERVED);
	CU_ASSERT_EQUAL(t.count, 3);
	CU_ASSERT_EQUAL(fx_number("SELECT SUM(used) FROM token_budgets"), 150);
}

static void a_key_and_its_successors_share_one_budget(void)
{
	static const uint8_t hashes[3][32] = {{1}, {2}, {3}};
	struct claimed_run r = bx_leased(0, -1), old = r;
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
	bx_set(BUDGET_KEY, name, 100);
	r.budgeted = old.budgeted = true;
	CU_ASSERT_EQUAL(bx_reserve(&old, 30, &t), RESERVED);
	CU_ASSERT_TRUE(budget_carry(fx_conn, 1, &keys[0].id, &keys[1].id, &err));
	CU_ASSERT_TRUE(budget_carry(fx_conn, 1, &keys[1].id, &keys[2].id, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM token_budgets"), 1);
	r.key_id = keys[2].id;
	CU_ASSERT_EQUAL(bx_reserve(&r, 60, &t), RESERVED);
	CU_ASSERT_EQUAL(bx_reserve(&old, 11, &t), RESERVE_OVER_MONTH);
	CU_ASSERT_EQUAL(bx_reserve(&old, 10, &t), RESERVED);
	/* whatever it is called by */
	bx_set(BUDGET_KEY, name, 101);
	CU_ASSERT_EQUAL(fx_number("SELECT max_tokens FROM token_budgets"), 101);
	CU_ASSERT_EQUAL(bx_reserve(&r, 1, &t), RESERVED);
}

static void the_last_token_can_be_had_and_none_beyond_it(void)
{
	struct claimed_run r = bx_leased(0, 100);
	struct token_reservation t;

	CU_ASSERT_EQUAL(bx_reserve(&r, 99, &t), RESERVED);
	CU_ASSERT_EQUAL(bx_reserve(&r, 2, &t), RESERVE_OVER_MONTH);
	CU_ASSERT_EQUAL(bx_refused.used, 99);
	CU_ASSERT_EQUAL(bx_reserve(&r, 1, &t), RESERVED);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 100);
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
	struct claimed_run r = bx_leased(100, 1000), again;
	struct token_reservation t;

	CU_ASSERT_EQUAL(bx_reserve(&r, 60, &t), RESERVED);
	take_up(&again);
	CU_ASSERT_TRUE(again.has_spent);
	CU_ASSERT_EQUAL(bx_reserve(&again, 41, &t), RESERVE_OVER_RUN);
	CU_ASSERT_EQUAL(bx_refused.max_tokens, 100);
	CU_ASSERT_EQUAL(bx_refused.used, 60);
	CU_ASSERT_EQUAL(bx_reserve(&again, 40, &t), RESERVED);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 100);
}

static void who_lost_the_lease_reserves_nothing_and_still_gives_back(void)
{
	struct claimed_run r = bx_leased(100, 1000), again;
	struct token_reservation t, other;

	CU_ASSERT_EQUAL(bx_reserve(&r, 60, &t), RESERVED);
	take_up(&again);
	CU_ASSERT_EQUAL(bx_reserve(&r, 1, &other), RESERVE_LOST);
	bx_settle(&r, &t, 10);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 10);
	CU_ASSERT_EQUAL(fx_number_of(run_used, &r.id), 60);
}

static void nothing_is_left_of_a_run_that_has_ended(void)
{
	struct claimed_run r = bx_leased(100, 1000);
	struct token_reservation t;
	struct ended_run e = fx_ended(&r, RUN_RETRY);

	CU_ASSERT_EQUAL(bx_reserve(&r, 60, &t), RESERVED);
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
	struct claimed_run r = bx_leased(100, -1);
	struct token_reservation t;
	struct ended_run e = fx_ended(&r, RUN_RETRY);
	struct cancelled k;
	struct error err = {0};

	CU_ASSERT_EQUAL(bx_reserve(&r, 60, &t), RESERVED);
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_TRUE(fx_cancel(fx_db, 1, &r.id, &k, &err));
	CU_ASSERT_EQUAL(k.outcome, CANCEL_ENDED);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_tokens"), 0);
}

/* ---- months ---- */

static void a_new_month_begins_at_nothing(void)
{
	struct claimed_run r = bx_leased(0, 100);
	int64_t next = clock_next_month(clock_now_ms());
	struct token_reservation t, old;

	CU_ASSERT_EQUAL(bx_reserve(&r, 100, &old), RESERVED);
	CU_ASSERT_EQUAL(bx_reserve_at(&r, 1, next - 1, &t), RESERVE_OVER_MONTH);
	CU_ASSERT_EQUAL(bx_reserve_at(&r, 30, next, &t), RESERVED);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 30);
	/* what is given back of the old month is not this one's */
	bx_settle(&r, &old, 0);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 30);
	bx_settle(&r, &t, 10);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 10);
}

static void a_clock_that_is_behind_does_not_begin_the_old_month_again(void)
{
	struct claimed_run r = bx_leased(0, 100);
	int64_t next = clock_next_month(clock_now_ms());
	struct token_reservation t;

	CU_ASSERT_EQUAL(bx_reserve_at(&r, 90, next, &t), RESERVED);
	CU_ASSERT_EQUAL(bx_reserve_at(&r, 11, next - 1, &t), RESERVE_OVER_MONTH);
	CU_ASSERT_EQUAL(bx_reserve_at(&r, 10, next - 1, &t), RESERVED);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 100);
}

static void the_ends_of_runs_count_the_tokens_of_the_month(void)
{
	struct claimed_run r = bx_leased(0, -1);
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

static void settling_again_changes_nothing(void)
{
	struct claimed_run r = bx_leased(0, 1000), again;
	struct token_reservation t;

	CU_ASSERT_EQUAL(bx_reserve(&r, 60, &t), RESERVED);
	bx_settle(&r, &t, 20);
	t.in_doubt = true;
	bx_settle(&r, &t, 20);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 20);
	take_up(&again);
	bx_settle(&r, &t, 20);
	CU_ASSERT_EQUAL(fx_number(bx_account_used), 20);
}

/* ---- what is set ---- */

static void a_changed_budget_goes_on_from_what_is_used(void)
{
	struct claimed_run r = bx_leased(0, 100);
	struct token_reservation t;

	CU_ASSERT_EQUAL(bx_reserve(&r, 80, &t), RESERVED);
	bx_set(BUDGET_ACCOUNT, "", 50);
	CU_ASSERT_EQUAL(bx_reserve(&r, 1, &t), RESERVE_OVER_MONTH);
	CU_ASSERT_EQUAL(bx_refused.used, 80);
	bx_set(BUDGET_ACCOUNT, "", 81);
	CU_ASSERT_EQUAL(bx_reserve(&r, 1, &t), RESERVED);
}

static void a_removed_budget_leaves_nothing_to_look_for(void)
{
	struct claimed_run r = bx_leased(0, 100);

	CU_ASSERT_TRUE(r.budgeted);
	bx_set(BUDGET_ACCOUNT, "", LIMIT_UNLIMITED);
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
	{"settling again changes nothing", settling_again_changes_nothing},
	{"a changed budget goes on from what is used", a_changed_budget_goes_on_from_what_is_used},
	{"a removed budget leaves nothing to look for", a_removed_budget_leaves_nothing_to_look_for},
	{"a key of another account gets no budget", a_key_of_another_account_gets_no_budget},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo budgets_suite = {"token budgets", fx_open, fx_close, NULL, NULL, tests};
