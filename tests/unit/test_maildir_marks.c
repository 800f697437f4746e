/* Stars, hints and sent mails of Maildirs (integrations/maildir_mark.c, maildir_sent.c). */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/mem.h"
#include "integrations/mailbox.h"

#define MAIL "From: a@x.org\nSubject: s\n\nbody\n"

static struct mailbox box;
static char dir[FX_PATH];
static char seen[1024];

static void open_box(void)
{
	struct json_object *settings = json_object_new_object();
	struct error err;

	json_object_object_add(settings, "path", json_object_new_string(dir));
	CU_ASSERT_TRUE_FATAL(mailbox_open(&box, "maildir", settings, NULL, &err));
	json_object_put(settings);
}

static void end(void)
{
	mailbox_close(&box);
	fx_remove(dir);
}

static enum mail_marked mark(const char *id, struct mail_mark m)
{
	enum mail_marked what = MAIL_MARK_GONE;
	struct mail_ref ref = {.unread = false};
	struct error err;

	snprintf(ref.id, sizeof ref.id, "%s", id);
	CU_ASSERT_TRUE(box.ops->mark(&box, &ref, &m, &what, &err));
	return what;
}

static void a_star_is_the_flag_f_among_the_others(void)
{
	fx_maildir(dir);
	fx_deliver(dir, "cur/1.a.h:2,DS", MAIL);
	open_box();
	CU_ASSERT_EQUAL(mark("1.a.h", (struct mail_mark){.star = true}), MAIL_MARKED);
	CU_ASSERT_TRUE(fx_exists(dir, "cur/1.a.h:2,DFS"));
	end();
}

static void a_star_that_is_there_is_left(void)
{
	fx_maildir(dir);
	fx_deliver(dir, "cur/1.a.h:2,F", MAIL);
	open_box();
	CU_ASSERT_EQUAL(mark("1.a.h", (struct mail_mark){.star = true}), MAIL_ALREADY_MARKED);
	end();
}

static void a_new_mail_with_a_star_stays_unread(void)
{
	fx_maildir(dir);
	fx_deliver(dir, "new/1.a.h", MAIL);
	open_box();
	CU_ASSERT_EQUAL(mark("1.a.h", (struct mail_mark){.star = true}), MAIL_MARKED);
	CU_ASSERT_TRUE(fx_exists(dir, "cur/1.a.h:2,F"));
	end();
}

static void a_star_is_taken_off(void)
{
	fx_maildir(dir);
	fx_deliver(dir, "cur/1.a.h:2,FS", MAIL);
	open_box();
	CU_ASSERT_EQUAL(mark("1.a.h", (struct mail_mark){.star = true, .remove = true}), MAIL_MARKED);
	CU_ASSERT_TRUE(fx_exists(dir, "cur/1.a.h:2,S"));
	end();
}

static void the_star_of_a_mail_that_is_gone_is_told(void)
{
	fx_maildir(dir);
	open_box();
	CU_ASSERT_EQUAL(mark("1.a.h", (struct mail_mark){.star = true}), MAIL_MARK_GONE);
	end();
}

static void labels_are_not_supported(void)
{
	fx_maildir(dir);
	fx_deliver(dir, "cur/1.a.h:2,", MAIL);
	open_box();
	CU_ASSERT_EQUAL(mark("1.a.h", (struct mail_mark){.label = "x"}), MAIL_MARK_UNSUPPORTED);
	end();
}

static void stars_are_listed(void)
{
	struct mail_ref *refs = NULL;
	struct error err;
	unsigned n;

	fx_maildir(dir);
	fx_deliver(dir, "cur/2.a.h:2,FS", MAIL);
	fx_deliver(dir, "cur/1.a.h:2,S", MAIL);
	open_box();
	CU_ASSERT_TRUE_FATAL(box.ops->list(&box, NULL, 10, &refs, &n, &err) && n == 2);
	CU_ASSERT_TRUE(refs[0].starred && !refs[1].starred);
	mem_free(refs);
	end();
}

static void a_hint_leaves_out_what_is_read_or_too_old(void)
{
	struct mailbox_filter filter = {.unread = true, .since_ms = INT64_C(10) * 86400000};
	struct mail_ref *refs = NULL;
	struct error err;
	unsigned n;

	fx_maildir(dir);
	fx_deliver(dir, "cur/900000.read.h:2,S", MAIL);
	fx_deliver(dir, "cur/900001.unread.h:2,", MAIL);
	fx_deliver(dir, "cur/777601.eve.h:2,", MAIL);      /* within the day of grace */
	fx_deliver(dir, "new/700000.old.h", MAIL);
	open_box();
	CU_ASSERT_TRUE_FATAL(box.ops->list(&box, &filter, 10, &refs, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_STRING_EQUAL(refs[0].id, "900001.unread.h");
	CU_ASSERT_STRING_EQUAL(refs[1].id, "777601.eve.h");
	mem_free(refs);
	end();
}

static void note(void *ctx, const char *headers, size_t n)
{
	size_t at = strlen(seen);

	snprintf(seen + at, sizeof seen - at, "%.*s|", (int)n, headers);
}

static void make(const char *name)
{
	char path[2 * FX_PATH];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
}

static void of_sent_mails_three_headers_are_told_the_newest_first(void)
{
	struct error err;

	*seen = '\0';
	fx_maildir(dir);
	make(".Sent");
	make(".Sent/cur");
	fx_deliver(dir, ".Sent/cur/1.a.h:2,S", "To: old@x.org\n\nbody\n");
	fx_deliver(dir, ".Sent/cur/2.a.h:2,S", "From: me@x.org\nTo: a@x.org,\n b@x.org\nSubject: s\nMessage-Id: <1@x>\n\nTo: no\n");
	fx_deliver(dir, ".Sent/cur/3.a.h:2,S", "cc: c@x.org\n\nbody\n");
	open_box();
	CU_ASSERT_TRUE(box.ops->sent(&box, 2, note, NULL, &err));
	CU_ASSERT_STRING_EQUAL(seen, "cc: c@x.org\n|To: a@x.org,\n b@x.org\nMessage-Id: <1@x>\n|");
	end();
}

static void a_maildir_without_sent_mails_tells_none(void)
{
	struct error err;

	*seen = '\0';
	fx_maildir(dir);
	open_box();
	CU_ASSERT_TRUE(box.ops->sent(&box, 2, note, NULL, &err));
	CU_ASSERT_STRING_EQUAL(seen, "");
	end();
}

static CU_TestInfo tests[] = {
	{"a star is the flag F among the others", a_star_is_the_flag_f_among_the_others},
	{"a star that is there is left", a_star_that_is_there_is_left},
	{"a new mail with a star stays unread", a_new_mail_with_a_star_stays_unread},
	{"a star is taken off", a_star_is_taken_off},
	{"the star of a mail that is gone is told", the_star_of_a_mail_that_is_gone_is_told},
	{"labels are not supported", labels_are_not_supported},
	{"stars are listed", stars_are_listed},
	{"a hint leaves out what is read or too old", a_hint_leaves_out_what_is_read_or_too_old},
	{"of sent mails three headers are told, the newest first", of_sent_mails_three_headers_are_told_the_newest_first},
	{"a Maildir without sent mails tells none", a_maildir_without_sent_mails_tells_none},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo maildir_marks_suite = {"Maildir: marks, sent mails", NULL, NULL, NULL, NULL, tests};
