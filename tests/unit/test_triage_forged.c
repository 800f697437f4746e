/* What looks forged, though not enough to be suspicious (agents/email_triage_suspect.c). */
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"

#define ANN      "Ann Lee <ann@x.org>"
#define PRESSING "Subject: URGENT: site is down\n\nThe site is down. Could you help immediately?\n"
#define CALM     "Subject: Photos\n\nHere they are.\n"
#define FAILED   "failed the sender's authentication"
#define NAMED    "its sender's name shows another address"

static void a_forged_look_is_told_and_never_urgent(void)
{
	static const struct { const char *from, *headers, *rest, *category, *reason; } rows[] = {
		{ANN, "", PRESSING, "urgent", NULL},
		{ANN, "Authentication-Results: mx.y.org; dmarc=pass\n", PRESSING, "urgent", NULL},
		{ANN, "Authentication-Results: mx.y.org; dmarc=fail\n", PRESSING, "needs_reply", FAILED},
		{ANN, "Authentication-Results: mx.y.org; spf=fail; dkim=fail\n", PRESSING, "needs_reply", FAILED},
		{ANN, "Authentication-Results: mx.y.org; spf=fail; dkim=pass\n", PRESSING, "urgent", NULL},
		/* the topmost is the reader's own server's */
		{ANN, "Authentication-Results: mx.y.org; dmarc=pass\nAuthentication-Results: x; dmarc=fail\n", PRESSING, "urgent", NULL},
		{ANN, "Authentication-Results: mx.y.org; dmarc=fail\nAuthentication-Results: x; dmarc=pass\n", PRESSING, "needs_reply",
		 FAILED},
		{"\"boss@y.org\" <a@evil.example>", "", PRESSING, "needs_reply", NAMED},
		{"\"Boss Lee (boss@y.org)\" <a@evil.example>", "", PRESSING, "needs_reply", NAMED},
		{"\"ann@x.org\" <ann@x.org>", "", PRESSING, "urgent", NULL},
		{ANN, "Authentication-Results: mx.y.org; dmarc=fail\n", CALM, "fyi", FAILED},
		{"\"boss@y.org\" <a@evil.example>", "", CALM, "fyi", NAMED},
		{"monitor@x.org", "Auto-Submitted: auto-generated\nAuthentication-Results: mx.y.org; dmarc=fail\n", PRESSING,
		 "notification", FAILED},
	};
	char mbox[1000];
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json_object *in = json_object_new_object(), *out;
		const char *reasons;

		snprintf(mbox, sizeof mbox, "From x Mon Mar  2 08:00:00 2026\nFrom: %s\nTo: sam@y.org\n%s%s", rows[i].from,
		         rows[i].headers, rows[i].rest);
		json_object_object_add(in, "mbox", json_object_new_string(mbox));
		fx_host_reset();
		out = fx_run_object("email-triage", in);
		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		reasons = fx_text(out, "triaged.0.reasons");
		if (strcmp(fx_text(out, "triaged.0.category"), rows[i].category) != 0 ||
		    (rows[i].reason && !strstr(reasons, rows[i].reason)))
			fprintf(stderr, "%s: %s, %s\n", mbox, fx_text(out, "triaged.0.category"), reasons);
		CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.category"), rows[i].category);
		CU_ASSERT_TRUE(!rows[i].reason || strstr(reasons, rows[i].reason));
		json_object_put(out);
		json_object_put(in);
	}
}

static CU_TestInfo tests[] = {
	{"a forged look is told, and never urgent", a_forged_look_is_told_and_never_urgent},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_forged_suite = {"triage: what looks forged", NULL, NULL, NULL, NULL, tests};
