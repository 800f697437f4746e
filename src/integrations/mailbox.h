/* A mailbox to read and to sort, whatever stands behind it. One struct of functions per
 * provider (maildir.c, mbox.c; inline mails are the agent's own). Settings of a connection:
 * {"path": DIR or FILE, "address": the owner's own address (optional)}.
 *
 * Ownership: mailbox_open gives a mailbox that mailbox_close releases. A mail's text
 * is the caller's after fetch (mem_free). A mailbox is used by one thread. */
#ifndef AGENTIV_INTEGRATIONS_MAILBOX_H
#define AGENTIV_INTEGRATIONS_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <json-c/json.h>

#include "base/err.h"

#define MAILBOX_MESSAGE_MAX (1u << 20)   /* bytes of one mail: of larger ones only the headers are read */

struct mailbox;

struct mail_ref {
	char    id[256];       /* stable in this mailbox: Maildir base name, "mbox:0" */
	int64_t date_ms;       /* when it arrived as far as known cheaply; newest first in lists */
	bool    unread;
	size_t  size;          /* bytes; 0 when not known */
};

enum mail_move { MAIL_MOVED, MAIL_ALREADY_THERE, MAIL_GONE, MAIL_READ_ONLY };

struct mail_moved {
	enum mail_move what;
	char where[512];       /* where it is now, in the mailbox's own terms (".Archive/cur/NAME"); "" when unknown */
};

struct mailbox_ops {
	const char *kind;      /* "maildir" */
	bool (*open)(struct mailbox *m, struct json_object *settings, struct error *err);
	void (*close)(struct mailbox *m);
	/* The mails of the inbox, newest first, at most max; caller mem_frees *out. */
	bool (*list)(struct mailbox *m, unsigned max, struct mail_ref **out, unsigned *count,
	             struct error *err);
	/* The raw mail; of one larger than MAILBOX_MESSAGE_MAX (*cut tells) its first MAIL_HEAD_MAX bytes. ERR_NOT_FOUND
	 * when it is gone meanwhile. */
	bool (*fetch)(struct mailbox *m, const struct mail_ref *ref, char **text, size_t *n, bool *cut,
	              struct error *err);
	/* Takes the mail out of the inbox, keeping it and its flags. Repeating it is harmless. */
	bool (*archive)(struct mailbox *m, const struct mail_ref *ref, struct mail_moved *out,
	                struct error *err);
	bool can_archive;
	bool can_label;
};

struct mailbox {
	const struct mailbox_ops *ops;
	void *data;
	const char *seen;      /* by list: what there is instead of mails ("JSON"); NULL for a mailbox, empty ones too */
};

/* ERR_INTEGRATION_NOT_CONNECTED for an unknown kind, ERR_EXECUTION_FAILED with the reason when
 * what the settings name cannot be used. */
bool mailbox_open(struct mailbox *m, const char *kind, struct json_object *settings, struct error *err);
void mailbox_close(struct mailbox *m);

/* For the kinds: ERR_EXECUTION_FAILED with what and errno's text. Who reads the message may be no operator:
 * the server's path goes to the log alone. Returns false. */
bool mailbox_cannot(struct error *err, const char *what, const char *path);
/* Reads n bytes of a file from at on; *got is less where it ends before. false with errno. */
bool mailbox_read(int fd, char *text, size_t n, uint64_t at, size_t *got);

/* Where the messages of an mbox text begin ("From " lines). A line is one when it stands at the start
 * or after an empty line, holds a date as mail programs write it, and a header follows; lengths
 * that headers claim are not believed. Feed the text in pieces; each is called with the offset of
 * a message's "From " line, in order, once the line after it is known. */
struct mbox_splitter {
	void (*each)(void *ctx, uint64_t offset, int64_t date_ms);   /* date of the "From " line, 0 unknown */
	void *ctx;
	uint64_t offset;            /* of the next byte */
	uint64_t line_at;
	char     line[160];         /* the current line's beginning */
	size_t   line_len;          /* as far as kept */
	bool     after_empty, pending;
	uint64_t pending_at;
	int64_t  pending_date;
};
void mbox_splitter_init(struct mbox_splitter *s, void (*each)(void *, uint64_t, int64_t), void *ctx);
void mbox_splitter_feed(struct mbox_splitter *s, const char *p, size_t n);
void mbox_splitter_end(struct mbox_splitter *s);

/* What a text is in which no message begins, by its beginning. */
enum mbox_seen {
	MBOX_SEEN_NOTHING,       /* nothing but blanks: an mbox before its first mail */
	MBOX_SEEN_MAIL,          /* one mail, its headers first */
	MBOX_SEEN_UNDATED,       /* the same behind a "From " line that has no date */
	MBOX_SEEN_MARKUP, MBOX_SEEN_JSON, MBOX_SEEN_BINARY, MBOX_SEEN_TEXT
};
enum mbox_seen mbox_look(const char *head, size_t n);
/* "JSON", for a message about it; NULL for nothing. */
const char *mbox_seen_text(enum mbox_seen seen);

/* Undoes the escaping of "From " lines inside a message (">From " and ">>From ", mboxrd) in
 * place; returns the new length. */
size_t mbox_unescape(char *text, size_t n);

extern const struct mailbox_ops maildir_ops, mbox_ops;

#endif
