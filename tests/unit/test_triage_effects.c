/* What email-triage does to a mailbox, and what it must never do. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agents_fixture.h"
#include "agents_suites.h"

static void mails_are_archived_in_the_maildir(void)
{
	struct json_object *out;
	char dir[FX_PATH];

	fx_samples(dir);
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_host.summary, "Triaged 20 emails | 1 urgent | 7 archived");
	CU_ASSERT_EQUAL(fx_count(dir, "new"), 13);
	CU_ASSERT_EQUAL(fx_count(dir, ".Archive/cur"), 7);
	CU_ASSERT_EQUAL(fx_effects_with(out, "done"), 7);
	/* the lease is looked at before each */
	CU_ASSERT_EQUAL(fx_host.acts, 7);
	CU_ASSERT_STRING_EQUAL(fx_host.step_names[0], "maildir.list");
	CU_ASSERT_STRING_EQUAL(fx_host.step_names[1], "maildir.fetch");
	json_object_put(out);
	fx_remove(dir);
}

/* A Maildir has none: that is told to who wanted some, by a rule that applies or in so many words. */
static void labels_that_cannot_be_set_are_told_when_they_were_wanted(void)
{
	static const struct { const char *input; bool warned; } rows[] = {
		{"{\"dry_run\":true}", false},
		{"{\"dry_run\":true,\"rules\":[\"Label mail from nobody@nowhere.example as None\"]}", false},
		{"{\"dry_run\":true,\"rules\":[\"Label newsletters as Reading\"]}", true},
		{"{\"dry_run\":true,\"apply\":{\"label\":true}}", true},
		{"{\"dry_run\":true,\"apply\":{\"label\":false},\"rules\":[\"Label newsletters as Reading\"]}", false},
	};
	char dir[FX_PATH];
	unsigned i;

	fx_samples(dir);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json_object *out = fx_run("email-triage", rows[i].input);

		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		if (fx_warned(out, "LABELS_NOT_AVAILABLE") != rows[i].warned)
			fprintf(stderr, "%s\n", rows[i].input);
		CU_ASSERT_EQUAL(fx_warned(out, "LABELS_NOT_AVAILABLE"), rows[i].warned);
		json_object_put(out);
	}
	fx_remove(dir);
}

/* Every effect's undo, followed to the letter, brings the mailbox back. */
static void every_effect_can_be_undone(void)
{
	struct json_object *out, *all;
	char dir[FX_PATH], from[200], to[200], a[3 * FX_PATH], b[3 * FX_PATH];
	size_t i;

	fx_samples(dir);
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	all = fx_get(out, "effects");
	for (i = 0; i < json_object_array_length(all); i++) {
		const char *undo = fx_text(json_object_array_get_idx(all, i), "undo");

		CU_ASSERT_EQUAL_FATAL(sscanf(undo, "Move %199s to %199s", from, to), 2);
		snprintf(a, sizeof a, "%s/%s", dir, from);
		snprintf(b, sizeof b, "%s/%s", dir, to);
		CU_ASSERT_EQUAL(rename(a, b), 0);
	}
	CU_ASSERT_EQUAL(fx_count(dir, "new") + fx_count(dir, "cur"), 20);
	json_object_put(out);
	fx_remove(dir);
}

static void a_dry_run_changes_nothing(void)
{
	struct json_object *out;
	char dir[FX_PATH];

	fx_samples(dir);
	out = fx_run("email-triage", "{\"dry_run\":true}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(fx_effects_with(out, "planned"), 7);
	CU_ASSERT_EQUAL(fx_count(dir, "new"), 20);
	CU_ASSERT_FALSE(fx_exists(dir, ".Archive"));
	CU_ASSERT_EQUAL(fx_host.acts, 0);
	json_object_put(out);
	fx_remove(dir);
}

static void archiving_can_be_switched_off(void)
{
	struct json_object *out;
	char dir[FX_PATH];

	fx_samples(dir);
	out = fx_run("email-triage", "{\"apply\":{\"archive\":false}}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_host.summary, "Triaged 20 emails | 1 urgent | 0 archived (dry run)");
	CU_ASSERT_EQUAL(fx_count(dir, "new"), 20);
	json_object_put(out);
	out = fx_run("email-triage", "{\"archive_categories\":[\"newsletter\"]}");
	CU_ASSERT_STRING_EQUAL(fx_host.summary, "Triaged 20 emails | 1 urgent | 2 archived");
	json_object_put(out);
	fx_remove(dir);
}

/* The first attempt is stopped after its third move; the second goes on with what is left. */
static void a_retried_run_goes_on(void)
{
	struct json_object *out;
	char dir[FX_PATH];

	fx_samples(dir);
	fx_host.stop_after_acts = 3;
	CU_ASSERT_PTR_NULL(fx_run("email-triage", "{}"));
	CU_ASSERT_EQUAL(fx_count(dir, ".Archive/cur"), 3);
	fx_host.stopped = false;
	fx_host.stop_after_acts = 0;
	fx_host.attempt = 2;
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(fx_count(dir, ".Archive/cur"), 7);
	CU_ASSERT_EQUAL(fx_count(dir, "new"), 13);
	json_object_put(out);
	fx_remove(dir);
}

static void without_its_lease_it_does_nothing(void)
{
	char dir[FX_PATH];

	fx_samples(dir);
	fx_host.refuse = true;
	CU_ASSERT_PTR_NULL(fx_run("email-triage", "{}"));
	CU_ASSERT_EQUAL(fx_host.error.code, ERR_WORKER_LOST);
	CU_ASSERT_EQUAL(fx_count(dir, "new"), 20);
	fx_remove(dir);
}

static void a_mail_that_cannot_be_moved_fails_no_other(void)
{
	struct json_object *out;
	char dir[FX_PATH], path[2 * FX_PATH];

	fx_samples(dir);
	snprintf(path, sizeof path, "%s/.Archive", dir);
	fx_write(dir, ".Archive", "not a folder", 12);
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(fx_effects_with(out, "failed"), 7);
	CU_ASSERT_TRUE(fx_warned(out, "EFFECT_FAILED"));
	CU_ASSERT_STRING_EQUAL(fx_host.summary, "Triaged 20 emails | 1 urgent | 0 archived");
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "04-newsletter"), "action"), "none");
	json_object_put(out);
	fx_remove(dir);
}

/* Connects a file with this text as an mbox. */
static void connect_mbox(char dir[FX_PATH], const char *text)
{
	fx_host_reset();
	fx_folder(dir);
	fx_write(dir, "inbox", text, strlen(text));
	snprintf(fx_host.kind, sizeof fx_host.kind, "mbox");
	CU_ASSERT_TRUE(snprintf(fx_host.path, sizeof fx_host.path, "%s/inbox", dir) < (int)sizeof fx_host.path);
}

static void an_mbox_is_only_read(void)
{
	static const char text[] = "From n@x.org Mon Mar  2 08:00:00 2026\nFrom: news@x.org\nTo: sam@y.org\nSubject: Newsletter\n"
	                           "Date: Mon, 2 Mar 2026 08:00:00 +0000\nList-Id: <n.x.org>\nList-Unsubscribe: <mailto:u@x>\n\nRead more.\n";
	struct json_object *out;
	char dir[FX_PATH];

	connect_mbox(dir, text);
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.action"), "archive");
	CU_ASSERT_EQUAL(fx_effects_with(out, "planned"), 1);
	CU_ASSERT_STRING_EQUAL(fx_host.summary, "Triaged 1 emails | 0 urgent | 1 archived (dry run)");
	json_object_put(out);
	fx_remove(dir);
}

static void a_connected_file_that_is_no_mbox_is_told(void)
{
	static const struct { const char *text; bool warned; } rows[] = {
		{"<html><body>Sign in</body></html>", true}, {"Subject: no From line\n\nHi\n", true}, {"", false}, {"\n", false},
	};
	struct json_object *out;
	char dir[FX_PATH];
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		connect_mbox(dir, rows[i].text);
		out = fx_run("email-triage", "{}");
		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		CU_ASSERT_EQUAL(fx_length(out, "triaged"), 0);
		CU_ASSERT_EQUAL(fx_warned(out, "NOT_AN_MBOX"), rows[i].warned);
		json_object_put(out);
		fx_remove(dir);
	}
}

/* Inline mails are planned for a mailbox that has labels. */
static void inline_mails_are_only_planned_for(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("email-triage",
	             "{\"rules\":[\"Label newsletters as Reading\"],\"apply\":{\"star_urgent\":true},\"emails\":["
	             "{\"from\":\"news@x.org\",\"subject\":\"Newsletter\",\"body\":\"Read more.\",\"headers\":{\"List-Id\":\"<n>\","
	             "\"List-Unsubscribe\":\"<mailto:u@x>\"}},"
	             "{\"from\":\"ops@x.org\",\"subject\":\"URGENT: site is down\",\"body\":\"The site is down. Please help immediately.\"}]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.action"), "archive_and_label");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.1.action"), "star");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "effects.0.label"), "Agentiv/Reading");
	CU_ASSERT_EQUAL(fx_effects_with(out, "planned"), 4);
	CU_ASSERT_EQUAL(fx_host.acts, 0);
	json_object_put(out);
}

/* Archiving rules do not reach mail that must stay. */
static void what_must_stay_stays(void)
{
	static const char *const emails[] = {
		/* a VIP's */
		"{\"from\":\"ceo@vip.org\",\"to\":[\"sam@y.org\"],\"subject\":\"Newsletter\",\"body\":\"Read more.\"}",
		/* an answer to the reader */
		"{\"from\":\"ann@x.org\",\"to\":[\"sam@y.org\"],\"subject\":\"Re: Hi\",\"body\":\"ok\\n\\nOn Monday sam@y.org wrote:\\n> Hi\","
		"\"headers\":{\"In-Reply-To\":\"<1@mail.y.org>\"}}",
		/* suspicious */
		"{\"from\":\"PayPal <x@evil.example>\",\"to\":[\"sam@y.org\"],\"subject\":\"Verify your account\",\"body\":\"Verify your"
		" account.\",\"headers\":{\"Authentication-Results\":\"mx; dmarc=fail\"}}",
		/* urgent */
		"{\"from\":\"ops@x.org\",\"to\":[\"sam@y.org\"],\"subject\":\"URGENT: site is down\",\"body\":\"Please help immediately.\"}",
		/* kept by a rule */
		"{\"from\":\"mum@home.org\",\"to\":[\"sam@y.org\"],\"subject\":\"Hello\",\"body\":\"All is well.\"}",
	};
	char input[4000];
	struct json_object *out;
	unsigned i;

	fx_host_reset();
	strcpy(input, "{\"rules\":[\"Archive everything\",\"Never archive mail from mum@home.org\"],\"vip_senders\":[\"@vip.org\"],\"emails\":[");
	for (i = 0; i < 5; i++) {
		strcat(input, i ? "," : "");
		strcat(input, emails[i]);
	}
	strcat(input, "]}");
	out = fx_run("email-triage", input);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	for (i = 0; i < 5; i++) {
		struct json_object *m = json_object_array_get_idx(fx_get(out, "triaged"), i);

		if (strstr(fx_text(m, "action"), "archive"))
			fprintf(stderr, "archived: %s\n", emails[i]);
		CU_ASSERT_PTR_NULL(strstr(fx_text(m, "action"), "archive"));
	}
	CU_ASSERT_EQUAL(fx_int(out, "inbox_stats.archived"), 0);
	json_object_put(out);
}

static void personal_mail_is_not_archived_by_its_category(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("email-triage",
	             "{\"emails\":[{\"from\":\"ann@x.org\",\"to\":[\"sam@y.org\"],\"subject\":\"50% off sale\",\"body\":\"Look, a sale with a"
	             " discount, coupons and free shipping. Shop now! Save up to 50%.\"}]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_PTR_NULL(strstr(fx_text(out, "triaged.0.action"), "archive"));
	json_object_put(out);
}

/* A committee's list offers no way off it: its mails are people's. */
static void mail_of_a_circle_is_no_bulk_mail(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("email-triage",
	             "{\"emails\":[{\"from\":\"Ann Lee <ann@x.org>\",\"to\":[\"committee@hall.org\"],\"subject\":\"Fair\","
	             "\"body\":\"Dear all, we have nineteen stalls. Setting up is from 8.30.\","
	             "\"headers\":{\"List-Id\":\"<committee.hall.org>\"}}]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.category"), "fyi");
	CU_ASSERT_PTR_NULL(strstr(fx_text(out, "triaged.0.action"), "archive"));
	json_object_put(out);
}

static CU_TestInfo tests[] = {
	{"mails are archived in the Maildir", mails_are_archived_in_the_maildir},
	{"labels that cannot be set are told when they were wanted", labels_that_cannot_be_set_are_told_when_they_were_wanted},
	{"every effect can be undone", every_effect_can_be_undone},
	{"a dry run changes nothing", a_dry_run_changes_nothing},
	{"archiving can be switched off", archiving_can_be_switched_off},
	{"a retried run goes on with what is left", a_retried_run_goes_on},
	{"without its lease it does nothing", without_its_lease_it_does_nothing},
	{"a mail that cannot be moved fails no other", a_mail_that_cannot_be_moved_fails_no_other},
	{"an mbox is only read", an_mbox_is_only_read},
	{"a connected file that is no mbox is told", a_connected_file_that_is_no_mbox_is_told},
	{"inline mails are only planned for", inline_mails_are_only_planned_for},
	{"what must stay stays", what_must_stay_stays},
	{"mail of a circle is no bulk mail", mail_of_a_circle_is_no_bulk_mail},
	{"personal mail is not archived by its category", personal_mail_is_not_archived_by_its_category},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_effects_suite = {"triage: effects", NULL, NULL, NULL, NULL, tests};
