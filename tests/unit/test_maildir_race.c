/* What other programs do to a Maildir between a look at it and a renaming: the linker puts __wrap_renameat2 in the place of
 * renameat2, and what a test wants done is done before it. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agents_fixture.h"
#include "agents_suites.h"
#include "integrations/mailbox.h"

#define MAIL "From: a@x.org\nSubject: s\n\nbody\n"

static struct mailbox box;
static char dir[FX_PATH];
static const char *from, *to;      /* "cur/1.a.h:2,"; to NULL: removed; from NULL: nothing to do */
static bool again;

int __real_renameat2(int from_dir, const char *name, int to_dir, const char *target, unsigned flags);
int __wrap_renameat2(int from_dir, const char *name, int to_dir, const char *target, unsigned flags);

int __wrap_renameat2(int from_dir, const char *name, int to_dir, const char *target, unsigned flags)
{
	char a[2 * FX_PATH], b[2 * FX_PATH];
	const char *other = from;

	if (from) {
		snprintf(a, sizeof a, "%s/%s", dir, from);
		snprintf(b, sizeof b, "%s/%s", dir, to ? to : "");
		CU_ASSERT_EQUAL(to ? rename(a, b) : unlink(a), 0);
		from = again ? to : NULL;
		to = other;
	}
	return __real_renameat2(from_dir, name, to_dir, target, flags);
}

static void start(void)
{
	struct json_object *settings = json_object_new_object();
	struct error err;

	fx_maildir(dir);
	fx_deliver(dir, "cur/1.a.h:2,", MAIL);
	json_object_object_add(settings, "path", json_object_new_string(dir));
	CU_ASSERT_TRUE_FATAL(mailbox_open(&box, "maildir", settings, NULL, &err));
	json_object_put(settings);
}

static void end(void)
{
	from = to = NULL;
	again = false;
	mailbox_close(&box);
	fx_remove(dir);
}

static bool archive(struct mail_moved *out, struct error *err)
{
	struct mail_ref ref = {.id = "1.a.h"};

	return box.ops->archive(&box, &ref, "", out, err);
}

static void a_mail_that_gets_new_flags_meanwhile_is_archived_with_them(void)
{
	struct mail_moved moved;
	struct error err;

	start();
	from = "cur/1.a.h:2,";
	to = "cur/1.a.h:2,S";
	CU_ASSERT_TRUE(archive(&moved, &err));
	CU_ASSERT_EQUAL(moved.what, MAIL_MOVED);
	CU_ASSERT_TRUE(fx_exists(dir, ".Archive/cur/1.a.h:2,S"));
	end();
}

static void one_that_vanishes_meanwhile_is_gone(void)
{
	struct mail_moved moved;
	struct error err;

	start();
	from = "cur/1.a.h:2,";
	CU_ASSERT_TRUE(archive(&moved, &err));
	CU_ASSERT_EQUAL(moved.what, MAIL_GONE);
	end();
}

static void one_that_is_renamed_all_the_time_is_told(void)
{
	struct mail_moved moved;
	struct error err;

	start();
	again = true;
	from = "cur/1.a.h:2,";
	to = "cur/1.a.h:2,S";
	CU_ASSERT_FALSE(archive(&moved, &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "renamed all the time"));
	end();
}

static void a_star_is_given_to_what_got_new_flags_meanwhile(void)
{
	struct mail_mark mark = {.star = true};
	struct mail_ref ref = {.id = "1.a.h"};
	enum mail_marked marked;
	struct error err;

	start();
	from = "cur/1.a.h:2,";
	to = "cur/1.a.h:2,S";
	CU_ASSERT_TRUE(box.ops->mark(&box, &ref, &mark, &marked, &err));
	CU_ASSERT_EQUAL(marked, MAIL_MARKED);
	CU_ASSERT_TRUE(fx_exists(dir, "cur/1.a.h:2,FS"));
	end();
}

static CU_TestInfo tests[] = {
	{"a mail that gets new flags meanwhile is archived with them", a_mail_that_gets_new_flags_meanwhile_is_archived_with_them},
	{"one that vanishes meanwhile is gone", one_that_vanishes_meanwhile_is_gone},
	{"one that is renamed all the time is told", one_that_is_renamed_all_the_time_is_told},
	{"a star is given to what got new flags meanwhile", a_star_is_given_to_what_got_new_flags_meanwhile},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo maildir_race_suite = {"Maildirs that others change", NULL, NULL, NULL, NULL, tests};
