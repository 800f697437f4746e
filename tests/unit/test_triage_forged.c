/* What looks forged, though not enough to be suspicious (agents/email_triage_suspect.c). */
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"

#define ANN      "Ann Lee <ann@x.org>"
#define PRESSING "Subject: URGENT: site is down\n\nThe site is down. Could you help immediately?\n"
#define CALM     "Subject: Photos\n\nHere they are.\n"
#define FAILED   "failed the sender's authentication"
#define BOSS     "Subject: Quick task\n\nAre you at your desk? I need a payment arranged today, I will send you the bank details.\n"
#define FEE      "Subject: Your parcel is held at customs, EUR 2.99 due\n\nPay by tomorrow: http://parcel.example/pay\n"
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
		/* who asks for money is answered elsewhere; a fee for a parcel, from a sender that nothing proves */
		{ANN, "", BOSS, "urgent", NULL},
		{ANN, "Reply-To: ann@elsewhere.example\n", BOSS, "suspicious", "answers would go elsewhere"},
		{ANN, "Authentication-Results: mx.y.org; dkim=pass\n", FEE, "fyi", NULL},
		{ANN, "Authentication-Results: mx.y.org; spf=pass; dkim=none; dmarc=none\n", FEE, "suspicious", "a fee for a parcel"},
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

static void whose_name_it_is_is_told(void)
{
	static const struct { const char *to, *from, *body, *category; } rows[] = {
		{"sam@y.org", "lee@free.example", "Please make the payment today.", "suspicious"},
		{"sam@y.org", "lee@free.example", "Please come to my office today.", "urgent"},
		{"sam@y.org", "ann.lee@y.org", "Please make the payment today.", "urgent"},
		/* no mail is to show who is a colleague */
		{"sam@z.org", "lee@free.example", "Please make the payment today.", "urgent"},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		char input[1000];
		struct json_object *out;

		snprintf(input, sizeof input, "{\"reference_time\":\"2026-03-02T09:00:00Z\",\"emails\":[{\"id\":\"a\",\"from\":"
		         "\"Ann Lee <ann@y.org>\",\"to\":[\"%s\"],\"subject\":\"Hi\",\"body\":\"Fine.\"},{\"id\":\"b\",\"from\":"
		         "\"Ann Lee <%s>\",\"to\":[\"%s\"],\"subject\":\"Hello\",\"date\":\"2026-03-02T08:00:00Z\",\"body\":\"%s\"}]}",
		         rows[i].to, rows[i].from, rows[i].to, rows[i].body);
		fx_host_reset();
		out = fx_run("email-triage", input);
		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		if (strcmp(fx_text(fx_mail(out, "b"), "category"), rows[i].category) != 0)
			fprintf(stderr, "%s: %s\n", rows[i].from, json_object_to_json_string(fx_mail(out, "b")));
		CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "b"), "category"), rows[i].category);
		json_object_put(out);
	}
}

static CU_TestInfo tests[] = {
	{"whose name it is is told", whose_name_it_is_is_told},
	{"a forged look is told, and never urgent", a_forged_look_is_told_and_never_urgent},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_forged_suite = {"triage: what looks forged", NULL, NULL, NULL, NULL, tests};
