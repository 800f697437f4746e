/* Accepting runs: quotas and idempotency keys, within a batch and between batches (store/admission.h). */
#include "queue_fixture.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "core/quota.h"
#include "store/budgets.h"
#include "store_suites.h"

static int64_t now_ms;
static char response[] = "{\"first\":true}";

static struct admission asked(uint64_t account_id)
{
	struct admission a = {.id = id_make(), .account_id = account_id, .agent = "echo",
	                      .lane = LANE_ASYNC, .input = "{}", .input_len = 2, .queued_at = now_ms};

	a.key_id = a.budget_key = a.id;
	return a;
}

static struct admission with_key(uint64_t account_id, char key, char body)
{
	struct admission a = asked(account_id);

	a.has_key = true;
	memset(a.scope_hash, key, sizeof a.scope_hash);
	memset(a.body_hash, body, sizeof a.body_hash);
	a.response = response;
	a.response_len = strlen(response);
	return a;
}

static void admit(struct admission *a, unsigned n)
{
	struct admission *p[ADMISSION_BATCH_MAX];
	struct error err = {0};
	unsigned i;

	for (i = 0; i < n; i++)
		p[i] = &a[i];
	CU_ASSERT_TRUE_FATAL(admission_commit(fx_db, &fx_conn, p, n, now_ms, quota_decide, &err));
}

static void start(void)
{
	now_ms = clock_now_ms();
	fx_empty();
	fx_account(1, -1);
	fx_account(2, -1);
}

static int64_t executions(void)
{
	return fx_number("SELECT COUNT(*) FROM executions");
}

static void a_batch_counts_each_account_for_itself(void)
{
	struct admission a[3];
	unsigned i;

	start();
	for (i = 0; i < 3; i++)
		a[i] = asked(1 + i % 2);
	admit(a, 3);
	for (i = 0; i < 3; i++)
		CU_ASSERT_TRUE(a[i].outcome == ADMIT_ACCEPTED && a[i].ready);
	CU_ASSERT_EQUAL(fx_number("SELECT day_runs FROM account_quota WHERE account_id = 1"), 2);
	CU_ASSERT_EQUAL(fx_number("SELECT month_runs FROM account_quota WHERE account_id = 2"), 1);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_quota_that_ends_within_a_batch_refuses_the_rest_of_it(void)
{
	struct admission a[4];
	struct error err;
	unsigned i;

	start();
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET max_day = 2 WHERE account_id = 1", &err));
	for (i = 0; i < 4; i++)
		a[i] = asked(1);
	admit(a, 4);
	CU_ASSERT_TRUE(a[0].outcome == ADMIT_ACCEPTED && a[1].outcome == ADMIT_ACCEPTED);
	CU_ASSERT_TRUE(a[2].outcome == ADMIT_DAY_QUOTA && a[3].outcome == ADMIT_DAY_QUOTA);
	CU_ASSERT_EQUAL(a[2].limit, 2);
	CU_ASSERT_EQUAL(executions(), 2);
}

static void an_account_that_does_not_exist_spares_the_others(void)
{
	struct admission a[2];

	start();
	a[0] = asked(77);
	a[1] = asked(1);
	admit(a, 2);
	CU_ASSERT_EQUAL(a[0].outcome, ADMIT_NO_ACCOUNT);
	CU_ASSERT_EQUAL(a[1].outcome, ADMIT_ACCEPTED);
	CU_ASSERT_EQUAL(executions(), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM account_quota"), 2);
}

static void a_known_key_with_the_same_body_gives_the_first_outcome(void)
{
	struct admission first, again;

	start();
	first = with_key(1, 'k', 'b');
	admit(&first, 1);
	again = with_key(1, 'k', 'b');
	again.response = "{\"first\":false}";
	admit(&again, 1);
	CU_ASSERT_EQUAL(again.outcome, ADMIT_REPLAYED);
	CU_ASSERT_EQUAL(id_cmp(&again.existing, &first.id), 0);
	CU_ASSERT_EQUAL_FATAL(again.replay_len, strlen(response));
	CU_ASSERT_EQUAL(memcmp(again.replay, response, again.replay_len), 0);
	CU_ASSERT_EQUAL(executions(), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT day_runs FROM account_quota WHERE account_id = 1"), 1);
}

static void a_known_key_with_another_body_is_a_conflict(void)
{
	struct admission first, again;

	start();
	first = with_key(1, 'k', 'b');
	admit(&first, 1);
	again = with_key(1, 'k', 'c');
	admit(&again, 1);
	CU_ASSERT_EQUAL(again.outcome, ADMIT_CONFLICT);
	CU_ASSERT_EQUAL(executions(), 1);
}

static void a_key_repeated_within_a_batch_is_accepted_once(void)
{
	struct admission a[3];

	start();
	a[0] = with_key(1, 'k', 'b');
	a[1] = with_key(1, 'k', 'b');
	a[2] = with_key(1, 'k', 'c');
	admit(a, 3);
	CU_ASSERT_EQUAL(a[0].outcome, ADMIT_ACCEPTED);
	CU_ASSERT_EQUAL(a[1].outcome, ADMIT_REPLAYED);
	CU_ASSERT_EQUAL(id_cmp(&a[1].existing, &a[0].id), 0);
	CU_ASSERT_EQUAL(a[1].replay_len, strlen(response));
	CU_ASSERT_EQUAL(a[2].outcome, ADMIT_CONFLICT);
	CU_ASSERT_EQUAL(executions(), 1);
}

static void a_key_is_free_again_after_a_day(void)
{
	struct admission first, again, third;

	start();
	first = with_key(1, 'k', 'b');
	admit(&first, 1);
	now_ms += IDEMPOTENCY_KEEP_MS;
	again = with_key(1, 'k', 'c');
	admit(&again, 1);
	CU_ASSERT_EQUAL(again.outcome, ADMIT_ACCEPTED);
	third = with_key(1, 'k', 'c');
	admit(&third, 1);
	CU_ASSERT_EQUAL(third.outcome, ADMIT_REPLAYED);
	CU_ASSERT_EQUAL(id_cmp(&third.existing, &again.id), 0);
}

static void a_key_may_be_known_for_longer(void)
{
	struct admission first, again;

	start();
	first = with_key(1, 'k', 'b');
	admit(&first, 1);
	now_ms += 2 * IDEMPOTENCY_KEEP_MS - 1;
	again = with_key(1, 'k', 'b');
	again.key_keep_ms = 2 * IDEMPOTENCY_KEEP_MS;
	admit(&again, 1);
	CU_ASSERT_EQUAL(again.outcome, ADMIT_REPLAYED);
	now_ms++;
	admit(&again, 1);
	CU_ASSERT_EQUAL(again.outcome, ADMIT_ACCEPTED);
}

#define AT_ONCE 16
static struct admission same[AT_ONCE];

static void *admit_alone(void *arg)
{
	struct admission *a = arg;
	struct db_conn *c = NULL;
	struct error err = {0};

	CU_ASSERT_TRUE(admission_commit(fx_db, &c, &a, 1, now_ms, quota_decide, &err));
	db_put(fx_db, c);
	return NULL;
}

/* Each in a transaction of its own, as those of several processes. */
static void repeats_at_once_wait_for_the_first_and_get_its_run(void)
{
	const struct admission *first = NULL;
	pthread_t threads[AT_ONCE];
	unsigned i;

	start();
	for (i = 0; i < AT_ONCE; i++)
		same[i] = with_key(1, 'k', 'b');
	for (i = 0; i < AT_ONCE; i++)
		pthread_create(&threads[i], NULL, admit_alone, &same[i]);
	for (i = 0; i < AT_ONCE; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(executions(), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT day_runs FROM account_quota WHERE account_id = 1"), 1);
	for (i = 0; i < AT_ONCE; i++)
		first = same[i].outcome == ADMIT_ACCEPTED ? &same[i] : first;
	CU_ASSERT_PTR_NOT_NULL_FATAL(first);
	for (i = 0; i < AT_ONCE; i++)
		CU_ASSERT_TRUE(&same[i] == first || (same[i].outcome == ADMIT_REPLAYED &&
		                                     id_cmp(&same[i].existing, &first->id) == 0));
}

static void a_refused_run_keeps_no_key(void)
{
	struct admission a;
	struct error err;

	start();
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET max_day = 0 WHERE account_id = 1", &err));
	a = with_key(1, 'k', 'b');
	admit(&a, 1);
	CU_ASSERT_EQUAL(a.outcome, ADMIT_DAY_QUOTA);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM idempotency_keys"), 0);
}

/* Round trips of one admission on a connection that has done such before. */
static uint64_t round_trips(struct admission a)
{
	struct admission again = a;
	uint64_t before;

	again.scope_hash[0] ^= 1;
	CU_ASSERT_TRUE_FATAL(fx_admit(&fx_conn, &again));
	before = db_counters(fx_db).round_trips;
	CU_ASSERT_TRUE_FATAL(fx_admit(&fx_conn, &a));
	return db_counters(fx_db).round_trips - before;
}

static void a_lone_run_takes_two_round_trips_whatever_it_asks_for(void)
{
	struct admission keyed = with_key(3, 'k', 'b'), budgeted = with_key(3, 'l', 'b'), sync = with_key(3, 'm', 'b'),
	                 later = with_key(3, 'n', 'b');
	static char input[12000] = "{\"a\":\"";
	struct error err;

	start();
	fx_account(3, -1);
	CU_ASSERT_TRUE(db_begin(fx_conn, &err) && budget_set(fx_conn, 3, BUDGET_ACCOUNT, "", 1000, clock_now_ms(), &err) &&
	               db_commit(fx_conn, &err));
	memset(input + 6, 'x', sizeof input - 9);
	strcpy(input + sizeof input - 3, "\"}");
	budgeted.budgeted = true;
	budgeted.max_tokens = 500;
	budgeted.input = input;
	budgeted.input_len = strlen(input);
	budgeted.webhook_url = "https://example.com/hook?a='b'";
	sync.lane = LANE_SYNC;
	sync.waiter = "agentiv.fcgi.1.0.sock";
	later.due_at = clock_now_ms() + 60000;
	CU_ASSERT_EQUAL(round_trips(asked(3)), 2);
	CU_ASSERT_EQUAL(round_trips(keyed), 2);
	CU_ASSERT_EQUAL(round_trips(budgeted), 2);
	CU_ASSERT_EQUAL(round_trips(sync), 2);
	CU_ASSERT_EQUAL(round_trips(later), 2);
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET max_concurrent = active WHERE account_id = 3", &err));
	keyed.scope_hash[1] ^= 1;
	CU_ASSERT_EQUAL(round_trips(keyed), 2);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_held WHERE account_id = 3"), 2);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM executions WHERE JSON_VALID(input)"
	                          " AND webhook_url = 'https://example.com/hook?a=''b''' AND LENGTH(input) > 10000"), 2);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void asking_for_a_replay_only_accepts_nothing(void)
{
	struct admission a, known;

	start();
	known = with_key(1, 'k', 'b');
	admit(&known, 1);
	a = with_key(1, 'j', 'b');
	a.replay_only = true;
	admit(&a, 1);
	CU_ASSERT_EQUAL(a.outcome, ADMIT_UNKNOWN_KEY);
	a = with_key(1, 'k', 'b');
	a.replay_only = true;
	admit(&a, 1);
	CU_ASSERT_EQUAL(a.outcome, ADMIT_REPLAYED);
	CU_ASSERT_EQUAL(executions(), 1);
}

static void a_full_batch_of_many_accounts_takes_few_statements(void)
{
	struct admission a[ADMISSION_BATCH_MAX];
	uint64_t before;
	unsigned i;

	start();
	for (i = 3; i <= ADMISSION_BATCH_MAX; i++)
		fx_account(i, -1);
	for (i = 0; i < ADMISSION_BATCH_MAX; i++)
		a[i] = with_key(1 + i, (char)i, 'b');
	before = db_counters(fx_db).statements;
	admit(a, ADMISSION_BATCH_MAX);
	/* BEGIN, quotas, keys, executions, ready rows, keys, quotas, COMMIT */
	CU_ASSERT_TRUE(db_counters(fx_db).statements - before <= 8);
	CU_ASSERT_EQUAL(executions(), ADMISSION_BATCH_MAX);
}

static void set_budget(enum budget_kind kind, const char *subject, int64_t max, int64_t used, int64_t at_ms)
{
	static const char sql[] = "UPDATE token_budgets SET used = ? WHERE kind = ? AND subject = ?";
	struct db_arg args[3] = {db_int(used), db_int(kind), db_str(subject)};
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(budget_set(fx_conn, 1, kind, subject, max, at_ms, &err));
	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, sql, args, 3, NULL, &err));
}

static struct admission budgeted(uint64_t account_id)
{
	struct admission a = asked(account_id);

	a.budgeted = true;
	return a;
}

static void a_used_up_budget_refuses_whom_it_bounds(void)
{
	struct admission a[4];

	start();
	set_budget(BUDGET_AGENT, "echo", 100, 100, now_ms);
	set_budget(BUDGET_ACCOUNT, "", 100, 99, now_ms);
	a[0] = budgeted(1);
	a[1] = budgeted(1);
	a[1].agent = "other";
	a[2] = budgeted(2);
	a[3] = with_key(1, 'k', 'b');
	a[3].budgeted = true;
	admit(a, 4);
	CU_ASSERT_EQUAL(a[0].outcome, ADMIT_TOKENS);
	CU_ASSERT_EQUAL(a[0].limit, 100);
	CU_ASSERT_EQUAL(a[0].spent.kind, BUDGET_AGENT);
	CU_ASSERT_EQUAL(a[1].outcome, ADMIT_ACCEPTED);
	CU_ASSERT_EQUAL(a[2].outcome, ADMIT_ACCEPTED);
	CU_ASSERT_EQUAL(a[3].outcome, ADMIT_TOKENS);
	CU_ASSERT_EQUAL(executions(), 2);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM idempotency_keys"), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT day_runs FROM account_quota WHERE account_id = 1"), 1);
}

static void a_key_s_budget_refuses_that_key(void)
{
	struct admission a[2];
	char key[ID_TEXT_SIZE];
	struct error err = {0};

	start();
	a[0] = budgeted(1);
	a[1] = budgeted(1);
	id_format(ID_KEY, &a[1].budget_key, key);
	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, "INSERT INTO token_budgets (account_id, kind, subject, max_tokens,"
	                             " month_start, used) VALUES (1, 1, ?, 0, 0, 0)",
	                             &(struct db_arg){.type = DB_TEXT, .p = key, .n = strlen(key)}, 1, NULL, &err));
	admit(a, 2);
	CU_ASSERT_EQUAL(a[0].outcome, ADMIT_ACCEPTED);
	CU_ASSERT_EQUAL(a[1].outcome, ADMIT_TOKENS);
}

static void a_budget_of_last_month_is_whole_again(void)
{
	struct admission a;

	start();
	set_budget(BUDGET_ACCOUNT, "", 100, 100, clock_month_start(now_ms) - 1);
	a = budgeted(1);
	admit(&a, 1);
	CU_ASSERT_EQUAL(a.outcome, ADMIT_ACCEPTED);
}

static uint64_t statements_for(struct admission a)
{
	uint64_t before = db_counters(fx_db).statements;

	admit(&a, 1);
	CU_ASSERT_EQUAL(a.outcome, ADMIT_ACCEPTED);
	return db_counters(fx_db).statements - before;
}

static void only_accounts_with_budgets_pay_for_the_look(void)
{
	struct admission delayed, bounded;

	start();
	/* BEGIN, quotas, executions, ready or later row, quotas, COMMIT */
	CU_ASSERT_EQUAL(statements_for(asked(1)), 6);
	delayed = asked(1);
	delayed.due_at = now_ms + 1000;
	delayed.max_tokens = 100;
	CU_ASSERT_EQUAL(statements_for(delayed), 6);
	bounded = budgeted(1);
	CU_ASSERT_EQUAL(statements_for(bounded), 7);
}

static CU_TestInfo tests[] = {
	{"repeats at once wait for the first and get its run", repeats_at_once_wait_for_the_first_and_get_its_run},
	{"a used-up budget refuses whom it bounds", a_used_up_budget_refuses_whom_it_bounds},
	{"a key's budget refuses that key", a_key_s_budget_refuses_that_key},
	{"a budget of last month is whole again", a_budget_of_last_month_is_whole_again},
	{"only accounts with budgets pay for the look", only_accounts_with_budgets_pay_for_the_look},
	{"a batch counts each account for itself", a_batch_counts_each_account_for_itself},
	{"a quota that ends within a batch refuses the rest of it",
	 a_quota_that_ends_within_a_batch_refuses_the_rest_of_it},
	{"an account that does not exist spares the others", an_account_that_does_not_exist_spares_the_others},
	{"a known key with the same body gives the first outcome",
	 a_known_key_with_the_same_body_gives_the_first_outcome},
	{"a known key with another body is a conflict", a_known_key_with_another_body_is_a_conflict},
	{"a key repeated within a batch is accepted once", a_key_repeated_within_a_batch_is_accepted_once},
	{"a key is free again after a day", a_key_is_free_again_after_a_day},
	{"a key may be known for longer", a_key_may_be_known_for_longer},
	{"a refused run keeps no key", a_refused_run_keeps_no_key},
	{"asking for a replay only accepts nothing", asking_for_a_replay_only_accepts_nothing},
	{"a full batch of many accounts takes few statements",
	 a_full_batch_of_many_accounts_takes_few_statements},
	{"a lone run takes two round trips, whatever it asks for", a_lone_run_takes_two_round_trips_whatever_it_asks_for},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo admission_suite = {"admission", fx_open, fx_close, NULL, NULL, tests};
