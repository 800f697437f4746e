/* Written by hand, though it came through a list or a mailer. */
#include <ctype.h>
#include <string.h>

#include "agents/email_triage_cues.h"

#define HAND_LINKS_MAX 3
#define HAND_TEXT_MAX  1500      /* bytes */

/* The reader's first name, in lower case: as the mail's To has it, else as the address begins. "" when neither tells. */
static const char *my_name(struct triage *t, const struct mail *m)
{
	const char *name = t->me, *p;
	size_t n = 0;
	unsigned i;

	for (i = 0; i < m->to_count; i++)
		if (strcmp(m->to[i].addr, t->me) == 0 && *m->to[i].name)
			name = m->to[i].name;
	p = text_lower(&t->arena, name);
	while (isalpha((unsigned char)p[n]) || (unsigned char)p[n] >= 0x80)
		n++;
	return n > 2 ? arena_strndup(&t->arena, p, n) : "";
}

static unsigned links_in(const char *text)
{
	unsigned n = 0;

	while ((text = strstr(text, "://")) != NULL) {
		n++;
		text += 3;
	}
	return n;
}

/* A list's member or somebody with a mailer writes to the reader: by name, asking, in few words and hardly any links.
 * What programs, shops and editors send is not meant, though it may begin "Hi Ann". */
bool triage_is_by_hand(struct triage *t, const struct item *it, const char *own, const struct sentences *s)
{
	static const enum fact others[] = {FACT_NO_REPLY, FACT_NEWS_SENDER, FACT_PROMO_SENDER, FACT_NOTICE_SENDER,
	                                   FACT_AUTO_SUBMITTED, FACT_SERVICE_HEADERS, FACT_BOUNCE, FACT_AUTH_FAIL,
	                                   FACT_DISCOUNT, FACT_PROMO_MANY, FACT_BROWSER_TEXT, FACT_NEWS_WORDS};
	const struct facts *f = &it->facts;
	const char *name = my_name(t, &it->mail);
	unsigned i;
	bool named = false;

	if (!f->has[FACT_LIST_ID] && !f->has[FACT_LIST_UNSUBSCRIBE] && !f->has[FACT_PRECEDENCE] && !f->has[FACT_CAMPAIGN_HEADERS])
		return false;
	if (HAS_ANY(f, others))
		return false;
	if (!*name || (!f->has[FACT_REQUEST] && !f->has[FACT_QUESTION]) || strlen(own) > HAND_TEXT_MAX ||
	    it->mail.link_count + links_in(own) > HAND_LINKS_MAX)
		return false;
	for (i = 0; i < s->count && !named; i++)
		named = text_has_phrase(s->all[i].text, name);
	return named;
}
