/* Mails that are not quite what they say, and who may say what of others. */
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/buf.h"

/* A batch of mails as JSON, of which the one named "it" is looked at. */
struct row { const char *what, *mails, *category, *action, *reason; };

static void check(const struct row *r)
{
	struct json_object *out, *it;
	struct buf input;

	fx_host_reset();
	buf_init(&input, 100000);
	buf_addf(&input, "{\"emails\":[%s]}", r->mails);
	out = fx_run("email-triage", buf_str(&input));
	buf_release(&input);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	it = fx_mail(out, "it");
	if (strcmp(fx_text(it, "category"), r->category) != 0 || strcmp(fx_text(it, "action"), r->action) != 0 ||
	    (r->reason && !fx_reason(it, r->reason))) {
		printf("\n    %s: %s", r->what, json_object_to_json_string(it));
		CU_FAIL("another decision");
	}
	json_object_put(out);
}

#define CHECK_ALL(rows) do { \
		unsigned row_; \
		for (row_ = 0; row_ < sizeof rows / sizeof *rows; row_++) \
			check(&rows[row_]); \
	} while (0)

#define MAIL(id, from, to, subject, date, headers, body) \
	"{\"id\":\"" id "\",\"from\":\"" from "\",\"to\":[" to "],\"subject\":\"" subject "\",\"date\":\"2026-03-02T" date ":00Z\"," \
	"\"headers\":{" headers "},\"body\":\"" body "\"}"
#define SAM "\"sam@y.org\""
#define OTHERS MAIL("o1", "eve@z.org", SAM, "Minutes", "07:00", "", "Here they are.") "," \
               MAIL("o2", "joe@w.org", SAM, "Photos", "07:01", "", "Here they are.")

/* ---- What is archived without a rule ---- */

#define LETTER(results) MAIL("it", "news@x.org", SAM, "Newsletter 7", "08:00", \
	"\"List-Id\":\"<w.x.org>\",\"List-Unsubscribe\":\"<mailto:u@x.org>\",\"Authentication-Results\":\"" results "\"", "In this issue: gardens.")

static void only_what_reads_as_bulk_mail_is_archived(void)
{
	static const struct row rows[] = {
		{"a newsletter", LETTER("mx; dmarc=pass"), "newsletter", "archive_and_label", NULL},
		{"a list that signs with its own name", LETTER("mx; dkim=pass; dmarc=fail"), "newsletter", "archive_and_label", NULL},
		{"one whose sender nothing proves", LETTER("mx; dkim=none; spf=fail; dmarc=fail"), "newsletter", "label",
		 "its sender may be another"},
		{"a person behind a service", MAIL("it", "Ann Lee <ann@x.org>", SAM, "Thursday", "08:00",
		 "\"List-Unsubscribe\":\"<mailto:u@x.org>\"", "The hall is booked. Ann"), "newsletter", "label", "a person may have written it"},
	};

	CHECK_ALL(rows);
}

/* ---- Answers ---- */

static void who_only_answers_asks_for_nothing(void)
{
	static const struct row rows[] = {
		{"asks nothing", OTHERS "," MAIL("it", "zoe@x.org", SAM, "Re: Friday", "08:00", "\"In-Reply-To\":\"<1@y.org>\"", "Fine with me."),
		 "fyi", "none", NULL},
		{"asks", OTHERS "," MAIL("it", "zoe@x.org", SAM, "Re: Friday", "08:00", "\"In-Reply-To\":\"<1@y.org>\"",
		 "Fine with me. Can you book the table?"), "needs_reply", "label", NULL},
	};

	CHECK_ALL(rows);
}

/* Anybody can write the headers of an answer. */
static void an_answer_to_nothing_is_spam_all_the_same(void)
{
	static const struct row rows[] = {
		{"spam", OTHERS "," MAIL("it", "win@prizes.example", SAM, "You have won!!!", "08:00",
		 "\"In-Reply-To\":\"<1@y.org>\",\"X-Spam-Flag\":\"YES\"",
		 "Congratulations, you are a winner! Click here to claim your prize of $1,000,000, risk free, act now. Lottery winner, free money."),
		 "spam", "label", NULL},
	};

	CHECK_ALL(rows);
}

/* ---- Conversations ---- */

#define DOWN MAIL("it", "ops@x.org", SAM ",\"ann@x.org\",\"bob@gmail.com\"", "Site is down", "08:00", "\"Message-ID\":\"<1@x.org>\"", \
                  "The site is down, please help immediately.")
#define LATER(from, headers, body) MAIL("later", from, SAM, "Re: Site is down", "09:00", "\"In-Reply-To\":\"<1@x.org>\"" headers, body)

static void a_mail_is_quieted_by_its_own_house_alone(void)
{
	static const struct row rows[] = {
		{"by its sender", DOWN "," LATER("ops@x.org", "", "It is up again, no action needed."), "fyi", "none", NULL},
		{"by a colleague of his", DOWN "," LATER("ann@x.org", "", "It is up again, no action needed."), "fyi", "none", NULL},
		{"by another who got it", DOWN "," LATER("bob@gmail.com", "", "Never mind, no action needed."), "urgent", "label", NULL},
		{"by one whose sender nothing proves", DOWN "," LATER("ops@x.org", ",\"Authentication-Results\":\"mx; spf=fail; dmarc=fail\"",
		 "It is up again, no action needed."), "urgent", "label", NULL},
		{"made bulk mail", MAIL("it", "ops@x.org", SAM, "Door", "08:00", "\"Message-ID\":\"<1@x.org>\"", "Can you tell me why it is open?") ","
		 LATER("ops@x.org", ",\"List-Id\":\"<l.x.org>\",\"List-Unsubscribe\":\"<mailto:u@x.org>\",\"Precedence\":\"bulk\"", "Weekly digest."),
		 "needs_reply", "label", NULL},
	};

	CHECK_ALL(rows);
}

/* ---- Who the reader is ---- */

static void the_reader_is_who_most_mails_name(void)
{
	static const struct row rows[] = {
		{"one mail says otherwise", OTHERS "," MAIL("x", "evil@e.example", "\"evil@e.example\"", "Hello", "07:02",
		 "\"Delivered-To\":\"evil@e.example\"", "Hi.") "," MAIL("it", "ann@x.org", SAM, "Keys", "08:00", "", "Can you bring the keys?"),
		 "needs_reply", "label", "written to you alone"},
		{"a server noted it", MAIL("it", "ann@x.org", SAM, "Keys", "08:00", "\"Delivered-To\":\"sam@y.org\"", "Can you bring the keys?"),
		 "needs_reply", "label", "written to you alone"},
	};

	CHECK_ALL(rows);
}

/* ---- Phishing ---- */

static void a_company_s_name_and_a_password_are_suspicious(void)
{
	static const struct row rows[] = {
		{"of its own", MAIL("it", "Microsoft 365 <security@m365-mailbox.test>", SAM, "Action required: password expires today", "08:00", "",
		 "The password for sam@y.org expires today. Keep the same password: http://m365-mailbox.test/k"), "suspicious", "label",
		 "of a company that this address is not of"},
		{"of the reader's house", MAIL("it", "IT <it@y.org>", SAM, "Your password expires today", "08:00", "",
		 "Please change it by 17:00 today."), "urgent", "label", NULL},
	};

	CHECK_ALL(rows);
}

/* ---- Files ---- */

static void a_long_name_hides_no_program(void)
{
	char raw[2000], name[700] = "";
	struct json_object *out;
	char dir[FX_PATH];
	unsigned i;

	for (i = 0; i < 600; i++)
		name[i] = 'a';
	snprintf(raw, sizeof raw, "From: ann@x.org\nTo: sam@y.org\nSubject: Invoice\nMessage-ID: <1@x.org>\n"
	         "Date: Mon, 2 Mar 2026 08:00:00 +0000\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
	         "--b\nContent-Type: text/plain\n\nHere it is.\n"
	         "--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=\"%s.pdf.exe\"\n\nMZ\n--b--\n", name);
	fx_host_reset();
	fx_maildir(dir);
	fx_deliver(dir, "new/1772438400.it.host", raw);
	snprintf(fx_host.path, sizeof fx_host.path, "%s", dir);
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "1772438400.it"), "category"), "suspicious");
	json_object_put(out);
	fx_remove(dir);
}

static CU_TestInfo tests[] = {
	{"only what reads as bulk mail is archived", only_what_reads_as_bulk_mail_is_archived},
	{"who only answers asks for nothing", who_only_answers_asks_for_nothing},
	{"an answer to nothing is spam all the same", an_answer_to_nothing_is_spam_all_the_same},
	{"a mail is quieted by its own house alone", a_mail_is_quieted_by_its_own_house_alone},
	{"the reader is who most mails name", the_reader_is_who_most_mails_name},
	{"a company's name and a password are suspicious", a_company_s_name_and_a_password_are_suspicious},
	{"a long name hides no program", a_long_name_hides_no_program},
	CU_TEST_INFO_NULL,
};
const CU_SuiteInfo triage_doubts_suite = {"triage: doubts", NULL, NULL, NULL, NULL, tests};
