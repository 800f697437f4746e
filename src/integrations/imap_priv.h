/* A mailbox on an IMAP server inside: shared by the files that list, fetch, move and mark its mails. */
#ifndef AGENTIV_INTEGRATIONS_IMAP_PRIV_H
#define AGENTIV_INTEGRATIONS_IMAP_PRIV_H

#include "integrations/mailbox.h"
#include "net/imap.h"

#define IMAP_FOLDER_SIZE 512
#define IMAP_BATCH       25       /* mails of one fetch */

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
	uint32_t exists;
	uint32_t looked_validity, looked_exists;   /* of the folder that was looked into last */
	bool keywords;                      /* new ones may be made there */
	struct imap_listed *listed;         /* newest first */
	unsigned listed_count;
	struct imap_ready ready[IMAP_BATCH];
	unsigned ready_count;
	bool folders_known;
	char archive[IMAP_FOLDER_SIZE], sent[IMAP_FOLDER_SIZE];
	char delimiter;
};

/* ---- imap.c ---- */

/* Selects the connected folder for changes, unless it is. */
bool imapbox_enter(struct imapbox *b, struct error *err);
/* Selects another folder to look at it; *found false when there is none, or it may not be read. */
bool imapbox_look_into(struct imapbox *b, const char *folder, bool *found, struct error *err);
/* "VALIDITY.UID"; false: no such id. */
bool imapbox_read_id(const char *id, uint32_t *validity, uint32_t *uid);

/* ---- imap_list.c ---- */

bool imapbox_list(struct mailbox *m, const struct mailbox_filter *filter, unsigned max, struct mail_ref **out,
                  unsigned *count, struct error *err);
/* The mails of the selected folder with this Message-ID: the newest, and how many there are. */
bool imapbox_find(struct imapbox *b, const char *message_id, uint32_t *uid, unsigned *count, struct error *err);
/* Where a listed mail is now in the connected folder, which is entered; uid 0: not there. By its own id where that still
 * holds, else by its Message-ID. */
bool imapbox_resolve(struct imapbox *b, const struct mail_ref *ref, const char *message_id, uint32_t *uid,
                     struct error *err);
/* What can be told of one mail of the selected folder; uid 0: it is not there. items: "FLAGS". */
bool imapbox_ask(struct imapbox *b, uint32_t uid, const char *items, imap_each each, void *ctx, struct error *err);
struct imap_facts { uint32_t uid, size; int64_t date_ms; };
bool imapbox_facts(struct imapbox *b, uint32_t uid, struct imap_facts *out, struct error *err);

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

/* ---- imap_archive.c, imap_mark.c ---- */

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
