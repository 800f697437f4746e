/* The values of rules: names of labels, words looked for, whom a name means. */
#include <stdio.h>
#include <string.h>

#include "agents/email_triage_rules.h"
#include "agents_fixture.h"
#include "agents_suites.h"

/* What a rule does to a mail, and the label that it gives. */
static struct rule_verdict verdict(const char *rule, const char *from, const char *subject, char label[64])
{
	struct rule_set *set = rules_compile(&rule, 1);
	struct rule_verdict v;
	struct mail m;
	char raw[300];

	snprintf(raw, sizeof raw, "From: %s\nSubject: %s\n\nHi.\n", from, subject);
	fx_parse(&m, raw);
	CU_ASSERT_TRUE(rules_understood(set, 0));
	rules_apply(set, &(struct rule_subject){.mail = &m, .me = "sam@example.com"}, &v);
	snprintf(label, 64, "%s", v.label ? v.label : "");
	rules_free(set);
	mail_release(&m);
	return v;
}

/* Is the mail starred by a rule with this value at its end? */
static bool stars(const char *start, const char *value, const char *from, const char *subject)
{
	char rule[160], label[64];

	snprintf(rule, sizeof rule, "%s%s", start, value);
	return verdict(rule, from, subject, label).star;
}

/* ---- Labels ---- */

static void labels_keep_their_letters(void)
{
	char label[64];
	struct rule_verdict v = verdict("Label emails from ann@x.org as Projekt Übersee 2026 and star them", "ann@x.org", "Hello",
	                                label);

	CU_ASSERT_STRING_EQUAL(label, "Projekt Übersee 2026");
	CU_ASSERT_TRUE(v.star);
}

/* What decides nothing is no part of a label's name. */
static void labels_end_where_remarks_begin(void)
{
	static const char *const endings[] = {"because I like them", "from now on", "by default", "although it is late",
	                                      "as far as I'm concerned", "no matter what", "every time"};
	char label[64], rule[120];
	unsigned i;

	for (i = 0; i < sizeof endings / sizeof *endings; i++) {
		snprintf(rule, sizeof rule, "Label emails from ann@x.org as Great Work %s", endings[i]);
		verdict(rule, "ann@x.org", "Hello", label);
		CU_ASSERT_STRING_EQUAL(label, "Great Work");
	}
}

/* ---- Words ---- */

static void a_word_finds_its_singular_and_plural(void)
{
	static const struct { const char *word, *subject; bool found; } pairs[] = {
		{"meetings", "Meeting moved", true}, {"meeting", "All meetings", true}, {"refunds", "I want a refund", true},
		{"companies", "A company", true}, {"company", "Two companies", true}, {"boxes", "The box", true},
		{"box", "Boxes", true}, {"cases", "Case 7", true}, {"classes", "First class", true}, {"class", "Classes", true},
		{"urgent", "URGENT: call me", true},
		{"pull request", "Pull requests", true}, {"follow-ups", "Follow-up", true}, {"team meetings", "Team  meeting", true},
		{"meetings", "Meet me", false}, {"news", "A new car", false}, {"status", "Statu quo", false},
		{"refunds", "Refund-desk", true}, {"orders", "Border", false}, {"team meetings", "Team of meeting", false},
		{"invoices", "Invoicing", false}, {"business", "Busines", false},
		{"reciept", "A reciept", true}, {"reciept", "A receipt", false},
	};
	unsigned i;

	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		bool found = stars("Star anything about ", pairs[i].word, "ann@x.org", pairs[i].subject);

		if (found != pairs[i].found)
			fprintf(stderr, "%s: %s\n", pairs[i].word, pairs[i].subject);
		CU_ASSERT_EQUAL(found, pairs[i].found);
	}
}

/* ---- People ---- */

static void what_holds_a_dot_is_a_name_where_it_can_be_no_domain(void)
{
	static const struct { const char *whom, *sender; bool found; } pairs[] = {
		{"St.John's", "\"St.John's School\" <office@sjs.example>", true},
		{"St.John\u2019s", "\"St.John's\" <office@sjs.example>", true},
		{"St.John's and Ann", "\"St.John\u2019s\" <office@sjs.example>", true},
		{"\"O'Brien.Inc\"", "\"O'Brien.Inc\" <x@obi.example>", true},
		{"O'Brien.Inc", "\"O'Brien.Inc\" <x@obi.example>", true},
		{"AT&T.Wireless", "\"AT&T.Wireless\" <x@att.example>", true},
		{"J.P", "\"J.P\" <jp@x.example>", true}, {"Web2.0", "\"Web2.0 News\" <n@x.example>", true},
		{"St.John's", "Ann <ann@st.john>", false}, {"St.John's", "John <john@x.example>", false},
		/* what can be a domain is none of the names that a sender makes up */
		{"techcorp.com", "x@mail.techcorp.com", true}, {"techcorp.com", "\"techcorp.com\" <x@y.example>", false},
		{"firma.xn--p1ai", "\"firma.xn--p1ai\" <x@y.example>", false}, {"mail.srv1", "x@mail.srv1", true},
		{"müller.рф", "x@post.müller.рф", true}, {"müller.рф", "\"müller.рф\" <x@y.example>", false},
	};
	unsigned i;

	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		bool found = stars("Star mail from ", pairs[i].whom, pairs[i].sender, "Hello");

		if (found != pairs[i].found)
			fprintf(stderr, "from %s: %s\n", pairs[i].whom, pairs[i].sender);
		CU_ASSERT_EQUAL(found, pairs[i].found);
	}
}

static CU_TestInfo tests[] = {
	{"labels keep their letters", labels_keep_their_letters},
	{"labels end where remarks begin", labels_end_where_remarks_begin},
	{"a word finds its singular and plural", a_word_finds_its_singular_and_plural},
	{"what holds a dot is a name where it can be no domain", what_holds_a_dot_is_a_name_where_it_can_be_no_domain},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo rules_values_suite = {"triage: values of rules", NULL, NULL, NULL, NULL, tests};
