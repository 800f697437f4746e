/* What mails to users look like (core/mail.h), with texts of others that want to be more than text. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "core/mail_priv.h"
#include "core_suites.h"

#define AT INT64_C(1796032800000)    /* 2026-11-30 10:00 UTC */
#define LINE_OCTETS 998              /* RFC 5322, 2.1.1 */

static struct mail_look look;
static struct mail_recipient to;
static struct arena arena;
static struct smtp_mail mail;
static struct error err;

static void begin_test(void)
{
	static struct config cfg = {.mail_from = (char *)"Agentiv <agentiv@example.com>", .mail_reply_to = (char *)"",
	                            .brand = (char *)"Agentiv", .public_url = (char *)"https://agentiv.example.com"};

	arena_init(&arena);
	mail_look_of(&cfg, &look);
	to = (struct mail_recipient){.email = "ada@example.org", .name = "Ada", .timezone = "Europe/Berlin"};
	memset(&err, 0, sizeof err);
}

static void end_test(void)
{
	arena_release(&arena);
}

static bool compose(const struct notification_row *rows, unsigned count, unsigned total)
{
	struct mail_letter letter = {.now_ms = AT, .to = &to, .rows = rows, .count = count, .total = total,
	                             .unsubscribe_url = "https://agentiv.example.com/api/unsubscribe/abc"};

	return mail_compose(&look, &letter, &arena, &mail, &err);
}

static bool compose_one(enum notification kind, const char *payload)
{
	struct notification_row row = {kind, AT, payload};

	return compose(&row, 1, 1);
}

/* A finished run's, whose summary is any bytes of UTF-8. */
static void compose_summary(const char *summary)
{
	struct json_out w;
	struct buf b;

	buf_init(&b, 65536);
	json_begin(&w, &b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "agent_slug", "email-triage");
	json_put_str(&w, "summary", summary);
	json_obj_close(&w);
	CU_ASSERT_TRUE_FATAL(compose_one(NOTE_RUN_SUCCESS, buf_str(&b)));
	buf_release(&b);
}

/* What stands behind the header's name, folded as it is. */
static const char *header(const char *name)
{
	size_t n = strlen(name);
	unsigned i;

	for (i = 0; i < mail.header_count; i++)
		if (strncmp(mail.headers[i], name, n) == 0 && mail.headers[i][n] == ':')
			return mail.headers[i] + n + 2;
	return "";
}

/* Each is one header: ASCII, broken only where the next line goes on with a blank. */
static void assert_headers_are_sound(void)
{
	unsigned i;

	for (i = 0; i < mail.header_count; i++) {
		const char *p = mail.headers[i];
		size_t line = 0;

		for (; *p; p++, line++) {
			if (p[0] == '\r') {
				CU_ASSERT_TRUE(p[1] == '\n' && p[2] == ' ');
				p += 2;
				line = 0;
			}
			CU_ASSERT_TRUE((unsigned char)*p >= ' ' && (unsigned char)*p < 0x7f);
			CU_ASSERT_TRUE(line < LINE_OCTETS);
		}
	}
}

static void a_finished_run_is_told_with_its_summary(void)
{
	begin_test();
	CU_ASSERT_TRUE_FATAL(compose_one(NOTE_RUN_SUCCESS,
		"{\"execution_id\":\"exec_1\",\"agent_slug\":\"email-triage\",\"summary\":\"Triaged 18 emails\",\"error_code\":null,"
		"\"error_message\":null,\"duration_ms\":12345}"));
	CU_ASSERT_STRING_EQUAL(header("Subject"), "Email triage finished: Triaged 18 emails");
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "Hello Ada,\r\n\r\nEmail triage finished: Triaged 18 emails\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "Took         12 s\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "Finished     30 November 2026, 11:00\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "Run          exec_1\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "Times are in Europe/Berlin."));
	CU_ASSERT_PTR_NULL(strstr(mail.text, "Error"));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.html, ">Triaged 18 emails</td>"));
	end_test();
}

static void each_kind_has_its_subject(void)
{
	static const struct { enum notification kind; const char *payload, *subject; } cases[] = {
		{NOTE_RUN_FAILED, "{\"agent_slug\":\"ad-copy-gen\",\"error_code\":\"TIMEOUT\",\"error_message\":\"Too slow\"}",
		 "Ad copy gen failed: Too slow"},
		{NOTE_RUN_FAILED, "{\"agent_slug\":\"ad-copy-gen\",\"error_message\":null}", "Ad copy gen failed"},
		{NOTE_ENDPOINT_DISABLED, "{\"url\":\"https://a.example/x\",\"reason\":\"gone\"}",
		 "A webhook endpoint is disabled: https://a.example/x"},
		{NOTE_INTEGRATION_DISCONNECTED, "{\"integration\":\"gmail\",\"reason\":\"x\"}", "Gmail is disconnected"},
		{NOTE_TRIAL_ENDING, "{\"agent_slug\":\"deal-hunter\",\"trial_ends_at\":\"2026-12-03T23:30:00Z\"}",
		 "Your trial of Deal hunter ends on 4 December 2026, 00:30"},
		{NOTE_TRIAL_ENDING, "{\"agent_slug\":null,\"trial_ends_at\":\"2026-12-03T12:00:00Z\"}",
		 "Your trial ends on 3 December 2026, 13:00"},
		{NOTE_QUOTA_80, "{\"used\":40,\"limit\":50,\"month\":\"2026-11\",\"overage\":false}",
		 "80 % of the runs of November 2026 are used"},
		{NOTE_QUOTA_100, "{\"used\":50,\"limit\":50,\"month\":\"2026-11\",\"overage\":false}",
		 "All runs of November 2026 are used"},
		{NOTE_SCHEDULE_PAUSED, "{\"agent_slug\":\"email-triage\",\"failures\":3}", "The schedule of Email triage is paused"}};
	unsigned i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		begin_test();
		CU_ASSERT_TRUE(compose_one(cases[i].kind, cases[i].payload));
		CU_ASSERT_STRING_EQUAL(header("Subject"), cases[i].subject);
		end_test();
	}
}

static void a_quota_says_what_comes_now(void)
{
	begin_test();
	CU_ASSERT_TRUE(compose_one(NOTE_QUOTA_100, "{\"used\":50,\"limit\":50,\"month\":\"2026-11\",\"overage\":false}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "50 of 50 runs"));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "No more are accepted until the next month."));
	CU_ASSERT_TRUE(compose_one(NOTE_QUOTA_100, "{\"used\":1000,\"limit\":1000,\"month\":\"2026-11\",\"overage\":true}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "Further runs are accepted and counted as overage."));
	end_test();
}

static void what_is_no_object_tells_its_kind_only(void)
{
	static const char *const payloads[] = {"", "x", "[]", "null", "{}", "{\"agent_slug\":3}"};
	unsigned kind, i;

	for (kind = 0; kind < NOTE__MAX; kind++)
		for (i = 0; i < sizeof payloads / sizeof *payloads; i++) {
			begin_test();
			CU_ASSERT_TRUE(compose_one(kind, payloads[i]));
			assert_headers_are_sound();
			end_test();
		}
}

static void a_digest_counts_in_its_subject_and_shows_what_to_do_first(void)
{
	static const struct notification_row rows[] = {
		{NOTE_RUN_SUCCESS, AT, "{\"agent_slug\":\"email-triage\",\"summary\":\"First\"}"},
		{NOTE_RUN_FAILED, AT + 60000, "{\"agent_slug\":\"email-triage\",\"error_message\":\"Second\"}"},
		{NOTE_RUN_SUCCESS, AT + 120000, "{\"agent_slug\":\"email-triage\",\"summary\":\"Third\"}"}};
	const char *failed, *finished;

	begin_test();
	CU_ASSERT_TRUE_FATAL(compose(rows, 3, 3));
	CU_ASSERT_STRING_EQUAL(header("Subject"), "Agentiv: 1 run failed, 2 runs finished");
	failed = strstr(mail.text, "Runs that failed\r\n  30 Nov 11:01  Email triage: Second\r\n");
	finished = strstr(mail.text, "Runs that finished\r\n  30 Nov 11:00  Email triage: First\r\n"
	                  "  30 Nov 11:02  Email triage: Third\r\n");
	CU_ASSERT_TRUE(failed && finished && failed < finished);
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.html, ">Email triage: Second</td>"));
	end_test();
}

static void a_digest_says_which_it_was_and_what_to_do(void)
{
	static const struct notification_row rows[] = {
		{NOTE_RUN_FAILED, AT, "{\"agent_slug\":\"probe\",\"error_message\":\"Broken\",\"execution_id\":\"exec_1\"}"},
		{NOTE_ENDPOINT_DISABLED, AT, "{\"url\":\"https://a/\",\"reason\":\"gone\",\"endpoint_id\":\"whk_1\"}"},
		{NOTE_INTEGRATION_DISCONNECTED, AT, "{\"integration\":\"gmail\",\"reason\":\"No\"}"},
		{NOTE_TRIAL_ENDING, AT, "{\"trial_ends_at\":\"2026-12-02T00:00:00Z\"}"},
		{NOTE_SCHEDULE_PAUSED, AT, "{\"agent_slug\":\"probe\"}"}};
	static const char *const said[] = {
		"Probe: Broken (exec_1)\r\n",
		"https://a/: It answered 410 Gone (whk_1)\r\nMend their receivers, then enable the endpoints again.",
		"Gmail: No\r\nConnect them again: agents that need them cannot run.\r\n\r\n",
		"\r\nSubscribe to keep what you use: runs are refused when a trial is over.\r\n\r\n",
		"Probe\r\nLook at why their last runs failed, then resume the schedules.\r\n\r\n"};
	unsigned i;

	begin_test();
	CU_ASSERT_TRUE_FATAL(compose(rows, 5, 5));
	for (i = 0; i < sizeof said / sizeof *said; i++)
		CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, said[i]));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.html, ">Connect them again: agents that need them cannot run.</p>"));
	end_test();
}

static void a_digest_says_how_many_it_does_not_show(void)
{
	struct notification_row rows[NOTIFICATIONS_SHOWN];
	unsigned i;

	for (i = 0; i < NOTIFICATIONS_SHOWN; i++)
		rows[i] = (struct notification_row){NOTE_RUN_SUCCESS, AT, "{\"agent_slug\":\"email-triage\",\"summary\":\"x\"}"};
	begin_test();
	CU_ASSERT_TRUE_FATAL(compose(rows, NOTIFICATIONS_SHOWN, 262));
	CU_ASSERT_STRING_EQUAL(header("Subject"), "Agentiv: 50 runs finished and 212 more");
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "and 212 more\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.html, ">and 212 more</p>"));
	end_test();
}

static void a_text_of_many_lines_is_one_line_and_no_header(void)
{
	begin_test();
	to.name = "Ada\r\nBcc: evil@example.net";
	compose_summary("Done\r\nBcc: evil@example.net\r\n\r\n<b>body</b>");
	assert_headers_are_sound();
	CU_ASSERT_STRING_EQUAL(header("Subject"), "Email triage finished: Done Bcc: evil@example.net <b>body</b>");
	CU_ASSERT_STRING_EQUAL(header("Bcc"), "");
	CU_ASSERT_STRING_EQUAL(header("To"), "\"Ada Bcc: evil@example.net\" <ada@example.org>");
	end_test();
}

static void a_name_cannot_leave_its_quotes(void)
{
	begin_test();
	to.name = "A\" <evil@example.net>, \"B\\";
	compose_summary("x");
	CU_ASSERT_STRING_EQUAL(header("To"), "\"A\\\" <evil@example.net>, \\\"B\\\\\" <ada@example.org>");
	end_test();
}

static void html_of_others_is_shown_and_not_obeyed(void)
{
	begin_test();
	to.name = "<img src=x>";
	compose_summary("<script>alert(1)</script>\"onmouseover='x'&amp;");
	CU_ASSERT_PTR_NULL(strstr(mail.html, "<script"));
	CU_ASSERT_PTR_NULL(strstr(mail.html, "<img"));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.html, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;onmouseover=&#39;x&#39;&amp;amp;"));
	end_test();
}

static void emoji_in_a_subject_are_encoded_whole(void)
{
	char text[3 * 100 + 1] = "";
	unsigned i;

	for (i = 0; i < 30; i++)
		strcat(text, "\xf0\x9f\x9a\x80");
	begin_test();
	compose_summary(text);
	assert_headers_are_sound();
	/* "Email triage finished: " and four rockets are 39 bytes: no character is cut by the first word's end */
	CU_ASSERT_PTR_NOT_NULL(strstr(header("Subject"), "=?UTF-8?B?RW1haWwgdHJpYWdlIGZpbmlzaGVkOiDwn5qA8J+agPCfmoDwn5qA?="
	                                                 "\r\n =?UTF-8?B?8J+agPCf"));
	end_test();
}

static void what_looks_encoded_is_encoded(void)
{
	begin_test();
	compose_summary("=?UTF-8?B?ZXZpbA==?=");
	CU_ASSERT_EQUAL(strncmp(header("Subject"), "=?UTF-8?B?RW1haWwgdHJpYWdl", 26), 0);
	CU_ASSERT_PTR_NULL(strstr(header("Subject"), "ZXZpbA=="));
	end_test();
}

static void a_long_text_is_cut_between_characters(void)
{
	char text[4001];
	struct buf b;

	memset(text, 'x', 4000);
	text[4000] = '\0';
	begin_test();
	compose_summary(text);
	assert_headers_are_sound();
	CU_ASSERT_TRUE(strlen(mail.text) < 2000);
	buf_init(&b, 100);
	mail_clean(&b, "äöüß", 6);
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "ä…");
	buf_reset(&b);
	mail_clean(&b, "äöü", 6);
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "äöü");
	buf_release(&b);
	end_test();
}

static void what_is_no_utf8_is_replaced(void)
{
	struct buf b;

	begin_test();
	to.name = "J\xfcrgen \xe2\x82";
	compose_summary("x");
	assert_headers_are_sound();
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "Hello J\xef\xbf\xbdrgen \xef\xbf\xbd"));
	CU_ASSERT_TRUE(json_utf8_valid(mail.html, strlen(mail.html)));
	buf_init(&b, 100);
	mail_clean(&b, "a\xed\xa0\x80\xc0\xaf" "b", 50);     /* a surrogate, an overlong slash */
	CU_ASSERT_TRUE(json_utf8_valid(b.data, b.len));
	CU_ASSERT_PTR_NULL(strchr(b.data, '/'));
	buf_release(&b);
	end_test();
}

static void what_hides_text_is_taken_out(void)
{
	struct buf b;

	buf_init(&b, 100);
	mail_clean(&b, "ab\xe2\x80\xae" "cd\xe2\x80\x8b\x1b[0m\xe2\x80\xa8" "e\xc2\x85", 50);
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "abcd [0m e");
	buf_release(&b);
}

static void a_long_subject_of_words_is_folded(void)
{
	struct buf b;

	buf_init(&b, 1000);
	mail_put_header(&b, "Subject", "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen");
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "Subject: one two three four five six seven eight nine ten eleven twelve\r\n"
	                       " thirteen fourteen fifteen");
	buf_release(&b);
}

static void headers_say_whose_mail_it_is_and_how_to_end_it(void)
{
	struct mail_letter letter = {.now_ms = AT, .to = &to, .count = 1, .total = 1,
	                             .unsubscribe_url = "https://agentiv.example.com/api/unsubscribe/abc"};
	struct notification_row row = {NOTE_RUN_SUCCESS, AT, "{\"agent_slug\":\"x\"}"};
	char id[ID_TEXT_SIZE], message[100];

	begin_test();
	letter.rows = &row;
	letter.delivery = id_make_at(AT);
	CU_ASSERT_TRUE(mail_compose(&look, &letter, &arena, &mail, &err));
	id_format(ID_DELIVERY, &letter.delivery, id);
	snprintf(message, sizeof message, "<%s@example.com>", id);
	CU_ASSERT_STRING_EQUAL(header("Message-ID"), message);
	CU_ASSERT_STRING_EQUAL(header("From"), "\"Agentiv\" <agentiv@example.com>");
	CU_ASSERT_STRING_EQUAL(header("Date"), "Mon, 30 Nov 2026 11:00:00 +0100");
	CU_ASSERT_STRING_EQUAL(header("Auto-Submitted"), "auto-generated");
	CU_ASSERT_STRING_EQUAL(header("List-Unsubscribe"), "<https://agentiv.example.com/api/unsubscribe/abc>");
	CU_ASSERT_STRING_EQUAL(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
	end_test();
}

static void a_mail_needs_nothing_that_it_was_made_of(void)
{
	char address[] = "ada@example.org", url[] = "https://agentiv.example.com/api/unsubscribe/abc";
	struct notification_row row = {NOTE_RUN_SUCCESS, AT, "{\"agent_slug\":\"x\"}"};
	struct mail_letter letter = {.now_ms = AT, .to = &to, .rows = &row, .count = 1, .total = 1, .unsubscribe_url = url};

	begin_test();
	to.email = address;
	CU_ASSERT_TRUE(mail_compose(&look, &letter, &arena, &mail, &err));
	memset(address, '#', sizeof address - 1);
	memset(url, '#', sizeof url - 1);
	memset(&look, 0, sizeof look);
	CU_ASSERT_STRING_EQUAL(mail.from, "agentiv@example.com");
	CU_ASSERT_STRING_EQUAL(mail.to, "ada@example.org");
	CU_ASSERT_STRING_EQUAL(header("List-Unsubscribe"), "<https://agentiv.example.com/api/unsubscribe/abc>");
	end_test();
}

static void the_product_is_named_only_where_the_account_may_know_it(void)
{
	begin_test();
	mail_address_parse("Acme <robots@acme.example>", &look.from);
	look.brand = "Acme <Robots>";
	look.public_url = "https://robots.acme.example";
	compose_summary("x");
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "by Acme <Robots>, which runs Agentiv."));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.html, "Acme &lt;Robots&gt;"));
	to.white_label = true;
	compose_summary("x");
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "by Acme <Robots>."));
	CU_ASSERT_PTR_NULL(strstr(mail.text, "Agentiv"));
	CU_ASSERT_PTR_NULL(strstr(mail.html, "Agentiv"));
	end_test();
}

static void a_zone_that_is_unknown_is_utc(void)
{
	begin_test();
	to.timezone = "Nowhere/Land";
	CU_ASSERT_TRUE(compose_one(NOTE_RUN_SUCCESS, "{\"agent_slug\":\"x\"}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "30 November 2026, 10:00"));
	CU_ASSERT_PTR_NOT_NULL(strstr(mail.text, "Times are in UTC."));
	CU_ASSERT_STRING_EQUAL(header("Date"), "Mon, 30 Nov 2026 10:00:00 +0000");
	end_test();
}

static void an_account_without_an_address_gets_none(void)
{
	begin_test();
	to.email = "ada@example.org\r\nRCPT TO:<x@y>";
	CU_ASSERT_FALSE(compose_one(NOTE_RUN_SUCCESS, "{}"));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	end_test();
}

static CU_TestInfo tests[] = {
	{"a finished run is told with its summary", a_finished_run_is_told_with_its_summary},
	{"each kind has its subject", each_kind_has_its_subject},
	{"a quota says what comes now", a_quota_says_what_comes_now},
	{"what is no object tells its kind only", what_is_no_object_tells_its_kind_only},
	{"a digest counts in its subject, and shows what to do first", a_digest_counts_in_its_subject_and_shows_what_to_do_first},
	{"a digest says which it was and what to do", a_digest_says_which_it_was_and_what_to_do},
	{"a digest says how many it does not show", a_digest_says_how_many_it_does_not_show},
	{"a text of many lines is one line, and no header", a_text_of_many_lines_is_one_line_and_no_header},
	{"a name cannot leave its quotes", a_name_cannot_leave_its_quotes},
	{"HTML of others is shown, and not obeyed", html_of_others_is_shown_and_not_obeyed},
	{"emoji in a subject are encoded whole", emoji_in_a_subject_are_encoded_whole},
	{"what looks encoded is encoded", what_looks_encoded_is_encoded},
	{"a long text is cut between characters", a_long_text_is_cut_between_characters},
	{"what is no UTF-8 is replaced", what_is_no_utf8_is_replaced},
	{"what hides text is taken out", what_hides_text_is_taken_out},
	{"a long subject of words is folded", a_long_subject_of_words_is_folded},
	{"headers say whose mail it is, and how to end it", headers_say_whose_mail_it_is_and_how_to_end_it},
	{"a mail needs nothing that it was made of", a_mail_needs_nothing_that_it_was_made_of},
	{"the product is named only where the account may know it", the_product_is_named_only_where_the_account_may_know_it},
	{"a zone that is unknown is UTC", a_zone_that_is_unknown_is_utc},
	{"an account without an address gets none", an_account_without_an_address_gets_none},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo mail_compose_suite = {"mails to users", NULL, NULL, NULL, NULL, tests};
