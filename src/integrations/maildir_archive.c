/* Moving a mail of a Maildir to its folder .Archive. */
#include "integrations/maildir_priv.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens .Archive/cur, making what is missing: cur last, since it is what makes it a folder. */
static int open_archive(struct maildir *d)
{
	int folder, cur = -1, mark;

	if (mkdirat(d->root, ".Archive", 0700) != 0 && errno != EEXIST)
		return -1;
	folder = openat(d->root, ".Archive", MAILDIR_DIR_FLAGS);
	if (folder < 0)
		return -1;
	if ((mkdirat(folder, "tmp", 0700) == 0 || errno == EEXIST) &&
	    (mkdirat(folder, "new", 0700) == 0 || errno == EEXIST) &&
	    (mkdirat(folder, "cur", 0700) == 0 || errno == EEXIST))
		cur = openat(folder, "cur", MAILDIR_DIR_FLAGS);
	/* Maildir++ marks folders so; other programs do without */
	mark = cur < 0 ? -1 : openat(folder, "maildirfolder", O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (mark >= 0)
		close(mark);
	close(folder);
	return cur;
}

static int existing_archive(struct maildir *d)
{
	int folder = openat(d->root, ".Archive", MAILDIR_DIR_FLAGS), cur;

	if (folder < 0)
		return -1;
	cur = openat(folder, "cur", MAILDIR_DIR_FLAGS);
	close(folder);
	return cur;
}

static bool not_in_inbox(struct maildir *d, const char *id, struct mail_moved *out)
{
	char name[MAILDIR_NAME_SIZE];
	int archive = existing_archive(d);

	out->what = MAIL_GONE;
	if (archive < 0)
		return true;
	if (maildir_plain_id(id) && maildir_find_in(archive, id, name)) {
		out->what = MAIL_ALREADY_THERE;
		snprintf(out->where, sizeof out->where, ".Archive/cur/%s", name);
	}
	close(archive);
	return true;
}

int maildir_rename(int from, const char *name, int to, const char *target)
{
	int rc = renameat2(from, name, to, target, RENAME_NOREPLACE);

	if (rc == 0 || (errno != EINVAL && errno != ENOSYS))
		return rc;
	/* a file system without that flag */
	if (faccessat(to, target, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(from, name, to, target);
}

/* *left: it is not there any more under that name. */
static bool move_to_archive(int dir, const char *name, int archive, bool *left, struct mail_moved *out,
                            struct error *err)
{
	char target[MAILDIR_NAME_SIZE + 4];

	/* what leaves new gets the info part that names in cur have */
	snprintf(target, sizeof target, "%s%s", name, strchr(name, ':') ? "" : ":2,");
	errno = 0;
	if (!maildir_is_file(dir, name)) {
		*left = errno == ENOENT;
		return *left || err_set(err, ERR_EXECUTION_FAILED, "The mail %.200s is no file", name);
	}
	*left = maildir_rename(dir, name, archive, target) != 0;
	if (*left) {
		*left = errno == ENOENT;
		return *left || maildir_cannot(err, "Cannot move to .Archive the mail", name);
	}
	out->what = MAIL_MOVED;
	snprintf(out->where, sizeof out->where, ".Archive/cur/%s", target);
	return true;
}

bool maildir_archive(struct mailbox *m, const struct mail_ref *ref, const char *message_id, struct mail_moved *out,
                     struct error *err)
{
	struct maildir *d = m->data;
	char name[MAILDIR_NAME_SIZE];
	bool ok = true, left = true;
	int dir, archive;
	unsigned tries;

	memset(out, 0, sizeof *out);
	/* another program may give it a new name, or move it away, between the look and the renaming */
	for (tries = 0; ok && left && tries < MAILDIR_TRIES; tries++) {
		if (!maildir_find(d, ref->id, &dir, name))
			return not_in_inbox(d, ref->id, out);
		archive = open_archive(d);
		if (archive < 0)
			return mailbox_cannot(err, "Cannot open the folder .Archive of the connected Maildir", d->path);
		ok = move_to_archive(dir, name, archive, &left, out, err);
		close(archive);
	}
	return ok && (!left || err_set(err, ERR_EXECUTION_FAILED, "The mail %.200s is renamed all the time", ref->id));
}

/* By the name less its flags, which may have changed. */
bool maildir_in_archive(struct mailbox *m, const char *where, const char *message_id, bool *there, struct error *err)
{
	const char *base = where ? strrchr(where, '/') : NULL, *info = base ? strchr(base, ':') : NULL;
	char id[MAILDIR_NAME_SIZE], name[MAILDIR_NAME_SIZE];
	int archive;

	*there = false;
	if (!base || (info ? info - base : (ptrdiff_t)strlen(base)) >= (ptrdiff_t)sizeof id)
		return true;
	snprintf(id, sizeof id, "%.*s", (int)(info ? info - base - 1 : (ptrdiff_t)strlen(base) - 1), base + 1);
	archive = existing_archive(m->data);
	if (archive < 0)
		return true;
	*there = maildir_plain_id(id) && maildir_find_in(archive, id, name);
	close(archive);
	return true;
}
