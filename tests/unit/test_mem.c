/* Memory and randomness, whose seams tests use (base/mem.h, base/rnd.h). */
#include <CUnit/CUnit.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rnd.h"
#include "base_fixture.h"
#include "base_suites.h"

static size_t asked;

static void *watch(void *old, size_t size)
{
	asked = size;
	return realloc(old, size);
}

static void *refuse(void *old, size_t size)
{
	(void)old;
	return size > 100 ? NULL : malloc(size);
}

static void the_hook_sees_every_allocation(void)
{
	char *p;

	mem_set_hook(watch);
	p = mem_alloc(7);
	CU_ASSERT_EQUAL(asked, 7);
	p = mem_grow(p, 70);
	CU_ASSERT_EQUAL(asked, 70);
	mem_free(p);
	p = mem_array(3, 11);
	CU_ASSERT_EQUAL(asked, 33);
	CU_ASSERT_EQUAL(p[32], 0);
	mem_free(p);
	p = mem_strdup("four");
	CU_ASSERT_EQUAL(asked, 5);
	mem_free(p);
	mem_set_hook(NULL);
	mem_free(mem_alloc(9));
	CU_ASSERT_EQUAL(asked, 5);
}

static void allocate_too_much(void)
{
	mem_set_hook(refuse);
	mem_free(mem_alloc(100));
	mem_free(mem_alloc(101));
}

static void out_of_memory_ends_the_process_with_a_line(void)
{
	char out[256];
	int status = fx_child(allocate_too_much, out, sizeof out);

	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 71);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "msg=\"out of memory\" bytes=101"));
}

static void allocate_past_all_memory(void)
{
	volatile size_t many = SIZE_MAX / 8 + 2;   /* times 8 it wraps around to 8 */

	mem_free(mem_array(many, 8));
}

static void an_array_whose_size_overflows_ends_the_process(void)
{
	int status = fx_child(allocate_past_all_memory, NULL, 0);

	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 71);
}

static void copies_end_in_a_nul_and_null_stays_null(void)
{
	char *p = mem_strndup("abcdef", 3);

	CU_ASSERT_STRING_EQUAL(p, "abc");
	mem_free(p);
	CU_ASSERT_PTR_NULL(mem_strdup(NULL));
	mem_free(NULL);
}

static void nothing_can_be_allocated_too(void)
{
	char *p = mem_zalloc(0), *q = mem_alloc(0);

	CU_ASSERT_PTR_NOT_NULL(p);
	CU_ASSERT_PTR_NOT_NULL(q);
	mem_free(p);
	mem_free(q);
}

static void a_wiped_secret_is_gone(void)
{
	char secret[] = "secret";

	mem_wipe(secret, sizeof secret);
	CU_ASSERT_EQUAL(memcmp(secret, "\0\0\0\0\0\0", 7), 0);
	mem_wipe(NULL, 0);
}

static void fill_ff(void *out, size_t n)
{
	memset(out, 0xff, n);
}

static void a_fraction_stays_below_one(void)
{
	rnd_set_source(fill_ff);
	CU_ASSERT_TRUE(rnd_unit() < 1.0);
	CU_ASSERT_EQUAL(rnd_u64(), UINT64_MAX);
	rnd_set_source(NULL);
	CU_ASSERT_TRUE(rnd_unit() >= 0.0);
}

static int number_to;

static void write_a_number(void)
{
	uint64_t v = rnd_u64();

	if (write(number_to, &v, sizeof v) != sizeof v)
		_exit(1);
}

static void a_forked_child_draws_other_numbers(void)
{
	uint64_t child = 0;
	int ends[2];

	rnd_u64();
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	number_to = ends[1];
	fx_child(write_a_number, NULL, 0);
	CU_ASSERT_EQUAL_FATAL(read(ends[0], &child, sizeof child), sizeof child);
	CU_ASSERT_NOT_EQUAL(child, rnd_u64());
	close(ends[0]);
	close(ends[1]);
}

static void large_requests_are_filled_to_the_end(void)
{
	uint8_t *p = mem_zalloc(100000);
	size_t i, zeros = 0;

	rnd_bytes(p, 100000);
	for (i = 99000; i < 100000; i++)
		zeros += p[i] == 0;
	CU_ASSERT_TRUE(zeros < 50);
	mem_free(p);
}

static CU_TestInfo tests[] = {
	{"the hook sees every allocation", the_hook_sees_every_allocation},
	{"out of memory ends the process with a line", out_of_memory_ends_the_process_with_a_line},
	{"an array whose size overflows ends the process",
	 an_array_whose_size_overflows_ends_the_process},
	{"copies end in a NUL, and NULL stays NULL", copies_end_in_a_nul_and_null_stays_null},
	{"nothing can be allocated too", nothing_can_be_allocated_too},
	{"a wiped secret is gone", a_wiped_secret_is_gone},
	{"a random fraction stays below one", a_fraction_stays_below_one},
	{"a forked child draws other numbers", a_forked_child_draws_other_numbers},
	{"large requests of randomness are filled to the end", large_requests_are_filled_to_the_end},
	CU_TEST_INFO_NULL};

CU_SuiteInfo mem_suite = {"memory and randomness", NULL, NULL, NULL, NULL, tests};
