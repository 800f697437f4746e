/* Who asks (core/auth.h): for how long what is known of a key is kept. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/auth.h"
#include "queue_fixture.h"
#include "request_suites.h"
#include "secrets_fixture.h"

/* Clocks that only a test moves. */
static _Atomic int64_t now_ms, now_us;
static _Atomic int64_t step_us;  /* how much passes with a look-up: the wall clock is read in it */

static int64_t wall(void)
{
	now_us += step_us;
	return now_ms;
}

static int64_t mono(void)
{
	return now_us;
}

static struct secrets *secrets;
static struct auth *auth;
static struct api_key key;
static char header[sizeof "Bearer " + API_KEY_LEN];
static const struct credentials asking = {.authorization = header};
static struct error err;

/* An account with one key. */
static void given_a_key(int64_t expires_at)
{
	char text[API_KEY_LEN + 1];
	struct secret_key pepper = fx_key("p1");
	uint8_t hash[SHA256_SIZE];

	fx_empty();
	fx_account(7, 3);
	crypto_key_make(text);
	crypto_key_hash(&pepper, text, API_KEY_LEN, hash);
	snprintf(header, sizeof header, "Bearer %s", text);
	key = (struct api_key){.id = id_make(), .account_id = 7, .name = "CI", .shown = "agv_live_abcd",
	                       .scopes = SCOPE_AGENTS_READ, .created_at = 1000, .expires_at = expires_at};
	CU_ASSERT_TRUE_FATAL(api_key_create(fx_conn, &key, hash, "p1", &err));
	secrets = fx_secrets();
	auth = auth_new(fx_db, secrets);
	now_us = clock_mono_us();
	now_ms = clock_now_ms() - clock_offset_ms();
	clock_set_source(wall, mono);
}

static void over(void)
{
	clock_set_source(NULL, NULL);
	auth_free(auth);
	secrets_free(secrets);
	fx_keys_remove();
}

static bool let_in(void)
{
	struct auth_entry *e;

	err = (struct error){0};
	if (!auth_check(auth, &asking, false, &e, &err))
		return false;
	auth_release(e);
	return true;
}

static void revoke(void)
{
	struct error failed;

	CU_ASSERT_TRUE(api_key_revoke(fx_conn, 7, &key.id, 2000, &failed));
}

static void a_key_that_is_known_is_not_looked_up_again(void)
{
	uint64_t before;

	given_a_key(0);
	CU_ASSERT_TRUE(let_in());
	before = db_counters(fx_db).statements;
	CU_ASSERT_TRUE(let_in());
	CU_ASSERT_EQUAL(db_counters(fx_db).statements, before);
	over();
}

static void a_revoked_key_is_refused_after_four_seconds(void)
{
	given_a_key(0);
	CU_ASSERT_TRUE(let_in());
	revoke();
	now_us += 3999999;
	CU_ASSERT_TRUE(let_in());
	now_us += 1;
	CU_ASSERT_FALSE(let_in());
	CU_ASSERT_STRING_EQUAL(err.message, "The API key was revoked");
	over();
}

static void what_was_looked_up_slowly_is_kept_no_longer(void)
{
	int64_t began_us;

	given_a_key(0);
	began_us = now_us;
	step_us = 500000;
	CU_ASSERT_TRUE(let_in());
	step_us = 0;
	CU_ASSERT_TRUE(now_us > began_us);
	revoke();
	now_us = began_us + 3999999;
	CU_ASSERT_TRUE(let_in());
	now_us++;
	CU_ASSERT_FALSE(let_in());
	over();
}

static void a_key_that_is_forgotten_is_looked_up_at_once(void)
{
	given_a_key(0);
	CU_ASSERT_TRUE(let_in());
	revoke();
	auth_forget(auth);
	CU_ASSERT_FALSE(let_in());
	over();
}

static void a_key_expires_at_its_instant_though_it_is_known(void)
{
	given_a_key(clock_now_ms() + 3600000);
	CU_ASSERT_TRUE(let_in());
	now_ms = key.expires_at - clock_offset_ms() - 1;
	CU_ASSERT_TRUE(let_in());
	now_ms += 1;
	CU_ASSERT_FALSE(let_in());
	CU_ASSERT_STRING_EQUAL(err.message, "The API key has expired");
	over();
}

/* "p1" was active, "p2" is. */
static void given_another_active_pepper(void)
{
	char id[SECRET_ID_SIZE] = "p1";
	bool done;

	CU_ASSERT_TRUE_FATAL(secret_pin(fx_conn, SECRET_PEPPER, "h", 1, id, &err));
	CU_ASSERT_TRUE_FATAL(secret_made(fx_conn, SECRET_PEPPER, "p2", "h", 2, &err));
	CU_ASSERT_TRUE_FATAL(secret_activate(fx_db, SECRET_PEPPER, "p2", 0, 3, fx_audit(), &done, &err));
}

static bool is_hashed_under(const char *pepper)
{
	struct secret_key k = fx_key(pepper);
	uint8_t hash[SHA256_SIZE];
	struct db_arg args[2];
	int64_t n = 0;

	crypto_key_hash(&k, header + strlen("Bearer "), API_KEY_LEN, hash);
	args[0] = db_bytes(hash, sizeof hash);
	args[1] = db_str(pepper);
	CU_ASSERT_TRUE(db_query_int(fx_conn, "SELECT COUNT(*) FROM api_keys WHERE hash = ? AND pepper_id = ?", args, 2, &n, NULL,
	                            &err));
	return n == 1;
}

static void a_key_is_hashed_under_the_active_pepper_when_it_is_used(void)
{
	given_a_key(0);
	fx_keys_write(SECRET_PEPPER, "p1 p2");
	secrets_refresh(secrets);
	given_another_active_pepper();
	CU_ASSERT_TRUE(let_in());
	CU_ASSERT_TRUE(is_hashed_under("p2"));
	now_us += 4000000;
	CU_ASSERT_TRUE(let_in());
	over();
}

static void a_key_in_the_cache_stays_known_over_a_rotation(void)
{
	uint64_t before;

	given_a_key(0);
	CU_ASSERT_TRUE(let_in());
	fx_keys_write(SECRET_PEPPER, "p1 p2");
	secrets_refresh(secrets);
	before = db_counters(fx_db).statements;
	CU_ASSERT_TRUE(let_in());
	CU_ASSERT_EQUAL(db_counters(fx_db).statements, before);
	over();
}

static void a_key_under_a_pepper_that_came_meanwhile_is_found(void)
{
	struct key_hash h;

	given_a_key(0);
	given_another_active_pepper();
	fx_keys_write(SECRET_PEPPER, "p1 p2");
	/* another process, which has read the file, has hashed it anew */
	CU_ASSERT_TRUE(secrets_know(secrets, SECRET_PEPPER, "p2"));
	CU_ASSERT_TRUE(secrets_hash_under(secrets, "p2", header + strlen("Bearer "), &h));
	CU_ASSERT_TRUE(api_key_rehash(fx_conn, &key.id, "p1", &h, &err));
	auth_free(auth);
	secrets_free(secrets);
	fx_keys_write(SECRET_PEPPER, "p1");
	secrets = fx_secrets();
	auth = auth_new(fx_db, secrets);
	fx_keys_write(SECRET_PEPPER, "p1 p2");
	CU_ASSERT_TRUE(let_in());
	over();
}

static void where_the_active_pepper_is_missing_no_key_is_called_unknown(void)
{
	struct error failed;

	given_a_key(0);
	given_another_active_pepper();
	/* as another host, which has that pepper, hashes it */
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE api_keys SET hash = REPEAT('x', 32), pepper_id = 'p2'", &failed));
	CU_ASSERT_FALSE(let_in());
	CU_ASSERT_EQUAL(err.code, ERR_UNAVAILABLE);
	CU_ASSERT_TRUE(err.retry_after > 0);
	fx_keys_write(SECRET_PEPPER, "p1 p2");
	CU_ASSERT_FALSE(let_in());
	CU_ASSERT_EQUAL(err.code, ERR_UNAUTHORIZED);
	over();
}

static void a_key_is_let_in_though_the_active_pepper_is_not_known_here(void)
{
	given_a_key(0);
	given_another_active_pepper();
	CU_ASSERT_TRUE(let_in());
	CU_ASSERT_TRUE(is_hashed_under("p1"));
	over();
}

static void a_key_is_let_in_though_it_cannot_be_hashed_anew(void)
{
	struct error failed;

	given_a_key(0);
	fx_keys_write(SECRET_PEPPER, "p1 p2");
	secrets_refresh(secrets);
	given_another_active_pepper();
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "CREATE TRIGGER refuse BEFORE UPDATE ON api_keys FOR EACH ROW"
	                                          " SIGNAL SQLSTATE '45000'", &failed));
	log_set_level(LOG_ERROR + 1);
	CU_ASSERT_TRUE(let_in());
	log_set_level(LOG_ERROR);
	CU_ASSERT_TRUE(db_run_text(fx_conn, "DROP TRIGGER refuse", &failed));
	CU_ASSERT_TRUE(is_hashed_under("p1"));
	over();
}

static void a_pepper_that_is_not_active_any_more_is_not_hashed_under(void)
{
	struct key_hash h;

	given_a_key(0);
	given_another_active_pepper();
	fx_keys_write(SECRET_PEPPER, "p1 p2 p3");
	CU_ASSERT_TRUE(secrets_know(secrets, SECRET_PEPPER, "p3"));
	CU_ASSERT_TRUE(secrets_hash_under(secrets, "p3", header + strlen("Bearer "), &h));
	CU_ASSERT_TRUE(api_key_rehash(fx_conn, &key.id, "p1", &h, &err));
	CU_ASSERT_TRUE(is_hashed_under("p1"));
	over();
}

/* ---- what is told of a key's use ---- */

/* Lets the key in past the cache; returns how many statements that took. */
static uint64_t looked_up(void)
{
	uint64_t before = db_counters(fx_db).statements;

	auth_forget(auth);
	let_in();
	return db_counters(fx_db).statements - before;
}

static int64_t last_used(void)
{
	return fx_number("SELECT COALESCE(MAX(last_used), 0) FROM api_keys");
}

static void the_use_of_a_key_is_written_down_once_a_minute_by_who_looks_it_up(void)
{
	uint64_t with_write, without;
	int64_t first;

	given_a_key(0);
	with_write = looked_up();
	first = last_used();
	CU_ASSERT_EQUAL(first, clock_now_ms());
	now_ms += API_KEY_USED_MS - 1;
	without = looked_up();
	CU_ASSERT_EQUAL(without + 1, with_write);
	CU_ASSERT_EQUAL(last_used(), first);
	now_ms += 1;
	CU_ASSERT_EQUAL(looked_up(), with_write);
	CU_ASSERT_EQUAL(last_used(), first + API_KEY_USED_MS);
	over();
}

static void who_finds_a_key_in_the_cache_writes_nothing(void)
{
	uint64_t before;

	given_a_key(0);
	CU_ASSERT_TRUE(let_in());
	now_ms += API_KEY_USED_MS;
	before = db_counters(fx_db).statements;
	CU_ASSERT_TRUE(let_in());
	CU_ASSERT_EQUAL(db_counters(fx_db).statements, before);
	over();
}

static void of_several_that_look_a_key_up_one_writes(void)
{
	struct error failed;

	given_a_key(0);
	CU_ASSERT_TRUE(api_key_used(fx_conn, &key.id, 100000, &failed));
	CU_ASSERT_TRUE(api_key_used(fx_conn, &key.id, 100000 + API_KEY_USED_MS - 1, &failed));
	CU_ASSERT_EQUAL(last_used(), 100000);
	over();
}

static void a_key_that_is_not_let_in_was_not_used(void)
{
	given_a_key(0);
	revoke();
	CU_ASSERT_FALSE(let_in());
	CU_ASSERT_EQUAL(last_used(), 0);
	over();
	given_a_key(clock_now_ms() - 1);
	CU_ASSERT_FALSE(let_in());
	CU_ASSERT_EQUAL(last_used(), 0);
	over();
}

/* ---- from where a key may be used ---- */

static bool may_come_from(const char *address)
{
	struct auth_entry *e;
	bool may;

	CU_ASSERT_TRUE_FATAL(auth_check(auth, &asking, false, &e, &err));
	may = principal_may_come_from(&e->principal, address, &err);
	auth_release(e);
	return may;
}

static void a_key_without_networks_is_used_from_anywhere(void)
{
	given_a_key(0);
	CU_ASSERT_TRUE(may_come_from("203.0.113.9") && may_come_from("unix:") && may_come_from(NULL));
	over();
}

static void a_key_is_used_from_its_networks_only(void)
{
	given_a_key(0);
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE api_keys SET allowed_networks = '192.0.2.0/25 2001:db8::/32'", &err));
	CU_ASSERT_TRUE(may_come_from("192.0.2.127") && may_come_from("2001:db8:9::1"));
	CU_ASSERT_TRUE(may_come_from("::ffff:192.0.2.1"));
	CU_ASSERT_FALSE(may_come_from("192.0.2.128"));
	CU_ASSERT_EQUAL(err.code, ERR_FORBIDDEN);
	CU_ASSERT_STRING_EQUAL(err.message, "The API key may not be used from 192.0.2.128");
	CU_ASSERT_FALSE(may_come_from("unix:"));
	CU_ASSERT_FALSE(may_come_from(NULL));
	CU_ASSERT_FALSE(may_come_from("192.0.2.1.example.com"));
	over();
}

static void a_network_that_is_damaged_lets_nobody_in(void)
{
	given_a_key(0);
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE api_keys SET allowed_networks = '192.0.2.0/2x'", &err));
	CU_ASSERT_FALSE(may_come_from("192.0.2.1") || may_come_from("0.0.0.0"));
	over();
}

static CU_TestInfo tests[] = {
	{"a key is hashed under the active pepper when it is used",
	 a_key_is_hashed_under_the_active_pepper_when_it_is_used},
	{"a key in the cache stays known over a rotation", a_key_in_the_cache_stays_known_over_a_rotation},
	{"a key under a pepper that came meanwhile is found", a_key_under_a_pepper_that_came_meanwhile_is_found},
	{"where the active pepper is missing no key is called unknown",
	 where_the_active_pepper_is_missing_no_key_is_called_unknown},
	{"a key is let in though the active pepper is not known here",
	 a_key_is_let_in_though_the_active_pepper_is_not_known_here},
	{"a key is let in though it cannot be hashed anew", a_key_is_let_in_though_it_cannot_be_hashed_anew},
	{"a pepper that is not active any more is not hashed under",
	 a_pepper_that_is_not_active_any_more_is_not_hashed_under},
	{"a key that is known is not looked up again", a_key_that_is_known_is_not_looked_up_again},
	{"a revoked key is refused after four seconds", a_revoked_key_is_refused_after_four_seconds},
	{"what was looked up slowly is kept no longer", what_was_looked_up_slowly_is_kept_no_longer},
	{"a key that is forgotten is looked up at once", a_key_that_is_forgotten_is_looked_up_at_once},
	{"a key expires at its instant, though it is known", a_key_expires_at_its_instant_though_it_is_known},
	{"the use of a key is written down once a minute, by who looks it up",
	 the_use_of_a_key_is_written_down_once_a_minute_by_who_looks_it_up},
	{"who finds a key in the cache writes nothing", who_finds_a_key_in_the_cache_writes_nothing},
	{"of several that look a key up one writes", of_several_that_look_a_key_up_one_writes},
	{"a key that is not let in was not used", a_key_that_is_not_let_in_was_not_used},
	{"a key without networks is used from anywhere", a_key_without_networks_is_used_from_anywhere},
	{"a key is used from its networks only", a_key_is_used_from_its_networks_only},
	{"a network that is damaged lets nobody in", a_network_that_is_damaged_lets_nobody_in},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo auth_suite = {"who asks", fx_open, fx_close, NULL, NULL, tests};
