/* The SMTP client (net/smtp.h): what a server is told, and what is made of its replies. */
#include <CUnit/CUnit.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/smtp.h"
#include "net_suites.h"
#include "smtp_fake.h"

#define FINISH_MAX_US INT64_C(20000000)
#define LONG_MS       INT64_C(120000)    /* does not end a call while a test looks */
#define PASSWORD      "correct horse"

/* A call, and what became of it. */
struct outcome {
	struct smtp_call call;               /* first */
	bool done, encrypted;
	enum smtp_verdict verdict;
	int  status;
	char text[500];
};

static struct smtp_fake fake;
static const struct smtp_mail mail = {
	.from = "agentiv@example.com", .to = "user@example.org",
	.headers = {"Subject: Hello", "Message-ID: <1@example.com>"}, .header_count = 2,
	.text = "Good day\r\n.\r\nBye \xf0\x9f\x91\x8b\r\n", .html = "<p>Good day</p>\r\n"};

static void on_done(struct smtp_call *call, const struct smtp_answer *a)
{
	struct outcome *o = (struct outcome *)call;

	o->done = true;
	o->verdict = a->verdict;
	o->status = a->status;
	o->encrypted = a->encrypted;
	snprintf(o->text, sizeof o->text, "%s", a->text);
}

/* Sends a mail, or only knocks, to a server of that script. */
static void send_as(struct outcome *o, const struct smtp_script *script, enum smtp_tls tls, const char *user,
                    bool trusted, const struct smtp_mail *m, int64_t timeout_ms)
{
	int64_t until = clock_mono_us() + FINISH_MAX_US;
	struct smtp_options options = {.tls = tls, .user = user, .password = user ? PASSWORD : NULL};
	struct transfers *transfers;
	struct smtp_client *client;
	struct error err;
	char url[64];

	smtp_fake_start(&fake, script);
	snprintf(url, sizeof url, "%s://127.0.0.1:%d", script->tls_first ? "smtps" : "smtp", fake.port);
	options.url = url;
	options.ca_file = trusted ? fake.ca_file : NULL;
	transfers = transfers_new(4, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(transfers);
	client = smtp_client_new(transfers, &options);
	memset(o, 0, sizeof *o);
	o->call = (struct smtp_call){.mail = m, .timeout_ms = timeout_ms, .done = on_done};
	CU_ASSERT_TRUE_FATAL(smtp_client_send(client, &o->call, &err));
	while (!o->done && clock_mono_us() < until) {
		struct pollfd fd = {.fd = transfers_fd(transfers), .events = POLLIN};
		int64_t due = transfers_due(transfers), left = due == INT64_MAX ? 1000000 : due - clock_mono_us();

		poll(&fd, 1, left > 0 ? (int)(left / 1000 + 1) : 0);
		transfers_run(transfers);
	}
	CU_ASSERT_TRUE_FATAL(o->done);
	CU_ASSERT_TRUE(clock_mono_us() < until);
	smtp_client_free(client);
	transfers_free(transfers);
	smtp_fake_stop(&fake);
}

static void send_with(struct outcome *o, const char *at, const char *reply)
{
	struct smtp_script script = {.starttls = true, .auth = true, .at = at, .reply = reply};

	send_as(o, &script, SMTP_TLS_REQUIRED, "agentiv", true, &mail, LONG_MS);
}

static bool was_told(const char *line)
{
	return strstr(fake.said, line) != NULL;
}

static void a_mail_goes_out_encrypted_behind_a_login(void)
{
	struct outcome o;

	send_with(&o, NULL, NULL);
	CU_ASSERT_EQUAL(o.verdict, SMTP_DONE);
	CU_ASSERT_EQUAL(o.status, 250);
	CU_ASSERT_STRING_EQUAL(o.text, "2.0.0 Taken as 4711");
	CU_ASSERT_TRUE(o.encrypted);
	CU_ASSERT_TRUE(was_told("clear: STARTTLS\n"));
	CU_ASSERT_TRUE(was_told("tls: AUTH PLAIN"));
	CU_ASSERT_TRUE(was_told("tls: MAIL FROM:<agentiv@example.com>"));
	CU_ASSERT_TRUE(was_told("tls: RCPT TO:<user@example.org>\n"));
	CU_ASSERT_TRUE(was_told("tls: QUIT\n"));
}

static void it_holds_the_headers_and_both_texts(void)
{
	struct outcome o;

	send_with(&o, NULL, NULL);
	CU_ASSERT_TRUE(was_told("tls: Subject: Hello\n"));
	CU_ASSERT_TRUE(was_told("tls: Content-Type: multipart/alternative; boundary="));
	CU_ASSERT_TRUE(was_told("tls: Mime-Version: 1.0\n"));
	CU_ASSERT_TRUE(was_told("tls: Content-Type: text/plain; charset=utf-8\n"));
	CU_ASSERT_TRUE(was_told("tls: Bye =F0=9F=91=8B\n"));
	CU_ASSERT_TRUE(was_told("tls: <p>Good day</p>\n"));
}

static void a_line_of_one_dot_does_not_end_it(void)
{
	struct outcome o;

	send_with(&o, NULL, NULL);
	CU_ASSERT_TRUE(was_told("tls: ..\ntls: Bye"));
}

static void tls_from_the_start_is_spoken_to_smtps(void)
{
	struct smtp_script script = {.tls_first = true, .auth = true};
	struct outcome o;

	send_as(&o, &script, SMTP_TLS_REQUIRED, "agentiv", true, &mail, LONG_MS);
	CU_ASSERT_EQUAL(o.verdict, SMTP_DONE);
	CU_ASSERT_FALSE(was_told("clear: "));
}

static void nothing_is_said_in_clear_where_tls_is_required(void)
{
	struct smtp_script script = {.auth = true};
	struct outcome o;

	send_as(&o, &script, SMTP_TLS_REQUIRED, "agentiv", true, &mail, LONG_MS);
	CU_ASSERT_EQUAL(o.verdict, SMTP_LATER);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_STRING_EQUAL(o.text, "The mail server offers no STARTTLS, and [mail] tls is required");
	CU_ASSERT_FALSE(was_told("AUTH"));
	CU_ASSERT_FALSE(was_told("MAIL"));
}

static void a_certificate_that_is_not_trusted_ends_it(void)
{
	struct smtp_script script = {.starttls = true, .auth = true};
	struct outcome o;

	send_as(&o, &script, SMTP_TLS_REQUIRED, "agentiv", false, &mail, LONG_MS);
	CU_ASSERT_EQUAL(o.verdict, SMTP_LATER);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.text, "certificate"));
	CU_ASSERT_FALSE(was_told("tls: "));
}

static void opportunistic_tls_takes_any_certificate(void)
{
	struct smtp_script script = {.starttls = true};
	struct outcome o;

	send_as(&o, &script, SMTP_TLS_OPPORTUNISTIC, NULL, false, &mail, LONG_MS);
	CU_ASSERT_EQUAL(o.verdict, SMTP_DONE);
	CU_ASSERT_TRUE(was_told("tls: MAIL"));
}

static void opportunistic_tls_goes_without_where_none_is_offered(void)
{
	struct smtp_script script = {.starttls = false};
	struct outcome o;

	send_as(&o, &script, SMTP_TLS_OPPORTUNISTIC, NULL, false, &mail, LONG_MS);
	CU_ASSERT_EQUAL(o.verdict, SMTP_DONE);
	CU_ASSERT_FALSE(o.encrypted);
	CU_ASSERT_TRUE(was_told("clear: MAIL"));
}

static void without_tls_starttls_is_not_said(void)
{
	struct smtp_script script = {.starttls = true};
	struct outcome o;

	send_as(&o, &script, SMTP_TLS_NONE, NULL, false, &mail, LONG_MS);
	CU_ASSERT_EQUAL(o.verdict, SMTP_DONE);
	CU_ASSERT_FALSE(was_told("STARTTLS"));
}

static void a_server_that_offers_no_login_gets_no_mail(void)
{
	struct smtp_script script = {.starttls = true, .auth = false};
	struct outcome o;

	send_as(&o, &script, SMTP_TLS_REQUIRED, "agentiv", true, &mail, LONG_MS);
	CU_ASSERT_EQUAL(o.verdict, SMTP_LATER);
	CU_ASSERT_STRING_EQUAL(o.text, "The mail server offers no login, and [mail] user is set");
	CU_ASSERT_FALSE(was_told("MAIL"));
}

/* What a server says where, and what becomes of the mail. */
static void replies_decide(void)
{
	static const struct { const char *at, *reply; enum smtp_verdict verdict; int status; const char *text; } cases[] = {
		{"greeting", "421 4.3.2 Busy\r\n", SMTP_LATER, 421, "The mail server takes no mail: 421 4.3.2 Busy"},
		{"greeting", "554 No\r\n", SMTP_LATER, 554, "The mail server takes no mail: 554 No"},
		{"STARTTLS", "454 4.7.0 Not now\r\n", SMTP_LATER, 454, "The mail server refuses STARTTLS: 454 4.7.0 Not now"},
		{"AUTH", "535 5.7.8 Wrong\r\n", SMTP_LATER, 535, "The mail server refuses the login: 535 5.7.8 Wrong"},
		{"MAIL", "550 5.1.8 Not you\r\n", SMTP_LATER, 550, "The mail server refuses the sender: 550 5.1.8 Not you"},
		{"RCPT", "450 4.2.0 Greylisted\r\n", SMTP_LATER, 450,
		 "The mail server refuses the recipient: 450 4.2.0 Greylisted"},
		{"RCPT", "550-5.1.1 No such\r\n550 5.1.1 user\r\n", SMTP_NEVER, 550,
		 "The mail server refuses the recipient: 550 5.1.1 No such 5.1.1 user"},
		{"DATA", "451 4.3.0 Later\r\n", SMTP_LATER, 451, "The mail server refuses the mail: 451 4.3.0 Later"},
		{".", "554 5.6.0 Spam\r\n", SMTP_NEVER, 554, "The mail server refuses the mail: 554 5.6.0 Spam"},
		{".", "452 4.3.1 Full\r\n", SMTP_LATER, 452, "The mail server refuses the mail: 452 4.3.1 Full"}};
	struct outcome o;
	unsigned i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		send_with(&o, cases[i].at, cases[i].reply);
		CU_ASSERT_EQUAL(o.verdict, cases[i].verdict);
		CU_ASSERT_EQUAL(o.status, cases[i].status);
		CU_ASSERT_STRING_EQUAL(o.text, cases[i].text);
	}
}

static void a_connection_that_ends_is_no_status(void)
{
	static const char *const at[] = {"greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "."};
	struct outcome o;
	unsigned i;

	for (i = 0; i < sizeof at / sizeof *at; i++) {
		send_with(&o, at[i], NULL);
		CU_ASSERT_EQUAL(o.verdict, SMTP_LATER);
		CU_ASSERT_EQUAL(o.status, 0);
		CU_ASSERT_TRUE(o.text[0] != '\0');
	}
}

static void silence_ends_with_the_time(void)
{
	static const char *const at[] = {"greeting", "EHLO", "AUTH", "RCPT", "."};
	struct smtp_script script = {.starttls = true, .auth = true, .reply = ""};
	struct outcome o;
	unsigned i;

	for (i = 0; i < sizeof at / sizeof *at; i++) {
		script.at = at[i];
		send_as(&o, &script, SMTP_TLS_REQUIRED, "agentiv", true, &mail, 300);
		CU_ASSERT_EQUAL(o.verdict, SMTP_LATER);
		CU_ASSERT_EQUAL(o.status, 0);
		CU_ASSERT_STRING_EQUAL(o.text, i == 0 ? "The mail server has not greeted within 0.3 s" :
		                                        "The mail server has not answered within 0.3 s");
	}
}

/* The loop would stand until curl gives up: two minutes. */
static void nobody_waits_for_the_answer_to_quit(void)
{
	struct outcome o;

	send_with(&o, "QUIT", "");
	CU_ASSERT_EQUAL(o.verdict, SMTP_DONE);
	CU_ASSERT_TRUE(was_told("tls: QUIT\n"));
	send_with(&o, "RCPT", "550 No\r\n");
	CU_ASSERT_EQUAL(o.verdict, SMTP_NEVER);
}

static void the_password_is_in_no_answer(void)
{
	static const char *const quoted[] = {
		"501 Bad: AGFnZW50aXYAY29ycmVjdCBob3JzZQ==\r\n", "535 No: " PASSWORD "\r\n", "535 Y29ycmVjdCBob3JzZQ==\r\n"};
	struct outcome o;
	unsigned i;

	for (i = 0; i < sizeof quoted / sizeof *quoted; i++) {
		send_with(&o, "AUTH", quoted[i]);
		CU_ASSERT_PTR_NOT_NULL(strstr(o.text, "refuses the login: 5"));
		CU_ASSERT_PTR_NULL(strstr(o.text, "AGFn"));
		CU_ASSERT_PTR_NULL(strstr(o.text, "Y29y"));
		CU_ASSERT_PTR_NULL(strstr(o.text, PASSWORD));
	}
}

static void what_a_server_says_is_one_valid_line(void)
{
	struct outcome o;

	send_with(&o, "RCPT", "550 a\tb\x1b[0m\xff\r\n");
	CU_ASSERT_STRING_EQUAL(o.text, "The mail server refuses the recipient: 550 a?b?[0m?");
}

static void a_knock_logs_in_and_sends_nothing(void)
{
	struct smtp_script script = {.starttls = true, .auth = true};
	struct outcome o;

	send_as(&o, &script, SMTP_TLS_REQUIRED, "agentiv", true, NULL, LONG_MS);
	CU_ASSERT_EQUAL(o.verdict, SMTP_DONE);
	CU_ASSERT_TRUE(was_told("tls: AUTH"));
	CU_ASSERT_TRUE(was_told("tls: NOOP\n"));
	CU_ASSERT_FALSE(was_told("MAIL"));
}

static CU_TestInfo tests[] = {
	{"a mail goes out encrypted, behind a login", a_mail_goes_out_encrypted_behind_a_login},
	{"it holds the headers and both texts", it_holds_the_headers_and_both_texts},
	{"a line of one dot does not end it", a_line_of_one_dot_does_not_end_it},
	{"TLS from the start is spoken to smtps", tls_from_the_start_is_spoken_to_smtps},
	{"nothing is said in clear where TLS is required", nothing_is_said_in_clear_where_tls_is_required},
	{"a certificate that is not trusted ends it", a_certificate_that_is_not_trusted_ends_it},
	{"opportunistic TLS takes any certificate", opportunistic_tls_takes_any_certificate},
	{"opportunistic TLS goes without where none is offered", opportunistic_tls_goes_without_where_none_is_offered},
	{"without TLS, STARTTLS is not said", without_tls_starttls_is_not_said},
	{"a server that offers no login gets no mail", a_server_that_offers_no_login_gets_no_mail},
	{"replies decide", replies_decide},
	{"a connection that ends is no status", a_connection_that_ends_is_no_status},
	{"silence ends with the time", silence_ends_with_the_time},
	{"nobody waits for the answer to QUIT", nobody_waits_for_the_answer_to_quit},
	{"the password is in no answer", the_password_is_in_no_answer},
	{"what a server says is one valid line", what_a_server_says_is_one_valid_line},
	{"a knock logs in and sends nothing", a_knock_logs_in_and_sends_nothing},
	CU_TEST_INFO_NULL};

CU_SuiteInfo smtp_suite = {"SMTP client", NULL, NULL, NULL, NULL, tests};
