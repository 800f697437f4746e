/* The grammar of rules: an action with its mails ("Archive newsletters from @x.com"), a statement ("Mail from
 * Ann is urgent"), or a condition before an action ("If the subject contains x, label it as Y"). */
#include <string.h>

#include "agents/email_triage_rules_priv.h"

#define COUNT(list) (sizeof list / sizeof *list)
#define LABEL_MAX   100

/* ---- Actions ---- */

static bool add_action(struct rule *r, enum action_kind kind, enum triage_category category, const char *label)
{
	if (r->action_count == ACTIONS_MAX)
		return false;
	r->actions[r->action_count++] = (struct action){kind, category, label};
	return true;
}

/* A label's name: quoted, or the words up to a comma, "and", "if" … */
static const char *take_label(struct parser *p)
{
	const struct token *t = rules_peek(p, 0);
	char name[LABEL_MAX + 1];
	size_t n = 0;

	if (t->kind == TOKEN_QUOTED) {
		p->at++;
		return *t->text && strlen(t->text) <= LABEL_MAX ? t->text : NULL;
	}
	while (t->kind != TOKEN_END && t->kind != TOKEN_COMMA && t->kind != TOKEN_QUOTED && !rules_is(p, 0, "and") &&
	       !rules_is(p, 0, "if") && !rules_is(p, 0, "when") && !rules_is(p, 0, "unless") && !rules_is(p, 0, "except") &&
	       !rules_is(p, 0, "then") && !rules_is(p, 0, "but")) {
		if (n + strlen(t->text) + 2 > sizeof name)
			return NULL;
		if (n > 0)
			name[n++] = ' ';
		memcpy(name + n, t->text, strlen(t->text));
		n += strlen(t->text);
		p->at++;
		t = rules_peek(p, 0);
	}
	return n > 0 ? arena_strndup(p->arena, name, n) : NULL;
}

enum verb { VERB_NONE, VERB_MARK, VERB_LABEL, VERB_ARCHIVE, VERB_KEEP, VERB_STAR, VERB_URGENT };

/* Of a command, and as participles of a statement. */
static const struct { const char *words; enum verb verb; } verbs[] = {
	{"flag", VERB_MARK}, {"mark", VERB_MARK}, {"treat", VERB_MARK}, {"classify", VERB_MARK}, {"consider", VERB_MARK},
	{"categorize", VERB_LABEL}, {"categorise", VERB_LABEL}, {"set", VERB_MARK}, {"label", VERB_LABEL},
	{"tag", VERB_LABEL}, {"file", VERB_LABEL}, {"archive", VERB_ARCHIVE}, {"keep", VERB_KEEP}, {"leave", VERB_KEEP},
	{"star", VERB_STAR}, {"prioritize", VERB_URGENT}, {"prioritise", VERB_URGENT}, {"escalate", VERB_URGENT},
}, participles[] = {
	{"flagged", VERB_MARK}, {"marked", VERB_MARK}, {"treated", VERB_MARK}, {"classified", VERB_MARK},
	{"considered", VERB_MARK}, {"categorized", VERB_LABEL}, {"categorised", VERB_LABEL}, {"labelled", VERB_LABEL},
	{"labeled", VERB_LABEL}, {"tagged", VERB_LABEL}, {"filed", VERB_LABEL}, {"archived", VERB_ARCHIVE},
	{"kept", VERB_KEEP}, {"starred", VERB_STAR}, {"prioritized", VERB_URGENT}, {"prioritised", VERB_URGENT},
	{"escalated", VERB_URGENT},
};

static enum verb take_verb(struct parser *p, bool participle)
{
	unsigned i, n = participle ? COUNT(participles) : COUNT(verbs);

	for (i = 0; i < n; i++)
		if (rules_take(p, participle ? participles[i].words : verbs[i].words))
			return participle ? participles[i].verb : verbs[i].verb;
	return VERB_NONE;
}

static bool take_never(struct parser *p)
{
	static const char *const words[] = {"never", "don't ever", "do not ever", "don't", "do not", "dont", "not"};

	return rules_take_any(p, words, COUNT(words));
}

static bool take_inbox(struct parser *p)
{
	static const char *const words[] = {"in my inbox", "in the inbox", "in inbox", "alone", "out of the archive"};

	return rules_take_any(p, words, COUNT(words));
}

/* "as urgent", "urgent", "as Project X", "with label X", "under X" */
static bool take_as(struct parser *p, enum verb verb, bool never)
{
	static const char *const leads[] = {"as being", "as", "to be", "under", "with the label", "with label", "with", "into",
	                                    "in the folder", "to"};
	bool led = rules_take_any(p, leads, COUNT(leads));
	enum triage_category category;
	const char *label;

	if (rules_take_class(p, &category)) {
		if (category == TRIAGE_URGENT)
			return add_action(p->rule, never ? DO_NOT_URGENT : DO_URGENT, category, NULL);
		return !never && add_action(p->rule, DO_CATEGORY, category, NULL);
	}
	if (rules_take(p, "not urgent") || rules_take(p, "low priority") || rules_take(p, "unimportant") ||
	    rules_take(p, "not important"))
		return !never && add_action(p->rule, DO_NOT_URGENT, TRIAGE_URGENT, NULL);
	if (verb != VERB_LABEL || never || (!led && rules_peek(p, 0)->kind != TOKEN_QUOTED))
		return false;
	label = take_label(p);
	return label && add_action(p->rule, DO_LABEL, TRIAGE_CATEGORY__MAX, label);
}

/* What follows the mails of a verb. */
static bool finish(struct parser *p, enum verb verb, bool never)
{
	switch (verb) {
	case VERB_ARCHIVE:
		return add_action(p->rule, never ? DO_NEVER_ARCHIVE : DO_ARCHIVE, TRIAGE_CATEGORY__MAX, NULL);
	case VERB_KEEP:
		take_inbox(p);
		return !never && add_action(p->rule, DO_NEVER_ARCHIVE, TRIAGE_CATEGORY__MAX, NULL);
	case VERB_STAR:
		return add_action(p->rule, never ? DO_NEVER_STAR : DO_STAR, TRIAGE_CATEGORY__MAX, NULL);
	case VERB_URGENT:
		return add_action(p->rule, never ? DO_NOT_URGENT : DO_URGENT, TRIAGE_URGENT, NULL);
	case VERB_MARK:
	case VERB_LABEL:
		return take_as(p, verb, never);
	case VERB_NONE:
		break;
	}
	return false;
}

/* "Flag mails from x" without a class is what mail programs call a flag: a star. */
static bool flag_is_star(struct parser *p, unsigned verb_at)
{
	const struct token *t = rules_peek(p, 0);

	return strcmp(p->tokens[verb_at].lower, "flag") == 0 &&
	       (t->kind == TOKEN_END || t->kind == TOKEN_COMMA || rules_is(p, 0, "and") || rules_is(p, 0, "if") ||
	        rules_is(p, 0, "unless") || rules_is(p, 0, "except") || rules_is(p, 0, "when") || rules_is(p, 0, "but"));
}

/* "… and archive them", "… and star it" */
static bool take_more_actions(struct parser *p)
{
	unsigned was = p->at, verb_at;
	enum verb verb;
	bool never;

	if (rules_peek(p, 0)->kind == TOKEN_COMMA)
		p->at++;
	rules_take(p, "and");
	rules_take(p, "then");
	rules_take(p, "also");
	never = take_never(p);
	verb_at = p->at;
	verb = take_verb(p, false);
	if (verb == VERB_NONE) {
		p->at = was;
		return true;
	}
	if (!rules_take(p, "it") && !rules_take(p, "them"))
		rules_take(p, "these");
	if (flag_is_star(p, verb_at))
		verb = VERB_STAR;
	return finish(p, verb, never) && take_more_actions(p);
}

/* Ways to say it that are no single verb. */
static bool take_phrase(struct parser *p, enum verb *verb)
{
	static const struct { const char *words; enum verb verb; } phrases[] = {
		{"add a star to", VERB_STAR}, {"put a star on", VERB_STAR}, {"give a star to", VERB_STAR},
		{"skip the inbox for", VERB_ARCHIVE}, {"automatically archive", VERB_ARCHIVE},
	};
	unsigned i;

	for (i = 0; i < COUNT(phrases); i++)
		if (rules_take(p, phrases[i].words)) {
			*verb = phrases[i].verb;
			return true;
		}
	return false;
}

static bool take_to_archive(struct parser *p)
{
	static const char *const words[] = {"to the archive", "to archive", "into the archive", "to my archive",
	                                    "in the archive", "out of my inbox", "out of the inbox"};

	return rules_take_any(p, words, COUNT(words));
}

/* "move mails from x to the archive" */
static bool take_move(struct parser *p, bool never)
{
	if (!rules_take(p, "move") && !rules_take(p, "put") && !rules_take(p, "send"))
		return false;
	return rules_take_mails(p) && take_to_archive(p) && finish(p, VERB_ARCHIVE, never);
}

static bool take_command(struct parser *p, bool needs_mails)
{
	static const char *const openings[] = {"please", "always", "automatically", "also"};
	unsigned verb_at;
	enum verb verb = VERB_NONE;
	bool never, named_first = false;

	while (rules_take_any(p, openings, COUNT(openings)))
		;
	never = take_never(p);
	if (rules_is(p, 0, "move") || rules_is(p, 0, "put") || rules_is(p, 0, "send"))
		return take_move(p, never);
	verb_at = p->at;
	if (!take_phrase(p, &verb))
		verb = take_verb(p, false);
	if (verb == VERB_NONE)
		return false;
	if ((verb == VERB_MARK || verb == VERB_LABEL) && rules_is(p, 0, "as"))
		named_first = take_as(p, verb, never);     /* "Mark as urgent everything from …" */
	if (rules_is(p, 0, "if") || rules_is(p, 0, "when")) {
		p->rule->clause_count = 1;          /* "archive if …": all its conditions come behind */
	} else if (needs_mails || rules_peek(p, 0)->kind != TOKEN_END) {
		p->class_closes = verb == VERB_MARK;
		if (!rules_take_mails(p) && needs_mails)
			return false;
		p->class_closes = false;
	}
	if (named_first)
		return true;
	if (flag_is_star(p, verb_at))
		verb = VERB_STAR;
	return finish(p, verb, never);
}

/* "… is urgent", "… should never be archived", "… must be labelled as X" */
static bool take_statement(struct parser *p)
{
	static const char *const modals[] = {"should", "must", "can", "shall", "will", "needs to", "need to", "has to", "have to"};
	static const char *const beings[] = {"is", "are", "be", "get", "gets"};
	bool never = false;
	enum verb verb;

	p->statement = true;
	if (!rules_take_mails(p))
		return false;
	p->statement = false;
	rules_take_any(p, modals, COUNT(modals));
	never = take_never(p);
	rules_take(p, "always");
	rules_take_any(p, beings, COUNT(beings));
	never = take_never(p) || never;
	rules_take(p, "always");
	verb = take_verb(p, true);
	return verb == VERB_NONE ? take_as(p, VERB_MARK, never) : finish(p, verb, never);
}

static bool take_conditional(struct parser *p)
{
	static const char *const openings[] = {"if", "when", "whenever", "for"};

	if (!rules_take_any(p, openings, COUNT(openings)))
		return false;
	if (!rules_take_mails(p) || p->rule->condition_count == 0)
		return false;
	if (rules_peek(p, 0)->kind == TOKEN_COMMA)
		p->at++;
	rules_take(p, "then");
	return take_command(p, false);
}

static bool finished(struct parser *p)
{
	bool taken;

	do {
		if (!take_more_actions(p) || !rules_take_exception(p, &taken))
			return false;
	} while (taken && rules_peek(p, 0)->kind != TOKEN_END);
	return rules_peek(p, 0)->kind == TOKEN_END && p->rule->action_count > 0;
}

static bool take_whole_command(struct parser *p)
{
	return take_command(p, true);
}

bool rules_parse(struct arena *a, const char *sentence, struct rule *out)
{
	static bool (*const forms[])(struct parser *) = {take_conditional, take_whole_command, take_statement};
	struct parser p = {.arena = a, .rule = out};
	unsigned i;

	if (rules_tokens(a, sentence, p.tokens) == 0)
		return false;
	for (i = 0; i < COUNT(forms); i++) {
		memset(out, 0, sizeof *out);
		p.at = 0;
		p.statement = p.class_closes = false;
		if (forms[i](&p) && finished(&p)) {
			out->understood = true;
			return true;
		}
	}
	memset(out, 0, sizeof *out);
	return false;
}
