/* Conversations: which mails belong together, and that they are decided together.
 *
 * What a mail says of the conversation it belongs to anybody can write. So a mail joins one only when its sender takes
 * part in it already, as sender or recipient of an earlier mail: a stranger's mail that names somebody else's
 * conversation decides nothing but itself. */
#include <string.h>

#include "agents/email_triage.h"
#include "agents/email_triage_domain.h"
#include "agents/email_triage_text.h"

static const char *bare_subject(struct triage *t, const char *subject)
{
	static const char *const prefixes[] = {"re:", "aw:", "fwd:", "fw:", "wg:", "sv:", "antw:"};
	const char *s = text_lower(&t->arena, subject);
	bool more = true;
	unsigned i;

	while (more) {
		more = false;
		s += strspn(s, " ");
		for (i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
			if (strncmp(s, prefixes[i], strlen(prefixes[i])) == 0) {
				s += strlen(prefixes[i]);
				more = true;
			}
	}
	return s;
}

/* Has the sender of the one written or got the other? */
static bool takes_part(const struct mail *sender_of, const struct mail *in)
{
	const char *addr = sender_of->from.addr;

	return *addr && (strcmp(in->from.addr, addr) == 0 || triage_is_among(in->to, in->to_count, addr) ||
	                 triage_is_among(in->cc, in->cc_count, addr));
}

/* By their ids (RFC 5322 3.6.4); where a program dropped those, by the subject of an answer. */
static bool same_conversation(const struct item *a, const struct item *b)
{
	if (strcmp(a->thread_id, b->thread_id) == 0)
		return true;
	if ((*a->mail.in_reply_to && *b->mail.in_reply_to) || strcmp(a->bare_subject, b->bare_subject) != 0 ||
	    strlen(a->bare_subject) < 4)
		return false;
	return strlen(a->mail.subject) != strlen(b->mail.subject);
}

/* Not what may be from another than it says. */
static bool may_join(const struct item *it)
{
	return it->category != TRIAGE_SUSPICIOUS && it->category != TRIAGE_SPAM && !it->facts.has[FACT_AUTH_FAIL] &&
	       !it->facts.poses;
}

/* Does the mail belong to the conversation that began with `first`? */
static bool belongs(const struct triage *t, const unsigned *firsts, unsigned first, unsigned mail)
{
	bool named = false, known = false;
	unsigned k;

	for (k = 0; k < t->count && !(named && known); k++) {
		if (k == mail || firsts[k] != first)
			continue;
		named |= same_conversation(&t->items[k], &t->items[mail]);
		known |= takes_part(&t->items[mail].mail, &t->items[k].mail);
	}
	return named && known;
}

/* The mails from the oldest on. */
static void by_time(const struct triage *t, unsigned *order)
{
	unsigned i, at;

	for (i = 0; i < t->count; i++) {
		for (at = i; at > 0 && t->items[order[at - 1]].received_ms > t->items[i].received_ms; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

#define NONE TRIAGE_EMAILS_MAX

/* firsts[i] becomes the oldest mail of i's conversation. */
static void find_conversations(const struct triage *t, const unsigned *order, unsigned *firsts)
{
	unsigned i, k;

	for (i = 0; i < t->count; i++)
		firsts[i] = NONE;
	for (i = 0; i < t->count; i++) {
		unsigned mail = order[i];

		for (k = 0; k < i && firsts[mail] == NONE && may_join(&t->items[mail]); k++)
			if (firsts[order[k]] == order[k] && may_join(&t->items[order[k]]) &&
			    belongs(t, firsts, order[k], mail))
				firsts[mail] = order[k];
		if (firsts[mail] == NONE)
			firsts[mail] = mail;
	}
}

/* How much a category wants the reader. */
static unsigned rank(enum triage_category c)
{
	static const unsigned ranks[TRIAGE_CATEGORY__MAX] = {[TRIAGE_URGENT] = 5, [TRIAGE_NEEDS_REPLY] = 4, [TRIAGE_FYI] = 3,
	                                                     [TRIAGE_NOTIFICATION] = 2, [TRIAGE_NEWSLETTER] = 1};

	return ranks[c];
}

/* May the newer mail say that the older needs its reader less? The reader himself, and who wrote it, can; and one of
 * the same house. A stranger in the conversation may not quiet it. */
static bool may_quiet(const struct item *older, const struct item *newer)
{
	const char *from = newer->mail.from.addr, *host = triage_host(from);

	return newer->facts.has[FACT_FROM_ME] || strcmp(from, older->mail.from.addr) == 0 ||
	       (*host && !domain_is_freemail(host) && domain_same(host, triage_host(older->mail.from.addr)));
}

/* A newer mail never makes a person's mail one that is sent to many. */
static void adopt(struct item *it, const struct item *newest)
{
	bool urgent = it->urgent && it->verdict.urgency == RULE_URGENT;

	it->thread_id = newest->thread_id;
	it->reasons[it->reason_count++] = "part of the same conversation as a newer mail";
	if (rank(newest->category) < rank(it->category) &&
	    (!may_quiet(it, newest) || (rank(it->category) >= rank(TRIAGE_FYI) && rank(newest->category) < rank(TRIAGE_FYI))))
		return;
	it->category = urgent ? TRIAGE_URGENT : newest->category;
	it->urgent = urgent || newest->urgent;
}

void threads_join(struct triage *t, unsigned leaders[TRIAGE_EMAILS_MAX])
{
	unsigned order[TRIAGE_EMAILS_MAX], firsts[TRIAGE_EMAILS_MAX], newest[TRIAGE_EMAILS_MAX], i;

	for (i = 0; i < t->count; i++)
		t->items[i].bare_subject = bare_subject(t, t->items[i].mail.subject);
	by_time(t, order);
	find_conversations(t, order, firsts);
	for (i = 0; i < t->count; i++)
		newest[firsts[order[i]]] = order[i];
	for (i = 0; i < t->count; i++) {
		leaders[i] = newest[firsts[i]];
		if (leaders[i] != i)
			adopt(&t->items[i], &t->items[leaders[i]]);
	}
}

void threads_keep(struct triage *t, const unsigned leaders[TRIAGE_EMAILS_MAX])
{
	unsigned i, k;

	for (i = 0; i < t->count; i++)
		for (k = 0; k < t->count; k++)
			if (leaders[i] == leaders[k] && t->items[i].archive && !t->items[k].archive) {
				t->items[i].archive = false;
				t->items[i].kept = "kept in the inbox: other mail of its conversation is";
			}
}
