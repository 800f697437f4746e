/* Searching in folders, in windows of sequence numbers from the newest mails on, so that no answer grows with the
 * folder, or with what others put into it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "integrations/imap_priv.h"

#define SET_MAX     4000           /* bytes of a list of ids in one command (RFC 7162 advises 8192 of a line) */
#define MATCHES_MAX 1000           /* mails that share a Message-ID, or a size and a day */
#define CLOSE_MAX   50             /* of those, that are looked at closely */
#define DAY_MS      INT64_C(86400000)

/* ---- One search ---- */

static void keep(void *ctx, uint32_t first, uint32_t last)
{
	struct imap_uids *u = ctx;

	for (;; first++) {
		if (u->count == u->room)
			return;
		u->all[u->count++] = first;
		if (first == last)
			return;
	}
}

static bool on_search(void *ctx, const struct imap_answer *a)
{
	struct imap_uids *u = ctx;

	if (!imap_is_search(a))
		return true;
	u->told = true;
	return imap_search_read(a, keep, u);
}

static int descending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

bool imapbox_search(struct imapbox *b, uint32_t from, uint32_t to, imap_criteria add, const void *ctx,
                    struct imap_uids *out, struct error *err)
{
	struct imap_status status;
	struct imap_command c;

	out->told = false;
	imap_begin(&c, "UID SEARCH");
	imap_addf(&c, " %" PRIu32 ":%" PRIu32, from, to);
	add(&c, ctx);
	if (!imap_do(b->conn, &c, on_search, out, &status, "The mail server cannot search the folder", err))
		return false;
	qsort(out->all, out->count, sizeof *out->all, descending);
	/* nothing found is an answer too (RFC 3501, 7.2.5) */
	return out->told || err_set(err, ERR_EXECUTION_FAILED, "The mail server does not answer a search");
}

bool imapbox_search_all(struct imapbox *b, imap_criteria add, const void *ctx, struct imap_uids *out, struct error *err)
{
	uint32_t to = imap_exists(b->conn), from;

	for (; to > 0 && out->count < out->room; to = from - 1) {
		/* what was expunged meanwhile has moved the rest down */
		to = to < imap_exists(b->conn) ? to : imap_exists(b->conn);
		if (to == 0)
			break;
		from = to > IMAP_WINDOW ? to - IMAP_WINDOW + 1 : 1;
		if (!imapbox_search(b, from, to, add, ctx, out, err))
			return false;
	}
	return true;
}

void imapbox_add_day(struct imap_command *c, const char *key, int64_t ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int year, month, day;

	clock_civil(ms, &year, &month, &day);
	if (year >= 1970 && year <= 9999)
		imap_addf(c, " %s %d-%.3s-%04d", key, day, months + 3 * (month - 1), year);
}

void imapbox_add_set(struct imap_command *c, const uint32_t *uids, unsigned n, unsigned *at)
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

/* ---- A certain mail ---- */

/* What is no ASCII cannot be searched for on every server; real ids are. */
static bool searchable(const char *message_id, char *out, size_t size)
{
	const char *p;

	for (p = message_id; *p > ' ' && *p < 0x7f; p++)
		;
	return *message_id && !*p && snprintf(out, size, "<%s>", message_id) < (int)size;
}

struct criteria { const struct imap_wanted *wanted; const char *id; };

/* Servers compare days in the zone of whoever delivered the mail. */
static void add_wanted(struct imap_command *c, const void *ctx)
{
	const struct criteria *q = ctx;
	const struct imap_wanted *w = q->wanted;

	imap_add(c, " UNDELETED");
	if (w->size > 0)
		imap_addf(c, " LARGER %" PRIu32 " SMALLER %" PRIu64, w->size - 1, (uint64_t)w->size + 1);
	if (q->id) {
		imap_add(c, " HEADER Message-ID ");
		imap_add_string(c, q->id);
	} else if (w->date_ms > 2 * DAY_MS) {
		imapbox_add_day(c, "SINCE", w->date_ms - DAY_MS);
		imapbox_add_day(c, "BEFORE", w->date_ms + 2 * DAY_MS);
	}
}

struct comparing { const struct imap_wanted *wanted; bool by_date; struct imap_uids *same; };

static bool on_candidate(void *ctx, const struct imap_answer *a)
{
	struct comparing *c = ctx;
	struct imap_fetched f;

	/* one that cannot be read is none that could be relied on */
	if (a->kind != IMAP_DATA || strcmp(a->name, "FETCH") != 0 || !imap_fetch_read(a->rest, &f) || f.uid == 0 ||
	    !f.has_size)
		return true;
	if ((c->wanted->size == 0 || f.size == c->wanted->size) &&
	    (!c->by_date || (f.date_ms != 0 && f.date_ms == c->wanted->date_ms)) && c->same->count < c->same->room)
		c->same->all[c->same->count++] = f.uid;
	return true;
}

/* Leaves those that have size and arrival. */
static bool compare(struct imapbox *b, struct comparing *how, struct imap_uids *u, struct error *err)
{
	struct imap_status status;
	struct imap_command c;
	unsigned at = 0;
	bool ok = true;

	while (ok && at < u->count) {
		imap_begin(&c, "UID FETCH ");
		imapbox_add_set(&c, u->all, u->count, &at);
		imap_add(&c, " (UID RFC822.SIZE INTERNALDATE)");
		ok = imap_do(b->conn, &c, on_candidate, how, &status, "The mail server tells nothing of a mail", err);
	}
	qsort(how->same->all, how->same->count, sizeof *how->same->all, descending);
	return ok;
}

/* Leaves the newest that has the very headers. */
static bool compare_heads(struct imapbox *b, const struct imap_wanted *w, struct imap_uids *same, struct error *err)
{
	struct imap_facts facts;
	unsigned i;

	for (i = 0; i < same->count && i < CLOSE_MAX; i++) {
		if (!imapbox_look_at(b, same->all[i], &facts, err))
			return false;
		if (facts.uid != 0 && facts.has_head && memcmp(facts.head, w->head, sizeof facts.head) == 0) {
			same->all[0] = facts.uid;
			same->count = 1;
			return true;
		}
	}
	same->count = 0;
	return true;
}

bool imapbox_find(struct imapbox *b, const struct imap_wanted *w, uint32_t *uid, unsigned *count, struct error *err)
{
	struct imap_uids found = {mem_array(MATCHES_MAX, sizeof *found.all), 0, MATCHES_MAX, false};
	struct imap_uids same = {mem_array(MATCHES_MAX, sizeof *same.all), 0, MATCHES_MAX, false};
	char id[1000];
	struct criteria q = {w, searchable(w->message_id, id, sizeof id) ? id : NULL};
	struct comparing how = {w, w->by_date || !q.id, &same};
	bool ok = true;

	/* without an id its size and its arrival must be known */
	if (q.id || (w->size > 0 && w->date_ms != 0))
		ok = imapbox_search_all(b, add_wanted, &q, &found, err) && compare(b, &how, &found, err) &&
		     (!w->head || compare_heads(b, w, &same, err));
	*count = ok ? same.count : 0;
	*uid = *count > 0 ? same.all[0] : 0;
	mem_free(found.all);
	mem_free(same.all);
	return ok;
}
