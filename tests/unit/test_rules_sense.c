/* Sentences at the borders of the grammar of rules: what must be left alone, and what must not be taken for something
 * near to it. Their first letter says what becomes of mail from Ann Lee about lunch: "*" starred, "." not, "?" not understood. */
#include <stdio.h>
#include <string.h>

#include "agents/email_triage_rules.h"
#include "agents_fixture.h"
#include "agents_suites.h"

#define MARCH_1 INT64_C(1772323200000)      /* 2026-03-01 00:00 UTC */

static const char *const sentences[] = {
	/* a mail has one sender */
	"* Star mail from ann@x.org and from bob@y.org",
	"* Star mail from ann@x.org and sent by bob@y.org",
	". Star mail from bob@y.org and sent by carl@z.org",
	"? Star mail from ann@x.org about lunch that is from bob@y.org",
	"? Star mail that is from ann@x.org and not from ann@x.org",
	"? Star mail older than 5 days and newer than 2 days",
	"? Star newsletters that are promotions",
	"? Star mail with attachments and without attachments",
	"? Star mail over $500 and under $100",
	/* nouns that are none */
	"? Star it",
	"? Star them unless they are from Ann",
	"? Star the",
	"? Anything my is starred",
	"? Star all the",
	"? Star kaput",
	"? Kaput emails from Ann urgent",
	/* lists and how far they reach */
	"* Star anything about dinner or lunch",
	". Star anything about dinner and lunch",
	"* Star anything about dinner, breakfast or lunch",
	"? Star anything about lunch, dinner",
	"? Star anything about dinner and breakfast or lunch",
	"? Star mail that is neither from @y.org nor about dinner or unread",
	"* Star mail that is neither from @y.org nor about dinner",
	". Star mail that is neither from @x.org nor about dinner",
	"? Star mail that is not from @y.org or about dinner",
	"* If a mail mentions lunch and the sender is not from @y.org, star it",
	". If a mail mentions lunch and the sender is not from @x.org, star it",
	"* Star mail from Bob or about lunch and not older than 9 days",
	/* "and" adds no other mail by an adjective, and "or" joins amounts */
	"? Star mail from Bob and unread",
	"* Star mail from Bob and unread mail from Ann",
	"? Star mail with Ann in cc",
	"? Star mail from Bob & Bob",
	". Star mail over $5 or over 5 euros or from Bob",
	"? Mail from Ann is in my inbox",
	/* who writes */
	"* If Ann Lee writes to me about lunch, star it",
	". If Ann Lee writes to me about dinner, star it",
	"* If somebody at x.org writes to me directly, not just in cc, star it",
	". If somebody at y.org writes to me directly, not just in cc, star it",
	"* If Ann writes \"at noon\" in the subject, star it",
	"* Even if Ann mentions lunch, star it",
	". Even if Bob mentions lunch, star it",
	"* When I haven't read a mail from Ann after 20 hours, star it",
	". When I haven't read a mail from Ann after two days, star it",
	/* words where they must stand */
	"* Star mail from Ann unless dinner is in the subject",
	". Star mail from Ann unless noon is in the subject",
	". Star mail from Ann unless the subject has the word lunch in it",
	"* Star mail whose subject starts with lunch",
	". Star mail whose subject starts with noon",
	"* Star mail whose subject ends with noon",
	"* Star mail whose subject is exactly \"lunch at noon\"",
	". Star mail whose subject is exactly lunch",
	/* dates: it was received on March 1, 2026 */
	". Star mail from before March 1",
	"* Star mail received since March 1",
	". Star mail received after March 1",
	"* Star mail received before 2026-03-02",
	"* Star mail from this year",
	". Star mail from last year",
	"* Star mail received in March",
	"* Star mail received yesterday",
	". Star mail received today",
	"? Star mail from March",
	/* asides, politeness, letters */
	"* Would you please star mail from Ann, even if it is boring?",
	"* star mail from ann because i like her",
	"? Star mail from Ann because I like her, but only if she writes",
	"* Star mail from Ann, she's my sister, please",
	"? Star mail from Bob, she's Ann",
	"* Star mail about lunch, I really love those.",
	"* Star mail about lunch, they are boring and useless",
	"? Star mail about lunch, they are boring unless from Bob",
	"? Star mail about lunch, those are from Bob",
	"? Star mail about lunch, I like those about dinner",
	"? Star mail about lunch, I love it but not dinner",
	"? Star mail about lunch, those I read",
	"* Star mail about dinner and lunch even if I am busy, and star mail from Ann",
	"* Archive mail about lunch even if it is unread and star it",
	"? Star mail about lunch, though not from Bob",
	"? Star mail about lunch, although those from Bob are better",
	"* Star mail about lunch although it is boring",
	"? Star mail about lunch, it's spam",
	"* Star mail about lunch, it can wait",
	"? Star mail about lunch, it can't wait",
	"? Star whatever is",
	"? Whatever is urgent is starred",
	/* what one gets, and what becomes of those */
	"* I get a lot of mail from Ann. If it mentions lunch, star it",
	". We often receive mail from Bob and Carl; if one of those mentions lunch, star it",
	"* I get too much mail about lunch, star it",
	"? I get a lot of mail about lunch, it is spam",
	"? I get a lot of mail, star it",
	"? I get a lot of mail from Ann. Star promotions.",
	"? I get a lot of mail from Ann. Star",
	"? I get a lot of mail from Ann; if Bob writes, star it",
	/* a heading is what to do, but where it may be a list, a call for attention or the mails themselves */
	"? Important: mail from Ann",
	"? Urgent: everything",
	"? Urgent: mail from Ann, star it",
	"? Spam: newsletters should be starred",
	"? Urgent: mail about lunch is not urgent",
	". Urgent: star",
	". Urgent: mail about lunch",
	/* a star or label behind what is done; behind the mails, they may have it already */
	"* Mail from Ann belongs in the inbox, with a star",
	"* Label mail from Ann as Food with a star",
	"? Archive mail from Ann, with a star",
	"? Archive mail from Ann with the label Food",
	"? With a star",
	/* of which mails? */
	"? Archive it and star it",
	"? Archive it and star mail from Ann",
	"* Archive it and star it if it's from Ann",
	/* words that stand somewhere, though they be kinds of mail */
	"* If both lunch and noon appear in the mail, star it",
	". If both lunch and invoice appear in the mail, star it",
	". If newsletter is in the subject, star it",
	"* When Ann writes and it mentions lunch, star it",
	". When Ann writes and it mentions dinner, star it",
	"? When Ann writes and it mentions lunch or has an attachment, star it",
	/* lists */
	". Star mail on the lunch mailing list",
	"? Star mail from Ann on the guest list",
	/* "its" is "it is" where nothing of the mail's follows */
	"* Star mail from Ann as long as its less than two weeks old",
	". Star mail from Ann as long as its older than two weeks",
	"* Star mail from Ann with noon in its subject",
	"* Star mail from Ann, its never urgent",
	/* in whose eyes */
	". Mail from Ann is spam to me",
	"? Mail from Ann is important to Bob",
	"* Star mail sent to me rather than just copied",
	"? Star mail sent to me rather than Bob",
	"* Star mail from \u201cAnn\u201d \u2013 thanks!",
};

static void the_borders_are_kept(void)
{
	static const char raw[] = "From: Ann Lee <ann@x.org>\nTo: sam@y.org\nSubject: Lunch at noon\n\nShall we?\n";
	struct rule_subject subject = {.category = TRIAGE_FYI, .me = "sam@y.org", .age_ms = 86400000,
	                               .now_ms = MARCH_1 + INT64_C(30 * 3600000), .unread = true,
	                               .received_ms = MARCH_1 + INT64_C(6 * 3600000)};
	struct mail m;
	unsigned i;

	fx_parse(&m, raw);
	subject.mail = &m;
	for (i = 0; i < sizeof sentences / sizeof *sentences; i++) {
		const char *text = sentences[i] + 2;
		struct rule_set *set = rules_compile(&text, 1);
		struct rule_verdict v;
		char became;

		rules_apply(set, &subject, &v);
		became = !rules_understood(set, 0) ? '?' : v.star ? '*' : '.';
		if (became != *sentences[i])
			fprintf(stderr, "%s: %c\n", sentences[i], became);
		CU_ASSERT_EQUAL(became, *sentences[i]);
		rules_free(set);
	}
	mail_release(&m);
}

/* Nothing is near to what names no mail, or would then be of all mail. */
static void no_nearest_form_is_of_all_mail(void)
{
	static const char *const none[] = {"Archive everything else", "Archive any email sent between Monday and Friday",
	                                   "Do what is best", "Star it", "Delete everything",
	                                   "Remove all mail"};
	unsigned i;

	for (i = 0; i < sizeof none / sizeof *none; i++) {
		struct rule_set *set = rules_compile(&none[i], 1);

		CU_ASSERT_FALSE(rules_understood(set, 0));
		CU_ASSERT_PTR_NOT_NULL(rules_problem(set, 0));
		CU_ASSERT_PTR_NULL(rules_nearest(set, 0));
		rules_free(set);
	}
}

static void nearest_forms_keep_what_is_understood(void)
{
	static const struct { const char *text, *nearest; } pairs[] = {
		{"Archive newsletters weirdly from Ann", "Archive newsletters from Ann"},
		{"Whatever my boss writes is urgent", "Whatever my boss NAME@EXAMPLE.ORG writes is urgent"},
		{"Archive mail from April", "Archive mail received in April"},
		{"Only star mail from Ann", "star mail from Ann"},
		{"Newsletters should be deleted", "Newsletters should be archived"},
		{"Reply to Ann that I am away", "Star mail from Ann"},
		{"Mark my accountant's emails as urgent", "Mark emails from NAME@EXAMPLE.ORG as urgent"},
		{"Star newsletters. Archive promotions.", "Star newsletters."},
		{"Archive receipts, those are from Ann", "Archive receipts"},
	};
	unsigned i;

	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct rule_set *set = rules_compile(&pairs[i].text, 1);
		const char *nearest = rules_nearest(set, 0) ? rules_nearest(set, 0) : "none";

		if (strcmp(nearest, pairs[i].nearest) != 0)
			fprintf(stderr, "%s: %s\n", pairs[i].text, nearest);
		CU_ASSERT_STRING_EQUAL(nearest, pairs[i].nearest);
		rules_free(set);
	}
}

/* ---- What nobody said ---- */

static struct rule_verdict verdict(const char *text, const char *raw, const char *me)
{
	struct rule_set *set = rules_compile(&text, 1);
	struct rule_verdict v;
	struct mail m;

	fx_parse(&m, raw);
	rules_apply(set, &(struct rule_subject){.mail = &m, .me = me, .category = TRIAGE_FYI}, &v);
	v.label = NULL;                                /* the set's */
	mail_release(&m);
	rules_free(set);
	return v;
}

/* Whatever is named behind what is done, a rule that does not say what to take mails for leaves that as it is. */
static void kinds_are_no_deeds(void)
{
	static const char *const deeds[] = {"Archive", "Never archive", "Star", "Keep", "Don't star", "Hide"};
	static const char *const mails[] = {"everything", "all", "mail", "mail from Ann", "anything about lunch",
	                                    "mail that is from Ann", "fyi mail"};
	static const char *const joints[] = {" but ", ", ", ", but ", " and ", "; ", ", and ", " then ", " but not ", " not ", ", not ",
	                                     " but only ", " except ", " as well as ", " or ", ": "};
	static const char *const kinds[] = {"newsletters", "newsletter", "spam", "promotions", "urgent", "not urgent", "the spam",
	                                    "important mail", "suspicious", "notifications and spam", "high priority"};
	static const char raw[] = "From: Ann Lee <ann@x.org>\nSubject: Lunch at noon\n\nShall we?\n";
	char rule[160];
	unsigned i, j, k, n;

	for (i = 0; i < sizeof deeds / sizeof *deeds; i++)
		for (j = 0; j < sizeof mails / sizeof *mails; j++)
			for (k = 0; k < sizeof joints / sizeof *joints; k++)
				for (n = 0; n < sizeof kinds / sizeof *kinds; n++) {
					struct rule_verdict v;

					snprintf(rule, sizeof rule, "%s %s%s%s", deeds[i], mails[j], joints[k], kinds[n]);
					v = verdict(rule, raw, "");
					if (v.has_category || v.urgency != RULE_URGENCY_OPEN)
						fprintf(stderr, "%s\n", rule);
					CU_ASSERT_TRUE(!v.has_category && v.urgency == RULE_URGENCY_OPEN);
				}
}

/* What cannot be known of a mail is so neither as it stands nor denied. */
static void the_unknown_holds_in_neither_way(void)
{
	static const char *const rules[] = {
		"Star mail sent to me", "Star mail that isn't addressed to me", "Star everything not sent to me",
		"Star mail where I'm not in To", "Star mail where I'm only cc'd", "Star everything unless it was sent to me",
		"Star everything except mail sent only to me", "Star mail from me", "Star everything except from me",
		"Star mail over $500", "Star mail that is not over $500", "Star mail unless it is over $500",
		"Star mail except those under $100", "Star mail received before 2020-01-01", "Star mail not received before 2020-01-01",
	};
	static const char *const known[] = {"Star mail sent to me or about lunch", "Star mail about lunch or not over $500",
	                                    "Star everything except invoices over $500"};
	static const char raw[] = "From: Ann Lee <ann@x.org>\nTo: sam@y.org\nSubject: Lunch at noon\n\nShall we?\n";
	unsigned i;

	for (i = 0; i < sizeof rules / sizeof *rules; i++) {
		bool star = verdict(rules[i], raw, "").star;

		if (star)
			fprintf(stderr, "%s\n", rules[i]);
		CU_ASSERT_FALSE(star);
	}
	for (i = 0; i < sizeof known / sizeof *known; i++)
		CU_ASSERT_TRUE(verdict(known[i], raw, "").star);
	CU_ASSERT_TRUE(verdict("Star mail that isn't addressed to me", raw, "ann@x.org").star);
}

static void rules_that_need_an_owner_say_so(void)
{
	static const struct { const char *text; bool asks; } rows[] = {
		{"Star mail from Ann or mail that isn't sent to me", true}, {"Archive newsletters and star mail where I'm cc'd", true},
		{"Star mail sent to ann@x.org", false}, {"Star mail sent to me weirdly", false}, {"Star everything", false},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rule_set *set = rules_compile(&rows[i].text, 1);

		CU_ASSERT_EQUAL(rules_ask_for_me(set), rows[i].asks);
		rules_free(set);
	}
}

static CU_TestInfo tests[] = {
	{"the borders are kept", the_borders_are_kept},
	{"no nearest form is of all mail", no_nearest_form_is_of_all_mail},
	{"nearest forms keep what is understood", nearest_forms_keep_what_is_understood},
	{"kinds are no deeds", kinds_are_no_deeds},
	{"the unknown holds in neither way", the_unknown_holds_in_neither_way},
	{"rules that need an owner say so", rules_that_need_an_owner_say_so},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo rules_sense_suite = {"triage: borders of rules", NULL, NULL, NULL, NULL, tests};
