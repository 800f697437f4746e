/* What email-triage makes of a mailbox as it stands (agents/email_triage_source.c). */
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/buf.h"
#include "integrations/mailbox.h"

/* Given two without a Date header, delivered an hour and a month ago. */
static void a_mail_without_a_date_is_as_old_as_its_arrival(void)
{
	static const char text[] = "From: ann@x.org\nSubject: Hi\n\nHello.\n";
	struct json_object *out;
	char dir[FX_PATH], name[64];

	fx_host_reset();
	fx_maildir(dir);
	snprintf(name, sizeof name, "new/%lld.near.h", (long long)FX_NOW / 1000 - 3600);
	fx_deliver(dir, name, text);
	snprintf(name, sizeof name, "new/%lld.far.h", (long long)FX_NOW / 1000 - 30 * 86400);
	fx_deliver(dir, name, text);
	snprintf(fx_host.path, sizeof fx_host.path, "%s", dir);
	out = fx_run("email-triage", "{\"query\":\"older_than:1h newer_than:7d\"}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(fx_length(out, "triaged"), 0);
	json_object_put(out);
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL_FATAL(fx_length(out, "triaged"), 1);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.received_at"), "2026-03-02T08:00:00Z");
	json_object_put(out);
	fx_remove(dir);
}

/* Sorts a mail of more than a mebibyte that asks for something right at its beginning. */
static struct json_object *sort_large(const char *head)
{
	struct json_object *out;
	char dir[FX_PATH];
	struct buf b;

	buf_init(&b, 2u << 20);
	buf_addf(&b, "%s\n\nCould you send me the figures by Friday? Your payment is due.\n", head);
	while (b.len <= MAILBOX_MESSAGE_MAX)
		buf_adds(&b, "All the figures of the years before, line by line, as you know them.\n");
	fx_host_reset();
	fx_maildir(dir);
	fx_write(dir, "new/1772438400.large.h", buf_str(&b), b.len);
	snprintf(fx_host.path, sizeof fx_host.path, "%s", dir);
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	buf_release(&b);
	fx_remove(dir);
	return out;
}

static void a_large_mail_is_sorted_by_its_headers(void)
{
	struct json_object *out = sort_large("From: ann@x.org\nTo: sam@y.org\nSubject: Figures\nContent-Type: text/plain");

	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.category"), "fyi");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.deadline"), "null");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.reasons.0"), "too large: only its headers were read");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "warnings.0.code"), "MAIL_CUT");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "warnings.0.message"),
	                       "The mail is larger than 1048576 bytes: only its headers were read");
	json_object_put(out);
}

/* What stands in it may need its reader. */
static void a_large_notification_stays_in_the_inbox(void)
{
	struct json_object *out = sort_large("From: no-reply@bank.example\nTo: sam@y.org\nSubject: Your statement is ready\n"
	                                     "Auto-Submitted: auto-generated");

	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.category"), "notification");
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.action"), "none");
	json_object_put(out);
}

static void an_empty_inbox_is_no_error(void)
{
	struct json_object *out;
	char dir[FX_PATH];

	fx_host_reset();
	fx_maildir(dir);
	snprintf(fx_host.path, sizeof fx_host.path, "%s", dir);
	out = fx_run("email-triage", "{}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_host.summary, "Triaged 0 emails | 0 urgent | 0 archived");
	json_object_put(out);
	out = fx_run("email-triage", "{\"emails\":[]}");
	CU_ASSERT_STRING_EQUAL(fx_host.summary, "Triaged 0 emails | 0 urgent | 0 archived (dry run)");
	json_object_put(out);
	fx_remove(dir);
}

static void without_connection_and_mails_it_fails(void)
{
	fx_host_reset();
	fx_host.connected = false;
	CU_ASSERT_PTR_NULL(fx_run("email-triage", "{}"));
	CU_ASSERT_EQUAL(fx_host.error.code, ERR_INTEGRATION_NOT_CONNECTED);
}

static CU_TestInfo tests[] = {
	{"a mail without a date is as old as its arrival", a_mail_without_a_date_is_as_old_as_its_arrival},
	{"a large mail is sorted by its headers", a_large_mail_is_sorted_by_its_headers},
	{"a large notification stays in the inbox", a_large_notification_stays_in_the_inbox},
	{"an empty inbox is no error", an_empty_inbox_is_no_error},
	{"without connection and mails it fails", without_connection_and_mails_it_fails},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_source_suite = {"triage: mailboxes", NULL, NULL, NULL, NULL, tests};
