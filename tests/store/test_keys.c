/* API keys (core/keys.h), and POSTs that are done once for an Idempotency-Key (core/once.h). */
#include "queue_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/keys.h"
#include "core/reseal.h"
#include "db_proxy.h"
#include "store/secret_states.h"
#include "request_suites.h"
#include "secrets_fixture.h"

#define DAY_MS (INT64_C(86400) * 1000)

static const struct actor ann = {.kind = ACTOR_SESSION, .address = "192.0.2.7"};
static struct secrets *secrets;
static struct keys keys;

/* A clock that only a test moves. */
static _Atomic int64_t now_ms;

static int64_t wall(void)
{
	return now_ms;
}

static void given_an_account(void)
{
	fx_empty();
	fx_account(7, 3);
	secrets = fx_secrets();
	keys = (struct keys){.db = fx_db, .secrets = secrets};
	now_ms = clock_now_ms() - clock_offset_ms();
	clock_set_source(wall, NULL);
}

static void over(void)
{
	clock_set_source(NULL, NULL);
	secrets_free(secrets);
	fx_keys_remove();
}

/* ---- asking ---- */

static struct made_key wanted(const char *name)
{
	struct made_key k = {.row.scopes = SCOPE_AGENTS_READ};
	struct error err;

	CU_ASSERT_TRUE_FATAL(key_name(&k.row, name, &err));
	return k;
}

static struct made_key made(const char *name)
{
	struct made_key k = wanted(name);
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(keys_create(&keys, &ann, 7, &k, NULL, &err));
	return k;
}

static void render(const void *made, struct buf *out)
{
	buf_adds(out, ((const struct made_key *)made)->key);
}

/* What came of a request with an Idempotency-Key: the answer is the key itself. */
struct outcome { bool ok, replayed; char answer[64]; struct error err; };

static struct outcome ask(const char *idempotency_key, const char *body, struct made_key k)
{
	struct outcome o = {.err = {0}};
	struct once once;

	once_init(&once, secrets, 7, 201, render);
	o.ok = once_key(&once, "POST", "/api/keys", NULL, idempotency_key, body, strlen(body), &o.err) &&
	       keys_create(&keys, &ann, 7, &k, &once, &o.err);
	o.replayed = once.replayed;
	snprintf(o.answer, sizeof o.answer, "%s", buf_str(&once.answer));
	once_release(&once);
	return o;
}

static struct api_key now_of(const struct id *id)
{
	struct api_key row;
	struct error err;
	bool found;

	CU_ASSERT_TRUE_FATAL(api_key_find(fx_conn, 7, id, &row, &found, &err) && found);
	return row;
}

static bool rotated(const struct id *id, int64_t overlap_s, struct made_key *k, struct error *err)
{
	*err = (struct error){0};
	return keys_rotate(&keys, &ann, 7, id, overlap_s, k, NULL, err);
}

/* ---- making ---- */

static void a_new_key_is_found_by_its_hash(void)
{
	struct key_hash hashes[SECRET_KEYS_MAX];
	struct principal p;
	struct made_key k;
	struct error err;
	bool found;

	given_an_account();
	k = made("CI");
	CU_ASSERT_TRUE_FATAL(principal_load(fx_conn, hashes, secrets_key_hashes(secrets, k.key, hashes), &p, &found, &err));
	CU_ASSERT_TRUE_FATAL(found);
	CU_ASSERT_EQUAL(id_cmp(&p.key_id, &k.row.id), 0);
	principal_release(&p);
	over();
}

static void no_more_than_a_hundred_are_valid_at_once(void)
{
	struct error err = {0};
	struct made_key k;
	unsigned i;

	given_an_account();
	for (i = 0; i < KEYS_MAX; i++)
		k = made("k");
	CU_ASSERT_FALSE(keys_create(&keys, &ann, 7, &k, NULL, &err));
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), KEYS_MAX);
	CU_ASSERT_EQUAL(k.key[0], '\0');
	over();
}

static void keys_that_are_over_leave_room(void)
{
	struct error err = {0};
	struct made_key k, brief = wanted("brief");
	struct api_key row;
	unsigned i;

	given_an_account();
	brief.row.expires_at = clock_now_ms() + 1000;
	CU_ASSERT_TRUE_FATAL(keys_create(&keys, &ann, 7, &brief, NULL, &err));
	for (i = 0; i < KEYS_MAX - 1; i++)
		k = made("k");
	CU_ASSERT_TRUE(keys_revoke(&keys, &ann, 7, &k.row.id, &row, &err));
	made("in the place of the revoked one");
	now_ms += 1000;
	made("in the place of the expired one");
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), KEYS_MAX + 2);
	over();
}

/* ---- once ---- */

static void a_repeat_is_given_the_first_answer_and_makes_nothing(void)
{
	struct outcome first, again;

	given_an_account();
	first = ask("a", "{}", wanted("CI"));
	again = ask("a", "{}", wanted("CI"));
	CU_ASSERT_TRUE(first.ok && again.ok && !first.replayed && again.replayed);
	CU_ASSERT_STRING_EQUAL(first.answer, again.answer);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'key.create'"), 1);
	over();
}

static void another_body_is_a_conflict(void)
{
	struct outcome o;

	given_an_account();
	ask("a", "{}", wanted("CI"));
	o = ask("a", "{} ", wanted("CI"));
	CU_ASSERT_FALSE(o.ok);
	CU_ASSERT_EQUAL(o.err.code, ERR_CONFLICT);
	over();
}

static void an_answer_is_kept_for_a_day_and_no_longer(void)
{
	struct outcome first, last;

	given_an_account();
	first = ask("a", "{}", wanted("CI"));
	now_ms += DAY_MS - 1;
	CU_ASSERT_STRING_EQUAL(ask("a", "{}", wanted("CI")).answer, first.answer);
	now_ms += 1;
	last = ask("a", "{\"other\": 1}", wanted("CI"));
	CU_ASSERT_TRUE(last.ok && !last.replayed);
	CU_ASSERT_STRING_NOT_EQUAL(last.answer, first.answer);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM kept_answers"), 1);
	CU_ASSERT_STRING_EQUAL(ask("a", "{\"other\": 1}", wanted("CI")).answer, last.answer);
	over();
}

static void what_is_refused_is_not_kept(void)
{
	struct made_key late = wanted("CI");
	struct outcome o;

	given_an_account();
	late.row.expires_at = clock_now_ms();
	o = ask("a", "{}", late);
	CU_ASSERT_FALSE(o.ok);
	CU_ASSERT_STRING_EQUAL(o.err.field, "expires_at");
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM kept_answers"), 0);
	o = ask("a", "{}", wanted("CI"));
	CU_ASSERT_TRUE(o.ok && !o.replayed);
	over();
}

static void a_repeat_is_answered_though_what_it_asks_for_has_become_wrong(void)
{
	struct made_key brief = wanted("CI");
	struct outcome first, again;

	given_an_account();
	brief.row.expires_at = clock_now_ms() + 1000;
	first = ask("a", "{}", brief);
	CU_ASSERT_TRUE(first.ok);
	now_ms += 2000;
	again = ask("a", "{}", brief);
	CU_ASSERT_TRUE(again.ok && again.replayed);
	CU_ASSERT_STRING_EQUAL(first.answer, again.answer);
	over();
}

static void no_key_is_in_the_database_in_clear(void)
{
	static const char sql[] = "SELECT COUNT(*) FROM kept_answers WHERE LOCATE(?, answer) > 0";
	struct outcome o;
	struct db_arg shown;
	struct error err;
	int64_t n = 1;

	given_an_account();
	o = ask("a", "{}", wanted("CI"));
	shown = db_bytes(o.answer, API_KEY_SHOWN);
	CU_ASSERT_TRUE(db_query_int(fx_conn, sql, &shown, 1, &n, NULL, &err));
	CU_ASSERT_EQUAL(n, 0);
	over();
}

static void an_answer_that_was_copied_to_another_record_does_not_open(void)
{
	struct outcome o;
	struct error err;

	given_an_account();
	ask("a", "{}", wanted("CI"));
	ask("b", "{}", wanted("CI"));
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE kept_answers k JOIN (SELECT MIN(answer) AS one FROM kept_answers) o"
	                                 " SET k.answer = o.one", &err));
	o = ask("a", "{}", wanted("CI"));
	if (o.ok)
		o = ask("b", "{}", wanted("CI"));
	CU_ASSERT_FALSE(o.ok);
	CU_ASSERT_EQUAL(o.err.code, ERR_INTERNAL);
	over();
}

static void kept_answers_are_sealed_anew_under_the_active_key(void)
{
	struct outcome first, again;
	struct reseal_batch b;
	struct error err = {0};
	bool done;

	given_an_account();
	first = ask("a", "{}", wanted("CI"));
	ask("b", "{}", wanted("CI"));
	fx_keys_write(SECRET_SEAL, "s1 s2");
	secrets_refresh(secrets);
	CU_ASSERT_TRUE_FATAL(secret_made(fx_conn, SECRET_SEAL, "s2", "here", clock_now_ms(), &err));
	CU_ASSERT_TRUE_FATAL(secret_activate(fx_db, SECRET_SEAL, "s2", clock_now_ms() + DAY_MS, clock_now_ms(), fx_audit(),
	                                     &done, &err));
	CU_ASSERT_TRUE_FATAL(done && reseal_run(fx_db, secrets, INT64_MAX, NULL, &b, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM kept_answers WHERE LEFT(answer, 5) = 'v1\x02s2'"), 2);
	again = ask("a", "{}", wanted("CI"));
	CU_ASSERT_TRUE(again.replayed);
	CU_ASSERT_STRING_EQUAL(again.answer, first.answer);
	over();
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
	*(struct outcome *)arg = ask("a", "{}", wanted("CI"));
	return NULL;
}

static void of_repeats_at_once_one_makes_it(void)
{
	struct outcome o[REPEATS];
	pthread_t threads[REPEATS];
	unsigned i, first = 0;

	given_an_account();
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
	over();
}

static void *make_at_once(void *arg)
{
	struct made_key k = wanted("one too many?");
	struct error err = {0};

	pthread_barrier_wait(&gate);
	*(bool *)arg = keys_create(&keys, &ann, 7, &k, NULL, &err);
	return NULL;
}

static void of_several_at_once_one_is_the_hundredth(void)
{
	pthread_t threads[REPEATS];
	bool made_it[REPEATS];
	unsigned i;

	given_an_account();
	for (i = 0; i < KEYS_MAX - 1; i++)
		made("k");
	pthread_barrier_init(&gate, NULL, REPEATS);
	for (i = 0; i < REPEATS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, make_at_once, &made_it[i]), 0);
	for (i = 0; i < REPEATS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&gate);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), KEYS_MAX);
	over();
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
	CU_ASSERT_TRUE_FATAL(c && db_begin(c, &err));
	CU_ASSERT_TRUE(kept_answer_claim(c, &k, state, &sealed, &err));
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
	given_an_account();
	over();
	CU_ASSERT_EQUAL(claimed_while_under_way(true), KEPT_SAME);
}

static void a_repeat_of_what_was_undone_meanwhile_is_the_first(void)
{
	given_an_account();
	over();
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
	direct = keys.db;
	keys.db = db_open(&cfg, 2, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(keys.db);
	proxy_cut(proxy, how, COMMAND_QUERY, "COMMIT");
}

static void uncut(void)
{
	CU_ASSERT_TRUE(proxy_has_cut(proxy));
	db_close(keys.db);
	proxy_stop(proxy);
	keys.db = direct;
}

static const enum proxy_cut cuts[] = {CUT_BEFORE, CUT_WITHOUT_ANSWER, CUT_AFTER_ANSWER};

static void a_key_is_made_once_though_the_answer_to_commit_is_lost(void)
{
	struct outcome first, again;
	unsigned i;

	for (i = 0; i < 3; i++) {
		given_an_account();
		cut_the_next_commit(cuts[i]);
		first = ask("a", "{}", wanted("CI"));
		uncut();
		again = ask("a", "{}", wanted("CI"));
		CU_ASSERT_TRUE(first.ok && !first.replayed && again.replayed);
		CU_ASSERT_STRING_EQUAL(first.answer, again.answer);
		CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 1);
		CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'key.create'"), 1);
		over();
	}
}

static void a_key_is_rotated_once_though_the_answer_to_commit_is_lost(void)
{
	struct made_key old, new;
	struct error err;
	unsigned i;

	for (i = 0; i < 3; i++) {
		given_an_account();
		old = made("CI");
		cut_the_next_commit(cuts[i]);
		CU_ASSERT_TRUE(rotated(&old.row.id, 60, &new, &err));
		uncut();
		CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 2);
		CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'key.rotate'"), 1);
		CU_ASSERT_EQUAL(strlen(new.key), API_KEY_LEN);
		over();
	}
}

/* Nobody asks for a repeat then, but for the answer all the same. */
static void the_answer_is_there_without_an_idempotency_key_too(void)
{
	struct made_key old, k;
	struct once once;
	struct error err = {0};

	given_an_account();
	old = made("CI");
	once_init(&once, secrets, 7, 201, render);
	cut_the_next_commit(CUT_AFTER_ANSWER);
	CU_ASSERT_TRUE(keys_rotate(&keys, &ann, 7, &old.row.id, 60, &k, &once, &err));
	uncut();
	CU_ASSERT_STRING_EQUAL(buf_str(&once.answer), k.key);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 2);
	k = wanted("CI");
	cut_the_next_commit(CUT_AFTER_ANSWER);
	CU_ASSERT_TRUE(keys_create(&keys, &ann, 7, &k, &once, &err));
	uncut();
	CU_ASSERT_STRING_EQUAL(buf_str(&once.answer), k.key);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 3);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log"), 3);
	once_release(&once);
	over();
}

static void the_hundredth_key_is_not_taken_for_one_too_many(void)
{
	struct made_key k;
	struct error err = {0};
	unsigned i;

	given_an_account();
	for (i = 0; i < KEYS_MAX - 1; i++)
		made("k");
	k = wanted("the hundredth");
	cut_the_next_commit(CUT_AFTER_ANSWER);
	CU_ASSERT_TRUE(keys_create(&keys, &ann, 7, &k, NULL, &err));
	uncut();
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), KEYS_MAX);
	over();
}

static void an_attempt_that_lands_late_is_told_from_another_request(void)
{
	struct kept_answer k = {.account_id = 7, .object_id = id_make(), .now_ms = clock_now_ms(), .status = 201};
	enum kept_state state;
	struct error err = {0};
	struct buf sealed;

	given_an_account();
	buf_init(&sealed, 1024);
	CU_ASSERT_TRUE_FATAL(kept_answer_claim(fx_conn, &k, &state, &sealed, &err));
	CU_ASSERT_TRUE_FATAL(kept_answer_put(fx_conn, &k, "sealed", 6, &err));
	CU_ASSERT_TRUE_FATAL(kept_answer_claim(fx_conn, &k, &state, &sealed, &err));
	CU_ASSERT_TRUE(state == KEPT_SAME && k.own);
	k.object_id = id_make();
	CU_ASSERT_TRUE_FATAL(kept_answer_claim(fx_conn, &k, &state, &sealed, &err));
	CU_ASSERT_TRUE(state == KEPT_SAME && !k.own);
	buf_release(&sealed);
	over();
}

/* ---- rotating and revoking ---- */

static void the_old_key_expires_after_the_overlap(void)
{
	struct made_key old, new;
	struct api_key row;
	struct error err;

	given_an_account();
	old = made("CI");
	CU_ASSERT_TRUE_FATAL(rotated(&old.row.id, 60, &new, &err));
	row = now_of(&old.row.id);
	CU_ASSERT_EQUAL(row.expires_at, clock_now_ms() + 60000);
	CU_ASSERT_TRUE(row.has_replacement && id_cmp(&row.replaced_by, &new.row.id) == 0);
	CU_ASSERT_STRING_EQUAL(new.row.name, "CI");
	CU_ASSERT_EQUAL(new.row.expires_at, 0);
	CU_ASSERT_STRING_NOT_EQUAL(new.key, old.key);
	over();
}

static void the_old_key_expires_no_later_than_it_would_have(void)
{
	struct made_key old = wanted("CI"), new;
	struct error err = {0};

	given_an_account();
	old.row.expires_at = clock_now_ms() + 5000;
	CU_ASSERT_TRUE_FATAL(keys_create(&keys, &ann, 7, &old, NULL, &err));
	now_ms += 1000;
	CU_ASSERT_TRUE_FATAL(rotated(&old.row.id, 60, &new, &err));
	CU_ASSERT_EQUAL(now_of(&old.row.id).expires_at, old.row.expires_at);
	CU_ASSERT_EQUAL(new.row.expires_at, clock_now_ms() + 5000);
	over();
}

static void a_key_that_is_over_is_not_rotated(void)
{
	struct made_key replaced, revoked, expired = wanted("CI"), new;
	struct id unknown = id_make();
	struct api_key row;
	struct error err = {0};

	given_an_account();
	replaced = made("CI");
	revoked = made("CI");
	expired.row.expires_at = clock_now_ms() + 1;
	CU_ASSERT_TRUE_FATAL(keys_create(&keys, &ann, 7, &expired, NULL, &err));
	now_ms += 1;
	CU_ASSERT_TRUE_FATAL(rotated(&replaced.row.id, 60, &new, &err) && keys_revoke(&keys, &ann, 7, &revoked.row.id, &row, &err));
	CU_ASSERT_TRUE(!rotated(&replaced.row.id, 60, &new, &err) && err.code == ERR_CONFLICT);
	CU_ASSERT_TRUE(!rotated(&revoked.row.id, 60, &new, &err) && err.code == ERR_CONFLICT);
	CU_ASSERT_TRUE(!rotated(&expired.row.id, 60, &new, &err) && err.code == ERR_CONFLICT);
	CU_ASSERT_TRUE(!rotated(&unknown, 60, &new, &err) && err.code == ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 4);
	over();
}

static void a_key_s_networks_and_budget_pass_to_its_successor(void)
{
	struct made_key old = wanted("CI"), new;
	struct error err = {0};
	struct api_key *list;
	struct arena a;
	unsigned n;

	given_an_account();
	CU_ASSERT_TRUE(key_add_network(&old.row, "10.0.0.0/8", 10, "", &err) && key_add_network(&old.row, "::1", 3, "", &err));
	old.row.has_budget = true;
	old.row.tokens_per_month = 500;
	CU_ASSERT_TRUE_FATAL(keys_create(&keys, &ann, 7, &old, NULL, &err) && rotated(&old.row.id, 60, &new, &err));
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(keys_list(&keys, 7, &a, &list, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_EQUAL(list[1].network_count, 2);
	CU_ASSERT_EQUAL(memcmp(list[1].networks, old.row.networks, 2 * sizeof *old.row.networks), 0);
	CU_ASSERT_TRUE(list[1].has_budget && list[1].tokens_per_month == 500);
	arena_release(&a);
	over();
}

static bool let_in(const struct made_key *k)
{
	char header[sizeof "Bearer " + API_KEY_LEN];
	struct credentials c = {.authorization = header};
	struct auth_entry *e;
	struct error err;

	snprintf(header, sizeof header, "Bearer %s", k->key);
	if (!auth_check(keys.auth, &c, false, &e, &err))
		return false;
	auth_release(e);
	return true;
}

static void a_key_is_revoked_once(void)
{
	struct made_key k;
	struct api_key row;
	struct error err = {0};
	int64_t at;

	given_an_account();
	k = made("CI");
	CU_ASSERT_TRUE(keys_revoke(&keys, &ann, 7, &k.row.id, &row, &err));
	at = row.revoked_at;
	now_ms += 1000;
	CU_ASSERT_TRUE(keys_revoke(&keys, &ann, 7, &k.row.id, &row, &err));
	CU_ASSERT_EQUAL(row.revoked_at, at);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'key.revoke'"), 1);
	CU_ASSERT_FALSE(keys_revoke(&keys, &ann, 8, &k.row.id, &row, &err));
	CU_ASSERT_EQUAL(err.code, ERR_NOT_FOUND);
	over();
}

static void what_is_revoked_or_replaced_is_forgotten_here_at_once(void)
{
	struct made_key revoked, replaced, new;
	struct api_key row;
	struct error err = {0};

	given_an_account();
	keys.auth = auth_new(fx_db, secrets);
	revoked = made("CI");
	replaced = made("CI");
	CU_ASSERT_TRUE(let_in(&revoked) && let_in(&replaced));
	CU_ASSERT_TRUE(keys_revoke(&keys, &ann, 7, &revoked.row.id, &row, &err));
	CU_ASSERT_FALSE(let_in(&revoked));
	CU_ASSERT_TRUE(rotated(&replaced.row.id, 0, &new, &err));
	CU_ASSERT_FALSE(let_in(&replaced));
	CU_ASSERT_TRUE(let_in(&new));
	auth_free(keys.auth);
	over();
}

static CU_TestInfo tests[] = {
	{"a new key is found by its hash", a_new_key_is_found_by_its_hash},
	{"no more than a hundred are valid at once", no_more_than_a_hundred_are_valid_at_once},
	{"keys that are over leave room", keys_that_are_over_leave_room},
	{"a repeat is given the first answer and makes nothing", a_repeat_is_given_the_first_answer_and_makes_nothing},
	{"another body is a conflict", another_body_is_a_conflict},
	{"an answer is kept for a day and no longer", an_answer_is_kept_for_a_day_and_no_longer},
	{"what is refused is not kept", what_is_refused_is_not_kept},
	{"a repeat is answered though what it asks for has become wrong",
	 a_repeat_is_answered_though_what_it_asks_for_has_become_wrong},
	{"no key is in the database in clear", no_key_is_in_the_database_in_clear},
	{"an answer that was copied to another record does not open", an_answer_that_was_copied_to_another_record_does_not_open},
	{"kept answers are sealed anew under the active key", kept_answers_are_sealed_anew_under_the_active_key},
	{"of repeats at once one makes it", of_repeats_at_once_one_makes_it},
	{"of several at once one is the hundredth", of_several_at_once_one_is_the_hundredth},
	{"a repeat waits for the first and is given its outcome", a_repeat_waits_for_the_first_and_is_given_its_outcome},
	{"a repeat of what was undone meanwhile is the first", a_repeat_of_what_was_undone_meanwhile_is_the_first},
	{"a key is made once though the answer to COMMIT is lost", a_key_is_made_once_though_the_answer_to_commit_is_lost},
	{"a key is rotated once though the answer to COMMIT is lost", a_key_is_rotated_once_though_the_answer_to_commit_is_lost},
	{"the answer is there without an Idempotency-Key, too", the_answer_is_there_without_an_idempotency_key_too},
	{"the hundredth key is not taken for one too many", the_hundredth_key_is_not_taken_for_one_too_many},
	{"an attempt that lands late is told from another request", an_attempt_that_lands_late_is_told_from_another_request},
	{"the old key expires after the overlap", the_old_key_expires_after_the_overlap},
	{"the old key expires no later than it would have", the_old_key_expires_no_later_than_it_would_have},
	{"a key that is over is not rotated", a_key_that_is_over_is_not_rotated},
	{"a key's networks and budget pass to its successor", a_key_s_networks_and_budget_pass_to_its_successor},
	{"a key is revoked once", a_key_is_revoked_once},
	{"what is revoked or replaced is forgotten here at once", what_is_revoked_or_replaced_is_forgotten_here_at_once},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo keys_suite = {"API keys", fx_open, fx_close, NULL, NULL, tests};
