/* What is fitted: the models of words for spam and for what cannot wait, that of sentences for requests, and what stands
 * above them. */
#include <stdio.h>
#include <string.h>

#include "agents/email_triage_request.h"
#include "agents/email_triage_spam.h"
#include "agents/email_triage_urgent.h"
#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/mem.h"

#define OFFER "Dear friend,\\n\\nLose weight and earn money from home! Our herbal pills are 100% guaranteed, no " \
              "prescription needed. You can make money online with a free trial, risk free. To be removed from our " \
              "mailing list click here. Order now by credit card, this is a limited time offer, absolutely free " \
              "shipping. http://10.1.2.3/cgi-bin/order.pl?id=7\\n"
#define WIRE  "\"date\":\"2026-03-02T08:00:00Z\",\"headers\":{\"Received\":\"from a by b; Mon, 2 Mar 2026 08:00:00 +0000\"," \
              "\"Message-ID\":\"<CAF12abcd=x@mail.x.org>\",\"Delivered-To\":\"sam@y.org\",\"MIME-Version\":\"1.0\"%s}"

static struct json_object *sorted(const char *from, const char *subject, const char *body, const char *more)
{
	char input[2600], headers[600];

	fx_host_reset();
	snprintf(headers, sizeof headers, WIRE, more);
	snprintf(input, sizeof input, "{\"vip_senders\":[\"boss@x.org\"],\"emails\":[{\"from\":\"%s\",\"to\":"
	         "[\"sam@y.org\"],\"subject\":\"%s\",\"body\":\"%s\",%s}]}", from, subject, body, headers);
	return fx_run("email-triage", input);
}

static void check_category(const char *from, const char *subject, const char *body, const char *more, const char *category)
{
	struct json_object *out = sorted(from, subject, body, more);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	if (strcmp(fx_text(out, "triaged.0.category"), category) != 0)
		fprintf(stderr, "%s: %s %s\n", subject, fx_text(out, "triaged.0.category"), fx_text(out, "triaged.0.reasons"));
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.category"), category);
	json_object_put(out);
}

static void spam_is_told_with_its_words(void)
{
	struct json_object *out = sorted("Big Savings 77 <x9821@deals.example>", "Lose weight and make money NOW!!!", OFFER, "");

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.category"), "spam");
	CU_ASSERT_EQUAL(strncmp(fx_text(out, "triaged.0.reasons.0"), "reads like spam: \"", 18), 0);
	json_object_put(out);
}

static void who_is_known_is_no_spammer(void)
{
	check_category("boss@x.org", "Lose weight and make money NOW!!!", OFFER, "", "fyi");
}

static void everyday_mail_is_no_spam(void)
{
	static const struct { const char *from, *subject, *body, *category; } mails[] = {
		{"Ann Lee <ann@x.org>", "Lunch?", "Are you free on Tuesday?", "needs_reply"},
		{"Ann Lee <ann@x.org>", "Photos", "Here are the photos of our trip. It was great!", "fyi"},
		{"Shop <no-reply@shop.example>", "Your order has shipped", "Your order is on its way. Track it in your account.", "notification"},
		{"Bank <no-reply@bank.example>", "Your statement is ready", "Your statement is in your account now.", "notification"},
		{"Tom <tom@client.example>", "Invoice 12", "Please find the invoice for our project attached.", "fyi"},
	};
	unsigned i;

	for (i = 0; i < sizeof mails / sizeof *mails; i++)
		check_category(mails[i].from, mails[i].subject, mails[i].body, "", mails[i].category);
}

/* ---- Features ---- */

struct sums { uint64_t ids, count; };

static void add_up(void *ctx, uint64_t id, const char *text, size_t n)
{
	struct sums *s = ctx;

	s->ids += id;
	s->count++;
}

static struct sums features_of(const char *raw)
{
	struct sums s = {0, 0};
	struct mail m;

	fx_parse(&m, raw);
	spam_features(&m, spam_has_wire(&m), add_up, &s);
	mail_release(&m);
	return s;
}

#define BODY "Come and see what we made of it.\n\nIt is written in plain words, and long enough to be read.\n"

static void what_tells_only_where_a_mail_is_from_is_left_out(void)
{
	static const char plain[] =
		"Received: from a.example by b.example\nFrom: Ann Lee <ann@x.org>\nTo: sam@y.org\nMessage-ID: <1@x.org>\n"
		"Date: Mon, 2 Mar 2026 08:00:00 +0000\nSubject: See it\n\n" BODY;
	static const char *const others[] = {
		"Received: from q.example by r.example\nDelivered-To: zed@z.net\nFrom: Ann Lee <ann@x.org>\nTo: pat@z.net\n"
		"Message-ID: <1@x.org>\nDate: Tue, 9 Jul 2002 11:30:00 +0100\nSubject: See it\n\n" BODY,
		"Received: from a.example by b.example\nFrom: Ann Lee <ann@x.org>\nTo: sam@y.org\nMessage-ID: <1@x.org>\n"
		"List-Id: <talk.y.org>\nPrecedence: list\nX-Mailer: Mail 7\nDate: Mon, 2 Mar 2026 08:00:00 +0000\n"
		"Subject: [talk] See it\n\n" BODY "_______________________________\ntalk mailing list\n",
	};
	struct sums want = features_of(plain), got;
	unsigned i;

	CU_ASSERT_TRUE(want.count > 20);
	for (i = 0; i < sizeof others / sizeof *others; i++) {
		got = features_of(others[i]);
		CU_ASSERT_EQUAL(got.count, want.count);
		CU_ASSERT_EQUAL(got.ids, want.ids);
	}
}

static void what_the_table_does_not_know_weighs_nothing(void)
{
	struct tally t;
	unsigned i, unknown = 0;

	for (i = 0; i < 200; i++) {
		char word[20];

		snprintf(word, sizeof word, "qzx%uvwk", i);
		tally_start(&t, &spam_table);
		tally_add(&t, feature_of(1, word, strlen(word)), word, strlen(word));
		unknown += t.known == 0;
	}
	CU_ASSERT_TRUE(unknown > 190);
	CU_ASSERT_TRUE(spam_table.bias < -1);
}

/* ---- Requests ---- */

static void requests_are_told_from_remarks(void)
{
	static const struct { const char *text; bool asks; } rows[] = {
		{"Please review the draft by Friday.", true}, {"Can you send me the figures?", true},
		{"Let me know what you think.", true}, {"Would you like to join us for lunch?", true},
		{"Here are the photos of our trip.", false}, {"I will send the figures tomorrow.", false},
		{"The meeting went well.", false}, {"Click here to unsubscribe.", false}, {"Thanks", false}, {"", false},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		double p;
		bool asks = request_sentence(rows[i].text, strlen(rows[i].text), &p);

		if (asks != rows[i].asks)
			fprintf(stderr, "%s: %.3f\n", rows[i].text, p);
		CU_ASSERT_EQUAL(asks, rows[i].asks);
		CU_ASSERT_TRUE(p >= 0 && p <= 1);
	}
}

/* ---- Urgency ---- */

static double logit_of(const char *subject, const char *body, bool program)
{
	struct sentences *s = mem_alloc(sizeof *s);
	struct arena a;
	double logit;

	arena_init(&a);
	sentences_init(s);
	sentences_add(s, &a, subject, true);
	sentences_add(s, &a, body, false);
	logit = urgent_logit(s, program);
	arena_release(&a);
	mem_free(s);
	return logit;
}

/* None of these mails is in what was fitted. */
static void what_cannot_wait_needs_no_word_for_it(void)
{
	static const struct { const char *subject, *pressing, *idle; } mails[] = {
		{"Nora", "Nora did not come out with the others and her teacher has not seen her since lunch. Is she with you?",
		 "Nora had a lovely first term. Her teacher says she reads far above her age."},
		{"till", "Neither of the card machines takes anything and the queue is out on the street. What do I tell them?",
		 "Which card machine did you like better in the end? Ours is due to be replaced in spring."},
		{"van", "I'm at the border and they won't let the load through without the paper you have. They shut at six.",
		 "We could let you have the van from the 12th of May. Does that help?"},
		{"Schlüssel", "Ich stehe mit dem Klavier vor der Halle, und niemand macht auf. Der Kran kostet 90 Euro die Stunde.",
		 "Danke für das Klavier! Den Schlüssel zur Halle bringe ich dir nächste Woche vorbei."},
		{"mamie", "Mamie est tombée dans l'escalier, les pompiers sont là. Ils demandent ses médicaments, tu les connais ?",
		 "Mamie va bien, elle t'embrasse. On se voit à Noël ?"},
		{"父", "父が階段から落ちて動けません。救急車を呼びました。すぐ電話してください。",
		 "父も母も元気です。来月の旅行の写真を送りますね。"},
	};
	unsigned i;

	for (i = 0; i < sizeof mails / sizeof *mails; i++) {
		double pressing = logit_of(mails[i].subject, mails[i].pressing, false);
		double idle = logit_of(mails[i].subject, mails[i].idle, false);

		if (pressing < idle + 3 || idle > -1)
			fprintf(stderr, "%s: %.2f, %.2f\n", mails[i].subject, pressing, idle);
		CU_ASSERT_TRUE(pressing > idle + 3);
		CU_ASSERT_TRUE(idle < -1);
	}
}

#define FLOOD "Water is coming in at the back and the pumps have stopped. The server room floods in twenty minutes."

static void check_urgent(const char *from, const char *subject, const char *body, const char *more, bool urgent)
{
	struct json_object *out = sorted(from, subject, body, more);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	if ((strcmp(fx_text(out, "triaged.0.urgent"), "true") == 0) != urgent)
		fprintf(stderr, "%s: %s %s\n", subject, fx_text(out, "triaged.0.urgent"), fx_text(out, "triaged.0.reasons"));
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.urgent"), urgent ? "true" : "false");
	json_object_put(out);
}

static void monitors_are_understood(void)
{
	check_urgent("Alertmanager <alertmanager@x.org>", "[FIRING:1] DiskFull critical db1", "Disk /var at 98%.", "", true);
	check_urgent("Alertmanager <alertmanager@x.org>", "[RESOLVED] DiskFull critical db1", "Disk /var at 48%.", "", false);
	check_urgent("Nagios <nagios@x.org>", "** PROBLEM Service Alert: web01/HTTP is CRITICAL **", "Connection refused.", "", true);
	check_urgent("root <root@x.org>", "DegradedArray event on /dev/md0", "A DegradedArray event had been detected.", "", true);
	check_urgent("Backup <root@x.org>", "Backup OK", "The backup completed successfully. critical: 0", "", false);
}

static void a_code_that_ends_in_minutes_presses_nobody(void)
{
	static const char program[] = ",\"Auto-Submitted\":\"auto-generated\"";

	check_urgent("Bank <no-reply@x.org>", "Your payment", "The direct debit could not be paid. It will be rejected today at 14:10.",
	             program, true);
	check_urgent("Bank <no-reply@x.org>", "Signing in", "Your code is 884211. It expires in 10 minutes.", program, false);
}

static void what_need_not_be_done_presses_nobody(void)
{
	check_urgent("Kim <kim@x.org>", "all good", "No need to call tonight, we are home.", "", false);
	check_urgent("Kim <kim@x.org>", "flat", "It smells of gas in your flat.", "", true);
	check_urgent("Kim <kim@x.org>", "flat", "The talk is about how gas smells.", "", false);
}

static void check_reason(const char *from, const char *subject, const char *body, const char *more, const char *reason)
{
	struct json_object *out = sorted(from, subject, body, more);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_PTR_NOT_NULL(strstr(fx_text(out, "triaged.0.reasons"), reason));
	json_object_put(out);
}

static void who_writes_and_to_whom_has_a_say_in_what_reads_urgent(void)
{
	check_urgent("Kim <kim@x.org>", "The cellar", FLOOD, "", true);
	check_urgent("Monitor <alerts@x.org>", "The cellar", FLOOD, ",\"Auto-Submitted\":\"auto-generated\"", true);
	check_reason("Monitor <alerts@x.org>", "The cellar", FLOOD, ",\"Auto-Submitted\":\"auto-generated\"",
	             "reads like what cannot wait");
	check_urgent("Monitor <alerts@x.org>", "Resolved: the cellar", FLOOD, ",\"Auto-Submitted\":\"auto-generated\"", false);
	check_urgent("Stories <kim@x.org>", "The cellar", FLOOD, ",\"List-Unsubscribe\":\"<mailto:u@x.org>\"", false);
	check_urgent("Kim <kim@x.org>", "Out of office: the cellar", FLOOD, "", false);
}

/* ---- What presses, and what is written by hand ---- */

static void emergencies_press(void)
{
	check_category("Ann <ann@x.org>", "Dad", "He is in the hospital. Please call me immediately.", "", "urgent");
	check_category("Ann <ann@x.org>", "The form", "It shows a blank page. Can you look right now?", "", "urgent");
	check_category("Ann <ann@x.org>", "A visit", "We saw the new hospital on our walk.", "", "fyi");
}

static void a_notice_that_something_is_cut_off_is_urgent(void)
{
	struct json_object *out = sorted("Host <no-reply@host.example>", "Payment failed: your servers will be suspended",
	                                 "We could not charge your card.", ",\"Auto-Submitted\":\"auto-generated\"");

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.category"), "notification");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.urgent"), "true");
	json_object_put(out);
}

#define LIST ",\"List-Id\":\"<parents.y.org>\",\"List-Unsubscribe\":\"<mailto:u@y.org>\",\"Precedence\":\"list\""

static void who_asks_by_name_on_a_list_is_heard(void)
{
	check_category("Ann Lee <ann@x.org>", "The poster", "Hi all,\\n\\nwe need a poster. Sam, would you be ok to draw it?", LIST,
	               "needs_reply");
	check_category("Ann Lee <ann@x.org>", "The poster", "Hi all,\\n\\nwe need a poster. Would somebody be ok to draw it?", LIST,
	               "newsletter");
	check_category("The paper <news@x.org>", "This week", "Hi Sam,\\n\\nwhat would you like to read?", LIST, "newsletter");
}

static CU_TestInfo tests[] = {
	{"spam is told with its words", spam_is_told_with_its_words},
	{"who is known is no spammer", who_is_known_is_no_spammer},
	{"everyday mail is no spam", everyday_mail_is_no_spam},
	{"what tells only where a mail is from is left out", what_tells_only_where_a_mail_is_from_is_left_out},
	{"what the table does not know weighs nothing", what_the_table_does_not_know_weighs_nothing},
	{"requests are told from remarks", requests_are_told_from_remarks},
	{"what cannot wait needs no word for it", what_cannot_wait_needs_no_word_for_it},
	{"who writes and to whom has a say in what reads urgent", who_writes_and_to_whom_has_a_say_in_what_reads_urgent},
	{"monitors are understood", monitors_are_understood},
	{"a code that ends in minutes presses nobody", a_code_that_ends_in_minutes_presses_nobody},
	{"what need not be done presses nobody", what_need_not_be_done_presses_nobody},
	{"emergencies press", emergencies_press},
	{"a notice that something is cut off is urgent", a_notice_that_something_is_cut_off_is_urgent},
	{"who asks by name on a list is heard", who_asks_by_name_on_a_list_is_heard},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_models_suite = {"triage: models", NULL, NULL, NULL, NULL, tests};
