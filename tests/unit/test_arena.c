/* Arenas (base/arena.h). */
#include <CUnit/CUnit.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base_suites.h"

static unsigned allocations;

static void *count(void *old, size_t size)
{
	allocations++;
	return realloc(old, size);
}

static void allocations_are_zeroed_and_aligned(void)
{
	struct arena a;
	unsigned i, k;

	arena_init(&a);
	for (i = 0; i < 2000; i++) {
		char *p = arena_alloc(&a, i % 37 + 1);

		CU_ASSERT_EQUAL((uintptr_t)p % 16, 0);
		for (k = 0; k < i % 37 + 1; k++)
			CU_ASSERT_EQUAL_FATAL(p[k], 0);
		memset(p, 0xee, i % 37 + 1);
	}
	arena_release(&a);
}

static void memory_is_zeroed_again_after_a_reset(void)
{
	struct arena a;
	char *p;

	arena_init(&a);
	memset(arena_alloc(&a, 64), 0xee, 64);
	arena_reset(&a);
	p = arena_alloc(&a, 64);
	CU_ASSERT_EQUAL(p[0], 0);
	CU_ASSERT_EQUAL(p[63], 0);
	arena_release(&a);
}

static void neighbours_do_not_overlap(void)
{
	static const size_t sizes[] = {1, 5000, 16, 4000, 100000, 15, 4064, 4065};
	char *p[8];
	struct arena a;
	unsigned i;

	arena_init(&a);
	for (i = 0; i < 8; i++)
		memset(p[i] = arena_alloc(&a, sizes[i]), (int)i + 1, sizes[i]);
	for (i = 0; i < 8; i++) {
		CU_ASSERT_EQUAL(p[i][0], (char)(i + 1));
		CU_ASSERT_EQUAL(p[i][sizes[i] - 1], (char)(i + 1));
	}
	arena_release(&a);
}

static void one_block_is_kept_for_the_next_use(void)
{
	struct arena a;
	unsigned i;

	arena_init(&a);
	for (i = 0; i < 100; i++)
		arena_alloc(&a, 1000);
	arena_alloc(&a, 100000);
	arena_reset(&a);
	mem_set_hook(count);
	allocations = 0;
	arena_alloc(&a, 1000);
	mem_set_hook(NULL);
	CU_ASSERT_EQUAL(allocations, 0);
	arena_release(&a);
}

static void a_large_one_does_not_waste_the_block_before_it(void)
{
	struct arena a;

	arena_init(&a);
	arena_alloc(&a, 16);
	arena_alloc(&a, 100000);
	mem_set_hook(count);
	allocations = 0;
	arena_alloc(&a, 2000);
	mem_set_hook(NULL);
	CU_ASSERT_EQUAL(allocations, 0);
	arena_release(&a);
}

static void strings_are_copied(void)
{
	struct arena a;
	char long_text[9000];

	arena_init(&a);
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	CU_ASSERT_STRING_EQUAL(arena_strndup(&a, "abcdef", 3), "abc");
	CU_ASSERT_STRING_EQUAL(arena_strdup(&a, ""), "");
	CU_ASSERT_PTR_NULL(arena_strdup(&a, NULL));
	CU_ASSERT_STRING_EQUAL(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	CU_ASSERT_EQUAL(strlen(arena_printf(&a, "%s!", long_text)), 9000);
	arena_release(&a);
}

static void releasing_twice_is_harmless(void)
{
	struct arena a;

	arena_init(&a);
	arena_alloc(&a, 1);
	arena_release(&a);
	arena_release(&a);
	arena_reset(&a);
	CU_ASSERT_PTR_NULL(a.blocks);
}

static CU_TestInfo tests[] = {
	{"allocations are zeroed and aligned", allocations_are_zeroed_and_aligned},
	{"memory is zeroed again after a reset", memory_is_zeroed_again_after_a_reset},
	{"neighbours do not overlap", neighbours_do_not_overlap},
	{"one block is kept for the next use", one_block_is_kept_for_the_next_use},
	{"a large one does not waste the block before it",
	 a_large_one_does_not_waste_the_block_before_it},
	{"strings are copied", strings_are_copied},
	{"releasing twice is harmless", releasing_twice_is_harmless},
	CU_TEST_INFO_NULL};

CU_SuiteInfo arena_suite = {"arenas", NULL, NULL, NULL, NULL, tests};
