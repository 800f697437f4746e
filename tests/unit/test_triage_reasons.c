/* What email-triage says decided: matched_rule and the first of the reasons (agents/email_triage_explain.c). */
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"

#define MAIL    "{\"from\":\"ann@x.org\",\"to\":[\"sam@y.org\"],\"subject\":\"Minutes\",\"body\":\"Here are the minutes.\"}"
#define VIPS    "\"vip_senders\":[\"ann@x.org\"]"
#define NO_RULE (-1)

/* Sorts one mail; the rules are the inside of an array. */
static struct json_object *run_rules(const char *rules, const char *vips)
{
	struct json_object *out;
	char input[1000];

	fx_host_reset();
	snprintf(input, sizeof input, "{\"rules\":[%s],%s%s\"emails\":[" MAIL "]}", rules, vips, *vips ? "," : "");
	out = fx_run("email-triage", input);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	return out;
}

static void decided(const char *rules, const char *vips, int rule, const char *first_reason)
{
	struct json_object *out = run_rules(rules, vips), *matched = fx_get(out, "triaged.0.matched_rule");
	int got = matched ? json_object_get_int(matched) : NO_RULE;

	if (got != rule || strcmp(fx_text(out, "triaged.0.reasons.0"), first_reason) != 0)
		fprintf(stderr, "%s: %d, %s\n", rules, got, fx_text(out, "triaged.0.reasons"));
	CU_ASSERT_EQUAL(got, rule);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.reasons.0"), first_reason);
	json_object_put(out);
}

static void the_rule_that_decided_is_named(void)
{
	decided("\"Archive newsletters\",\"Archive everything\",\"Archive mail from Ann\"", "", 1,
	        "your rule: Archive everything");
}

static void never_archive_is_named_before_the_rule_it_beat(void)
{
	decided("\"Archive everything\",\"Never archive mail from ann@x.org\"", "", 1,
	        "your rule: Never archive mail from ann@x.org");
	decided("\"Label everything as All and archive it\",\"Keep mail from ann@x.org in the inbox\"", "", 1,
	        "your rule: Keep mail from ann@x.org in the inbox");
}

static void a_vip_is_named_instead_of_the_rule_it_beat(void)
{
	decided("\"Archive everything\"", VIPS, NO_RULE, "kept in the inbox: its sender is one of your VIPs");
}

/* Given a rule that a VIP beats, and another that stands. */
static void the_rule_that_stands_is_named_behind_what_beat_the_other(void)
{
	struct json_object *out = run_rules("\"Archive everything\",\"Label everything as All\"", VIPS);

	CU_ASSERT_EQUAL(fx_int(out, "triaged.0.matched_rule"), 1);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.reasons.0"), "kept in the inbox: its sender is one of your VIPs");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.reasons.1"), "your rule: Label everything as All");
	json_object_put(out);
}

static void the_rule_that_made_urgent_is_named_before_what_it_beat(void)
{
	decided("\"Flag mail from Ann as urgent\",\"Archive everything\"", "", 0, "your rule: Flag mail from Ann as urgent");
}

static void a_category_that_another_rule_made_urgent_is_not_named(void)
{
	decided("\"Treat mail from Ann as newsletter\",\"Flag mail from Ann as urgent\"", "", 1,
	        "your rule: Flag mail from Ann as urgent");
}

static CU_TestInfo tests[] = {
	{"the rule that decided is named", the_rule_that_decided_is_named},
	{"never archive is named before the rule it beat", never_archive_is_named_before_the_rule_it_beat},
	{"a VIP is named instead of the rule it beat", a_vip_is_named_instead_of_the_rule_it_beat},
	{"the rule that stands is named behind what beat the other", the_rule_that_stands_is_named_behind_what_beat_the_other},
	{"the rule that made urgent is named before what it beat", the_rule_that_made_urgent_is_named_before_what_it_beat},
	{"a category that another rule made urgent is not named", a_category_that_another_rule_made_urgent_is_not_named},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_reasons_suite = {"triage: reasons", NULL, NULL, NULL, NULL, tests};
