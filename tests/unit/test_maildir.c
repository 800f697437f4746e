/* Maildirs (integrations/maildir.c). */
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/mem.h"
#include "integrations/mailbox.h"

#define MAIL "From: a@x.org\nSubject: s\n\nbody\n"

static struct mailbox box;
static char dir[FX_PATH];

static bool open_box(const char *kind, const char *path, struct error *err)
{
	struct json_object *settings = json_object_new_object();
	bool ok;

	json_object_object_add(settings, "path", json_object_new_string(path));
	ok = mailbox_open(&box, kind, settings, NULL, err);
	json_object_put(settings);
	return ok;
}

static struct mail_ref *list(unsigned max, unsigned *n)
{
	struct mail_ref *refs = NULL;
	struct error err;

	CU_ASSERT_TRUE_FATAL(open_box("maildir", dir, &err));
	CU_ASSERT_TRUE_FATAL(box.ops->list(&box, NULL, max, &refs, n, &err));
	return refs;
}

static void end(struct mail_ref *refs)
{
	mem_free(refs);
	mailbox_close(&box);
	fx_remove(dir);
}

static void mails_are_listed_newest_first(void)
{
	struct mail_ref *refs;
	unsigned n;

	fx_maildir(dir);
	fx_deliver(dir, "cur/100.a.host:2,S", MAIL);
	fx_deliver(dir, "new/300.c.host", MAIL);
	fx_deliver(dir, "cur/200.b.host:2,", MAIL);
	fx_deliver(dir, "cur/400.d.host:2,ST", MAIL);      /* in the trash */
	fx_deliver(dir, "cur/.hidden", MAIL);
	refs = list(10, &n);
	CU_ASSERT_EQUAL_FATAL(n, 3);
	CU_ASSERT_STRING_EQUAL(refs[0].id, "300.c.host");
	CU_ASSERT_TRUE(refs[0].unread);
	CU_ASSERT_STRING_EQUAL(refs[1].id, "200.b.host");
	CU_ASSERT_TRUE(refs[1].unread);
	CU_ASSERT_STRING_EQUAL(refs[2].id, "100.a.host");
	CU_ASSERT_FALSE(refs[2].unread);
	CU_ASSERT_EQUAL(refs[2].date_ms, 100000);
	CU_ASSERT_EQUAL(refs[2].size, strlen(MAIL));
	end(refs);
}

static void the_newest_of_many_are_kept(void)
{
	struct mail_ref *refs;
	char name[40];
	unsigned n, i;

	fx_maildir(dir);
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof name, "cur/%u.x.host:2,S", 1000 + (i * 7) % 50);
		fx_deliver(dir, name, MAIL);
	}
	refs = list(5, &n);
	CU_ASSERT_EQUAL_FATAL(n, 5);
	CU_ASSERT_STRING_EQUAL(refs[0].id, "1049.x.host");
	CU_ASSERT_STRING_EQUAL(refs[4].id, "1045.x.host");
	end(refs);
}

static void a_mail_is_read_whole_or_as_far_as_its_head_can_go(void)
{
	static char large[MAILBOX_MESSAGE_MAX + 10];
	struct mail_ref *refs;
	struct error err;
	char *text;
	bool cut;
	size_t size;
	unsigned n;

	fx_maildir(dir);
	memset(large, 'x', sizeof large);
	fx_write(dir, "cur/1.large.h:2,", large, sizeof large);
	fx_deliver(dir, "cur/2.small.h:2,", MAIL);
	refs = list(10, &n);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_TRUE_FATAL(box.ops->fetch(&box, &refs[0], &text, &size, &cut, &err));
	CU_ASSERT_EQUAL(size, strlen(MAIL));
	CU_ASSERT_FALSE(cut);
	mem_free(text);
	CU_ASSERT_TRUE_FATAL(box.ops->fetch(&box, &refs[1], &text, &size, &cut, &err));
	CU_ASSERT_EQUAL(size, MAIL_HEAD_MAX);
	CU_ASSERT_TRUE(cut);
	mem_free(text);
	end(refs);
}

static void archiving_moves_with_flags_and_makes_the_folder(void)
{
	struct mail_ref *refs;
	struct mail_moved moved;
	struct error err;
	unsigned n;

	fx_maildir(dir);
	fx_deliver(dir, "cur/1.a.h:2,FRS", MAIL);
	fx_deliver(dir, "new/2.b.h", MAIL);
	refs = list(10, &n);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_TRUE(box.ops->archive(&box, &refs[1], "", &moved, &err));
	CU_ASSERT_EQUAL(moved.what, MAIL_MOVED);
	CU_ASSERT_STRING_EQUAL(moved.where, ".Archive/cur/1.a.h:2,FRS");
	CU_ASSERT_TRUE(fx_exists(dir, ".Archive/cur/1.a.h:2,FRS"));
	CU_ASSERT_FALSE(fx_exists(dir, "cur/1.a.h:2,FRS"));
	CU_ASSERT_TRUE(box.ops->archive(&box, &refs[0], "", &moved, &err));
	CU_ASSERT_TRUE(fx_exists(dir, ".Archive/cur/2.b.h:2,"));
	CU_ASSERT_TRUE(fx_exists(dir, ".Archive/new"));
	CU_ASSERT_TRUE(fx_exists(dir, ".Archive/tmp"));
	end(refs);
}

static void archiving_again_finds_it_done(void)
{
	struct mail_ref *refs;
	struct mail_moved moved;
	struct error err;
	unsigned n;

	fx_maildir(dir);
	fx_deliver(dir, "cur/1.a.h:2,S", MAIL);
	refs = list(10, &n);
	CU_ASSERT_TRUE(box.ops->archive(&box, &refs[0], "", &moved, &err));
	CU_ASSERT_TRUE(box.ops->archive(&box, &refs[0], "", &moved, &err));
	CU_ASSERT_EQUAL(moved.what, MAIL_ALREADY_THERE);
	CU_ASSERT_STRING_EQUAL(moved.where, ".Archive/cur/1.a.h:2,S");
	end(refs);
}

static void a_mail_whose_flags_changed_is_still_found(void)
{
	struct mail_ref *refs;
	struct mail_moved moved;
	struct error err;
	char from[2 * FX_PATH], to[2 * FX_PATH];
	unsigned n;

	fx_maildir(dir);
	fx_deliver(dir, "new/1.a.h", MAIL);
	refs = list(10, &n);
	snprintf(from, sizeof from, "%s/new/1.a.h", dir);
	snprintf(to, sizeof to, "%s/cur/1.a.h:2,RS", dir);
	CU_ASSERT_EQUAL(rename(from, to), 0);
	CU_ASSERT_TRUE(box.ops->archive(&box, &refs[0], "", &moved, &err));
	CU_ASSERT_STRING_EQUAL(moved.where, ".Archive/cur/1.a.h:2,RS");
	end(refs);
}

static void a_mail_that_is_gone_is_told(void)
{
	struct mail_ref *refs;
	struct mail_moved moved;
	struct error err;
	char path[2 * FX_PATH], *text;
	size_t size;
	bool cut;
	unsigned n;

	fx_maildir(dir);
	fx_deliver(dir, "cur/1.a.h:2,S", MAIL);
	refs = list(10, &n);
	snprintf(path, sizeof path, "%s/cur/1.a.h:2,S", dir);
	unlink(path);
	CU_ASSERT_TRUE(box.ops->archive(&box, &refs[0], "", &moved, &err));
	CU_ASSERT_EQUAL(moved.what, MAIL_GONE);
	CU_ASSERT_FALSE(box.ops->fetch(&box, &refs[0], &text, &size, &cut, &err));
	CU_ASSERT_EQUAL(err.code, ERR_NOT_FOUND);
	end(refs);
}

/* Given a folder of somebody else's that links lead to. */
static void links_lead_nowhere(void)
{
	char other[FX_PATH], path[2 * FX_PATH], target[2 * FX_PATH];
	struct mail_ref *refs, fake = {.id = "9.secret.h"};
	struct mail_moved moved;
	struct error err;
	char *text;
	size_t size;
	bool cut;
	unsigned n;

	fx_maildir(other);
	fx_deliver(other, "cur/9.secret.h:2,S", "secret");
	fx_maildir(dir);
	fx_deliver(dir, "cur/1.a.h:2,S", MAIL);
	snprintf(path, sizeof path, "%s/cur/9.secret.h:2,S", dir);
	snprintf(target, sizeof target, "%s/cur/9.secret.h:2,S", other);
	CU_ASSERT_EQUAL_FATAL(symlink(target, path), 0);
	snprintf(path, sizeof path, "%s/.Archive", dir);
	CU_ASSERT_EQUAL_FATAL(symlink(other, path), 0);
	refs = list(10, &n);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_FALSE(box.ops->fetch(&box, &fake, &text, &size, &cut, &err));
	CU_ASSERT_FALSE(box.ops->archive(&box, &refs[0], "", &moved, &err));
	CU_ASSERT_TRUE(fx_exists(dir, "cur/1.a.h:2,S"));
	CU_ASSERT_EQUAL(fx_count(other, "cur"), 1);
	mailbox_close(&box);
	/* a Maildir whose own cur is a link */
	snprintf(path, sizeof path, "%s/new", dir);
	rmdir(path);
	snprintf(target, sizeof target, "%s/new", other);
	CU_ASSERT_EQUAL_FATAL(symlink(target, path), 0);
	CU_ASSERT_FALSE(open_box("maildir", dir, &err));
	fx_remove(other);
	end(refs);
}

static void ids_are_no_paths(void)
{
	static const char *const ids[] = {"../cur/1.a.h", "/etc/passwd", "..", ".", ""};
	struct mail_ref *refs, ref;
	struct mail_moved moved;
	struct error err;
	unsigned n, i;

	fx_maildir(dir);
	fx_deliver(dir, "cur/1.a.h:2,S", MAIL);
	refs = list(10, &n);
	for (i = 0; i < sizeof ids / sizeof *ids; i++) {
		memset(&ref, 0, sizeof ref);
		snprintf(ref.id, sizeof ref.id, "%s", ids[i]);
		CU_ASSERT_TRUE(box.ops->archive(&box, &ref, "", &moved, &err));
		CU_ASSERT_EQUAL(moved.what, MAIL_GONE);
	}
	CU_ASSERT_TRUE(fx_exists(dir, "cur/1.a.h:2,S"));
	end(refs);
}

static void what_is_no_maildir_is_refused(void)
{
	struct error err = {0};
	struct json_object *settings = json_object_new_object();

	fx_folder(dir);
	CU_ASSERT_FALSE(open_box("maildir", dir, &err));
	CU_ASSERT_PTR_NULL(strstr(err.message, dir));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "no Maildir"));
	CU_ASSERT_FALSE(open_box("maildir", "/nonexistent", &err));
	CU_ASSERT_STRING_EQUAL(err.message, "Cannot open the connected Maildir: No such file or directory");
	CU_ASSERT_FALSE(open_box("mbox", "/nonexistent", &err));
	CU_ASSERT_STRING_EQUAL(err.message, "Cannot open the connected mbox: No such file or directory");
	CU_ASSERT_FALSE(open_box("maildir", "relative/path", &err));
	CU_ASSERT_FALSE(mailbox_open(&box, "maildir", settings, NULL, &err));
	CU_ASSERT_FALSE(open_box("pigeon", dir, &err));
	CU_ASSERT_EQUAL(err.code, ERR_INTEGRATION_NOT_CONNECTED);
	json_object_put(settings);
	fx_remove(dir);
}

static CU_TestInfo tests[] = {
	{"mails are listed newest first", mails_are_listed_newest_first},
	{"the newest of many are kept", the_newest_of_many_are_kept},
	{"a mail is read whole, or as far as its head can go", a_mail_is_read_whole_or_as_far_as_its_head_can_go},
	{"archiving moves with flags and makes the folder", archiving_moves_with_flags_and_makes_the_folder},
	{"archiving again finds it done", archiving_again_finds_it_done},
	{"a mail whose flags changed is still found", a_mail_whose_flags_changed_is_still_found},
	{"a mail that is gone is told", a_mail_that_is_gone_is_told},
	{"links lead nowhere", links_lead_nowhere},
	{"ids are no paths", ids_are_no_paths},
	{"what is no Maildir is refused", what_is_no_maildir_is_refused},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo maildir_suite = {"Maildir", NULL, NULL, NULL, NULL, tests};
