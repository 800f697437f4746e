/* The forms of a rule: a command ("Archive newsletters from @x.com"), a statement ("Mail from Ann is urgent"), a
 * condition before a command ("If the subject contains x, label it as Y"). */
#include <string.h>

#include "agents/email_triage_rules_priv.h"

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
	bool was = p->given, ok, told;
	unsigned at = p->at;

	p->given = true;
	ok = rules_take_command(p);
	if (!ok) {
		p->at = at;
		/* "…, it's never urgent" */
		told = predicate && rules_take(p, "it|they|these|those");
		ok = predicate && rules_take_predicate(p, false);
		/* "it's spam" tells what it is rather than what to make of it */
		if (ok && told && p->part->actions[p->part->action_count - 1].kind == DO_CATEGORY) {
			p->part->action_count--;
			ok = false;
		}
	}
	p->given = was;
	return ok;
}

/* "… and archive them", "… and star mail from Ann". The joiner stays when nothing can be made of what follows. */
static bool take_more(struct parser *p, bool *more)
{
	unsigned was = p->at, at;
	bool parted = rules_peek(p, 0)->kind == TOKEN_COMMA && *rules_peek(p, 0)->text == ';';
	bool comma = rules_take_comma(p);
	bool but = rules_sees(p, "but");
	bool word = rules_take(p, "and|but|then [also|then|otherwise]") || rules_take(p, "as well as");
	bool owes = p->owes;
	unsigned before = p->part->action_count;
	struct part *part = p->part;

	rules_take(p, "please|also|always");
	at = p->at;
	p->joined = true;
	*more = rules_take_addition(p) || ((comma || word) && take_given(p, true));
	p->joined = false;
	/* "archive it and star it": of which mails, has still to be said */
	p->owes = owes;
	if (*more && (parted || but))
		p->apart = before;
	if (*more)
		return true;
	p->at = at;
	p->clause = false;
	if ((comma || word) && begin_part(p)) {
		*more = rules_take_command(p);
		p->owes = p->owes || owes;
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

/* What to do with mails that are known: "…, archive it", "…, it is urgent", "…: urgent". Behind mails a comma may as
 * well go on naming mails: "For mail from Ann, newsletters …". */
static bool take_consequence(struct parser *p, bool is_mails)
{
	bool colon = rules_sees_colon(p), ok;

	rules_take_comma(p);
	rules_take(p, "then");
	rules_take_opening(p);
	if (take_given(p, false))
		return true;
	p->given = true;
	rules_take(p, "it|they|this|that");
	p->joined = is_mails && !colon;
	p->headed = colon;
	ok = rules_take_predicate(p, false);
	p->joined = p->headed = false;
	return ok;
}

static bool take_conditional(struct parser *p)
{
	bool is_for = rules_take(p, "for|with|regarding"), ok;
	struct expr *when = NULL;

	/* "Even if Ann writes, don't …": of no other mail is anything said */
	rules_take(p, "even");
	if (!is_for && !rules_take(p, "if|when|whenever|once|whereever|where") && !rules_take(p, "in case") &&
	    !rules_take(p, "as|so long as") && !rules_take(p, "provided|assuming that") && !rules_take(p, "as soon as") &&
	    !rules_take(p, "every|any time"))
		return false;
	ok = is_for ? rules_take_mails(p, &when) : rules_take_clause(p, &when);
	p->clause = false;
	if (!ok || !when)
		return false;
	p->part->when = when;
	return take_consequence(p, is_for);
}

/* "I get a lot of mail from Ann; if one of those mentions lunch, star it", "I get too many promotions. Archive them." */
static bool take_told(struct parser *p)
{
	static const char *const pronouns[] = {"it", "them", "these", "those", "they"};
	struct expr *mails = NULL, *those = NULL;
	struct parser seen;

	if (!rules_take(p, "i|we [often|always|also|usually] get|receive|have [a|too|so|quite] [lot|lots|many|much] [of]") ||
	    !rules_take_mails(p, &mails) || !mails)
		return false;
	p->clause = false;
	if (rules_peek(p, 0)->kind == TOKEN_STOP)
		p->at++;
	else if (!rules_take_comma(p))
		return false;
	if (rules_take(p, "if|when|whenever")) {
		if (!rules_take(p, "one|any of those|these|them|the") && !rules_sees(p, "it|they|those|these"))
			return false;
		rules_take_mail_noun(p);
		p->clause = true;
		if (!rules_take_details(p, &those))
			return false;
		p->clause = false;
	}
	p->part->when = rules_both(p, mails, those);
	seen = *p;
	if (!take_consequence(p, true))
		return false;
	/* "they are spam" tells what they are rather than what to make of them */
	rules_take_comma(&seen);
	if (!those && rules_is_any(&seen, 0, pronouns, COUNT(pronouns)) && p->part->actions[0].kind == DO_CATEGORY)
		return false;
	/* "…. Archive promotions": of others something is said */
	while (seen.at < p->at && !rules_is_any(&seen, 0, pronouns, COUNT(pronouns)))
		seen.at++;
	return those || seen.at < p->at;
}

/* "Unless it is from Ann, archive …", "Except for receipts, archive …" */
static bool take_exception_first(struct parser *p)
{
	struct expr *but = NULL;
	bool taken;

	if (!rules_take_exceptions(p, &but, &taken) || !taken || !rules_take_comma(p))
		return false;
	rules_take_opening(p);
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
	if (!rules_take(p, "make sure [that]"))
		rules_take(p, "ensure|guarantee [that]");
	none = rules_take(p, "nothing|none [of] [the|my] [emails|mail|mails|messages]") ||
	       rules_take(p, "no emails|email|mail|mails|message|messages");
	if (!(none ? rules_take_details(p, &p->part->when) : rules_take_mails(p, &p->part->when)))
		return false;
	p->clause = false;
	if (!none && rules_take_comma(p) && (rules_take_opening(p), take_given(p, false)))
		return true;
	rules_take(p, "that|which");
	return rules_take_predicate(p, none);
}

/* "Urgent: subject says outage". "Important: …" may as well call for attention. What else is to be done, and to what,
 * nothing tells. */
static bool take_heading(struct parser *p)
{
	static const struct { const char *pattern; struct action action; } headings[] = {
		{"[very] urgent|high-priority", {DO_URGENT, TRIAGE_URGENT, NULL}},
		{"high|top|highest priority", {DO_URGENT, TRIAGE_URGENT, NULL}},
		{"not|never urgent|important", {DO_NOT_URGENT, TRIAGE_URGENT, NULL}},
		{"low|lowest priority", {DO_NOT_URGENT, TRIAGE_URGENT, NULL}},
		{"unimportant|low-priority|non-urgent", {DO_NOT_URGENT, TRIAGE_URGENT, NULL}},
		{"spam|junk", {DO_CATEGORY, TRIAGE_SPAM, NULL}},
	};
	struct part *part = p->part;
	unsigned i;
	bool clause, more;

	for (i = 0; i < COUNT(headings) && !rules_take(p, headings[i].pattern); i++)
		;
	if (i == COUNT(headings) || !rules_sees_colon(p) || !rules_take_comma(p))
		return false;
	/* "Urgent: newsletters are not urgent" tells something of the mails: no heading, so no clause without "if" */
	clause = rules_take(p, "if|when|whenever") || rules_sees(p, "[the|a] subject|title|body|sender") ||
	         rules_sees_standing(p);
	if (!(clause ? rules_take_clause : rules_take_mails)(p, &part->when) || !part->when)
		return false;
	p->clause = false;
	part->actions[part->action_count++] = headings[i].action;
	return take_more(p, &more) && (!more || rules_trouble(p, TROUBLE_SENTENCES, p->at - 1));
}

/* The first action that a condition at the end belongs to: not those before a ";", nor what protects mails, which it
 * would weaken ("Never archive mail from Ann, and star it if it mentions lunch"). */
static unsigned conditioned(const struct parser *p)
{
	const struct part *part = p->part;
	unsigned from = p->apart, i;

	for (i = 0; i + 1 < part->action_count; i++)
		if (part->actions[i].kind == DO_NEVER_ARCHIVE && i >= from)
			from = i + 1;
	return from;
}

/* Gives the actions from this one on a part of their own, of the same mails. */
static bool split_part(struct parser *p, unsigned from)
{
	struct part *old = p->part;

	if (!begin_part(p))
		return false;
	p->part->of_previous = true;
	p->part->action_count = old->action_count - from;
	memcpy(p->part->actions, old->actions + from, p->part->action_count * sizeof *old->actions);
	old->action_count = from;
	p->apart = 0;
	return true;
}

static bool take_rest(struct parser *p)
{
	struct expr *when;
	bool more, taken, excepted = false;
	unsigned from;

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
		from = excepted ? 0 : conditioned(p);
		when = from > 0 ? NULL : p->part->when;
		if (!rules_take_exceptions(p, &when, &taken))
			return false;
		if (!taken)
			break;
		if (!excepted && p->rule->part_count > 1)
			return rules_trouble(p, TROUBLE_SENTENCES, p->at - 1);
		if (from > 0 && !split_part(p, from))
			return false;
		p->part->when = when;
		excepted = true;
	}
	return rules_peek(p, 0)->kind == TOKEN_STOP ? rules_trouble(p, TROUBLE_SENTENCES, p->at + 1) : false;
}

static bool makes_sense(struct parser *p)
{
	struct expr *when = NULL;
	unsigned i;

	if (p->full)
		return rules_trouble(p, TROUBLE_LONG, p->count);
	for (i = 0; i < p->rule->part_count; i++) {
		const struct part *part = &p->rule->parts[i];

		when = rules_both(p, part->of_previous ? when : NULL, part->when);
		if (!rules_can_hold(when))
			return rules_trouble(p, TROUBLE_DEAD, p->count);
	}
	return true;
}

bool rules_read(struct arena *a, const char *sentence, struct parser *p, struct rule *out)
{
	static bool (*const forms[])(struct parser *) = {take_conditional, take_told, take_exception_first, take_plain,
	                                                 take_statement, take_heading};
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
		p->clause = p->class_closes = p->given = p->wished = p->owes = p->joined = p->bare = p->headed = false;
		p->apart = 0;
		rules_take_opening(p);
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
