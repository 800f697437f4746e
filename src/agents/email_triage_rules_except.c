/* Exceptions and conditions behind what is done: "unless …", "except those from …", "but newsletters", "if …". */
#include <string.h>

#include "agents/email_triage_rules_priv.h"

/* "… but newsletters" takes away; "… but urgent" adds what mails must be, or what becomes of them. */
bool rules_sees_other_kind(struct parser *p)
{
	return rules_sees_kind(p, 0) &&
	       (!rules_sees(p, "urgent|important|critical|suspicious|promotional|automated|automatic") ||
	        rules_sees_kind(p, 1));
}

static bool take_except(struct parser *p, bool *negate, bool *clause)
{
	static const struct { const char *pattern; bool negate, clause; } leads[] = {
		{"except|but|and if|when|where|that", true, true}, {"but|and not if|when|where", true, true},
		{"just|simply|only not if|when|where", true, true}, {"unless", true, true}, {"or unless", true, true},
		{"and|but only if|when", false, true}, {"only if|when", false, true},
		{"and|but only", false, false}, {"as|so long as", false, true},
		{"provided|providing [that]", false, true}, {"if|when|whenever|once", false, true},
		{"except [for]", true, false},
		{"but|and not [if|when]", true, false}, {"other|rather than", true, false}, {"apart|aside from", true, false},
		{"with the exception of", true, false}, {"excluding|besides|excepting", true, false},
		{"but never|ignore", true, false},
		{"not", true, false}, {"just|simply|only not", true, false}, {"save for", true, false},
		{"but [for]", true, false},
	};
	unsigned was = p->at, i;

	rules_take_comma(p);
	for (i = 0; i < COUNT(leads); i++) {
		if (i == 0 && !rules_sees(p, "except"))
			continue;
		if (rules_take(p, leads[i].pattern)) {
			*negate = leads[i].negate;
			*clause = leads[i].clause;
			return true;
		}
	}
	p->at = was;
	return false;
}

#define MAILS "those|ones|mail|mails|emails|messages|newsletters"

/* "those of The Economist" */
static bool take_of(struct parser *p, struct expr **out)
{
	unsigned was = p->at;
	struct condition *c = rules_take(p, "[the] " MAILS " of") ? rules_condition(p, WHEN_FROM) : NULL;

	if (c && rules_take_people(p, c)) {
		*out = rules_leaf(p, c);
		return *out != NULL;
	}
	p->at = was;
	return false;
}

/* "Newsletters should be archived but the ones about Linux starred", "… but those from LWN only after 3 days": what was
 * taken for an exception says what becomes of them. */
static bool tells_more(const struct parser *p, unsigned from, bool but)
{
	static const char *const deeds[] = {"starred", "archived", "flagged", "labelled", "labeled", "tagged", "kept",
	                                    "marked", "filed", "moved", "hidden"};
	static const char *const others[] = {"only", "just", "never", "always", "too", "as"};
	struct parser seen = *p;

	for (seen.at = from; seen.at < p->at; seen.at++)
		if (rules_is_any(&seen, 0, deeds, COUNT(deeds)) || rules_sees(&seen, "only|just after|before|if|when") ||
		    (but && rules_is_any(&seen, 0, others, COUNT(others))))
			return true;
	return false;
}

bool rules_take_exceptions(struct parser *p, struct expr **when, bool *taken)
{
	struct expr *e = NULL;
	bool negate, clause, ok, but;
	unsigned was;

	was = p->at;
	rules_take_comma(p);
	/* "… can be archived after two weeks" */
	*taken = rules_sees(p, "after|once|when") && rules_take_time(p, &e);
	if (*taken) {
		*when = rules_both(p, *when, e);
		return true;
	}
	p->at = was;
	*taken = take_except(p, &negate, &clause);
	if (!*taken)
		return true;
	but = !clause && (strcmp(p->tokens[p->at - 1].lower, "but") == 0 || strcmp(p->tokens[p->at - 1].lower, "for") == 0);
	if (but && !rules_sees(p, "the|any|all|those|mail|mails|emails|email|messages") && !rules_sees_other_kind(p) &&
	    !rules_is_capital(rules_peek(p, 0)))
		return false;
	was = p->at;
	p->clause = false;
	if (clause) {
		ok = rules_take_clause(p, &e);
	} else {
		rules_take(p, "if|when|for [it] [is|are]");
		if (!rules_sees(p, "[the] " MAILS " of"))
			rules_take(p, "the|any ones|mail|mails|emails|those");
		/* "but newsletters"; "but from Ann" may go on with what was said */
		ok = take_of(p, &e) || (!but && rules_take_details(p, &e)) ||
		     (p->at = was, p->clause = false, rules_take_mails(p, &e));
	}
	p->clause = false;
	if (!ok || !e || (!clause && tells_more(p, was, but)))
		return false;
	p->owes = p->owes && (negate || !clause);
	*when = rules_both(p, *when, negate ? rules_not(p, e) : e);
	return true;
}
