/* Files of keys and sealed values (base/crypto.h). */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base_fixture.h"
#include "base_suites.h"

#define KEY_A "old:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define KEY_B "new:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"

static char dir[FX_PATH];

static int begin(void)
{
	return fx_dir(dir) ? 0 : 1;
}

static int end(void)
{
	fx_dir_remove(dir);
	return 0;
}

static struct secret_ring ring_of(const char *text)
{
	char path[2 * FX_PATH];
	struct secret_ring ring;

	fx_file(dir, "ring", text, path);
	CU_ASSERT_TRUE_FATAL(crypto_ring_load(path, &ring, NULL));
	return ring;
}

static const char *refusal(const char *text)
{
	static struct error err;
	char path[2 * FX_PATH];
	struct secret_ring ring;

	fx_file(dir, "ring", text, path);
	if (crypto_ring_load(path, &ring, &err))
		return "accepted";
	CU_ASSERT_EQUAL(ring.count, 0);
	return err.message + strlen(path);
}

static void the_last_line_is_the_newest_key(void)
{
	struct secret_ring ring = ring_of("# keys\n" KEY_A "\r\n" KEY_B);

	CU_ASSERT_EQUAL(ring.count, 2);
	CU_ASSERT_STRING_EQUAL(ring.keys[1].id, "new");
	CU_ASSERT_EQUAL(ring.keys[1].key[31], 1);
}

static void damaged_files_are_refused_with_their_line_and_no_content(void)
{
	static const char *const many = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
	char nine[600] = "";
	unsigned i;

	CU_ASSERT_STRING_EQUAL(refusal(""), ": holds no key");
	CU_ASSERT_STRING_EQUAL(refusal("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"),
	                       ":1: a line is ID:BASE64, the ID up to 15 letters, digits, - or _");
	CU_ASSERT_STRING_EQUAL(refusal(KEY_A "a b:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"),
	                       ":2: a line is ID:BASE64, the ID up to 15 letters, digits, - or _");
	CU_ASSERT_STRING_EQUAL(refusal("x:AAAA\n"),
	                       ":1: a key is 32 bytes, as 44 characters of base64");
	CU_ASSERT_STRING_EQUAL(refusal("x:!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"),
	                       ":1: a key is 32 bytes, as 44 characters of base64");
	CU_ASSERT_STRING_EQUAL(refusal("x:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"),
	                       ":1: a key is 32 bytes, as 44 characters of base64");
	CU_ASSERT_STRING_EQUAL(refusal(KEY_A KEY_A), ":2: an ID occurs twice");
	for (i = 0; i < 9; i++) {
		strcat(nine, many);
		nine[strlen(nine) - strlen(many)] = (char)('a' + i);
	}
	CU_ASSERT_STRING_EQUAL(refusal(nine), ":9: there are more than 8 keys");
}

static void a_made_file_is_private_and_loads(void)
{
	char path[2 * FX_PATH];
	struct secret_ring ring;
	struct stat st;

	snprintf(path, sizeof path, "%s/made", dir);
	CU_ASSERT_TRUE_FATAL(crypto_ring_create(path, NULL));
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	CU_ASSERT_TRUE(crypto_ring_load(path, &ring, NULL));
	CU_ASSERT_EQUAL(ring.count, 1);
	CU_ASSERT_EQUAL(strlen(ring.keys[0].id), 9);
}

static void an_existing_file_is_never_overwritten(void)
{
	char path[2 * FX_PATH];
	struct secret_ring ring;
	struct error err;

	fx_file(dir, "there", KEY_A, path);
	CU_ASSERT_FALSE(crypto_ring_create(path, &err));
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
	CU_ASSERT_TRUE(crypto_ring_load(path, &ring, NULL));
	CU_ASSERT_STRING_EQUAL(ring.keys[0].id, "old");
}

static bool opens(const struct secret_ring *ring, const char *context, const void *p, size_t n)
{
	struct buf out;
	bool ok;

	buf_init(&out, 100);
	ok = crypto_unseal(ring, context, p, n, &out, NULL);
	CU_ASSERT_EQUAL(out.len, ok ? 6 : 0);
	if (ok)
		CU_ASSERT_STRING_EQUAL(buf_str(&out), "secret");
	buf_release(&out);
	return ok;
}

static struct buf sealed(const struct secret_ring *ring, const char *context)
{
	struct buf b;

	buf_init(&b, 200);
	CU_ASSERT_TRUE_FATAL(crypto_seal(&ring->keys[ring->count - 1], context, "secret", 6, &b, NULL));
	return b;
}

static void a_sealed_value_opens_in_its_context_only(void)
{
	struct secret_ring ring = ring_of(KEY_A);
	struct buf b = sealed(&ring, "account:12:webhook_secret");

	CU_ASSERT_TRUE(opens(&ring, "account:12:webhook_secret", b.data, b.len));
	CU_ASSERT_FALSE(opens(&ring, "account:13:webhook_secret", b.data, b.len));
	CU_ASSERT_FALSE(opens(&ring, "", b.data, b.len));
	buf_release(&b);
}

static void a_change_of_any_bit_is_seen(void)
{
	struct secret_ring ring = ring_of(KEY_A);
	struct buf b = sealed(&ring, "c");
	unsigned bit, opened = 0;

	for (bit = 0; bit < b.len * 8; bit++) {
		b.data[bit / 8] = (char)(b.data[bit / 8] ^ 1 << bit % 8);
		opened += opens(&ring, "c", b.data, b.len);
		b.data[bit / 8] = (char)(b.data[bit / 8] ^ 1 << bit % 8);
	}
	CU_ASSERT_EQUAL(opened, 0);
	buf_release(&b);
}

static void a_cut_value_is_refused_at_every_length(void)
{
	struct secret_ring ring = ring_of(KEY_A);
	struct buf b = sealed(&ring, "c");
	size_t n;

	for (n = 0; n < b.len; n++)
		CU_ASSERT_FALSE(opens(&ring, "c", b.data, n));
	buf_release(&b);
}

static void a_key_that_was_rotated_out_of_first_place_still_opens(void)
{
	struct secret_ring before = ring_of(KEY_A), after = ring_of(KEY_A KEY_B);
	struct buf b = sealed(&before, "c"), c = sealed(&after, "c");

	CU_ASSERT_TRUE(opens(&after, "c", b.data, b.len));
	CU_ASSERT_TRUE(opens(&after, "c", c.data, c.len));
	CU_ASSERT_FALSE(opens(&before, "c", c.data, c.len));
	buf_release(&b);
	buf_release(&c);
}

static void the_same_text_is_never_sealed_alike(void)
{
	struct secret_ring ring = ring_of(KEY_A);
	struct buf a = sealed(&ring, "c"), b = sealed(&ring, "c");

	CU_ASSERT_NOT_EQUAL(memcmp(a.data, b.data, a.len), 0);
	buf_release(&a);
	buf_release(&b);
}

static void nothing_can_be_sealed_too(void)
{
	struct secret_ring ring = ring_of(KEY_A);
	struct buf b, out;

	buf_init(&b, 200);
	buf_init(&out, 10);
	CU_ASSERT_TRUE(crypto_seal(&ring.keys[0], "c", "", 0, &b, NULL));
	CU_ASSERT_TRUE(crypto_unseal(&ring, "c", b.data, b.len, &out, NULL));
	CU_ASSERT_EQUAL(out.len, 0);
	buf_release(&b);
	buf_release(&out);
}

static void a_value_too_large_for_its_buffer_is_an_error(void)
{
	struct secret_ring ring = ring_of(KEY_A);
	struct error err;
	struct buf b;

	buf_init(&b, 20);
	CU_ASSERT_FALSE(crypto_seal(&ring.keys[0], "c", "secret", 6, &b, &err));
	CU_ASSERT_EQUAL(err.code, ERR_PAYLOAD_TOO_LARGE);
	buf_release(&b);
}

static CU_TestInfo tests[] = {
	{"the last line is the newest key", the_last_line_is_the_newest_key},
	{"damaged files are refused with their line and no content",
	 damaged_files_are_refused_with_their_line_and_no_content},
	{"a made file is private and loads", a_made_file_is_private_and_loads},
	{"an existing file is never overwritten", an_existing_file_is_never_overwritten},
	{"a sealed value opens in its context only", a_sealed_value_opens_in_its_context_only},
	{"a change of any bit is seen", a_change_of_any_bit_is_seen},
	{"a cut value is refused at every length", a_cut_value_is_refused_at_every_length},
	{"a key that was rotated out of first place still opens",
	 a_key_that_was_rotated_out_of_first_place_still_opens},
	{"the same text is never sealed alike", the_same_text_is_never_sealed_alike},
	{"nothing can be sealed too", nothing_can_be_sealed_too},
	{"a value too large for its buffer is an error", a_value_too_large_for_its_buffer_is_an_error},
	CU_TEST_INFO_NULL};

CU_SuiteInfo seal_suite = {"secret files and sealing", begin, end, NULL, NULL, tests};
