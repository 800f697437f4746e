/* Which folder is the archive, and which holds the sent mails: by their special use (RFC 6154), else by their usual
 * names, in the namespace of the account (RFC 2342). With Gmail (X-GM-EXT-1) archived mails are in All Mail. */
#include <stdio.h>
#include <string.h>

#include "integrations/imap_priv.h"

struct looking { struct imapbox *box; char all[IMAP_FOLDER_SIZE], archive[IMAP_FOLDER_SIZE]; };

static void keep_first(char *out, const char *name)
{
	if (!*out)
		snprintf(out, IMAP_FOLDER_SIZE, "%s", name);
}

static bool on_folder(void *ctx, const struct imap_answer *a)
{
	struct looking *l = ctx;
	struct imap_folder f;

	if (a->kind != IMAP_DATA || strcmp(a->name, "LIST") != 0 || !imap_folder_read(a->rest, &f))
		return true;
	if (f.delimiter)
		l->box->delimiter = f.delimiter;
	if (f.closed)
		return true;
	if (f.archive)
		keep_first(l->archive, f.name);
	if (f.all)
		keep_first(l->all, f.name);
	if (f.sent)
		keep_first(l->box->sent, f.name);
	return true;
}

static bool list_special(struct imapbox *b, struct looking *l, struct error *err)
{
	struct imap_status status;
	struct imap_command c;

	if (imap_can(b->conn, "SPECIAL-USE") && imap_can(b->conn, "LIST-EXTENDED"))
		imap_begin(&c, "LIST (SPECIAL-USE) \"\" \"*\" RETURN (SPECIAL-USE)");
	else if (imap_can(b->conn, "SPECIAL-USE") || imap_can(b->conn, "X-GM-EXT-1"))
		imap_begin(&c, "LIST \"\" \"*\"");
	else
		imap_begin(&c, "LIST \"\" \"\"");      /* the delimiter alone */
	return imap_do(b->conn, &c, on_folder, l, &status, "The folders cannot be listed", err);
}

struct space { char prefix[IMAP_FOLDER_SIZE], delimiter; };

static bool on_namespace(void *ctx, const struct imap_answer *a)
{
	struct space *s = ctx;

	if (a->kind == IMAP_DATA && strcmp(a->name, "NAMESPACE") == 0 &&
	    !imap_namespace_read(a->rest, s->prefix, &s->delimiter))
		s->prefix[0] = '\0';
	return true;
}

static bool ask_namespace(struct imapbox *b, struct space *s, struct error *err)
{
	struct imap_status status;
	struct imap_command c;

	memset(s, 0, sizeof *s);
	if (!imap_can(b->conn, "NAMESPACE"))
		return true;
	imap_begin(&c, "NAMESPACE");
	return imap_do(b->conn, &c, on_namespace, s, &status, "The server does not tell where its folders are", err);
}

static bool name_in(const struct space *s, const char *name, char out[IMAP_FOLDER_SIZE])
{
	return *out || snprintf(out, IMAP_FOLDER_SIZE, "%s%s", s->prefix, name) < IMAP_FOLDER_SIZE;
}

bool imapbox_know_folders(struct imapbox *b, struct error *err)
{
	struct looking l = {.box = b};
	struct space s = {.delimiter = '\0'};

	if (b->folders_known)
		return true;
	if (!list_special(b, &l, err))
		return false;
	if (imap_can(b->conn, "X-GM-EXT-1") && *l.all)
		snprintf(b->archive, sizeof b->archive, "%s", l.all);
	else
		snprintf(b->archive, sizeof b->archive, "%s", l.archive);
	if ((!*b->archive || !*b->sent) && !ask_namespace(b, &s, err))
		return false;
	if (!name_in(&s, "Archive", b->archive) || !name_in(&s, "Sent", b->sent))
		return err_set(err, ERR_EXECUTION_FAILED, "The names of the server's folders are too long");
	b->folders_known = true;
	return true;
}

/* Subscribed, so that mail programs show it; one that cannot be is there all the same. */
bool imapbox_make_folder(struct imapbox *b, const char *folder, struct error *err)
{
	struct imap_status status;
	struct imap_command c;

	imap_begin(&c, "CREATE ");
	imap_add_string(&c, folder);
	if (!imap_run(b->conn, &c, NULL, NULL, &status, err))
		return false;
	/* somebody else may just have made it */
	if (status.condition != IMAP_OK && strcmp(status.code, "ALREADYEXISTS") != 0)
		return imap_refused(&status, "The archive folder cannot be made", err);
	imap_begin(&c, "SUBSCRIBE ");
	imap_add_string(&c, folder);
	return imap_run(b->conn, &c, NULL, NULL, &status, err);
}
