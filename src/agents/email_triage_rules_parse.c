/* The forms of a rule: a command ("Archive newsletters from @x.com"), a statement ("Mail from Ann is urgent"), a
 * condition before a command ("If the subject contains x, label it as Y"). */
#include <string.h>

#include "agents/email_triage_rules_priv.h"

/* What is said out of politeness or for emphasis. */
static void take_opening(struct parser *p)
{
	static const char *const openings[] = {
		"please|kindly|always|automatically|also|just|simply|hey|hi|hello|ok|okay|rule|first|immediately",
		"i would like|love|want you to [please]",
		"i want|need you to", "could|can|would|will you [please] [kindly]", "make sure to", "be sure to",
		"go|feel ahead|free and|to",
		"you can|should|may|must [always]", "remember to", "try to", "let us", "we should", "i would like to have",
		"would you mind",
	};

	while (rules_take_any(p, openings, COUNT(openings)) || rules_take_comma(p))
		;
}

/* "even if it looks like a promotion", "no matter what it says": takes nothing away, whatever it is. "because …", "so that
 * I see it": tells why. An explanation that holds a condition may be more than that. */
static bool take_aside(struct parser *p)
{
	static const char *const concessions[] = {"even if|when|where|though|after",
	                                          "no matter what|who|how|where|when|if", "regardless of|whether",
	                                          "irrespective of", "whatever the|it|they", "whoever sent|sends|is"};
	static const char *const reasons[] = {"because", "cause", "so that i|we|they|it", "so i|we", "since i|we",
	                                      "in order to"};
	static const char *const conditions[] = {"if", "unless", "except", "but", "only", "when", "until"};
	bool reason = false;

	if (!rules_take_any(p, concessions, COUNT(concessions)) && !(reason = rules_take_any(p, reasons, COUNT(reasons))))
		return false;
	for (; rules_peek(p, 0)->kind != TOKEN_END && rules_peek(p, 0)->kind != TOKEN_COMMA &&
	     rules_peek(p, 0)->kind != TOKEN_STOP; p->at++)
		if (rules_is_any(p, 0, conditions, COUNT(conditions)))
			return reason ? rules_trouble(p, TROUBLE_COMMA, p->at) : true;
	return true;
}

void rules_take_ending(struct parser *p)
{
	static const char *const endings[] = {
		"please|thanks|always|automatically|immediately|too|cheers|first", "thank you [very] [much]", "for me",
		"right|straight away", "at once", "as well",
		"in any|all case|cases", "under any circumstances", "by default", "from now on", "without asking",
		"every|each time",
	};

	for (;;) {
		unsigned was = p->at;

		rules_take_comma(p);
		if (!rules_take_any(p, endings, COUNT(endings)) && !take_aside(p)) {
			p->at = was;
			return;
		}
	}
}

static bool begin_part(struct parser *p)
{
	struct rule *r = p->rule;

	if (r->part_count == PARTS_MAX)
		return rules_trouble(p, TROUBLE_LONG, p->at);
	p->part = &r->parts[r->part_count++];
	return true;
}

/* ---- More of them ---- */

static bool take_given(struct parser *p, bool predicate)
{
	bool was = p->given, ok;
	unsigned at = p->at;

	p->given = true;
	ok = rules_take_command(p);
	if (!ok) {
		p->at = at;
		ok = predicate && rules_take_predicate(p, false);
	}
	p->given = was;
	return ok;
}

/* "… and archive them", "… and star mail from Ann". The joiner stays when nothing can be made of what follows. */
static bool take_more(struct parser *p, bool *more)
{
	unsigned was = p->at, at;
	bool comma = rules_take_comma(p);
	bool word = rules_take(p, "and|but|then [also|then|otherwise]") || rules_take(p, "as well as");
	struct part *part = p->part;

	rules_take(p, "please|also|always");
	at = p->at;
	*more = (comma || word) && take_given(p, true);
	if (*more)
		return true;
	p->at = at;
	p->clause = false;
	if ((comma || word) && begin_part(p)) {
		*more = rules_take_command(p);
		if (*more)
			return true;
		*p->part = (struct part){0};
		p->rule->part_count--;
	}
	p->part = part;
	p->at = was;
	return true;
}

/* ---- Forms ---- */

static bool take_plain(struct parser *p)
{
	return rules_take_command(p);
}

static bool take_conditional(struct parser *p)
{
	bool is_for = rules_take(p, "for|with|regarding"), ok;
	struct expr *when = NULL;

	if (!is_for && !rules_take(p, "if|when|whenever|once|whereever|where") && !rules_take(p, "in case") &&
	    !rules_take(p, "as|so long as") && !rules_take(p, "provided|assuming that") && !rules_take(p, "as soon as") &&
	    !rules_take(p, "every|any time"))
		return false;
	ok = is_for ? rules_take_mails(p, &when) : rules_take_clause(p, &when);
	p->clause = false;
	if (!ok || !when)
		return false;
	p->part->when = when;
	rules_take_comma(p);
	rules_take(p, "then");
	take_opening(p);
	if (take_given(p, false))
		return true;
	/* "if …, it is urgent", "if …: urgent" */
	p->given = true;
	rules_take(p, "it|they|this|that");
	return rules_take_predicate(p, false);
}

/* "Unless it is from Ann, archive …", "Except for receipts, archive …" */
static bool take_exception_first(struct parser *p)
{
	struct expr *but = NULL;
	bool taken;

	if (!rules_take_exceptions(p, &but, &taken) || !taken || !rules_take_comma(p))
		return false;
	take_opening(p);
	if (!rules_take_command(p))
		return false;
	p->part->when = rules_both(p, p->part->when, but);
	return true;
}

/* "Mail from Ann is urgent", "Newsletters: archive", "I want newsletters archived", "Nothing from Ann is urgent" */
static bool take_statement(struct parser *p)
{
	bool none;

	p->wished = rules_take(p, "i want|like|need|would|prefer [like|prefer] [to] [have]");
	rules_take(p, "make sure [that]");
	none = rules_take(p, "nothing|none [of] [the|my] [emails|mail|mails|messages]") ||
	       rules_take(p, "no emails|email|mail|mails|message|messages");
	if (!(none ? rules_take_details(p, &p->part->when) : rules_take_mails(p, &p->part->when)))
		return false;
	p->clause = false;
	if (!none && rules_take_comma(p) && (take_opening(p), take_given(p, false)))
		return true;
	rules_take(p, "that|which");
	return rules_take_predicate(p, none);
}

static bool take_rest(struct parser *p)
{
	struct expr *when;
	bool more, taken, excepted = false;

	for (;;) {
		rules_take_ending(p);
		when = p->part->when;
		if (rules_peek(p, 0)->kind == TOKEN_END)
			return p->part->action_count > 0 && !p->owes;
		if (!take_more(p, &more))
			return false;
		if (more) {
			if (excepted)
				return rules_trouble(p, TROUBLE_SENTENCES, p->at - 1);
			continue;
		}
		when = p->part->when;
		if (!rules_take_exceptions(p, &when, &taken))
			return false;
		if (!taken)
			break;
		if (p->rule->part_count > 1)
			return rules_trouble(p, TROUBLE_SENTENCES, p->at - 1);
		p->part->when = when;
		excepted = true;
	}
	return rules_peek(p, 0)->kind == TOKEN_STOP ? rules_trouble(p, TROUBLE_SENTENCES, p->at + 1) : false;
}

static bool makes_sense(struct parser *p)
{
	unsigned i;

	if (p->full)
		return rules_trouble(p, TROUBLE_LONG, p->count);
	for (i = 0; i < p->rule->part_count; i++)
		if (!rules_can_hold(p->rule->parts[i].when))
			return rules_trouble(p, TROUBLE_DEAD, p->count);
	return true;
}

bool rules_read(struct arena *a, const char *sentence, struct parser *p, struct rule *out)
{
	static bool (*const forms[])(struct parser *) = {take_conditional, take_exception_first, take_plain,
	                                                 take_statement};
	unsigned i;

	memset(p, 0, sizeof *p);
	p->arena = a;
	p->rule = out;
	p->count = rules_tokens(a, sentence, p->tokens);
	if (p->count == 0)
		return rules_trouble(p, TROUBLE_LONG, 0);
	for (i = 0; i < COUNT(forms); i++) {
		memset(out, 0, sizeof *out);
		p->at = 0;
		p->conditions = 0;
		p->full = false;
		p->clause = p->class_closes = p->given = p->wished = p->owes = false;
		take_opening(p);
		if (begin_part(p) && forms[i](p) && take_rest(p)) {
			out->understood = makes_sense(p);
			break;
		}
	}
	if (!out->understood)
		memset(out, 0, sizeof *out);
	return out->understood;
}

void rules_parse(struct arena *a, const char *sentence, struct rule *out)
{
	struct parser p;

	if (!rules_read(a, sentence, &p, out))
		rules_help(a, sentence, &p, out);
}
