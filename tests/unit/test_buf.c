/* Growing buffers (base/buf.h). */
#include <malloc.h>
#include <CUnit/CUnit.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base_suites.h"

static void a_buffer_takes_what_fits_under_its_ceiling_exactly(void)
{
	struct buf b;

	buf_init(&b, 5);
	CU_ASSERT_TRUE(buf_adds(&b, "abc"));
	CU_ASSERT_TRUE(buf_adds(&b, "de"));
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "abcde");
	CU_ASSERT_FALSE(b.failed);
	buf_release(&b);
}

static void past_its_ceiling_it_drops_all_and_takes_nothing_more(void)
{
	struct buf b;

	buf_init(&b, 5);
	buf_adds(&b, "abcde");
	CU_ASSERT_FALSE(buf_addc(&b, 'f'));
	CU_ASSERT_TRUE(b.failed);
	CU_ASSERT_FALSE(buf_addc(&b, 'g'));
	CU_ASSERT_EQUAL(b.len, 0);
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "");
	CU_ASSERT_PTR_NULL(buf_detach(&b, NULL));
	buf_release(&b);
}

static void each_way_of_adding_minds_the_ceiling(void)
{
	struct buf b;

	buf_init(&b, 3);
	CU_ASSERT_FALSE(buf_add_int(&b, 1234));
	buf_reset(&b);
	CU_ASSERT_FALSE(buf_addf(&b, "%d", 1234));
	buf_reset(&b);
	CU_ASSERT_FALSE(buf_reserve(&b, 4));
	buf_reset(&b);
	CU_ASSERT_FALSE(buf_reserve(&b, SIZE_MAX));
	buf_reset(&b);
	CU_ASSERT_TRUE(buf_addf(&b, "%d", 123));
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "123");
	buf_release(&b);
}

static void it_grows_and_keeps_what_it_holds(void)
{
	struct buf b;
	unsigned i;

	buf_init(&b, 1 << 20);
	for (i = 0; i < 20000; i++)
		buf_addf(&b, "%05u", i);
	CU_ASSERT_EQUAL(b.len, 100000);
	CU_ASSERT_EQUAL(memcmp(b.data, "0000000001", 10), 0);
	CU_ASSERT_STRING_EQUAL(b.data + 99995, "19999");
	buf_release(&b);
}

static void a_format_longer_than_the_room_is_written_whole(void)
{
	char text[1000];
	struct buf b;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	buf_init(&b, 100000);
	buf_adds(&b, "<");
	CU_ASSERT_TRUE(buf_addf(&b, "%s>", text));
	CU_ASSERT_EQUAL(b.len, 1001);
	CU_ASSERT_EQUAL(strlen(b.data), 1001);
	CU_ASSERT_EQUAL(b.data[1000], '>');
	buf_release(&b);
}

static void integers_are_written_as_printf_does(void)
{
	static const long long values[] = {0, 1, -1, 9, 10, 99, 100, -100, 1234567890123,
	                                   LLONG_MAX, LLONG_MIN};
	char expected[32];
	struct buf b;
	unsigned i;

	buf_init(&b, 100);
	for (i = 0; i < sizeof values / sizeof *values; i++) {
		buf_reset(&b);
		buf_add_int(&b, values[i]);
		snprintf(expected, sizeof expected, "%lld", values[i]);
		CU_ASSERT_STRING_EQUAL(buf_str(&b), expected);
	}
	buf_release(&b);
}

static void bytes_with_nul_are_kept(void)
{
	struct buf b;

	buf_init(&b, 100);
	buf_add(&b, "a\0b", 3);
	CU_ASSERT_EQUAL(b.len, 3);
	CU_ASSERT_EQUAL(memcmp(b.data, "a\0b", 4), 0);
	buf_release(&b);
}

static void detaching_hands_the_memory_over(void)
{
	struct buf b;
	size_t n = 0;
	char *p;

	buf_init(&b, 100);
	buf_adds(&b, "text");
	p = buf_detach(&b, &n);
	CU_ASSERT_STRING_EQUAL(p, "text");
	CU_ASSERT_EQUAL(n, 4);
	CU_ASSERT_EQUAL(b.len, 0);
	mem_free(p);
	p = buf_detach(&b, &n);
	CU_ASSERT_STRING_EQUAL(p, "");
	CU_ASSERT_EQUAL(n, 0);
	mem_free(p);
}

static void an_empty_one_reads_as_an_empty_string(void)
{
	struct buf b;

	buf_init(&b, 0);
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "");
	CU_ASSERT_TRUE(buf_add(&b, NULL, 0));
	CU_ASSERT_FALSE(buf_addc(&b, 'x'));
	buf_release(&b);
}

/* ---- what is given back ---- */

static const char *hunted;       /* no block that is freed may hold it */
static unsigned freed, found;

void __real_mem_free(void *p);
void __wrap_mem_free(void *p);

void __wrap_mem_free(void *p)
{
	if (p && hunted) {
		freed++;
		found += memmem(p, malloc_usable_size(p), hunted, strlen(hunted)) != NULL;
	}
	__real_mem_free(p);
}

static void a_secret_is_nowhere_in_what_a_buffer_gives_back(void)
{
	struct buf b;
	unsigned i;

	hunted = "whsec_hunted";
	freed = found = 0;
	buf_init_secret(&b, 100000);
	buf_adds(&b, hunted);
	for (i = 0; i < 1000; i++)
		buf_adds(&b, "more of it");
	CU_ASSERT_EQUAL(strncmp(buf_str(&b), hunted, strlen(hunted)), 0);
	CU_ASSERT_TRUE(freed > 0);
	buf_release(&b);
	buf_init_secret(&b, 20);
	buf_adds(&b, hunted);
	CU_ASSERT_FALSE(buf_adds(&b, "past the ceiling"));
	CU_ASSERT_EQUAL(found, 0);
	buf_release(&b);
	hunted = NULL;
}

static CU_TestInfo tests[] = {
	{"a buffer takes what fits under its ceiling exactly",
	 a_buffer_takes_what_fits_under_its_ceiling_exactly},
	{"past its ceiling it drops all and takes nothing more",
	 past_its_ceiling_it_drops_all_and_takes_nothing_more},
	{"each way of adding minds the ceiling", each_way_of_adding_minds_the_ceiling},
	{"it grows and keeps what it holds", it_grows_and_keeps_what_it_holds},
	{"a format longer than the room is written whole",
	 a_format_longer_than_the_room_is_written_whole},
	{"integers are written as printf does", integers_are_written_as_printf_does},
	{"bytes with NUL are kept", bytes_with_nul_are_kept},
	{"detaching hands the memory over", detaching_hands_the_memory_over},
	{"an empty one reads as an empty string", an_empty_one_reads_as_an_empty_string},
	{"a secret is nowhere in what a buffer gives back", a_secret_is_nowhere_in_what_a_buffer_gives_back},
	CU_TEST_INFO_NULL};

CU_SuiteInfo buf_suite = {"buffers", NULL, NULL, NULL, NULL, tests};
