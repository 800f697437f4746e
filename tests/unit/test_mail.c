/* Taking mails apart (integrations/mail.h). */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/json.h"

#define HEAD "From: a@example.org\nTo: b@example.org\nSubject: s\n"

static void headers_are_unfolded_and_decoded(void)
{
	struct mail m;

	fx_parse(&m, "From: =?iso-8859-1?Q?J=FCrgen?= \"of\n Berlin\" <J.K@Example.ORG>\n"
	             "Subject: =?utf-8?B?4oKsIDUwMA==?=\n =?utf-8?Q?_owed?=\n"
	             "Date: Mon, 2 Mar 2026 10:00:00 +0100\nMessage-ID: <m1@x>\nIn-Reply-To: <m0@x>\n\nhi\n");
	CU_ASSERT_STRING_EQUAL(m.subject, "€ 500 owed");
	CU_ASSERT_STRING_EQUAL(m.from.addr, "j.k@example.org");
	CU_ASSERT_PTR_NOT_NULL(strstr(m.from.name, "Jürgen"));
	CU_ASSERT_EQUAL(m.date_ms, INT64_C(1772442000000));
	CU_ASSERT_STRING_EQUAL(m.message_id, "m1@x");
	CU_ASSERT_STRING_EQUAL(m.thread_root, "m0@x");
	CU_ASSERT_STRING_EQUAL(m.text, "hi\n");
	CU_ASSERT_FALSE(m.malformed);
	mail_release(&m);
}

static void address_lists_are_read(void)
{
	struct mail m;

	fx_parse(&m, "From: a@x.org\nTo: \"Lee, Ann\" <ann@x.org>, bob@x.org,\n carol <carol@x.org>\n"
	             "Cc: Friends: dave@x.org, erin@x.org;\n\n");
	CU_ASSERT_EQUAL_FATAL(m.to_count, 3);
	CU_ASSERT_STRING_EQUAL(m.to[0].name, "Lee, Ann");
	CU_ASSERT_STRING_EQUAL(m.to[1].addr, "bob@x.org");
	CU_ASSERT_EQUAL_FATAL(m.cc_count, 2);
	CU_ASSERT_STRING_EQUAL(m.cc[1].addr, "erin@x.org");
	mail_release(&m);
}

static void a_name_does_not_pass_for_the_address(void)
{
	static const struct { const char *from, *addr, *name; } rows[] = {
		{"Ann [x] eve@evil.org [y] <ann@x.org>", "ann@x.org", "Ann [x] eve@evil.org [y]"},
		{"\"eve@evil.org\" <ann@x.org>", "ann@x.org", "eve@evil.org"},
		{"Ann @ Work <ann@x.org>", "ann@x.org", "Ann @ Work"},
		{"ann@x.org (Ann Lee)", "ann@x.org", "Ann Lee"},
		{"Ann <ann@x.org>, Bob <bob@x.org>", "ann@x.org", "Ann"},
		{"=?utf-8?Q?Ann_=3Ceve=40evil.org=3E?= <ann@x.org>", "ann@x.org", "Ann <eve@evil.org>"},
		{"Ann Lee", "", "Ann Lee"},
	};
	char raw[200];
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct mail m;

		snprintf(raw, sizeof raw, "From: %s\n\n", rows[i].from);
		fx_parse(&m, raw);
		if (strcmp(m.from.addr, rows[i].addr) != 0 || strcmp(m.from.name, rows[i].name) != 0)
			fprintf(stderr, "%s: \"%s\" <%s>\n", rows[i].from, m.from.name, m.from.addr);
		CU_ASSERT_STRING_EQUAL(m.from.addr, rows[i].addr);
		CU_ASSERT_STRING_EQUAL(m.from.name, rows[i].name);
		mail_release(&m);
	}
}

static void text_is_decoded_from_its_charset(void)
{
	static const struct { const char *raw, *text; } rows[] = {
		{HEAD "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
		      "caf=E9 =80=\n!\n", "café €!\n"},
		{HEAD "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n4KSo4KSu4KS44KWN4KSk4KWH\n",
		 "नमस्ते"},
		{HEAD "Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: 8bit\n\n\xf0\xd2\xc9\n", "При\n"},
		{HEAD "Content-Type: text/plain; charset=shift_jis\nContent-Transfer-Encoding: 8bit\n\n\x93\xfa\n", "日\n"},
		{HEAD "Content-Type: text/plain; charset=no-such-charset\n\ncaf\xe9\n", "café\n"},
		{HEAD "\ncaf\xc3\xa9 \xe9\n", "café é\n"},
		{HEAD "Content-Type: text/plain; charset=\"utf-8//TRANSLIT\"\n\nplain\n", "plain\n"},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct mail m;

		fx_parse(&m, rows[i].raw);
		if (strcmp(m.text, rows[i].text) != 0)
			fprintf(stderr, "row %u: \"%s\"\n", i, m.text);
		CU_ASSERT_STRING_EQUAL(m.text, rows[i].text);
		mail_release(&m);
	}
}

static void plain_text_is_taken_before_its_page(void)
{
	struct mail m;

	fx_parse(&m, HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nplain words\n"
	                  "--b\nContent-Type: text/html\n\n<p>page words</p>\n--b--\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(m.text, "plain words"));
	CU_ASSERT_PTR_NULL(strstr(m.text, "page"));
	mail_release(&m);
	fx_parse(&m, HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n-\n"
	                  "--b\nContent-Type: text/html\n\n<p>page words that say much more than its plain part</p>\n--b--\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(m.text, "page words"));
	mail_release(&m);
}

static void attachments_are_listed_and_pictures_of_the_page_are_not(void)
{
	struct mail m;

	fx_parse(&m, HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nbody\n"
	                  "--b\nContent-Type: application/pdf\nContent-Disposition: attachment;\n"
	                  " filename*=utf-8''Rechnung%20M%C3%A4rz.pdf\nContent-Transfer-Encoding: base64\n\nQUJD\n"
	                  "--b\nContent-Type: image/png; name=logo.png\nContent-ID: <logo>\nContent-Disposition: inline\n\nx\n"
	                  "--b\nContent-Type: application/pgp-signature; name=signature.asc\n\nx\n"
	                  "--b\nContent-Type: message/rfc822\n\nFrom: c@x\nSubject: inner\n\nurgent inner text\n--b--\n");
	CU_ASSERT_EQUAL_FATAL(m.attachment_count, 2);
	CU_ASSERT_STRING_EQUAL(m.attachments[0].name, "Rechnung März.pdf");
	CU_ASSERT_STRING_EQUAL(m.attachments[0].type, "application/pdf");
	CU_ASSERT_STRING_EQUAL(m.attachments[1].type, "message/rfc822");
	/* another mail inside is not this author's text */
	CU_ASSERT_PTR_NULL(strstr(m.text, "inner"));
	mail_release(&m);
}

static void a_calendar_part_gives_its_method(void)
{
	struct mail m;

	fx_parse(&m, HEAD "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n");
	CU_ASSERT_STRING_EQUAL(m.calendar_method, "REQUEST");
	mail_release(&m);
	fx_parse(&m, HEAD "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\n");
	CU_ASSERT_STRING_EQUAL(m.calendar_method, "CANCEL");
	mail_release(&m);
}

static void what_nobody_sees_is_removed(void)
{
	struct mail m;

	fx_parse(&m, "From: a@x.org\nSubject: in\xe2\x80\x8bvoice \xe2\x80\xae" "dnim\xe2\x80\xac\n\n"
	             "hid\xc2\xad" "den\xe2\x80\x8b \xef\xbb\xbftext\xf3\xa0\x81\x81\xe2\x81\xa6!\x07\x1b\n");
	CU_ASSERT_STRING_EQUAL(m.subject, "invoice dnim");
	CU_ASSERT_STRING_EQUAL(m.text, "hidden text!\n");
	mail_release(&m);
}

static void own_text_is_without_quotation_and_signature(void)
{
	static const struct { const char *body, *own; } rows[] = {
		{"Yes.\n\nOn Mon, 2 Mar 2026, Ann Lee wrote:\n> Can you come?\n> Ann\n", "Yes.\n\n"},
		{"> Can you come?\nYes.\n> And Bob?\nNo.\n", "Yes.\nNo.\n"},
		{"Ja.\n\nAm 02.03.2026 um 10:00 schrieb Ann Lee:\n> Kommst du?\n", "Ja.\n\n"},
		{"Yes.\n-- \nAnn Lee, 555 0100\n", "Yes.\n"},
		{"Yes.\n\n-----Original Message-----\nFrom: Ann\nCan you come?\n", "Yes.\n\n"},
		{"Yes.\n\nFrom: Ann Lee\nSent: Monday\nTo: Bob\nSubject: x\n\nCan you come?\n", "Yes.\n\n"},
		{"Yes.\n\nOn Monday, 2 March 2026 at 10:00:00 CET, Ann Lee\n<ann@x.org> wrote:\n> Can you?\n", "Yes.\n\n"},
		{"Yes.\n\nSent from my iPhone\n", "Yes.\n\n"},
		{"From: the heart, thanks\n", "From: the heart, thanks\n"},
		{"> only quoted\n", "> only quoted\n"},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		char raw[600];
		struct mail m;

		snprintf(raw, sizeof raw, HEAD "\n%s", rows[i].body);
		fx_parse(&m, raw);
		if (strcmp(mail_own_text(&m), rows[i].own) != 0)
			fprintf(stderr, "row %u: \"%s\"\n", i, mail_own_text(&m));
		CU_ASSERT_STRING_EQUAL(mail_own_text(&m), rows[i].own);
		mail_release(&m);
	}
}

/* Of a mail that is too large its beginning alone is given: what of its body that holds is none of its own. */
static void of_a_large_mail_the_head_alone_is_read(void)
{
	static const struct { const char *raw; unsigned attachments; } rows[] = {
		{HEAD "\nCould you call me?\n", 0},
		{HEAD "Content-Type: text/html\n\n<p>Could you <a href='http://x.org'>call</a> me?</p>\n", 0},
		{HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nCould you call me?\n--b\n"
		      "Content-Type: application/pdf; name=a.pdf\n\nx", 1},
		{HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nCould you call me?\n", 0},
		{HEAD "Content-Type: application/pdf; name=a.pdf\n\nx", 1},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct mail m;

		mail_parse(&m, rows[i].raw, strlen(rows[i].raw), true);
		CU_ASSERT_TRUE(m.cut);
		CU_ASSERT_FALSE(m.malformed);
		CU_ASSERT_STRING_EQUAL(m.subject, "s");
		CU_ASSERT_STRING_EQUAL(m.text, "");
		CU_ASSERT_STRING_EQUAL(mail_own_text(&m), "");
		CU_ASSERT_EQUAL(m.link_count, 0);
		CU_ASSERT_EQUAL(m.attachment_count, rows[i].attachments);
		mail_release(&m);
	}
}

static void malformed_heads_are_read_as_far_as_they_go(void)
{
	struct mail m;

	fx_parse(&m, "From bob Tue Mar  3 10:00:00 2026\nthis is no header\nSubject : spaced\nFrom: ann\n\nbody\n");
	CU_ASSERT_TRUE(m.malformed);
	CU_ASSERT_STRING_EQUAL(m.subject, "spaced");
	CU_ASSERT_STRING_EQUAL(m.text, "body\n");
	mail_release(&m);
	fx_parse(&m, "");
	CU_ASSERT_STRING_EQUAL(m.subject, "");
	CU_ASSERT_STRING_EQUAL(m.text, "");
	mail_release(&m);
	fx_parse(&m, "\nno head at all\n");
	CU_ASSERT_STRING_EQUAL(m.text, "no head at all\n");
	mail_release(&m);
}

static void *parse_often(void *raw)
{
	unsigned long good = 0;
	int i;

	for (i = 0; i < 300; i++) {
		struct mail m;

		fx_parse(&m, raw);
		good += strcmp(m.subject, "€ 500") == 0 && strstr(m.text, "café") != NULL && m.attachment_count == 1;
		mail_release(&m);
	}
	return (void *)good;
}

static void threads_parse_at_once(void)
{
	static char raw[] = "From: =?utf-8?Q?J=C3=BCrgen?= <a@x>\nSubject: =?utf-8?B?4oKsIDUwMA==?=\n"
	                    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; charset=iso-8859-1\n\n"
	                    "<p>caf\xe9</p>\n--b\nContent-Type: application/pdf; name=a.pdf\n\nx\n--b--\n";
	pthread_t threads[4];
	void *good;
	int i;

	for (i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, parse_often, raw), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &good);
		CU_ASSERT_EQUAL((unsigned long)good, 300);
	}
}

static void dates_and_addresses_are_read_however_they_are_written(void)
{
	static const struct { const char *date; int64_t ms; } dates[] = {
		{"Fri, 23 Aug 2002 11:08:50 +0100 (IST)", INT64_C(1030097330000)},
		{"Fri, 23 Aug 2002 03:08:50 -0700", INT64_C(1030097330000)},
		{"3 Aug 2002 11:08:50 +0530", INT64_C(1028353130000)},
		{"Sat, 31 Aug 2002 10:00:00 +0000", INT64_C(1030788000000)},
		{"Mon, 02 Sep 02 10:00:00 GMT", INT64_C(1030960800000)},
		{"yesterday", 0},
	};
	static const struct { const char *from, *name, *addr; } froms[] = {
		{"ann@x.org", "", "ann@x.org"}, {"Ann Lee <Ann.Lee@X.org>", "Ann Lee", "ann.lee@x.org"},
		{"\"Lee, Ann\" <ann@x.org>", "Lee, Ann", "ann@x.org"}, {"<ann@x.org>", "", "ann@x.org"},
		{"ann@x.org (Ann Lee)", "Ann Lee", "ann@x.org"}, {"\"A \\\"B\\\" C\" <a@x.org>", "A \"B\" C", "a@x.org"},
	};
	char text[300];
	struct mail m;
	unsigned i;

	for (i = 0; i < sizeof dates / sizeof *dates; i++) {
		snprintf(text, sizeof text, "Date: %s\n\n", dates[i].date);
		fx_parse(&m, text);
		CU_ASSERT_EQUAL(m.date_ms, dates[i].ms);
		mail_release(&m);
	}
	for (i = 0; i < sizeof froms / sizeof *froms; i++) {
		snprintf(text, sizeof text, "From: %s\n\n", froms[i].from);
		fx_parse(&m, text);
		CU_ASSERT_STRING_EQUAL(m.from.name, froms[i].name);
		CU_ASSERT_STRING_EQUAL(m.from.addr, froms[i].addr);
		mail_release(&m);
	}
}

/* One part of text is read without a tree of parts: it must come out as from one. */
static void a_sole_part_is_read_as_among_others(void)
{
	static const char *const parts[] = {
		"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe=\n aus K=F6ln\n",
		"Content-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: BASE64\n\nR3LDvMOfZSBhdXMgS8O2bG4K\n",
		"Content-Type: text/html\n\n<p>Gr&uuml;&szlig;e</p> aus K&ouml;ln\n", "Content-Transfer-Encoding: 8bit\n\nHello\n",
		"Content-Type: text/plain\nContent-Disposition: inline\n\nHello\n", "Content-Type: text/plain; name=a.txt\n\nHello\n",
	};
	char text[700];
	struct mail alone, among;
	unsigned i;

	for (i = 0; i < sizeof parts / sizeof *parts; i++) {
		fx_parse(&alone, parts[i]);
		snprintf(text, sizeof text, "Content-Type: multipart/mixed; boundary=b\n\n--b\n%s\n--b--\n", parts[i]);
		fx_parse(&among, text);
		CU_ASSERT_TRUE(alone.text_len > 4);
		CU_ASSERT_EQUAL(strncmp(alone.text, among.text, strcspn(alone.text, "\n")), 0);
		CU_ASSERT_EQUAL(alone.html_only, among.html_only);
		CU_ASSERT_EQUAL(alone.attachment_count, among.attachment_count);
		mail_release(&alone);
		mail_release(&among);
	}
}

static CU_TestInfo tests[] = {
	{"headers are unfolded and decoded", headers_are_unfolded_and_decoded},
	{"address lists are read, groups too", address_lists_are_read},
	{"a name does not pass for the address", a_name_does_not_pass_for_the_address},
	{"text is decoded from its charset, a wrong one too", text_is_decoded_from_its_charset},
	{"plain text is taken before its page", plain_text_is_taken_before_its_page},
	{"attachments are listed and pictures of the page are not",
	 attachments_are_listed_and_pictures_of_the_page_are_not},
	{"a calendar part gives its method", a_calendar_part_gives_its_method},
	{"what nobody sees is removed", what_nobody_sees_is_removed},
	{"own text is without quotation and signature", own_text_is_without_quotation_and_signature},
	{"of a large mail the head alone is read", of_a_large_mail_the_head_alone_is_read},
	{"malformed heads are read as far as they go", malformed_heads_are_read_as_far_as_they_go},
	{"threads parse at once", threads_parse_at_once},
	{"dates and addresses are read however they are written", dates_and_addresses_are_read_however_they_are_written},
	{"a sole part is read as among others", a_sole_part_is_read_as_among_others},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo mail_suite = {"mail", NULL, NULL, NULL, NULL, tests};
