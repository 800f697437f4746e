/* An mbox file, read only: other programs append to it while we look, so that nothing of it is
 * kept but where its messages began, and each is checked again when it is read. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "integrations/mail.h"
#include "integrations/mailbox.h"

#define KEEP_MAX  10000            /* the last messages of the file that are considered */
#define PIECE     (64u << 10)

struct start { uint64_t offset; int64_t date_ms; };

struct mbox {
	char *path;
	int fd;
	struct start *ring;        /* of the last KEEP_MAX messages: message i at i % KEEP_MAX */
	uint64_t count;
	uint64_t size;
};

static void mbox_close(struct mailbox *m)
{
	struct mbox *b = m->data;

	if (!b)
		return;
	if (b->fd >= 0)
		close(b->fd);
	mem_free(b->ring);
	mem_free(b->path);
	mem_free(b);
	m->data = NULL;
}

static bool mbox_open(struct mailbox *m, struct json_object *settings, const struct mailbox_env *env,
                      struct error *err)
{
	struct mbox *b = mem_zalloc(sizeof *b);
	const char *path = NULL;
	struct stat st;

	b->fd = -1;
	m->data = b;
	if (!json_get_str(settings, "settings", "path", &path, err))
		goto fail;
	if (!path || *path != '/') {
		err_set(err, ERR_EXECUTION_FAILED, "The connection's \"path\" must be an mbox file's absolute path");
		goto fail;
	}
	b->path = mem_strdup(path);
	b->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (b->fd < 0) {
		mailbox_cannot(err, "Cannot open the connected mbox", path);
		goto fail;
	}
	if (fstat(b->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		err_set(err, ERR_EXECUTION_FAILED, "The connected mbox is no file");
		goto fail;
	}
	b->ring = mem_array(KEEP_MAX, sizeof *b->ring);
	return true;
fail:
	mbox_close(m);
	return false;
}

static void take_start(void *ctx, uint64_t offset, int64_t date_ms)
{
	struct mbox *b = ctx;

	b->ring[b->count++ % KEEP_MAX] = (struct start){offset, date_ms};
}

static bool scan(struct mbox *b)
{
	struct mbox_splitter s;
	char *piece = mem_alloc(PIECE);
	uint64_t at = 0;
	ssize_t got;

	b->count = 0;
	mbox_splitter_init(&s, take_start, b);
	while ((got = pread(b->fd, piece, PIECE, (off_t)at)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		mbox_splitter_feed(&s, piece, (size_t)got);
		at += (uint64_t)got;
	}
	mbox_splitter_end(&s);
	b->size = at;
	mem_free(piece);
	return got == 0;
}

static uint64_t end_of(const struct mbox *b, uint64_t i)
{
	return i + 1 < b->count ? b->ring[(i + 1) % KEEP_MAX].offset : b->size;
}

static int newest_first(const void *a, const void *b)
{
	const struct mail_ref *x = a, *y = b;
	unsigned long long nx = strtoull(x->id + 5, NULL, 10), ny = strtoull(y->id + 5, NULL, 10);

	if (x->date_ms != y->date_ms)
		return x->date_ms < y->date_ms ? 1 : -1;
	return nx < ny ? 1 : nx > ny ? -1 : 0;
}

/* A file without a message is an mbox before its first one, or none at all. */
static const char *what_instead(const struct mbox *b)
{
	char head[4096];
	size_t n;

	return mailbox_read(b->fd, head, sizeof head, 0, &n) ? mbox_seen_text(mbox_look(head, n)) : NULL;
}

static bool mbox_list(struct mailbox *m, const struct mailbox_filter *filter, unsigned max, struct mail_ref **out,
                      unsigned *count, struct error *err)
{
	struct mbox *b = m->data;
	uint64_t first, i;
	unsigned n = 0;

	if (!scan(b))
		return mailbox_cannot(err, "Cannot read the connected mbox", b->path);
	m->seen = b->count == 0 ? what_instead(b) : NULL;
	first = b->count > KEEP_MAX ? b->count - KEEP_MAX : 0;
	*out = mem_array(b->count - first + 1, sizeof **out);
	for (i = first; i < b->count; i++) {
		struct mail_ref *r = &(*out)[n++];

		snprintf(r->id, sizeof r->id, "mbox:%" PRIu64, i);
		r->date_ms = b->ring[i % KEEP_MAX].date_ms;
		r->size = (size_t)(end_of(b, i) - b->ring[i % KEEP_MAX].offset);
	}
	qsort(*out, n, sizeof **out, newest_first);
	*count = n < max ? n : max;
	return true;
}

static bool mbox_fetch(struct mailbox *m, const struct mail_ref *ref, char **text, size_t *n, bool *cut,
                       struct error *err)
{
	struct mbox *b = m->data;
	char *end;
	uint64_t i = strncmp(ref->id, "mbox:", 5) == 0 ? strtoull(ref->id + 5, &end, 10) : UINT64_MAX, at;
	size_t size;

	if (i >= b->count || i + KEEP_MAX < b->count)
		return err_set(err, ERR_NOT_FOUND, "The mail %.40s is not in the mbox", ref->id);
	at = b->ring[i % KEEP_MAX].offset;
	size = (size_t)(end_of(b, i) - at);
	*cut = size > MAILBOX_MESSAGE_MAX;
	size = *cut ? MAIL_HEAD_MAX : size;
	*text = mem_alloc(size + 1);
	if (!mailbox_read(b->fd, *text, size, at, n)) {
		mailbox_cannot(err, "Cannot read the connected mbox", b->path);
	} else if (*n < 5 || memcmp(*text, "From ", 5) != 0) {
		err_set(err, ERR_NOT_FOUND, "The mail %.40s has moved: the mbox was rewritten", ref->id);
	} else {
		*n = mbox_unescape(*text, *n);
		return true;
	}
	mem_free(*text);
	*text = NULL;
	return false;
}

static bool mbox_archive(struct mailbox *m, const struct mail_ref *ref, const char *message_id,
                         struct mail_moved *out, struct error *err)
{
	memset(out, 0, sizeof *out);
	out->what = MAIL_READ_ONLY;
	return true;
}

const struct mailbox_ops mbox_ops = {
	.kind = "mbox",
	.open = mbox_open,
	.close = mbox_close,
	.list = mbox_list,
	.fetch = mbox_fetch,
	.archive = mbox_archive,
	.mark = mailbox_no_marks,
	.sent = mailbox_none_sent,
};
