/* Conditions on words in a mail: in its subject, its text, or anywhere. */
#include <string.h>

#include "agents/email_triage_rules_priv.h"

/* Where a value must stand, by the verb. */
static const struct { const char *pattern; enum where where; bool negated; } verbs[] = {
	{"starts|start|begins|begin|starting|beginning with", AT_START, false}, {"ends|end|ending with|in", AT_END, false},
	{"is|are exactly", ALL_OF_IT, false}, {"equals", ALL_OF_IT, false},
	{"[that|which] does|do not contain|include|mention|have|say|contains|match", ANYWHERE, true},
	{"is|are not [about]", ANYWHERE, true}, {"[that|which] contains|contain|containing", ANYWHERE, false},
	{"[that|which] includes|include|including", ANYWHERE, false},
	{"[that|which] mentions|mention|mentioning", ANYWHERE, false},
	{"[that|which] says|say|saying|reads|matches|match", ANYWHERE, false},
	{"has|have|with|having|is|are|about|of", ANYWHERE, false},
	{"like", ANYWHERE, false},
};

static void take_filler(struct parser *p)
{
	static const char *const fillers[] = {
		"[either|any] [of] [the|a|an] [exact] word|words|phrase|phrases|text|term|terms|keyword|keywords|string [like|of]",
		"any of", "one of",
		"something|anything like|about", "a mention of", "mention of", "references to",
	};

	rules_take_any(p, fillers, COUNT(fillers));
	rules_take_comma(p);
}

/* "in the subject", "anywhere", "in it" */
static void take_field(struct parser *p, enum condition_kind *kind)
{
	static const struct { const char *pattern; enum condition_kind kind; } fields[] = {
		{"in [the|its|their] subject or|and body|text", WHEN_TEXT},
		{"in [the|its|their] body|text or|and subject", WHEN_TEXT},
		{"in [the|their|its] subject|title|heading [line|field|lines]", WHEN_SUBJECT},
		{"in [the|their|its] [message|email|mail] body|text|content|contents", WHEN_BODY},
		{"in it|them", WHEN_TEXT}, {"anywhere", WHEN_TEXT},
		{"in [the|their] [email|mail|message] [anywhere]", WHEN_TEXT},
		{"somewhere", WHEN_TEXT},
	};
	unsigned i;

	for (i = 0; i < COUNT(fields); i++) {
		unsigned was = p->at;

		if (rules_take(p, fields[i].pattern) && p->at > was + 1) {
			*kind = fields[i].kind;
			return;
		}
		p->at = was;
	}
	if (rules_take(p, "anywhere|somewhere"))
		*kind = WHEN_TEXT;
}

/* Each of them: a condition of its own. */
static struct expr *each(struct parser *p, struct condition *c)
{
	struct expr *all = rules_leaf(p, c);
	unsigned i, n = c->value_count;

	c->value_count = 1;
	for (i = 1; i < n && all; i++) {
		struct condition *more = rules_condition(p, c->kind);

		if (!more)
			return NULL;
		more->values[0] = c->values[i];
		more->value_count = 1;
		all = rules_both(p, all, rules_leaf(p, more));
	}
	return all;
}

static bool take_words(struct parser *p, enum condition_kind kind, enum where where, struct expr **out)
{
	struct condition *c;
	bool all_of;
	unsigned i;

	take_filler(p);
	c = rules_condition(p, kind);
	if (!c || !rules_take_texts(p, c, &all_of))
		return false;
	if (kind == WHEN_TEXT)
		take_field(p, &c->kind);
	for (i = 0; i < c->value_count; i++)
		c->values[i].where = where;
	*out = all_of ? each(p, c) : rules_leaf(p, c);
	return *out != NULL;
}

/* "the subject contains …", "with subject …": the verb may be missing. */
static bool take_part(struct parser *p, struct expr **out)
{
	static const struct { const char *pattern; enum condition_kind kind; } parts[] = {
		{"[whose|where|with|has|have] [the|a|its|their] subject or|and body|text", WHEN_TEXT},
		{"[whose|where|with|has|have] [the|a|its|their] subject|title [line|lines]", WHEN_SUBJECT},
		{"[whose|where|with|has|have] [the|a|its|their] [message|email] body|text|content|contents", WHEN_BODY},
		{"titled|entitled", WHEN_SUBJECT},
	};
	enum where where = ANYWHERE;
	bool negated = false;
	enum condition_kind kind;
	unsigned i, was = p->at;

	for (i = 0; i < COUNT(parts) && !rules_take(p, parts[i].pattern); i++)
		;
	if (i == COUNT(parts))
		return false;
	kind = parts[i].kind;
	/* "the text 'invoice'" after "with" says what, not where */
	if (kind == WHEN_BODY && rules_peek(p, 0)->kind == TOKEN_QUOTED) {
		p->at = was;
		return false;
	}
	for (i = 0; i < COUNT(verbs); i++)
		if (rules_take(p, verbs[i].pattern)) {
			where = verbs[i].where;
			negated = verbs[i].negated;
			break;
		}
	if (!take_words(p, kind, where, out))
		return false;
	rules_take(p, "in it|them|there");         /* "the subject has the word order in it" */
	if (negated)
		*out = rules_not(p, *out);
	return true;
}

/* "Tom is in the subject", "the word invoice appears in the body" */
static bool take_standing(struct parser *p, struct expr **out)
{
	struct parser was = *p;
	struct condition *c;
	enum condition_kind kind = WHEN_KIND;
	bool all_of;

	take_filler(p);
	c = rules_condition(p, WHEN_TEXT);
	if (c && rules_take_texts(p, c, &all_of) &&
	    rules_take(p, "is|are|was|were|appears|appear|stands|stand|occurs|occur|shows|show [up] "
	                  "[mentioned|written|found]")) {
		take_field(p, &kind);
		if (kind != WHEN_KIND) {
			c->kind = kind;
			*out = all_of ? each(p, c) : rules_leaf(p, c);
			return *out != NULL;
		}
	}
	*p = was;
	return false;
}

bool rules_sees_standing(const struct parser *p)
{
	struct parser ahead = *p;
	struct expr *ignored;

	rules_take(&ahead, "both|either");
	return take_standing(&ahead, &ignored);
}

#define AMOUNT_NOUN "amounts|amount|totals|total|sums|sum|prices|price|charges|charge"

bool rules_take_text(struct parser *p, struct expr **out)
{
	static const char *const leads[] = {
		"with|having|containing|including|mentioning|saying|quoting", "about", "regarding|concerning|re",
		"on the subject|topic of",
		"related|relating|pertaining to", "to do with", "which|that talk|talks|speak|speaks|writes|write about|of",
		"talking about", "discussing",
		"[that] deal|deals with", "on the topic of", "in regards|regard to", "with regard|regards to", "called",
	};
	static const char *const verb_leads[] = {
		"contains|contain|includes|include|mentions|mention|says|say|has|have|had|discusses|discuss|concerns",
		"talks|talk about",
		"refers|refer|relates|relate to", "is|are about",
		"speaks|speak of|about", "asks|ask for|about", "writes|write|puts|put|uses|use",
	};

	if (take_part(p, out) || (p->clause && take_standing(p, out)))
		return true;
	if (rules_take_any(p, leads, COUNT(leads)) || (p->clause && rules_take_any(p, verb_leads, COUNT(verb_leads))))
		return take_words(p, WHEN_TEXT, ANYWHERE, out);
	/* "without amounts over $500" is not about the word "amounts" */
	if (!rules_take(p, "without [mentioning|containing]") || rules_sees(p, "[an|any|a|the] " AMOUNT_NOUN) ||
	    !take_words(p, WHEN_TEXT, ANYWHERE, out))
		return false;
	*out = rules_not(p, *out);
	return true;
}
