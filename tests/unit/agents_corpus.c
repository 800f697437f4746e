/* The corpus: every mail must be read and sorted without failure, whatever it is. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#define BATCH 100

struct corpus {
	struct buf mbox;
	unsigned in_batch, read, sorted, failures;
	int64_t parse_us;
};

static void check_parse(struct corpus *c, const char *name, const char *text, size_t n)
{
	int64_t started = clock_mono_us();
	struct mail m;

	mail_parse(&m, text, n, false);
	c->parse_us += clock_mono_us() - started;
	if (!json_utf8_valid(m.text, m.text_len) || !json_utf8_valid(m.subject, strlen(m.subject)) || m.header_count == 0) {
		printf("%s: was not read\n", name);
		c->failures++;
	}
	mail_release(&m);
	c->read++;
}

static void sort_batch(struct corpus *c)
{
	struct json_object *in = json_object_new_object(), *out;
	unsigned got;

	if (c->in_batch == 0)
		return;
	json_object_object_add(in, "max_emails", json_object_new_int(BATCH));
	json_object_object_add(in, "reference_time", json_object_new_string("2002-10-01T00:00:00Z"));
	json_object_object_add(in, "mbox", json_object_new_string_len(buf_str(&c->mbox), (int)c->mbox.len));
	out = fx_run_object("email-triage", in);
	got = out ? (unsigned)fx_int(out, "inbox_stats.total") : 0;
	if (got != c->in_batch) {
		printf("a run of %u mails gave %u (%s)\n", c->in_batch, got, fx_host.error.message);
		c->failures++;
	}
	c->sorted += got;
	json_object_put(out);
	json_object_put(in);
	buf_reset(&c->mbox);
	c->in_batch = 0;
}

/* As mail programs escape an mbox (mboxrd), in UTF-8 as JSON needs it. */
static void add_to_batch(struct corpus *c, const char *text, size_t n)
{
	const char *p = text, *end = text + n;

	if (n > 5 && memcmp(p, "From ", 5) == 0)
		p = memchr(p, '\n', n) ? (const char *)memchr(p, '\n', n) + 1 : end;
	buf_adds(&c->mbox, "From corpus@example.org Tue Oct  1 00:00:00 2002\n");
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p)), *q = p;

		while (q < end && *q == '>')
			q++;
		if (end - q >= 5 && memcmp(q, "From ", 5) == 0)
			buf_addc(&c->mbox, '>');
		for (eol = eol ? eol + 1 : end; p < eol; p++)
			buf_addc(&c->mbox, *p == '\0' || (unsigned char)*p >= 0x80 ? '?' : *p);
	}
	buf_adds(&c->mbox, "\n\n");
	c->in_batch++;
}

static void take_file(struct corpus *c, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = mem_alloc(4u << 20);
	size_t n = f ? fread(text, 1, 4u << 20, f) : 0;

	if (!f || n == 0) {
		printf("%s: cannot be opened\n", path);
		c->failures++;
	} else {
		check_parse(c, path, text, n);
		add_to_batch(c, text, n);
		if (c->in_batch == BATCH)
			sort_batch(c);
	}
	if (f)
		fclose(f);
	mem_free(text);
}

static void walk(struct corpus *c, const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort), i;
	char path[4096];

	for (i = 0; i < n; i++) {
		size_t len = strlen(names[i]->d_name);
		struct stat st;

		snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && stat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				walk(c, path);
			else if (len > 4 && strcmp(names[i]->d_name + len - 4, ".txt") == 0)
				take_file(c, path);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

const char *corpus_dir;

static void every_mail_is_read_and_sorted(void)
{
	struct corpus c = {.read = 0};
	int64_t started = clock_mono_us();

	fx_host_reset();
	buf_init(&c.mbox, 64u << 20);
	walk(&c, corpus_dir);
	sort_batch(&c);
	buf_release(&c.mbox);
	printf("%u mails read in %lld ms; %u read and sorted by the agent, all in %lld ms\n", c.read,
	       (long long)c.parse_us / 1000, c.sorted, (long long)(clock_mono_us() - started) / 1000);
	CU_ASSERT_EQUAL(c.failures, 0);
	CU_ASSERT_TRUE(c.read > 0);
	CU_ASSERT_EQUAL(c.sorted, c.read);
}

static CU_TestInfo tests[] = {
	{"every mail of the corpus is read and sorted", every_mail_is_read_and_sorted},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo corpus_suite = {"corpus", NULL, NULL, NULL, NULL, tests};
