/* A mailbox to read and to sort, whatever stands behind it. One struct of functions per
 * provider (maildir.c, mbox.c, imap.c; inline mails are the agent's own). Settings of a connection:
 * {"path": DIR or FILE, "address": the owner's own address (optional)}; of IMAP see imap.c.
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
struct outbound_rules;

/* What a mailbox that is reached over a network needs. Borrowed until mailbox_close. */
struct mailbox_env {
	const struct outbound_rules *rules;   /* NULL: no network may be used */
	const char *ca_file;                  /* certificates to trust; NULL: the system's */
	bool (*stopped)(void *data);          /* asked while waiting; NULL: never */
	void *data;
	int64_t deadline_ms;                  /* clock_now_ms; 0: none beside the kind's own limits */
};

struct mail_ref {
	char    id[256];       /* stable in this mailbox: Maildir base name, "mbox:0", "UIDVALIDITY.UID" of IMAP */
	int64_t date_ms;       /* when it arrived as far as known cheaply; newest first in lists */
	bool    unread, starred;
	size_t  size;          /* bytes; 0 when not known */
};

/* A hint for list: what surely does not fit may be left out. Who lists looks at the mails all the same. */
struct mailbox_filter {
	int64_t since_ms, before_ms;          /* of the Date header; 0: any */
	bool unread;
	const char *from, *to, *subject;      /* what they hold; NULL: anything */
};

enum mail_move { MAIL_MOVED, MAIL_ALREADY_THERE, MAIL_GONE, MAIL_READ_ONLY };

struct mail_moved {
	enum mail_move what;
	char where[512];       /* where it is now, in the mailbox's own terms (".Archive/cur/NAME"); "" when unknown */
};

/* What to put on a mail, or to take off it: a label, the star, or both. */
struct mail_mark {
	const char *label;         /* NULL: none */
	bool star, remove;
	const char *message_id;    /* for a mail that can be found by it alone; NULL or "": not known */
};

enum mail_marked { MAIL_MARKED, MAIL_ALREADY_MARKED, MAIL_MARK_GONE, MAIL_MARK_UNSUPPORTED };

struct mailbox_ops {
	const char *kind;      /* "maildir" */
	bool (*open)(struct mailbox *m, struct json_object *settings, const struct mailbox_env *env, struct error *err);
	void (*close)(struct mailbox *m);
	/* The mails of the inbox, newest first, at most max; caller mem_frees *out. filter may be NULL. */
	bool (*list)(struct mailbox *m, const struct mailbox_filter *filter, unsigned max, struct mail_ref **out,
	             unsigned *count, struct error *err);
	/* The raw mail; of one larger than MAILBOX_MESSAGE_MAX (*cut tells) its first MAIL_HEAD_MAX bytes. ERR_NOT_FOUND
	 * when it is gone meanwhile. Nothing of it changes, neither whether it is unread. */
	bool (*fetch)(struct mailbox *m, const struct mail_ref *ref, char **text, size_t *n, bool *cut,
	              struct error *err);
	/* Takes the mail out of the inbox, keeping it and its flags. Repeating it is harmless. message_id, "" when it is
	 * not known, helps to find again one that was moved or has a new id; where ids may come to be another mail's, it or
	 * the ref's size tells whether it is the one that was listed. false with the reason: this mail cannot be
	 * moved; err->retryable: neither can others, the mailbox does not answer any more. */
	bool (*archive)(struct mailbox *m, const struct mail_ref *ref, const char *message_id, struct mail_moved *out,
	                struct error *err);
	/* Is what archive put at `where` still in the archive? One that its owner moved back is not, another copy that was
	 * delivered to the inbox leaves it there. where NULL: it was not told. *there is false too where an archive shows
	 * what is in the inbox as well. */
	bool (*in_archive)(struct mailbox *m, const char *where, const char *message_id, bool *there, struct error *err);
	/* The same for marks. */
	bool (*mark)(struct mailbox *m, const struct mail_ref *ref, const struct mail_mark *mark, enum mail_marked *out,
	             struct error *err);
	/* The headers To, Cc and Message-ID of the newest mails that the owner sent, at most max: each is called with
	 * them as they stand in the mail. A mailbox that keeps none calls it never. */
	bool (*sent)(struct mailbox *m, unsigned max, void (*each)(void *ctx, const char *headers, size_t n), void *ctx,
	             struct error *err);
	bool can_archive, can_label, can_star;
};

struct mailbox {
	const struct mailbox_ops *ops;
	void *data;
	const char *seen;      /* by list: what there is instead of mails ("JSON"); NULL for a mailbox, empty ones too */
	int64_t mails;         /* by open: how many the inbox holds; -1 where that is not told */
};

/* ERR_INTEGRATION_NOT_CONNECTED for an unknown kind, ERR_EXECUTION_FAILED with the reason when
 * what the settings name cannot be used. env NULL: no network may be used. */
bool mailbox_open(struct mailbox *m, const char *kind, struct json_object *settings, const struct mailbox_env *env,
                  struct error *err);
void mailbox_close(struct mailbox *m);

/* For kinds that have no marks, and that keep no sent mails. */
bool mailbox_no_marks(struct mailbox *m, const struct mail_ref *ref, const struct mail_mark *mark,
                      enum mail_marked *out, struct error *err);
bool mailbox_none_sent(struct mailbox *m, unsigned max, void (*each)(void *ctx, const char *headers, size_t n),
                       void *ctx, struct error *err);

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

extern const struct mailbox_ops imap_ops, maildir_ops, mbox_ops;

#endif
