/* Mails that are made to hurt: each must be read in bounded time and memory. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cpu_time.h"
#include "integrations/mail_html.h"
#include "integrations/mailbox.h"

#define HEAD "From: a@example.org\nSubject: s\nMIME-Version: 1.0\n"
#define HTML HEAD "Content-Type: text/html; charset=utf-8\n\n"
#define PAGES_MAX 20                           /* a mail may cost so many ordinary pages, and an HTML part's time */
#if defined(__SANITIZE_ADDRESS__)
#define GROWTH_MAX_KIB (700 * 1024)            /* freed memory is kept in quarantine */
#else
#define GROWTH_MAX_KIB (160 * 1024)
#endif

static void read_mail(void *text)
{
	const struct buf *b = text;
	struct mail m;

	mail_parse(&m, buf_str(b), b->len < MAILBOX_MESSAGE_MAX ? b->len : MAILBOX_MESSAGE_MAX, false);
	CU_ASSERT_TRUE(json_utf8_valid(m.text, m.text_len));
	CU_ASSERT_TRUE(m.text_len <= 3 * MAIL_TEXT_MAX);
	mail_own_text(&m);
	mail_release(&m);
}

/* What an ordinary page of the largest size costs. */
static int64_t page_cost_us(void)
{
	static int64_t cost;
	struct buf b;

	if (cost > 0)
		return cost;
	buf_init(&b, MAILBOX_MESSAGE_MAX + 65536);
	buf_adds(&b, HTML);
	while (b.len < HTML_SOURCE_MAX)
		buf_adds(&b, "<p>a line of a mail as somebody writes it, with some words, of which one is <b>bold</b></p>\n");
	cost = cpu_cost_us(read_mail, &b);
	buf_release(&b);
	return cost;
}

static long resident_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

/* Adds text with its number in place of '#'. */
static void add_numbered(struct buf *b, const char *text, size_t number)
{
	for (; *text; text++)
		if (*text == '#')
			buf_add_int(b, (long long)number);
		else
			buf_addc(b, *text);
}

/* Parses head and then as much of the repeated text as a mail may have. */
static void survive(const char *head, const char *repeated, size_t times, const char *tail)
{
	int64_t page_us = page_cost_us(), began, cost;
	long before = resident_kib(), grown;
	struct buf b;
	size_t i;

	buf_init(&b, MAILBOX_MESSAGE_MAX + 65536);
	buf_adds(&b, head);
	for (i = 0; i < times && b.len < MAILBOX_MESSAGE_MAX; i++)
		add_numbered(&b, repeated, i);
	buf_adds(&b, tail);
	began = cpu_time_us();
	read_mail(&b);
	cost = cpu_time_us() - began;
	grown = resident_kib() - before;
	buf_release(&b);
	if (cost > PAGES_MAX * page_us || grown > GROWTH_MAX_KIB) {
		fprintf(stderr, "%.60s…: %lld us where a page takes %lld us, %ld KiB more\n", repeated, (long long)cost,
		        (long long)page_us, grown);
		CU_FAIL("took too much");
	}
}

static void deep_nesting(void)
{
	survive(HEAD, "Content-Type: multipart/mixed; boundary=b#\n\n--b#\n", 20000, "");
	survive(HEAD, "Content-Type: message/rfc822\n\n", 40000, "");
}

static size_t largest;      /* piece of memory that was asked for */

static void *note_size(void *old, size_t size)
{
	largest = size > largest ? size : largest;
	return realloc(old, size);
}

/* All of the text is given, more than any mailbox gives: what is kept and what it costs stays bounded. */
static void survive_whole(const char *head, const char *repeated, size_t size)
{
	int64_t page_us = page_cost_us(), began, cost;
	struct buf b;
	struct mail m;
	long before, grown;
	size_t i;

	buf_init(&b, size + 65536);
	buf_reserve(&b, size + 1000);
	buf_adds(&b, head);
	for (i = 0; b.len < size; i++)
		add_numbered(&b, repeated, i);
	before = resident_kib();
	began = cpu_time_us();
	largest = 0;
	mem_set_hook(note_size);
	mail_parse(&m, buf_str(&b), b.len, false);
	mem_set_hook(NULL);
	cost = cpu_time_us() - began;
	grown = resident_kib() - before;
	CU_ASSERT_TRUE(m.text_len <= 3 * MAIL_TEXT_MAX);
	CU_ASSERT_TRUE(largest <= 4u << 20);
	mail_release(&m);
	buf_release(&b);
	if (cost > PAGES_MAX * page_us * (int64_t)(1 + size / MAILBOX_MESSAGE_MAX) || grown > GROWTH_MAX_KIB) {
		fprintf(stderr, "%.60s…: %lld us where a page takes %lld us, %ld KiB more\n", head, (long long)cost,
		        (long long)page_us, grown);
		CU_FAIL("took too much");
	}
}

static void lines_of_a_hundred_megabytes(void)
{
	static const size_t size = 100u << 20;

	survive_whole(HEAD "\n", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", size);
	survive_whole(HEAD "Content-Type: text/html\n\n", "<b>xxxxxxxxxxxxxxxxxxxxxxxxxxxxx", size);
	survive_whole(HEAD "Content-Transfer-Encoding: base64\n\n", "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4", size);
	survive_whole("Subject: ", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", size);
}

static void two_hundred_thousand_levels(void)
{
	survive_whole(HEAD, "Content-Type: multipart/mixed; boundary=b#\n\n--b#\n", 200000 * 54);
	survive_whole(HEAD, "Content-Type: message/rfc822\n\n", 200000 * 30);
	survive_whole(HEAD "Content-Type: text/html\n\n", "<div>", 200000 * 5);
	survive_whole(HEAD "Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\n", 200000 * 5);
}

static void a_hundred_thousand_parts(void)
{
	survive(HEAD "Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\n", 200000, "--b--\n");
	survive(HEAD "Content-Type: multipart/mixed; boundary=\"\"\n\n", "--\n\n", 200000, "");
	survive(HEAD "Content-Type: multipart/mixed; boundary*0=b\n\n", "--b\n\n", 200000, "");
	survive(HEAD "Content-Type: multipart/mixed; boundary=b\n\n", "--b\nContent-Type: text/html\n\n<b>x\n", 900, "");
}

static void a_thousand_parts_are_still_read(void)
{
	struct mail m;
	struct buf b;
	int i;

	buf_init(&b, 1 << 20);
	buf_adds(&b, HEAD "Content-Type: multipart/mixed; boundary=b\n\n");
	for (i = 0; i < 900; i++)
		buf_addf(&b, "--b\nContent-Type: text/plain\n\npart %d\n", i);
	buf_adds(&b, "--b--\n");
	mail_parse(&m, buf_str(&b), b.len, false);
	CU_ASSERT_PTR_NOT_NULL(strstr(m.text, "part 899"));
	CU_ASSERT_FALSE(m.malformed);
	mail_release(&m);
	buf_release(&b);
}

static void heads_without_end(void)
{
	survive("", "X-#: y\n", 300000, "\nbody");
	survive("Subject: x\n", " y\n", 300000, "\nbody");
	survive("From: a@x\nTo: ", "a#@x.org, ", 100000, "\n\nbody");
	survive("From: ", "(", 100000, "\n\nbody");
	survive("From: a@x\nTo: ", "a:", 100000, "\n\nbody");
	survive("From: ", "=?utf-8?q?a?= ", 100000, "<a@x>\n\nbody");
	survive(HEAD "Content-Type: text/plain", "; a#=b", 100000, "\n\nbody");
	survive(HEAD "\n", "\nB", 500000, "");
}

static void *parse_what_nests(void *unused)
{
	deep_nesting();
	survive("From: a@x\nTo: ", "a:", 100000, "\n\nbody");
	survive("From: a@x\nTo: ", "(", 100000, "\n\nbody");
	survive(HTML, "<div>", 11900, "");
	survive(HTML, "<b>", 11900, "");
	return NULL;
}

/* What the threads of the responder and small systems have. */
static void a_mebibyte_of_stack_is_enough(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 1 << 20);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, &attr, parse_what_nests, NULL), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
}

static void encodings_without_sense(void)
{
	survive(HEAD "Content-Transfer-Encoding: quoted-printable\n\n", "=\n", 500000, "");
	survive(HEAD "Content-Transfer-Encoding: base64\n\n", "=QUJ\n", 200000, "");
	survive(HEAD "Content-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n", "+86)C\n", 100000, "");
	survive(HEAD "Content-Type: text/plain; charset=utf-7\n\n", "+ADw-", 200000, "");
	survive(HEAD "Content-Type: text/plain; charset=iso-2022-jp\n\n", "\x1b$B\xff!", 100000, "");
	survive(HEAD "Content-Type: text/plain; charset=utf-16\n\n", "x\xd8", 100000, "");
}

static void bytes_that_are_nul(void)
{
	static const char raw[] = "From: a@x.org\0\nSubject: on\0e\n\ntw\0o words\0";
	struct mail m;

	mail_parse(&m, raw, sizeof raw - 1, false);
	CU_ASSERT_STRING_EQUAL(m.subject, "on e");
	CU_ASSERT_STRING_EQUAL(m.text, "tw o words ");
	mail_release(&m);
}

static void pages_that_nest_and_repeat(void)
{
	survive(HTML, "<b>", 100000, "");
	survive(HTML, "<div>", 11900, "");
	survive(HTML, "<b id=#>", 6000, "<p><p><p>");
	survive(HTML, "<a href=x><div>", 5900, "");
	survive(HTML, "<table><tr><td>", 3900, "");
	survive(HTML, "<font size=#><p>", 5900, "</p></p>");
	survive(HTML, "<!--", 200000, "");
	survive(HTML, "&amp;&zwnj;", 100000, "");
	survive(HTML "<div ", "a#=1 ", 60000, ">x");
	survive(HTML "<style>", ".a{display:none}", 30000, "</style><p class=a>x");
	survive(HTML "<style>", "{", 500000, "");
	survive(HTML, "<style>", 70000, "");
}

static CU_TestInfo tests[] = {
	{"lines of a hundred megabytes", lines_of_a_hundred_megabytes},
	{"two hundred thousand levels", two_hundred_thousand_levels},
	{"deep nesting is given up in time", deep_nesting},
	{"a hundred thousand parts are not taken apart", a_hundred_thousand_parts},
	{"nine hundred parts are still read", a_thousand_parts_are_still_read},
	{"heads without end end", heads_without_end},
	{"a mebibyte of stack is enough", a_mebibyte_of_stack_is_enough},
	{"encodings without sense give some text", encodings_without_sense},
	{"bytes that are NUL hide nothing", bytes_that_are_nul},
	{"pages that nest and repeat are read in time", pages_that_nest_and_repeat},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo mail_hostile_suite = {"hostile mail", NULL, NULL, NULL, NULL, tests};
