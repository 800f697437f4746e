/* Which mails a folder holds. Sequence numbers are looked through in windows from the newest on, so that no answer grows
 * with the folder. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "integrations/imap_priv.h"

#define SCAN_MAX 1000000           /* sequence numbers that are searched for a list */
#define DAY_MS   INT64_C(86400000)

/* ---- The server's search ---- */

/* Words that the server finds as we would: ASCII without blanks. */
static void add_words(struct imap_command *c, const char *key, const char *other, const char *text)
{
	char word[80];
	size_t n;

	for (; text && *text; text += n) {
		text += strspn(text, " \t");
		n = strcspn(text, " \t");
		if (n == 0 || n >= sizeof word || c->stop_count + 2 > IMAP_ARGS_MAX)
			continue;
		snprintf(word, sizeof word, "%.*s", (int)n, text);
		if (strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._+-/") != n)
			continue;
		if (other)
			imap_addf(c, " OR %s \"%s\" %s \"%s\"", key, word, other, word);
		else
			imap_addf(c, " %s \"%s\"", key, word);
	}
}

struct filtering { const struct imapbox *box; const struct mailbox_filter *filter; };

/* Days are wider than asked: servers know neither hour nor zone. A mail arrives after it was written, so SINCE goes by
 * the arrival; BEFORE cannot, and what has no date is to be looked at. */
static void add_filter(struct imap_command *c, const void *ctx)
{
	const struct filtering *filtering = ctx;
	const struct mailbox_filter *f = filtering->filter;

	imap_add(c, " UNDELETED");
	if (f->unread)
		imap_add(c, " UNSEEN");
	if (f->since_ms > 2 * DAY_MS)
		imapbox_add_day(c, "SINCE", f->since_ms - 2 * DAY_MS);
	if (f->before_ms > 0 && f->before_ms < INT64_C(200000000000000)) {
		imap_add(c, " OR");
		imapbox_add_day(c, "SENTBEFORE", f->before_ms + 2 * DAY_MS);
		imap_add(c, " NOT SENTSINCE 1-Jan-1970");
	}
	/* Gmail looks for whole words */
	if (imap_can(filtering->box->conn, "X-GM-EXT-1"))
		return;
	add_words(c, "FROM", NULL, f->from);
	add_words(c, "TO", "CC", f->to);
	add_words(c, "SUBJECT", NULL, f->subject);
}

static bool asks_anything(const struct mailbox_filter *f)
{
	return f && (f->unread || f->since_ms > 0 || f->before_ms > 0 || f->from || f->to || f->subject);
}

/* ---- What is told of mails ---- */

struct listing {
	struct imapbox *box;
	struct mail_ref *all;
	unsigned count, room;
	uint32_t below;                /* ids from here on were seen in a window before */
};

static bool is_listed(const struct listing *l, uint32_t uid)
{
	uint32_t v, other;
	unsigned i;

	for (i = 0; i < l->count; i++)
		if (imapbox_read_id(l->all[i].id, &v, &other) && other == uid)
			return true;
	return false;
}

/* One whose flags cannot be read is listed with what is known, and told when it is read. */
static bool is_odd(struct listing *l, const struct imap_answer *a, const struct imap_fetched *f)
{
	unsigned i;

	log_write(LOG_WARN, "mailbox", "event=fetch_unreadable number=%" PRIu32 " uid=%" PRIu32, a->number, f->uid);
	for (i = 0; i < l->box->odd_count; i++)
		if (l->box->odd[i] == f->uid)
			return false;
	if (f->uid == 0 || i == IMAP_ODD_MAX || is_listed(l, f->uid))
		return false;
	l->box->odd[l->box->odd_count++] = f->uid;
	return true;
}

static bool on_listed(void *ctx, const struct imap_answer *a)
{
	struct listing *l = ctx;
	struct imap_fetched f;
	struct mail_ref *r;
	bool odd;

	if (a->kind != IMAP_DATA || strcmp(a->name, "FETCH") != 0)
		return true;
	odd = !imap_fetch_read(a->rest, &f);
	/* news of other mails have no size */
	if (odd ? !is_odd(l, a, &f) : f.uid == 0 || !f.has_size || !f.has_flags || f.deleted)
		return true;
	if (f.uid >= l->below || l->count == l->room)
		return true;
	r = &l->all[l->count++];
	memset(r, 0, sizeof *r);
	snprintf(r->id, sizeof r->id, "%" PRIu32 ".%" PRIu32, l->box->validity, f.uid);
	r->date_ms = f.date_ms;
	r->unread = !f.seen;
	r->starred = f.flagged;
	r->size = f.size;
	return true;
}

#define LISTED_ITEMS "(UID FLAGS INTERNALDATE RFC822.SIZE)"
#define CANNOT_LIST  "The mails of the connected folder cannot be listed"

static bool fetch_window(struct listing *l, uint32_t from, uint32_t to, struct error *err)
{
	struct imap_status status;
	struct imap_command c;

	imap_begin(&c, "FETCH");
	imap_addf(&c, " %" PRIu32 ":%" PRIu32 " " LISTED_ITEMS, from, to);
	return imap_do(l->box->conn, &c, on_listed, l, &status, CANNOT_LIST, err);
}

static bool fetch_found(struct listing *l, struct imap_uids *u, struct error *err)
{
	struct imap_status status;
	struct imap_command c;
	unsigned at = 0;
	bool ok = true;

	if (u->count > l->room - l->count)
		u->count = l->room - l->count;
	while (ok && at < u->count) {
		imap_begin(&c, "UID FETCH ");
		imapbox_add_set(&c, u->all, u->count, &at);
		imap_add(&c, " " LISTED_ITEMS);
		ok = imap_do(l->box->conn, &c, on_listed, l, &status, CANNOT_LIST, err);
	}
	return ok;
}

static bool search_window(struct listing *l, const struct mailbox_filter *filter, uint32_t from, uint32_t to,
                          struct imap_uids *u, struct error *err)
{
	struct filtering f = {l->box, filter};

	u->count = 0;
	return imapbox_search(l->box, from, to, add_filter, &f, u, err) && fetch_found(l, u, err);
}

/* ---- List ---- */

static int newest_first(const void *a, const void *b)
{
	const struct mail_ref *x = a, *y = b;
	uint32_t v, ux = 0, uy = 0;

	if (x->date_ms != y->date_ms)
		return x->date_ms < y->date_ms ? 1 : -1;
	imapbox_read_id(x->id, &v, &ux);
	imapbox_read_id(y->id, &v, &uy);
	return ux < uy ? 1 : ux > uy ? -1 : 0;
}

/* Mails that others expunge meanwhile move the rest down, some of them into a window that comes. */
static void note_lowest(struct listing *l, unsigned from)
{
	uint32_t v, uid;

	for (; from < l->count; from++)
		if (imapbox_read_id(l->all[from].id, &v, &uid) && uid < l->below)
			l->below = uid;
}

static bool look_through(struct listing *l, const struct mailbox_filter *filter, struct error *err)
{
	uint32_t window = asks_anything(filter) ? IMAP_WINDOW : l->room, to = imap_exists(l->box->conn), looked = 0;
	struct imap_uids u = {mem_array(IMAP_WINDOW, sizeof *u.all), 0, IMAP_WINDOW, false};
	bool ok = true;

	window = window < IMAP_WINDOW ? window : IMAP_WINDOW;
	while (ok && to > 0 && l->count < l->room && looked < SCAN_MAX) {
		uint32_t from = to > window ? to - window + 1 : 1;
		unsigned before = l->count;

		ok = asks_anything(filter) ? search_window(l, filter, from, to, &u, err) : fetch_window(l, from, to, err);
		note_lowest(l, before);
		looked += to - from + 1;
		/* what was expunged meanwhile has moved the rest down */
		to = from - 1 < imap_exists(l->box->conn) ? from - 1 : imap_exists(l->box->conn);
	}
	mem_free(u.all);
	return ok;
}

static void remember(struct imapbox *b, const struct mail_ref *refs, unsigned n)
{
	uint32_t v;
	unsigned i;

	mem_free(b->listed);
	b->listed = mem_array(n + 1, sizeof *b->listed);
	b->listed_count = n;
	for (i = 0; i < n; i++) {
		imapbox_read_id(refs[i].id, &v, &b->listed[i].uid);
		b->listed[i].size = (uint32_t)refs[i].size;
	}
}

bool imapbox_list(struct mailbox *m, const struct mailbox_filter *filter, unsigned max, struct mail_ref **out,
                  unsigned *count, struct error *err)
{
	struct imapbox *b = m->data;
	struct listing l = {.box = b, .room = max, .below = UINT32_MAX};

	l.all = mem_array(max + 1, sizeof *l.all);
	b->odd_count = 0;
	if (!imapbox_enter(b, err) || !look_through(&l, filter, err)) {
		mem_free(l.all);
		return false;
	}
	qsort(l.all, l.count, sizeof *l.all, newest_first);
	remember(b, l.all, l.count);
	*out = l.all;
	*count = l.count;
	return true;
}
