/* The settings of [mail] (base/config_mail.c), and mail addresses (base/mail_address.h). */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/mail_address.h"
#include "base_fixture.h"
#include "base_suites.h"

#define REST "from = A <a@example.com>\npublic_url = https://a.example\n"

static char dir[FX_PATH];

static int begin(void)
{
	unsetenv("AGENTIV_CONFIG");
	return fx_dir(dir) ? 0 : 1;
}

static int end(void)
{
	fx_dir_remove(dir);
	return 0;
}

/* What is said of such a section: "accepted", or why it is refused, without the file's name. */
static const char *verdict(const char *lines)
{
	static struct error err;
	char path[2 * FX_PATH], text[2048];
	struct config c;
	const char *at;

	snprintf(text, sizeof text, "[mail]\n%s", lines);
	fx_file(dir, "a.conf", text, path);
	memset(&err, 0, sizeof err);
	if (config_load(path, &c, &err)) {
		config_release(&c);
		return "accepted";
	}
	at = strstr(err.message, "[mail] ");
	return at ? at + 7 : err.message;
}

/* A line of settings beside from and public_url, with a password in a file where PASSWORD stands. */
static const char *verdict_with(const char *line)
{
	char path[2 * FX_PATH], text[1024], *mark;

	fx_file(dir, "password", "secret\n", path);
	snprintf(text, sizeof text, "%s\n" REST, line);
	mark = strstr(text, "PASSWORD");
	if (mark)
		snprintf(mark, sizeof text - (size_t)(mark - text), "user = u\npassword_file = %s\n" REST, path);
	return verdict(text);
}

static void without_a_url_no_mail_is_sent_and_nothing_is_missed(void)
{
	CU_ASSERT_STRING_EQUAL(verdict(""), "accepted");
	CU_ASSERT_STRING_EQUAL(verdict("from = A <a@example.com>\n"), "accepted");
}

static void a_url_is_of_smtp_or_smtps(void)
{
	static const char *const good[] = {"smtp://mail.example.com", "smtp://mail.example.com:587", "SMTPS://10.0.0.1:465",
	                                   "smtp://[::1]:25", "smtp://mail/my.name", "smtp://mail:25/my.name"};
	static const char *const bad[] = {"mail.example.com", "http://mail.example.com", "smtp://", "smtp://mail:0", "smtp://mail:",
	                                  "smtp://mail:65536", "smtp://mail:587x", "smtp://mail/", "smtp://mail/a/b", "smtp://[::1",
	                                  "smtp://ma il", "smtp://mail?x"};
	char line[128];
	unsigned i;

	for (i = 0; i < sizeof good / sizeof *good; i++) {
		snprintf(line, sizeof line, "url = %s", good[i]);
		CU_ASSERT_STRING_EQUAL(verdict_with(line), "accepted");
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(line, sizeof line, "url = %s", bad[i]);
		CU_ASSERT_STRING_EQUAL(verdict_with(line),
		                       "url must be smtp://host:587 or smtps://host:465, or empty: no mail is sent");
	}
	CU_ASSERT_STRING_EQUAL(verdict_with("url = smtp://u:p@mail:587"),
	                       "url must hold no user: that one goes into user, the password into password_file");
}

static void what_a_mail_needs_is_asked_for(void)
{
	CU_ASSERT_STRING_EQUAL(verdict("url = smtp://m\npublic_url = https://a\n"),
	                       "from must be set beside url: mails come from it");
	CU_ASSERT_STRING_EQUAL(verdict("url = smtp://m\nfrom = a@example.com\n"),
	                       "public_url must be set beside url: links in mails begin with it");
	CU_ASSERT_STRING_EQUAL(verdict_with("url = smtp://m\nuser = u"), "password_file must be set beside user");
	CU_ASSERT_STRING_EQUAL(verdict_with("url = smtp://m\ntimeout_s = 30"),
	                       "timeout_s");
}

static void a_password_file_must_be_there_and_hold_one(void)
{
	char path[2 * FX_PATH], text[512];

	CU_ASSERT_STRING_EQUAL(verdict_with("url = smtp://m\nuser = u\npassword_file = /nonexistent/p"),
	                       "mail.password_file /nonexistent/p: No such file or directory");
	fx_file(dir, "password", "\n", path);
	snprintf(text, sizeof text, "url = smtp://m\nuser = u\npassword_file = %s\n" REST, path);
	CU_ASSERT_PTR_NOT_NULL(strstr(verdict(text), "its first line is empty"));
}

static void a_password_goes_out_encrypted_only(void)
{
	static const char text[] = "tls must be required where user is set: the password may go out in clear otherwise";

	CU_ASSERT_STRING_EQUAL(verdict_with("url = smtp://m\nPASSWORD"), "accepted");
	CU_ASSERT_STRING_EQUAL(verdict_with("url = smtp://127.0.0.1\ntls = none\nPASSWORD"), text);
	CU_ASSERT_STRING_EQUAL(verdict_with("url = smtp://m\ntls = opportunistic\nPASSWORD"), text);
	CU_ASSERT_STRING_EQUAL(verdict_with("url = smtps://m\ntls = none\nPASSWORD"), "accepted");
}

static void without_tls_only_this_host_is_spoken_to(void)
{
	static const char *const here[] = {"localhost", "127.0.0.1:25", "127.1.2.3", "[::1]:2525"};
	static const char *const there[] = {"mail.example.com", "10.0.0.1", "127.evil.example", "localhost.example.com", "[::2]"};
	char line[128];
	unsigned i;

	for (i = 0; i < sizeof here / sizeof *here; i++) {
		snprintf(line, sizeof line, "url = smtp://%s\ntls = none", here[i]);
		CU_ASSERT_STRING_EQUAL(verdict_with(line), "accepted");
	}
	for (i = 0; i < sizeof there / sizeof *there; i++) {
		snprintf(line, sizeof line, "url = smtp://%s\ntls = none", there[i]);
		CU_ASSERT_STRING_EQUAL(verdict_with(line), "tls = none is for a server on this host, like smtp://127.0.0.1:25");
	}
	CU_ASSERT_STRING_EQUAL(verdict_with("url = smtp://m\ntls = maybe"), "tls must be one of required, opportunistic, none");
}

static void the_public_url_can_be_put_before_a_path(void)
{
	static const char *const good[] = {"https://a.example", "http://10.0.0.1:8080/agentiv", "https://[::1]:8443"};
	static const char *const bad[] = {"a.example", "ftp://a", "https://a/", "https://", "https://a?b", "https://a b",
	                                  "https://u@a", "https://a/<b>"};
	char line[128];
	unsigned i;

	for (i = 0; i < sizeof good / sizeof *good; i++) {
		snprintf(line, sizeof line, "public_url = %s\n", good[i]);
		CU_ASSERT_STRING_EQUAL(verdict(line), "accepted");
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(line, sizeof line, "public_url = %s\n", bad[i]);
		CU_ASSERT_STRING_EQUAL(verdict(line),
		                       "public_url must be a URL like https://agentiv.example.com, without a slash at its end");
	}
}

static void addresses_are_read_with_and_without_a_name(void)
{
	struct mail_address a;

	CU_ASSERT_TRUE(mail_address_parse("a.b+c@mail.example.com", &a));
	CU_ASSERT_STRING_EQUAL(a.address, "a.b+c@mail.example.com");
	CU_ASSERT_STRING_EQUAL(a.name, "");
	CU_ASSERT_TRUE(mail_address_parse("Ada L. <ada@example.com>", &a));
	CU_ASSERT_STRING_EQUAL(a.name, "Ada L.");
	CU_ASSERT_STRING_EQUAL(a.address, "ada@example.com");
	CU_ASSERT_TRUE(mail_address_parse("\"Müller, Ada\" <ada@example.com>", &a));
	CU_ASSERT_STRING_EQUAL(a.name, "Müller, Ada");
}

static void what_is_no_address_is_refused(void)
{
	static const char *const bad[] = {"", "a", "a@", "@b", "a@b@c", "a b@c", "a@b..c", "a@-b", "a@b.", "a,b@c", "A <a@b", "A a@b>",
	                                  "A <a@b> x", "A\r\nBcc: x <a@b>", "\xff <a@b>", "<>", "a@b\r\nX: y", "a\"b@c"};
	struct mail_address a;
	unsigned i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		CU_ASSERT_FALSE(mail_address_parse(bad[i], &a));
}

static CU_TestInfo tests[] = {
	{"without a URL no mail is sent, and nothing is missed", without_a_url_no_mail_is_sent_and_nothing_is_missed},
	{"a URL is of smtp or smtps", a_url_is_of_smtp_or_smtps},
	{"what a mail needs is asked for", what_a_mail_needs_is_asked_for},
	{"a password file must be there, and hold one", a_password_file_must_be_there_and_hold_one},
	{"a password goes out encrypted only", a_password_goes_out_encrypted_only},
	{"without TLS only this host is spoken to", without_tls_only_this_host_is_spoken_to},
	{"the public URL can be put before a path", the_public_url_can_be_put_before_a_path},
	{"addresses are read with and without a name", addresses_are_read_with_and_without_a_name},
	{"what is no address is refused", what_is_no_address_is_refused},
	CU_TEST_INFO_NULL};

CU_SuiteInfo config_mail_suite = {"settings of mail", begin, end, NULL, NULL, tests};
