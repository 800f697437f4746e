/* Archiving on IMAP servers that a test scripts (integrations/imap_archive.c, imap_expunge.c): what is decided from what they
 * say, and what is never removed. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "agents_suites.h"
#include "imap_fake.h"

#define HEAD  "BODY[HEADER]<0> {21}\r\nMessage-ID: <x@y>\r\n\r\n"
#define MAIL(uid, flags) "* 1 FETCH (UID " uid " FLAGS (" flags ") INTERNALDATE \"17-Jul-2026 02:44:25 +0000\" RFC822.SIZE 100"
#define FACTS(uid, flags) MAIL(uid, flags) ")\r\nTAG OK done\r\n"
#define WHOLE(uid, flags) MAIL(uid, flags) " " HEAD ")\r\nTAG OK done\r\n"
#define NONE  "TAG OK done\r\n"
#define PLUS  "UIDPLUS"
#define DATE_MS INT64_C(1784256265000)

static struct fake fake;
static struct error err;
static struct mail_moved moved;

static bool archive_from(const char *folder, const char *capabilities, const struct fake_reply *replies, const char *message_id)
{
	struct mail_ref ref = {.id = "7.5", .size = 100, .date_ms = DATE_MS};

	fake_start(&fake, capabilities, replies);
	CU_ASSERT_TRUE_FATAL(fake_open(&fake, folder, &err));
	return fake.box.ops->archive(&fake.box, &ref, message_id, &moved, &err);
}

static bool archive(const char *capabilities, const struct fake_reply *replies)
{
	return archive_from("", capabilities, replies, "x@y");
}

#define SAYS(text) CU_ASSERT_PTR_NOT_NULL(strstr(err.message, text))

/* ---- MOVE ---- */

static void a_mail_that_is_gone_is_gone_though_another_was_expunged(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 1}, {"UID FETCH 5 ", NONE, 0},
		{"UID MOVE", "* 3 EXPUNGE\r\nTAG OK done\r\n", 0}, {NULL, NULL, 0}};

	CU_ASSERT_TRUE(archive("MOVE", replies));
	CU_ASSERT_EQUAL(moved.what, MAIL_GONE);
	fake_end(&fake);
}

static void a_mail_is_moved_when_it_left_the_inbox_and_the_archive_has_it(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 1}, {"UID FETCH 5 ", NONE, 0},
		{"UID SEARCH .* HEADER Message-ID \"<x@y>\"", "* SEARCH 50\r\nTAG OK done\r\n", 0},
		{"UID FETCH 50 .*HEADER", WHOLE("50", ""), 0}, {"UID FETCH 50 ", FACTS("50", ""), 0}, {NULL, NULL, 0}};

	CU_ASSERT_TRUE(archive("MOVE", replies));
	CU_ASSERT_EQUAL(moved.what, MAIL_MOVED);
	CU_ASSERT_STRING_EQUAL(moved.where, "Archive;UIDVALIDITY=9;UID=50");
	fake_end(&fake);
}

static void a_server_that_only_says_that_it_moved_is_not_believed(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 0}, {"UID FETCH 5 ", FACTS("5", ""), 0},
		{"UID MOVE", "* 3 EXPUNGE\r\nTAG OK done\r\n", 0}, {NULL, NULL, 0}};

	CU_ASSERT_FALSE(archive("MOVE", replies));
	SAYS("says that it moved it, and did not");
	fake_end(&fake);
}

static void the_archive_may_be_made_by_somebody_else_meanwhile(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 0},
		{"UID MOVE", "TAG NO [TRYCREATE] no such folder\r\n", 1}, {"CREATE", "TAG NO it is there\r\n", 0},
		{"UID MOVE", "* OK [COPYUID 9 5 50] ok\r\n* 1 EXPUNGE\r\nTAG OK done\r\n", 0}, {NULL, NULL, 0}};

	CU_ASSERT_TRUE(archive("MOVE UIDPLUS", replies));
	CU_ASSERT_EQUAL(moved.what, MAIL_MOVED);
	fake_end(&fake);
}

static void a_folder_that_cannot_be_made_is_told(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 0}, {"UID FETCH 5 ", FACTS("5", ""), 0},
		{"UID MOVE", "TAG NO [TRYCREATE] no such folder\r\n", 0}, {"CREATE", "TAG NO not for you\r\n", 0}, {NULL, NULL, 0}};

	CU_ASSERT_FALSE(archive("MOVE UIDPLUS", replies));
	SAYS("The archive folder cannot be made: the server says: not for you");
	fake_end(&fake);
}

/* ---- Is it the mail that was meant? ---- */

static void another_mail_under_the_id_is_not_touched(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", MAIL("5", "") " BODY[HEADER]<0> {25}\r\nMessage-ID: <other@y>\r\n\r\n)\r\nTAG OK done\r\n", 0},
		{NULL, NULL, 0}};

	CU_ASSERT_TRUE(archive("MOVE UIDPLUS", replies));
	CU_ASSERT_EQUAL(moved.what, MAIL_GONE);
	CU_ASSERT_EQUAL(fake_heard(&fake, "UID MOVE"), 0);
	fake_end(&fake);
}

static void nor_one_of_another_size_where_there_is_no_message_id(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 ", "* 1 FETCH (UID 5 FLAGS () RFC822.SIZE 101)\r\nTAG OK done\r\n", 0}, {NULL, NULL, 0}};

	CU_ASSERT_TRUE(archive_from("", "MOVE UIDPLUS", replies, ""));
	CU_ASSERT_EQUAL(moved.what, MAIL_GONE);
	CU_ASSERT_EQUAL(fake_heard(&fake, "UID MOVE"), 0);
	fake_end(&fake);
}

static void nor_is_another_marked(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 ", MAIL("5", "") " BODY[HEADER]<0> {25}\r\nMessage-ID: <other@y>\r\n\r\n)\r\nTAG OK done\r\n", 0},
		{NULL, NULL, 0}};
	struct mail_mark mark = {.star = true, .message_id = "x@y"};
	struct mail_ref ref = {.id = "7.5", .size = 100};
	enum mail_marked what;

	fake_start(&fake, "", replies);
	CU_ASSERT_TRUE_FATAL(fake_open(&fake, "", &err));
	CU_ASSERT_TRUE(fake.box.ops->mark(&fake.box, &ref, &mark, &what, &err));
	CU_ASSERT_EQUAL(what, MAIL_MARK_GONE);
	CU_ASSERT_EQUAL(fake_heard(&fake, "UID STORE"), 0);
	fake_end(&fake);
}

/* ---- COPY ---- */

static void a_copy_that_is_only_claimed_removes_nothing(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 0}, {"UID FETCH 5 ", FACTS("5", ""), 0}, {NULL, NULL, 0}};

	CU_ASSERT_FALSE(archive(PLUS, replies));
	SAYS("the archive holds no copy");
	CU_ASSERT_EQUAL(fake_heard(&fake, "UID COPY"), 1);
	CU_ASSERT_EQUAL(fake_heard(&fake, "UID STORE") + fake_heard(&fake, "UID EXPUNGE"), 0);
	fake_end(&fake);
}

static void an_archive_that_cannot_be_looked_into_now_is_not_empty(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 0}, {"EXAMINE", "TAG NO [INUSE] try later\r\n", 0}, {NULL, NULL, 0}};

	CU_ASSERT_FALSE(archive(PLUS, replies));
	CU_ASSERT_TRUE(err.retryable);
	CU_ASSERT_EQUAL(fake_heard(&fake, "UID COPY"), 0);
	fake_end(&fake);
}

static void a_refusal_without_a_reason_is_looked_after_in_the_list(void)
{
	static const struct fake_reply there[] = {
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 0}, {"EXAMINE", "TAG NO no\r\n", 0},
		{"LIST \"\" \"Archive\"", "* LIST () \"/\" Archive\r\nTAG OK done\r\n", 0}, {NULL, NULL, 0}};
	static const struct fake_reply missing[] = {
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 0}, {"EXAMINE", "TAG NO no\r\n", 0},
		{"UID COPY", "TAG OK [COPYUID 9 5 50] done\r\n", 0}, {NULL, NULL, 0}};

	CU_ASSERT_FALSE(archive(PLUS, there));
	SAYS("A folder cannot be opened");
	fake_end(&fake);
	CU_ASSERT_TRUE(archive(PLUS, missing));
	CU_ASSERT_EQUAL(moved.what, MAIL_MOVED);
	fake_end(&fake);
}

#define SEARCHED "UID SEARCH .* HEADER Message-ID \"<x@y>\""

/* The archive has a mail of that Message-ID that is another, before the one that is meant. */
static void of_several_with_one_message_id_all_are_compared(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 0}, {SEARCHED, "* SEARCH 50 60\r\nTAG OK done\r\n", 0},
		{"UID FETCH 60 .*HEADER", MAIL("60", "") " BODY[HEADER]<0> {27}\r\nA: b\r\nMessage-ID: <x@y>\r\n\r\n)\r\nTAG OK done\r\n", 0},
		{"UID FETCH 50 .*HEADER", WHOLE("50", ""), 0}, {"UID FETCH 60,50 ", MAIL("60", "") ")\r\n" FACTS("50", ""), 0},
		{NULL, NULL, 0}};

	CU_ASSERT_TRUE(archive(PLUS, replies));
	CU_ASSERT_STRING_EQUAL(moved.where, "Archive;UIDVALIDITY=9;UID=50");
	CU_ASSERT_EQUAL(fake_heard(&fake, "UID COPY"), 0);
	CU_ASSERT_EQUAL(fake_heard(&fake, "UID EXPUNGE 5"), 1);
	fake_end(&fake);
}

#define NO_ID "BODY[HEADER]<0> {8}\r\nA: b\r\n\r\n"

static void without_a_message_id_a_copy_is_found_by_size_and_arrival(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", MAIL("5", "") " " NO_ID ")\r\nTAG OK done\r\n", 0},
		{"UID SEARCH 1:1 UNDELETED LARGER 99 SMALLER 101 SINCE 16-Jul-2026 BEFORE 19-Jul-2026", "* SEARCH 50\r\nTAG OK done\r\n", 0},
		{"UID FETCH 50 .*HEADER", MAIL("50", "") " " NO_ID ")\r\nTAG OK done\r\n", 0}, {"UID FETCH 50 ", FACTS("50", ""), 0},
		{NULL, NULL, 0}};

	CU_ASSERT_TRUE(archive_from("", PLUS, replies, ""));
	CU_ASSERT_STRING_EQUAL(moved.where, "Archive;UIDVALIDITY=9;UID=50");
	CU_ASSERT_EQUAL(fake_heard(&fake, "UID COPY"), 0);
	fake_end(&fake);
}

static void and_so_is_one_whose_move_was_not_answered(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 ", NONE, 0}, {"UID SEARCH 1:1 UNDELETED LARGER 99 SMALLER 101 SINCE", "* SEARCH 50\r\nTAG OK done\r\n", 0},
		{"UID FETCH 50 ", FACTS("50", ""), 0}, {NULL, NULL, 0}};

	CU_ASSERT_TRUE(archive_from("", "MOVE", replies, ""));
	CU_ASSERT_EQUAL(moved.what, MAIL_ALREADY_THERE);
	CU_ASSERT_STRING_EQUAL(moved.where, "Archive;UIDVALIDITY=9;UID=50");
	fake_end(&fake);
}

/* ---- What others deleted ---- */

static void a_search_that_was_not_answered_removes_nothing(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 0}, {"UID SEARCH 1:1 DELETED", NONE, 0}, {NULL, NULL, 0}};

	CU_ASSERT_FALSE(archive("", replies));
	SAYS("does not answer a search");
	CU_ASSERT_EQUAL(fake_heard(&fake, "UID COPY") + fake_heard(&fake, "EXPUNGE"), 0);
	fake_end(&fake);
}

static void the_newer_answer_to_a_search_is_understood(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 0}, {"UID FETCH 9 .*HEADER", WHOLE("9", "\\Deleted"), 0},
		{"UID SEARCH 1:1 DELETED", "* ESEARCH (TAG \"x\") UID ALL 3,9 COUNT 2\r\nTAG OK done\r\n", 0}, {NULL, NULL, 0}};

	CU_ASSERT_FALSE(archive("", replies));
	SAYS("marked as deleted");
	CU_ASSERT_EQUAL(fake_heard(&fake, "UID COPY") + fake_heard(&fake, "EXPUNGE"), 0);
	fake_end(&fake);
}

static void more_deleted_mails_than_an_answer_may_hold_are_no_broken_connection(void)
{
	static const struct fake_reply replies[] = {
		{"SELECT", "* 20000 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\nTAG OK [READ-WRITE] done\r\n", 0},
		{"UID FETCH 5 .*HEADER", WHOLE("5", ""), 0}, {"UID FETCH 20 .*HEADER", WHOLE("20", "\\Deleted"), 0},
		{"UID SEARCH 15001:20000 DELETED", "* SEARCH 1 2 3 4 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24\r\nTAG OK done\r\n", 0},
		{"UID SEARCH", NULL, 0}, {NULL, NULL, 0}};

	CU_ASSERT_FALSE(archive("", replies));
	SAYS("marked as deleted");
	fake_end(&fake);
}

#define FOUND_50 {SEARCHED, "* SEARCH 50\r\nTAG OK done\r\n", 0}, {"UID FETCH 50 .*HEADER", WHOLE("50", ""), 0}, \
	{"UID FETCH 50 ", FACTS("50", ""), 0}

static void a_mail_that_was_left_half_moved_is_finished(void)
{
	static const struct fake_reply replies[] = {{"UID FETCH 5 .*HEADER", WHOLE("5", "\\Deleted"), 0}, FOUND_50, {NULL, NULL, 0}};
	static const char *const capabilities[] = {PLUS, ""}, *const how[] = {"UID EXPUNGE 5", "EXPUNGE"};
	unsigned i;

	for (i = 0; i < 2; i++) {
		CU_ASSERT_TRUE(archive(capabilities[i], replies));
		CU_ASSERT_EQUAL(moved.what, MAIL_MOVED);
		CU_ASSERT_EQUAL(fake_heard(&fake, how[i]), 1);
		CU_ASSERT_EQUAL(fake_heard(&fake, "UID COPY"), 0);
		fake_end(&fake);
	}
}

static void one_that_its_owner_deleted_is_not(void)
{
	static const struct fake_reply replies[] = {{"UID FETCH 5 .*HEADER", WHOLE("5", "\\Deleted"), 0}, {NULL, NULL, 0}};

	CU_ASSERT_TRUE(archive("MOVE UIDPLUS", replies));
	CU_ASSERT_EQUAL(moved.what, MAIL_GONE);
	CU_ASSERT_EQUAL(fake_heard(&fake, "UID MOVE") + fake_heard(&fake, "UID EXPUNGE"), 0);
	fake_end(&fake);
}

static void what_another_attempt_left_behind_hinders_nobody(void)
{
	static const struct fake_reply replies[] = {
		{"UID FETCH 5 .*HEADER", MAIL("5", "") " " NO_ID ")\r\nTAG OK done\r\n", 0}, {"UID FETCH 5 ", FACTS("5", ""), 0},
		{"UID SEARCH 1:1 DELETED", "* SEARCH 3\r\nTAG OK done\r\n", 1}, {"UID SEARCH 1:1 DELETED", "* SEARCH 3 5\r\nTAG OK done\r\n", 0},
		{"UID FETCH 3 .*HEADER", WHOLE("3", "\\Deleted"), 0}, {"UID COPY", "TAG OK [COPYUID 9 5 51] done\r\n", 0}, FOUND_50,
		{NULL, NULL, 0}};

	CU_ASSERT_TRUE(archive_from("", "", replies, ""));
	CU_ASSERT_EQUAL(moved.what, MAIL_MOVED);
	CU_ASSERT_EQUAL(fake_heard(&fake, "EXPUNGE"), 1);
	fake_end(&fake);
}

/* ---- Is it in the archive? ---- */

static bool in_archive(const char *where, const char *message_id)
{
	static const struct fake_reply replies[] = {{"UID FETCH 50 ", FACTS("50", ""), 0}, {NULL, NULL, 0}};
	bool there = false;

	fake_start(&fake, "MOVE UIDPLUS", replies);
	CU_ASSERT_TRUE_FATAL(fake_open(&fake, "", &err));
	CU_ASSERT_TRUE(fake.box.ops->in_archive(&fake.box, where, message_id, &there, &err));
	fake_end(&fake);
	return there;
}

static void an_id_of_another_folder_is_not_believed(void)
{
	CU_ASSERT_TRUE(in_archive("Archive;UIDVALIDITY=9;UID=50", "x@y"));
	CU_ASSERT_FALSE(in_archive("Archive;UIDVALIDITY=8;UID=50", "x@y"));
	CU_ASSERT_FALSE(in_archive("Archives;UIDVALIDITY=9;UID=50", "x@y"));
	CU_ASSERT_FALSE(in_archive("Old/Archive;UIDVALIDITY=9;UID=50", "x@y"));
}

static CU_TestInfo tests[] = {
	{"a mail that is gone is gone, though another was expunged", a_mail_that_is_gone_is_gone_though_another_was_expunged},
	{"a mail is moved when it left the inbox and the archive has it", a_mail_is_moved_when_it_left_the_inbox_and_the_archive_has_it},
	{"a server that only says that it moved is not believed", a_server_that_only_says_that_it_moved_is_not_believed},
	{"the archive may be made by somebody else meanwhile", the_archive_may_be_made_by_somebody_else_meanwhile},
	{"a folder that cannot be made is told", a_folder_that_cannot_be_made_is_told},
	{"another mail under the id is not touched", another_mail_under_the_id_is_not_touched},
	{"nor one of another size where there is no Message-ID", nor_one_of_another_size_where_there_is_no_message_id},
	{"nor is another marked", nor_is_another_marked},
	{"a copy that is only claimed removes nothing", a_copy_that_is_only_claimed_removes_nothing},
	{"an archive that cannot be looked into now is not empty", an_archive_that_cannot_be_looked_into_now_is_not_empty},
	{"a refusal without a reason is looked after in the list", a_refusal_without_a_reason_is_looked_after_in_the_list},
	{"of several with one Message-ID all are compared", of_several_with_one_message_id_all_are_compared},
	{"without a Message-ID a copy is found by size and arrival", without_a_message_id_a_copy_is_found_by_size_and_arrival},
	{"and so is one whose MOVE was not answered", and_so_is_one_whose_move_was_not_answered},
	{"a search that was not answered removes nothing", a_search_that_was_not_answered_removes_nothing},
	{"the newer answer to a search is understood", the_newer_answer_to_a_search_is_understood},
	{"more deleted mails than an answer may hold are no broken connection", more_deleted_mails_than_an_answer_may_hold_are_no_broken_connection},
	{"a mail that was left half moved is finished", a_mail_that_was_left_half_moved_is_finished},
	{"one that its owner deleted is not", one_that_its_owner_deleted_is_not},
	{"what another attempt left behind hinders nobody", what_another_attempt_left_behind_hinders_nobody},
	{"an id of another folder is not believed", an_id_of_another_folder_is_not_believed},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo imap_archive_suite = {"archiving on IMAP servers", NULL, NULL, NULL, NULL, tests};
