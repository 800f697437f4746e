/* What leads to a day or a time, and whether what it leads to is a deadline. */
#include "agents/email_triage_when_priv.h"

static const struct { const char *text; enum lead lead; } leads[] = {
	{"within", LEAD_WITHIN}, {"innerhalb", LEAD_WITHIN}, {"in the next", LEAD_WITHIN}, {"in den nächsten", LEAD_WITHIN},
	{"by", LEAD_BY}, {"before", LEAD_BY}, {"until", LEAD_UNTIL}, {"till", LEAD_UNTIL}, {"no later than", LEAD_BY},
	{"not later than", LEAD_BY}, {"due on", LEAD_BY}, {"due by", LEAD_BY}, {"due date is", LEAD_BY},
	{"due date", LEAD_BY}, {"due", LEAD_BY}, {"deadline is", LEAD_BY}, {"deadline for this is", LEAD_BY},
	{"deadline", LEAD_BY}, {"bis spätestens", LEAD_BY}, {"spätestens bis", LEAD_BY}, {"spätestens", LEAD_BY},
	{"bis", LEAD_UNTIL}, {"fällig am", LEAD_BY}, {"avant", LEAD_BY}, {"jusqu'à", LEAD_UNTIL}, {"d'ici", LEAD_BY},
	{"au plus tard", LEAD_BY}, {"antes de las", LEAD_BY_HOUR}, {"antes de", LEAD_BY}, {"antes del", LEAD_BY},
	{"a más tardar", LEAD_BY}, {"entro le", LEAD_BY_HOUR}, {"entro", LEAD_BY}, {"uiterlijk", LEAD_BY},
	{"przed godziną", LEAD_BY_HOUR}, {"do godziny", LEAD_BY_HOUR}, {"przed", LEAD_BY_HOUR}, {"vor", LEAD_BY},
	{"najpóźniej do", LEAD_BY}, {"najpóźniej", LEAD_BY},
	{"in", LEAD_IN}, {"dans", LEAD_IN}, {"fra", LEAD_IN}, {"tra", LEAD_IN}, {"over", LEAD_AWAY},
	{"en", LEAD_AWAY},
	{"since", LEAD_PAST}, {"seit", LEAD_PAST}, {"depuis", LEAD_PAST}, {"desde", LEAD_PAST}, {"sinds", LEAD_PAST},
};

/* Shortly before "until": what goes on until then, and what has to be done until then. */
static const char *const lasting[] = {
	"leave", "holiday", "holidays", "vacation", "away", "out", "open", "closed", "office", "valid", "busy", "offline",
	"unavailable", "wait", "waiting", "not", "keep", "stay", "staying", "postponed", "runs", "lasts", "here", "there",
	"urlaub", "geöffnet", "offen", "geschlossen", "gültig", "abwesend", "weg", "warten", "nicht", "läuft", "dauert",
	"verschoben", "congés", "congé", "vacances", "absent", "absente", "ouvert", "ouverte", "fermé", "fermée", "valable",
}, *const owed[] = {
	"have", "got", "answer", "answers", "reply", "replies", "respond", "register", "confirm", "pay", "submit",
	"haben", "habt", "hast", "antworten", "antwort", "melden", "anmelden", "anmeldung", "bezahlen", "avez", "répondre",
};

/* Before "within": who promises, and what comes by itself. */
static const char *const promised[] = {
	"we", "i", "we'll", "i'll", "arrive", "arrives", "delivered", "ships", "starts", "begins", "usually", "usual",
	"wir", "ich", "geliefert", "nous", "livré", "livrée", "llegará", "arriva", "wij", "geleverd",
};

enum { SHORTLY = 3 };        /* words */

void when_leads_begin(struct when_begins *b)
{
	size_t i;

	when_know_all(lasting, sizeof lasting / sizeof *lasting);
	when_know_all(promised, sizeof promised / sizeof *promised);
	when_know_all(owed, sizeof owed / sizeof *owed);
	for (i = 0; i < sizeof leads / sizeof *leads; i++)
		when_may_begin(b, leads[i].text);
}

enum lead when_take_lead(struct reader *r)
{
	unsigned i;

	for (i = 0; i < sizeof leads / sizeof *leads; i++)
		if (when_take_words(r, leads[i].text))
			return leads[i].lead;
	return LEAD_NONE;
}

static bool is_one_of(const struct word *w, const char *const *list, size_t n)
{
	while (w->known && n-- > 0)
		if (when_is(w, list[n]))
			return true;
	return false;
}

/* Is what lasts until then, as the words before the one at that place tell, what is asked for? */
static bool is_asked_until(const struct reader *r, unsigned at, bool asked)
{
	unsigned i;

	for (i = 1; i <= SHORTLY && i <= at; i++) {
		const struct word *w = &r->words[at - i];

		/* "from 9 until 12" */
		if (i == 1 && ((unsigned char)(*w->p - '0') < 10 || when_is_day(w)))
			return false;
		if (is_one_of(w, lasting, sizeof lasting / sizeof *lasting))
			return false;
		if (is_one_of(w, owed, sizeof owed / sizeof *owed))
			return true;
	}
	return asked;
}

static bool is_promised(const struct reader *r, unsigned at)
{
	while (at-- > 0)
		if (is_one_of(&r->words[at], promised, sizeof promised / sizeof *promised))
			return true;
	return false;
}

bool when_is_due(const struct reader *r, enum lead lead, unsigned at)
{
	switch (lead) {
	case LEAD_UNTIL:
		return is_asked_until(r, at, r->asked || r->question);
	case LEAD_WITHIN:
		return r->wanted || !is_promised(r, at);
	case LEAD_IN:
		return r->asked;
	default:
		return lead == LEAD_BY || lead == LEAD_BY_HOUR;
	}
}
