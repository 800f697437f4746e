/* A mailbox on an IMAP server inside: shared by the files that list, fetch, move and mark its mails. */
#ifndef AGENTIV_INTEGRATIONS_IMAP_PRIV_H
#define AGENTIV_INTEGRATIONS_IMAP_PRIV_H

#include "base/crypto.h"
#include "integrations/mailbox.h"
#include "net/imap.h"

#define IMAP_FOLDER_SIZE 512
#define IMAP_BATCH       25       /* mails of one fetch */
#define IMAP_WINDOW      5000     /* sequence numbers of one search: its answer is a line of IMAP_LINE_MAX at most */
#define IMAP_ODD_MAX     100      /* mails of a list that cannot be read, and are told */

/* A mail as it was listed. */
struct imap_listed { uint32_t uid, size; };

/* A mail that was fetched with another, until it is asked for. */
struct imap_ready { uint32_t uid; char *text; size_t n; bool cut; };

struct imapbox {
	struct imap *conn;
	char *user, *password, *ca;
	char inbox[IMAP_FOLDER_SIZE];       /* the connected folder, as the server writes it */
	char selected[IMAP_FOLDER_SIZE];    /* "": none */
	bool writable;                      /* selected for changes */
	uint32_t validity;                  /* UIDVALIDITY of the connected folder when it was last selected */
	uint32_t looked_validity;           /* of the folder that was looked into last */
	bool keywords;                      /* new ones may be made there */
	struct imap_listed *listed;         /* newest first */
	unsigned listed_count;
	uint32_t odd[IMAP_ODD_MAX];         /* listed, though what was told of them cannot be understood */
	unsigned odd_count;
	struct imap_ready ready[IMAP_BATCH];
	unsigned ready_count;
	bool folders_known;
	char archive[IMAP_FOLDER_SIZE], sent[IMAP_FOLDER_SIZE];
	char delimiter;
};

/* ---- imap.c ---- */

/* Selects the connected folder for changes, unless it is. */
bool imapbox_enter(struct imapbox *b, struct error *err);
/* Selects a folder to look at it; *found false when there is none. That it cannot be looked at now is an error. */
bool imapbox_look_into(struct imapbox *b, const char *folder, bool *found, struct error *err);
/* "VALIDITY.UID"; false: no such id. */
bool imapbox_read_id(const char *id, uint32_t *validity, uint32_t *uid);

/* ---- imap_list.c ---- */

bool imapbox_list(struct mailbox *m, const struct mailbox_filter *filter, unsigned max, struct mail_ref **out,
                  unsigned *count, struct error *err);

/* ---- imap_search.c: in the selected folder ---- */

struct imap_uids { uint32_t *all; unsigned count, room; bool told; };   /* newest first; told: there was an answer */
typedef void (*imap_criteria)(struct imap_command *c, const void *ctx);

/* Appends the mails that fit, of so many sequence numbers or of all, until there is no more room. */
bool imapbox_search(struct imapbox *b, uint32_t from, uint32_t to, imap_criteria add, const void *ctx,
                    struct imap_uids *out, struct error *err);
bool imapbox_search_all(struct imapbox *b, imap_criteria add, const void *ctx, struct imap_uids *out,
                        struct error *err);
void imapbox_add_day(struct imap_command *c, const char *key, int64_t ms);
/* Appends ids from *at on, neighbours as ranges, as far as they go into one command. */
void imapbox_add_set(struct imap_command *c, const uint32_t *uids, unsigned n, unsigned *at);

/* A mail that is looked for: by its Message-ID, where one can be searched for so, else by its arrival; and its size. */
struct imap_wanted {
	const char *message_id;        /* "": none */
	uint32_t size;                 /* 0: any */
	int64_t date_ms;
	bool by_date;                  /* the arrival counts beside a Message-ID too */
	const uint8_t *head;           /* SHA-256 of its headers; NULL: any */
};
/* Those that are not marked as deleted: the newest, and how many there are. */
bool imapbox_find(struct imapbox *b, const struct imap_wanted *w, uint32_t *uid, unsigned *count, struct error *err);

/* ---- imap_facts.c ---- */

struct imap_facts {
	uint32_t uid, size;            /* uid 0: it is not there */
	int64_t date_ms;
	bool deleted, has_head;
	char message_id[1000];         /* with the head */
	uint8_t head[SHA256_SIZE];
};

/* What can be told of one mail of the selected folder. items: "FLAGS". */
bool imapbox_ask(struct imapbox *b, uint32_t uid, const char *items, imap_each each, void *ctx, struct error *err);
bool imapbox_facts(struct imapbox *b, uint32_t uid, struct imap_facts *out, struct error *err);
bool imapbox_look_at(struct imapbox *b, uint32_t uid, struct imap_facts *out, struct error *err);   /* its head too */
/* Where a listed mail is now in the connected folder, which is entered. By its own id where that is still the id of a
 * mail of that Message-ID, or where none is known of that size; else by its Message-ID. */
bool imapbox_resolve(struct imapbox *b, const struct mail_ref *ref, const char *message_id, struct imap_facts *out,
                     struct error *err);

/* ---- imap_fetch.c ---- */

bool imapbox_fetch(struct mailbox *m, const struct mail_ref *ref, char **text, size_t *n, bool *cut, struct error *err);
void imapbox_forget(struct imapbox *b);      /* what was fetched ahead */
bool imapbox_sent(struct mailbox *m, unsigned max, void (*each)(void *ctx, const char *headers, size_t n), void *ctx,
                  struct error *err);

/* ---- imap_folders.c ---- */

/* Finds out which folders are the archive and the sent mails; the names of those that are missing are such as they would
 * be made with. */
bool imapbox_know_folders(struct imapbox *b, struct error *err);
bool imapbox_make_folder(struct imapbox *b, const char *folder, struct error *err);

/* ---- imap_archive.c, imap_expunge.c, imap_mark.c ---- */

#define CANNOT_ARCHIVE "The mail cannot be archived"
#define IMAP_LEFT_MAX  20      /* mails that are expunged with another, their copies being known */

/* The archive's copy of a mail of the connected folder, which is left for it and entered again; uid 0: none. by_date:
 * its arrival must be the same too, as where it is not known that it was copied. */
bool imapbox_find_copy(struct imapbox *b, const struct imap_facts *mail, bool by_date, uint32_t *validity,
                       uint32_t *uid, struct error *err);
struct imap_expunging { uint32_t known[IMAP_LEFT_MAX + 1]; unsigned count; };   /* the mail, and what goes with it */
/* An error where the server would remove other mails with it. */
bool imapbox_may_expunge(struct imapbox *b, uint32_t uid, struct imap_expunging *out, struct error *err);
bool imapbox_expunge(struct imapbox *b, const struct imap_expunging *e, struct error *err);

bool imapbox_archive(struct mailbox *m, const struct mail_ref *ref, const char *message_id, struct mail_moved *out,
                     struct error *err);
bool imapbox_in_archive(struct mailbox *m, const char *where, const char *message_id, bool *there, struct error *err);
bool imapbox_mark(struct mailbox *m, const struct mail_ref *ref, const struct mail_mark *mark, enum mail_marked *out,
                  struct error *err);

/* ---- imap_names.c ---- */

/* Modified UTF-7 (RFC 3501, 5.1.3). false: not UTF-8, or it does not fit. */
bool imap_name_encode(const char *utf8, char *out, size_t size);
/* What is no modified UTF-7 stays as it is. */
void imap_name_decode(const char *name, char *out, size_t size);
/* A label as a keyword: what an atom may not hold becomes "_", other scripts modified UTF-7. */
bool imap_keyword(const char *label, char *out, size_t size);

#endif
