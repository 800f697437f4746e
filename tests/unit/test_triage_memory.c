/* What email-triage knows from earlier runs, and from the mails that its reader sent. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agents_fixture.h"
#include "agents_suites.h"

/* ---- Runs after each other ---- */

#define WEEKLY(name, from, list) \
	{name, "From: " from "\nTo: sam@y.org\nSubject: Newsletter " name "\nDate: Mon, 2 Mar 2026 08:00:00 +0000\n" \
	       "Message-ID: <" name "@x.org>\nList-Id: <" list ">\nList-Unsubscribe: <mailto:u@x.org>\n\nRead more.\n"}

struct delivered { const char *name, *text; };

static void a_maildir_with(char dir[FX_PATH], const struct delivered *mails, unsigned n)
{
	char name[200];
	unsigned i;

	fx_host_reset();
	fx_maildir(dir);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof name, "new/1772438400.%s.host", mails[i].name);
		fx_deliver(dir, name, mails[i].text);
	}
	snprintf(fx_host.path, sizeof fx_host.path, "%s", dir);
}

static void move(const char *dir, const char *from, const char *to)
{
	char a[3 * FX_PATH], b[3 * FX_PATH];

	snprintf(a, sizeof a, "%s/%s", dir, from);
	snprintf(b, sizeof b, "%s/%s", dir, to);
	CU_ASSERT_EQUAL_FATAL(rename(a, b), 0);
}

static void what_was_moved_back_stays_and_teaches(void)
{
	static const struct delivered mails[] = {WEEKLY("one", "news@x.org", "weekly.x.org"),
	                                         WEEKLY("two", "other@z.org", "other.z.org")};
	static const struct delivered next = WEEKLY("three", "news@x.org", "weekly.x.org");
	struct json_object *out;
	char dir[FX_PATH];

	a_maildir_with(dir, mails, 2);
	json_object_put(fx_run("email-triage", "{}"));
	CU_ASSERT_EQUAL(fx_count(dir, ".Archive/cur"), 2);
	move(dir, ".Archive/cur/1772438400.one.host:2,", "cur/1772438400.one.host:2,S");
	fx_deliver(dir, "new/1772438500.three.host", next.text);
	fx_deliver(dir, "new/1772438500.four.host", mails[1].text);

	fx_next_run();
	out = fx_run("email-triage", "{\"rules\":[\"Archive newsletters from @nobody.org\"]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_PTR_NOT_NULL(fx_reason(fx_mail(out, "one"), "you moved it back"));
	CU_ASSERT_PTR_NOT_NULL(fx_reason(fx_mail(out, "three"), "you moved 1 of 1 archived mails of this sender back"));
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "one"), "action"), "none");
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "three"), "action"), "none");
	/* another copy of a mail that lies in the archive is no mail that was moved back */
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "four"), "action"), "archive");
	CU_ASSERT_TRUE(fx_exists(dir, ".Archive/cur/1772438500.four.host:2,"));
	json_object_put(out);

	/* it is counted once, and a rule of the user's own is stronger than what was learned */
	fx_next_run();
	out = fx_run("email-triage", "{\"rules\":[\"Archive newsletters\"]}");
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "one"), "action"), "none");
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "three"), "action"), "archive");
	json_object_put(out);
	fx_remove(dir);
}

/* One in forty says little of the others; it stays itself. */
static void a_single_mail_moved_back_of_many_teaches_nothing_of_the_others(void)
{
	struct json_object *out;
	char dir[FX_PATH], name[100], text[600];
	unsigned i;

	a_maildir_with(dir, NULL, 0);
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "new/1772438400.m%02u.host", i);
		snprintf(text, sizeof text, "From: news@x.org\nTo: sam@y.org\nSubject: Newsletter %u\nMessage-ID: <%u@x.org>\n"
		         "Date: Mon, 2 Mar 2026 08:00:00 +0000\nList-Id: <w.x.org>\nList-Unsubscribe: <mailto:u@x>\n\nRead more.\n", i, i);
		fx_deliver(dir, name, text);
	}
	json_object_put(fx_run("email-triage", "{\"max_emails\":100}"));
	CU_ASSERT_EQUAL(fx_count(dir, ".Archive/cur"), 40);
	move(dir, ".Archive/cur/1772438400.m07.host:2,", "cur/1772438400.m07.host:2,");
	fx_deliver(dir, "new/1772438500.later.host", "From: news@x.org\nTo: sam@y.org\nSubject: Newsletter 41\n"
	           "Message-ID: <41@x.org>\nDate: Mon, 2 Mar 2026 08:30:00 +0000\nList-Id: <w.x.org>\n"
	           "List-Unsubscribe: <mailto:u@x>\n\nRead more.\n");
	fx_next_run();
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "m07"), "action"), "none");
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "later"), "action"), "archive");
	json_object_put(out);
	fx_remove(dir);
}

/* ... what a dry run sees moved back counts in it, though it is not kept. */
static void a_dry_run_decides_what_a_run_would(void)
{
	static const struct delivered mails[] = {WEEKLY("one", "news@x.org", "weekly.x.org"),
	                                         WEEKLY("two", "news@x.org", "weekly.x.org")};
	static const char *const inputs[] = {"{\"dry_run\":true}", "{}"};
	struct json_object *out;
	char dir[FX_PATH];
	unsigned i;

	a_maildir_with(dir, mails, 1);
	json_object_put(fx_run("email-triage", "{}"));
	move(dir, ".Archive/cur/1772438400.one.host:2,", "cur/1772438400.one.host:2,S");
	fx_deliver(dir, "new/1772438500.two.host", mails[1].text);
	for (i = 0; i < 2; i++) {
		fx_next_run();
		out = fx_run("email-triage", inputs[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		CU_ASSERT_PTR_NOT_NULL(fx_reason(fx_mail(out, "two"), "you moved 1 of 1 archived mails of this sender back"));
		json_object_put(out);
	}
	fx_remove(dir);
}

/* ... nor does a dry run, which is to change nothing. */
static void a_dry_run_learns_nothing(void)
{
	static const struct delivered one = WEEKLY("one", "news@x.org", "weekly.x.org");
	struct json_object *out;
	char dir[FX_PATH];

	a_maildir_with(dir, &one, 1);
	json_object_put(fx_run("email-triage", "{}"));
	move(dir, ".Archive/cur/1772438400.one.host:2,", "cur/1772438400.one.host:2,S");
	fx_next_run();
	out = fx_run("email-triage", "{\"dry_run\":true}");
	CU_ASSERT_PTR_NOT_NULL(fx_reason(fx_mail(out, "one"), "you moved it back"));
	CU_ASSERT_EQUAL(fx_host.ledger_calls, 0);
	json_object_put(out);
	fx_remove(dir);
}

/* The first run plans and dies, a second archives, the reader moves it back: the first's next attempt leaves it. */
static void what_was_moved_back_between_attempts_stays(void)
{
	static const struct delivered one = WEEKLY("one", "news@x.org", "weekly.x.org");
	struct json_object *out;
	char dir[FX_PATH];

	a_maildir_with(dir, &one, 1);
	fx_host.refuse = true;
	CU_ASSERT_PTR_NULL(fx_run("email-triage", "{}"));
	fx_host.refuse = false;
	fx_host.run = 2;
	json_object_put(fx_run("email-triage", "{}"));
	CU_ASSERT_EQUAL(fx_count(dir, ".Archive/cur"), 1);
	fx_ledger_age();
	move(dir, ".Archive/cur/1772438400.one.host:2,", "cur/1772438400.one.host:2,S");
	fx_host.run = 1;
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "effects.0.status"), "skipped");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "effects.0.reason"), "you moved it back");
	CU_ASSERT_TRUE(fx_exists(dir, "cur/1772438400.one.host:2,S"));
	json_object_put(out);
	fx_remove(dir);
}

static void what_another_run_is_about_to_do_is_left_to_it(void)
{
	static const struct delivered one = WEEKLY("one", "news@x.org", "weekly.x.org");
	struct json_object *out;
	char dir[FX_PATH];

	a_maildir_with(dir, &one, 1);
	fx_host.refuse = true;
	CU_ASSERT_PTR_NULL(fx_run("email-triage", "{}"));
	fx_host.refuse = false;
	fx_host.run_under_way = 1;
	fx_host.run = 2;
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "effects.0.status"), "skipped");
	CU_ASSERT_EQUAL(fx_count(dir, "new"), 1);
	json_object_put(out);
	fx_remove(dir);
}

/* Two deliveries of one mail: what became of one says nothing of the other. */
static void of_two_copies_the_one_moved_back_stays(void)
{
	static const char text[] = "Received: by %s\nFrom: news@x.org\nTo: sam@y.org\nSubject: Newsletter\nMessage-ID: <1@x.org>\n"
	                           "Date: Mon, 2 Mar 2026 08:00:00 +0000\nList-Id: <w.x.org>\nList-Unsubscribe: <mailto:u@x>\n\n"
	                           "Read more.\n";
	struct json_object *out;
	char dir[FX_PATH], copy[600];

	a_maildir_with(dir, NULL, 0);
	snprintf(copy, sizeof copy, text, "a.example");
	fx_deliver(dir, "new/1772438400.a.host", copy);
	snprintf(copy, sizeof copy, text, "b.example");
	fx_deliver(dir, "new/1772438401.b.host", copy);
	json_object_put(fx_run("email-triage", "{}"));
	CU_ASSERT_EQUAL(fx_count(dir, ".Archive/cur"), 2);
	move(dir, ".Archive/cur/1772438400.a.host:2,", "cur/1772438400.a.host:2,S");
	fx_next_run();
	out = fx_run("email-triage", "{\"rules\":[\"Archive everything\"]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.action"), "none");
	json_object_put(out);
	fx_remove(dir);
}

/* A program that sends all its mails under one Message-ID. */
static void another_mail_with_the_same_message_id_is_another_mail(void)
{
	static const char text[] = "From: ann@x.org\nTo: sam@y.org\nSubject: Report %s\nMessage-ID: <always@x.org>\n"
	                           "Date: Mon, 2 Mar 2026 08:00:00 +0000\n\nAll is well.\n";
	char dir[FX_PATH], mail[400];

	a_maildir_with(dir, NULL, 0);
	snprintf(mail, sizeof mail, text, "one");
	fx_deliver(dir, "new/1772438400.a.host", mail);
	json_object_put(fx_run("email-triage", "{\"rules\":[\"Star mail from ann@x.org\"]}"));
	snprintf(mail, sizeof mail, text, "two");
	fx_deliver(dir, "new/1772438401.b.host", mail);
	fx_next_run();
	json_object_put(fx_run("email-triage", "{\"rules\":[\"Star mail from ann@x.org\"]}"));
	CU_ASSERT_TRUE(fx_exists(dir, "cur/1772438401.b.host:2,F"));
	fx_remove(dir);
}

/* Nothing is counted of what is kept, so what was learned must end by itself. */
static void what_was_learned_is_tried_again_after_three_months(void)
{
	static const struct delivered mails[] = {WEEKLY("one", "news@x.org", "weekly.x.org"),
	                                         WEEKLY("two", "news@x.org", "weekly.x.org")};
	static const struct { int64_t days; const char *action; } rows[] = {{89, "none"}, {91, "archive"}};
	struct json_object *out;
	char dir[FX_PATH];
	unsigned i;

	for (i = 0; i < 2; i++) {
		a_maildir_with(dir, mails, 1);
		json_object_put(fx_run("email-triage", "{}"));
		move(dir, ".Archive/cur/1772438400.one.host:2,", "cur/1772438400.one.host:2,S");
		fx_deliver(dir, "new/1772438500.two.host", mails[1].text);
		fx_next_run();
		fx_host.remembered_ms = FX_NOW - rows[i].days * INT64_C(86400000);
		out = fx_run("email-triage", "{}");
		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "two"), "action"), rows[i].action);
		json_object_put(out);
		fx_remove(dir);
	}
}

/* A star that was set is not set again when its reader took it off. */
static void a_mark_that_was_taken_off_is_not_repeated(void)
{
	static const struct delivered one = {"one", "From: ann@x.org\nTo: sam@y.org\nSubject: Hello\nMessage-ID: <1@x.org>\n"
	                                            "Date: Mon, 2 Mar 2026 08:00:00 +0000\n\nAll is well.\n"};
	struct json_object *out;
	char dir[FX_PATH];

	a_maildir_with(dir, &one, 1);
	json_object_put(fx_run("email-triage", "{\"rules\":[\"Star mail from ann@x.org\"]}"));
	CU_ASSERT_TRUE(fx_exists(dir, "cur/1772438400.one.host:2,F"));
	move(dir, "cur/1772438400.one.host:2,F", "cur/1772438400.one.host:2,");
	fx_next_run();
	out = fx_run("email-triage", "{\"rules\":[\"Star mail from ann@x.org\"]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "effects.0.status"), "skipped");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "effects.0.reason"), "you took it off");
	CU_ASSERT_TRUE(fx_exists(dir, "cur/1772438400.one.host:2,"));
	json_object_put(out);
	fx_remove(dir);
}

/* ---- Sent mail ---- */

static void mail_of_people_one_has_written_to_is_never_archived(void)
{
	static const struct delivered mails[] = {WEEKLY("one", "ann@x.org", "weekly.x.org"),
	                                         WEEKLY("two", "other@z.org", "other.z.org")};
	struct json_object *out;
	char dir[FX_PATH];

	a_maildir_with(dir, mails, 2);
	fx_sent(dir, "From: sam@y.org\nTo: Ann <ANN@x.org>\nMessage-ID: <s1@y.org>\n\nHello\n");
	out = fx_run("email-triage", "{\"rules\":[\"Archive everything\"]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "one"), "action"), "none");
	CU_ASSERT_PTR_NOT_NULL(fx_reason(fx_mail(out, "one"), "you have written to its sender"));
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "two"), "action"), "archive");
	json_object_put(out);
	fx_remove(dir);
}

static void an_answer_to_a_sent_mail_is_known_by_its_id(void)
{
	static const struct delivered one = {"one", "From: bob@x.org\nTo: sam@y.org\nSubject: Offer\nMessage-ID: <1@x.org>\n"
	                                            "In-Reply-To: <s1@elsewhere.example>\n"
	                                            "Date: Mon, 2 Mar 2026 08:00:00 +0000\n\nHere it is.\n"};
	struct json_object *out;
	char dir[FX_PATH];

	a_maildir_with(dir, &one, 1);
	fx_sent(dir, "From: sam@y.org\nTo: shop@x.org\nMessage-ID: <s1@elsewhere.example>\n\nHello\n");
	out = fx_run("email-triage", "{\"rules\":[\"Archive everything\"]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "one"), "action"), "none");
	CU_ASSERT_PTR_NOT_NULL(fx_reason(fx_mail(out, "one"), "it answers you"));
	json_object_put(out);
	fx_remove(dir);
}

static void an_answer_that_asks_for_nothing_needs_none(void)
{
	static const struct delivered one = {"one", "From: bob@x.org\nTo: sam@y.org\nSubject: Re: Friday\nMessage-ID: <1@x.org>\n"
	                                            "In-Reply-To: <s1@y.org>\n"
	                                            "Date: Mon, 2 Mar 2026 08:00:00 +0000\n\nFine with me.\n"};
	struct json_object *out;
	char dir[FX_PATH];

	a_maildir_with(dir, &one, 1);
	fx_host.address = "sam@y.org";
	fx_sent(dir, "From: sam@y.org\nTo: bob@x.org\nMessage-ID: <s1@y.org>\n\nFriday?\n");
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "one"), "category"), "fyi");
	json_object_put(out);
	fx_remove(dir);
}

static CU_TestInfo tests[] = {
	{"what was moved back between attempts stays", what_was_moved_back_between_attempts_stays},
	{"what another run is about to do is left to it", what_another_run_is_about_to_do_is_left_to_it},
	{"of two copies the one moved back stays", of_two_copies_the_one_moved_back_stays},
	{"another mail with the same Message-ID is another mail", another_mail_with_the_same_message_id_is_another_mail},
	{"what was learned is tried again after three months", what_was_learned_is_tried_again_after_three_months},
	{"what was moved back stays and teaches", what_was_moved_back_stays_and_teaches},
	{"a single mail moved back of many teaches nothing of the others",
	 a_single_mail_moved_back_of_many_teaches_nothing_of_the_others},
	{"an answer that asks for nothing needs none", an_answer_that_asks_for_nothing_needs_none},
	{"a dry run decides what a run would", a_dry_run_decides_what_a_run_would},
	{"a dry run learns nothing", a_dry_run_learns_nothing},
	{"a mark that was taken off is not repeated", a_mark_that_was_taken_off_is_not_repeated},
	{"mail of people one has written to is never archived", mail_of_people_one_has_written_to_is_never_archived},
	{"an answer to a sent mail is known by its id", an_answer_to_a_sent_mail_is_known_by_its_id},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_memory_suite = {"triage: memory", NULL, NULL, NULL, NULL, tests};
