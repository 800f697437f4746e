/* Which notices of programs stay in the inbox without a rule, and what is said of them (agents/email_triage_notices.c). */
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"

#define ALONE       ""
#define UNSUBSCRIBE ",\"headers\":{\"List-Unsubscribe\":\"<mailto:u@service.example>\"}"
#define LIST        ",\"headers\":{\"List-Id\":\"<r.service.example>\",\"List-Unsubscribe\":\"<mailto:u@service.example>\"}"
#define MAILER      ",\"headers\":{\"List-Unsubscribe\":\"<mailto:u@service.example>\",\"X-SG-EID\":\"1\",\"Feedback-ID\":\"2\"}"
#define BULK        ",\"headers\":{\"Precedence\":\"bulk\"}"
#define JIRA        ",\"headers\":{\"Precedence\":\"bulk\",\"X-JIRA-FingerPrint\":\"1\"}"
#define AUTOMATIC   ",\"headers\":{\"Auto-Submitted\":\"auto-generated\"}"

#define SECURITY "account's security"
#define PAYMENT  "a payment"
#define FAILED   "failed or ends"
#define URGENT   "it is urgent"
#define UNKNOWN  "it may matter to you"
#define ARCHIVED NULL

/* kept: what its reason says after "kept in the inbox: ". */
static const struct { const char *subject, *body, *headers, *kept; } rows[] = {
	/* somebody may have taken an account */
	{"Your password was changed", "If this was not you, reset it.", ALONE, SECURITY},
	{"Password changed", "Your password was changed.", ALONE, SECURITY},
	{"Your email address was changed", "It is now x@y.example.", ALONE, SECURITY},
	{"[Forge] New application", "A third-party OAuth application has been added to your account.", ALONE, SECURITY},
	{"Your password was changed", "If this was not you, reset it.", UNSUBSCRIBE, SECURITY},
	{"Your password was changed", "If this was not you, reset it.", LIST, SECURITY},
	{"Your password was changed", "If this was not you, reset it.", AUTOMATIC, SECURITY},
	{"Your password was changed", "Reset it.\\n\\nView in browser. Unsubscribe.", MAILER, SECURITY},
	{"Ihr Passwort wurde geändert", "Ihr Passwort wurde soeben geändert.", ALONE, SECURITY},
	{"Mot de passe modifié", "Votre mot de passe a été modifié.", ALONE, SECURITY},
	{"Su contraseña ha sido cambiada", "Hola.", ALONE, SECURITY},
	{"Your account will be deleted in 7 days", "Log in to keep it.", ALONE, SECURITY},
	/* money */
	{"Subscription could not be renewed", "We could not charge your card.", ALONE, PAYMENT},
	{"Subscription could not be renewed", "We could not charge your card.", UNSUBSCRIBE, PAYMENT},
	{"Account activity", "500 EUR were withdrawn.", ALONE, PAYMENT},
	{"500 EUR wurden abgebucht", "Guten Tag.", ALONE, PAYMENT},
	/* something went wrong, or will */
	{"TLS certificate expires tomorrow", "For www.shop.example.", ALONE, URGENT},
	{"TLS certificate expires tomorrow", "For www.shop.example.", UNSUBSCRIBE, URGENT},
	{"TLS certificate expires next week", "For www.shop.example.", ALONE, FAILED},
	{"Backup failed", "Volume 3.", ALONE, FAILED},
	{"Backup failed", "Volume 3.", AUTOMATIC, FAILED},
	{"Backup completed with errors", "Volume 3.", ALONE, FAILED},
	{"Your order has shipped", "The second parcel could not be sent.", ALONE, FAILED},
	/* what nobody knows may be anything */
	{"Change in your plan", "Have a look.", ALONE, UNKNOWN},
	{"Datensatz 77", "Siehe oben.", AUTOMATIC, UNKNOWN},
	{"A statement for you", "See your account page.", UNSUBSCRIBE, UNKNOWN},
	{"Payroll", "The statement of January is there.", UNSUBSCRIBE, UNKNOWN},
	{"Payroll", "The statement of January is there.", BULK, UNKNOWN},
	{"Your PIN was changed", "At 10:30.", UNSUBSCRIBE, SECURITY},
	{"Sign-in from a new location", "Berlin, at 10:30.", UNSUBSCRIBE, SECURITY},
	{"Your card was used for a purchase", "At 10:30.", UNSUBSCRIBE, PAYMENT},
	/* what is known to need nobody */
	{"Your order has shipped", "Tracking number: 12.", ALONE, ARCHIVED},
	{"Pipeline 4812 passed", "12 jobs in 3 stages.", AUTOMATIC, ARCHIVED},
	{"Backup completed", "Volume 3.", ALONE, ARCHIVED},
	{"Ann liked your photo", "See what else is new.", ALONE, ARCHIVED},
	{"Ann liked your photo", "See what else is new.", UNSUBSCRIBE, ARCHIVED},
	{"Re: [shop] Fix the error page", "Dev commented on this pull request. It cannot fail any more.", LIST, ARCHIVED},
	{"[SHOP-12] Colours", "Dev set the status to done.", JIRA, ARCHIVED},
	{"This week in cooking", "Read more in this issue of our newsletter.", LIST, ARCHIVED},
	{"50% off everything", "Sale! Our offer expires tomorrow. Shop now and save up to 50%.", UNSUBSCRIBE, ARCHIVED},
};

static struct json_object *sort(const char *rules, const char *subject, const char *body, const char *headers)
{
	struct json_object *out;
	char input[1000];

	fx_host_reset();
	snprintf(input, sizeof input,
	         "{\"rules\":[%s],\"emails\":[{\"from\":\"noreply@service.example\",\"to\":[\"sam@y.org\"],\"subject\":\"%s\","
	         "\"body\":\"%s\"%s}]}", rules, subject, body, headers);
	out = fx_run("email-triage", input);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	return out;
}

static void notices_stay_unless_they_are_known_to_need_nobody(void)
{
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json_object *out = sort("", rows[i].subject, rows[i].body, rows[i].headers);
		const char *reasons = fx_text(out, "triaged.0.reasons"), *kept = strstr(reasons, "kept in the inbox: ");
		bool archived = strstr(fx_text(out, "triaged.0.action"), "archive") != NULL;
		bool said = rows[i].kept ? kept && strstr(kept, rows[i].kept) : !kept;

		if (archived != !rows[i].kept || !said)
			fprintf(stderr, "%s%s: %s, %s, %s\n", rows[i].subject, rows[i].headers, fx_text(out, "triaged.0.category"),
			        fx_text(out, "triaged.0.action"), reasons);
		CU_ASSERT_EQUAL(archived, !rows[i].kept);
		CU_ASSERT_TRUE(said);
		json_object_put(out);
	}
}

/* The user's word is enough, for a category as for archiving. */
static void a_rule_archives_what_would_stay(void)
{
	static const char *const rules[] = {"\"Archive mail from service.example\"",
	                                    "\"Treat mail from service.example as notification\""};
	unsigned i;

	for (i = 0; i < sizeof rules / sizeof *rules; i++) {
		struct json_object *out = sort(rules[i], "Change in your plan", "Have a look.", ALONE);

		CU_ASSERT_PTR_NOT_NULL(strstr(fx_text(out, "triaged.0.action"), "archive"));
		json_object_put(out);
	}
}

/* What kept it is told once, not again as what it is. */
static void what_kept_a_notice_is_told_once(void)
{
	static const struct { const char *subject, *said; } mails[] = {
		{"Action required", "something in it may need you"}, {"New sign-in", "about your account's security"},
		{"Payment due", "about a payment that is due"},
	};
	unsigned i;

	for (i = 0; i < sizeof mails / sizeof *mails; i++) {
		struct json_object *out = sort("", mails[i].subject, "Have a look.", ALONE);
		const char *said = strstr(fx_text(out, "triaged.0.reasons"), mails[i].said);

		CU_ASSERT_PTR_NOT_NULL_FATAL(said);
		CU_ASSERT_PTR_NULL(strstr(said + 1, mails[i].said));
		json_object_put(out);
	}
}

static void the_vip_that_counted_is_told_once(void)
{
	static const struct { const char *subject, *body, *rules, *reasons; } mails[] = {
		{"URGENT: site is down", "The site is down. Could you help immediately?", "",
		 "[ \"from a VIP: @x.org\", \"says that something is broken now\", \"its subject reports an outage\","
		 " \"says that it is urgent\", \"asks you to do something\" ]"},
		{"Photos", "Here they are.", "", "[ \"from a VIP: @x.org\" ]"},
		{"Photos", "Here they are.", "\"Archive everything\"", "[ \"kept in the inbox: its sender is one of your VIPs\" ]"},
	};
	char input[500];
	unsigned i;

	for (i = 0; i < sizeof mails / sizeof *mails; i++) {
		struct json_object *out;

		fx_host_reset();
		snprintf(input, sizeof input, "{\"vip_senders\":[\"bob@z.org\",\"@x.org\"],\"rules\":[%s],\"emails\":[{\"from\":"
		         "\"ann@x.org\",\"to\":[\"sam@y.org\"],\"subject\":\"%s\",\"body\":\"%s\"}]}",
		         mails[i].rules, mails[i].subject, mails[i].body);
		out = fx_run("email-triage", input);
		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.reasons"), mails[i].reasons);
		if (strcmp(fx_text(out, "triaged.0.reasons"), mails[i].reasons) != 0)
			fprintf(stderr, "%s\n", fx_text(out, "triaged.0.reasons"));
		json_object_put(out);
	}
}

static CU_TestInfo tests[] = {
	{"notices stay unless they are known to need nobody", notices_stay_unless_they_are_known_to_need_nobody},
	{"a rule archives what would stay", a_rule_archives_what_would_stay},
	{"what kept a notice is told once", what_kept_a_notice_is_told_once},
	{"the VIP that counted is told once", the_vip_that_counted_is_told_once},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_notices_suite = {"triage: notices", NULL, NULL, NULL, NULL, tests};
