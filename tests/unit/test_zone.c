/* Time zones (base/zone.h). */
#include <stdlib.h>
#include <string.h>

#include "agents_suites.h"
#include "base/clock.h"
#include "base/zone.h"

static int64_t at(const char *text)
{
	int64_t ms = 0;

	CU_ASSERT_TRUE_FATAL(clock_parse(text, &ms));
	return ms;
}

static struct zone *load(const char *name)
{
	struct error err;
	struct zone *z = zone_load(name, &err);

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	return z;
}

static void offsets_are_those_of_the_database(void)
{
	static const struct { const char *zone, *at; int32_t seconds; } rows[] = {
		{"UTC", "2026-03-02T00:00:00Z", 0},
		{"Asia/Kolkata", "2026-03-02T00:00:00Z", 19800},
		{"Asia/Kathmandu", "2026-03-02T00:00:00Z", 20700},
		{"Europe/Berlin", "2026-01-15T00:00:00Z", 3600},
		{"Europe/Berlin", "2026-03-29T00:59:59Z", 3600},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", 7200},
		{"Europe/Berlin", "2060-07-01T00:00:00Z", 7200},
		{"Europe/Berlin", "2060-12-01T00:00:00Z", 3600},
		{"America/New_York", "2026-11-01T05:59:59Z", -14400},
		{"America/New_York", "2026-11-01T06:00:00Z", -18000},
		{"Europe/Dublin", "2070-01-15T12:00:00Z", 0},
		{"Europe/Dublin", "2070-07-15T12:00:00Z", 3600},
		{"Australia/Lord_Howe", "2026-01-15T00:00:00Z", 39600},
		{"Australia/Lord_Howe", "2026-07-15T00:00:00Z", 37800},
		{"America/Sao_Paulo", "2018-12-15T00:00:00Z", -7200},
		{"Africa/Casablanca", "2026-03-10T00:00:00Z", 0},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct zone *z = load(rows[i].zone);

		CU_ASSERT_EQUAL(zone_offset(z, at(rows[i].at)), rows[i].seconds);
		zone_free(z);
	}
}

static void a_local_time_that_is_skipped_gets_the_offset_before_the_change(void)
{
	struct zone *z = load("Europe/Berlin");
	int64_t ms;

	CU_ASSERT_EQUAL(zone_to_utc(z, at("2026-03-29T02:30:00Z"), &ms), ZONE_SKIPPED);
	CU_ASSERT_EQUAL(ms, at("2026-03-29T01:30:00Z"));
	zone_free(z);
}

static void a_local_time_that_occurs_twice_is_the_first(void)
{
	struct zone *z = load("America/New_York");
	int64_t ms;

	CU_ASSERT_EQUAL(zone_to_utc(z, at("2026-11-01T01:30:00Z"), &ms), ZONE_TWICE);
	CU_ASSERT_EQUAL(ms, at("2026-11-01T05:30:00Z"));
	CU_ASSERT_EQUAL(zone_to_utc(z, at("2026-11-01T03:30:00Z"), &ms), ZONE_ONCE);
	CU_ASSERT_EQUAL(ms, at("2026-11-01T08:30:00Z"));
	zone_free(z);
}

static void the_next_change_is_found(void)
{
	struct zone *berlin = load("Europe/Berlin"), *kolkata = load("Asia/Kolkata");
	int64_t ms = 0;

	CU_ASSERT_TRUE(zone_next_change(berlin, at("2026-03-02T00:00:00Z"), &ms));
	CU_ASSERT_EQUAL(ms, at("2026-03-29T01:00:00Z"));
	CU_ASSERT_TRUE(zone_next_change(berlin, at("2060-10-31T02:00:00Z"), &ms));
	CU_ASSERT_EQUAL(ms, at("2061-03-27T01:00:00Z"));
	CU_ASSERT_FALSE(zone_next_change(kolkata, at("2026-03-02T00:00:00Z"), &ms));
	zone_free(berlin);
	zone_free(kolkata);
}

static void names_that_are_no_zone_are_refused(void)
{
	static const char *const names[] = {"", "Mars/Olympus", "localtime", "posixrules", "../../../etc/passwd",
	                                    "/etc/passwd", "Europe/", "Europe",
	                                    "Europe//Berlin", "Europe/Berlin\n", "tzdata.zi", "zone.tab"};
	unsigned i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		struct error err = {0};

		CU_ASSERT_PTR_NULL(zone_load(names[i], &err));
		CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	}
}

static CU_TestInfo tests[] = {
	{"offsets are those of the database, past its last transition too", offsets_are_those_of_the_database},
	{"a local time that is skipped gets the offset before the change",
	 a_local_time_that_is_skipped_gets_the_offset_before_the_change},
	{"a local time that occurs twice is the first", a_local_time_that_occurs_twice_is_the_first},
	{"the next change is found", the_next_change_is_found},
	{"names that are no zone are refused", names_that_are_no_zone_are_refused},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo zone_suite = {"zone", NULL, NULL, NULL, NULL, tests};
