/* What is told of one mail, and whether it is the one that is meant. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "integrations/imap_priv.h"
#include "integrations/mail.h"

bool imapbox_ask(struct imapbox *b, uint32_t uid, const char *items, imap_each each, void *ctx, struct error *err)
{
	struct imap_status status;
	struct imap_command c;

	imap_begin(&c, "UID FETCH");
	imap_addf(&c, " %" PRIu32 " (UID %s)", uid, items);
	return imap_do(b->conn, &c, each, ctx, &status, "The mail server tells nothing of a mail", err);
}

static void take_head(struct imap_facts *out, const char *head, size_t n)
{
	struct mail m;

	out->has_head = true;
	crypto_sha256(head, n, out->head);
	mail_parse(&m, head, n, true);
	/* the rest of a longer one tells no more */
	snprintf(out->message_id, sizeof out->message_id, "%s", m.message_id);
	mail_release(&m);
}

struct asking { uint32_t uid; struct imap_facts *out; bool unreadable; };

static bool on_facts(void *ctx, const struct imap_answer *a)
{
	struct asking *q = ctx;
	struct imap_fetched f;

	if (a->kind != IMAP_DATA || strcmp(a->name, "FETCH") != 0)
		return true;
	if (!imap_fetch_read(a->rest, &f)) {
		q->unreadable |= f.uid == q->uid || f.uid == 0;
		return true;
	}
	/* news of flags have no size */
	if (f.uid != q->uid || !f.has_size)
		return true;
	q->out->uid = f.uid;
	q->out->size = f.size;
	q->out->date_ms = f.date_ms;
	q->out->deleted = f.deleted;
	if (f.has_body && f.body.kind == IMAP_LITERAL)
		take_head(q->out, f.body.p, f.body.n);
	return true;
}

static bool ask_facts(struct imapbox *b, uint32_t uid, const char *items, struct imap_facts *out, struct error *err)
{
	struct asking q = {uid, out, false};

	memset(out, 0, sizeof *out);
	if (!imapbox_ask(b, uid, items, on_facts, &q, err))
		return false;
	/* what cannot be read is not away */
	return out->uid != 0 || !q.unreadable ||
	       err_set(err, ERR_EXECUTION_FAILED, "What the mail server tells of the mail cannot be understood");
}

bool imapbox_facts(struct imapbox *b, uint32_t uid, struct imap_facts *out, struct error *err)
{
	return ask_facts(b, uid, "FLAGS RFC822.SIZE INTERNALDATE", out, err);
}

bool imapbox_look_at(struct imapbox *b, uint32_t uid, struct imap_facts *out, struct error *err)
{
	char items[80];

	snprintf(items, sizeof items, "FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER]<0.%u>", MAIL_HEAD_MAX);
	return ask_facts(b, uid, items, out, err);
}

/* Mailboxes may have the same UIDVALIDITY, and so may one that was made anew. */
static bool is_meant(const struct imap_facts *f, const struct mail_ref *ref, const char *message_id)
{
	if (*message_id && f->has_head && strlen(message_id) < sizeof f->message_id)
		return strcmp(f->message_id, message_id) == 0;
	return ref->size == 0 || ref->size == f->size;
}

bool imapbox_resolve(struct imapbox *b, const struct mail_ref *ref, const char *message_id, struct imap_facts *out,
                     struct error *err)
{
	struct imap_wanted w = {.message_id = message_id ? message_id : "", .size = (uint32_t)ref->size,
	                        .date_ms = ref->date_ms};
	uint32_t validity, uid;
	unsigned count;

	memset(out, 0, sizeof *out);
	if (!imapbox_enter(b, err))
		return false;
	if (!imapbox_read_id(ref->id, &validity, &uid))
		return err_set(err, ERR_EXECUTION_FAILED, "\"%.100s\" is no id of a mail on an IMAP server", ref->id);
	if (validity == b->validity) {
		if (!imapbox_look_at(b, uid, out, err))
			return false;
		if (out->uid == 0 || is_meant(out, ref, w.message_id))
			return true;
	}
	/* the id is another's now, or will be */
	memset(out, 0, sizeof *out);
	if (!*w.message_id)
		return true;
	if (!imapbox_find(b, &w, &uid, &count, err))
		return false;
	if (count > 1)
		return err_set(err, ERR_EXECUTION_FAILED, "The mail server gave its mails new ids, and %u of them have the"
		               " Message-ID of this one", count);
	return count == 0 || imapbox_look_at(b, uid, out, err);
}
