/* Cron expressions and their slots (base/cron.h): tables to read. test_cron_walk.c holds the walk that they are checked by. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/cron.h"
#include "base_suites.h"

#define COUNT(rows) (sizeof rows / sizeof *rows)
#define SLOTS_MAX   16

static int64_t at(const char *text)
{
	char whole[40];
	int64_t ms = 0;

	snprintf(whole, sizeof whole, "%s:00Z", text);
	CU_ASSERT_TRUE_FATAL(clock_parse(strlen(text) == 16 ? whole : text, &ms));
	return ms;
}

static struct zone *load(const char *name)
{
	struct error err = {0};
	struct zone *z = zone_load(name, &err);

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	return z;
}

static struct cron parsed(const char *text)
{
	struct error err = {0};
	struct cron c;

	if (!cron_parse(text, &c, &err)) {
		fprintf(stderr, "\n%s: %s\n", text, err.message);
		CU_FAIL_FATAL("an expression that is allowed");
	}
	return c;
}

/* "2026-03-29T03:30 moved, …": slots as their local times, with ! behind those that a clock change moved. */
static void list(const char *expr, const char *zone, const char *from, unsigned n, bool back, char *out, size_t size)
{
	struct cron c = parsed(expr);
	struct zone *z = load(zone);
	struct cron_slot slot = {.at_ms = at(from)};
	char text[CLOCK_TEXT_SIZE];
	size_t used = 0;

	out[0] = '\0';
	for (; n > 0; n--) {
		if (!(back ? cron_previous(&c, z, slot.at_ms, &slot) : cron_next(&c, z, slot.at_ms, &slot))) {
			snprintf(out + used, size - used, "%snone", used ? ", " : "");
			break;
		}
		clock_format(slot.at_ms, text);
		text[strcmp(text + 16, ":00Z") == 0 ? 16 : 19] = '\0';
		used += (size_t)snprintf(out + used, size - used, "%s%s%s", used ? ", " : "", text, slot.moved ? "!" : "");
	}
	zone_free(z);
}

static void check_list(const char *expr, const char *zone, const char *from, bool back, const char *expected)
{
	unsigned n = 1, i;
	char got[600];

	for (i = 0; expected[i]; i++)
		n += expected[i] == ',';
	list(expr, zone, from, n, back, got, sizeof got);
	if (strcmp(got, expected) != 0)
		fprintf(stderr, "\n%s in %s from %s:\n\tgot      %s\n\texpected %s\n", expr, zone, from, got, expected);
	CU_ASSERT_STRING_EQUAL(got, expected);
}

struct row { const char *expr, *zone, *from, *expected; };

static void check_next(const struct row *rows, size_t n)
{
	for (; n > 0; n--, rows++)
		check_list(rows->expr, rows->zone, rows->from, false, rows->expected);
}

/* ---- fields ---- */

static void fields_match_by_value_list_range_step_and_name(void)
{
	static const struct row rows[] = {
		{"0 6 * * *", "UTC", "2026-01-01T06:00", "2026-01-02T06:00, 2026-01-03T06:00"},
		{"30 9 * * 1-5", "UTC", "2026-01-01T09:30", "2026-01-02T09:30, 2026-01-05T09:30"},
		{"0 0 * * MON-fri", "UTC", "2026-01-01T00:00", "2026-01-02T00:00, 2026-01-05T00:00"},
		{"*/25 * * * *", "UTC", "2026-01-01T00:00", "2026-01-01T00:25, 2026-01-01T00:50, 2026-01-01T01:00"},
		{"10-20/5 3 * * *", "UTC", "2026-01-01T00:00", "2026-01-01T03:10, 2026-01-01T03:15, 2026-01-01T03:20"},
		{"40/10 3 * * *", "UTC", "2026-01-01T00:00", "2026-01-01T03:40, 2026-01-01T03:50, 2026-01-02T03:40"},
		{"5,1,3 0 * * *", "UTC", "2026-01-01T00:00", "2026-01-01T00:01, 2026-01-01T00:03, 2026-01-01T00:05"},
		{"0 0 1 jan,JUL *", "UTC", "2026-01-01T00:00", "2026-07-01T00:00, 2027-01-01T00:00"},
		{"0 0 1 FEB-apr *", "UTC", "2026-01-01T00:00", "2026-02-01T00:00, 2026-03-01T00:00, 2026-04-01T00:00"},
		{"0 0 31 */2 *", "UTC", "2026-01-01T00:00", "2026-01-31T00:00, 2026-03-31T00:00, 2026-05-31T00:00"},
		{" \t0  0\t* * *  ", "UTC", "2026-01-01T00:00", "2026-01-02T00:00"},
		{"00 05 * * *", "UTC", "2026-01-01T00:00", "2026-01-01T05:00"},
	};
	check_next(rows, COUNT(rows));
}

static void seven_is_sunday_and_a_range_may_end_in_it(void)
{
	static const char sundays[] = "2026-01-04T00:00, 2026-01-11T00:00", weekend[] = "2026-01-03T00:00, 2026-01-04T00:00, 2026-01-10T00:00";
	static const struct row rows[] = {
		{"0 0 * * 7", "UTC", "2026-01-01T00:00", sundays},
		{"0 0 * * 0", "UTC", "2026-01-01T00:00", sundays},
		{"0 0 * * SUN", "UTC", "2026-01-01T00:00", sundays},
		{"0 0 * * SUN-SUN", "UTC", "2026-01-01T00:00", sundays},
		{"0 0 * * SAT-SUN", "UTC", "2026-01-01T00:00", weekend},
		{"0 0 * * 6-7", "UTC", "2026-01-01T00:00", weekend},
		{"0 0 * * sat-7", "UTC", "2026-01-01T00:00", weekend},
		{"0 0 * * 5/2", "UTC", "2026-01-01T00:00", "2026-01-02T00:00, 2026-01-04T00:00, 2026-01-09T00:00"},
		{"0 0 * * 0-7", "UTC", "2026-01-01T00:00", "2026-01-02T00:00, 2026-01-03T00:00, 2026-01-04T00:00"},
		{"0 0 * * */3", "UTC", "2026-01-01T00:00", "2026-01-03T00:00, 2026-01-04T00:00, 2026-01-07T00:00"},
	};
	check_next(rows, COUNT(rows));
}

static void when_both_day_fields_are_restricted_either_may_match(void)
{
	static const struct row rows[] = {
		{"0 0 13 * 5", "UTC", "2026-01-01T00:00", "2026-01-02T00:00, 2026-01-09T00:00, 2026-01-13T00:00, 2026-01-16T00:00"},
		{"0 0 13 * *", "UTC", "2026-01-01T00:00", "2026-01-13T00:00, 2026-02-13T00:00"},
		{"0 0 * * 5", "UTC", "2026-01-01T00:00", "2026-01-02T00:00, 2026-01-09T00:00"},
		/* restricted is whatever is not * alone */
		{"0 0 1-31 * 5", "UTC", "2026-01-01T00:00", "2026-01-02T00:00, 2026-01-03T00:00"},
		{"0 0 */2 * 1", "UTC", "2026-01-01T00:00", "2026-01-03T00:00, 2026-01-05T00:00, 2026-01-07T00:00"},
		{"0 0 30 2 1", "UTC", "2026-01-01T00:00", "2026-02-02T00:00, 2026-02-09T00:00"},
		{"0 0 L * 5L", "UTC", "2026-01-01T00:00", "2026-01-30T00:00, 2026-01-31T00:00, 2026-02-27T00:00, 2026-02-28T00:00"},
	};
	check_next(rows, COUNT(rows));
}

static void the_last_day_the_last_of_a_weekday_and_the_nth(void)
{
	static const struct row rows[] = {
		{"0 0 L * *", "UTC", "2026-01-01T00:00", "2026-01-31T00:00, 2026-02-28T00:00, 2026-03-31T00:00, 2026-04-30T00:00"},
		{"0 0 l 2 *", "UTC", "2027-01-01T00:00", "2027-02-28T00:00, 2028-02-29T00:00"},
		{"0 0 1,L * *", "UTC", "2026-01-01T00:00", "2026-01-31T00:00, 2026-02-01T00:00, 2026-02-28T00:00"},
		{"0 0 * * 5L", "UTC", "2026-01-01T00:00", "2026-01-30T00:00, 2026-02-27T00:00, 2026-03-27T00:00"},
		{"0 0 * * FRIL", "UTC", "2026-01-01T00:00", "2026-01-30T00:00, 2026-02-27T00:00"},
		{"0 0 * * 7L", "UTC", "2026-01-01T00:00", "2026-01-25T00:00, 2026-02-22T00:00"},
		{"0 0 * * 2#3", "UTC", "2026-01-01T00:00", "2026-01-20T00:00, 2026-02-17T00:00, 2026-03-17T00:00"},
		{"0 0 * * tue#5", "UTC", "2026-01-01T00:00", "2026-03-31T00:00, 2026-06-30T00:00"},
		{"0 0 * * 1#1,1#3,5L", "UTC", "2026-01-01T00:00", "2026-01-05T00:00, 2026-01-19T00:00, 2026-01-30T00:00"},
		{"0 0 * * 1,2#3", "UTC", "2026-01-13T00:00", "2026-01-19T00:00, 2026-01-20T00:00, 2026-01-26T00:00"},
	};
	check_next(rows, COUNT(rows));
}

static void nicknames_are_expressions(void)
{
	static const struct row rows[] = {
		{"@hourly", "UTC", "2026-01-01T00:30", "2026-01-01T01:00, 2026-01-01T02:00"},
		{"@daily", "UTC", "2026-01-01T00:00", "2026-01-02T00:00, 2026-01-03T00:00"},
		{" @Midnight ", "UTC", "2026-01-01T00:00", "2026-01-02T00:00"},
		{"@weekly", "UTC", "2026-01-01T00:00", "2026-01-04T00:00, 2026-01-11T00:00"},
		{"@monthly", "UTC", "2026-01-01T00:00", "2026-02-01T00:00, 2026-03-01T00:00"},
		{"@yearly", "UTC", "2026-01-01T00:00", "2027-01-01T00:00, 2028-01-01T00:00"},
		{"@annually", "UTC", "2026-01-01T00:00", "2027-01-01T00:00"},
	};
	check_next(rows, COUNT(rows));
}

static void rare_days_are_found_however_far_they_are(void)
{
	static const struct row rows[] = {
		{"0 0 29 2 *", "UTC", "2026-01-01T00:00", "2028-02-29T00:00, 2032-02-29T00:00"},
		{"0 0 29 2 *", "Europe/Berlin", "2096-03-01T00:00", "2104-02-28T23:00"},
		{"0 0 * 2 1#5", "UTC", "2026-01-01T00:00", "2044-02-29T00:00, 2072-02-29T00:00, 2112-02-29T00:00"},
		{"59 23 31 12 *", "UTC", "9998-01-01T00:00", "9998-12-31T23:59, 9999-12-31T23:59, none"},
		{"0 0 1 1 *", "UTC", "9999-06-01T00:00", "none"},
	};
	check_next(rows, COUNT(rows));
}

/* ---- errors ---- */

static void what_is_wrong_is_told_with_field_position_and_what_is_allowed(void)
{
	static const struct { const char *expr, *place, *allowed; } rows[] = {
		{"", "minute, position 1", "missing"},
		{"   ", "minute, position 4", "missing"},
		{"* * *", "month, position 6", "missing"},
		{"* * * * ", "day of week, position 9", "missing"},
		{"* * * * * *", "position 11", "seconds and years"},
		{"0 0 0 1 1 * 2026", "day of month, position 5", "1 to 31"},
		{"60 * * * *", "minute, position 1", "0 to 59"},
		{"0 24 * * *", "hour, position 3", "0 to 23"},
		{"0 0 0 * *", "day of month, position 5", "1 to 31"},
		{"0 0 32 * *", "day of month, position 5", "1 to 31"},
		{"0 0 1 13 *", "month, position 7", "1 to 12 or JAN to DEC"},
		{"0 0 1 0 *", "month, position 7", "1 to 12 or JAN to DEC"},
		{"0 0 * * 8", "day of week, position 9", "0 to 7 or SUN to SAT"},
		{"0 0 * * 1-8", "day of week, position 11", "0 to 7"},
		{"99999999999999999999 * * * *", "minute, position 1", "99999999999999999999 is out of range"},
		{"1,2,61 * * * *", "minute, position 5", "0 to 59"},
		{"-1 * * * *", "minute, position 1", "\"-\" is not allowed"},
		{"5- * * * *", "minute, position 3", "a value is missing"},
		{"1,,2 * * * *", "minute, position 3", "a value is missing"},
		{",1 * * * *", "minute, position 1", "a value is missing"},
		{"1, * * * *", "minute, position 3", "a value is missing"},
		{"*5 * * * *", "minute, position 2", "\"5\" is not allowed"},
		{"** * * * *", "minute, position 2", "\"*\" is not allowed"},
		{"*-5 * * * *", "minute, position 2", "\"-\" is not allowed"},
		{"1-2-3 * * * *", "minute, position 4", "\"-\" is not allowed"},
		{"*/5/5 * * * *", "minute, position 4", "\"/\" is not allowed"},
		{"1.5 * * * *", "minute, position 2", "\".\" is not allowed"},
		{"*/0 * * * *", "minute, position 3", "1 to 60"},
		{"*/61 * * * *", "minute, position 3", "1 to 60"},
		{"0 */25 * * *", "hour, position 5", "1 to 24"},
		{"*/ * * * *", "minute, position 3", "a step from 1 to 60"},
		{"*/-5 * * * *", "minute, position 3", "a step from 1 to 60"},
		{"50-10 * * * *", "minute, position 1", "goes backward"},
		{"0 22-4 * * *", "hour, position 3", "22-23,0-4"},
		{"0 0 * NOV-FEB *", "month, position 7", "goes backward"},
		{"0 0 * * FRI-MON", "day of week, position 9", "goes backward"},
		{"0 0 * * 7-2", "day of week, position 9", "goes backward"},
		{"0 0 * * MONDAY", "day of week, position 9", "\"MONDAY\" is no name"},
		{"0 0 * MAI *", "month, position 7", "JAN to DEC"},
		{"0 MON * * *", "hour, position 3", "0 to 23"},
		{"0 0 ? * 1", "day of month, position 5", "write * for any day"},
		{"0 0 1 * ?", "day of week, position 9", "write * for any day"},
		{"0 0 1W * *", "day of month, position 6", "nearest working day"},
		{"0 0 LW * *", "day of month, position 6", "nearest working day"},
		{"0 0 L-3 * *", "day of month, position 5", "stands alone"},
		{"0 0 L/2 * *", "day of month, position 5", "stands alone"},
		{"0 0 1-L * *", "day of month, position 7", "\"L\" is not allowed"},
		{"0 L * * *", "hour, position 3", "\"L\" is not allowed"},
		{"0 0 * * L", "day of week, position 9", "5L, the last Friday"},
		{"0 0 * * 1-5L", "day of week, position 12", "5L, the last Friday"},
		{"0 0 * * 2#6", "day of week, position 11", "1 to 5"},
		{"0 0 * * 2#0", "day of week, position 11", "1 to 5"},
		{"0 0 * * 2#", "day of week, position 11", "1 to 5"},
		{"0 0 2#3 * *", "day of month, position 6", "\"#\" is not allowed"},
		{"0 0 * * 5L-6", "day of week, position 11", "\"-\" is not allowed"},
		{"H * * * *", "minute, position 1", "hashed"},
		{"0 0 * * *\n", "day of week, position 10", "byte 0x0a"},
		{"0\xc2\xa0" "0 * * *", "minute, position 2", "byte 0xc2"},
		{"@reboot", "position 1", "@hourly, @daily"},
		{" @fortnightly", "position 2", "@hourly, @daily"},
		{"@daily 0", "position 1", "each alone"},
		{"@", "position 1", "@hourly, @daily"},
		{"0 @daily * * *", "hour, position 3", "@hourly, @daily"},
	};
	unsigned i;

	for (i = 0; i < COUNT(rows); i++) {
		struct error err = {0};
		struct cron c;
		bool ok = cron_parse(rows[i].expr, &c, &err);

		if (ok || !strstr(err.message, rows[i].place) || !strstr(err.message, rows[i].allowed))
			fprintf(stderr, "\n\"%s\": %s\n", rows[i].expr, ok ? "taken" : err.message);
		CU_ASSERT_FALSE(ok);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, rows[i].place));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, rows[i].allowed));
		CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
		CU_ASSERT_STRING_EQUAL(err.field, "cron_expr");
	}
}

static void one_that_can_never_match_is_refused(void)
{
	static const char *const never[] = {"0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31 2 *", "0 0 30,31 FEB *", "0 0 31 6-6 *"};
	static const char *const ever[] = {"0 0 29 2 *", "0 0 30 2,3 *", "0 0 31 4,5 *", "0 0 L 2 *", "0 0 30 2 1", "0 0 * 2 1#5", "0 0 30,L 2 *"};
	struct error err;
	struct cron c;
	unsigned i;

	for (i = 0; i < COUNT(never); i++) {
		CU_ASSERT_FALSE(cron_parse(never[i], &c, &err));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "day of month"));
	}
	for (i = 0; i < COUNT(ever); i++)
		CU_ASSERT_TRUE(cron_parse(ever[i], &c, &err));
}

static void a_text_that_is_too_long_is_refused(void)
{
	char text[CRON_TEXT_MAX + 2];
	struct error err;
	struct cron c;

	memset(text, ' ', sizeof text);
	memcpy(text, "0 0 * * *", 9);
	text[CRON_TEXT_MAX + 1] = '\0';
	CU_ASSERT_FALSE(cron_parse(text, &c, &err));
	text[CRON_TEXT_MAX] = '\0';
	CU_ASSERT_TRUE(cron_parse(text, &c, &err));
}

/* ---- clock changes ---- */

static void a_skipped_time_fires_at_the_offset_before_the_change(void)
{
	static const struct row rows[] = {
		{"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:30!, 2026-03-30T00:30"},
		{"30 2 * * *", "America/New_York", "2026-03-08T00:00", "2026-03-08T07:30!, 2026-03-09T06:30"},
		/* half an hour: 02:00 becomes 02:30 */
		{"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", "2026-10-03T15:45!, 2026-10-04T15:15"},
		/* midnight itself is skipped */
		{"0 0 * * *", "Africa/Cairo", "2026-04-23T12:00", "2026-04-23T22:00!, 2026-04-24T21:00"},
		/* two hours */
		{"30 1 * * *", "Antarctica/Troll", "2026-03-28T12:00", "2026-03-29T01:30!, 2026-03-29T23:30"},
		/* a day: 30 December 2011 was not in Apia */
		{"0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00", "2011-12-30T22:00!, 2012-12-29T22:00"},
	};
	check_next(rows, COUNT(rows));
}

static void a_time_that_occurs_twice_fires_the_first_time(void)
{
	static const struct row rows[] = {
		{"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", "2026-10-25T00:30, 2026-10-26T01:30"},
		{"30 1 * * *", "America/New_York", "2026-11-01T00:00", "2026-11-01T05:30, 2026-11-02T06:30"},
		{"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00", "2026-04-04T14:45, 2026-04-05T15:15"},
		/* between the two */
		{"30 1 * * *", "America/New_York", "2026-11-01T05:45", "2026-11-02T06:30"},
		{"30 23 * * *", "Africa/Cairo", "2026-10-29T00:00", "2026-10-29T20:30, 2026-10-30T21:30"},
	};
	check_next(rows, COUNT(rows));
}

static void a_star_in_minute_or_hour_follows_elapsed_time(void)
{
	static const struct row rows[] = {
		/* API.md's examples */
		{"*/15 2 * * *", "America/New_York", "2026-03-08T00:00", "2026-03-09T06:00, 2026-03-09T06:15"},
		{"*/15 1 * * *", "America/New_York", "2026-11-01T00:00",
		 "2026-11-01T05:00, 2026-11-01T05:15, 2026-11-01T05:30, 2026-11-01T05:45, 2026-11-01T06:00, 2026-11-01T06:15,"
		 " 2026-11-01T06:30, 2026-11-01T06:45, 2026-11-02T06:00"},
		{"30 * * * *", "Europe/Berlin", "2026-03-29T00:00", "2026-03-29T00:30, 2026-03-29T01:30"},
		{"30 * * * *", "Europe/Berlin", "2026-10-25T00:00", "2026-10-25T00:30, 2026-10-25T01:30, 2026-10-25T02:30"},
		{"30 */2 * * *", "Europe/Berlin", "2026-03-28T23:00", "2026-03-28T23:30, 2026-03-29T02:30"},
		{"*/30 * * * *", "Australia/Lord_Howe", "2026-10-03T15:00", "2026-10-03T15:30, 2026-10-03T16:00"},
		{"0 * * * *", "Australia/Lord_Howe", "2026-10-03T14:00", "2026-10-03T14:30, 2026-10-03T16:00, 2026-10-03T17:00"},
		/* a list or range without * is fixed */
		{"0-59/15 2 * * *", "America/New_York", "2026-03-08T00:00", "2026-03-08T07:00!, 2026-03-08T07:15!"},
		{"0,*/30 2 * * *", "America/New_York", "2026-03-08T00:00", "2026-03-09T06:00"},
		/* only minute and hour count */
		{"30 2 */2 * *", "America/New_York", "2026-03-06T12:00", "2026-03-07T07:30, 2026-03-09T06:30"},
		{"30 2 8 */3 *", "America/New_York", "2026-03-06T12:00", "2026-04-08T06:30"},
		{"30 2 8 3 */7", "America/New_York", "2026-03-06T12:00", "2026-03-08T07:30!"},
	};
	check_next(rows, COUNT(rows));
}

/* The second Sunday of March has no 02:00 to 03:00 in New York, by the rules of 2007. */
static void what_a_zone_skips_each_year_has_no_slot_there(void)
{
	static const struct row rows[] = {
		{"*/15 2 * 3 0#2", "America/New_York", "2026-01-01T00:00", "none"},
		{"*/15 2 * 3 0#2", "America/New_York", "2005-01-01T00:00", "2005-03-13T07:00, 2005-03-13T07:15"},
		{"0/15 2 * 3 0#2", "America/New_York", "2026-01-01T00:00", "2026-03-08T07:00!, 2026-03-08T07:15!"},
	};
	check_next(rows, COUNT(rows));
}

static void two_slots_at_one_instant_are_one(void)
{
	static const struct row rows[] = {
		/* 02:30 moves to 03:30, which is named as well */
		{"30 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:30, 2026-03-30T00:30, 2026-03-30T01:30"},
		{"0 12 * * *", "Pacific/Apia", "2011-12-29T00:00", "2011-12-29T22:00, 2011-12-30T22:00, 2011-12-31T22:00"},
		/* what is moved can come after what follows it: 02:45 after 03:00 */
		{"45,0 2,3 29 3 *", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:00, 2026-03-29T01:45, 2027-03-29T00:00"},
		{"45 2 29 3 *", "Europe/Berlin", "2026-03-29T01:10", "2026-03-29T01:45!"},
	};
	check_next(rows, COUNT(rows));
}

static void slots_are_of_whole_local_minutes_where_offsets_have_seconds(void)
{
	static const struct row rows[] = {
		/* Monrovia was 44 min 30 s behind until 1972 */
		{"0 0 * * *", "Africa/Monrovia", "1972-01-04T12:00", "1972-01-05T00:44:30, 1972-01-06T00:44:30, 1972-01-07T00:44:30!, 1972-01-08T00:00"},
		{"*/30 0 7 1 *", "Africa/Monrovia", "1972-01-06T12:00", "1973-01-07T00:00, 1973-01-07T00:30"},
		{"0 12 * * *", "Europe/Berlin", "1893-03-30T12:00", "1893-03-31T11:06:32, 1893-04-01T11:00"},
	};
	check_next(rows, COUNT(rows));
}

static void rules_hold_beyond_the_zones_table(void)
{
	static const struct row rows[] = {
		{"30 2 * * *", "Europe/Berlin", "2101-03-26T12:00", "2101-03-27T01:30!, 2101-03-28T00:30"},
		{"30 2 * * *", "Europe/Berlin", "2800-03-25T12:00", "2800-03-26T01:30!"},
		{"0 6 1 7 *", "America/New_York", "2099-08-01T00:00", "2100-07-01T10:00"},
		{"0 6 28 2-3 *", "UTC", "2100-02-27T00:00", "2100-02-28T06:00, 2100-03-28T06:00"},
		{"0 6 29 * *", "Asia/Kolkata", "2100-01-30T00:00", "2100-03-29T00:30"},
	};
	check_next(rows, COUNT(rows));
}

static void the_previous_is_found_by_the_same_rules(void)
{
	static const struct row rows[] = {
		{"0 6 * * *", "UTC", "2026-01-03T06:00", "2026-01-02T06:00, 2026-01-01T06:00, 2025-12-31T06:00"},
		{"30 2 * * *", "Europe/Berlin", "2026-03-29T12:00", "2026-03-29T01:30!, 2026-03-28T01:30"},
		{"30 2 * * *", "Europe/Berlin", "2026-10-25T12:00", "2026-10-25T00:30, 2026-10-24T00:30"},
		{"*/15 1 * * *", "America/New_York", "2026-11-01T06:30", "2026-11-01T06:15, 2026-11-01T06:00, 2026-11-01T05:45"},
		{"45,0 2,3 29 3 *", "Europe/Berlin", "2026-04-01T00:00", "2026-03-29T01:45, 2026-03-29T01:00, 2025-03-29T02:45"},
		{"0 0 29 2 *", "UTC", "2104-02-29T00:00", "2096-02-29T00:00, 2092-02-29T00:00"},
		{"0 12 * * *", "Pacific/Apia", "2011-12-31T12:00", "2011-12-30T22:00, 2011-12-29T22:00"},
		{"0 0 * 2 1#5", "Europe/Berlin", "2026-01-01T00:00", "2016-02-28T23:00, 1988-02-28T23:00, 1960-02-28T23:00"},
		{"0 0 1 1 *", "UTC", "0001-01-01T00:00", "0000-01-01T00:00, none"},
	};
	unsigned i;

	for (i = 0; i < COUNT(rows); i++)
		check_list(rows[i].expr, rows[i].zone, rows[i].from, true, rows[i].expected);
}

static void the_instant_asked_for_is_left_out_and_parts_of_seconds_count(void)
{
	struct cron c = parsed("0 6 * * *");
	struct zone *z = load("UTC");
	int64_t six = at("2026-01-01T06:00"), day = INT64_C(86400000);
	struct cron_slot slot;
	unsigned i;
	const struct { int64_t at, next, previous; } rows[] = {
		{six, six + day, six - day}, {six - 1, six, six - day}, {six + 1, six + day, six}, {six + 999, six + day, six}};

	for (i = 0; i < COUNT(rows); i++) {
		CU_ASSERT_TRUE(cron_next(&c, z, rows[i].at, &slot));
		CU_ASSERT_EQUAL(slot.at_ms, rows[i].next);
		CU_ASSERT_TRUE(cron_previous(&c, z, rows[i].at, &slot));
		CU_ASSERT_EQUAL(slot.at_ms, rows[i].previous);
	}
	/* before 1970, too */
	c = parsed("* * * * *");
	CU_ASSERT_TRUE(cron_next(&c, z, -60500, &slot));
	CU_ASSERT_EQUAL(slot.at_ms, -60000);
	CU_ASSERT_TRUE(cron_previous(&c, z, -59500, &slot));
	CU_ASSERT_EQUAL(slot.at_ms, -60000);
	CU_ASSERT_FALSE(cron_next(&c, z, INT64_MAX, &slot));
	CU_ASSERT_FALSE(cron_previous(&c, z, INT64_MIN, &slot));
	zone_free(z);
}

static CU_TestInfo tests[] = {
	{"fields match by value, list, range, step and name", fields_match_by_value_list_range_step_and_name},
	{"7 is Sunday, and a range may end in it", seven_is_sunday_and_a_range_may_end_in_it},
	{"when both day fields are restricted either may match", when_both_day_fields_are_restricted_either_may_match},
	{"the last day, the last of a weekday, and the nth", the_last_day_the_last_of_a_weekday_and_the_nth},
	{"nicknames are expressions", nicknames_are_expressions},
	{"rare days are found however far they are", rare_days_are_found_however_far_they_are},
	{"what is wrong is told with field, position and what is allowed",
	 what_is_wrong_is_told_with_field_position_and_what_is_allowed},
	{"one that can never match is refused", one_that_can_never_match_is_refused},
	{"a text that is too long is refused", a_text_that_is_too_long_is_refused},
	{"a skipped time fires at the offset before the change", a_skipped_time_fires_at_the_offset_before_the_change},
	{"a time that occurs twice fires the first time", a_time_that_occurs_twice_fires_the_first_time},
	{"a star in minute or hour follows elapsed time", a_star_in_minute_or_hour_follows_elapsed_time},
	{"what a zone skips each year has no slot there", what_a_zone_skips_each_year_has_no_slot_there},
	{"two slots at one instant are one", two_slots_at_one_instant_are_one},
	{"slots are of whole local minutes where offsets have seconds",
	 slots_are_of_whole_local_minutes_where_offsets_have_seconds},
	{"rules hold beyond the zone's table", rules_hold_beyond_the_zones_table},
	{"the previous is found by the same rules", the_previous_is_found_by_the_same_rules},
	{"the instant asked for is left out, and parts of seconds count",
	 the_instant_asked_for_is_left_out_and_parts_of_seconds_count},
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo cron_suite = {"cron", NULL, NULL, NULL, NULL, tests};
