/* Mailboxes on IMAP servers that a test scripts: logging in, listing, and folders (net/imap_login.c, integrations/imap.c). */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "agents_suites.h"
#include "base/mem.h"
#include "imap_fake.h"

static struct fake fake;
static struct error err;

static bool connects(const char *capabilities, const struct fake_reply *replies)
{
	bool ok;

	fake_start(&fake, capabilities, replies);
	ok = fake_open(&fake, "", &err);
	fake_end(&fake);
	return ok;
}

#define SAYS(text) CU_ASSERT_PTR_NOT_NULL(strstr(err.message, text))

/* ---- Login ---- */

static void what_a_server_repeats_of_a_login_is_not_told(void)
{
	static const char *const echoes[] = {
		"TAG BAD Error in IMAP command: LOGIN user hunter2\r\n", "TAG NO [AUTHENTICATIONFAILED] AHVzZXIAaHVudGVyMg==\r\n",
		"TAG NO [HUNTER2] no\r\n", "* BYE hunter2 is not your password\r\n", "TAG NO [UNAVAILABLE] hunter2\r\n"};
	unsigned i;

	for (i = 0; i < sizeof echoes / sizeof *echoes; i++) {
		struct fake_reply replies[] = {{"AUTHENTICATE|LOGIN", echoes[i], 0}, {NULL, NULL, 0}};

		CU_ASSERT_FALSE(connects("SASL-IR", replies));
		CU_ASSERT_PTR_NULL(strcasestr(err.message, "hunter2"));
		CU_ASSERT_PTR_NULL(strstr(err.message, "AHVz"));
	}
}

/* What the server says when the folder is opened is told again. */
static void after_it_the_server_s_words_are_told(void)
{
	static const struct fake_reply replies[] = {{"SELECT", "TAG NO not for you\r\n", 0}, {NULL, NULL, 0}};

	CU_ASSERT_FALSE(connects("SASL-IR", replies));
	SAYS("not for you");
}

static void only_some_refusals_are_final(void)
{
	static const struct { const char *answer; bool final; } cases[] = {
		{"TAG NO wrong\r\n", true}, {"TAG NO [AUTHENTICATIONFAILED] x\r\n", true}, {"TAG NO [AUTHORIZATIONFAILED] x\r\n", true},
		{"TAG NO [EXPIRED] x\r\n", true}, {"TAG NO [PRIVACYREQUIRED] x\r\n", true},
		{"TAG NO [ALERT] Too many simultaneous connections.\r\n", false}, {"TAG NO [UNAVAILABLE] x\r\n", false},
		{"TAG NO [LIMIT] x\r\n", false}, {"TAG NO [X-NEW] x\r\n", false}};
	unsigned i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake_reply replies[] = {{"AUTHENTICATE", cases[i].answer, 0}, {NULL, NULL, 0}};

		CU_ASSERT_FALSE(connects("SASL-IR", replies));
		CU_ASSERT_EQUAL(err.retryable, !cases[i].final);
		CU_ASSERT_EQUAL(err.code, cases[i].final ? ERR_INTEGRATION_NOT_CONNECTED : ERR_EXECUTION_FAILED);
		CU_ASSERT_EQUAL(strstr(err.message, "connect the mailbox again") != NULL, cases[i].final);
	}
}

static void a_server_that_asks_for_the_secret_again_gets_it(void)
{
	static const struct fake_reply replies[] = {
		{"AUTHENTICATE PLAIN", "+ \r\n", 0}, {"AHVzZXIAaHVudGVyMg==$", "Q2 OK done\r\n", 0}, {NULL, NULL, 0}};

	CU_ASSERT_TRUE(connects("SASL-IR", replies));
	CU_ASSERT_TRUE(connects("", replies));
}

static void encryption_is_not_given_up_by_itself(void)
{
	fake_start(&fake, "SASL-IR", NULL);
	fake.want_tls = true;
	CU_ASSERT_FALSE(fake_open(&fake, "", &err));
	SAYS("offers no encryption (STARTTLS)");
	CU_ASSERT_EQUAL(fake_heard(&fake, "AUTHENTICATE") + fake_heard(&fake, "LOGIN"), 0);
	fake_end(&fake);
}

static void a_server_that_speaks_another_version_alone_is_refused(void)
{
	static const struct fake_reply replies[] = {
		{"CAPABILITY", "* CAPABILITY IMAP4rev2 AUTH=PLAIN\r\nTAG OK done\r\n", 0}, {NULL, NULL, 0}};

	CU_ASSERT_FALSE(connects("", replies));
	SAYS("does not speak IMAP4rev1");
}

/* ---- List ---- */

#define MAIL(n, uid, flags) "* " n " FETCH (UID " uid " FLAGS (" flags ") INTERNALDATE \"17-Jul-2026 02:44:25 +0000\" RFC822.SIZE 100)\r\n"

static struct mail_ref *list(const struct fake_reply *replies, unsigned *count)
{
	struct mail_ref *refs = NULL;

	*count = 0;
	fake_start(&fake, "MOVE UIDPLUS", replies);
	CU_ASSERT_TRUE_FATAL(fake_open(&fake, "", &err));
	CU_ASSERT_TRUE(fake.box.ops->list(&fake.box, NULL, 10, &refs, count, &err));
	return refs;
}

static void a_keyword_may_hold_a_bracket(void)
{
	static const struct fake_reply replies[] = {{"FETCH", MAIL("1", "5", "[Urgent_ \\Seen") "TAG OK done\r\n", 0}, {NULL, NULL, 0}};
	struct mail_ref *refs;
	unsigned count;

	refs = list(replies, &count);
	CU_ASSERT_TRUE_FATAL(count == 1);
	CU_ASSERT_FALSE(refs[0].unread);
	mem_free(refs);
	fake_end(&fake);
}

/* The others are listed, and the run is told of it when it reads it. */
static void a_mail_that_cannot_be_understood_costs_that_mail(void)
{
	static const struct fake_reply replies[] = {
		{"FETCH", MAIL("1", "5", "\\Seen") "* 2 FETCH (UID 6 FLAGS (BODY[open) RFC822.SIZE 9)\r\n" MAIL("3", "7", "") "TAG OK done\r\n", 0},
		{NULL, NULL, 0}};
	struct mail_ref *refs;
	unsigned count, i;
	char *text;
	size_t n;
	bool cut;

	refs = list(replies, &count);
	CU_ASSERT_EQUAL(count, 3);
	for (i = 0; i < count; i++)
		if (strcmp(refs[i].id, "7.6") == 0) {
			CU_ASSERT_FALSE(fake.box.ops->fetch(&fake.box, &refs[i], &text, &n, &cut, &err));
			CU_ASSERT_EQUAL(err.code, ERR_EXECUTION_FAILED);
			SAYS("cannot be understood");
		}
	mem_free(refs);
	fake_end(&fake);
}

/* ---- Folders ---- */

static void count_sent(void *ctx, const char *headers, size_t n)
{
	++*(unsigned *)ctx;
}

static void a_connected_folder_that_is_looked_into_stays_writable(void)
{
	static const struct fake_reply replies[] = {
		{"LIST", "* LIST (\\Sent) \"/\" Sent\r\nTAG OK done\r\n", 0},
		{"FETCH", "* 1 FETCH (BODY[HEADER.FIELDS (TO CC MESSAGE-ID)]<0> {9}\r\nTo: a@b\r\n)\r\nTAG OK done\r\n", 0},
		{"UID FETCH", "* 1 FETCH (UID 5 FLAGS () RFC822.SIZE 100)\r\nTAG OK done\r\n", 0}, {NULL, NULL, 0}};
	struct mail_ref ref = {.id = "7.5", .size = 100};
	struct mail_mark mark = {.star = true};
	enum mail_marked marked;
	unsigned n = 0;
	bool there;

	fake_start(&fake, "MOVE UIDPLUS SPECIAL-USE", replies);
	CU_ASSERT_TRUE_FATAL(fake_open(&fake, "/Sent", &err));
	CU_ASSERT_TRUE(fake.box.ops->in_archive(&fake.box, NULL, "x@y", &there, &err));
	CU_ASSERT_TRUE(fake.box.ops->sent(&fake.box, 10, count_sent, &n, &err));
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_TRUE(fake.box.ops->mark(&fake.box, &ref, &mark, &marked, &err));
	CU_ASSERT_EQUAL(marked, MAIL_MARKED);
	CU_ASSERT_EQUAL(fake_heard(&fake, "EXAMINE \"Sent\""), 0);
	fake_end(&fake);
}

static CU_TestInfo tests[] = {
	{"what a server repeats of a login is not told", what_a_server_repeats_of_a_login_is_not_told},
	{"after it the server's words are told", after_it_the_server_s_words_are_told},
	{"only some refusals are final", only_some_refusals_are_final},
	{"a server that asks for the secret again gets it", a_server_that_asks_for_the_secret_again_gets_it},
	{"encryption is not given up by itself", encryption_is_not_given_up_by_itself},
	{"a server that speaks another version alone is refused", a_server_that_speaks_another_version_alone_is_refused},
	{"a keyword may hold a bracket", a_keyword_may_hold_a_bracket},
	{"a mail that cannot be understood costs that mail", a_mail_that_cannot_be_understood_costs_that_mail},
	{"a connected folder that is looked into stays writable", a_connected_folder_that_is_looked_into_stays_writable},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo imap_box_suite = {"mailboxes on IMAP servers", NULL, NULL, NULL, NULL, tests};
