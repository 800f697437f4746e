/* A Maildir inside: shared by the files that list, find, read and archive its mails. */
#ifndef AGENTIV_INTEGRATIONS_MAILDIR_PRIV_H
#define AGENTIV_INTEGRATIONS_MAILDIR_PRIV_H

#include <dirent.h>
#include <fcntl.h>

#include "integrations/mailbox.h"

#define MAILDIR_NAME_SIZE 256
#define MAILDIR_TRIES     10       /* at a mail that other programs rename meanwhile */
#define MAILDIR_DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* A mail as it was last listed: its file's name, and whether it stood in new. */
struct place { char name[MAILDIR_NAME_SIZE]; bool is_new; };

struct maildir {
	char *path;               /* for the log only */
	int root, cur, new;       /* folders; -1 until opened */
	struct place *places;     /* ordered by the mail's id */
	unsigned place_count;
};

/* ERR_EXECUTION_FAILED with what, the mail's name and errno's text. Returns false. */
bool maildir_cannot(struct error *err, const char *what, const char *name);

/* ---- maildir_list.c ---- */

bool maildir_list(struct mailbox *m, const struct mailbox_filter *filter, unsigned max, struct mail_ref **out,
                  unsigned *count, struct error *err);
bool maildir_has_flag(const char *name, char flag);
/* A stream of its own position on a folder; NULL with errno. */
DIR *maildir_stream(int dir);
/* Can the id be the name of a mail, and of nothing else? */
bool maildir_plain_id(const char *id);
bool maildir_is_file(int dir, const char *name);
/* The mail's present file name in a folder: its flags may have changed since it was listed. */
bool maildir_find_in(int dir, const char *id, char name[MAILDIR_NAME_SIZE]);
/* Where it was listed, else by a look at the folders. */
bool maildir_find(struct maildir *d, const char *id, int *dir, char name[MAILDIR_NAME_SIZE]);

/* ---- maildir_archive.c ---- */

bool maildir_archive(struct mailbox *m, const struct mail_ref *ref, const char *message_id, struct mail_moved *out,
                     struct error *err);
bool maildir_in_archive(struct mailbox *m, const char *where, const char *message_id, bool *there, struct error *err);
/* Renames without ever taking the place of a file that is there; -1 with errno. */
int maildir_rename(int from, const char *name, int to, const char *target);

/* ---- maildir_mark.c, maildir_sent.c ---- */

bool maildir_mark(struct mailbox *m, const struct mail_ref *ref, const struct mail_mark *mark, enum mail_marked *out,
                  struct error *err);
bool maildir_sent(struct mailbox *m, unsigned max, void (*each)(void *ctx, const char *headers, size_t n), void *ctx,
                  struct error *err);

#endif
