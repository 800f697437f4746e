/* API keys (core/keys.h): made, rotated, revoked. */
#include "keys_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "request_suites.h"

/* ---- making ---- */

static void a_new_key_is_found_by_its_hash(void)
{
	struct key_hash hashes[SECRET_KEYS_MAX];
	struct principal p;
	struct made_key k;
	struct error err;
	bool found;

	kx_begin();
	k = kx_made("CI");
	CU_ASSERT_TRUE_FATAL(principal_load(fx_conn, hashes, secrets_key_hashes(kx_secrets, k.key, hashes), &p, &found, &err));
	CU_ASSERT_TRUE_FATAL(found);
	CU_ASSERT_EQUAL(id_cmp(&p.key_id, &k.row.id), 0);
	principal_release(&p);
	kx_end();
}

static void no_more_than_a_hundred_are_valid_at_once(void)
{
	struct error err = {0};
	struct made_key k;
	unsigned i;

	kx_begin();
	for (i = 0; i < KEYS_MAX; i++)
		k = kx_made("k");
	CU_ASSERT_FALSE(keys_create(&kx_keys, &kx_ann, 7, &k, NULL, &err));
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), KEYS_MAX);
	CU_ASSERT_EQUAL(k.key[0], '\0');
	kx_end();
}

static void keys_that_are_over_leave_room(void)
{
	struct error err = {0};
	struct made_key k, brief = kx_wanted("brief");
	struct api_key row;
	unsigned i;

	kx_begin();
	brief.row.expires_at = clock_now_ms() + 1000;
	CU_ASSERT_TRUE_FATAL(keys_create(&kx_keys, &kx_ann, 7, &brief, NULL, &err));
	for (i = 0; i < KEYS_MAX - 1; i++)
		k = kx_made("k");
	CU_ASSERT_TRUE(keys_revoke(&kx_keys, &kx_ann, 7, &k.row.id, &row, &err));
	kx_made("in the place of the revoked one");
	kx_now_ms += 1000;
	kx_made("in the place of the expired one");
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), KEYS_MAX + 2);
	kx_end();
}

#define MAKERS 8
static pthread_barrier_t gate;

static void *make_at_once(void *arg)
{
	struct made_key k = kx_wanted("one too many?");
	struct error err = {0};

	pthread_barrier_wait(&gate);
	*(bool *)arg = keys_create(&kx_keys, &kx_ann, 7, &k, NULL, &err);
	return NULL;
}

static void of_several_at_once_one_is_the_hundredth(void)
{
	pthread_t threads[MAKERS];
	bool made_it[MAKERS];
	unsigned i;

	kx_begin();
	for (i = 0; i < KEYS_MAX - 1; i++)
		kx_made("k");
	pthread_barrier_init(&gate, NULL, MAKERS);
	for (i = 0; i < MAKERS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, make_at_once, &made_it[i]), 0);
	for (i = 0; i < MAKERS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&gate);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), KEYS_MAX);
	kx_end();
}

/* ---- rotating and revoking ---- */

static struct api_key now_of(const struct id *id)
{
	struct api_key row;
	struct error err;
	bool found;

	CU_ASSERT_TRUE_FATAL(api_key_find(fx_conn, 7, id, &row, &found, &err) && found);
	return row;
}

static void the_old_key_expires_after_the_overlap(void)
{
	struct made_key old, new;
	struct api_key row;
	struct error err;

	kx_begin();
	old = kx_made("CI");
	CU_ASSERT_TRUE_FATAL(kx_rotated(&old.row.id, 60, &new, &err));
	row = now_of(&old.row.id);
	CU_ASSERT_EQUAL(row.expires_at, clock_now_ms() + 60000);
	CU_ASSERT_TRUE(row.has_replacement && id_cmp(&row.replaced_by, &new.row.id) == 0);
	CU_ASSERT_STRING_EQUAL(new.row.name, "CI");
	CU_ASSERT_EQUAL(new.row.expires_at, 0);
	CU_ASSERT_STRING_NOT_EQUAL(new.key, old.key);
	kx_end();
}

static void the_old_key_expires_no_later_than_it_would_have(void)
{
	struct made_key old = kx_wanted("CI"), new;
	struct error err = {0};

	kx_begin();
	old.row.expires_at = clock_now_ms() + 5000;
	CU_ASSERT_TRUE_FATAL(keys_create(&kx_keys, &kx_ann, 7, &old, NULL, &err));
	kx_now_ms += 1000;
	CU_ASSERT_TRUE_FATAL(kx_rotated(&old.row.id, 60, &new, &err));
	CU_ASSERT_EQUAL(now_of(&old.row.id).expires_at, old.row.expires_at);
	CU_ASSERT_EQUAL(new.row.expires_at, clock_now_ms() + 5000);
	kx_end();
}

static void a_key_that_is_over_is_not_rotated(void)
{
	struct made_key replaced, revoked, expired = kx_wanted("CI"), new;
	struct id unknown = id_make();
	struct api_key row;
	struct error err = {0};

	kx_begin();
	replaced = kx_made("CI");
	revoked = kx_made("CI");
	expired.row.expires_at = clock_now_ms() + 1;
	CU_ASSERT_TRUE_FATAL(keys_create(&kx_keys, &kx_ann, 7, &expired, NULL, &err));
	kx_now_ms += 1;
	CU_ASSERT_TRUE_FATAL(kx_rotated(&replaced.row.id, 60, &new, &err) && keys_revoke(&kx_keys, &kx_ann, 7, &revoked.row.id, &row, &err));
	CU_ASSERT_TRUE(!kx_rotated(&replaced.row.id, 60, &new, &err) && err.code == ERR_CONFLICT);
	CU_ASSERT_TRUE(!kx_rotated(&revoked.row.id, 60, &new, &err) && err.code == ERR_CONFLICT);
	CU_ASSERT_TRUE(!kx_rotated(&expired.row.id, 60, &new, &err) && err.code == ERR_CONFLICT);
	CU_ASSERT_TRUE(!kx_rotated(&unknown, 60, &new, &err) && err.code == ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM api_keys"), 4);
	kx_end();
}

static void a_key_s_networks_and_budget_pass_to_its_successor(void)
{
	struct made_key old = kx_wanted("CI"), new;
	struct error err = {0};
	struct api_key *list;
	struct arena a;
	unsigned n;

	kx_begin();
	CU_ASSERT_TRUE(key_add_network(&old.row, "10.0.0.0/8", 10, "", &err) && key_add_network(&old.row, "::1", 3, "", &err));
	old.row.has_budget = true;
	old.row.tokens_per_month = 500;
	CU_ASSERT_TRUE_FATAL(keys_create(&kx_keys, &kx_ann, 7, &old, NULL, &err) && kx_rotated(&old.row.id, 60, &new, &err));
	arena_init(&a);
	CU_ASSERT_TRUE_FATAL(keys_list(&kx_keys, 7, &a, &list, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_EQUAL(list[1].network_count, 2);
	CU_ASSERT_EQUAL(memcmp(list[1].networks, old.row.networks, 2 * sizeof *old.row.networks), 0);
	CU_ASSERT_TRUE(list[1].has_budget && list[1].tokens_per_month == 500);
	arena_release(&a);
	kx_end();
}

static bool let_in(const struct made_key *k)
{
	char header[sizeof "Bearer " + API_KEY_LEN];
	struct credentials c = {.authorization = header};
	struct auth_entry *e;
	struct error err;

	snprintf(header, sizeof header, "Bearer %s", k->key);
	if (!auth_check(kx_keys.auth, &c, false, &e, &err))
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

	kx_begin();
	k = kx_made("CI");
	CU_ASSERT_TRUE(keys_revoke(&kx_keys, &kx_ann, 7, &k.row.id, &row, &err));
	at = row.revoked_at;
	kx_now_ms += 1000;
	CU_ASSERT_TRUE(keys_revoke(&kx_keys, &kx_ann, 7, &k.row.id, &row, &err));
	CU_ASSERT_EQUAL(row.revoked_at, at);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'key.revoke'"), 1);
	CU_ASSERT_FALSE(keys_revoke(&kx_keys, &kx_ann, 8, &k.row.id, &row, &err));
	CU_ASSERT_EQUAL(err.code, ERR_NOT_FOUND);
	kx_end();
}

static void what_is_revoked_or_replaced_is_forgotten_here_at_once(void)
{
	struct made_key revoked, replaced, new;
	struct api_key row;
	struct error err = {0};

	kx_begin();
	kx_keys.auth = auth_new(fx_db, kx_secrets);
	revoked = kx_made("CI");
	replaced = kx_made("CI");
	CU_ASSERT_TRUE(let_in(&revoked) && let_in(&replaced));
	CU_ASSERT_TRUE(keys_revoke(&kx_keys, &kx_ann, 7, &revoked.row.id, &row, &err));
	CU_ASSERT_FALSE(let_in(&revoked));
	CU_ASSERT_TRUE(kx_rotated(&replaced.row.id, 0, &new, &err));
	CU_ASSERT_FALSE(let_in(&replaced));
	CU_ASSERT_TRUE(let_in(&new));
	auth_free(kx_keys.auth);
	kx_end();
}

static CU_TestInfo tests[] = {
	{"a new key is found by its hash", a_new_key_is_found_by_its_hash},
	{"no more than a hundred are valid at once", no_more_than_a_hundred_are_valid_at_once},
	{"keys that are over leave room", keys_that_are_over_leave_room},
	{"of several at once one is the hundredth", of_several_at_once_one_is_the_hundredth},
	{"the old key expires after the overlap", the_old_key_expires_after_the_overlap},
	{"the old key expires no later than it would have", the_old_key_expires_no_later_than_it_would_have},
	{"a key that is over is not rotated", a_key_that_is_over_is_not_rotated},
	{"a key's networks and budget pass to its successor", a_key_s_networks_and_budget_pass_to_its_successor},
	{"a key is revoked once", a_key_is_revoked_once},
	{"what is revoked or replaced is forgotten here at once", what_is_revoked_or_replaced_is_forgotten_here_at_once},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo keys_suite = {"API keys", fx_open, fx_close, NULL, NULL, tests};
