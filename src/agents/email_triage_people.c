/* How a mail stands to its reader: who the reader is, who wrote, and to whom. */
#include <string.h>
#include <strings.h>

#include "agents/email_triage.h"
#include "agents/email_triage_domain.h"
#include "agents/email_triage_text.h"

bool triage_is_among(const struct mail_address *all, unsigned n, const char *addr)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (strcmp(all[i].addr, addr) == 0)
			return true;
	return false;
}

/* ---- The reader ---- */

/* What the delivering server noted, the topmost being the last one's; NULL when none did. */
static const char *delivered_to(struct triage *t, const struct mail *m)
{
	static const char *const names[] = {"Delivered-To", "X-Original-To", "X-Delivered-To"};
	unsigned k;

	for (k = 0; k < sizeof names / sizeof *names; k++) {
		const char *value = mail_header(m, names[k]);

		if (value && strchr(value, '@') && !strpbrk(value, " ,<"))
			return text_lower(&t->arena, value);
	}
	return NULL;
}

/* Of how many mails, written by others, does the address seem to be the reader's? */
static unsigned votes_for(const struct triage *t, const char *const *delivered, const char *addr)
{
	unsigned i, n = 0;

	for (i = 0; i < t->count; i++) {
		const struct mail *m = &t->items[i].mail;

		if (strcmp(m->from.addr, addr) != 0)
			n += (delivered[i] && strcmp(delivered[i], addr) == 0) || triage_is_among(m->to, m->to_count, addr) ||
			     triage_is_among(m->cc, m->cc_count, addr);
	}
	return n;
}

/* Any of this can be written into a mail, so several must say the same, and at least half of all; a mail that came
 * alone is believed only where a server has noted it. Else it is a list or a colleague as likely as the reader. */
const char *triage_own_address(struct triage *t)
{
	const char *delivered[TRIAGE_EMAILS_MAX], *best = "";
	unsigned most = t->count == 1 ? 0 : 1, i, k;

	for (i = 0; i < t->count; i++)
		delivered[i] = delivered_to(t, &t->items[i].mail);
	for (i = 0; i < t->count; i++) {
		const struct mail *m = &t->items[i].mail;
		const char *named[] = {delivered[i], t->count > 1 && m->to_count > 0 ? m->to[0].addr : NULL};

		for (k = 0; k < 2; k++) {
			unsigned n = named[k] && strcmp(named[k], best) != 0 ? votes_for(t, delivered, named[k]) : 0;

			if (n > most) {
				most = n;
				best = named[k];
			}
		}
	}
	return most * 2 >= t->count ? best : "";
}

/* ---- The sender ---- */

static bool same_person(const char *addr, const char *vip)
{
	const char *at = strchr(addr, '@');

	if (*vip == '@')
		return at && (strcasecmp(at, vip) == 0 ||
		              (strlen(at) > strlen(vip) && strcasecmp(at + strlen(at) - strlen(vip) + 1, vip + 1) == 0 &&
		               at[strlen(at) - strlen(vip)] == '.'));
	return strcasecmp(addr, vip) == 0;
}

/* The VIP, or the domain of VIPs, that the sender is; NULL when it is none. */
static const char *vip_of(const struct triage *t, const struct mail *m)
{
	unsigned i;

	for (i = 0; i < t->opt.vip_count; i++)
		if (same_person(m->from.addr, t->opt.vips[i]))
			return t->opt.vips[i];
	return NULL;
}

/* The reader seems to have written before: what is quoted is his, or the mail it answers came from his host. Anybody can
 * write so; the reader's folder of sent mail proves it (FACT_ANSWERS_SENT). */
static bool seems_to_answer(const struct triage *t, const struct mail *m)
{
	const char *host = triage_host(m->in_reply_to), *my_host = triage_host(t->me), *at;

	if (!*t->me || !*m->in_reply_to)
		return false;
	if (*host && *my_host && strcasecmp(host, my_host) == 0 &&
	    strcasecmp(my_host, triage_host(m->from.addr)) != 0)
		return true;
	at = strcasestr(m->text, t->me);
	return at && (strcasestr(at, "wrote:") || strcasestr(at, "schrieb"));
}

void triage_find_people(struct triage *t, struct item *it)
{
	const struct mail *m = &it->mail;
	struct facts *f = &it->facts;
	bool to_me;

	it->vip = vip_of(t, m);
	f->has[FACT_VIP] = it->vip != NULL;
	f->has[FACT_REPLY] = *m->in_reply_to || (mail_header(m, "References") && strncasecmp(m->subject, "re:", 3) == 0);
	f->has[FACT_MANY_RECIPIENTS] = m->to_count + m->cc_count > 10;
	f->has[FACT_WROTE_TO] = it->wrote_to;
	f->has[FACT_ANSWERS_SENT] = it->answers_sent;
	f->has[FACT_ANSWERS_ME] = it->answers_sent || seems_to_answer(t, m);
	if (!*t->me)
		return;
	to_me = triage_is_among(m->to, m->to_count, t->me);
	f->has[FACT_FROM_ME] = strcmp(m->from.addr, t->me) == 0;
	f->has[FACT_ONLY_TO_ME] = to_me && m->to_count == 1 && m->cc_count == 0;
	f->has[FACT_TO_ME] = to_me && !f->has[FACT_ONLY_TO_ME];
	f->has[FACT_CC_ME] = !to_me && triage_is_among(m->cc, m->cc_count, t->me);
	f->has[FACT_NOT_TO_ME] = !to_me && !f->has[FACT_CC_ME] && !f->has[FACT_FROM_ME];
}
