/* Where the mails come from: the connected mailbox, or the input (email_triage_inline.c). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agents/email_triage.h"
#include "agents/email_triage_text.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#define DAY_MS INT64_C(86400000)

/* What is shown, and what queries and rules compare: a mail without a date has that of its arrival. */
static int64_t received(const struct mail *m, const struct mail_ref *ref)
{
	return m->date_ms ? m->date_ms : ref->date_ms;
}

void triage_finish_item(struct triage *t, struct item *it)
{
	const struct mail *m = &it->mail;

	it->thread_id = *m->thread_root ? m->thread_root : it->id;
	if (it->received_ms == 0)
		it->received_ms = received(m, &it->ref);
	if (m->cut)
		triage_warn(t, "MAIL_CUT", it->id, "The mail is larger than %u bytes: only its headers were read",
		            MAILBOX_MESSAGE_MAX);
	if (m->malformed)
		triage_warn(t, "MAIL_MALFORMED", it->id, "The mail is malformed: it was read as far as it goes");
	if (m->encrypted)
		triage_warn(t, "MAIL_ENCRYPTED", it->id, "The mail is encrypted: only its headers were read");
}

void triage_warn_no_mbox(struct triage *t, const char *which, const char *holds, const char *done)
{
	triage_warn(t, "NOT_AN_MBOX", NULL, "The %s is none: no line \"From …\" begins a mail in it. It holds %s: %s", which,
	            holds, done);
}

static void log_list(struct triage *t, unsigned n, int64_t started_us)
{
	char detail[80], name[40];

	snprintf(detail, sizeof detail, "{\"mails\":%u}", n);
	snprintf(name, sizeof name, "%s.list", t->box.ops->kind);
	t->ctx->host->step(t->ctx->host_data, "integration", name, detail, 0, (clock_mono_us() - started_us) / 1000);
}

static void log_fetch(struct triage *t, unsigned looked_at, uint64_t bytes, int64_t started_us)
{
	char detail[120], name[40];

	snprintf(detail, sizeof detail, "{\"looked_at\":%u,\"taken\":%u,\"bytes\":%" PRIu64 "}", looked_at, t->count, bytes);
	snprintf(name, sizeof name, "%s.fetch", t->box.ops->kind);
	t->ctx->host->step(t->ctx->host_data, "integration", name, detail, 0, (clock_mono_us() - started_us) / 1000);
}

bool triage_ends_attempt(const struct error *why)
{
	return why->retryable || why->code == ERR_CANCELLED;
}

/* Reads one mail; *taken when it fits the query. A mail that is gone meanwhile is passed over. */
static bool look_at(struct triage *t, const struct query *q, const struct mail_ref *ref, uint64_t *bytes,
                    bool *taken, struct error *err)
{
	struct item *it = &t->items[t->count];
	struct error why = {0};
	struct arena scratch;
	char *text = NULL;
	bool cut = false;
	size_t n = 0;

	*taken = false;
	if (!t->box.ops->fetch(&t->box, ref, &text, &n, &cut, &why)) {
		if (why.code == ERR_NOT_FOUND)
			return true;
		if (triage_ends_attempt(&why)) {
			*err = why;
			return false;
		}
		triage_warn(t, "MAIL_UNREADABLE", arena_strdup(&t->arena, ref->id), "%s", why.message);
		return true;
	}
	*bytes += n;
	memset(it, 0, sizeof *it);
	mail_parse(&it->mail, text, n, cut);
	mem_free(text);
	arena_init(&scratch);
	*taken = query_matches(q, &scratch, &it->mail, received(&it->mail, ref), ref->unread);
	arena_release(&scratch);
	if (!*taken) {
		mail_release(&it->mail);
		return true;
	}
	it->ref = *ref;
	it->id = it->ref.id;
	it->unread = ref->unread;
	triage_finish_item(t, it);
	t->count++;
	return true;
}

/* The arrival cannot be before the mail was written; a day of grace for clocks that are wrong. */
static bool too_old(const struct query *q, const struct mail_ref *ref)
{
	return q->after_ms != INT64_MIN && ref->date_ms != 0 && ref->date_ms < q->after_ms - DAY_MS;
}

static bool look_through(struct triage *t, const struct query *q, const struct mail_ref *refs, unsigned n,
                         struct error *err)
{
	int64_t started = clock_mono_us();
	unsigned i, looked_at = 0;
	uint64_t bytes = 0;
	bool ok = true, taken;

	for (i = 0; ok && i < n && t->count < t->opt.max_emails; i++) {
		if (t->ctx->host->stopped(t->ctx->host_data))
			return err_set(err, ERR_CANCELLED, "The run was stopped");
		if (too_old(q, &refs[i]))
			continue;
		looked_at++;
		ok = look_at(t, q, &refs[i], &bytes, &taken, err);
	}
	if (ok && i == TRIAGE_SCAN_MAX && t->count < t->opt.max_emails)
		triage_warn(t, "SCAN_LIMIT", NULL, "Only the newest %d mails were searched", TRIAGE_SCAN_MAX);
	log_fetch(t, looked_at, bytes, started);
	return ok;
}

bool triage_read_query(struct triage *t, struct error *err)
{
	/* mails that the input gives are taken as they are; a query that cannot be one is told all the same */
	return query_parse(&t->arena, t->opt.query, t->opt.zone, t->opt.reference_ms, &t->query, err);
}

#define MAILBOX "gmail"      /* the integration */

bool triage_open(struct triage *t, struct error *err)
{
	const char *me = NULL;
	struct agent_connection c;

	if (t->opt.inline_data)
		return true;
	if (!t->ctx->host->connection(t->ctx->host_data, MAILBOX, &c, err) ||
	    !json_get_str(c.settings, "settings", "address", &me, err))
		return false;
	if (!mailbox_open(&t->box, c.kind, c.settings, t->ctx->mailboxes, err)) {
		snprintf(err->integration, sizeof err->integration, "%s", MAILBOX);
		return false;
	}
	t->has_box = true;
	t->connection = arena_strdup(&t->arena, c.id);
	t->me = me ? text_lower(&t->arena, me) : "";
	return true;
}

static bool from_mailbox(struct triage *t, struct error *err)
{
	struct mail_ref *refs = NULL;
	struct mailbox_filter filter;
	unsigned n = 0;
	int64_t started = clock_mono_us();
	bool ok;

	query_filter(&t->query, &filter);
	t->listed_ms = clock_now_ms();
	ok = t->box.ops->list(&t->box, &filter, TRIAGE_SCAN_MAX, &refs, &n, err);
	if (ok) {
		log_list(t, n, started);
		if (t->box.seen)
			triage_warn_no_mbox(t, "connected mbox", t->box.seen, "nothing was read");
		ok = look_through(t, &t->query, refs, n, err);
	}
	mem_free(refs);
	return ok;
}

bool triage_gather(struct triage *t, struct error *err)
{
	bool ok;

	t->items = mem_array(TRIAGE_EMAILS_MAX, sizeof *t->items);
	ok = t->opt.inline_data ? triage_gather_inline(t, err) : from_mailbox(t, err);
	if (ok && !*t->me)
		t->me = triage_own_address(t);
	return ok;
}
