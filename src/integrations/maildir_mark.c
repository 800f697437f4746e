/* The star of a mail is the flag F at the end of its file's name. A mail in new has no flags: it gets them in cur, and
 * stays unread. */
#include "integrations/maildir_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* NAME:2,FLAGS with the flag or without it; flags stand in ASCII order. */
static bool renamed(const char *name, char flag, bool remove, char out[MAILDIR_NAME_SIZE])
{
	const char *info = strstr(name, ":2,"), *flags = info ? info + 3 : "";
	size_t n = strcspn(name, ":"), before = 0;

	if (remove)
		return snprintf(out, MAILDIR_NAME_SIZE, "%.*s:2,%.*s%s", (int)n, name, (int)(strchr(flags, flag) - flags), flags,
		                strchr(flags, flag) + 1) < MAILDIR_NAME_SIZE;
	while (flags[before] && flags[before] < flag)
		before++;
	return snprintf(out, MAILDIR_NAME_SIZE, "%.*s:2,%.*s%c%s", (int)n, name, (int)before, flags, flag, flags + before) <
	       MAILDIR_NAME_SIZE;
}

/* *left: another program gave it a new name, or moved it away, between the look and the renaming. */
static bool mark_once(struct maildir *d, const struct mail_ref *ref, const struct mail_mark *mark, bool *left,
                      enum mail_marked *out, struct error *err)
{
	char name[MAILDIR_NAME_SIZE], target[MAILDIR_NAME_SIZE];
	int dir;

	*left = false;
	*out = MAIL_MARK_GONE;
	if (!maildir_find(d, ref->id, &dir, name))
		return true;
	*out = MAIL_ALREADY_MARKED;
	if (maildir_has_flag(name, 'F') != mark->remove)
		return true;
	errno = 0;
	if (!maildir_is_file(dir, name) || !renamed(name, 'F', mark->remove, target)) {
		*left = errno == ENOENT;
		return *left || err_set(err, ERR_EXECUTION_FAILED, "The mail %.200s cannot be renamed", name);
	}
	*left = maildir_rename(dir, name, d->cur, target) != 0;
	if (*left && errno != ENOENT)
		return maildir_cannot(err, "Cannot change the star of the mail", name);
	*out = MAIL_MARKED;
	return true;
}

bool maildir_mark(struct mailbox *m, const struct mail_ref *ref, const struct mail_mark *mark, enum mail_marked *out,
                  struct error *err)
{
	bool ok = true, left = true;
	unsigned tries;

	*out = MAIL_MARK_UNSUPPORTED;
	if (mark->label || !mark->star)
		return true;
	for (tries = 0; ok && left && tries < MAILDIR_TRIES; tries++)
		ok = mark_once(m->data, ref, mark, &left, out, err);
	return ok && (!left || err_set(err, ERR_EXECUTION_FAILED, "The mail %.200s is renamed all the time", ref->id));
}
