/* POSTs that are done once for an Idempotency-Key (core/once.h), on API keys. */
#include "keys_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/reseal.h"
#include "db_proxy.h"
#include "request_suites.h"
#include "store/secret_states.h"

#define DAY_MS (INT64_C(86400) * 1000)

/* ---- once ---- */

static void a_repeat_is_given_the_first_answer_and_makes_nothing(void)
{
	struct outcome first, again;

	kx_begin();
	first = kx_ask("a", "{}", kx_wanted("CI"));
	again = kx_ask("a", "{}", kx_wanted("CI"));
	CU_ASSERT_TRUE(first.ok && again.ok && !first.replayed && again.replayed);
	CU_ASSERT_STRING_EQUAL(first.answer, again.answer);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'key.create'"), 1);
	kx_end();
}

static void another_body_is_a_conflict(void)
{
	struct outcome o;

	kx_begin();
	kx_ask("a", "{}", kx_wanted("CI"));
	o = kx_ask("a", "{} ", kx_wanted("CI"));
	CU_ASSERT_FALSE(o.ok);
	CU_ASSERT_EQUAL(o.err.code, ERR_CONFLICT);
	kx_end();
}

static void an_answer_is_kept_for_a_day_and_no_longer(void)
{
	struct outcome first, last;

	kx_begin();
	first = kx_ask("a", "{}", kx_wanted("CI"));
	kx_now_ms += DAY_MS - 1;
	CU_ASSERT_STRING_EQUAL(kx_ask("a", "{}", kx_wanted("CI")).answer, first.answer);
	kx_now_ms += 1;
	last = kx_ask("a", "{\"other\": 1}", kx_wanted("CI"));
	CU_ASSERT_TRUE(last.ok && !last.replayed);
	CU_ASSERT_STRING_NOT_EQUAL(last.answer, first.answer);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM kept_answers"), 1);
	CU_ASSERT_STRING_EQUAL(kx_ask("a", "{\"other\": 1}", kx_wanted("CI")).answer, last.answer);
	kx_end();
}

static void an_answer_may_be_kept_for_longer(void)
{
	struct outcome first;

	kx_begin();
	kx_keep_ms = 2 * DAY_MS;
	first = kx_ask("a", "{}", kx_wanted("CI"));
	kx_now_ms += 2 * DAY_MS - 1;
	CU_ASSERT_STRING_EQUAL(kx_ask("a", "{}", kx_wanted("CI")).answer, first.answer);
	kx_now_ms += 1;
	CU_ASSERT_FALSE(kx_ask("a", "{}", kx_wanted("CI")).replayed);
	kx_keep_ms = 0;
	kx_end();
}

static void what_is_refused_is_not_kept(void)
{
	struct made_key late = kx_wanted("CI");
	struct outcome o;

	kx_begin();
	late.row.expires_at = clock_now_ms();
	o = kx_ask("a", "{}", late);
	CU_ASSERT_FALSE(o.ok);
	CU_ASSERT_STRING_EQUAL(o.err.field, "expires_at");
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM kept_answers"), 0);
	o = kx_ask("a", "{}", kx_wanted("CI"));
	CU_ASSERT_TRUE(o.ok && !o.replayed);
	kx_end();
}

static void a_repeat_is_answered_though_what_it_asks_for_has_become_wrong(void)
{
	struct made_key brief = kx_wanted("CI");
	struct outcome first, again;

	kx_begin();
	brief.row.expires_at = clock_now_ms() + 1000;
	first = kx_ask("a", "{}", brief);
	CU_ASSERT_TRUE(first.ok);
	kx_now_ms += 2000;
	again = kx_ask("a", "{}", brief);
	CU_ASSERT_TRUE(again.ok && again.replayed);
	CU_ASSERT_STRING_EQUAL(first.answer, again.answer);
	kx_end();
}

static void no_key_is_in_the_database_in_clear(void)
{
	static const char sql[] = "SELECT COUNT(*) FROM kept_answers WHERE LOCATE(?, answer) > 0";
	struct outcome o;
	struct db_arg shown;
	struct error err;
	int64_t n = 1;

	kx_begin();
	o = kx_ask("a", "{}", kx_wanted("CI"));
	shown = db_bytes(o.answer, API_KEY_SHOWN);
	CU_ASSERT_TRUE(db_query_int(fx_conn, sql, &shown, 1, &n, NULL, &err));
	CU_ASSERT_EQUAL(n, 0);
	kx_end();
}

static void an_answer_that_was_copied_to_another_record_does_not_open(void)
{
	struct outcome o;
	struct error err;

	kx_begin();
	kx_ask("a", "{}", kx_wanted("CI"));
	kx_ask("b", "{}", kx_wanted("CI"));
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE kept_answers k JOIN (SELECT MIN(answer) AS one FROM kept_answers) o"
	                                 " SET k.answer = o.one", &err));
	o = kx_ask("a", "{}", kx_wanted("CI"));
	if (o.ok)
		o = kx_ask("b", "{}", kx_wanted("CI"));
	CU_ASSERT_FALSE(o.ok);
	CU_ASSERT_EQUAL(o.err.code, ERR_INTERNAL);
	kx_end();
}

static void kept_answers_are_sealed_anew_under_the_active_key(void)
{
	struct outcome first, again;
	struct reseal_batch b;
	struct error err = {0};
	bool done;

	kx_begin();
	first = kx_ask("a", "{}", kx_wanted("CI"));
	kx_ask("b", "{}", kx_wanted("CI"));
	fx_keys_write(SECRET_SEAL, "s1 s2");
	secrets_refresh(kx_secrets);
	CU_ASSERT_TRUE_FATAL(secret_made(fx_conn, SECRET_SEAL, "s2", "here", clock_now_ms(), &err));
	CU_ASSERT_TRUE_FATAL(secret_activate(fx_db, SECRET_SEAL, "s2", clock_now_ms() + DAY_MS, clock_now_ms(), fx_audit(),
	                                     &done, &err));
	CU_ASSERT_TRUE_FATAL(done && reseal_run(fx_db, kx_secrets, INT64_MAX, NULL, &b, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM kept_answers WHERE LEFT(answer, 5) = 'v1\x02s2'"), 2);
	again = kx_ask("a", "{}", kx_wanted("CI"));
	CU_ASSERT_TRUE(again.replayed);
	CU_ASSERT_STRING_EQUAL(again.answer, first.answer);
	kx_end();
}

/* ---- at the same time ---- */

/* Waits, up to ten seconds, until a statement waits for a row's lock. */
static bool somebody_waits_for_a_lock(void)
{
	struct db_conn *c;
	struct error err;
	int64_t waiting = 0;
	unsigned i;

	c = db_get(fx_db, &err);
	for (i = 0; c && i < 5000 && waiting == 0; i++) {
		poll(NULL, 0, 2);
		if (!db_query_int(c, "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
		                  " WHERE VARIABLE_NAME = 'Innodb_row_lock_current_waits'", NULL, 0, &waiting, NULL, &err))
			break;
	}
	db_put(fx_db, c);
	return waiting > 0;
}

#define REPEATS 8
static pthread_barrier_t gate;

static void *ask_at_once(void *arg)
{
	pthread_barrier_wait(&gate);
	*(struct outcome *)arg = kx_ask("a", "{}", kx_wanted("CI"));
	return NULL;
}

static void of_repeats_at_once_one_makes_it(void)
{
	struct outcome o[REPEATS];
	pthread_t threads[REPEATS];
	unsigned i, first = 0;

	kx_begin();
	pthread_barrier_init(&gate, NULL, REPEATS);
	for (i = 0; i < REPEATS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, ask_at_once, &o[i]), 0);
	for (i = 0; i < REPEATS; i++) {
		pthread_join(threads[i], NULL);
		first += !o[i].replayed;
		CU_ASSERT_TRUE(o[i].ok);
		CU_ASSERT_STRING_EQUAL(o[i].answer, o[0].answer);
	}
	pthread_barrier_destroy(&gate);
	CU_ASSERT_EQUAL(first, 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 1);
	kx_end();
}

/* The record alone makes a repeat wait, whatever else its transaction locks. */
static void *claim_at_once(void *arg)
{
	struct kept_answer k = *(struct kept_answer *)arg;
	enum kept_state *state = mem_zalloc(sizeof *state);
	struct db_conn *c;
	struct error err = {0};
	struct buf sealed;

	k.object_id = id_make();
	buf_init(&sealed, 1024);
	c = db_get(fx_db, &err);
	CU_ASSERT_TRUE(c && db_begin(c, &err) && kept_answer_claim(c, &k, state, &sealed, &err));
	if (c)
		db_rollback(c);
	db_put(fx_db, c);
	buf_release(&sealed);
	return state;
}

/* What a second claim finds when the first one's transaction has ended. */
static enum kept_state claimed_while_under_way(bool commit)
{
	struct kept_answer k = {.account_id = 7, .object_id = id_make(), .now_ms = clock_now_ms(), .status = 201};
	enum kept_state state, *second = NULL;
	struct error err = {0};
	struct buf sealed;
	pthread_t other;

	buf_init(&sealed, 1024);
	CU_ASSERT_TRUE_FATAL(db_begin(fx_conn, &err));
	CU_ASSERT_TRUE_FATAL(kept_answer_claim(fx_conn, &k, &state, &sealed, &err));
	CU_ASSERT_EQUAL(state, KEPT_MINE);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&other, NULL, claim_at_once, &k), 0);
	CU_ASSERT_TRUE(somebody_waits_for_a_lock());
	CU_ASSERT_TRUE(kept_answer_put(fx_conn, &k, "sealed", 6, &err));
	if (commit)
		CU_ASSERT_TRUE(db_commit(fx_conn, &err));
	db_rollback(fx_conn);
	pthread_join(other, (void **)&second);
	state = *second;
	mem_free(second);
	buf_release(&sealed);
	return state;
}

static void a_repeat_waits_for_the_first_and_is_given_its_outcome(void)
{
	kx_begin();
	kx_end();
	CU_ASSERT_EQUAL(claimed_while_under_way(true), KEPT_SAME);
}

static void a_repeat_of_what_was_undone_meanwhile_is_the_first(void)
{
	kx_begin();
	kx_end();
	CU_ASSERT_EQUAL(claimed_while_under_way(false), KEPT_MINE);
}

/* ---- when the answer to COMMIT is lost ---- */

/* The same database, behind a proxy that cuts the next COMMIT. */
static struct proxy *proxy;
static struct db *direct;

static void cut_the_next_commit(enum proxy_cut how)
{
	struct config cfg = fx_cfg;
	struct error err;

	proxy = proxy_start(fx_cfg.db_hosts + strlen("socket:"));
	cfg.db_hosts = (char *)(uintptr_t)proxy_hosts(proxy);
	direct = kx_keys.db;
	kx_keys.db = db_open(&cfg, 2, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(kx_keys.db);
	proxy_cut(proxy, how, COMMAND_QUERY, "COMMIT");
}

static void uncut(void)
{
	CU_ASSERT_TRUE(proxy_has_cut(proxy));
	db_close(kx_keys.db);
	proxy_stop(proxy);
	kx_keys.db = direct;
}

static const enum proxy_cut cuts[] = {CUT_BEFORE, CUT_WITHOUT_ANSWER, CUT_AFTER_ANSWER};

static void a_key_is_made_once_though_the_answer_to_commit_is_lost(void)
{
	struct outcome first, again;
	unsigned i;

	for (i = 0; i < 3; i++) {
		kx_begin();
		cut_the_next_commit(cuts[i]);
		first = kx_ask("a", "{}", kx_wanted("CI"));
		uncut();
		again = kx_ask("a", "{}", kx_wanted("CI"));
		CU_ASSERT_TRUE(first.ok && !first.replayed && again.replayed);
		CU_ASSERT_STRING_EQUAL(first.answer, again.answer);
		CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 1);
		CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'key.create'"), 1);
		kx_end();
	}
}

static void a_key_is_rotated_once_though_the_answer_to_commit_is_lost(void)
{
	struct made_key old, new;
	struct error err;
	unsigned i;

	for (i = 0; i < 3; i++) {
		kx_begin();
		old = kx_made("CI");
		cut_the_next_commit(cuts[i]);
		CU_ASSERT_TRUE(kx_rotated(&old.row.id, 60, &new, &err));
		uncut();
		CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 2);
		CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'key.rotate'"), 1);
		CU_ASSERT_EQUAL(strlen(new.key), API_KEY_LEN);
		kx_end();
	}
}

/* Nobody asks for a repeat then, but for the answer all the same. */
static void the_answer_is_there_without_an_idempotency_key_too(void)
{
	struct made_key old, k;
	struct once once;
	struct error err = {0};

	kx_begin();
	old = kx_made("CI");
	once_init(&once, kx_secrets, 7, 201, kx_render);
	cut_the_next_commit(CUT_AFTER_ANSWER);
	CU_ASSERT_TRUE(keys_rotate(&kx_keys, &kx_ann, 7, &old.row.id, 60, &k, &once, &err));
	uncut();
	CU_ASSERT_STRING_EQUAL(buf_str(&once.answer), k.key);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 2);
	k = kx_wanted("CI");
	cut_the_next_commit(CUT_AFTER_ANSWER);
	CU_ASSERT_TRUE(keys_create(&kx_keys, &kx_ann, 7, &k, &once, &err));
	uncut();
	CU_ASSERT_STRING_EQUAL(buf_str(&once.answer), k.key);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 3);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log"), 3);
	once_release(&once);
	kx_end();
}

static void the_hundredth_key_is_not_taken_for_one_too_many(void)
{
	struct made_key k;
	struct error err = {0};
	unsigned i;

	kx_begin();
	for (i = 0; i < KEYS_MAX - 1; i++)
		kx_made("k");
	k = kx_wanted("the hundredth");
	cut_the_next_commit(CUT_AFTER_ANSWER);
	CU_ASSERT_TRUE(keys_create(&kx_keys, &kx_ann, 7, &k, NULL, &err));
	uncut();
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), KEYS_MAX);
	kx_end();
}

static void an_attempt_that_lands_late_is_told_from_another_request(void)
{
	struct kept_answer k = {.account_id = 7, .object_id = id_make(), .now_ms = clock_now_ms(), .status = 201};
	enum kept_state state;
	struct error err = {0};
	struct buf sealed;

	kx_begin();
	buf_init(&sealed, 1024);
	CU_ASSERT_TRUE_FATAL(kept_answer_claim(fx_conn, &k, &state, &sealed, &err));
	CU_ASSERT_TRUE_FATAL(kept_answer_put(fx_conn, &k, "sealed", 6, &err));
	CU_ASSERT_TRUE_FATAL(kept_answer_claim(fx_conn, &k, &state, &sealed, &err));
	CU_ASSERT_TRUE(state == KEPT_SAME && k.own);
	k.object_id = id_make();
	CU_ASSERT_TRUE_FATAL(kept_answer_claim(fx_conn, &k, &state, &sealed, &err));
	CU_ASSERT_TRUE(state == KEPT_SAME && !k.own);
	buf_release(&sealed);
	kx_end();
}

static CU_TestInfo tests[] = {
	{"a repeat is given the first answer and makes nothing", a_repeat_is_given_the_first_answer_and_makes_nothing},
	{"another body is a conflict", another_body_is_a_conflict},
	{"an answer is kept for a day and no longer", an_answer_is_kept_for_a_day_and_no_longer},
	{"an answer may be kept for longer", an_answer_may_be_kept_for_longer},
	{"what is refused is not kept", what_is_refused_is_not_kept},
	{"a repeat is answered though what it asks for has become wrong",
	 a_repeat_is_answered_though_what_it_asks_for_has_become_wrong},
	{"no key is in the database in clear", no_key_is_in_the_database_in_clear},
	{"an answer that was copied to another record does not open", an_answer_that_was_copied_to_another_record_does_not_open},
	{"kept answers are sealed anew under the active key", kept_answers_are_sealed_anew_under_the_active_key},
	{"of repeats at once one makes it", of_repeats_at_once_one_makes_it},
	{"a repeat waits for the first and is given its outcome", a_repeat_waits_for_the_first_and_is_given_its_outcome},
	{"a repeat of what was undone meanwhile is the first", a_repeat_of_what_was_undone_meanwhile_is_the_first},
	{"a key is made once though the answer to COMMIT is lost", a_key_is_made_once_though_the_answer_to_commit_is_lost},
	{"a key is rotated once though the answer to COMMIT is lost", a_key_is_rotated_once_though_the_answer_to_commit_is_lost},
	{"the answer is there without an Idempotency-Key, too", the_answer_is_there_without_an_idempotency_key_too},
	{"the hundredth key is not taken for one too many", the_hundredth_key_is_not_taken_for_one_too_many},
	{"an attempt that lands late is told from another request", an_attempt_that_lands_late_is_told_from_another_request},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo once_suite = {"made once", fx_open, fx_close, NULL, NULL, tests};
