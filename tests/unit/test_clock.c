/* Time (base/clock.h). */
#include <CUnit/CUnit.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base_suites.h"

static int64_t wall, mono;

static int64_t fixed_wall(void)
{
	return wall;
}

static int64_t fixed_mono(void)
{
	return mono;
}

static int64_t parsed(const char *text)
{
	int64_t ms;

	return clock_parse(text, &ms) ? ms : INT64_MIN;
}

static void the_clock_is_the_hosts_plus_the_databases_offset(void)
{
	clock_set_source(fixed_wall, fixed_mono);
	wall = 5000;
	mono = 77;
	clock_set_offset(-1500);
	CU_ASSERT_EQUAL(clock_now_ms(), 3500);
	CU_ASSERT_EQUAL(clock_offset_ms(), -1500);
	CU_ASSERT_EQUAL(clock_mono_us(), 77);
	clock_set_offset(0);
	clock_set_source(NULL, NULL);
	CU_ASSERT_TRUE(clock_now_ms() > INT64_C(1700000000000));
}

static void days_agree_with_the_c_library(void)
{
	char text[CLOCK_TEXT_SIZE], expected[64];
	int64_t day;
	int bad = 0;

	for (day = -719528; day < 2932897; day += 1) {   /* the years 0 to 9999 */
		time_t t = day * 86400 + 86399;
		int64_t back;
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(expected, sizeof expected, "T%H:%M:%SZ", &tm);
		clock_format(t * 1000 + 999, text);
		bad += strcmp(text + 10, expected) != 0 || !clock_parse(text, &back) ||
		       back != t * INT64_C(1000) ||
		       clock_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) !=
			       day * INT64_C(86400000);
	}
	CU_ASSERT_EQUAL(bad, 0);
}

static void leap_years_follow_the_gregorian_rule(void)
{
	CU_ASSERT_EQUAL(parsed("2024-02-29T00:00:00Z"), INT64_C(1709164800000));
	CU_ASSERT_EQUAL(parsed("2000-02-29T12:00:00Z"), INT64_C(951825600000));
	CU_ASSERT_EQUAL(parsed("2023-02-29T00:00:00Z"), INT64_MIN);
	CU_ASSERT_EQUAL(parsed("1900-02-29T00:00:00Z"), INT64_MIN);
	CU_ASSERT_EQUAL(parsed("2100-02-29T00:00:00Z"), INT64_MIN);
}

static void instants_before_1970_round_down(void)
{
	char text[CLOCK_TEXT_SIZE];
	int y, m, d;

	clock_format(-1, text);
	CU_ASSERT_STRING_EQUAL(text, "1969-12-31T23:59:59Z");
	CU_ASSERT_EQUAL(clock_day_start(-1), -86400000);
	CU_ASSERT_EQUAL(clock_next_day(-1), 0);
	clock_civil(-1, &y, &m, &d);
	CU_ASSERT_TRUE(y == 1969 && m == 12 && d == 31);
}

static void a_year_of_five_digits_fits(void)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(clock_from_civil(12345, 6, 7), text);
	CU_ASSERT_STRING_EQUAL(text, "12345-06-07T00:00:00Z");
	clock_format(INT64_MAX, text);
	CU_ASSERT_STRING_EQUAL(text, "99999-12-31T23:59:59Z");
	clock_format(INT64_MIN, text);
	CU_ASSERT_STRING_EQUAL(text, "0000-01-01T00:00:00Z");
}

static void months_begin_and_end_at_midnight(void)
{
	int64_t at = parsed("2024-02-10T11:12:13.5Z");

	CU_ASSERT_EQUAL(clock_month_start(at), parsed("2024-02-01T00:00:00Z"));
	CU_ASSERT_EQUAL(clock_next_month(at), parsed("2024-03-01T00:00:00Z"));
	CU_ASSERT_EQUAL(clock_next_month(parsed("2024-12-31T23:59:59Z")),
	                parsed("2025-01-01T00:00:00Z"));
	CU_ASSERT_EQUAL(clock_month_start(parsed("2024-03-01T00:00:00Z")),
	                parsed("2024-03-01T00:00:00Z"));
}

static void offsets_and_fractions_are_read(void)
{
	CU_ASSERT_EQUAL(parsed("2025-01-15T11:30:00+05:30"), parsed("2025-01-15T06:00:00Z"));
	CU_ASSERT_EQUAL(parsed("2025-01-14T22:00:00-08:00"), parsed("2025-01-15T06:00:00Z"));
	CU_ASSERT_EQUAL(parsed("2025-01-15T06:00:00-00:00"), parsed("2025-01-15T06:00:00Z"));
	CU_ASSERT_EQUAL(parsed("1970-01-01T00:00:00.5Z"), 500);
	CU_ASSERT_EQUAL(parsed("1970-01-01T00:00:00.0019999Z"), 1);
	CU_ASSERT_EQUAL(parsed("1970-01-01t00:00:01z"), 1000);
}

static void a_leap_second_stands_only_at_the_end_of_a_day(void)
{
	CU_ASSERT_EQUAL(parsed("2016-12-31T23:59:60Z"), parsed("2017-01-01T00:00:00Z"));
	CU_ASSERT_EQUAL(parsed("2016-12-31T15:59:60-08:00"), parsed("2017-01-01T00:00:00Z"));
	CU_ASSERT_EQUAL(parsed("2016-12-31T12:00:60Z"), INT64_MIN);
	CU_ASSERT_EQUAL(parsed("2016-12-31T23:59:61Z"), INT64_MIN);
}

static void an_offset_does_not_lead_out_of_the_years_that_can_be_written(void)
{
	CU_ASSERT_EQUAL(parsed("9999-12-31T11:59:59-12:00"), INT64_C(253402300799000));
	CU_ASSERT_EQUAL(parsed("9999-12-31T12:00:00-12:00"), INT64_MIN);
	CU_ASSERT_EQUAL(parsed("9999-12-31T23:59:60Z"), INT64_MIN);
	CU_ASSERT_EQUAL(parsed("0000-01-01T14:00:00+14:00"), -INT64_C(62167219200000));
	CU_ASSERT_EQUAL(parsed("0000-01-01T13:59:59+14:00"), INT64_MIN);
}

static void what_is_not_rfc_3339_is_refused(void)
{
	static const char *const wrong[] = {
		"", "2025", "2025-01-15", "2025-01-15T06:00:00", "2025-01-15 06:00:00Z",
		"2025-1-15T06:00:00Z", "2025-13-01T00:00:00Z", "2025-00-01T00:00:00Z",
		"2025-04-31T00:00:00Z", "2025-04-00T00:00:00Z", "2025-01-15T24:00:00Z",
		"2025-01-15T06:60:00Z", "2025-01-15T06:00Z", "2025-01-15T06:00:00.Z",
		"2025-01-15T06:00:00+0530", "2025-01-15T06:00:00+24:00", "2025-01-15T06:00:00+05:60",
		"2025-01-15T06:00:00+5:30", "2025-01-15T06:00:00Z ", " 2025-01-15T06:00:00Z",
		"+2025-01-15T06:00:00Z", "-025-01-15T06:00:00Z", "12025-01-15T06:00:00Z",
		"2025-01-15T06:00:00,5Z", "2025-01-15T06:00:00ZZ"};
	unsigned i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CU_ASSERT_EQUAL(parsed(wrong[i]), INT64_MIN);
}

static CU_TestInfo tests[] = {
	{"the clock is the host's plus the database's offset",
	 the_clock_is_the_hosts_plus_the_databases_offset},
	{"days of ten thousand years agree with the C library", days_agree_with_the_c_library},
	{"leap years follow the Gregorian rule", leap_years_follow_the_gregorian_rule},
	{"instants before 1970 round down", instants_before_1970_round_down},
	{"a year of five digits fits", a_year_of_five_digits_fits},
	{"months begin and end at midnight", months_begin_and_end_at_midnight},
	{"offsets and fractions are read", offsets_and_fractions_are_read},
	{"a leap second stands only at the end of a day",
	 a_leap_second_stands_only_at_the_end_of_a_day},
	{"an offset does not lead out of the years that can be written",
	 an_offset_does_not_lead_out_of_the_years_that_can_be_written},
	{"what is not RFC 3339 is refused", what_is_not_rfc_3339_is_refused},
	CU_TEST_INFO_NULL};

CU_SuiteInfo clock_suite = {"clock", NULL, NULL, NULL, NULL, tests};
