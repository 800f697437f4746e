/* Moving a mail to the archive folder: MOVE (RFC 6851), else COPY, \Deleted and UID EXPUNGE of this mail alone (RFC
 * 4315), else EXPUNGE (imap_expunge.c). What happened is decided by what is there before and after, not by news that come
 * with an answer: those may be of another mail. Nothing is expunged that is not known to be in the archive. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "integrations/imap_priv.h"

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

static bool find_in_archive(struct imapbox *b, const struct imap_wanted *w, uint32_t *uid, struct error *err)
{
	unsigned count;
	bool found;

	*uid = 0;
	return imapbox_look_into(b, b->archive, &found, err) && (!found || imapbox_find(b, w, uid, &count, err));
}

/* Not in the inbox: is it in the archive already? */
static bool look_in_archive(struct imapbox *b, const struct imap_wanted *w, struct mail_moved *out, struct error *err)
{
	uint32_t uid;

	if (!find_in_archive(b, w, &uid, err))
		return false;
	out->what = uid != 0 ? MAIL_ALREADY_THERE : MAIL_GONE;
	if (uid != 0)
		tell_where(b, b->looked_validity, uid, out);
	return true;
}

bool imapbox_find_copy(struct imapbox *b, const struct imap_facts *mail, bool by_date, uint32_t *validity,
                       uint32_t *uid, struct error *err)
{
	struct imap_wanted w = {mail->message_id, mail->size, mail->date_ms, by_date, mail->has_head ? mail->head : NULL};
	uint32_t old = b->validity;

	if (!find_in_archive(b, &w, uid, err))
		return false;
	*validity = b->looked_validity;
	if (!imapbox_enter(b, err))
		return false;
	return b->validity == old ||
	       err_set(err, ERR_EXECUTION_FAILED, CANNOT_ARCHIVE ": the server has just given its mails new ids");
}

/* ---- MOVE and COPY ---- */

struct archiving {
	struct imapbox *box;
	struct imap_facts mail;        /* in the inbox */
	struct mail_moved *out;
	uint32_t validity, uid;        /* of the copy; uid 0: not known */
	bool accepted;                 /* the server said that it moved it, and tells no more */
};

static bool is_there(struct archiving *a, bool *there, struct error *err)
{
	struct imap_facts facts;
	struct imap_status status;
	struct imap_command c;

	/* news of expunged mails come with it */
	imap_begin(&c, "NOOP");
	if (!imap_run(a->box->conn, &c, NULL, NULL, &status, err) || !imapbox_facts(a->box, a->mail.uid, &facts, err))
		return false;
	*there = facts.uid != 0;
	return true;
}

static bool send_once(struct archiving *a, const char *verb, struct imap_status *status, struct error *err)
{
	struct imap_command c;

	imap_begin(&c, verb);
	imap_addf(&c, " %" PRIu32 " ", a->mail.uid);
	imap_add_string(&c, a->box->archive);
	return imap_run(a->box->conn, &c, NULL, NULL, status, err);
}

/* The folder is made when the server says that it is missing. *there: the mail is in the inbox after it. */
static bool to_archive(struct archiving *a, const char *verb, bool *there, struct error *err)
{
	struct imap_status status;
	struct error why = {0};

	if (!send_once(a, verb, &status, err))
		return false;
	if (status.condition != IMAP_OK && strcmp(status.code, "TRYCREATE") == 0) {
		/* somebody else may just have made it, whatever the server says to us */
		if (!imapbox_make_folder(a->box, a->box->archive, &why) && !imap_alive(a->box->conn)) {
			*err = why;
			return false;
		}
		if (!send_once(a, verb, &status, err))
			return false;
	}
	if (status.condition == IMAP_OK && status.copied) {
		a->validity = status.copy_validity;
		a->uid = status.copy_uid;
		return true;
	}
	if (strcmp(status.code, "OVERQUOTA") == 0)
		return imap_refused(&status, CANNOT_ARCHIVE, err);
	/* some servers refuse what is not there any more, others do not mention it */
	if (!is_there(a, there, err))
		return false;
	a->accepted = status.condition == IMAP_OK && !imap_can(a->box->conn, "UIDPLUS");
	if (status.condition == IMAP_OK || !*there)
		return true;
	if (why.code != ERR_NONE) {
		*err = why;
		return false;
	}
	return imap_refused(&status, CANNOT_ARCHIVE, err);
}

static bool done(struct archiving *a)
{
	a->out->what = MAIL_MOVED;
	tell_where(a->box, a->validity, a->uid, a->out);
	return true;
}

/* Not in the inbox any more: moved by this command, or taken away by somebody else. */
static bool left(struct archiving *a, struct error *err)
{
	if (!imapbox_find_copy(a->box, &a->mail, false, &a->validity, &a->uid, err))
		return false;
	if (a->uid == 0) {
		a->out->what = MAIL_GONE;
		return true;
	}
	done(a);
	/* a server that has UIDPLUS would have told of a mail that it moved */
	a->out->what = a->accepted ? MAIL_MOVED : MAIL_ALREADY_THERE;
	return true;
}

static bool move(struct archiving *a, struct error *err)
{
	bool there = false;

	if (!to_archive(a, "UID MOVE", &there, err))
		return false;
	if (there)
		return err_set(err, ERR_EXECUTION_FAILED, CANNOT_ARCHIVE ": the server says that it moved it, and did not");
	return a->uid != 0 ? done(a) : left(a, err);
}

static bool copy(struct archiving *a, bool *there, struct error *err)
{
	*there = true;
	if (!to_archive(a, "UID COPY", there, err))
		return false;
	if (a->uid != 0 || !*there)
		return true;
	/* it says that it did */
	if (!imapbox_find_copy(a->box, &a->mail, false, &a->validity, &a->uid, err))
		return false;
	return a->uid != 0 ||
	       err_set(err, ERR_EXECUTION_FAILED, CANNOT_ARCHIVE ": the server says that it copied it, but the archive holds"
	               " no copy");
}

static bool copy_and_expunge(struct archiving *a, struct error *err)
{
	struct imap_expunging e;
	bool there = true;

	if (!imapbox_may_expunge(a->box, a->mail.uid, &e, err) ||
	    !imapbox_find_copy(a->box, &a->mail, true, &a->validity, &a->uid, err) ||
	    (a->uid == 0 && !copy(a, &there, err)))
		return false;
	if (!there)
		return left(a, err);
	return imapbox_expunge(a->box, &e, err) && done(a);
}

/* Marked as deleted: by its owner, or by an attempt that did not come to its end. Then the archive has it. */
static bool finish(struct archiving *a, struct error *err)
{
	struct imap_expunging e;

	if (!imapbox_find_copy(a->box, &a->mail, true, &a->validity, &a->uid, err))
		return false;
	if (a->uid != 0)
		return imapbox_may_expunge(a->box, a->mail.uid, &e, err) && imapbox_expunge(a->box, &e, err) && done(a);
	a->out->what = MAIL_GONE;
	return true;
}

/* ---- Archive ---- */

bool imapbox_archive(struct mailbox *m, const struct mail_ref *ref, const char *message_id, struct mail_moved *out,
                     struct error *err)
{
	struct imapbox *b = m->data;
	struct archiving a = {.box = b, .out = out};
	struct imap_wanted w = {.message_id = message_id, .size = (uint32_t)ref->size, .date_ms = ref->date_ms};

	memset(out, 0, sizeof *out);
	if (!imapbox_know_folders(b, err) || !imapbox_resolve(b, ref, message_id, &a.mail, err))
		return false;
	if (strcmp(b->archive, b->inbox) == 0)
		return err_set(err, ERR_EXECUTION_FAILED, CANNOT_ARCHIVE ": the connected folder is the archive");
	if (!b->writable) {
		out->what = MAIL_READ_ONLY;
		return true;
	}
	if (a.mail.uid == 0)
		return look_in_archive(b, &w, out, err);
	if (a.mail.deleted)
		return finish(&a, err);
	return imap_can(b->conn, "MOVE") ? move(&a, err) : copy_and_expunge(&a, err);
}

/* What tell_where told; false: that it was not, or not of this archive. */
static bool read_where(const struct imapbox *b, const char *where, uint32_t *validity, uint32_t *uid)
{
	const char *v = NULL, *p, *u;
	char id[40], name[IMAP_FOLDER_SIZE];

	for (p = where; (p = strstr(p, ";UIDVALIDITY=")); p++)
		v = p;
	if (!v)
		return false;
	imap_name_decode(b->archive, name, sizeof name);
	if (strlen(name) != (size_t)(v - where) || memcmp(name, where, strlen(name)) != 0)
		return false;
	v += strlen(";UIDVALIDITY=");
	u = strstr(v, ";UID=");
	if (!u || snprintf(id, sizeof id, "%.*s.%s", (int)(u - v), v, u + strlen(";UID=")) >= (int)sizeof id)
		return false;
	return imapbox_read_id(id, validity, uid);
}

bool imapbox_in_archive(struct mailbox *m, const char *where, const char *message_id, bool *there, struct error *err)
{
	struct imapbox *b = m->data;
	struct imap_wanted w = {.message_id = message_id};
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
	if (where && read_where(b, where, &validity, &uid) && validity == b->looked_validity) {
		if (!imapbox_facts(b, uid, &facts, err))
			return false;
		*there = facts.uid != 0 && !facts.deleted;
		return true;
	}
	if (!imapbox_find(b, &w, &uid, &count, err))
		return false;
	*there = count > 0;
	return true;
}
