/* Who asks (core/auth.h): for how long what is known of a key is kept. */
#include <string.h>

#include "base/clock.h"
#include "core/auth.h"
#include "queue_fixture.h"
#include "request_suites.h"
#include "secrets_fixture.h"

/* Clocks that only a test moves. */
static _Atomic int64_t now_ms, now_us;

static int64_t wall(void)
{
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

static CU_TestInfo tests[] = {
	{"a key that is known is not looked up again", a_key_that_is_known_is_not_looked_up_again},
	{"a revoked key is refused after four seconds", a_revoked_key_is_refused_after_four_seconds},
	{"a key that is forgotten is looked up at once", a_key_that_is_forgotten_is_looked_up_at_once},
	{"a key expires at its instant, though it is known", a_key_expires_at_its_instant_though_it_is_known},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo auth_suite = {"who asks", fx_open, fx_close, NULL, NULL, tests};
