/* Ids (base/id.h). */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/rnd.h"
#include "base_fixture.h"
#include "base_suites.h"

static int64_t wall;

static int64_t fixed_wall(void)
{
	return wall;
}

static void fill_ff(void *out, size_t n)
{
	memset(out, 0xff, n);
}

static void ids_of_one_millisecond_increase(void)
{
	struct id last, id;
	unsigned i, wrong = 0;

	wall = INT64_C(1736920800000);
	clock_set_source(fixed_wall, NULL);
	last = id_make();
	for (i = 0; i < 10000; i++, last = id) {
		id = id_make();
		wrong += id_cmp(&last, &id) >= 0 || id_time_ms(&id) != wall;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	clock_set_source(NULL, NULL);
}

static void ids_of_one_given_millisecond_increase(void)
{
	struct id a = id_make_at(123456), b = id_make_at(123456);

	CU_ASSERT_TRUE(id_cmp(&a, &b) < 0);
	CU_ASSERT_EQUAL(id_time_ms(&b), 123456);
}

static void ids_increase_over_a_small_step_back_of_the_clock(void)
{
	struct id a, b, c;

	clock_set_source(fixed_wall, NULL);
	wall = INT64_C(1736920900000);
	a = id_make();
	wall -= 900;
	b = id_make();
	CU_ASSERT_TRUE(id_cmp(&a, &b) < 0);
	wall -= 3600000;
	c = id_make();
	CU_ASSERT_EQUAL(id_time_ms(&c), wall);
	clock_set_source(NULL, NULL);
}

static void an_overflow_of_the_random_part_carries_into_the_time(void)
{
	struct id a, b;
	char ignored[640];

	/* use up what is kept of real randomness */
	rnd_set_source(fill_ff);
	for (size_t i = 0; i < sizeof ignored / 10; i++)
		id_make();
	a = id_make_at(5000);
	b = id_make_at(5000);
	rnd_set_source(NULL);
	CU_ASSERT_EQUAL(id_time_ms(&a), 5000);
	CU_ASSERT_EQUAL(id_time_ms(&b), 5001);
	CU_ASSERT_TRUE(id_cmp(&a, &b) < 0);
	for (size_t i = 0; i < sizeof ignored / 10; i++)
		id_make();
}

static void text_and_bytes_agree(void)
{
	/* the example of the ULID specification's encoding: bytes to Crockford's base 32 */
	static const struct id id = {{0x01, 0x56, 0x3e, 0x3a, 0xb5, 0xd3, 0xd6, 0x76, 0x4c, 0x61, 0xef,
	                              0xb9, 0x93, 0x02, 0xbd, 0x5b}};
	char text[ID_TEXT_SIZE];
	struct id back;

	id_format(ID_EXECUTION, &id, text);
	CU_ASSERT_STRING_EQUAL(text, "exec_01ARZ3NDEKTSV4RRFFQ69G5FAV");
	CU_ASSERT_EQUAL(id_time_ms(&id), INT64_C(1469922850259));
	CU_ASSERT_TRUE(id_parse(ID_EXECUTION, text, &back));
	CU_ASSERT_EQUAL(id_cmp(&id, &back), 0);
}

static void every_kind_and_bit_survives_its_text(void)
{
	unsigned kind, bit;
	char text[ID_TEXT_SIZE];
	struct id id, back;

	for (kind = 0; kind < ID__MAX; kind++)
		for (bit = 0; bit < 128; bit++) {
			memset(&id, 0, sizeof id);
			id.b[bit / 8] = (uint8_t)(1 << bit % 8);
			id_format((enum id_kind)kind, &id, text);
			CU_ASSERT_TRUE(id_parse((enum id_kind)kind, text, &back));
			CU_ASSERT_EQUAL(id_cmp(&id, &back), 0);
		}
}

static void texts_sort_as_their_ids(void)
{
	char a[ID_TEXT_SIZE], b[ID_TEXT_SIZE];
	struct id x = id_make_at(999), y = id_make_at(1000);

	id_format(ID_USER, &x, a);
	id_format(ID_USER, &y, b);
	CU_ASSERT_TRUE(strcmp(a, b) < 0);
}

static void an_id_has_one_spelling(void)
{
	static const char *const wrong[] = {
		"", "exec_", "exec", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"EXEC_01ARZ3NDEKTSV4RRFFQ69G5FAV", "exec_01arz3ndektsv4rrffq69g5fav",
		"exec_01ARZ3NDEKTSV4RRFFQ69G5FA", "exec_01ARZ3NDEKTSV4RRFFQ69G5FAV0",
		"exec_01ARZ3NDEKTSV4RRFFQ69G5FAO", "exec_01ARZ3NDEKTSV4RRFFQ69G5FAI",
		"exec_01ARZ3NDEKTSV4RRFFQ69G5FAL", "exec_01ARZ3NDEKTSV4RRFFQ69G5FAU",
		"exec_81ARZ3NDEKTSV4RRFFQ69G5FAV", "exec_Z1ARZ3NDEKTSV4RRFFQ69G5FAV",
		"exec-01ARZ3NDEKTSV4RRFFQ69G5FAV", "exec_01ARZ3NDEKTSV4RRFFQ69G5FA ",
		"exec_01ARZ3NDEKTSV4RRFFQ69G5FA\xff"};
	struct id out;
	unsigned i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CU_ASSERT_FALSE(id_parse(ID_EXECUTION, wrong[i], &out));
	CU_ASSERT_FALSE(id_parse(ID_EXECUTION, NULL, &out));
	CU_ASSERT_TRUE(id_parse(ID_EXECUTION, "exec_7ZZZZZZZZZZZZZZZZZZZZZZZZZ", &out));
}

static void the_floor_is_below_all_ids_of_its_millisecond(void)
{
	struct id floor = id_floor(5000), before = id_make_at(4999), at = id_make_at(5000);

	CU_ASSERT_TRUE(id_cmp(&before, &floor) < 0);
	CU_ASSERT_TRUE(id_cmp(&floor, &at) <= 0);
	CU_ASSERT_EQUAL(id_time_ms(&floor), 5000);
}

#define THREADS 4
#define EACH    5000

static void *make_many(void *out)
{
	struct id *ids = out;
	unsigned i;

	for (i = 0; i < EACH; i++)
		ids[i] = id_make();
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return id_cmp(a, b);
}

static void threads_never_make_the_same_id(void)
{
	static struct id ids[THREADS * EACH];
	pthread_t threads[THREADS];
	unsigned i, twice = 0, unordered = 0;

	for (i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, make_many, ids + i * EACH), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 1; i < THREADS * EACH; i++)
		unordered += i % EACH != 0 && id_cmp(&ids[i - 1], &ids[i]) >= 0;
	qsort(ids, THREADS * EACH, sizeof *ids, compare);
	for (i = 1; i < THREADS * EACH; i++)
		twice += id_cmp(&ids[i - 1], &ids[i]) == 0;
	CU_ASSERT_EQUAL(twice, 0);
	CU_ASSERT_EQUAL(unordered, 0);
}

static int id_to;

static void write_an_id(void)
{
	struct id id = id_make_at(777);

	if (write(id_to, &id, sizeof id) != sizeof id)
		_exit(1);
}

static void a_forked_child_makes_other_ids(void)
{
	struct id parent, child;
	int ends[2];

	id_make();                        /* leaves randomness in the store */
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	id_to = ends[1];
	fx_child(write_an_id, NULL, 0);
	parent = id_make_at(777);
	CU_ASSERT_EQUAL_FATAL(read(ends[0], &child, sizeof child), sizeof child);
	CU_ASSERT_NOT_EQUAL(id_cmp(&parent, &child), 0);
	close(ends[0]);
	close(ends[1]);
}

static CU_TestInfo tests[] = {
	{"ids of one millisecond increase", ids_of_one_millisecond_increase},
	{"ids of one given millisecond increase", ids_of_one_given_millisecond_increase},
	{"ids increase over a small step back of the clock",
	 ids_increase_over_a_small_step_back_of_the_clock},
	{"an overflow of the random part carries into the time",
	 an_overflow_of_the_random_part_carries_into_the_time},
	{"text and bytes agree", text_and_bytes_agree},
	{"every kind and bit survives its text", every_kind_and_bit_survives_its_text},
	{"texts sort as their ids", texts_sort_as_their_ids},
	{"an id has one spelling", an_id_has_one_spelling},
	{"the floor is below all ids of its millisecond",
	 the_floor_is_below_all_ids_of_its_millisecond},
	{"threads never make the same id", threads_never_make_the_same_id},
	{"a forked child makes other ids", a_forked_child_makes_other_ids},
	CU_TEST_INFO_NULL};

CU_SuiteInfo id_suite = {"ids", NULL, NULL, NULL, NULL, tests};
