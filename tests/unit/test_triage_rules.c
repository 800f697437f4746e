/* Rules written as sentences (agents/email_triage_rules.h). Each row: a sentence, and what it does to four
 * mails: U urgent, N not urgent, C category, L label, A archive, K keep, S star, X no star, . nothing; "?" is
 * a sentence that must not be understood. */
#include <stdio.h>
#include <string.h>

#include "agents/email_triage_rules.h"
#include "agents_fixture.h"
#include "agents_suites.h"

#define DAY_MS INT64_C(86400000)
#define ME     "sam@example.com"

static const struct { const char *raw; enum triage_category category; int64_t age_ms; bool unread, vip; } mails[4] = {
	{"From: Priya Nair <priya@techcorp.com>\nTo: " ME "\nSubject: Overdue invoice 7\n"
	 "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee the file.\n--b\n"
	 "Content-Type: application/pdf; name=invoice.pdf\n\nx\n--b--\n", TRIAGE_FYI, 2 * DAY_MS, true, true},
	{"From: LWN <news@lwn.net>\nTo: readers@lwn.net\nSubject: This week\nList-Id: <w.lwn.net>\n\nkernel news\n",
	 TRIAGE_NEWSLETTER, 5 * DAY_MS, false, false},
	{"From: GitHub <notifications@github.com>\nTo: repo@github.com\nCc: " ME "\nSubject: Build 12\n\nThe build is done.\n",
	 TRIAGE_NOTIFICATION, DAY_MS / 24, true, false},
	{"From: Alice Smith <alice@example.org>\nTo: " ME ", bob@example.org\nSubject: Lunch?\nIn-Reply-To: <x@y>\n\n"
	 "The server is down, so lunch it is.\n", TRIAGE_NEEDS_REPLY, 40 * DAY_MS, false, false},
};

static const struct { const char *sentence, *does; } rows[] = {
	/* the seed's */
	{"Flag anything from @techcorp.com as urgent", "U . . ."},
	/* senders */
	{"flag anything from @techcorp.com as urgent.", "U . . ."},
	{"FLAG ANYTHING FROM @TECHCORP.COM AS URGENT", "U . . ."},
	{"Flag everything from techcorp.com as urgent", "U . . ."},
	{"Mark mail from priya@techcorp.com as important", "U . . ."},
	{"Mark emails from Priya Nair as urgent", "U . . ."},
	{"Mark emails from GitHub or Alice as urgent", ". . U U"},
	{"Mark emails from @lwn.net, @github.com and @example.org as high priority", ". U U U"},
	{"Mark emails from alice urgent", ". . . U"},
	{"Mark as urgent everything from @example.org", ". . . U"},
	{"Mark emails from my VIPs as urgent", "U . . ."},
	{"Star emails from my colleague alice@example.org", ". . . S"},
	{"Archive anything from anyone at github.com", ". . A ."},
	{"Archive GitHub notifications", ". . A ."},
	{"Archive emails from ample.org", ". . . ."},
	{"Archive mail from *@techcorp.com", "A . . ."},
	{"Archive mail from \"@techcorp.com\"", "A . . ."},
	{"Archive mail from root@localhost or @github.com", ". . A ."},
	/* nobody's address: no letters, no domain, a pattern */
	{"Archive mail from @", "?"},
	{"Archive mail from \"@\"", "?"},
	{"Archive mail from @@@", "?"},
	{"Archive mail from ann@", "?"},
	{"Archive mail from ann@@techcorp.com", "?"},
	{"Archive mail from ann @techcorp.com", "?"},
	{"Archive mail from @com", "?"},
	{"Archive mail from @.com", "?"},
	{"Archive mail from @techcorp..com", "?"},
	{"Archive mail from @*.com", "?"},
	{"Archive mail from *.com", "?"},
	{"Archive mail from *.example.com", "?"},
	{"Archive mail from *.o'brien.com", "?"},
	{"Archive mail from .com", "?"},
	{"Archive mail from techcorp..com", "?"},
	{"Archive mail from https://example.com/o'brien", "?"},
	{"Archive mail from *", "?"},
	{"Archive mail from @github.com or @", "?"},
	{"Archive mail sent to @", "?"},
	{"Archive *.com newsletters", "?"},
	{"Never archive mail from -", "?"},
	/* kinds of mail */
	{"Archive newsletters", ". A . ."},
	{"Archive all newsletters and notifications", ". A A ."},
	{"Archive newsletters, promotions and spam older than 3 days", ". A . ."},
	{"Archive newsletters older than a week", ". . . ."},
	{"Archive newsletters from @github.com or older than 4 days", ". A . ."},
	{"Archive mailing list emails", ". A . ."},
	{"Label invoices as Finance", "L . . ."},
	{"Archive read newsletters", ". A . ."},
	{"Archive unread newsletters", ". . . ."},
	{"Archive replies", ". . . A"},
	/* text */
	{"Label emails with \"invoice\" in the subject as Finance", "L . . ."},
	{"Label emails with 'build' or 'invoice' in the subject line as \"Work/In\"", "L . L ."},
	{"Flag messages containing \"down\" or \"outage\" as urgent", ". . . U"},
	{"Mark emails with the words server and lunch in the body as urgent", ". . . U"},
	{"Mark emails with the words server and dinner in the body as urgent", ". . . ."},
	{"Archive emails whose subject contains week", ". A . ."},
	{"Everything that mentions the kernel is urgent", ". U . ."},
	{"Star anything about lunch", ". . . S"},
	{"Archive emails with subject \"Build 12\"", ". . A ."},
	{"Archive emails with \"eek\" in the subject", ". A . ."},
	{"Archive emails with eek in the subject", ". . . ."},
	/* a word stands for its plural too, and the other way round; words in quotes are as they are */
	{"Flag anything about invoices as urgent", "U . . ."},
	{"Archive mails from priya@techcorp.com not about invoices", ". . . ."},
	{"Archive anything that mentions kernels", ". A . ."},
	{"Archive emails with builds in the subject", ". . A ."},
	{"Star anything about lunches", ". . . S"},
	{"Star anything about overdue invoices", "S . . ."},
	{"Star emails with \"invoices\" in the subject", ". . . ."},
	/* classes are also words that mails hold */
	{"Flag anything with urgent in the subject as urgent", ". . . ."},
	{"Flag emails whose subject contains urgent as urgent", ". . . ."},
	{"Flag emails with invoice or urgent in the subject as urgent", "U . . ."},
	{"Flag emails with important, urgent or build in the subject as important", ". . U ."},
	{"Mark emails with lunch in the subject urgent", ". . . U"},
	{"Mark emails about lunch or important", "?"},
	/* attachments, recipients, age */
	{"Star emails with attachments", "S . . ."},
	{"Star emails without attachments from @lwn.net", ". S . ."},
	{"Star messages sent only to me", "S . . ."},
	{"Flag emails to me from @example.org as urgent", ". . . U"},
	{"Mark emails where I am in cc as not urgent", ". . N ."},
	{"Archive anything I'm cc'd on", ". . A ."},
	{"Label everything sent to bob@example.org as Bob", ". . . L"},
	{"Archive emails older than 30 days", ". . . A"},
	{"Archive emails that are older than 4 days and not from @example.org", ". A . ."},
	{"Star emails from the last 2 hours", ". . S ."},
	/* negation and exceptions */
	{"Never archive anything from @techcorp.com", "K . . ."},
	{"Don't archive mail from Alice", ". . . K"},
	{"Do not archive emails with attachments", "K . . ."},
	{"Keep everything from alice@example.org in the inbox", ". . . K"},
	{"Never flag newsletters as urgent", ". N . ."},
	{"Never star newsletters", ". X . ."},
	{"Archive newsletters except those from @lwn.net", ". . . ."},
	{"Archive emails unless they are from @lwn.net", "A . A A"},
	{"Star everything except newsletters", "S . S S"},
	/* other forms */
	{"Anything from @techcorp.com is urgent", "U . . ."},
	{"Newsletters should be archived", ". A . ."},
	{"Mail from @techcorp.com should never be archived", "K . . ."},
	{"Invoices must be labelled as Finance", "L . . ."},
	{"Notifications from github.com can be archived", ". . A ."},
	{"If the subject contains \"invoice\", label it as Finance", "L . . ."},
	{"When an email is from @techcorp.com and has an attachment, star it", "S . . ."},
	{"If an email is from @lwn.net or mentions \"lunch\" then mark it as urgent", ". U . U"},
	{"Flag as urgent if the subject contains \"Build\"", ". . U ."},
	{"Treat mail from alice@example.org as newsletter", ". . . C"},
	{"Move newsletters to the archive", ". A . ."},
	{"Label everything from @techcorp.com as Tech and archive it", "LA . . ."},
	{"Mark emails from alice as urgent and star them", ". . . US"},
	{"Prioritize emails from @example.org", ". . . U"},
	{"Flag emails from Alice", ". . . S"},
	{"Please archive everything from @github.com", ". . A ."},
	/* what is not understood must do nothing */
	{"Mark everything from my boss as urgent", "?"},
	{"Mark emails from customers as urgent", "?"},
	{"Delete all spam", "?"},
	{"Forward invoices to accounting@x.com", "?"},
	{"Reply to Alice that I am away", "?"},
	{"Unsubscribe me from newsletters", "?"},
	{"Archive newsletters and delete promotions", "?"},
	{"Archive newsletters on weekends", "?"},
	{"Archive old newsletters", "?"},
	{"Flag anything from @techcorp.com as urgent unless it rains", "?"},
	{"Archive mail before 2026-11-31", "?"},
	{"Archive mail before 2026-02-31", "?"},
	{"Archive mail before February 30, 2026", "?"},
	{"Archive mail from February 30", "?"},
	{"Archive mail before November 31", "?"},
	{"Archive mail that doesn't mention me", "?"},
	{"Archive GitHub notifications unless they mention me", "?"},
	{"Star mail about you", "?"},
	{"Star mail cc'd to sam@example.com", "?"},
	{"Star messages with 3 attachments", "?"},
	{"Star mail from mailto:ann@acme.com", "?"},
	{"Archive mail from Ann after 17:00", "?"},
	{"Don't keep newsletters", "?"},
	{"Do what is best", "?"},
	{"Archive", "?"},
	{"urgent", "?"},
	{"as as as", "?"},
	{"Markiere alles von @techcorp.com als dringend", "?"},
	{",,,", "?"},
};

static void describe(const struct rule_verdict *v, char *out)
{
	unsigned n = 0;

	if (v->urgency != RULE_URGENCY_OPEN)
		out[n++] = v->urgency == RULE_URGENT ? 'U' : 'N';
	if (v->has_category)
		out[n++] = 'C';
	if (v->label)
		out[n++] = 'L';
	if (v->archive)
		out[n++] = 'A';
	if (v->never_archive)
		out[n++] = 'K';
	if (v->star)
		out[n++] = 'S';
	if (v->never_star)
		out[n++] = 'X';
	if (n == 0)
		out[n++] = '.';
	out[n] = '\0';
}

static void apply(const struct rule_set *set, unsigned i, struct rule_verdict *v)
{
	struct rule_subject s = {.category = mails[i].category, .me = ME, .age_ms = mails[i].age_ms,
	                         .unread = mails[i].unread, .vip = mails[i].vip};
	struct mail m;

	fx_parse(&m, mails[i].raw);
	s.mail = &m;
	rules_apply(set, &s, v);
	mail_release(&m);
}

static void sentences_do_what_they_say(void)
{
	unsigned i, k;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rule_set *set = rules_compile(&rows[i].sentence, 1);
		char does[64] = "?", one[12];

		if (rules_understood(set, 0))
			does[0] = '\0';
		for (k = 0; k < 4 && rules_understood(set, 0); k++) {
			struct rule_verdict v;

			apply(set, k, &v);
			describe(&v, one);
			snprintf(does + strlen(does), sizeof does - strlen(does), "%s%s", k ? " " : "", one);
		}
		if (strcmp(does, rows[i].does) != 0)
			fprintf(stderr, "%s: %s, not %s\n", rows[i].sentence, does, rows[i].does);
		CU_ASSERT_STRING_EQUAL(does, rows[i].does);
		rules_free(set);
	}
}

static struct rule_verdict verdict_of(const char *const *texts, unsigned n, unsigned mail, char label[64])
{
	struct rule_set *set = rules_compile(texts, n);
	struct rule_verdict v;

	apply(set, mail, &v);
	snprintf(label, 64, "%s", v.label ? v.label : "");
	rules_free(set);
	return v;
}

static void the_earlier_rule_is_followed(void)
{
	static const char *const rules[] = {"Mark invoices as not urgent", "Flag anything from @techcorp.com as urgent",
	                                    "Label invoices as First", "Label everything as Second"};
	char label[64];
	struct rule_verdict v = verdict_of(rules, 4, 0, label);

	CU_ASSERT_EQUAL(v.urgency, RULE_NOT_URGENT);
	CU_ASSERT_STRING_EQUAL(label, "First");
	CU_ASSERT_EQUAL(v.by[RULE_ON_URGENCY], 0);
	CU_ASSERT_EQUAL(v.by[RULE_ON_LABEL], 2);
	CU_ASSERT_EQUAL(v.by[RULE_ON_ARCHIVE], -1);
}

static void never_archive_beats_all(void)
{
	static const char *const rules[] = {"Archive everything", "Never archive anything from @techcorp.com"};
	char label[64];
	struct rule_verdict v = verdict_of(rules, 2, 0, label);

	CU_ASSERT_FALSE(v.archive);
	CU_ASSERT_TRUE(v.never_archive);
	CU_ASSERT_EQUAL(v.by[RULE_ON_KEEP], 1);
	v = verdict_of(rules, 2, 1, label);
	CU_ASSERT_TRUE(v.archive);
}

static void a_class_given_by_a_rule_is_seen_by_the_next(void)
{
	static const char *const rules[] = {"Treat mail from Alice as newsletter", "Archive newsletters"};
	char label[64];
	struct rule_verdict v = verdict_of(rules, 2, 3, label);

	CU_ASSERT_TRUE(v.archive);
}

static void absurd_rules_are_refused(void)
{
	static char text[4000];
	const char *one = text;
	struct rule_set *set;
	unsigned i;

	strcpy(text, "Archive emails from a@x.org");
	for (i = 0; i < 200; i++)
		strcat(text, " or b@x.org");
	set = rules_compile(&one, 1);
	CU_ASSERT_FALSE(rules_understood(set, 0));
	rules_free(set);
	strcpy(text, "Archive");
	for (i = 0; i < 300; i++)
		strcat(text, " and or");
	set = rules_compile(&one, 1);
	CU_ASSERT_FALSE(rules_understood(set, 0));
	CU_ASSERT_FALSE(rules_understood(set, 1));
	rules_free(set);
}

static CU_TestInfo tests[] = {
	{"sentences do what they say, or nothing", sentences_do_what_they_say},
	{"of two rules the earlier is followed", the_earlier_rule_is_followed},
	{"never archive beats all", never_archive_beats_all},
	{"a class given by a rule is seen by the next", a_class_given_by_a_rule_is_seen_by_the_next},
	{"absurd rules are refused", absurd_rules_are_refused},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_rules_suite = {"triage: rules", NULL, NULL, NULL, NULL, tests};
