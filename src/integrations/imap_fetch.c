/* The mails themselves. They are asked for one after the other, so that with one that is small the next small ones of the
 * list are fetched too. BODY.PEEK leaves them unread. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "integrations/imap_priv.h"
#include "integrations/mail.h"

#define READY_BYTES_MAX (2u * MAILBOX_MESSAGE_MAX)    /* kept, though a server's sizes are wrong */
#define SENT_HEAD_MAX   16384
#define NOT_UNDERSTOOD  "What the mail server tells of the mail cannot be understood"

void imapbox_forget(struct imapbox *b)
{
	unsigned i;

	for (i = 0; i < b->ready_count; i++)
		mem_free(b->ready[i].text);
	b->ready_count = 0;
}

/* ---- What comes ---- */

struct fetching {
	struct imapbox *box;
	uint32_t asked[IMAP_BATCH];
	unsigned count;
	size_t bytes;
	bool head;                     /* only headers were asked for */
	bool unreadable;               /* what came of the first, perhaps */
};

static bool was_asked(const struct fetching *f, uint32_t uid)
{
	unsigned i;

	for (i = 0; i < f->box->ready_count; i++)
		if (f->box->ready[i].uid == uid)
			return false;
	for (i = 0; i < f->count; i++)
		if (f->asked[i] == uid)
			return true;
	return false;
}

static bool on_mail(void *ctx, const struct imap_answer *a)
{
	struct fetching *f = ctx;
	struct imap_fetched got;
	struct imap_ready *r;
	size_t n;

	if (a->kind != IMAP_DATA || strcmp(a->name, "FETCH") != 0)
		return true;
	if (!imap_fetch_read(a->rest, &got)) {
		f->unreadable |= got.uid == f->asked[0] || got.uid == 0;
		return true;
	}
	if (!got.has_body || got.body.kind == IMAP_ATOM || !was_asked(f, got.uid))
		return true;
	n = got.body.n;
	if (f->bytes + n > READY_BYTES_MAX)
		return true;               /* it is asked for again, alone */
	r = &f->box->ready[f->box->ready_count++];
	r->uid = got.uid;
	/* as many bytes as were asked for: there are more, whatever its size was said to be */
	r->cut = f->head || n >= MAILBOX_MESSAGE_MAX;
	r->n = r->cut && n > MAIL_HEAD_MAX ? MAIL_HEAD_MAX : n;
	r->text = mem_alloc(r->n + 1);
	memcpy(r->text, got.body.p, r->n);
	f->bytes += r->n;
	return true;
}

/* ---- What is asked for ---- */

static unsigned place_of(const struct imapbox *b, uint32_t uid)
{
	unsigned i;

	for (i = 0; i < b->listed_count && b->listed[i].uid != uid; i++)
		;
	return i;
}

/* The mail, and the small ones that stand behind it in the list. */
static void choose(struct fetching *f, uint32_t uid, size_t size)
{
	const struct imapbox *b = f->box;
	unsigned i = place_of(b, uid) + 1;
	size_t sum = size;

	f->asked[f->count++] = uid;
	f->head = size > MAILBOX_MESSAGE_MAX;
	if (f->head)
		return;
	for (; i < b->listed_count && f->count < IMAP_BATCH; i++) {
		if (b->listed[i].size > MAILBOX_MESSAGE_MAX)
			continue;
		sum += b->listed[i].size;
		if (sum > MAILBOX_MESSAGE_MAX)
			break;
		f->asked[f->count++] = b->listed[i].uid;
	}
}

static bool fetch_chosen(struct fetching *f, struct error *err)
{
	struct imap_status status;
	struct imap_command c;
	unsigned i;

	imap_begin(&c, "UID FETCH ");
	for (i = 0; i < f->count; i++)
		imap_addf(&c, "%s%" PRIu32, i ? "," : "", f->asked[i]);
	if (f->head)
		imap_addf(&c, " (UID BODY.PEEK[HEADER]<0.%u>)", MAIL_HEAD_MAX);
	else
		imap_addf(&c, " (UID BODY.PEEK[]<0.%u>)", MAILBOX_MESSAGE_MAX);
	return imap_do(f->box->conn, &c, on_mail, f, &status, "The mail cannot be fetched", err);
}

/* Hands over one that is there. */
static bool take(struct imapbox *b, uint32_t uid, char **text, size_t *n, bool *cut)
{
	unsigned i;

	for (i = 0; i < b->ready_count; i++)
		if (b->ready[i].uid == uid) {
			*text = b->ready[i].text;
			*n = b->ready[i].n;
			*cut = b->ready[i].cut;
			b->ready[i] = b->ready[--b->ready_count];
			return true;
		}
	return false;
}

static bool is_odd(const struct imapbox *b, uint32_t uid)
{
	unsigned i;

	for (i = 0; i < b->odd_count; i++)
		if (b->odd[i] == uid)
			return true;
	return false;
}

bool imapbox_fetch(struct mailbox *m, const struct mail_ref *ref, char **text, size_t *n, bool *cut, struct error *err)
{
	struct imapbox *b = m->data;
	struct fetching f = {.box = b};
	uint32_t validity, uid;

	if (!imapbox_enter(b, err))
		return false;
	if (!imapbox_read_id(ref->id, &validity, &uid) || validity != b->validity)
		return err_set(err, ERR_NOT_FOUND, "The mail %.100s is not in the folder any more", ref->id);
	if (is_odd(b, uid))
		return err_set(err, ERR_EXECUTION_FAILED, NOT_UNDERSTOOD);
	if (take(b, uid, text, n, cut))
		return true;
	imapbox_forget(b);
	choose(&f, uid, ref->size);
	if (!fetch_chosen(&f, err))
		return false;
	if (take(b, uid, text, n, cut))
		return true;
	return f.unreadable ? err_set(err, ERR_EXECUTION_FAILED, NOT_UNDERSTOOD)
	                    : err_set(err, ERR_NOT_FOUND, "The mail %.100s is gone", ref->id);
}

/* ---- Sent mails ---- */

struct sending { void (*each)(void *ctx, const char *headers, size_t n); void *ctx; };

static bool on_sent(void *ctx, const struct imap_answer *a)
{
	struct sending *s = ctx;
	struct imap_fetched got;

	if (a->kind != IMAP_DATA || strcmp(a->name, "FETCH") != 0)
		return true;
	if (imap_fetch_read(a->rest, &got) && got.has_body && got.body.kind == IMAP_LITERAL)
		s->each(s->ctx, got.body.p, got.body.n);
	return true;
}

bool imapbox_sent(struct mailbox *m, unsigned max, void (*each)(void *ctx, const char *headers, size_t n), void *ctx,
                  struct error *err)
{
	struct imapbox *b = m->data;
	struct sending s = {each, ctx};
	struct imap_status status;
	struct imap_command c;
	uint32_t exists;
	bool found;

	if (!imapbox_know_folders(b, err) || !imapbox_look_into(b, b->sent, &found, err))
		return false;
	exists = found ? imap_exists(b->conn) : 0;
	if (exists == 0 || max == 0)
		return true;
	imap_begin(&c, "FETCH");
	imap_addf(&c, " %" PRIu32 ":%" PRIu32 " (BODY.PEEK[HEADER.FIELDS (TO CC MESSAGE-ID)]<0.%d>)",
	          exists > max ? exists - max + 1 : 1, exists, SENT_HEAD_MAX);
	return imap_do(b->conn, &c, on_sent, &s, &status, "The sent mails cannot be read", err);
}
