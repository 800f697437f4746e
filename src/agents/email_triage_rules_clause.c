/* Conditions put together: details joined by "and", "or" and "not"; clauses ("it is from Ann"). */
#include <string.h>

#include "agents/email_triage_rules_priv.h"

/* ---- One detail ---- */

static bool take_state(struct parser *p, struct expr **out)
{
	static const struct { const char *pattern; enum condition_kind kind; bool negated, clause; } states[] = {
		{"[that|which] i have not [yet] read|opened|seen [yet] [it|them] [yet]", WHEN_UNREAD, false, false},
		{"[that|which] i have [already] read|opened|seen [it|them]", WHEN_UNREAD, true, false},
		{"[still] unread|unopened|unseen", WHEN_UNREAD, false, true},
		{"[already] read|opened", WHEN_UNREAD, true, true},
		{"[a] reply|replies|response", WHEN_REPLY, false, true},
	};
	unsigned i;

	for (i = 0; i < COUNT(states); i++)
		if ((p->clause || !states[i].clause) && rules_take(p, states[i].pattern)) {
			*out = rules_simple(p, states[i].kind);
			if (*out && states[i].negated)
				*out = rules_not(p, *out);
			return *out != NULL;
		}
	return false;
}

/* Any of the details that there are. */
static bool take_detail(struct parser *p, struct expr **out)
{
	static rules_detail *const all[] = {rules_take_time, rules_take_amount, rules_take_relation, rules_take_sender,
	                                    rules_take_attachment, take_state, rules_take_text};
	unsigned was = p->at, conditions = p->conditions, i;

	for (i = 0; i < COUNT(all); i++) {
		if (all[i](p, out))
			return true;
		p->at = was;
		p->conditions = conditions;
	}
	return false;
}

/* ---- Details joined ---- */

static bool take_pronoun(struct parser *p)
{
	static const char *const pronouns[] = {"it", "they", "those",
	                                       "the|an|a|any|this|that|each email|mail|message|thread|conversation",
	                                       "emails|mails|mail|messages",
	                                       "the ones|one", "ones", "if|when it|they"};

	return rules_take_any(p, pronouns, COUNT(pronouns));
}

/* Verbs of being belong to a condition where one is expected, not behind it ("mail that mentions lunch is urgent"). */
static bool take_leading(struct parser *p, bool *expected, bool *negated)
{
	unsigned was = p->at;

	if (rules_take(p, "that|which|who|where"))
		p->clause = *expected = true;
	if (p->clause && *expected) {
		take_pronoun(p);
		rules_take(p, "is|are|was|were|has|have|being [been]");
	}
	/* "has an attachment": the verb says what */
	if (p->at > was && (rules_peek(p, 0)->kind == TOKEN_QUOTED ||
	                    rules_sees(p, "a|an|attachments|attachment|the|more|no")) &&
	    (strcmp(p->tokens[p->at - 1].lower, "has") == 0 || strcmp(p->tokens[p->at - 1].lower, "have") == 0))
		p->at--;
	*negated = false;
	if (rules_take(p, "neither") || (p->clause && rules_take(p, "do|does|did not")) || rules_take(p, "not")) {
		*negated = true;
		if (p->clause)
			rules_take(p, "come|comes [from]");
		if (p->tokens[p->at - 1].kind == TOKEN_WORD && strcmp(p->tokens[p->at - 1].lower, "from") == 0)
			p->at--;
	}
	if (rules_sees(p, "just|only|merely|simply in|on cc|copy"))
		return p->at > was;
	rules_take(p, "also|all|both|either|just|only|merely|simply|actually|really");
	return p->at > was;
}

/* adjacent: neither a comma nor "and" stands before it. */
static bool take_one(struct parser *p, bool expected, bool adjacent, struct expr **out, bool *negated)
{
	unsigned was = p->at;
	bool clause = p->clause || rules_sees(p, "that|which|who|where"), taken;

	take_leading(p, &expected, negated);
	/* "everything not urgent from Ann", "mail not read": as "that is not …" */
	if (*negated && adjacent && !p->class_closes)
		p->clause = expected = true;
	taken = take_detail(p, out) ||
	        (p->clause && expected && (rules_take(p, "the"), rules_take_kinds(p, out)));
	if (*negated && adjacent)
		p->clause = clause;
	if (taken && *negated)
		*out = rules_not(p, *out);
	if (!taken)
		p->at = was;
	return taken;
}

static bool is_sender(const struct expr *e)
{
	return e && (e->op == EXPR_CONDITION ? e->condition->kind == WHEN_FROM || e->condition->kind == WHEN_VIP
	                                     : e->op == EXPR_OR && is_sender(e->a) && is_sender(e->b));
}

/* Of one sender each: "from a@x.org and from b@y.org", "from a@x.org, from b@y.org" are either. */
static bool joins_senders(const struct expr *a, const struct expr *b)
{
	return is_sender(a) && is_sender(b);
}

static bool is_amount(const struct expr *e)
{
	return e && (e->op == EXPR_CONDITION ? e->condition->kind == WHEN_AMOUNT
	                                     : e->op == EXPR_OR && is_amount(e->a) && is_amount(e->b));
}

/* "over $500 or over 500 euros" is one detail. */
static bool joins_amounts(const struct expr *a, const struct expr *b)
{
	return is_amount(a) && is_amount(b);
}

/* "… but newsletters" */
static bool sees_exception(struct parser *p, bool and_word)
{
	return and_word && strcmp(p->tokens[p->at - 1].lower, "but") == 0 && rules_sees_other_kind(p);
}

/* Is a sender among what must hold together? */
static bool has_sender(const struct expr *e)
{
	return is_sender(e) || (e && e->op == EXPR_AND && (has_sender(e->a) || has_sender(e->b)));
}

bool rules_take_details(struct parser *p, struct expr **out)
{
	struct expr *either = NULL, *all = NULL, *last = NULL, *rest = NULL, *one;
	bool negated, was_negated = false, commas = false, any = false, first_or = true;
	const unsigned start = p->at;

	*out = NULL;
	for (;;) {
		unsigned was = p->at, conditions = p->conditions;
		bool comma = any && rules_take_comma(p), or_word = any && rules_take(p, "or [else]");
		bool and_word = any && !or_word && (rules_take(p, "and|but|yet [also]") || rules_take(p, "as well as"));
		/* "if Ann writes, that's urgent" */
		bool told = comma && !or_word && !and_word && p->clause && rules_sees(p, "that|this is");
		bool clause = p->clause, nor = any && !or_word && !and_word && rules_take(p, "nor");

		and_word = and_word || nor;
		bool joiner = or_word || and_word || nor;

		if (told || sees_exception(p, and_word) ||
		    !take_one(p, !any || joiner, !comma && !joiner, &one, &negated)) {
			p->at = was;
			p->conditions = conditions;
			p->clause = clause;
			break;
		}
		if (nor && !negated)
			one = rules_not(p, one);
		negated = negated || nor;
		/* "not from Ann or about lunch", "from Ann, about lunch or unread": both may be meant */
		if ((or_word && was_negated && !negated) || (or_word && commas) ||
		    (comma && was_negated && !negated && joins_senders(last->a, one))) {
			p->at = start;
			return rules_trouble(p, TROUBLE_COMMA, was);
		}
		commas = commas || (comma && !or_word && !and_word);
		if (or_word && joins_amounts(last, one)) {
			one = rules_either(p, last, one);
			all = rules_both(p, rest, one);
		} else if (or_word) {
			rest = NULL;
			either = first_or ? all : rules_either(p, either, all);
			first_or = false;
			all = one;
		} else if ((comma || and_word) && joins_senders(last, one)) {
			one = rules_either(p, last, one);
			all = rules_both(p, rest, one);
		} else if (is_sender(one) && has_sender(all)) {
			/* "from Ann, about lunch, from Bob": no mail has two senders, so it is more than one case */
			p->at = start;
			return rules_trouble(p, TROUBLE_COMMA, was);
		} else {
			rest = all;
			all = rules_both(p, all, one);
		}
		last = one;
		was_negated = negated;
		any = true;
	}
	*out = first_or ? all : rules_either(p, either, all);
	return any;
}

/* ---- Clauses ---- */

bool rules_take_clause(struct parser *p, struct expr **out)
{
	static const char *const comings[] = {"arrives|arrive|comes|come|lands|land [in] [in|my|the] [inbox]",
	                                      "i get|receive|got [it]", "is received",
	                                      "reaches me"};
	struct expr *subject = NULL, *details = NULL;
	bool pronoun, came, has_details, deed = false, and_word;
	unsigned was;

	*out = NULL;
	rules_take(p, "i get|receive|see");
	pronoun = take_pronoun(p);
	if (pronoun && !rules_sees(p, "from|with|about|that|which|containing|mentioning|older|newer|sent|over"))
		;
	else if (pronoun) {
		p->clause = false;
		if (!rules_take_details(p, &subject))
			return false;
	} else if (!rules_sees(p, "[the|its|a] subject|body|sender|title|amount|total|recipient") &&
	           !rules_sees(p, "i am") && !rules_sees_standing(p)) {
		p->clause = false;
		was = p->at;
		deed = rules_take_deed(p, &subject);
		if (!deed && !rules_take_mails(p, &subject))
			p->at = was;
	}
	p->clause = true;
	was = p->at;
	/* "Ann writes and it mentions lunch" */
	and_word = deed && rules_take(p, "and");
	has_details = rules_take_details(p, &details);
	if (and_word && has_details && details->op == EXPR_OR)
		return rules_trouble(p, TROUBLE_COMMA, was);
	if (!has_details)
		p->at = was;
	came = rules_take_any(p, comings, COUNT(comings));
	if (came && !has_details)
		has_details = rules_take_details(p, &details);
	p->clause = false;
	*out = rules_both(p, subject, details);
	return *out != NULL && (has_details || came || subject != NULL);
}
