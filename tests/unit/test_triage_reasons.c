/* What email-triage says decided: matched_rule, and the rules among the reasons (agents/email_triage_explain.c). */
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"

#define MAIL    "{\"from\":\"ann@x.org\",\"to\":[\"sam@y.org\"],\"subject\":\"Minutes\",\"body\":\"Here are the minutes.\"}"
#define VIPS    "\"vip_senders\":[\"ann@x.org\"]"
#define NO_RULE (-1)

/* Sorts one mail; the rules are the inside of an array, what is more are members of the input. */
static struct json_object *run_rules(const char *rules, const char *more)
{
	struct json_object *out;
	char input[1000];

	fx_host_reset();
	snprintf(input, sizeof input, "{\"rules\":[%s],%s%s\"emails\":[" MAIL "]}", rules, more, *more ? "," : "");
	out = fx_run("email-triage", input);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	return out;
}

static void decided(const char *rules, const char *more, int rule, const char *first_reason)
{
	struct json_object *out = run_rules(rules, more), *matched = fx_get(out, "triaged.0.matched_rule");
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
	decided("\"Archive everything\",\"Never archive mail from ann@x.org\"", "\"apply\":{\"archive\":false}", 1,
	        "your rule: Never archive mail from ann@x.org");
}

/* What is said of the rules among the reasons, in order. */
static void named(const char *rules, const char *more, int first_rule, const char *const *reasons, unsigned n)
{
	struct json_object *out = run_rules(rules, more);
	char path[40];
	unsigned i;

	CU_ASSERT_EQUAL(fx_int(out, "triaged.0.matched_rule"), first_rule);
	CU_ASSERT_FATAL(fx_length(out, "triaged.0.reasons") >= n);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof path, "triaged.0.reasons.%u", i);
		CU_ASSERT_STRING_EQUAL(fx_text(out, path), reasons[i]);
	}
	if ((unsigned)fx_length(out, "triaged.0.reasons") > n) {
		snprintf(path, sizeof path, "triaged.0.reasons.%u", n);
		CU_ASSERT_PTR_NULL(strstr(fx_text(out, path), "your rule: "));
	}
	json_object_put(out);
}

static void each_rule_that_decided_something_is_named_once(void)
{
	static const char *const reasons[] = {"your rule: Label everything as All and star it",
	                                      "your rule: Archive mail from ann"};

	named("\"Label everything as All and star it\",\"Archive newsletters\",\"Archive mail from ann\"", "", 0,
	      reasons, 2);
}

static void never_archive_takes_the_place_of_the_rule_it_beat_alone(void)
{
	static const char *const friends[] = {"your rule: Label mail from ann as Friends",
	                                      "your rule: Never archive mail from ann", "your rule: Star mail from ann"};
	static const char *const all[] = {"your rule: Label everything as All and archive it",
	                                  "your rule: Keep mail from ann in the inbox"};

	named("\"Label mail from ann as Friends\",\"Archive mail from ann\",\"Star mail from ann\","
	      "\"Never archive mail from ann\"", "", 0, friends, 3);
	named("\"Label everything as All and archive it\",\"Keep mail from ann in the inbox\"", "", 0, all, 2);
}

/* Given a rule that is beaten before all others: its place is the first, the first that decided is another. */
static void never_archive_in_the_first_place_leaves_the_first_that_decided(void)
{
	static const char *const reasons[] = {"your rule: Never archive mail from ann",
	                                      "your rule: Label mail from ann as Friends"};

	named("\"Archive everything\",\"Label mail from ann as Friends\",\"Never archive mail from ann\"", "", 1,
	      reasons, 2);
}

/* Given a rule for each matter, and an older mail of a conversation. */
static void a_rule_for_each_matter_leaves_none_out(void)
{
	static const char *const reasons[] = {
		"your rule: Mark mail from ann as not urgent", "your rule: Treat mail from ann as newsletter",
		"your rule: Label mail from ann as Friends", "your rule: Never archive mail from ann",
		"your rule: Star mail from ann"};

	struct json_object *out;
	unsigned i;
	char path[40];

	fx_host_reset();
	out = fx_run("email-triage",
	             "{\"rules\":[\"Mark mail from ann as not urgent\",\"Treat mail from ann as newsletter\","
	             "\"Label mail from ann as Friends\",\"Never archive mail from ann\",\"Star mail from ann\"],\"emails\":["
	             MAIL ",{\"from\":\"ann@x.org\",\"to\":[\"sam@y.org\"],\"subject\":\"Re: Minutes\","
	             "\"date\":\"2026-03-02T08:00:00Z\",\"body\":\"Here are the minutes.\"}]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_TRUE_FATAL(fx_length(out, "triaged.0.reasons") >= 6);
	for (i = 0; i < 5; i++) {
		snprintf(path, sizeof path, "triaged.0.reasons.%u", i + 1);
		CU_ASSERT_STRING_EQUAL(fx_text(out, path), reasons[i]);
	}
	json_object_put(out);
}

/* Rules are told to a dozen, the others counted. */
static void many_rules_are_told_and_the_others_counted(void)
{
	static const char *const ends[] = {"your rule: Label mail from ann as Group 0",
	                                   "not followed, since an earlier rule says otherwise: Label mail from ann as Group 11",
	                                   "and 3 more of your rules"};
	static const unsigned at[] = {0, 11, 12};
	struct json_object *out;
	char input[2000] = "{\"rules\":[", path[40];
	unsigned i;

	fx_host_reset();
	for (i = 0; i < 15; i++)
		snprintf(input + strlen(input), sizeof input - strlen(input), "%s\"Label mail from ann as Group %u\"", i ? "," : "", i);
	snprintf(input + strlen(input), sizeof input - strlen(input), "],\"emails\":[" MAIL "]}");
	out = fx_run("email-triage", input);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "triaged.0.reasons.%u", at[i]);
		CU_ASSERT_STRING_EQUAL(fx_text(out, path), ends[i]);
	}
	json_object_put(out);
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

/* Of two rules that contradict each other the one that gives way is told too, behind the one that is followed. */
static void the_rule_that_gives_way_is_told(void)
{
	static const struct { const char *rules, *followed, *beaten; } pairs[] = {
		{"\"Mark mail from Ann as not urgent\",\"Flag everything as urgent\"", "your rule: Mark mail from Ann as not urgent",
		 "not followed, since an earlier rule says otherwise: Flag everything as urgent"},
		{"\"Label mail from Ann as Friends\",\"Label everything as All\"", "your rule: Label mail from Ann as Friends",
		 "not followed, since an earlier rule says otherwise: Label everything as All"},
		{"\"Never star mail from Ann\",\"Star everything\"", "your rule: Never star mail from Ann",
		 "not followed, since an earlier rule says otherwise: Star everything"},
		{"\"Archive everything\",\"Never archive mail from Ann\"", "your rule: Never archive mail from Ann",
		 "not followed, since never archiving beats it: Archive everything"},
	};
	struct json_object *out;
	unsigned i;

	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		out = run_rules(pairs[i].rules, "");
		CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.reasons.0"), pairs[i].followed);
		CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.reasons.1"), pairs[i].beaten);
		json_object_put(out);
	}
	out = run_rules("\"Star everything\",\"Star mail from Ann\"", "");
	CU_ASSERT_PTR_NULL(strstr(fx_text(out, "triaged.0.reasons"), "not followed"));
	json_object_put(out);
}

/* A mail written and read at those times. */
static void time_is_told(const char *from, const char *body, const char *written, const char *read, const char *reason)
{
	struct json_object *out;
	char input[1000];

	fx_host_reset();
	snprintf(input, sizeof input, "{\"timezone\":\"UTC\",\"reference_time\":\"2026-03-02T%s:00Z\",\"emails\":[{"
	         "\"from\":\"%s@x.org\",\"to\":[\"sam@y.org\"],\"subject\":\"Figures\",\"body\":\"%s\","
	         "\"date\":\"2026-03-02T%s:00Z\"}]}", read, from, body, written);
	out = fx_run("email-triage", input);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	if (strcmp(fx_text(out, "triaged.0.reasons.0"), reason) != 0)
		fprintf(stderr, "%s: %s\n", body, fx_text(out, "triaged.0.reasons"));
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.reasons.0"), reason);
	json_object_put(out);
}

static void the_time_that_is_told_is_the_deadline(void)
{
	time_is_told("ann", "Please answer by end of day.", "14:00", "15:00", "needs you before 17:00 today");
	time_is_told("ann", "Please answer by end of day.", "17:00", "18:00", "needs you today");
	time_is_told("ann", "Please answer by end of day.", "17:00", "19:30", "needs you today");
	time_is_told("ann", "The call is at 15:30 today. Please answer by end of day.", "14:00", "16:00",
	             "needs you before 17:00 today");
	time_is_told("ann", "We meet at 15:30 today. Could you bring the figures?", "14:00", "16:00",
	             "needed you before 15:30 today");
}

static void what_is_due_today_is_so_all_day(void)
{
	time_is_told("noreply", "Your return is due today.", "07:00", "12:00", "something stops, ends or is due today");
}

static CU_TestInfo tests[] = {
	{"the rule that decided is named", the_rule_that_decided_is_named},
	{"never archive is named before the rule it beat", never_archive_is_named_before_the_rule_it_beat},
	{"each rule that decided something is named once", each_rule_that_decided_something_is_named_once},
	{"never archive takes the place of the rule it beat alone", never_archive_takes_the_place_of_the_rule_it_beat_alone},
	{"never archive in the first place leaves the first that decided",
	 never_archive_in_the_first_place_leaves_the_first_that_decided},
	{"a rule for each matter leaves none out", a_rule_for_each_matter_leaves_none_out},
	{"many rules are told, and the others counted", many_rules_are_told_and_the_others_counted},
	{"a VIP is named instead of the rule it beat", a_vip_is_named_instead_of_the_rule_it_beat},
	{"the rule that stands is named behind what beat the other", the_rule_that_stands_is_named_behind_what_beat_the_other},
	{"the rule that made urgent is named before what it beat", the_rule_that_made_urgent_is_named_before_what_it_beat},
	{"a category that another rule made urgent is not named", a_category_that_another_rule_made_urgent_is_not_named},
	{"the rule that gives way is told", the_rule_that_gives_way_is_told},
	{"the time that is told is the deadline", the_time_that_is_told_is_the_deadline},
	{"what is due today is so all day", what_is_due_today_is_so_all_day},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_reasons_suite = {"triage: reasons", NULL, NULL, NULL, NULL, tests};
