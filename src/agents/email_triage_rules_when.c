/* The conditions of rules that say something of a mail: from whom, to whom, when, with what in it. */
#include <stdlib.h>
#include <string.h>

#include "agents/email_triage_rules_priv.h"

#define HOUR_MS INT64_C(3600000)

#define COUNT(list) (sizeof list / sizeof *list)

/* ---- Conditions on people ---- */

static void take_people_filler(struct parser *p)
{
	static const char *const fillers[] = {"anyone at", "anybody at", "everyone at", "people at", "someone at",
	                                      "any address at", "addresses at", "the domain", "domain",
	                                      "the address", "the sender", "anyone with", "anyone from"};

	rules_take_any(p, fillers, COUNT(fillers));
	/* "my boss ann@example.org": the address says who it is */
	if (rules_is(p, 0, "my") && rules_peek(p, 1)->kind == TOKEN_WORD && rules_peek(p, 2)->kind == TOKEN_ADDRESS)
		p->at += 2;
}

static bool take_from(struct parser *p, bool negated)
{
	static const char *const vips[] = {"my vips", "vips", "a vip", "vip senders", "my vip list", "the vips"};
	struct condition *c;
	bool all_of;

	if (rules_take(p, "me"))
		return rules_add_simple(p, WHEN_FROM_ME, negated);
	if (rules_take_any(p, vips, COUNT(vips)))
		return rules_add_simple(p, WHEN_VIP, negated);
	take_people_filler(p);
	c = rules_add(p, WHEN_FROM, negated);
	return c && rules_take_values(p, c, true, &all_of);
}

static bool take_to(struct parser *p, bool negated)
{
	struct condition *c;
	bool all_of;

	if (rules_take(p, "me only") || rules_take(p, "only me") || rules_take(p, "me alone"))
		return rules_add_simple(p, WHEN_ONLY_TO_ME, negated);
	if (rules_take(p, "me"))
		return rules_add_simple(p, WHEN_TO_ME, negated);
	c = rules_add(p, WHEN_TO, negated);
	return c && rules_take_values(p, c, true, &all_of);
}

/* ---- Conditions on text ---- */

static bool take_field(struct parser *p, enum condition_kind *out)
{
	unsigned was = p->at;

	if (!rules_take(p, "in"))
		return false;
	if (!rules_take(p, "the"))
		rules_take_any(p, (const char *const[]){"their", "its"}, 2);
	if (rules_take(p, "subject line") || rules_take(p, "subject") || rules_take(p, "title"))
		*out = WHEN_SUBJECT;
	else if (rules_take(p, "body") || rules_take(p, "text") || rules_take(p, "message body"))
		*out = WHEN_BODY;
	else
		p->at = was;
	return p->at != was;
}

static void take_word_filler(struct parser *p)
{
	static const char *const fillers[] = {"the word", "the words", "the phrase", "words like", "the text", "the term",
	                                      "either", "any of"};

	rules_take_any(p, fillers, COUNT(fillers));
}

/* "invoice" or "receipt" in the subject: values first, then where. */
static bool take_text(struct parser *p, enum condition_kind kind, bool negated)
{
	struct condition *c;
	bool all_of;
	unsigned i, n;

	take_word_filler(p);
	c = rules_add(p, kind, negated);
	if (!c || !rules_take_values(p, c, false, &all_of))
		return false;
	if (kind == WHEN_TEXT)
		take_field(p, &c->kind);
	if (!all_of)
		return true;
	if (negated)
		return false;
	/* each of them: a condition of its own */
	n = c->value_count;
	c->value_count = 1;
	for (i = 1; i < n; i++) {
		struct condition *more = rules_add(p, c->kind, false);

		if (!more)
			return false;
		more->values[0] = c->values[i];
		more->value_count = 1;
	}
	return true;
}

static bool take_text_verb(struct parser *p)
{
	static const char *const verbs[] = {"containing", "contains", "contain", "includes", "include", "including", "has",
	                                    "have", "with", "mentions", "mention", "mentioning", "says", "say", "saying",
	                                    "is", "starts with", "begins with", "matches", "reads", "that contains",
	                                    "which contains", "that says"};

	return rules_take_any(p, verbs, COUNT(verbs));
}

/* After "subject" or "body": the verb is optional ("with subject invoice"). */
static bool take_part(struct parser *p, bool negated)
{
	enum condition_kind kind;
	unsigned was = p->at;

	if (!rules_take(p, "the") && !rules_take(p, "a") && !rules_take(p, "its"))
		rules_take(p, "their");
	if (rules_take(p, "subject line") || rules_take(p, "subject") || rules_take(p, "title")) {
		kind = WHEN_SUBJECT;
	} else if (rules_take(p, "body") || rules_take(p, "text")) {
		kind = WHEN_BODY;
	} else {
		p->at = was;
		return false;
	}
	if (rules_take(p, "does not") || rules_take(p, "doesn't"))
		negated = !negated;
	take_text_verb(p);
	return take_text(p, kind, negated);
}

/* ---- Other conditions ---- */

static bool take_attachment(struct parser *p)
{
	static const char *const names[] = {"an attachment", "attachments", "attachment", "any attachment", "any attachments",
	                                    "a file attached", "files attached", "attached files", "an attached file",
	                                    "a file", "files"};

	return rules_take_any(p, names, COUNT(names));
}

static int64_t take_number(struct parser *p)
{
	static const char *const words[] = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
	                                    "ten", "eleven", "twelve"};
	unsigned i;

	if (rules_peek(p, 0)->kind == TOKEN_NUMBER)
		return strtoll(p->tokens[p->at++].lower, NULL, 10);
	if (rules_take(p, "a") || rules_take(p, "an"))
		return 1;
	for (i = 1; i < COUNT(words); i++)
		if (rules_take(p, words[i]))
			return i;
	return -1;
}

static bool take_age(struct parser *p, int64_t *ms)
{
	static const struct { const char *word; int64_t hours; } units[] = {
		{"hour", 1}, {"hours", 1}, {"day", 24}, {"days", 24}, {"week", 168}, {"weeks", 168}, {"month", 720},
		{"months", 720}, {"year", 8760}, {"years", 8760},
	};
	int64_t n = take_number(p);
	unsigned i;

	if (n < 0 || n > 10000)
		return false;
	for (i = 0; i < COUNT(units); i++)
		if (rules_take(p, units[i].word)) {
			*ms = n * units[i].hours * HOUR_MS;
			return true;
		}
	return false;
}

static bool add_age(struct parser *p, enum condition_kind kind, bool negated)
{
	struct condition *c = rules_add(p, kind, negated);

	return c && take_age(p, &c->age_ms);
}
/* "move them to the archive" is no condition. */
static bool leads_to_archive(const struct parser *p)
{
	return rules_is(p, 0, "to") && (rules_is(p, 1, "archive") ||
	                                ((rules_is(p, 1, "the") || rules_is(p, 1, "my")) && rules_is(p, 2, "archive")));
}

/* "where i am in cc", "i am cc'd on", "sent to me" */
static bool take_relation(struct parser *p, bool negated, bool *ok)
{
	static const char *const copies[] = {"where i am in cc", "where i'm in cc", "where i am cc'd", "where i'm cc'd",
	                                     "i am cc'd on", "i'm cc'd on", "i am cc'd", "i'm cc'd", "i am in cc",
	                                     "i'm in cc", "cc me", "cc'd to me", "i am copied on", "i'm copied on",
	                                     "where i am only in cc", "where i'm only in cc", "where i am only cc'd",
	                                     "where i am copied", "cc'ing me", "copied to me", "i am only cc'd on"};
	static const char *const alone[] = {"sent only to me", "addressed only to me", "sent directly to me",
	                                    "addressed directly to me", "directly to me", "only to me", "just to me",
	                                    "where i am the only recipient", "where i'm the only recipient",
	                                    "i am the only recipient of", "sent just to me"};

	*ok = true;
	if (rules_take_any(p, copies, COUNT(copies)))
		*ok = rules_add_simple(p, WHEN_CC_ME, negated);
	else if (rules_take_any(p, alone, COUNT(alone)))
		*ok = rules_add_simple(p, WHEN_ONLY_TO_ME, negated);
	else if (rules_take(p, "sent to") || rules_take(p, "addressed to") || (!leads_to_archive(p) && rules_take(p, "to")))
		*ok = take_to(p, negated);
	else
		return false;
	return true;
}

static bool take_time(struct parser *p, bool negated, bool *ok)
{
	static const char *const ages[] = {"old", "ago"};
	unsigned was = p->at;

	*ok = true;
	if (rules_take(p, "older than") || rules_take(p, "received more than") || rules_take(p, "more than")) {
		*ok = add_age(p, WHEN_OLDER, negated);
		rules_take_any(p, ages, COUNT(ages));
	} else if (rules_take(p, "newer than") || rules_take(p, "younger than") || rules_take(p, "less than")) {
		*ok = add_age(p, WHEN_NEWER, negated);
		rules_take_any(p, ages, COUNT(ages));
	} else if (rules_take(p, "from the last") || rules_take(p, "in the last") || rules_take(p, "from the past")) {
		*ok = add_age(p, WHEN_NEWER, negated);
	} else {
		p->at = was;
		return false;
	}
	return true;
}

/* ---- Any of them ---- */

static bool take_with(struct parser *p, bool negated)
{
	if (rules_take(p, "no"))
		return take_attachment(p) && rules_add_simple(p, WHEN_ATTACHMENT, !negated);
	if (take_attachment(p))
		return rules_add_simple(p, WHEN_ATTACHMENT, negated);
	return take_part(p, negated) || take_text(p, WHEN_TEXT, negated);
}

static bool take_containing(struct parser *p, bool negated)
{
	if (take_attachment(p))
		return rules_add_simple(p, WHEN_ATTACHMENT, negated);
	return take_text(p, WHEN_TEXT, negated);
}

static bool take_without(struct parser *p, bool negated)
{
	return take_containing(p, !negated);
}

static bool take_about(struct parser *p, bool negated)
{
	return take_text(p, WHEN_TEXT, negated);
}

/* What words lead to which condition; longer leads stand before those that begin them. */
static const struct { const char *words; bool (*take)(struct parser *p, bool negated); } leads[] = {
	{"sent by", take_from}, {"sent from", take_from}, {"from", take_from}, {"by", take_from},
	{"do not have", take_without}, {"don't have", take_without}, {"does not have", take_without},
	{"doesn't have", take_without}, {"without", take_without}, {"with", take_with}, {"has", take_with},
	{"have", take_with}, {"having", take_with}, {"whose", take_with}, {"containing", take_containing},
	{"contains", take_containing}, {"contain", take_containing}, {"mentioning", take_containing},
	{"mentions", take_containing}, {"mention", take_containing}, {"including", take_containing},
	{"includes", take_containing}, {"include", take_containing}, {"saying", take_containing},
	{"say", take_containing}, {"about", take_about}, {"regarding", take_about}, {"concerning", take_about},
};

bool rules_take_detail(struct parser *p, bool negated, bool *ok)
{
	unsigned i;

	if (take_time(p, negated, ok) || take_relation(p, negated, ok))
		return true;
	*ok = true;
	for (i = 0; i < COUNT(leads); i++)
		if (rules_take(p, leads[i].words)) {
			*ok = leads[i].take(p, negated);
			return true;
		}
	return take_part(p, negated);
}
