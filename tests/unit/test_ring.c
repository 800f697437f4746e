/* Changes of files of keys (base/crypto.h). */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base_fixture.h"
#include "base_suites.h"

#define KEY_A "old:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define KEY_B "new:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"

static char dir[FX_PATH], path[2 * FX_PATH], added[SECRET_ID_SIZE];
static struct error err;

static int begin(void)
{
	return fx_dir(dir) ? 0 : 1;
}

static int end(void)
{
	fx_dir_remove(dir);
	return 0;
}

static void given(const char *text)
{
	fx_file(dir, "ring", text, path);
	err = (struct error){0};
}

static const char *text_of(const char *file)
{
	static char text[8192];
	FILE *f = fopen(file, "r");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static struct secret_ring loaded(void)
{
	struct secret_ring ring;

	CU_ASSERT_TRUE_FATAL(crypto_ring_load(path, &ring, NULL));
	return ring;
}

static void a_key_is_added_behind_the_others_and_what_is_there_stays(void)
{
	static const char before[] = "# of host a\n" KEY_A "\n" KEY_B;
	struct secret_ring ring;

	given(before);
	CU_ASSERT_TRUE(crypto_ring_add(path, added, &err));
	CU_ASSERT_EQUAL(strncmp(text_of(path), before, strlen(before)), 0);
	ring = loaded();
	CU_ASSERT_EQUAL(ring.count, 3);
	CU_ASSERT_STRING_EQUAL(ring.keys[2].id, added);
}

static void a_last_line_without_its_end_gets_one(void)
{
	struct secret_ring ring;

	given("old:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	CU_ASSERT_TRUE(crypto_ring_add(path, added, &err));
	ring = loaded();
	CU_ASSERT_EQUAL(ring.count, 2);
}

static void added_keys_differ_in_id_and_bytes(void)
{
	struct secret_ring ring;

	given(KEY_A);
	CU_ASSERT_TRUE(crypto_ring_add(path, added, &err));
	CU_ASSERT_TRUE(crypto_ring_add(path, added, &err));
	ring = loaded();
	CU_ASSERT_STRING_NOT_EQUAL(ring.keys[1].id, ring.keys[2].id);
	CU_ASSERT_NOT_EQUAL(memcmp(ring.keys[1].key, ring.keys[2].key, sizeof ring.keys[1].key), 0);
}

static void the_files_owner_and_mode_stay(void)
{
	struct stat st;

	given(KEY_A);
	CU_ASSERT_EQUAL(chmod(path, 0640), 0);
	if (geteuid() == 0)
		CU_ASSERT_EQUAL(chown(path, 12345, 54321), 0);
	CU_ASSERT_TRUE(crypto_ring_add(path, added, &err));
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0640);
	if (geteuid() == 0)
		CU_ASSERT_TRUE(st.st_uid == 12345 && st.st_gid == 54321);
}

static void what_a_link_leads_to_is_replaced_and_the_link_stays(void)
{
	char link[2 * FX_PATH + 8];
	struct stat st;

	given(KEY_A);
	snprintf(link, sizeof link, "%s.link", path);
	CU_ASSERT_EQUAL(symlink(path, link), 0);
	CU_ASSERT_TRUE(crypto_ring_add(link, added, &err));
	CU_ASSERT_EQUAL(lstat(link, &st), 0);
	CU_ASSERT_TRUE(S_ISLNK(st.st_mode));
	CU_ASSERT_EQUAL(loaded().count, 2);
	unlink(link);
}

static void what_a_killed_process_left_beside_it_is_no_obstacle(void)
{
	char beside[2 * FX_PATH];

	given(KEY_A);
	fx_file(dir, "ring.new", "half of a l", beside);
	CU_ASSERT_TRUE(crypto_ring_add(path, added, &err));
	CU_ASSERT_EQUAL(loaded().count, 2);
	CU_ASSERT_NOT_EQUAL(access(beside, F_OK), 0);
}

static void a_file_that_cannot_be_replaced_stays_as_it_is(void)
{
	char beside[2 * FX_PATH + 8];

	given(KEY_A);
	snprintf(beside, sizeof beside, "%s.new", path);
	CU_ASSERT_EQUAL(mkdir(beside, 0700), 0);
	CU_ASSERT_FALSE(crypto_ring_add(path, added, &err));
	CU_ASSERT_STRING_EQUAL(text_of(path), KEY_A);
	rmdir(beside);
}

static void a_ninth_key_is_refused_and_the_file_stays(void)
{
	char before[8192];
	unsigned i;

	given(KEY_A);
	for (i = 0; i < SECRET_KEYS_MAX - 1; i++)
		CU_ASSERT_TRUE(crypto_ring_add(path, added, &err));
	snprintf(before, sizeof before, "%s", text_of(path));
	CU_ASSERT_FALSE(crypto_ring_add(path, added, &err));
	CU_ASSERT_STRING_EQUAL(text_of(path), before);
}

static void a_damaged_file_is_not_touched(void)
{
	given(KEY_A "damaged\n");
	CU_ASSERT_FALSE(crypto_ring_add(path, added, &err));
	CU_ASSERT_FALSE(crypto_ring_remove(path, "old", &err));
	CU_ASSERT_STRING_EQUAL(text_of(path), KEY_A "damaged\n");
}

static void a_removed_key_takes_its_line_and_nothing_else(void)
{
	given("# old:\n" KEY_A "\n" KEY_B);
	CU_ASSERT_TRUE(crypto_ring_remove(path, "old", &err));
	CU_ASSERT_STRING_EQUAL(text_of(path), "# old:\n\n" KEY_B);
}

static void an_id_that_begins_alike_is_another(void)
{
	static const char longer[] = "older:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n";
	char text[256];

	snprintf(text, sizeof text, "%s%s", longer, KEY_A);
	given(text);
	CU_ASSERT_TRUE(crypto_ring_remove(path, "old", &err));
	CU_ASSERT_STRING_EQUAL(text_of(path), longer);
}

static void removing_what_is_not_there_changes_nothing(void)
{
	struct stat before, after;

	given(KEY_A KEY_B);
	CU_ASSERT_EQUAL(stat(path, &before), 0);
	CU_ASSERT_TRUE(crypto_ring_remove(path, "ol", &err));
	CU_ASSERT_EQUAL(stat(path, &after), 0);
	CU_ASSERT_EQUAL(before.st_ino, after.st_ino);
	CU_ASSERT_STRING_EQUAL(text_of(path), KEY_A KEY_B);
}

static void the_only_key_stays(void)
{
	given(KEY_A);
	CU_ASSERT_FALSE(crypto_ring_remove(path, "old", &err));
	CU_ASSERT_EQUAL(err.code, ERR_CONFLICT);
	CU_ASSERT_STRING_EQUAL(text_of(path), KEY_A);
}

static void one_changes_a_file_at_a_time(void)
{
	int lock, other;

	given(KEY_A);
	lock = crypto_ring_lock(path, &err);
	CU_ASSERT_TRUE_FATAL(lock >= 0);
	/* another opening of the same folder stands for another process */
	other = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_TRUE(flock(other, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK);
	close(lock);
	CU_ASSERT_EQUAL(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
}

static CU_TestInfo tests[] = {
	{"a key is added behind the others, and what is there stays",
	 a_key_is_added_behind_the_others_and_what_is_there_stays},
	{"a last line without its end gets one", a_last_line_without_its_end_gets_one},
	{"added keys differ in id and bytes", added_keys_differ_in_id_and_bytes},
	{"the file's owner and mode stay", the_files_owner_and_mode_stay},
	{"what a link leads to is replaced, and the link stays", what_a_link_leads_to_is_replaced_and_the_link_stays},
	{"what a killed process left beside it is no obstacle", what_a_killed_process_left_beside_it_is_no_obstacle},
	{"a file that cannot be replaced stays as it is", a_file_that_cannot_be_replaced_stays_as_it_is},
	{"a ninth key is refused, and the file stays", a_ninth_key_is_refused_and_the_file_stays},
	{"a damaged file is not touched", a_damaged_file_is_not_touched},
	{"a removed key takes its line and nothing else", a_removed_key_takes_its_line_and_nothing_else},
	{"an id that begins alike is another", an_id_that_begins_alike_is_another},
	{"removing what is not there changes nothing", removing_what_is_not_there_changes_nothing},
	{"the only key stays", the_only_key_stays},
	{"one changes a file at a time", one_changes_a_file_at_a_time},
	CU_TEST_INFO_NULL};

CU_SuiteInfo ring_suite = {"files of keys", begin, end, NULL, NULL, tests};
