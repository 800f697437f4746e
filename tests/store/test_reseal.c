/* Sealing anew what is sealed (store/reseal.h, core/reseal.h). */
#include <string.h>

#include "base/clock.h"
#include "core/reseal.h"
#include "queue_fixture.h"
#include "request_suites.h"
#include "secrets_fixture.h"

static struct secrets *secrets;
static struct error err;

static struct buf sealed(const char *id, const char *context)
{
	struct secret_key k = fx_key(id);
	struct buf b;

	buf_init(&b, 4096);
	CU_ASSERT_TRUE_FATAL(crypto_seal(&k, context, context, strlen(context), &b, &err));
	return b;
}

static void exec(const char *sql, const struct db_arg *args, unsigned n)
{
	CU_ASSERT_TRUE_FATAL(db_exec(fx_conn, sql, args, n, NULL, &err));
}

/* An account with two connections, sealed under that key: what each holds is what it is sealed for. */
static void given_an_account(uint64_t id, const char *key)
{
	static const char *const integrations[] = {"gmail", "imap"};
	struct id con = id_make();
	struct db_arg args[2];
	char context[96];
	struct buf b;
	unsigned i;

	fx_account(id, 1);
	snprintf(context, sizeof context, "account:%" PRIu64 ":webhook_secret", id);
	b = sealed(key, context);
	args[0] = db_bytes(b.data, b.len);
	args[1] = db_int((int64_t)id);
	exec("UPDATE accounts SET webhook_secret = ? WHERE id = ?", args, 2);
	buf_release(&b);
	for (i = 0; i < 2; i++) {
		snprintf(context, sizeof context, "account:%" PRIu64 ":connection:%s", id, integrations[i]);
		b = sealed(key, context);
		CU_ASSERT_TRUE_FATAL(connection_put(fx_conn, id, integrations[i], "imap", b.data, b.len, 1, &con, &err));
		buf_release(&b);
	}
}

static void given_an_answer(uint8_t first, const char *key)
{
	static const char sql[] =
		"INSERT INTO kept_answers (scope_hash, account_id, body_hash, object_id, created_at, status, answer)"
		" VALUES (?, 1, ?, ?, 1, 201, ?)";
	uint8_t scope[32] = {first, 0xab};
	char context[96] = "kept_answer:";
	struct db_arg args[4];
	struct buf b;

	crypto_hex(scope, sizeof scope, context + strlen(context));
	b = sealed(key, context);
	args[0] = db_bytes(scope, sizeof scope);
	args[1] = args[0];
	args[2] = db_bytes(scope, 16);
	args[3] = db_bytes(b.data, b.len);
	exec(sql, args, 4);
	buf_release(&b);
}

/* "s1" was active, "s2" is; both are known. */
static void given_a_rotation(void)
{
	char id[SECRET_ID_SIZE] = "s1";
	bool done;

	fx_empty();
	err = (struct error){0};
	fx_keys_write(SECRET_SEAL, "s1 s2");
	secrets = fx_secrets();
	CU_ASSERT_TRUE_FATAL(secret_pin(fx_conn, SECRET_SEAL, "h", 1, id, &err));
	CU_ASSERT_TRUE_FATAL(secret_made(fx_conn, SECRET_SEAL, "s2", "h", 2, &err));
	CU_ASSERT_TRUE_FATAL(secret_activate(fx_db, SECRET_SEAL, "s2", 0, 3, fx_audit(), &done, &err));
}

static void over(void)
{
	secrets_free(secrets);
	fx_keys_remove();
}

static struct reseal_batch run(void)
{
	struct reseal_batch b;

	CU_ASSERT_TRUE(reseal_run(fx_db, secrets, INT64_MAX, NULL, &b, &err));
	return b;
}

static bool again(void *ctx, const char *id, const char *context, const void *p, size_t n, struct buf *out)
{
	return secrets_reseal(ctx, id, context, p, n, out, NULL);
}

static struct reseal_batch step(reseal_fn fn)
{
	struct reseal_batch b;

	CU_ASSERT_TRUE(reseal_step(fx_db, fn, secrets, &b, &err));
	return b;
}

static int64_t values_under(const char *id)
{
	struct sealed_count *counts;
	struct arena arena;
	unsigned n, i;
	int64_t sum = 0;

	arena_init(&arena);
	CU_ASSERT_TRUE(sealed_counts(fx_conn, &arena, &counts, &n, &err));
	for (i = 0; i < n; i++)
		sum += strcmp(counts[i].id, id) == 0 ? counts[i].n : 0;
	arena_release(&arena);
	return sum;
}

static bool wanted(void)
{
	bool is;

	CU_ASSERT_TRUE(reseal_wanted(fx_conn, &is, &err));
	return is;
}

/* Every value of the query opens, and holds what it is sealed for. */
static unsigned opened(const char *sql)
{
	struct buf plain;
	unsigned n = 0;
	size_t len;

	buf_init(&plain, 4096);
	CU_ASSERT_TRUE_FATAL(db_query(fx_conn, sql, NULL, 0, &err));
	while (db_next(fx_conn, &err) == 1) {
		const char *context = db_col_str(fx_conn, 0), *value = db_col_bytes(fx_conn, 1, &len);

		buf_reset(&plain);
		CU_ASSERT_TRUE(secrets_unseal(secrets, context, value, len, &plain, &err));
		CU_ASSERT_STRING_EQUAL(buf_str(&plain), context);
		n++;
	}
	db_end(fx_conn);
	buf_release(&plain);
	return n;
}

static void whatever_is_sealed_is_sealed_under_the_active_key(void)
{
	struct reseal_batch b;

	given_a_rotation();
	given_an_account(3, "s1");
	given_an_account(9, "s1");
	given_an_answer(1, "s1");
	b = run();
	CU_ASSERT_TRUE(b.done);
	CU_ASSERT_EQUAL(b.resealed, 7);
	CU_ASSERT_EQUAL(values_under("s1"), 0);
	CU_ASSERT_EQUAL(values_under("s2"), 7);
	over();
}

static void it_holds_what_it_held(void)
{
	given_a_rotation();
	given_an_account(3, "s1");
	given_an_answer(1, "s1");
	run();
	CU_ASSERT_EQUAL(opened("SELECT CONCAT('account:', id, ':webhook_secret'), webhook_secret FROM accounts"), 1);
	CU_ASSERT_EQUAL(opened("SELECT CONCAT('account:', account_id, ':connection:', integration), settings"
	                       " FROM connections"), 2);
	CU_ASSERT_EQUAL(opened("SELECT CONCAT('kept_answer:', LOWER(HEX(scope_hash))), answer FROM kept_answers"), 1);
	over();
}

static void what_is_sealed_under_the_active_key_stays_byte_for_byte(void)
{
	int64_t before;

	given_a_rotation();
	given_an_account(3, "s2");
	before = fx_number("SELECT CRC32(webhook_secret) FROM accounts");
	CU_ASSERT_EQUAL(run().resealed, 0);
	CU_ASSERT_EQUAL(fx_number("SELECT CRC32(webhook_secret) FROM accounts"), before);
	over();
}

/* With one more, so that a batch of connections ends between those of an account. */
static void given_a_third_connection(uint64_t account_id, const char *key)
{
	struct id con = id_make();
	char context[96];
	struct buf b;

	snprintf(context, sizeof context, "account:%" PRIu64 ":connection:bank", account_id);
	b = sealed(key, context);
	CU_ASSERT_TRUE_FATAL(connection_put(fx_conn, account_id, "bank", "imap", b.data, b.len, 1, &con, &err));
	buf_release(&b);
}

static void many_values_take_many_batches(void)
{
	unsigned steps = 0;
	uint64_t id;

	given_a_rotation();
	for (id = 1; id <= 100; id++)
		given_an_account(id, "s1");
	given_a_third_connection(1, "s1");
	while (!step(again).done)
		steps++;
	/* 100 accounts are 2 batches, looked at twice, 201 connections 4, and each of three where nothing is, is one; the last
	 * step ends it */
	CU_ASSERT_EQUAL(steps, 10);
	CU_ASSERT_EQUAL(values_under("s1"), 0);
	over();
}

static void a_pass_that_was_cut_off_goes_on_where_it_stood(void)
{
	struct reseal_batch b;
	uint64_t id;

	given_a_rotation();
	for (id = 1; id <= 100; id++)
		given_an_account(id, "s1");
	step(again);
	CU_ASSERT_EQUAL(values_under("s2"), 64);
	CU_ASSERT_EQUAL(fx_number("SELECT at_number FROM reseals"), 64);
	/* what this process knew is gone with it */
	secrets_free(secrets);
	secrets = fx_secrets();
	b = run();
	CU_ASSERT_EQUAL(b.resealed, 300);
	CU_ASSERT_EQUAL(values_under("s1"), 0);
	over();
}

/* Somebody connects another mailbox while the old one's settings are being sealed anew. */
static bool again_late(void *ctx, const char *id, const char *context, const void *p, size_t n, struct buf *out)
{
	if (strcmp(context, "account:3:connection:imap") == 0)
		exec("UPDATE connections SET settings = 'v1 changed' WHERE account_id = 3 AND integration = 'imap'", NULL, 0);
	return again(ctx, id, context, p, n, out);
}

static void what_was_changed_meanwhile_is_not_overwritten(void)
{
	struct reseal_batch b;

	given_a_rotation();
	given_an_account(3, "s1");
	do
		b = step(again_late);
	while (!b.done);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM connections WHERE settings = 'v1 changed'"), 1);
	CU_ASSERT_EQUAL(b.resealed, 2);
	over();
}

static void what_was_written_under_an_old_key_since_is_found_by_another_pass(void)
{
	given_a_rotation();
	given_an_account(3, "s1");
	run();
	given_an_account(4, "s1");
	CU_ASSERT_EQUAL(run().resealed, 3);
	CU_ASSERT_TRUE(reseal_restart(fx_conn, &err));
	CU_ASSERT_EQUAL(run().resealed, 6);
	CU_ASSERT_EQUAL(values_under("s1"), 0);
	over();
}

static void what_cannot_be_opened_stays_and_is_counted(void)
{
	struct reseal_batch b;

	given_a_rotation();
	given_an_account(3, "lost");
	b = run();
	CU_ASSERT_TRUE(b.done);
	CU_ASSERT_EQUAL(b.unopened, 3);
	CU_ASSERT_EQUAL(values_under("lost"), 3);
	over();
}

static void nothing_is_looked_for_when_all_was_looked_at(void)
{
	uint64_t before;

	given_a_rotation();
	given_an_account(3, "s1");
	CU_ASSERT_TRUE(wanted());
	run();
	before = db_counters(fx_db).statements;
	CU_ASSERT_FALSE(wanted());
	CU_ASSERT_EQUAL(db_counters(fx_db).statements - before, 1);
	over();
}

static void a_key_that_was_made_is_watched_for(void)
{
	given_a_rotation();
	run();
	CU_ASSERT_TRUE(secret_made(fx_conn, SECRET_SEAL, "s3", "h", 4, &err));
	CU_ASSERT_TRUE(wanted());
	over();
}

static void a_pass_without_the_active_key_changes_nothing(void)
{
	struct reseal_batch b;

	given_a_rotation();
	given_an_account(3, "s1");
	fx_keys_write(SECRET_SEAL, "s1");
	secrets_refresh(secrets);
	CU_ASSERT_FALSE(reseal_run(fx_db, secrets, INT64_MAX, NULL, &b, &err));
	CU_ASSERT_EQUAL(values_under("s1"), 3);
	over();
}

static void a_key_that_came_since_the_file_was_read_is_sealed_under(void)
{
	struct secrets *own = fx_secrets();
	struct buf old = sealed("s1", "x"), anew;

	fx_keys_write(SECRET_SEAL, "s1 s2");
	buf_init(&anew, 4096);
	CU_ASSERT_TRUE(secrets_reseal(own, "s2", "x", old.data, old.len, &anew, &err));
	CU_ASSERT_FALSE(secrets_reseal(own, "s3", "x", old.data, old.len, &anew, &err));
	buf_release(&anew);
	buf_release(&old);
	secrets_free(own);
	fx_keys_remove();
}

static CU_TestInfo tests[] = {
	{"a key that came since the file was read is sealed under",
	 a_key_that_came_since_the_file_was_read_is_sealed_under},
	{"whatever is sealed is sealed under the active key", whatever_is_sealed_is_sealed_under_the_active_key},
	{"it holds what it held", it_holds_what_it_held},
	{"what is sealed under the active key stays, byte for byte",
	 what_is_sealed_under_the_active_key_stays_byte_for_byte},
	{"many values take many batches", many_values_take_many_batches},
	{"a pass that was cut off goes on where it stood", a_pass_that_was_cut_off_goes_on_where_it_stood},
	{"what was changed meanwhile is not overwritten", what_was_changed_meanwhile_is_not_overwritten},
	{"what was written under an old key since is found by another pass",
	 what_was_written_under_an_old_key_since_is_found_by_another_pass},
	{"what cannot be opened stays, and is counted", what_cannot_be_opened_stays_and_is_counted},
	{"nothing is looked for when all was looked at", nothing_is_looked_for_when_all_was_looked_at},
	{"a key that was made is watched for", a_key_that_was_made_is_watched_for},
	{"a pass without the active key changes nothing", a_pass_without_the_active_key_changes_nothing},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo reseal_suite = {"secrets: sealing anew", fx_open, fx_close, NULL, NULL, tests};
