/* Moving a mail to the archive folder: MOVE (RFC 6851), else COPY, \Deleted and EXPUNGE of this mail alone (RFC 4315).
 * Nothing is expunged that is not known to be in the archive, and nothing that somebody else marked. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "integrations/imap_priv.h"

#define CANNOT "The mail cannot be archived"

/* ---- Where it is ---- */

static void tell_where(const struct imapbox *b, uint32_t validity, uint32_t uid, struct mail_moved *out)
{
	char name[sizeof out->where - 48];

	imap_name_decode(b->archive, name, sizeof name);
	if (uid != 0)
		snprintf(out->where, sizeof out->where, "%s;UIDVALIDITY=%" PRIu32 ";UID=%" PRIu32, name, validity, uid);
	else
		snprintf(out->where, sizeof out->where, "%s", name);
}

/* Not in the inbox: is it in the archive already? */
static bool look_in_archive(struct imapbox *b, const char *message_id, struct mail_moved *out, struct error *err)
{
	unsigned count;
	uint32_t uid;
	bool found;

	out->what = MAIL_GONE;
	if (!*message_id)
		return true;
	if (!imapbox_look_into(b, b->archive, &found, err))
		return false;
	if (!found)
		return true;
	if (!imapbox_find(b, message_id, &uid, &count, err))
		return false;
	if (count > 0) {
		out->what = MAIL_ALREADY_THERE;
		tell_where(b, b->looked_validity, uid, out);
	}
	return true;
}

/* ---- MOVE and COPY ---- */

struct moving { unsigned expunged; };

static bool on_move(void *ctx, const struct imap_answer *a)
{
	struct moving *m = ctx;

	m->expunged += a->kind == IMAP_DATA && (strcmp(a->name, "EXPUNGE") == 0 || strcmp(a->name, "VANISHED") == 0);
	return true;
}

static bool exists_still(struct imapbox *b, uint32_t uid, bool *there, struct error *err)
{
	struct imap_facts facts;
	struct imap_status status;
	struct imap_command c;

	/* news of expunged mails come with it */
	imap_begin(&c, "NOOP");
	if (!imap_run(b->conn, &c, NULL, NULL, &status, err) || !imapbox_facts(b, uid, &facts, err))
		return false;
	*there = facts.uid != 0;
	return true;
}

/* The folder is made when the server says that it is missing. *gone: the mail is not there any more, which some servers
 * refuse and others do not mention. */
static bool to_archive(struct imapbox *b, const char *verb, uint32_t uid, struct moving *m, struct imap_status *status,
                       bool *gone, struct error *err)
{
	struct imap_command c;
	unsigned tries;
	bool there;

	*gone = false;
	for (tries = 0; tries < 2; tries++) {
		memset(m, 0, sizeof *m);
		imap_begin(&c, verb);
		imap_addf(&c, " %" PRIu32 " ", uid);
		imap_add_string(&c, b->archive);
		if (!imap_run(b->conn, &c, on_move, m, status, err))
			return false;
		if (status->condition == IMAP_OK)
			return true;
		if (tries > 0 || strcmp(status->code, "TRYCREATE") != 0)
			break;
		if (!imapbox_make_folder(b, b->archive, err))
			return false;
	}
	if (strcmp(status->code, "OVERQUOTA") != 0 && !exists_still(b, uid, &there, err))
		return false;
	*gone = strcmp(status->code, "OVERQUOTA") != 0 && !there;
	return *gone || imap_refused(status, CANNOT, err);
}

static bool move(struct imapbox *b, uint32_t uid, bool *moved, struct mail_moved *out, struct error *err)
{
	struct imap_facts facts = {.uid = uid};
	struct imap_status status;
	struct moving m;
	bool gone;

	/* without UIDPLUS an answer cannot be told from the news of another mail */
	if (!imap_can(b->conn, "UIDPLUS") && !imapbox_facts(b, uid, &facts, err))
		return false;
	*moved = facts.uid != 0;
	if (!*moved)
		return true;
	if (!to_archive(b, "UID MOVE", uid, &m, &status, &gone, err))
		return false;
	*moved = !gone && (status.copied || m.expunged > 0);
	if (*moved) {
		out->what = MAIL_MOVED;
		tell_where(b, status.copy_validity, status.copied ? status.copy_uid : 0, out);
	}
	return true;
}

/* ---- Without MOVE ---- */

static bool set_deleted(struct imapbox *b, uint32_t uid, bool on, struct error *err)
{
	struct imap_status status;
	struct imap_command c;

	imap_begin(&c, "UID STORE");
	imap_addf(&c, " %" PRIu32 " %cFLAGS.SILENT (\\Deleted)", uid, on ? '+' : '-');
	return imap_do(b->conn, &c, NULL, NULL, &status, CANNOT, err);
}

struct deleted { uint32_t uid; bool others; };

static bool on_deleted(void *ctx, const struct imap_answer *a)
{
	struct imap_reader r = a->rest;
	struct deleted *d = ctx;
	uint64_t n;

	if (a->kind != IMAP_DATA || strcmp(a->name, "SEARCH") != 0)
		return true;
	for (;;) {
		struct imap_token t = imap_next(&r);

		if (t.kind == IMAP_END || t.kind == IMAP_OPEN)
			return true;
		if (!imap_number(&t, UINT32_MAX, &n))
			return false;
		d->others |= n != d->uid;
	}
}

/* EXPUNGE takes all that are marked, also what its owner may yet want to unmark. */
static bool others_are_deleted(struct imapbox *b, uint32_t uid, bool *others, struct error *err)
{
	struct deleted d = {uid, false};
	struct imap_status status;
	struct imap_command c;
	bool ok;

	imap_begin(&c, "UID SEARCH DELETED");
	ok = imap_do(b->conn, &c, on_deleted, &d, &status, CANNOT, err);
	*others = d.others;
	return ok;
}

static bool refuse_for_others(struct error *err)
{
	return err_set(err, ERR_EXECUTION_FAILED, CANNOT ": this server can only remove all mails at once that are marked as"
	               " deleted, and others in the folder are");
}

/* A copy that an attempt before this one made, by its Message-ID, size and arrival: a Message-ID alone can be forged. */
static bool find_copy(struct imapbox *b, const struct imap_facts *original, const char *message_id, uint32_t *validity,
                      uint32_t *uid, struct error *err)
{
	struct imap_facts copy;
	unsigned count;
	bool found;

	*uid = 0;
	if (!*message_id)
		return true;
	if (!imapbox_look_into(b, b->archive, &found, err))
		return false;
	if (found && !imapbox_find(b, message_id, uid, &count, err))
		return false;
	*validity = b->looked_validity;
	if (*uid != 0) {
		if (!imapbox_facts(b, *uid, &copy, err))
			return false;
		if (copy.uid == 0 || copy.size != original->size || copy.date_ms != original->date_ms || copy.date_ms == 0)
			*uid = 0;
	}
	return imapbox_enter(b, err);
}

static bool expunge(struct imapbox *b, uint32_t uid, struct error *err)
{
	bool plus = imap_can(b->conn, "UIDPLUS"), others = false;
	struct imap_status status;
	struct imap_command c;

	if (!set_deleted(b, uid, true, err))
		return false;
	if (!plus && !others_are_deleted(b, uid, &others, err))
		return false;
	if (others)
		return set_deleted(b, uid, false, err) && refuse_for_others(err);
	imap_begin(&c, plus ? "UID EXPUNGE" : "EXPUNGE");
	if (plus)
		imap_addf(&c, " %" PRIu32, uid);
	return imap_do(b->conn, &c, NULL, NULL, &status, CANNOT, err);
}

static bool copy_and_expunge(struct imapbox *b, uint32_t uid, const char *message_id, bool *moved, struct mail_moved *out,
                             struct error *err)
{
	struct imap_status status = {.copied = false};
	uint32_t validity = b->validity, copy = 0, old = b->validity;
	struct imap_facts facts;
	struct moving m;
	bool others = false, gone;

	if (!imapbox_facts(b, uid, &facts, err))
		return false;
	*moved = facts.uid != 0;
	if (!*moved)
		return true;
	if (!imap_can(b->conn, "UIDPLUS") && !others_are_deleted(b, uid, &others, err))
		return false;
	if (others)
		return refuse_for_others(err);
	if (!find_copy(b, &facts, message_id, &validity, &copy, err))
		return false;
	if (b->validity != old)
		return err_set(err, ERR_EXECUTION_FAILED, CANNOT ": the server has just given its mails new ids");
	if (copy == 0) {
		if (!to_archive(b, "UID COPY", uid, &m, &status, &gone, err))
			return false;
		*moved = !gone;
		if (gone)
			return true;
		validity = status.copy_validity;
		copy = status.copied ? status.copy_uid : 0;
	}
	if (!expunge(b, uid, err))
		return false;
	out->what = MAIL_MOVED;
	tell_where(b, validity, copy, out);
	return true;
}

/* ---- Archive ---- */

bool imapbox_archive(struct mailbox *m, const struct mail_ref *ref, const char *message_id, struct mail_moved *out,
                     struct error *err)
{
	struct imapbox *b = m->data;
	bool moved = false, ok = true;
	uint32_t uid;

	memset(out, 0, sizeof *out);
	if (!imapbox_know_folders(b, err) || !imapbox_resolve(b, ref, message_id, &uid, err))
		return false;
	if (strcmp(b->archive, b->inbox) == 0)
		return err_set(err, ERR_EXECUTION_FAILED, CANNOT ": the connected folder is the archive");
	if (!b->writable) {
		out->what = MAIL_READ_ONLY;
		return true;
	}
	if (uid != 0)
		ok = imap_can(b->conn, "MOVE") ? move(b, uid, &moved, out, err)
		                               : copy_and_expunge(b, uid, message_id, &moved, out, err);
	return ok && (moved || look_in_archive(b, message_id, out, err));
}

/* The id at the end of what tell_where told. */
static bool read_where(const char *where, uint32_t *validity, uint32_t *uid)
{
	const char *v = NULL, *p, *u;
	char id[40];

	for (p = where; (p = strstr(p, ";UIDVALIDITY=")); p++)
		v = p + strlen(";UIDVALIDITY=");
	u = v ? strstr(v, ";UID=") : NULL;
	if (!u || snprintf(id, sizeof id, "%.*s.%s", (int)(u - v), v, u + strlen(";UID=")) >= (int)sizeof id)
		return false;
	return imapbox_read_id(id, validity, uid);
}

bool imapbox_in_archive(struct mailbox *m, const char *where, const char *message_id, bool *there, struct error *err)
{
	struct imapbox *b = m->data;
	uint32_t validity, uid = 0;
	struct imap_facts facts;
	unsigned count;
	bool found;

	*there = false;
	/* All Mail shows what is in the inbox too */
	if (imap_can(b->conn, "X-GM-EXT-1"))
		return true;
	if (!imapbox_know_folders(b, err) || !imapbox_look_into(b, b->archive, &found, err))
		return false;
	if (!found)
		return true;
	if (where && read_where(where, &validity, &uid) && validity == b->looked_validity) {
		if (!imapbox_facts(b, uid, &facts, err))
			return false;
		*there = facts.uid != 0;
		return true;
	}
	if (!imapbox_find(b, message_id, &uid, &count, err))
		return false;
	*there = count > 0;
	return true;
}
