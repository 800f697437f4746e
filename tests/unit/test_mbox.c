/* Mboxes (integrations/mbox.c, mbox_split.c). */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/mem.h"
#include "integrations/mailbox.h"

#define FROM "From ann@x.org Mon Mar  2 09:00:00 2026\n"

struct found { uint64_t at[20]; int64_t date[20]; unsigned n; };

static void note(void *ctx, uint64_t offset, int64_t date_ms)
{
	struct found *f = ctx;

	f->at[f->n] = offset;
	f->date[f->n++] = date_ms;
}

/* Splits the text in pieces of each size: the result must be the same. */
static struct found split(const char *text)
{
	struct found first = {.n = 0}, f;
	size_t n = strlen(text), piece, i;
	struct mbox_splitter s;

	for (piece = n; piece >= 1; piece = piece / 2) {
		f.n = 0;
		mbox_splitter_init(&s, note, &f);
		for (i = 0; i < n; i += piece)
			mbox_splitter_feed(&s, text + i, n - i < piece ? n - i : piece);
		mbox_splitter_end(&s);
		if (piece == n)
			first = f;
		CU_ASSERT_EQUAL(f.n, first.n);
		CU_ASSERT_EQUAL(memcmp(f.at, first.at, f.n * sizeof *f.at), 0);
	}
	return first;
}

static void messages_begin_at_from_lines(void)
{
	struct found f = split(FROM "Subject: a\n\none\n\nFrom bob@x.org  Tue Mar  3 10:11 2026\nSubject: b\n\ntwo\n");

	CU_ASSERT_EQUAL_FATAL(f.n, 2);
	CU_ASSERT_EQUAL(f.at[0], 0);
	CU_ASSERT_EQUAL(f.date[0], FX_NOW);
	CU_ASSERT_EQUAL(f.at[1], strlen(FROM "Subject: a\n\none\n\n"));
}

static void dates_are_read_in_all_their_forms(void)
{
	static const char *const lines[] = {
		"From ann@x.org Mon Mar  2 09:00:00 2026", "From - Mon Mar 02 09:00:00 2026",
		"From ann@x.org  Mon Mar 2 09:00:00 UTC 2026", "From ann@x.org Mon Mar  2 09:00:00 2026 +0000",
		"From \"ann lee\"@x.org Mon Mar  2 09:00:00 2026", "From MAILER-DAEMON Mon Mar  2 09:00 2026",
	};
	char text[200];
	unsigned i;

	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct found f;

		snprintf(text, sizeof text, "%s\r\nSubject: a\r\n\r\nx\r\n", lines[i]);
		f = split(text);
		if (f.n != 1 || f.date[0] != FX_NOW)
			fprintf(stderr, "%s\n", lines[i]);
		CU_ASSERT_EQUAL(f.n, 1);
		CU_ASSERT_EQUAL(f.date[0], FX_NOW);
	}
}

static void text_that_looks_like_it_begins_nothing(void)
{
	/* no blank line before, no date, no header after, escaped, a length that lies */
	CU_ASSERT_EQUAL(split(FROM "Subject: a\n\nas said\n" FROM "Subject: no\n").n, 1);
	CU_ASSERT_EQUAL(split(FROM "Subject: a\n\n\nFrom the beginning it was clear\nSubject: no\n").n, 1);
	CU_ASSERT_EQUAL(split(FROM "Subject: a\n\n\n" FROM "and then some text\n").n, 1);
	CU_ASSERT_EQUAL(split(FROM "Subject: a\n\n\n>" FROM "Subject: no\n").n, 1);
	CU_ASSERT_EQUAL(split(FROM "Content-Length: 100000\n\n\n" FROM "Subject: b\n\n").n, 2);
	CU_ASSERT_EQUAL(split("Subject: a\n\nno From line\n").n, 0);
	CU_ASSERT_EQUAL(split("").n, 0);
	CU_ASSERT_EQUAL(split(FROM).n, 1);
}

static void escaping_is_undone_once(void)
{
	char text[] = ">From a\n>>From b\n> From c\nx >From d\n>From";
	size_t n = mbox_unescape(text, strlen(text));

	CU_ASSERT_EQUAL(n, strlen(text) - 2);
	CU_ASSERT_EQUAL(memcmp(text, "From a\n>From b\n> From c\nx >From d\n>From", n), 0);
}

static void what_is_no_mbox_is_known_by_its_beginning(void)
{
	static const struct { const char *text; enum mbox_seen seen; } rows[] = {
		{"", MBOX_SEEN_NOTHING}, {"\r\n \n", MBOX_SEEN_NOTHING}, {"\xEF\xBB\xBF\n", MBOX_SEEN_NOTHING},
		{"Subject: a\n\nb\n", MBOX_SEEN_MAIL}, {"X-One: a\n b: c\n\td\nDate: x", MBOX_SEEN_MAIL},
		{"From ann@x.org\nSubject: a\n\nb\n", MBOX_SEEN_UNDATED}, {"From here on: b\n", MBOX_SEEN_TEXT},
		{"<p>a", MBOX_SEEN_MARKUP}, {"\n{ \"from\": 1}", MBOX_SEEN_JSON}, {"[\n{}]", MBOX_SEEN_JSON}, {"[a]", MBOX_SEEN_TEXT},
		{"{", MBOX_SEEN_TEXT}, {"\x1f\x8b\x08z", MBOX_SEEN_BINARY},
		{"key: value\n\nSubject: a\n", MBOX_SEEN_TEXT}, {"Dear Ann: hello", MBOX_SEEN_TEXT},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (mbox_look(rows[i].text, strlen(rows[i].text)) != rows[i].seen)
			fprintf(stderr, "%s\n", rows[i].text);
		CU_ASSERT_EQUAL(mbox_look(rows[i].text, strlen(rows[i].text)), rows[i].seen);
	}
	CU_ASSERT_EQUAL(mbox_look("PK\0\0", 4), MBOX_SEEN_BINARY);
	CU_ASSERT_PTR_NULL(mbox_seen_text(MBOX_SEEN_NOTHING));
}

static struct mail_ref *open_and_list(struct mailbox *box, const char *path, unsigned *n)
{
	struct json_object *settings = json_object_new_object();
	struct mail_ref *refs = NULL;
	struct error err;

	json_object_object_add(settings, "path", json_object_new_string(path));
	CU_ASSERT_TRUE_FATAL(mailbox_open(box, "mbox", settings, NULL, &err));
	CU_ASSERT_TRUE_FATAL(box->ops->list(box, NULL, 100, &refs, n, &err));
	json_object_put(settings);
	return refs;
}

static void a_file_is_read_newest_first_and_never_written(void)
{
	static const char text[] = FROM "Subject: a\n\n>From here on\n\n"
	                           "From b@x.org Wed Mar  4 09:00:00 2026\nSubject: b\n\ntwo\n\n"
	                           "From c@x.org Tue Mar  3 09:00:00 2026\nSubject: c\n\nthree\n";
	char dir[FX_PATH], path[2 * FX_PATH], *got;
	struct mail_moved moved;
	struct mailbox box;
	struct mail_ref *refs;
	struct error err;
	unsigned n;
	size_t size;
	bool cut;

	fx_folder(dir);
	fx_write(dir, "inbox", text, strlen(text));
	snprintf(path, sizeof path, "%s/inbox", dir);
	refs = open_and_list(&box, path, &n);
	CU_ASSERT_EQUAL_FATAL(n, 3);
	CU_ASSERT_STRING_EQUAL(refs[0].id, "mbox:1");
	CU_ASSERT_STRING_EQUAL(refs[2].id, "mbox:0");
	CU_ASSERT_TRUE_FATAL(box.ops->fetch(&box, &refs[2], &got, &size, &cut, &err));
	CU_ASSERT_EQUAL(size, strlen(FROM "Subject: a\n\nFrom here on\n\n"));
	CU_ASSERT_PTR_NOT_NULL(memmem(got, size, "\nFrom here on", 13));
	mem_free(got);
	CU_ASSERT_TRUE(box.ops->archive(&box, &refs[0], "", &moved, &err));
	CU_ASSERT_EQUAL(moved.what, MAIL_READ_ONLY);
	CU_ASSERT_FALSE(box.ops->can_archive);
	/* another program rewrites it */
	fx_write(dir, "inbox", "x", 1);
	CU_ASSERT_FALSE(box.ops->fetch(&box, &refs[0], &got, &size, &cut, &err));
	CU_ASSERT_EQUAL(err.code, ERR_NOT_FOUND);
	mem_free(refs);
	mailbox_close(&box);
	fx_remove(dir);
}

/* Given one mail of more than MAILBOX_MESSAGE_MAX, and a small one behind it. */
static void of_a_large_mail_no_more_is_read_than_its_head_can_be(void)
{
	static char text[MAILBOX_MESSAGE_MAX + 500];
	char dir[FX_PATH], path[2 * FX_PATH], *got;
	struct mail_ref *refs;
	struct mailbox box;
	struct error err;
	unsigned n;
	size_t size;
	bool cut;

	memset(text, 'x', sizeof text);
	memcpy(text, FROM "Subject: a\n\n", strlen(FROM "Subject: a\n\n"));
	strcpy(text + MAILBOX_MESSAGE_MAX + 100, "\n\n" FROM "Subject: b\n\nb\n");
	fx_folder(dir);
	fx_write(dir, "inbox", text, strlen(text));
	snprintf(path, sizeof path, "%s/inbox", dir);
	refs = open_and_list(&box, path, &n);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_TRUE_FATAL(box.ops->fetch(&box, &refs[1], &got, &size, &cut, &err));
	CU_ASSERT_TRUE(cut);
	CU_ASSERT_EQUAL(size, MAIL_HEAD_MAX);
	mem_free(got);
	CU_ASSERT_TRUE_FATAL(box.ops->fetch(&box, &refs[0], &got, &size, &cut, &err));
	CU_ASSERT_FALSE(cut);
	mem_free(got);
	mem_free(refs);
	mailbox_close(&box);
	fx_remove(dir);
}

static CU_TestInfo tests[] = {
	{"messages begin at From lines", messages_begin_at_from_lines},
	{"dates are read in all their forms", dates_are_read_in_all_their_forms},
	{"text that looks like it begins nothing", text_that_looks_like_it_begins_nothing},
	{"escaping is undone once", escaping_is_undone_once},
	{"what is no mbox is known by its beginning", what_is_no_mbox_is_known_by_its_beginning},
	{"a file is read newest first and never written", a_file_is_read_newest_first_and_never_written},
	{"of a large mail no more is read than its head can be", of_a_large_mail_no_more_is_read_than_its_head_can_be},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo mbox_suite = {"mbox", NULL, NULL, NULL, NULL, tests};
