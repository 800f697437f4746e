/* What IMAP servers say (net/imap_parse.h). */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "net/imap_parse.h"
#include "net_suites.h"

/* ---- Answers out of bytes ---- */

static struct imap_framer framer;

/* Feeds a text in pieces of so many bytes; how many answers came whole, -1: refused. The last one stays in the framer. */
static int feed(const char *text, size_t n, size_t piece, struct error *err)
{
	size_t at = 0, used;
	bool fresh = true;
	int whole = 0;

	while (at < n) {
		enum imap_frame what;

		if (fresh)
			imap_framer_next(&framer);
		what = imap_framer_feed(&framer, text + at, n - at < piece ? n - at : piece, &used, err);
		at += used;
		fresh = what == IMAP_WHOLE;
		whole += fresh;
		if (what == IMAP_REFUSED)
			return -1;
	}
	return whole;
}

static void an_answer_is_a_line_whatever_pieces_it_comes_in(void)
{
	static const char text[] = "* OK hello\r\n* 3 EXISTS\nQ1 OK done\r\n";
	struct error err;
	size_t piece;

	for (piece = 1; piece < sizeof text; piece++) {
		imap_framer_init(&framer, 100);
		CU_ASSERT_EQUAL(feed(text, sizeof text - 1, piece, &err), 3);
		CU_ASSERT_STRING_EQUAL(buf_str(&framer.text), "Q1 OK done\r\n");
		imap_framer_release(&framer);
	}
}

static void literals_belong_to_their_answer(void)
{
	static const char text[] = "* 1 FETCH (BODY[] {5}\r\na\r\n{9 UID 7 X {0}\r\n)\r\n* 2 EXISTS\r\n";
	struct error err;
	size_t piece;

	for (piece = 1; piece < sizeof text; piece++) {
		imap_framer_init(&framer, 5);
		CU_ASSERT_EQUAL(feed(text, sizeof text - 1, piece, &err), 2);
		imap_framer_release(&framer);
	}
}

static void the_text_of_a_status_announces_no_literal(void)
{
	static const char text[] = "* OK see {99}\r\nQ1 NO {7}\r\n+ {3}\r\n* 1 EXISTS\r\n";
	struct error err;

	imap_framer_init(&framer, 5);
	CU_ASSERT_EQUAL(feed(text, sizeof text - 1, 100, &err), 4);
	imap_framer_release(&framer);
}

static void literals_larger_than_asked_for_are_refused(void)
{
	static const char *const texts[] = {"* 1 FETCH (BODY[] {6}\r\n", "* 1 FETCH (A {3}\r\nabc B {3}\r\n",
	                                    "* 1 FETCH (BODY[] {18446744073709551617}\r\n"};
	struct error err;
	unsigned i;

	for (i = 0; i < 3; i++) {
		imap_framer_init(&framer, 5);
		CU_ASSERT_EQUAL(feed(texts[i], strlen(texts[i]), 100, &err), -1);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "more than was asked for"));
		imap_framer_release(&framer);
	}
}

static void a_line_without_an_end_is_refused(void)
{
	char *text = mem_alloc(IMAP_LINE_MAX + 1);
	struct error err;

	memset(text, 'x', IMAP_LINE_MAX + 1);
	text[IMAP_LINE_MAX - 1] = '\n';
	imap_framer_init(&framer, 0);
	CU_ASSERT_EQUAL(feed(text, IMAP_LINE_MAX, 1000, &err), 1);
	text[IMAP_LINE_MAX - 1] = 'x';
	CU_ASSERT_EQUAL(feed(text, IMAP_LINE_MAX + 1, 1000, &err), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "without an end"));
	imap_framer_release(&framer);
	mem_free(text);
}

static void what_stands_between_literals_counts_as_one_line(void)
{
	struct error err;
	int i, whole = 0;

	imap_framer_init(&framer, 10);
	imap_framer_next(&framer);
	for (i = 0; i < 20000 && whole == 0; i++) {
		size_t used;

		whole = imap_framer_feed(&framer, "* A {0}\r\n", 9, &used, &err) == IMAP_REFUSED;
	}
	CU_ASSERT_TRUE(whole == 1 && i <= IMAP_LITERALS_MAX + 1);
	imap_framer_release(&framer);
}

/* ---- Tokens ---- */

static struct imap_reader reader(const char *text)
{
	return (struct imap_reader){text, text + strlen(text)};
}

static void tokens_are_told_apart(void)
{
	struct imap_reader r = reader("atom (\"quo\\\"ted\" {3}\r\na)b) BODY[HEADER.FIELDS (TO CC)]<0> \\Seen [x\r\n");
	static const enum imap_token_kind kinds[] = {IMAP_ATOM, IMAP_OPEN, IMAP_QUOTED, IMAP_LITERAL, IMAP_CLOSE, IMAP_ATOM,
	                                             IMAP_ATOM, IMAP_ATOM, IMAP_END, IMAP_END};
	static const char *const texts[] = {"atom", NULL, "quo\"ted", "a)b", NULL, "BODY[HEADER.FIELDS (TO CC)]<0>", "\\Seen", "[x",
	                                    NULL, NULL};
	char text[100];
	unsigned i;

	for (i = 0; i < 10; i++) {
		struct imap_token t = imap_next(&r);

		CU_ASSERT_EQUAL(t.kind, kinds[i]);
		if (texts[i]) {
			CU_ASSERT_TRUE(imap_text(&t, text, sizeof text));
			CU_ASSERT_STRING_EQUAL(text, texts[i]);
		}
	}
}

static void what_no_server_may_write_is_bad(void)
{
	static const char *const texts[] = {"\"open", "\"end\\", "\"line\r\n\"", "{5}\r\nabc", "{5}abcde", "{}\r\n", "{99999999999}\r\n",
	                                    "BODY[TO", "BODY[\r\n]", "\x7f"};
	unsigned i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct imap_reader r = reader(texts[i]);

		CU_ASSERT_EQUAL(imap_next(&r).kind, IMAP_BAD);
		CU_ASSERT_EQUAL(imap_next(&r).kind, IMAP_END);
	}
}

static void lists_are_passed_over_to_a_depth(void)
{
	char text[200] = "";
	struct imap_reader r;
	unsigned depth;

	for (depth = IMAP_DEPTH_MAX; depth <= IMAP_DEPTH_MAX + 1; depth++) {
		memset(text, '(', depth);
		memset(text + depth, ')', depth);
		strcpy(text + 2 * depth, " next");
		r = reader(text);
		CU_ASSERT_EQUAL(imap_skip(&r), depth == IMAP_DEPTH_MAX);
	}
	r = reader("(a (b \"c)\") {2}\r\n))) next");
	CU_ASSERT_TRUE(imap_skip(&r));
	CU_ASSERT_EQUAL(strcmp(r.p, " next"), 0);
	r = reader("(a (b)");
	CU_ASSERT_FALSE(imap_skip(&r));
}

static void numbers_are_checked(void)
{
	static const struct { const char *text; bool ok; } cases[] = {
		{"0", true}, {"4294967295", true}, {"4294967296", false}, {"-1", false}, {"+1", false}, {"1a", false},
		{"99999999999999999999", false}};
	unsigned i;
	uint64_t n;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct imap_token t = {IMAP_ATOM, cases[i].text, strlen(cases[i].text)};

		CU_ASSERT_EQUAL(imap_number(&t, UINT32_MAX, &n), cases[i].ok);
	}
}

static void a_text_that_does_not_fit_or_holds_nul_is_none(void)
{
	struct imap_token t = {IMAP_LITERAL, "abc\0d", 5}, fits = {IMAP_ATOM, "abc", 3};
	char small[4], smaller[3];

	CU_ASSERT_FALSE(imap_text(&t, small, sizeof small));
	CU_ASSERT_TRUE(imap_text(&fits, small, sizeof small));
	CU_ASSERT_FALSE(imap_text(&fits, smaller, sizeof smaller));
}

/* ---- Answers ---- */

static struct imap_answer answer(const char *text)
{
	struct imap_answer a;

	CU_ASSERT_TRUE(imap_answer_read(text, strlen(text), &a));
	return a;
}

static void statuses_have_tag_code_and_text(void)
{
	struct imap_answer a = answer("Q12 NO [OVERQUOTA] Quota exceeded (0.1 secs).\r\n");

	CU_ASSERT_TRUE(a.kind == IMAP_STATUS && a.condition == IMAP_NO && imap_is(&a.tag, "q12"));
	CU_ASSERT_STRING_EQUAL(a.code, "OVERQUOTA");
	CU_ASSERT_TRUE(a.text.n == 26 && memcmp(a.text.p, "Quota exceeded", 14) == 0);
	a = answer("* bye\r\n");
	CU_ASSERT_TRUE(a.kind == IMAP_STATUS && a.condition == IMAP_BYE && a.tag.n == 0 && a.text.n == 0);
	a = answer("* OK [UNCLOSED text\r\n");
	CU_ASSERT_STRING_EQUAL(a.code, "");
}

static void data_has_number_and_name(void)
{
	struct imap_answer a = answer("* 12 FETCH (UID 3)\r\n");

	CU_ASSERT_TRUE(a.kind == IMAP_DATA && a.has_number && a.number == 12);
	CU_ASSERT_STRING_EQUAL(a.name, "FETCH");
	a = answer("* search 1 2\r\n");
	CU_ASSERT_TRUE(!a.has_number && strcmp(a.name, "SEARCH") == 0);
	a = answer("* AVERYVERYLONGNAMEINDEED 1\r\n");
	CU_ASSERT_STRING_EQUAL(a.name, "");
}

static void what_is_no_answer_is_none(void)
{
	static const char *const texts[] = {"\r\n", "", " * OK x", "Q1 FETCH (UID 1)\r\n", "* \r\n", "* (x)\r\n", "* 99999999999\r\n",
	                                    "* 12\r\n"};
	struct imap_answer a;
	unsigned i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++)
		/* a number that is none is a name of data that nobody asks for */
		CU_ASSERT_EQUAL(imap_answer_read(texts[i], strlen(texts[i]), &a), i == 6);
}

/* ---- Data ---- */

static bool fetch(const char *text, struct imap_fetched *out)
{
	return imap_fetch_read(reader(text), out);
}

static void a_fetch_tells_of_a_mail(void)
{
	struct imap_fetched f;

	CU_ASSERT_TRUE_FATAL(fetch(" (FLAGS (\\Seen \\Flagged $x) INTERNALDATE \"29-Nov-2026 17:19:58 +0000\" RFC822.SIZE 51"
	                           " X (1 (2)) UID 7 BODY[]<0> {5}\r\nab)(c)\r\n", &f));
	CU_ASSERT_TRUE(f.uid == 7 && f.size == 51 && f.has_size && f.seen && f.flagged && !f.deleted);
	CU_ASSERT_EQUAL(f.date_ms, INT64_C(1795972798000));
	CU_ASSERT_TRUE(f.has_body && f.body.n == 5 && memcmp(f.body.p, "ab)(c", 5) == 0);
	CU_ASSERT_TRUE(imap_list_has(f.flags, "$X"));
	CU_ASSERT_FALSE(imap_list_has(f.flags, "$"));
}

static void a_fetch_that_is_none_is_refused(void)
{
	static const char *const texts[] = {"", "UID 1", "(UID", "(UID 1", "(UID x)", "(UID 4294967296)", "(FLAGS \\Seen)",
	                                    "(RFC822.SIZE NIL)", "(INTERNALDATE 5)", "(BODY[] 5)", "(BODY[] (x))", "((UID) 1)"};
	struct imap_fetched f;
	unsigned i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++)
		CU_ASSERT_FALSE(fetch(texts[i], &f));
}

static void dates_are_read_with_their_zone(void)
{
	static const struct { const char *text; int64_t ms; } good[] = {
		{"17-Jul-1996 02:44:25 -0700", INT64_C(837596665000)}, {" 1-Jan-1970 01:00:00 +0100", 0},
		{"01-JAN-1970 00:00:01 +0000", 1000}};
	static const char *const bad[] = {"", "17-Jul-1996", "17-Jul-1996 02:44:25", "17-Xyz-1996 02:44:25 +0000",
	                                  "40-Jul-1996 02:44:25 +0000", "17-Jul-1996 25:44:25 +0000",
	                                  "17-Jul-1996 02:44:25 +0000 x", "17-Jul-1996 02:44:25 x0000"};
	int64_t ms;
	unsigned i;

	for (i = 0; i < 3; i++) {
		CU_ASSERT_TRUE(imap_date_read(good[i].text, strlen(good[i].text), &ms));
		CU_ASSERT_EQUAL(ms, good[i].ms);
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		CU_ASSERT_FALSE(imap_date_read(bad[i], strlen(bad[i]), &ms));
}

static void folders_have_their_use(void)
{
	struct imap_folder f;

	CU_ASSERT_TRUE(imap_folder_read(reader("(\\HasNoChildren \\All) \"/\" \"[Gmail]/All \\\"Mail\\\"\""), &f));
	CU_ASSERT_TRUE(f.all && !f.archive && !f.closed && f.delimiter == '/');
	CU_ASSERT_STRING_EQUAL(f.name, "[Gmail]/All \"Mail\"");
	CU_ASSERT_TRUE(imap_folder_read(reader("() NIL {7}\r\nArchive"), &f));
	CU_ASSERT_TRUE(f.delimiter == '\0' && strcmp(f.name, "Archive") == 0);
	CU_ASSERT_FALSE(imap_folder_read(reader("() \"//\" x"), &f));
	CU_ASSERT_FALSE(imap_folder_read(reader("() \"/\" {2}\r\na\n"), &f));
	CU_ASSERT_FALSE(imap_folder_read(reader("\"/\" x"), &f));
}

static void the_first_own_namespace_counts(void)
{
	char prefix[512], delimiter;

	CU_ASSERT_TRUE(imap_namespace_read(reader("((\"INBOX.\" \".\") (\"b\" \"/\")) NIL ((\"s\" \".\"))"), prefix, &delimiter));
	CU_ASSERT_TRUE(strcmp(prefix, "INBOX.") == 0 && delimiter == '.');
	CU_ASSERT_FALSE(imap_namespace_read(reader("NIL NIL NIL"), prefix, &delimiter));
	CU_ASSERT_STRING_EQUAL(prefix, "");
}

static void add_range(void *ctx, uint32_t first, uint32_t last)
{
	size_t n = strlen(ctx);

	snprintf((char *)ctx + n, 100 - n, "%u-%u ", (unsigned)first, (unsigned)last);
}

static void both_answers_to_a_search_are_read(void)
{
	static const struct { const char *text, *found; } good[] = {
		{"* SEARCH\r\n", ""}, {"* SEARCH 2 7 (MODSEQ 9)\r\n", "2-2 7-7 "}, {"* ESEARCH (TAG \"Q1\") UID\r\n", ""},
		{"* ESEARCH (TAG \"Q1\") UID COUNT 6 ALL 3,9:5 MIN 3\r\n", "3-3 5-9 "}, {"* ESEARCH ALL 1\r\n", "1-1 "}};
	static const char *const bad[] = {"* SEARCH x\r\n", "* SEARCH 0\r\n", "* ESEARCH ALL\r\n", "* ESEARCH ALL 1,\r\n",
	                                  "* ESEARCH ALL 1:*\r\n", "* ESEARCH ALL 1:2:3\r\n", "* ESEARCH COUNT\r\n"};
	struct imap_answer a;
	char text[100];
	unsigned i;

	for (i = 0; i < sizeof good / sizeof *good; i++) {
		text[0] = '\0';
		a = answer(good[i].text);
		CU_ASSERT_TRUE(imap_is_search(&a) && imap_search_read(&a, add_range, text));
		CU_ASSERT_STRING_EQUAL(text, good[i].found);
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		text[0] = '\0';
		a = answer(bad[i]);
		CU_ASSERT_FALSE(imap_search_read(&a, add_range, text));
	}
	a = answer("* STATUS\r\n");
	CU_ASSERT_FALSE(imap_is_search(&a));
}

static void where_a_copy_went_is_read(void)
{
	uint32_t validity, uid;

	CU_ASSERT_TRUE(imap_copyuid_read(reader("38505 304 3956"), &validity, &uid));
	CU_ASSERT_TRUE(validity == 38505 && uid == 3956);
	CU_ASSERT_FALSE(imap_copyuid_read(reader("38505 304:305 3956:3957"), &validity, &uid));
	CU_ASSERT_FALSE(imap_copyuid_read(reader("38505 304 0"), &validity, &uid));
	CU_ASSERT_FALSE(imap_copyuid_read(reader("38505"), &validity, &uid));
}

static CU_TestInfo tests[] = {
	{"an answer is a line, whatever pieces it comes in", an_answer_is_a_line_whatever_pieces_it_comes_in},
	{"literals belong to their answer", literals_belong_to_their_answer},
	{"the text of a status announces no literal", the_text_of_a_status_announces_no_literal},
	{"literals larger than asked for are refused", literals_larger_than_asked_for_are_refused},
	{"a line without an end is refused", a_line_without_an_end_is_refused},
	{"what stands between literals counts as one line", what_stands_between_literals_counts_as_one_line},
	{"tokens are told apart", tokens_are_told_apart},
	{"what no server may write is bad", what_no_server_may_write_is_bad},
	{"lists are passed over, to a depth", lists_are_passed_over_to_a_depth},
	{"numbers are checked", numbers_are_checked},
	{"a text that does not fit or holds NUL is none", a_text_that_does_not_fit_or_holds_nul_is_none},
	{"statuses have tag, code and text", statuses_have_tag_code_and_text},
	{"data has number and name", data_has_number_and_name},
	{"what is no answer is none", what_is_no_answer_is_none},
	{"a FETCH tells of a mail", a_fetch_tells_of_a_mail},
	{"a FETCH that is none is refused", a_fetch_that_is_none_is_refused},
	{"dates are read with their zone", dates_are_read_with_their_zone},
	{"folders have their use", folders_have_their_use},
	{"the first own namespace counts", the_first_own_namespace_counts},
	{"both answers to a search are read", both_answers_to_a_search_are_read},
	{"where a copy went is read", where_a_copy_went_is_read},
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo imap_parse_suite = {"answers of IMAP servers", NULL, NULL, NULL, NULL, tests};
