/* Passwords (base/crypto_password.h). */
#include <string.h>

#include "base/crypto_password.h"
#include "base_fixture.h"
#include "base_suites.h"

static void a_password_matches_its_own_hash_only(void)
{
	char hash[PASSWORD_HASH_SIZE];

	password_hash("correct horse", hash);
	CU_ASSERT_TRUE(password_verify("correct horse", hash));
	CU_ASSERT_FALSE(password_verify("correct horsE", hash));
	CU_ASSERT_FALSE(password_verify("", hash));
}

static void two_hashes_of_one_password_differ(void)
{
	char a[PASSWORD_HASH_SIZE], b[PASSWORD_HASH_SIZE];

	password_hash("correct horse", a);
	password_hash("correct horse", b);
	CU_ASSERT_EQUAL(strncmp(a, "$scrypt$ln=14,r=8,p=5$", 22), 0);
	CU_ASSERT_STRING_NOT_EQUAL(a, b);
}

/* RFC 7914, 12: scrypt("password", "NaCl", 1024, 8, 16, 64); a shorter hash is the beginning of a longer one. */
static void the_hash_is_the_rfc_s(void)
{
	CU_ASSERT_TRUE(password_verify("password",
	                               "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI"));
}

static void what_is_no_hash_matches_nothing(void)
{
	static const char *const texts[] = {
		"", "x", "$scrypt$", "$scrypt$ln=14,r=8,p=5$$", "$scrypt$ln=14,r=8,p=5$TmFDbA$",
		"$scrypt$ln=99,r=8,p=5$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI",
		"$scrypt$ln=14,r=0,p=0$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI"};
	unsigned i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++)
		CU_ASSERT_FALSE(password_verify("password", texts[i]));
}

static void a_new_password_is_long_enough_text(void)
{
	static const char *const good[] = {"0123456789", "пароль-из-букв", "with blanks in it"};
	static const char *const bad[] = {"", "012345678", "длинный", "0123456789\n", "0123456789\xff"};
	struct error err;
	unsigned i;

	for (i = 0; i < sizeof good / sizeof *good; i++)
		CU_ASSERT_TRUE(password_check_new(good[i], "password", &err));
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		CU_ASSERT_FALSE(password_check_new(bad[i], "password", &err));
		CU_ASSERT_STRING_EQUAL(err.field, "password");
	}
}

static CU_TestInfo tests[] = {
	{"a password matches its own hash only", a_password_matches_its_own_hash_only},
	{"two hashes of one password differ", two_hashes_of_one_password_differ},
	{"the hash is the RFC's", the_hash_is_the_rfc_s},
	{"what is no hash matches nothing", what_is_no_hash_matches_nothing},
	{"a new password is long enough text", a_new_password_is_long_enough_text},
	CU_TEST_INFO_NULL};

CU_SuiteInfo password_suite = {"passwords", NULL, NULL, NULL, NULL, tests};
