/* The mails that the owner sent: the folder .Sent, as Maildir++ and Dovecot name it. */
#include "integrations/maildir_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define HEAD_SIZE (32u << 10)     /* bytes of one mail that are looked at */
#define SCAN_MAX  100000

struct names {
	char (*all)[MAILDIR_NAME_SIZE];
	unsigned count, room;
};

static bool wanted(const char *line, size_t n)
{
	static const char *const names[] = {"To:", "Cc:", "Message-ID:"};
	unsigned i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (n >= strlen(names[i]) && strncasecmp(line, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* The lines of the wanted headers, with those that continue them. */
static void pick(const char *head, size_t n, struct buf *out)
{
	const char *p = head, *end = head + n;
	bool take = false;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p)), *next = eol ? eol + 1 : end;

		if (*p == '\n' || (*p == '\r' && eol == p + 1))
			return;
		if (*p != ' ' && *p != '\t')
			take = wanted(p, (size_t)(next - p));
		if (take)
			buf_add(out, p, (size_t)(next - p));
		p = next;
	}
}

/* Names begin with the second of delivery, so the greatest are the newest. */
static int newest_first(const void *a, const void *b)
{
	return -strcmp(a, b);
}

static void prune(struct names *l, unsigned max)
{
	qsort(l->all, l->count, sizeof *l->all, newest_first);
	if (l->count > max)
		l->count = max;
}

static void gather(struct names *l, int dir, unsigned max)
{
	DIR *s = maildir_stream(dir);
	struct dirent *e;
	unsigned looked = 0;

	while (s && looked++ < SCAN_MAX && (e = readdir(s))) {
		if (e->d_name[0] == '.' || strlen(e->d_name) >= MAILDIR_NAME_SIZE)
			continue;
		if (l->count == l->room)
			prune(l, max);
		strcpy(l->all[l->count++], e->d_name);
	}
	if (s)
		closedir(s);
	prune(l, max);
}

static void read_one(int dir, const char *name, char *head, struct buf *picked)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	size_t n = 0;

	buf_reset(picked);
	if (fd < 0)
		return;
	if (mailbox_read(fd, head, HEAD_SIZE, 0, &n))
		pick(head, n, picked);
	close(fd);
}

bool maildir_sent(struct mailbox *m, unsigned max, void (*each)(void *ctx, const char *headers, size_t n), void *ctx,
                  struct error *err)
{
	struct maildir *d = m->data;
	int folder = openat(d->root, ".Sent", MAILDIR_DIR_FLAGS), dir;
	struct names l = {.room = 2 * max + 1};
	struct buf picked;
	char *head;
	unsigned i;

	if (folder < 0)
		return true;
	dir = openat(folder, "cur", MAILDIR_DIR_FLAGS);
	close(folder);
	if (dir < 0)
		return true;
	l.all = mem_array(l.room, sizeof *l.all);
	head = mem_alloc(HEAD_SIZE);
	buf_init(&picked, HEAD_SIZE);
	gather(&l, dir, max);
	for (i = 0; i < l.count; i++) {
		read_one(dir, l.all[i], head, &picked);
		if (picked.len > 0)
			each(ctx, buf_str(&picked), picked.len);
	}
	buf_release(&picked);
	mem_free(head);
	mem_free(l.all);
	close(dir);
	return true;
}
