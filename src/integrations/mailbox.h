/* A mailbox to read and to sort, whatever stands behind it. One struct of functions per
 * provider (maildir.c, mbox.c, inline in the agent; IMAP and Gmail join it here).
 *
 * Ownership: mailbox_open gives a mailbox that mailbox_close releases. A mail's text
 * is the caller's after fetch (mem_free). */
#ifndef AGENTIV_INTEGRATIONS_MAILBOX_H
#define AGENTIV_INTEGRATIONS_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <json-c/json.h>

#include "base/err.h"

#define MAILBOX_MESSAGE_MAX (1u << 20)   /* bytes read of one mail: larger ones give their head only */

struct mailbox;

struct mail_ref {
	char    id[256];       /* stable in this mailbox: Maildir base name, "mbox:0" */
	int64_t date_ms;       /* when it arrived as far as known cheaply; newest first in lists */
	bool    unread;
	size_t  size;
};

enum mail_move { MAIL_MOVED, MAIL_ALREADY_THERE, MAIL_GONE, MAIL_READ_ONLY };

struct mailbox_ops {
	const char *kind;      /* "maildir" */
	bool (*open)(struct mailbox *m, struct json_object *settings, struct error *err);
	void (*close)(struct mailbox *m);
	/* The mails of the inbox, newest first, at most max; caller mem_frees *out. */
	bool (*list)(struct mailbox *m, unsigned max, struct mail_ref **out, unsigned *count,
	             struct error *err);
	/* The raw mail, at most MAILBOX_MESSAGE_MAX bytes (*cut tells). ERR_NOT_FOUND when it is gone meanwhile. */
	bool (*fetch)(struct mailbox *m, const struct mail_ref *ref, char **text, size_t *n, bool *cut,
	              struct error *err);
	/* Takes the mail out of the inbox, keeping it and its flags. Repeating it is harmless. */
	bool (*archive)(struct mailbox *m, const struct mail_ref *ref, enum mail_move *what,
	                struct error *err);
	bool can_archive;
	bool can_label;
};

struct mailbox {
	const struct mailbox_ops *ops;
	void *data;
};

/* ERR_INTEGRATION_NOT_CONNECTED for an unknown kind. */
bool mailbox_open(struct mailbox *m, const char *kind, struct json_object *settings, struct error *err);
void mailbox_close(struct mailbox *m);

#endif
