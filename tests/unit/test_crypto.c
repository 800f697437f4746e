/* Hashes, encodings and API keys (base/crypto.h). */
#include <CUnit/CUnit.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <string.h>

#include "base/crypto.h"
#include "base/rnd.h"
#include "base_suites.h"

static const char *hex(const uint8_t digest[SHA256_SIZE])
{
	static char out[2 * SHA256_SIZE + 1];

	crypto_hex(digest, SHA256_SIZE, out);
	return out;
}

static void sha_256_gives_the_digests_of_fips_180(void)
{
	uint8_t d[SHA256_SIZE];

	crypto_sha256("abc", 3, d);
	CU_ASSERT_STRING_EQUAL(hex(d),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	crypto_sha256("", 0, d);
	CU_ASSERT_STRING_EQUAL(hex(d),
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void hmac_gives_the_digests_of_rfc_4231(void)
{
	uint8_t key[131], d[SHA256_SIZE];

	memset(key, 0x0b, 20);
	crypto_hmac_sha256(key, 20, "Hi There", 8, d);
	CU_ASSERT_STRING_EQUAL(hex(d),
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	crypto_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, d);
	CU_ASSERT_STRING_EQUAL(hex(d),
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof key);
	crypto_hmac_sha256(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First", 54,
	                   d);
	CU_ASSERT_STRING_EQUAL(hex(d),
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void hmac_agrees_with_the_library_at_every_key_length(void)
{
	uint8_t key[200], text[300], ours[SHA256_SIZE], theirs[SHA256_SIZE];
	unsigned n, wrong = 0, size;

	rnd_bytes(key, sizeof key);
	rnd_bytes(text, sizeof text);
	for (n = 1; n <= sizeof key; n++) {
		crypto_hmac_sha256(key, n, text, n + 100, ours);
		HMAC(EVP_sha256(), key, (int)n, text, n + 100, theirs, &size);
		wrong += memcmp(ours, theirs, SHA256_SIZE) != 0;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void hmac_of_parts_is_that_of_the_whole(void)
{
	static const struct crypto_part parts[] = {{"id", 2}, {".", 1}, {"", 0}, {"body", 4}};
	uint8_t whole[SHA256_SIZE], of_parts[SHA256_SIZE];

	crypto_hmac_sha256("k", 1, "id.body", 7, whole);
	crypto_hmac_parts("k", 1, parts, 4, of_parts);
	CU_ASSERT_TRUE(crypto_equal(whole, of_parts, SHA256_SIZE));
}

static void *hash_often(void *wrong)
{
	uint8_t first[SHA256_SIZE], again[SHA256_SIZE];
	unsigned i;

	crypto_hmac_sha256("key", 3, "text", 4, first);
	for (i = 0; i < 2000; i++) {
		crypto_hmac_sha256("key", 3, "text", 4, again);
		*(unsigned *)wrong += memcmp(first, again, SHA256_SIZE) != 0;
	}
	return NULL;
}

static void threads_hash_beside_each_other(void)
{
	unsigned wrong[4] = {0}, i;
	pthread_t threads[4];

	for (i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, hash_often, &wrong[i]), 0);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(wrong[0] + wrong[1] + wrong[2] + wrong[3], 0);
}

static void comparison_sees_a_difference_anywhere(void)
{
	CU_ASSERT_TRUE(crypto_equal("abc", "abc", 3));
	CU_ASSERT_FALSE(crypto_equal("abc", "abd", 3));
	CU_ASSERT_FALSE(crypto_equal("abc", "xbc", 3));
}

static void base64_gives_the_texts_of_rfc_4648(void)
{
	static const char *const texts[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=",
	                                    "Zm9vYmFy"};
	uint8_t back[16];
	char out[16];
	size_t n, len;

	for (n = 0; n < 7; n++) {
		CU_ASSERT_EQUAL(crypto_base64("foobar", n, out), strlen(texts[n]));
		CU_ASSERT_STRING_EQUAL(out, texts[n]);
		CU_ASSERT_TRUE(crypto_unbase64(texts[n], strlen(texts[n]), back, &len));
		CU_ASSERT_EQUAL(len, n);
		CU_ASSERT_EQUAL(memcmp(back, "foobar", n), 0);
	}
}

static void base64_survives_every_byte(void)
{
	uint8_t in[256], back[256];
	char out[400];
	size_t n, len;

	for (n = 0; n < 256; n++)
		in[n] = (uint8_t)n;
	n = crypto_base64(in, 256, out);
	CU_ASSERT_TRUE(crypto_unbase64(out, n, back, &len));
	CU_ASSERT_TRUE(len == 256 && memcmp(in, back, 256) == 0);
}

static void base64_has_one_spelling(void)
{
	static const char *const wrong[] = {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm=v", "====", "Z===",
	                                    "Zg==Zg==", "Zm9v\n", "Zm 9", "Zm9-", "Zm9_", "=m9v"};
	uint8_t out[16];
	size_t n;
	unsigned i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CU_ASSERT_FALSE(crypto_unbase64(wrong[i], strlen(wrong[i]), out, &n));
	CU_ASSERT_FALSE(crypto_unbase64("Zm\0v", 4, out, &n));
}

static void a_made_key_is_well_formed_and_new(void)
{
	char a[API_KEY_LEN + 1], b[API_KEY_LEN + 1];
	unsigned i;

	for (i = 0; i < 500; i++) {
		crypto_key_make(a);
		CU_ASSERT_TRUE_FATAL(crypto_key_well_formed(a, strlen(a)));
	}
	crypto_key_make(b);
	CU_ASSERT_EQUAL(strncmp(a, "agv_live_", 9), 0);
	CU_ASSERT_EQUAL(strlen(a), 45);
	CU_ASSERT_STRING_NOT_EQUAL(a, b);
}

static void a_key_with_one_wrong_character_is_refused(void)
{
	char key[API_KEY_LEN + 1];
	unsigned i, accepted = 0;

	crypto_key_make(key);
	for (i = 0; i < API_KEY_LEN; i++) {
		char was = key[i];

		key[i] = was == 'a' ? 'b' : 'a';
		accepted += crypto_key_well_formed(key, API_KEY_LEN);
		key[i] = was;
	}
	CU_ASSERT_EQUAL(accepted, 0);
	CU_ASSERT_FALSE(crypto_key_well_formed(key, API_KEY_LEN - 1));
	key[20] = '\0';
	CU_ASSERT_FALSE(crypto_key_well_formed(key, API_KEY_LEN));
	CU_ASSERT_FALSE(crypto_key_well_formed("", 0));
}

static void the_checksum_is_the_crc_32_of_what_stands_before_it(void)
{
	/* computed with Python's zlib.crc32 */
	const char *key = "agv_live_000000000000000000000000000000" "0MAtJO";

	CU_ASSERT_TRUE(crypto_key_well_formed(key, strlen(key)));
}

static void fill_ff_then_zero(void *out, size_t n)
{
	static unsigned calls;

	memset(out, calls++ == 0 ? 0xff : 0, n);
}

static void characters_of_keys_are_drawn_evenly(void)
{
	char key[API_KEY_LEN + 1];

	/* bytes from 248 on are passed over, not folded onto the first characters */
	rnd_set_source(fill_ff_then_zero);
	crypto_key_make(key);
	rnd_set_source(NULL);
	CU_ASSERT_EQUAL(strncmp(key + 9, "000000000000000000000000000000", 30), 0);
}

static CU_TestInfo tests[] = {
	{"SHA-256 gives the digests of FIPS 180", sha_256_gives_the_digests_of_fips_180},
	{"HMAC gives the digests of RFC 4231", hmac_gives_the_digests_of_rfc_4231},
	{"HMAC agrees with the library at every key length",
	 hmac_agrees_with_the_library_at_every_key_length},
	{"HMAC of parts is that of the whole", hmac_of_parts_is_that_of_the_whole},
	{"threads hash beside each other", threads_hash_beside_each_other},
	{"comparison sees a difference anywhere", comparison_sees_a_difference_anywhere},
	{"base64 gives the texts of RFC 4648", base64_gives_the_texts_of_rfc_4648},
	{"base64 survives every byte", base64_survives_every_byte},
	{"base64 has one spelling", base64_has_one_spelling},
	{"a made key is well formed and new", a_made_key_is_well_formed_and_new},
	{"a key with one wrong character is refused", a_key_with_one_wrong_character_is_refused},
	{"the checksum is the CRC-32 of what stands before it",
	 the_checksum_is_the_crc_32_of_what_stands_before_it},
	{"characters of keys are drawn evenly", characters_of_keys_are_drawn_evenly},
	CU_TEST_INFO_NULL};

CU_SuiteInfo crypto_suite = {"hashes and keys", NULL, NULL, NULL, NULL, tests};
