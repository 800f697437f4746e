/* Which cue phrases a mail's sentences hold, and which of them count. */
#include "agents/email_triage_cues.h"
#include "agents/email_triage_request.h"

#include <pthread.h>
#include <string.h>

static struct phrase_index phrase_ix;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void build(void)
{
	phrases_build(&phrase_ix, cue_phrases, cue_phrase_count);
}

struct counting {
	struct cue_counts *out;
	const struct sentence *at;
	bool seen[PHRASES_MAX];
	uint32_t here;                 /* cues in this sentence, as bits */
	unsigned requests, polite;     /* in this sentence; "please" and its like are polite */
	const struct sentence *trouble, *resolved;      /* the last that tells of it, and of its end */
	bool resolved_subject, topic;  /* the subject says so; trouble is what something is about */
};

/* The cue that a phrase is where it stands, CUE__MAX when it is none there. */
static enum cue cue_here(struct counting *c, const struct phrase *p, const char *at)
{
	enum cue cue = (enum cue)p->tag;
	bool pressing = cue == CUE_URGENT || cue == CUE_OUTAGE || cue == CUE_TROUBLE || cue == CUE_ESCALATION;

	if ((pressing || cue == CUE_RESOLVED) && cue_is_negated(c->at->text, at))
		return cue == CUE_URGENT ? CUE_NO_HURRY : CUE__MAX;
	if (cue == CUE_NO_HURRY && cue_is_negated(c->at->text, at))
		return CUE__MAX;
	return cue == CUE_RESOLVED && cue_is_still_open(c->at) ? CUE__MAX : cue;
}

static void note(struct counting *c, const struct cue_hit *hit)
{
	const struct phrase *p = &cue_phrases[hit->phrase];
	const char *at = c->at->text + hit->at;
	size_t i = hit->phrase;
	enum cue cue = cue_here(c, p, at);

	c->here |= UINT32_C(1) << p->tag;
	if (cue == CUE__MAX)
		return;
	if (c->at->subject)
		c->out->in_subject[cue]++;
	if (!c->seen[i])
		c->out->distinct[cue]++;
	c->seen[i] = true;
	c->requests += cue == CUE_REQUEST;
	c->polite += cue == CUE_POLITE;
	if (cue == CUE_OUTAGE || cue == CUE_TROUBLE)
		c->trouble = c->at;
	c->topic |= cue == CUE_TROUBLE && cue_is_topic(c->at->text, at, strlen(p->text));
	if (cue == CUE_RESOLVED)
		c->resolved = c->at;
	c->resolved_subject |= cue == CUE_RESOLVED && c->at->subject;
}

static void forget(struct cue_counts *out, enum cue cue)
{
	out->distinct[cue] = out->in_subject[cue] = 0;
}

/* Trouble that is over, as the subject or the last word on it says, is none any more. */
static void weigh_trouble(const struct counting *c)
{
	if (c->topic)
		forget(c->out, CUE_TROUBLE);
	if (c->trouble && (c->resolved_subject || (c->resolved && c->resolved >= c->trouble))) {
		forget(c->out, CUE_OUTAGE);
		forget(c->out, CUE_TROUBLE);
	} else {
		forget(c->out, CUE_RESOLVED);
	}
}

/* Formulas take back a cue: "please find attached" asks for nothing, and neither does "let me know if you
 * have any questions". */
struct formula { const char *text; bool takes_request; };

static const struct formula formulas[] = {
	{"please find", false}, {"please see attached", false}, {"please see below", false},
	{"please note that", false}, {"please do not reply", false}, {"please don't reply", false},
	{"please feel free", false}, {"please do not hesitate", false}, {"please don't hesitate", false},
	{"please visit", false}, {"please click", false}, {"please consider the environment", false},
	{"please disregard", false}, {"please accept", false}, {"please contact us if", false},
	{"bitte nicht antworten", false}, {"bitte beachten", false}, {"zögern sie bitte nicht", false},
	{"let me know if you have any", true}, {"let me know if you need", true},
	{"let me know if there", true}, {"let us know if you have any", true}, {"let us know if you need", true},
	{"looking forward to hearing", true}, {"if you have any questions", false}, {"if you have questions", false},
};

enum asks { ASKS_NOTHING, ASKS_BY_FORMULA, ASKS };

/* Does the sentence ask for something, after what its formulas take back? */
static enum asks asks(const char *sentence, unsigned requests, unsigned polite)
{
	bool formula = false;
	unsigned i;

	for (i = 0; i < sizeof formulas / sizeof *formulas && requests + polite > 0; i++) {
		if (!text_has_phrase(sentence, formulas[i].text))
			continue;
		formula = true;
		polite = 0;
		if (formulas[i].takes_request && requests > 0)
			requests--;
	}
	return requests + polite > 0 ? ASKS : formula ? ASKS_BY_FORMULA : ASKS_NOTHING;
}

/* Questions that expect no answer ("how are you?") and those on buttons ("having trouble viewing this?"). */
static bool is_empty_question(const char *sentence)
{
	static const char *const empty[] = {
		"how are you", "how are things", "how is it going", "how's it going", "wie geht",
		"having trouble", "trouble viewing", "can't see", "cannot see this", "no longer want",
		"no longer wish", "don't want to receive", "questions", "forgot your password", "not interested",
		"did you know", "ready to", "looking for", "why not", "want to", "what's new", "need help",
		"any questions", "was this helpful", "have a question", "got questions",
	};
	unsigned i;

	if (strlen(sentence) < 6)
		return true;
	for (i = 0; i < sizeof empty / sizeof *empty; i++)
		if (strncmp(sentence, empty[i], strlen(empty[i])) == 0)
			return true;
	return false;
}

/* What the fitted model must say: without any cue, and to take a cue's word back. It was fitted on English sentences:
 * of others it knows nothing, and cues decide. */
#define REQUEST_ODDS    1.0
#define NO_REQUEST_ODDS (-2.0)

static bool is_request(struct tally *t, const struct sentence *s, enum asks by_cue, uint32_t cues)
{
	double odds;

	if (by_cue == ASKS_BY_FORMULA || s->subject)
		return by_cue == ASKS;
	/* a question without a cue asks for an answer, not for something by a day that it names */
	if (by_cue != ASKS && s->question)
		return false;
	odds = request_logit(t, s->text, strlen(s->text), s->question, cues);
	return odds > (by_cue == ASKS ? NO_REQUEST_ODDS : REQUEST_ODDS);
}

void cues_count(const struct sentences *s, struct cue_counts *out)
{
	struct counting c = {.out = out};
	struct tally tally;
	unsigned i, k;

	memset(out, 0, sizeof *out);
	tally_start(&tally, &request_table);
	for (i = 0; i < s->count; i++) {
		c.at = &s->all[i];
		c.requests = c.polite = 0;
		c.here = 0;
		for (k = 0; k < c.at->hit_count; k++)
			note(&c, &s->hits[c.at->first_hit + k]);
		if (!out->request && is_request(&tally, c.at, asks(c.at->text, c.requests, c.polite), c.here))
			out->request = c.at;
		if (c.at->question && !is_empty_question(c.at->text))
			out->question = true;
	}
	weigh_trouble(&c);
}

static void see(void *ctx, const struct phrase *p, const char *at)
{
	*(uint32_t *)ctx |= UINT32_C(1) << p->tag;
}

uint32_t cues_seen(const char *text)
{
	uint32_t seen = 0;

	pthread_once(&once, build);
	phrases_find(&phrase_ix, text, see, &seen);
	return seen;
}

/* ---- Footers ---- */

#define FOOTER_MAX 4000     /* bytes at a text's end */

static struct phrase footer_phrases[PHRASES_MAX];
static struct phrase_index footer_ix;
static char flat_bytes[256];      /* a small letter for a capital, a blank for white space and controls, itself */
static pthread_once_t footer_once = PTHREAD_ONCE_INIT;

static void build_footer(void)
{
	size_t n = 0, i;

	for (i = 0; i < 256; i++)
		flat_bytes[i] = (char)(i <= ' ' ? ' ' : i - 'A' < 26 ? i | 0x20 : i);
	for (i = 0; i < cue_phrase_count; i++)
		if (cue_phrases[i].tag == CUE_UNSUBSCRIBE || cue_phrases[i].tag == CUE_REMOVE)
			footer_phrases[n++] = cue_phrases[i];
	phrases_build(&footer_ix, footer_phrases, n);
}

/* With single blanks, and the apostrophe of a keyboard. Without a branch at each word's end, which cannot be
 * foretold. */
static void flatten(const char *p, size_t n, char *out)
{
	const char *end = p + n;
	char last = ' ';

	for (; p < end; p++) {
		char c = flat_bytes[(unsigned char)*p];

		if (c == '\xE2' && end - p >= 3 && memcmp(p, "\xE2\x80\x99", 3) == 0) {
			c = '\'';
			p += 2;
		}
		*out = c;
		out += (c != ' ') | (last != ' ');
		last = c;
	}
	*out = '\0';
}

uint32_t cues_of_footer(const char *text, size_t n)
{
	size_t from = n > FOOTER_MAX ? n - FOOTER_MAX : 0;
	char flat[FOOTER_MAX + 8];
	uint32_t seen = 0;

	while (from > 0 && n - from < FOOTER_MAX + 4 && ((unsigned char)text[from] & 0xC0) == 0x80)
		from--;
	pthread_once(&footer_once, build_footer);
	flatten(text + from, n - from, flat);
	phrases_find(&footer_ix, flat, see, &seen);
	return seen;
}
