/* Time zones whose files are made for the purpose (base/zone.h); test_zone.c has those of the system. */
#include <CUnit/CUnit.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base_suites.h"
#include "zone_fixture.h"

#define HOUR INT64_C(3600)

static int64_t at(const char *text)
{
	int64_t ms = 0;

	CU_ASSERT_TRUE_FATAL(clock_parse(text, &ms));
	return ms;
}

static struct zone *made(int32_t first, const struct fx_change *changes, unsigned n, const char *footer)
{
	struct zone *z = fx_zone(first, changes, n, footer);

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	return z;
}

/* Forward by two hours at 0, and by one more an hour later: 02:30 is skipped by the first alone, 04:30 by the second; then
 * back by three. */
static void local_times_are_found_however_close_changes_are(void)
{
	static const struct fx_change changes[] = {{0, 2 * HOUR}, {HOUR, 3 * HOUR}, {3 * HOUR, 0}};
	static const struct { int64_t local_min, utc_min; enum zone_fit fit; } rows[] = {
		{-1, -1, ZONE_ONCE}, {0, 0, ZONE_SKIPPED}, {90, 90, ZONE_SKIPPED}, {120, 0, ZONE_ONCE}, {179, 59, ZONE_ONCE},
		{180, 180, ZONE_ONCE}, {200, 200, ZONE_ONCE}, {239, 239, ZONE_ONCE}, {240, 60, ZONE_TWICE}, {359, 179, ZONE_TWICE},
		{360, 360, ZONE_ONCE}};
	struct zone *z = made(0, changes, 3, "");
	int64_t ms = 0;
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		CU_ASSERT_EQUAL(zone_to_utc(z, rows[i].local_min * 60000, &ms), rows[i].fit);
		CU_ASSERT_EQUAL(ms, rows[i].utc_min * 60000);
	}
	zone_free(z);
}

/* One change passes over it, another goes back before it, a third passes over it again. */
static void a_time_that_is_skipped_twice_gets_the_offset_before_the_first(void)
{
	static const struct fx_change changes[] = {{0, 3 * HOUR}, {HOUR / 2, -2 * HOUR}, {2 * HOUR, 4 * HOUR}};
	struct zone *z = made(0, changes, 3, "");
	int64_t ms = 0;

	CU_ASSERT_EQUAL(zone_to_utc(z, 2 * HOUR * 1000, &ms), ZONE_SKIPPED);
	CU_ASSERT_EQUAL(ms, 2 * HOUR * 1000);
	zone_free(z);
}

static void parts_of_a_second_stay(void)
{
	struct zone *z = made(0, NULL, 0, "EST5");
	int64_t ms = 0;

	zone_to_utc(z, -1, &ms);
	CU_ASSERT_EQUAL(ms, 5 * HOUR * 1000 - 1);
	zone_free(z);
}

static void the_rule_holds_from_the_last_listed_time_on(void)
{
	const struct fx_change changes[] = {{at("2010-07-01T00:00:00Z") / 1000, 9 * HOUR}};
	const struct fx_change january[] = {{at("2010-01-05T00:00:00Z") / 1000, 9 * HOUR}};
	struct zone *z = made(0, changes, 1, "CET-1CEST,M3.5.0,M10.5.0/3");

	CU_ASSERT_EQUAL(zone_offset(z, at("2010-06-30T23:59:59Z")), 0);
	CU_ASSERT_EQUAL(zone_offset(z, at("2010-07-01T00:00:00Z")), 2 * HOUR);
	CU_ASSERT_EQUAL(zone_offset(z, at("2010-12-01T00:00:00Z")), HOUR);
	zone_free(z);
	/* in January it is summer there since the year before */
	z = made(0, january, 1, "AEST-10AEDT,M10.1.0,M4.1.0/3");
	CU_ASSERT_EQUAL(zone_offset(z, at("2010-01-05T00:00:00Z")), 11 * HOUR);
	CU_ASSERT_EQUAL(zone_offset(z, at("2010-05-01T00:00:00Z")), 10 * HOUR);
	zone_free(z);
}

static void centuries_after_the_table_are_the_rules_not_the_tables(void)
{
	const struct fx_change changes[] = {{at("2000-01-01T00:00:00Z") / 1000, 5 * HOUR}, {at("2030-11-01T00:00:00Z") / 1000, HOUR}};
	struct zone *z = made(0, changes, 2, "CET-1CEST,M3.5.0,M10.5.0/3");
	static const char *const years[] = {"2031", "2033", "2399", "2429", "2430", "2431", "2433", "2500", "2830", "9999"};
	char text[] = "2031-07-01T00:00:00Z";
	unsigned i;

	for (i = 0; i < sizeof years / sizeof *years; i++) {
		memcpy(text, years[i], 4);
		CU_ASSERT_EQUAL(zone_offset(z, at(text)), 2 * HOUR);
	}
	zone_free(z);
}

/* RFC 8536 section 3.3.1: summer time all year is written by an end that comes when the next year's begins. */
static void summer_time_all_year_is_no_change(void)
{
	struct zone *z = made(0, NULL, 0, "EST5EDT,0/0,J365/25");
	int64_t ms;

	CU_ASSERT_EQUAL(zone_offset(z, at("2026-01-01T05:00:00Z")), -4 * HOUR);
	CU_ASSERT_EQUAL(zone_offset(z, at("2026-12-31T23:00:00Z")), -4 * HOUR);
	CU_ASSERT_FALSE(zone_next_change(z, at("2026-07-01T00:00:00Z"), &ms));
	zone_free(z);
}

/* A day before 1 January: the days of a rule reach into the years beside theirs. */
static void changes_may_lie_in_the_year_beside_the_rules(void)
{
	struct zone *z = made(0, NULL, 0, "AAA0BBB,0/-24,M7.1.0");
	int64_t ms = 0;

	CU_ASSERT_TRUE(zone_next_change(z, at("2026-10-01T00:00:00Z"), &ms));
	CU_ASSERT_EQUAL(ms, at("2026-12-31T00:00:00Z"));
	CU_ASSERT_EQUAL(zone_offset(z, at("2026-12-31T12:00:00Z")), HOUR);
	zone_free(z);
}

static void a_listed_time_without_a_change_is_none(void)
{
	static const struct fx_change changes[] = {{0, HOUR}, {1000, HOUR}, {2000, 0}};
	struct zone *z = made(0, changes, 3, "");
	int64_t ms = 0;

	CU_ASSERT_TRUE(zone_next_change(z, 0, &ms));
	CU_ASSERT_EQUAL(ms, 2000000);
	CU_ASSERT_FALSE(zone_next_change(z, 2000000, &ms));
	zone_free(z);
}

static void what_is_cut_short_or_wrong_is_no_zone(void)
{
	static const struct fx_change changes[] = {{0, HOUR}, {1000, 0}}, unordered[] = {{1000, HOUR}, {0, 0}}, far[] = {{0, 27 * HOUR}};
	static const char *const rules[] = {"CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.1.0,M1.1.0", "CET-1x", "C-1", "<CET-1",
	                                    "CET-40", "CET-1CEST-53,M3.5.0,M10.5.0"};
	unsigned char file[FX_ZONE_FILE];
	size_t n = fx_zone_file(0, changes, 2, "CET-1", file), i;

	for (i = 0; i < n; i++) {
		/* of its own size, so that reading beyond its end is seen */
		unsigned char *part = mem_alloc(i > 0 ? i : 1);

		memcpy(part, file, i);
		CU_ASSERT_PTR_NULL(fx_zone_read(part, i));
		mem_free(part);
	}
	CU_ASSERT_PTR_NULL(fx_zone(0, unordered, 2, ""));
	CU_ASSERT_PTR_NULL(fx_zone(0, far, 1, ""));
	for (i = 0; i < sizeof rules / sizeof *rules; i++)
		CU_ASSERT_PTR_NULL(fx_zone(0, changes, 2, rules[i]));
}

/* Their times count leap seconds, which no clock of ours does. */
static void files_with_leap_seconds_are_refused(void)
{
	unsigned char file[FX_ZONE_FILE + 12];
	size_t n = fx_zone_file(0, NULL, 0, "", file), end = n - 2;      /* of the block: an empty footer's two lines follow */
	struct zone *z;

	memmove(file + end + 12, file + end, n - end);
	memset(file + end, 0, 12);
	file[50 + 28 + 3] = 1;
	CU_ASSERT_PTR_NULL(fx_zone_read(file, n + 12));
	/* but for them it is a zone */
	file[50 + 28 + 3] = 0;
	memmove(file + end, file + end + 12, n - end);
	z = fx_zone_read(file, n);
	CU_ASSERT_PTR_NOT_NULL(z);
	zone_free(z);
}

static CU_TestInfo tests[] = {
	{"local times are found however close changes are", local_times_are_found_however_close_changes_are},
	{"a time that is skipped twice gets the offset before the first",
	 a_time_that_is_skipped_twice_gets_the_offset_before_the_first},
	{"parts of a second stay", parts_of_a_second_stay},
	{"the rule holds from the last listed time on", the_rule_holds_from_the_last_listed_time_on},
	{"centuries after the table are the rule's, not the table's", centuries_after_the_table_are_the_rules_not_the_tables},
	{"summer time all year is no change", summer_time_all_year_is_no_change},
	{"changes may lie in the year beside the rule's", changes_may_lie_in_the_year_beside_the_rules},
	{"a listed time without a change is none", a_listed_time_without_a_change_is_none},
	{"what is cut short or wrong is no zone", what_is_cut_short_or_wrong_is_no_zone},
	{"files with leap seconds are refused", files_with_leap_seconds_are_refused},
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo zone_made_suite = {"zone: made", NULL, NULL, NULL, NULL, tests};
