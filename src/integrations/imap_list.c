/* Which mails a folder holds, and where one of them is now. Sequence numbers are looked through in windows from the
 * newest on, so that no answer grows with the folder. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "integrations/imap_priv.h"

#define WINDOW   5000              /* sequence numbers of one search: its answer is a line of IMAP_LINE_MAX at most */
#define SCAN_MAX 1000000           /* of them that are searched for a list */
#define SET_MAX  4000              /* bytes of a list of ids in one command (RFC 7162 advises 8192 of a line) */
#define DAY_MS   INT64_C(86400000)
#define MATCHES_MAX 1000           /* mails that share a Message-ID */

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

static void add_day(struct imap_command *c, const char *key, int64_t ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int year, month, day;

	clock_civil(ms, &year, &month, &day);
	if (year >= 1970 && year <= 9999)
		imap_addf(c, " %s %d-%.3s-%04d", key, day, months + 3 * (month - 1), year);
}

/* Days are wider than asked: servers know neither hour nor zone. A mail arrives after it was written, so SINCE goes by
 * the arrival; BEFORE cannot, and what has no date is to be looked at. */
static void add_filter(struct imapbox *b, struct imap_command *c, const struct mailbox_filter *f)
{
	imap_add(c, " UNDELETED");
	if (f->unread)
		imap_add(c, " UNSEEN");
	if (f->since_ms > 2 * DAY_MS)
		add_day(c, "SINCE", f->since_ms - 2 * DAY_MS);
	if (f->before_ms > 0 && f->before_ms < INT64_C(200000000000000)) {
		imap_add(c, " OR");
		add_day(c, "SENTBEFORE", f->before_ms + 2 * DAY_MS);
		imap_add(c, " NOT SENTSINCE 1-Jan-1970");
	}
	/* Gmail looks for whole words */
	if (imap_can(b->conn, "X-GM-EXT-1"))
		return;
	add_words(c, "FROM", NULL, f->from);
	add_words(c, "TO", "CC", f->to);
	add_words(c, "SUBJECT", NULL, f->subject);
}

static bool asks_anything(const struct mailbox_filter *f)
{
	return f && (f->unread || f->since_ms > 0 || f->before_ms > 0 || f->from || f->to || f->subject);
}

struct uids { uint32_t *all; unsigned count, room; };

static bool on_search(void *ctx, const struct imap_answer *a)
{
	struct imap_reader r = a->rest;
	struct uids *u = ctx;
	uint64_t n;

	if (a->kind != IMAP_DATA || strcmp(a->name, "SEARCH") != 0)
		return true;
	for (;;) {
		struct imap_token t = imap_next(&r);

		/* "(MODSEQ …)" may follow */
		if (t.kind == IMAP_END || t.kind == IMAP_OPEN)
			return true;
		if (!imap_number(&t, UINT32_MAX, &n) || n == 0)
			return false;
		if (u->count < u->room)
			u->all[u->count++] = (uint32_t)n;
	}
}

/* ---- What is told of mails ---- */

struct listing {
	struct imapbox *box;
	struct mail_ref *all;
	unsigned count, room;
	uint32_t below;                /* ids from here on were seen in a window before */
};

static bool on_listed(void *ctx, const struct imap_answer *a)
{
	struct listing *l = ctx;
	struct imap_fetched f;
	struct mail_ref *r;

	if (a->kind != IMAP_DATA || strcmp(a->name, "FETCH") != 0)
		return true;
	if (!imap_fetch_read(a->rest, &f))
		return false;
	/* news of other mails have no size */
	if (f.uid == 0 || !f.has_size || !f.has_flags || f.deleted || f.uid >= l->below || l->count == l->room)
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

static int descending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Appends ids from *at on, neighbours as ranges, as far as they go into one command. */
static void add_set(struct imap_command *c, const uint32_t *uids, unsigned n, unsigned *at)
{
	size_t start = c->text.len;

	while (*at < n && c->text.len - start < SET_MAX) {
		unsigned first = *at;

		while (*at + 1 < n && uids[*at + 1] == uids[*at] - 1)
			(*at)++;
		if (c->text.len > start)
			imap_add(c, ",");
		if (first == *at)
			imap_addf(c, "%" PRIu32, uids[first]);
		else
			imap_addf(c, "%" PRIu32 ":%" PRIu32, uids[*at], uids[first]);
		(*at)++;
	}
}

static bool fetch_found(struct listing *l, struct uids *u, struct error *err)
{
	struct imap_status status;
	struct imap_command c;
	unsigned at = 0;
	bool ok = true;

	qsort(u->all, u->count, sizeof *u->all, descending);
	if (u->count > l->room - l->count)
		u->count = l->room - l->count;
	while (ok && at < u->count) {
		imap_begin(&c, "UID FETCH ");
		add_set(&c, u->all, u->count, &at);
		imap_add(&c, " " LISTED_ITEMS);
		ok = imap_do(l->box->conn, &c, on_listed, l, &status, CANNOT_LIST, err);
	}
	return ok;
}

static bool search_window(struct listing *l, const struct mailbox_filter *filter, uint32_t from, uint32_t to,
                          struct uids *u, struct error *err)
{
	struct imap_status status;
	struct imap_command c;

	u->count = 0;
	imap_begin(&c, "UID SEARCH");
	imap_addf(&c, " %" PRIu32 ":%" PRIu32, from, to);
	add_filter(l->box, &c, filter);
	return imap_do(l->box->conn, &c, on_search, u, &status, "The mail server cannot search the connected folder", err) &&
	       fetch_found(l, u, err);
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
	uint32_t window = asks_anything(filter) ? WINDOW : l->room, to = l->box->exists, looked = 0;
	struct uids u = {mem_array(WINDOW, sizeof *u.all), 0, WINDOW};
	bool ok = true;

	window = window < WINDOW ? window : WINDOW;
	while (ok && to > 0 && l->count < l->room && looked < SCAN_MAX) {
		uint32_t from = to > window ? to - window + 1 : 1;
		unsigned before = l->count;

		ok = asks_anything(filter) ? search_window(l, filter, from, to, &u, err) : fetch_window(l, from, to, err);
		note_lowest(l, before);
		looked += to - from + 1;
		to = from - 1;
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

/* ---- Find one ---- */

/* What is no ASCII cannot be searched for on every server; real ids are. */
static bool searchable(const char *message_id, char *out, size_t size)
{
	const char *p;

	for (p = message_id; *p > ' ' && *p < 0x7f; p++)
		;
	return *message_id && !*p && snprintf(out, size, "<%s>", message_id) < (int)size;
}

bool imapbox_find(struct imapbox *b, const char *message_id, uint32_t *uid, unsigned *count, struct error *err)
{
	struct imap_status status;
	struct imap_command c;
	char id[1000];
	struct uids u;
	bool ok;

	*count = 0;
	*uid = 0;
	if (!searchable(message_id, id, sizeof id))
		return true;
	u = (struct uids){mem_array(MATCHES_MAX, sizeof *u.all), 0, MATCHES_MAX};
	imap_begin(&c, "UID SEARCH UNDELETED HEADER Message-ID ");
	imap_add_string(&c, id);
	ok = imap_do(b->conn, &c, on_search, &u, &status, "The mail server cannot search for a mail", err);
	qsort(u.all, u.count, sizeof *u.all, descending);
	*count = u.count;
	*uid = u.count > 0 ? u.all[0] : 0;
	mem_free(u.all);
	return ok;
}

bool imapbox_resolve(struct imapbox *b, const struct mail_ref *ref, const char *message_id, uint32_t *uid,
                     struct error *err)
{
	uint32_t validity;
	unsigned count;

	if (!imapbox_enter(b, err))
		return false;
	if (!imapbox_read_id(ref->id, &validity, uid))
		return err_set(err, ERR_EXECUTION_FAILED, "\"%.100s\" is no id of a mail on an IMAP server", ref->id);
	if (validity == b->validity)
		return true;
	/* the server gave all mails new ids: an old one may be another's now */
	if (!imapbox_find(b, message_id ? message_id : "", uid, &count, err))
		return false;
	return count < 2 || err_set(err, ERR_EXECUTION_FAILED, "The mail server gave its mails new ids, and %u of them have"
	                            " the Message-ID of this one", count);
}

bool imapbox_ask(struct imapbox *b, uint32_t uid, const char *items, imap_each each, void *ctx, struct error *err)
{
	struct imap_status status;
	struct imap_command c;

	imap_begin(&c, "UID FETCH");
	imap_addf(&c, " %" PRIu32 " (UID %s)", uid, items);
	return imap_do(b->conn, &c, each, ctx, &status, "The mail server tells nothing of a mail", err);
}

static bool on_facts(void *ctx, const struct imap_answer *a)
{
	struct imap_facts *out = ctx;
	struct imap_fetched f;

	if (a->kind != IMAP_DATA || strcmp(a->name, "FETCH") != 0)
		return true;
	if (!imap_fetch_read(a->rest, &f))
		return false;
	if (f.uid != 0 && f.has_size)
		*out = (struct imap_facts){f.uid, f.size, f.date_ms};
	return true;
}

bool imapbox_facts(struct imapbox *b, uint32_t uid, struct imap_facts *out, struct error *err)
{
	memset(out, 0, sizeof *out);
	if (!imapbox_ask(b, uid, "RFC822.SIZE INTERNALDATE", on_facts, out, err))
		return false;
	if (out->uid != uid)
		memset(out, 0, sizeof *out);
	return true;
}
