/* The kinds of mailboxes there are. */
#include "integrations/mailbox.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static const struct mailbox_ops *const kinds[] = {&maildir_ops, &mbox_ops, &imap_ops};

bool mailbox_open(struct mailbox *m, const char *kind, struct json_object *settings, const struct mailbox_env *env,
                  struct error *err)
{
	static const struct mailbox_env no_network;
	unsigned i;

	memset(m, 0, sizeof *m);
	m->mails = -1;
	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i]->kind, kind) != 0)
			continue;
		m->ops = kinds[i];
		if (m->ops->open(m, settings, env ? env : &no_network, err))
			return true;
		m->ops = NULL;
		return false;
	}
	return err_set(err, ERR_INTEGRATION_NOT_CONNECTED,
	               "Mailboxes of the kind \"%.32s\" cannot be read by this installation", kind);
}

void mailbox_close(struct mailbox *m)
{
	if (m->ops)
		m->ops->close(m);
	m->ops = NULL;
}

bool mailbox_no_marks(struct mailbox *m, const struct mail_ref *ref, const struct mail_mark *mark,
                      enum mail_marked *out, struct error *err)
{
	*out = MAIL_MARK_UNSUPPORTED;
	return true;
}

bool mailbox_none_sent(struct mailbox *m, unsigned max, void (*each)(void *ctx, const char *headers, size_t n),
                       void *ctx, struct error *err)
{
	return true;
}

bool mailbox_cannot(struct error *err, const char *what, const char *path)
{
	char text[512];
	int e = errno;

	err_set(err, ERR_EXECUTION_FAILED, "%s: %s", what, strerror(e));
	log_write(LOG_WARN, "mailbox", "path=%s error=%d", log_quote(path, text, sizeof text), e);
	return false;
}

bool mailbox_read(int fd, char *text, size_t n, uint64_t at, size_t *got)
{
	ssize_t r = 1;

	*got = 0;
	while (*got < n && r > 0) {
		r = pread(fd, text + *got, n - *got, (off_t)(at + *got));
		if (r < 0 && errno == EINTR)
			r = 1;
		else if (r > 0)
			*got += (size_t)r;
	}
	return r >= 0;
}
