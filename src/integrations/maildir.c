/* A Maildir (https://cr.yp.to/proto/maildir.html, folders as in Maildir++). Every file is reached
 * through descriptors of its folders, never by a path, and no link is followed below the
 * configured folder, so that nothing outside of it is read or moved. */
#include "integrations/maildir_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "integrations/mail.h"

/* ---- Open and close ---- */

bool maildir_cannot(struct error *err, const char *what, const char *name)
{
	int e = errno;

	return err_set(err, ERR_EXECUTION_FAILED, "%s %.200s: %s", what, name, strerror(e));
}

static void maildir_close(struct mailbox *m)
{
	struct maildir *d = m->data;

	if (!d)
		return;
	if (d->cur >= 0)
		close(d->cur);
	if (d->new >= 0)
		close(d->new);
	if (d->root >= 0)
		close(d->root);
	mem_free(d->places);
	mem_free(d->path);
	mem_free(d);
	m->data = NULL;
}

static bool open_folders(struct maildir *d, struct error *err)
{
	/* the configured folder itself may be a link: it is the operator's word */
	d->root = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->root < 0)
		return mailbox_cannot(err, "Cannot open the connected Maildir", d->path);
	d->cur = openat(d->root, "cur", MAILDIR_DIR_FLAGS);
	d->new = openat(d->root, "new", MAILDIR_DIR_FLAGS);
	if (d->cur < 0 || d->new < 0)
		return mailbox_cannot(err, "The connected folder is no Maildir, its folders cur and new cannot be opened",
		                      d->path);
	return true;
}

static bool maildir_open(struct mailbox *m, struct json_object *settings, const struct mailbox_env *env,
                         struct error *err)
{
	struct maildir *d = mem_zalloc(sizeof *d);
	const char *path = NULL;

	d->root = d->cur = d->new = -1;
	m->data = d;
	if (!json_get_str(settings, "settings", "path", &path, err))
		goto fail;
	if (!path || *path != '/') {
		err_set(err, ERR_EXECUTION_FAILED, "The connection's \"path\" must be a Maildir's absolute path");
		goto fail;
	}
	d->path = mem_strdup(path);
	if (open_folders(d, err))
		return true;
fail:
	maildir_close(m);
	return false;
}

/* ---- Fetch ---- */

static bool maildir_fetch(struct mailbox *m, const struct mail_ref *ref, char **text, size_t *n,
                          bool *cut, struct error *err)
{
	struct maildir *d = m->data;
	char name[MAILDIR_NAME_SIZE];
	struct stat st;
	bool ok = false;
	size_t size;
	int dir, fd;

	if (!maildir_find(d, ref->id, &dir, name))
		return err_set(err, ERR_NOT_FOUND, "The mail %.200s is not in the inbox any more", ref->id);
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? err_set(err, ERR_NOT_FOUND, "The mail %.200s is gone", ref->id)
		                       : maildir_cannot(err, "Cannot open the mail", name);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		err_set(err, ERR_EXECUTION_FAILED, "The mail %.200s is no file", name);
		goto done;
	}
	*cut = st.st_size > (off_t)MAILBOX_MESSAGE_MAX;
	size = *cut ? MAIL_HEAD_MAX : (size_t)st.st_size;
	*text = mem_alloc(size + 1);
	ok = mailbox_read(fd, *text, size, 0, n);
	if (!ok) {
		maildir_cannot(err, "Cannot read the mail", name);
		mem_free(*text);
		*text = NULL;
	}
done:
	close(fd);
	return ok;
}

const struct mailbox_ops maildir_ops = {
	.kind = "maildir",
	.open = maildir_open,
	.close = maildir_close,
	.list = maildir_list,
	.fetch = maildir_fetch,
	.archive = maildir_archive,
	.in_archive = maildir_in_archive,
	.mark = maildir_mark,
	.sent = maildir_sent,
	.can_archive = true,
	.can_star = true,
};
