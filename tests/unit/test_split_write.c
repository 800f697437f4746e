/* Writing many rows of which some are refused (core/split_write.h), by a database of 64 rows in memory. */
#include <CUnit/CUnit.h>

#include <string.h>

#include "base/log.h"
#include "core/split_write.h"
#include "core_suites.h"

#define ROWS 64

static struct database {
	bool     bad[ROWS];          /* refused unless stripped */
	bool     worse[ROWS];        /* refused even so */
	bool     stripped[ROWS], given_up[ROWS];
	unsigned written[ROWS];      /* times */
	unsigned writes, lost_at;    /* lost_at: the write at which it goes away, 0 never */
} d;

static bool write_rows(void *ctx, unsigned from, unsigned n, struct error *err)
{
	unsigned i;

	if (++d.writes == d.lost_at)
		return err_set(err, ERR_UNAVAILABLE, "away");
	for (i = from; i < from + n; i++)
		if (d.worse[i] || (d.bad[i] && !d.stripped[i]))
			return err_set(err, ERR_INTERNAL, "refused");
	for (i = from; i < from + n; i++)
		d.written[i]++;
	return true;
}

static bool strip(void *ctx, unsigned i)
{
	bool had = !d.stripped[i];

	d.stripped[i] = true;
	return had;
}

static void give_up(void *ctx, unsigned i)
{
	d.given_up[i] = true;
}

static unsigned write_all(void)
{
	static const struct split_write w = {.write = write_rows, .strip = strip, .give_up = give_up,
	                                     .what = "rows could not be written"};
	struct error err;
	unsigned done;

	log_set_level(LOG_ERROR + 1);
	done = split_write(&w, ROWS, &err);
	log_set_level(LOG_INFO);
	return done;
}

static unsigned rows_written(unsigned times)
{
	unsigned i, n = 0;

	for (i = 0; i < ROWS; i++)
		n += d.written[i] == times;
	return n;
}

static void good_rows_are_one_write(void)
{
	memset(&d, 0, sizeof d);
	CU_ASSERT_EQUAL(write_all(), ROWS);
	CU_ASSERT_EQUAL(d.writes, 1);
	CU_ASSERT_EQUAL(rows_written(1), ROWS);
}

static void a_bad_row_is_stripped_alone(void)
{
	unsigned at, i;

	for (at = 0; at < ROWS; at++) {
		memset(&d, 0, sizeof d);
		d.bad[at] = true;
		CU_ASSERT_EQUAL(write_all(), ROWS);
		CU_ASSERT_EQUAL(rows_written(1), ROWS);
		for (i = 0; i < ROWS; i++)
			CU_ASSERT_EQUAL(d.stripped[i], i == at);
		CU_ASSERT_TRUE(d.writes <= 16);
	}
}

static void a_row_that_is_refused_bare_is_given_up_alone(void)
{
	memset(&d, 0, sizeof d);
	d.worse[17] = true;
	CU_ASSERT_EQUAL(write_all(), ROWS);
	CU_ASSERT_EQUAL(rows_written(1), ROWS - 1);
	CU_ASSERT_TRUE(d.given_up[17]);
}

static void all_may_be_bad(void)
{
	memset(&d, 0, sizeof d);
	memset(d.bad, true, sizeof d.bad);
	CU_ASSERT_EQUAL(write_all(), ROWS);
	CU_ASSERT_EQUAL(rows_written(1), ROWS);
}

static void what_was_written_before_the_database_went_away_is_told(void)
{
	unsigned done, i;

	memset(&d, 0, sizeof d);
	d.bad[40] = true;
	d.lost_at = 3;               /* after a refused whole and a written half */
	done = write_all();
	CU_ASSERT_EQUAL(done, ROWS / 2);
	for (i = 0; i < ROWS; i++)
		CU_ASSERT_EQUAL(d.written[i], i < done);
}

static void nothing_is_done_when_it_is_away_at_once(void)
{
	memset(&d, 0, sizeof d);
	d.lost_at = 1;
	CU_ASSERT_EQUAL(write_all(), 0);
	CU_ASSERT_EQUAL(rows_written(0), ROWS);
}

static CU_TestInfo tests[] = {
	{"good rows are one write", good_rows_are_one_write},
	{"a bad row is stripped alone", a_bad_row_is_stripped_alone},
	{"a row that is refused bare is given up alone", a_row_that_is_refused_bare_is_given_up_alone},
	{"all may be bad", all_may_be_bad},
	{"what was written before the database went away is told",
	 what_was_written_before_the_database_went_away_is_told},
	{"nothing is done when it is away at once", nothing_is_done_when_it_is_away_at_once},
	CU_TEST_INFO_NULL};
const CU_SuiteInfo split_write_suite = {"split write", NULL, NULL, NULL, NULL, tests};
