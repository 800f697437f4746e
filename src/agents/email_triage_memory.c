/* What is known beside the mails themselves: which of them were archived before and moved back, how often that happened
 * to others of their sender and list, and to whom their reader has written. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage.h"
#include "agents/email_triage_text.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/mem.h"

#define SUBJECT_BYTES 320      /* of a sender or list that is remembered */
#define SENT_MAX      200      /* newest mails of the reader's own that are looked at */
#define KEPT_SHARE    10       /* mail stays when one in so many that were archived was moved back */
#define KEPT_FOR_MS   (90 * INT64_C(86400000))      /* after the last that was archived or moved back */
#define DIGEST_BYTES  12       /* of a mail's headers, in its key */

/* ---- Names ---- */

/* At most SUBJECT_BYTES of it, whole characters. */
static const char *cut(struct triage *t, const char *text)
{
	size_t n = strlen(text);

	if (n > SUBJECT_BYTES)
		for (n = SUBJECT_BYTES; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
			;
	return arena_strndup(&t->arena, text, n);
}

/* RFC 2919: "Weekly news <weekly.example.org>"; NULL for a mail of no list. */
static const char *list_of(struct triage *t, const struct mail *m)
{
	const char *id = mail_header(m, "List-Id"), *open = id ? strrchr(id, '<') : NULL, *close = open ? strchr(open, '>') : NULL;

	if (!id || !*id)
		return NULL;
	return cut(t, text_lower(&t->arena, close ? arena_strndup(&t->arena, open + 1, (size_t)(close - open - 1)) : id));
}

/* Headers that programs add to a mail that lies in a mailbox. */
static bool is_of_mailbox(const char *name)
{
	static const char *const names[] = {"Status", "X-Status", "X-UID", "X-UIDL", "X-IMAP", "X-Keywords", "Content-Length",
	                                    "Lines", "X-Mozilla-Status", "X-Mozilla-Status2", "X-Mozilla-Keys"};
	unsigned i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

/* What a mail is known by wherever it is moved to: its Message-ID, which anybody can use again, and a digest of the
 * headers that it came with, in which two deliveries of one mail differ. */
static const char *key_of(struct triage *t, const struct mail *m)
{
	char hex[2 * DIGEST_BYTES + 1];
	uint8_t digest[SHA256_SIZE];
	struct buf b;
	unsigned i;

	buf_init(&b, 4 * MAIL_HEAD_MAX);
	for (i = 0; i < m->header_count; i++)
		if (!is_of_mailbox(m->headers[i].name))
			buf_addf(&b, "%s:%s\n", m->headers[i].name, m->headers[i].value);
	crypto_sha256(buf_str(&b), b.len, digest);
	crypto_hex(digest, DIGEST_BYTES, hex);
	buf_release(&b);
	return arena_printf(&t->arena, "%s#%s", m->message_id, hex);
}

/* Mails that are alike to the last header are told from each other by a number. */
static void name_item(struct triage *t, unsigned at)
{
	struct item *it = &t->items[at];
	unsigned copies = 0, i;

	it->key = key_of(t, &it->mail);
	for (i = 0; i < at; i++)
		copies += strcmp(t->items[i].key, it->key) == 0;
	it->copy = copies ? arena_printf(&t->arena, "%u", copies + 1) : NULL;
	it->sender.subject = *it->mail.from.addr ? cut(t, it->mail.from.addr) : NULL;
	it->list.subject = list_of(t, &it->mail);
}

void triage_name_effect(struct triage *t, const struct item *it, const char *kind, const char *content, struct agent_effect *out)
{
	memset(out, 0, sizeof *out);
	out->integration = "gmail";
	out->kind = kind;
	out->target = it->key;
	out->content = content && it->copy ? arena_printf(&t->arena, "%s#%s", content, it->copy) : content ? content : it->copy;
	if (strcmp(kind, "archive") != 0)
		return;
	if (it->sender.subject)
		out->lessons[out->lesson_count++] = (struct agent_lesson){"sender", it->sender.subject};
	if (it->list.subject)
		out->lessons[out->lesson_count++] = (struct agent_lesson){"list", it->list.subject};
}

/* ---- What was moved back ---- */

bool triage_came_back(struct triage *t, const char *message_id, const struct agent_effect *archive, bool *back,
                      struct error *err)
{
	bool there = false;

	if (!t->box.ops->in_archive(&t->box, archive->remote_id, message_id, &there, err))
		return false;
	*back = !there;
	return true;
}

static bool find_moved_back(struct triage *t, struct agent_effect *effects, struct error *err)
{
	struct agent_effect *all[TRIAGE_EMAILS_MAX], *back[TRIAGE_EMAILS_MAX];
	unsigned n = 0, i;

	for (i = 0; i < t->count; i++) {
		triage_name_effect(t, &t->items[i], "archive", NULL, &effects[i]);
		all[i] = &effects[i];
	}
	if (!t->ctx->host->look(t->ctx->host_data, all, t->count, err))
		return false;
	for (i = 0; i < t->count; i++) {
		struct item *it = &t->items[i];
		bool now = false;

		/* what was archived after this run looked is not here any more */
		if (effects[i].state == AGENT_EFFECT_DONE && effects[i].changed_ms < t->listed_ms &&
		    !triage_came_back(t, it->mail.message_id, &effects[i], &now, err))
			return false;
		it->moved_back = now || effects[i].state == AGENT_EFFECT_UNDONE;
		it->moved_back_now = now;
		if (now)
			back[n++] = &effects[i];
	}
	/* a dry run keeps nothing of it: the next one will */
	return n == 0 || t->opt.dry_run ||
	       t->ctx->host->settle(t->ctx->host_data, back, n, AGENT_EFFECT_UNDONE, err);
}

/* ---- Senders and lists ---- */

static bool recall(struct triage *t, struct error *err)
{
	struct agent_memory all[2 * TRIAGE_EMAILS_MAX];
	struct remembered *of[2 * TRIAGE_EMAILS_MAX];
	unsigned n = 0, i;

	for (i = 0; i < t->count; i++) {
		struct item *it = &t->items[i];

		if (it->sender.subject) {
			of[n] = &it->sender;
			all[n++] = (struct agent_memory){.kind = "sender", .subject = it->sender.subject};
		}
		if (it->list.subject) {
			of[n] = &it->list;
			all[n++] = (struct agent_memory){.kind = "list", .subject = it->list.subject};
		}
	}
	if (n > 0 && !t->ctx->host->recall(t->ctx->host_data, all, n, err))
		return false;
	for (i = 0; i < n; i++) {
		of[i]->done = all[i].done;
		of[i]->undone = all[i].undone;
		of[i]->changed_ms = all[i].changed_ms;
	}
	return true;
}

/* What a dry run does not keep counts in it all the same, as it decides what a run in its place would. */
static void count_unkept(struct triage *t, struct remembered *r, const char *of, const char *subject)
{
	if (!of || !subject || strcmp(of, subject) != 0)
		return;
	r->undone++;
	r->changed_ms = t->ctx->now_ms;
}

static void learn_for_now(struct triage *t)
{
	unsigned i, k;

	for (i = 0; i < t->count; i++)
		for (k = 0; t->items[i].moved_back_now && k < t->count; k++) {
			count_unkept(t, &t->items[k].sender, t->items[k].sender.subject, t->items[i].sender.subject);
			count_unkept(t, &t->items[k].list, t->items[k].list.subject, t->items[i].list.subject);
		}
}

/* Nothing more is counted of what is kept: after a quarter of a year it is tried again. */
static bool often_moved_back(const struct triage *t, const struct remembered *r)
{
	return r->undone > 0 && r->undone * KEPT_SHARE >= r->done && t->ctx->now_ms - r->changed_ms < KEPT_FOR_MS;
}

const char *triage_remembered_reason(struct triage *t, const struct item *it)
{
	if (often_moved_back(t, &it->sender))
		return arena_printf(&t->arena, "kept in the inbox: you moved %" PRId64 " of %" PRId64
		                    " archived mails of this sender back", it->sender.undone, it->sender.done);
	if (often_moved_back(t, &it->list))
		return arena_printf(&t->arena, "kept in the inbox: you moved %" PRId64 " of %" PRId64
		                    " archived mails of this list back", it->list.undone, it->list.done);
	return NULL;
}

/* ---- Whom the reader wrote to ---- */

struct sent { struct triage *t; const char **known; unsigned count, room, mails; };

static void know(struct sent *s, const char *name)
{
	if (!*name)
		return;
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 256;
		s->known = mem_grow(s->known, s->room * sizeof *s->known);
	}
	s->known[s->count++] = arena_strdup(&s->t->arena, name);
}

static void look_at_sent(void *ctx, const char *headers, size_t n)
{
	struct sent *s = ctx;
	struct mail m;
	unsigned i;

	mail_parse(&m, headers, n, false);
	know(s, m.message_id);
	for (i = 0; i < m.to_count; i++)
		know(s, m.to[i].addr);
	for (i = 0; i < m.cc_count; i++)
		know(s, m.cc[i].addr);
	mail_release(&m);
	s->mails++;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool knows(const struct sent *s, const char *name)
{
	return *name && s->count > 0 && bsearch(&name, s->known, s->count, sizeof *s->known, by_name) != NULL;
}

static void log_sent(struct triage *t, unsigned mails, int64_t started_us)
{
	char detail[60], name[40];

	snprintf(detail, sizeof detail, "{\"mails\":%u}", mails);
	snprintf(name, sizeof name, "%s.sent", t->box.ops->kind);
	t->ctx->host->step(t->ctx->host_data, "integration", name, detail, 0, (clock_mono_us() - started_us) / 1000);
}

/* Sent mail that cannot be read takes nothing away: the mails are sorted without it, and that is told. */
static bool find_acquaintances(struct triage *t, struct error *err)
{
	struct sent s = {.t = t};
	struct error why = {0};
	int64_t started = clock_mono_us();
	bool ok = t->box.ops->sent(&t->box, SENT_MAX, look_at_sent, &s, &why);
	unsigned i;

	if (!ok && triage_ends_attempt(&why)) {
		*err = why;
	} else {
		if (!ok)
			triage_warn(t, "SENT_MAIL_UNREADABLE", NULL, "%s", why.message);
		ok = true;
		if (s.count > 0)
			qsort(s.known, s.count, sizeof *s.known, by_name);
		for (i = 0; i < t->count; i++) {
			t->items[i].wrote_to = knows(&s, t->items[i].mail.from.addr);
			t->items[i].answers_sent = knows(&s, t->items[i].mail.in_reply_to);
		}
		if (s.mails > 0)
			log_sent(t, s.mails, started);
	}
	mem_free(s.known);
	return ok;
}

bool triage_remember(struct triage *t, struct error *err)
{
	struct agent_effect *effects;
	unsigned i;
	bool ok;

	for (i = 0; i < t->count; i++)
		name_item(t, i);
	if (!t->has_box || t->count == 0)
		return true;
	effects = mem_array(t->count, sizeof *effects);
	ok = (!t->box.ops->can_archive || find_moved_back(t, effects, err)) && recall(t, err) &&
	     find_acquaintances(t, err);
	mem_free(effects);
	if (ok && t->opt.dry_run)
		learn_for_now(t);
	return ok;
}
