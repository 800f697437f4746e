/* The keys of a process, and when their files are read again (core/secrets.h). */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base_fixture.h"
#include "core_suites.h"
#include "secrets_fixture.h"

static char key[API_KEY_LEN + 1];

static struct secrets *given(const char *peppers, const char *seals)
{
	fx_keys_write(SECRET_PEPPER, peppers);
	fx_keys_write(SECRET_SEAL, seals);
	crypto_key_make(key);
	return fx_secrets();
}

static void over(struct secrets *s)
{
	secrets_free(s);
	fx_keys_remove();
}

/* The ids of the peppers that a key is hashed under. */
static const char *peppers_of(struct secrets *s)
{
	static char text[SECRET_KEYS_MAX * (SECRET_ID_SIZE + 1)];
	struct key_hash hashes[SECRET_KEYS_MAX];
	unsigned n = secrets_key_hashes(s, key, hashes), i;

	*text = '\0';
	for (i = 0; i < n; i++) {
		strcat(text, *text ? " " : "");
		strcat(text, hashes[i].pepper_id);
	}
	return text;
}

static struct buf sealed_under(const char *id)
{
	struct secret_key k = fx_key(id);
	struct buf b;

	buf_init(&b, 200);
	CU_ASSERT_TRUE_FATAL(crypto_seal(&k, "c", "secret", 6, &b, NULL));
	return b;
}

static bool opens(struct secrets *s, const struct buf *sealed)
{
	struct buf plain;
	bool ok;

	buf_init(&plain, 200);
	ok = secrets_unseal(s, "c", sealed->data, sealed->len, &plain, NULL);
	CU_ASSERT_TRUE(!ok || strcmp(buf_str(&plain), "secret") == 0);
	buf_release(&plain);
	return ok;
}

static void a_key_is_hashed_under_each_pepper(void)
{
	struct secrets *s = given("p1 p2", "s1");
	struct key_hash hashes[SECRET_KEYS_MAX];
	struct secret_key p2 = fx_key("p2");
	uint8_t expected[SHA256_SIZE];

	crypto_key_hash(&p2, key, API_KEY_LEN, expected);
	CU_ASSERT_EQUAL(secrets_key_hashes(s, key, hashes), 2);
	CU_ASSERT_EQUAL(memcmp(hashes[1].hash, expected, SHA256_SIZE), 0);
	CU_ASSERT_STRING_EQUAL(hashes[1].pepper_id, "p2");
	over(s);
}

static void a_file_that_was_replaced_is_read_again(void)
{
	struct secrets *s = given("p1", "s1");

	fx_keys_write(SECRET_PEPPER, "p1 p2");
	CU_ASSERT_TRUE(secrets_refresh(s));
	CU_ASSERT_STRING_EQUAL(peppers_of(s), "p1 p2");
	over(s);
}

static void a_file_that_is_what_it_was_changes_nothing(void)
{
	struct secrets *s = given("p1", "s1");

	CU_ASSERT_FALSE(secrets_refresh(s));
	fx_keys_write(SECRET_PEPPER, "p1");
	CU_ASSERT_FALSE(secrets_refresh(s));
	over(s);
}

static void a_key_that_was_removed_is_forgotten(void)
{
	struct secrets *s = given("p1", "s1 s2");
	struct buf b = sealed_under("s1");

	CU_ASSERT_TRUE(opens(s, &b));
	fx_keys_write(SECRET_SEAL, "s2");
	CU_ASSERT_TRUE(secrets_refresh(s));
	CU_ASSERT_FALSE(opens(s, &b));
	buf_release(&b);
	over(s);
}

static void a_value_under_an_unknown_key_is_opened_when_its_file_has_it_by_now(void)
{
	struct secrets *s = given("p1", "s1");
	struct buf b = sealed_under("s2");

	CU_ASSERT_FALSE(opens(s, &b));
	fx_keys_write(SECRET_SEAL, "s1 s2");
	CU_ASSERT_TRUE(opens(s, &b));
	buf_release(&b);
	over(s);
}

static struct secrets *refreshed;

static void refresh_three_times(void)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		CU_ASSERT_FALSE(secrets_refresh(refreshed));
}

static unsigned lines_of(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void a_damaged_file_leaves_what_was_and_is_logged_once(void)
{
	struct secrets *s = refreshed = given("p1 p2", "s1");
	char log[2048];

	fx_keys_write(SECRET_PEPPER, "no.id");
	fx_stderr(refresh_three_times, log, sizeof log);
	CU_ASSERT_STRING_EQUAL(peppers_of(s), "p1 p2");
	CU_ASSERT_EQUAL(lines_of(log), 1);
	over(s);
}

static void a_missing_file_leaves_what_was_and_comes_back(void)
{
	struct secrets *s = refreshed = given("p1", "s1");
	char log[2048];

	unlink(fx_keys_path(SECRET_PEPPER));
	fx_stderr(refresh_three_times, log, sizeof log);
	CU_ASSERT_STRING_EQUAL(peppers_of(s), "p1");
	CU_ASSERT_EQUAL(lines_of(log), 1);
	fx_keys_write(SECRET_PEPPER, "p1 p2");
	CU_ASSERT_TRUE(secrets_refresh(s));
	CU_ASSERT_STRING_EQUAL(peppers_of(s), "p1 p2");
	over(s);
}

static void a_process_reads_only_the_files_that_it_needs(void)
{
	static char nowhere[] = "/nonexistent/pepper";
	struct config cfg = {.pepper_file = nowhere};
	struct secrets *s;

	fx_keys_write(SECRET_SEAL, "s1");
	cfg.seal_file = (char *)fx_keys_path(SECRET_SEAL);
	s = secrets_open(&cfg, 1 << SECRET_SEAL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_FALSE(secrets_refresh(s));
	CU_ASSERT_PTR_NULL(secrets_open(&cfg, SECRETS_ALL, NULL));
	over(s);
}

/* Half of two rings would be a key that is none. */
static atomic_bool reading;
static atomic_uint failures;
static struct buf both[2];

static void *read_all_the_time(void *arg)
{
	struct buf plain;
	unsigned i;

	buf_init(&plain, 200);
	for (i = 0; atomic_load(&reading); i++) {
		buf_reset(&plain);
		if (!secrets_unseal(arg, "c", both[i % 2].data, both[i % 2].len, &plain, NULL))
			atomic_fetch_add(&failures, 1);
	}
	buf_release(&plain);
	return NULL;
}

static void keys_are_used_while_they_are_read_again(void)
{
	struct secrets *s = given("p1", "s1 s2");
	pthread_t threads[3];
	unsigned i;

	both[0] = sealed_under("s1");
	both[1] = sealed_under("s2");
	atomic_store(&failures, 0);
	atomic_store(&reading, true);
	for (i = 0; i < 3; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, read_all_the_time, s), 0);
	for (i = 0; i < 200; i++) {
		fx_keys_write(SECRET_SEAL, i % 2 ? "s1 s2" : "s2 s3 s1");
		CU_ASSERT_TRUE(secrets_refresh(s));
	}
	atomic_store(&reading, false);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(atomic_load(&failures), 0);
	buf_release(&both[0]);
	buf_release(&both[1]);
	over(s);
}

static CU_TestInfo tests[] = {
	{"a key is hashed under each pepper", a_key_is_hashed_under_each_pepper},
	{"a file that was replaced is read again", a_file_that_was_replaced_is_read_again},
	{"a file that is what it was changes nothing", a_file_that_is_what_it_was_changes_nothing},
	{"a key that was removed is forgotten", a_key_that_was_removed_is_forgotten},
	{"a value under an unknown key is opened when its file has it by now",
	 a_value_under_an_unknown_key_is_opened_when_its_file_has_it_by_now},
	{"a damaged file leaves what was, and is logged once", a_damaged_file_leaves_what_was_and_is_logged_once},
	{"a missing file leaves what was, and comes back", a_missing_file_leaves_what_was_and_comes_back},
	{"a process reads only the files that it needs", a_process_reads_only_the_files_that_it_needs},
	{"keys are used while they are read again", keys_are_used_while_they_are_read_again},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo secrets_suite = {"secrets", NULL, NULL, NULL, NULL, tests};
