/* The mails that a rule is about: nouns with what stands before and behind them. */
#include <ctype.h>
#include <string.h>

#include "agents/email_triage_rules_priv.h"

/* Words that say which mails, or none in particular. *all: they alone may mean every mail. */
static bool take_object(struct parser *p, bool *all)
{
	static const char *const whole[] = {"all|every|any of my|the", "everything|anything|all",
	                                    "every|any|each [single]"};
	static const char *const part[] = {"the|my|those|these|new|incoming|ones|a|an|of|our|future|some|such|kinds|types",
	                                   "something|things|thing|stuff|whatever|what"};
	unsigned was = p->at;

	for (;;) {
		if (rules_take_any(p, whole, COUNT(whole)) || rules_take_mail_noun(p))
			*all = true;
		else if (!rules_take_any(p, part, COUNT(part)))
			return p->at > was;
		else if (strstr("those these ones", p->tokens[p->at - 1].lower))
			p->refers = true;
		/* "whatever comes from Ann or has …" */
		if (p->at > 0 && (strcmp(p->tokens[p->at - 1].lower, "whatever") == 0 ||
		                  strcmp(p->tokens[p->at - 1].lower, "what") == 0) &&
		    rules_sees(p, "comes|arrives|reaches|has|contains|mentions|says|talks"))
			p->clause = true;
	}
}

/* ---- Named senders ---- */

/* Is it written in capitals, all of it? Then no word passes for a name. */
static bool shouts(const struct parser *p)
{
	return p->tokens[0].text[0] && p->tokens[0].text[1] != p->tokens[0].lower[1];
}

static bool add_sender(struct parser *p, const char *name, struct expr **out)
{
	struct condition *c = rules_condition(p, WHEN_FROM);

	if (!c)
		return false;
	if (!rules_names_somebody(name))
		return rules_trouble(p, TROUBLE_NOBODY, p->at);
	c->values[0] = (struct value){name, false, ANYWHERE};
	c->value_count = 1;
	*out = rules_leaf(p, c);
	return true;
}

/* "Ann's emails", "Ann Lee's mail" */
static const char *possessive(struct parser *p)
{
	const char *name = "";
	unsigned i;

	for (i = 0; i < 3; i++) {
		const struct token *t = rules_peek(p, i);
		size_t n = strlen(t->lower);

		if (!rules_is_capital(t))
			return NULL;
		if (n > 2 && strcmp(t->lower + n - 2, "'s") == 0) {
			if (!rules_sees_kind(p, i + 1))
				return NULL;
			p->at += i + 1;
			return arena_printf(p->arena, "%s%s%.*s", name, *name ? " " : "", (int)n - 2, t->lower);
		}
		name = arena_printf(p->arena, "%s%s%s", name, *name ? " " : "", t->lower);
	}
	return NULL;
}

/* A capital that every sentence begins with makes no name of its first word ("Personal mail …"), nor does any capital of
 * these words. "GitHub", "eBay" and "IBM" are names wherever they stand. */
bool rules_is_adjective(const struct parser *p, unsigned ahead)
{
	static const char *const adjectives[] = {
		"personal", "private", "boring", "unwanted", "annoying", "useless", "useful", "interesting", "social",
		"professional", "commercial", "financial", "legal", "medical", "official", "recent", "big", "large", "long",
		"short", "late", "good", "bad", "silly", "ensure", "guarantee", "let", "see", "remaining", "relevant",
		"irrelevant", "unimportant", "daily", "weekly", "monthly", "unsolicited", "irritating", "internal", "only",
	};

	return rules_is_any(p, ahead, adjectives, COUNT(adjectives));
}

static bool is_no_name(const struct parser *p)
{
	const struct token *t = rules_peek(p, 0);

	return (p->at == 0 && *t->text && strcmp(t->text + 1, t->lower + 1) == 0) || rules_is_adjective(p, 0);
}

/* "GitHub notifications", "Google Calendar invitations", "@acme.com mail": a name, in capitals so that no adjective
 * passes for one. false: there is one that cannot be meant. */
static bool take_named(struct parser *p, struct expr **out)
{
	const struct token *t = rules_peek(p, 0);
	const char *name = possessive(p);
	unsigned n = 0;

	if (name)
		return add_sender(p, name, out);
	if (rules_take(p, "vip|vips emails|email|mail|mails|messages")) {
		*out = rules_simple(p, WHEN_VIP);
		return *out != NULL;
	}
	if (t->kind == TOKEN_DOMAIN || t->kind == TOKEN_ADDRESS || t->kind == TOKEN_QUOTED) {
		if (!rules_sees_kind(p, 1))
			return true;
		name = t->lower;
		n = 1;
	}
	if (!name && is_no_name(p))
		return true;
	while (!name && n < 3 && rules_is_capital(rules_peek(p, n)) && !rules_sees_kind(p, n) && !rules_is_nobody(p, n))
		n++;
	if (n == 0 || !rules_sees_kind(p, n) || (!name && shouts(p)))
		return true;
	if (!name) {
		unsigned was = p->at, i;

		name = rules_peek(p, 0)->lower;
		for (i = 0; i < n; i++, p->at++)
			if (rules_ends_value(p)) {
				p->at = was;
				return true;
			}
		p->at = was;
		for (i = 1; i < n; i++)
			name = arena_printf(p->arena, "%s %s", name, rules_peek(p, i)->lower);
	}
	p->at += n;
	return add_sender(p, name, out);
}

/* ---- A noun with all that belongs to it ---- */

static bool take_before(struct parser *p, struct expr **out, bool *any)
{
	static const struct { const char *pattern; enum condition_kind kind; bool negated; } states[] = {
		{"unread|unopened|unseen", WHEN_UNREAD, false}, {"[already] read|opened", WHEN_UNREAD, true},
	};
	struct expr *e = NULL;
	unsigned i;

	for (i = 0; i < COUNT(states); i++)
		if (rules_take(p, states[i].pattern)) {
			e = rules_simple(p, states[i].kind);
			if (!e)
				return false;
			*out = rules_both(p, *out, states[i].negated ? rules_not(p, e) : e);
			*any = true;
		}
	e = NULL;
	if (!take_named(p, &e))
		return false;
	*any = *any || e;
	*out = rules_both(p, *out, e);
	return true;
}

/* "replies [to X]" is a noun of its own, but not where somebody's mails are answered. */
static bool take_replies(struct parser *p, struct expr **out)
{
	if (rules_sees(p, "replies|answers|responses to my|me|mine") || !rules_take(p, "replies"))
		return false;
	*out = rules_simple(p, WHEN_REPLY);
	return *out != NULL;
}

/* "anything Ann Lee sends me", "everything that my boss ann@x.org writes" */
static bool take_sends(struct parser *p, struct expr **out)
{
	unsigned was = p->at, conditions = p->conditions;
	enum token_kind kind;
	struct condition *c;

	rules_take(p, "that|which");
	kind = rules_peek(p, 0)->kind;
	if ((!rules_is_capital(rules_peek(p, 0)) && !rules_sees(p, "my|our") && kind != TOKEN_ADDRESS &&
	     kind != TOKEN_DOMAIN &&
	     !rules_sees(p, "anyone|anybody|somebody|someone|everybody|everyone|people at|from|in|of|with")) ||
	    rules_ends_value(p)) {
		p->at = was;
		return true;
	}
	c = rules_condition(p, WHEN_FROM);
	if (c && rules_take_people(p, c) &&
	    (rules_take(p, "[has|have] sends|send|sent|writes|write|wrote|forwards|written [to] [me|us]") ||
	     rules_take(p, "emails|email|mails|mail|messages [to] [me|us]"))) {
		*out = rules_leaf(p, c);
		return true;
	}
	p->at = was;
	p->conditions = conditions;
	return true;
}

/* Was the last word taken one that belongs to what follows? */
static bool determined(const struct parser *p)
{
	struct parser before = *p;

	before.at = p->at > 0 ? p->at - 1 : 0;
	return p->at > 0 && rules_sees(&before, "my|our|the|a|an|of");
}

static void take_nouns(struct parser *p)
{
	while (rules_take_mail_noun(p))
		;
}

static bool take_noun(struct parser *p, struct expr **out, bool *all)
{
	struct expr *e = NULL, *details = NULL;
	bool any = false, object;

	*out = NULL;
	*all = false;
	object = take_object(p, all);
	if (!take_before(p, out, &any))
		return false;
	if (any)
		take_nouns(p);
	if (take_replies(p, &e) || rules_take_kinds(p, &e)) {
		*out = rules_both(p, *out, e);
		any = true;
		take_nouns(p);
	}
	e = NULL;
	/* "anything my boss …": the boss comes next, and "the" alone is nothing */
	if (object && !any && determined(p))
		p->at--;
	if (object && !any && !take_sends(p, &e))
		return false;
	if (!any && !e && rules_sees(p, "my|our|the|a|an|of"))
		return rules_trouble(p, rules_sees(p, "my|our") ? TROUBLE_PEOPLE : TROUBLE_NONE, p->at);
	*out = rules_both(p, *out, e);
	any = any || e;
	if ((object || any || (!p->given && !rules_sees(p, "not"))) && rules_take_details(p, &details)) {
		*out = rules_both(p, *out, details);
		any = true;
	}
	*all = *all && !any;
	return any || *all;
}

/* Does another noun begin here? "them" and "it" are none. */
static bool begins_noun(struct parser *p)
{
	static const char *const words[] = {"all", "any", "every", "everything", "anything", "those", "the", "my",
	                                    "each",
	                                    "replies", "whatever"};
	const struct token *t = rules_peek(p, 0);
	unsigned n;

	if (rules_is_any(p, 0, words, COUNT(words)) || rules_sees_kind(p, 0))
		return true;
	/* "from Ann and unread" is no other mail */
	if (rules_is(p, 0, "unread"))
		return rules_sees_kind(p, 1);
	for (n = 0; n < 3 && rules_is_capital(rules_peek(p, n)); n++)
		;
	return (n > 0 && rules_sees_kind(p, n)) || ((t->kind == TOKEN_DOMAIN || t->kind == TOKEN_ADDRESS) &&
	                                            rules_sees_kind(p, 1));
}

/* Commas join nouns only where "and" or "or" closes the list. */
bool rules_take_mails(struct parser *p, struct expr **out)
{
	struct expr *more, *sum;
	bool all, clause = p->clause;
	unsigned sure;

	if (rules_is_any(p, 0, (const char *const[]){"it", "them"}, 2) || !take_noun(p, out, &all))
		return false;
	sum = *out;
	sure = p->at;
	p->listed = false;
	for (;;) {
		unsigned was = p->at, conditions = p->conditions;
		bool comma = !rules_sees_colon(p) && rules_take_comma(p);
		bool word = rules_take(p, "and|or|plus") || rules_take(p, "as well as");

		p->clause = clause;
		if (!(comma || word) || !begins_noun(p) || !take_noun(p, &more, &all)) {
			p->at = sure;
			p->conditions = was == sure ? conditions : p->conditions;
			return true;
		}
		sum = rules_either(p, sum, more);
		if (word) {
			*out = sum;
			sure = p->at;
			p->listed = true;
		}
	}
}
