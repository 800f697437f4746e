/* The search language (agents/email_triage_query.h). */
#include <stdio.h>
#include <string.h>

#include "agents/email_triage_query.h"
#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/clock.h"

#define RAW "From: Ann Lee <ann@x.org>\nTo: bob@y.org\nCc: carol@z.org\nSubject: Your Invoice 12\n" \
	"Date: Sun, 1 Mar 2026 09:00:00 +0000\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n" \
	"Content-Type: application/pdf; name=a.pdf\n\nx\n--b--\n"

/* 1 fits, 0 fits not, -1 refused. */
static int fits(const char *text)
{
	struct error err = {0}, zone_err;
	struct zone *zone = zone_load("Asia/Kolkata", &zone_err);
	struct query q;
	struct arena a;
	struct mail m;
	int result = -1;

	arena_init(&a);
	fx_parse(&m, RAW);
	if (query_parse(&a, text, zone, FX_NOW, &q, &err))
		result = query_matches(&q, &a, &m, m.date_ms, true);
	else
		CU_ASSERT_STRING_EQUAL(err.field, "input_payload.query");
	mail_release(&m);
	arena_release(&a);
	zone_free(zone);
	return result;
}

static void terms_are_anded(void)
{
	static const struct { const char *query; int fits; } rows[] = {
		{"", 1}, {"in:inbox", 1}, {"in:inbox newer_than:7d", 1}, {"newer_than:23h", 0}, {"newer_than:1d", 1},
		{"older_than:1d", 0}, {"older_than:2h", 1}, {"newer_than:1m", 1}, {"older_than:1y", 0},
		{"after:2026-03-01", 1}, {"after:2026/03/01", 1}, {"after:2026-03-02", 0}, {"before:2026-03-02", 1},
		{"before:2026-03-01", 0}, {"after:1772300000", 1}, {"from:ann", 1}, {"from:x.org", 1}, {"from:\"Ann Lee\"", 1},
		{"FROM:ANN", 1}, {"from:bob", 0}, {"to:bob@y.org", 1}, {"to:carol", 1}, {"to:ann", 0}, {"subject:invoice", 1},
		{"subject:\"invoice 12\"", 1}, {"subject:(your invoice)", 1}, {"subject:receipt", 0}, {"is:unread", 1},
		{"has:attachment", 1}, {"from:ann subject:invoice has:attachment newer_than:7d", 1},
		{"from:ann subject:receipt", 0},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (fits(rows[i].query) != rows[i].fits)
			fprintf(stderr, "%s\n", rows[i].query);
		CU_ASSERT_EQUAL(fits(rows[i].query), rows[i].fits);
	}
}

static void days_begin_at_midnight_in_the_zone(void)
{
	/* 09:00 UTC is 14:30 of the same day in Kolkata; its midnight is 18:30 UTC of the day before */
	CU_ASSERT_EQUAL(fits("before:2026-03-02 after:2026-03-01"), 1);
}

static void what_is_no_term_is_refused(void)
{
	static const char *const queries[] = {
		"invoice", "in:archive", "in:anywhere", "is:read", "is:starred", "has:drive", "label:x", "-from:ann", "newer_than:x",
		"newer_than:7", "newer_than:-3d", "older_than:3q", "after:2026-02-30", "after:yesterday", "before:2026-3", "from:",
		"subject:\"open", "{from:a from:b}", "OR", "filename:pdf", "from:a | b",
	};
	unsigned i;

	for (i = 0; i < sizeof queries / sizeof *queries; i++) {
		if (fits(queries[i]) != -1)
			fprintf(stderr, "%s\n", queries[i]);
		CU_ASSERT_EQUAL(fits(queries[i]), -1);
	}
}

static CU_TestInfo tests[] = {
	{"terms are anded", terms_are_anded},
	{"days begin at midnight in the zone", days_begin_at_midnight_in_the_zone},
	{"what is no term is refused", what_is_no_term_is_refused},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_query_suite = {"triage: query", NULL, NULL, NULL, NULL, tests};
