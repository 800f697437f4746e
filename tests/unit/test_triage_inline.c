/* Mails that the input holds (agents/email_triage_inline.c). */
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/buf.h"

/* The message of the warning with this code; "" when there is none. */
static const char *warning(struct json_object *out, const char *code)
{
	struct json_object *all = fx_get(out, "warnings");
	size_t i;

	for (i = 0; i < json_object_array_length(all); i++)
		if (strcmp(fx_text(json_object_array_get_idx(all, i), "code"), code) == 0)
			return fx_text(json_object_array_get_idx(all, i), "message");
	return "";
}

static struct json_object *run_mbox(const char *text, int max_emails)
{
	struct json_object *in = json_object_new_object(), *out;

	fx_host_reset();
	fx_host.connected = false;
	json_object_object_add(in, "mbox", json_object_new_string(text));
	json_object_object_add(in, "max_emails", json_object_new_int(max_emails));
	out = fx_run_object("email-triage", in);
	json_object_put(in);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	return out;
}

static void inline_mbox_is_sorted(void)
{
	struct json_object *out;

	fx_host_reset();
	fx_host.connected = false;
	out = fx_run("email-triage", "{\"mbox\":\"From a@x.org Mon Mar  2 09:00:00 2026\\nFrom: a@x.org\\nSubject: one\\n\\nhi\\n\\n"
	                             "From b@x.org Mon Mar  2 09:00:00 2026\\nFrom: b@x.org\\nSubject: two\\n\\nhi\\n\"}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.id"), "mbox:0");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.1.id"), "mbox:1");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.1.subject"), "two");
	CU_ASSERT_STRING_EQUAL(fx_host.summary, "Triaged 2 emails | 0 urgent | 0 archived (dry run)");
	json_object_put(out);
}

/* Nothing here tells whose inbox it is. */
static void rules_on_me_need_an_address(void)
{
	static const struct { const char *rule, *headers; bool warned; } rows[] = {
		{"Archive everything not sent to me", "", true}, {"Archive newsletters", "", false},
		{"Archive everything not sent to me", "\"headers\":{\"Delivered-To\":\"me@x.org\"},", false},
	};
	char input[300];
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json_object *out;

		snprintf(input, sizeof input, "{\"rules\":[\"%s\"],\"emails\":[{%s\"from\":\"a@y.org\",\"subject\":\"Hi\"}]}",
		         rows[i].rule, rows[i].headers);
		fx_host_reset();
		out = fx_run("email-triage", input);
		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		CU_ASSERT_EQUAL(fx_warned(out, "OWNER_UNKNOWN"), rows[i].warned);
		json_object_put(out);
	}
}

static void the_newest_of_many_inline_mails_are_taken(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("email-triage", "{\"max_emails\":2,\"emails\":[{\"id\":\"a\",\"date\":\"2026-03-01T00:00:00Z\"},"
	                             "{\"id\":\"b\",\"date\":\"Mon, 2 Mar 2026 08:00:00 +0100\"},{\"date\":\"2026-03-02T08:00:00Z\"}]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(fx_length(out, "triaged"), 2);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.id"), "email:2");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.1.id"), "b");
	CU_ASSERT_TRUE(fx_warned(out, "EMAILS_LEFT_OUT"));
	json_object_put(out);
}

static void inline_headers_cannot_forge_others(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("email-triage",
	             "{\"emails\":[{\"from\":\"ann@x.org\",\"subject\":\"one\\r\\nList-Id: <x>\\r\\n\\r\\nbody\",\"body\":\"Qm9keQ==\","
	             "\"headers\":{\"Content-Transfer-Encoding\":\"base64\",\"Bad Name\":\"x\",\"From\":\"eve@y.org\"}}]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.from"), "ann@x.org");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.subject"), "one List-Id: <x> body");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.category"), "fyi");
	json_object_put(out);
}

/* Given thousands, the newest at the end as mail programs leave them. */
static void the_newest_of_a_long_mbox_are_taken(void)
{
	struct json_object *out;
	struct buf b;
	unsigned i;

	buf_init(&b, 1u << 20);
	for (i = 0; i < 6000; i++)
		buf_addf(&b, "From a@x.org Mon Mar  2 %02u:%02u:%02u 2026\nSubject: %u\n\nHi.\n\n", i / 3600, i / 60 % 60,
		         i % 60, i);
	out = run_mbox(buf_str(&b), 2);
	CU_ASSERT_EQUAL_FATAL(fx_length(out, "triaged"), 2);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.id"), "mbox:5999");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.1.id"), "mbox:5998");
	CU_ASSERT_STRING_EQUAL(warning(out, "EMAILS_LEFT_OUT"), "6000 mails were given: the newest 2 were looked at");
	json_object_put(out);
	buf_release(&b);
}

/* As in a connected mbox: what stands later in the file came later. */
static void of_mails_of_one_second_the_later_in_the_mbox_is_newer(void)
{
	struct json_object *out;
	struct buf b;
	unsigned i;

	buf_init(&b, 1u << 16);
	for (i = 0; i < 40; i++)
		buf_addf(&b, "From a@x.org Mon Mar  2 09:00:00 2026\nSubject: %u\n\nHi.\n\n", i);
	out = run_mbox(buf_str(&b), 3);
	CU_ASSERT_EQUAL_FATAL(fx_length(out, "triaged"), 3);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.id"), "mbox:39");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.2.id"), "mbox:37");
	json_object_put(out);
	buf_release(&b);
}

static void what_is_no_mbox_is_told_and_sorts_nothing(void)
{
	static const struct { const char *text, *seen; } rows[] = {
		{"<!DOCTYPE html>\n<html><body>Hi</body></html>", "HTML or XML"},
		{"{\"from\": \"ann@x.org\", \"subject\": \"Hi\"}", "JSON"},
		{"Dear diary,\n\ntoday it rained.\n", "other text"},
	};
	char message[200];
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json_object *out = run_mbox(rows[i].text, 20);

		snprintf(message, sizeof message,
		         "The mbox of the input is none: no line \"From …\" begins a mail in it. It holds %s: nothing was read",
		         rows[i].seen);
		CU_ASSERT_EQUAL(fx_length(out, "triaged"), 0);
		CU_ASSERT_STRING_EQUAL(warning(out, "NOT_AN_MBOX"), message);
		json_object_put(out);
	}
}

/* Losing nothing: it is a mail, if no mbox. */
static void a_mail_without_its_from_line_is_read_and_told(void)
{
	struct json_object *out = run_mbox("Received: by x.org\nFrom: ann@x.org\nSubject: Hi\n\nHello.\n", 20);

	CU_ASSERT_EQUAL_FATAL(fx_length(out, "triaged"), 1);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.subject"), "Hi");
	CU_ASSERT_PTR_NOT_NULL(strstr(warning(out, "NOT_AN_MBOX"), "It holds a mail without that line: it was read as one"));
	json_object_put(out);
}

static void an_empty_mbox_is_plainly_empty(void)
{
	static const char *const texts[] = {"", "\n", " \r\n\r\n"};
	unsigned i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct json_object *out = run_mbox(texts[i], 20);

		CU_ASSERT_EQUAL(fx_length(out, "triaged"), 0);
		CU_ASSERT_EQUAL(fx_length(out, "warnings"), 0);
		json_object_put(out);
	}
}

static void a_date_that_is_none_is_told(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("email-triage", "{\"emails\":[{\"from\":\"ann@x.org\",\"subject\":\"Hi\",\"date\":\"yesterday\",\"body\":\"Hello.\"}]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_TRUE(fx_warned(out, "DATE_UNREADABLE"));
	json_object_put(out);
}

static void a_domain_may_be_given_with_a_star(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("email-triage", "{\"vip_senders\":[\"*@x.org\"],\"rules\":[\"Archive everything\"],\"emails\":[{\"from\":"
	             "\"ann@x.org\",\"subject\":\"Hi\",\"body\":\"Hello.\"}]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.reasons.0"), "kept in the inbox: its sender is one of your VIPs");
	json_object_put(out);
}

static CU_TestInfo tests[] = {
	{"a date that is none is told", a_date_that_is_none_is_told},
	{"a domain may be given with a star", a_domain_may_be_given_with_a_star},
	{"an inline mbox is sorted", inline_mbox_is_sorted},
	{"rules on me need an address", rules_on_me_need_an_address},
	{"the newest of many inline mails are taken", the_newest_of_many_inline_mails_are_taken},
	{"inline headers cannot forge others", inline_headers_cannot_forge_others},
	{"the newest of a long mbox are taken", the_newest_of_a_long_mbox_are_taken},
	{"of mails of one second the later in the mbox is newer", of_mails_of_one_second_the_later_in_the_mbox_is_newer},
	{"what is no mbox is told, and sorts nothing", what_is_no_mbox_is_told_and_sorts_nothing},
	{"a mail without its From line is read and told", a_mail_without_its_from_line_is_read_and_told},
	{"an empty mbox is plainly empty", an_empty_mbox_is_plainly_empty},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_inline_suite = {"triage: mails of the input", NULL, NULL, NULL, NULL, tests};
