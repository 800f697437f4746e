/* What is to be done: commands ("archive …") and predicates ("… should be archived"), read by the tables of
 * email_triage_rules_forms.c. */
#include <string.h>
#include <strings.h>

#include "agents/email_triage_rules_priv.h"

/* ---- Slots ---- */

struct slots { struct expr *when; bool has_when; const char *label; struct action class; };

bool rules_is_command_end(struct parser *p)
{
	static const char *const ends[] = {"and", "then", "if", "when", "whenever", "unless", "except", "but", "only",
	                                   "provided", "apart", "other",
	                                   "excluding", "once", "after", "for", "also", "not", "aside", "with", "so"};
	enum token_kind k = rules_peek(p, 0)->kind;
	unsigned was = p->at;
	bool ending;

	rules_take_ending(p);
	ending = p->at > was;
	p->at = was;
	return ending || k == TOKEN_END || k == TOKEN_COMMA || k == TOKEN_STOP || rules_is_any(p, 0, ends, COUNT(ends)) ||
	       rules_sees(p, "as well|long");
}

/* The mails; where they are known, what stands for them, if anything does. */
static bool take_mails(struct parser *p, struct slots *s)
{
	static const char *const pronouns[] = {"it|them|those|these|this|that [all]",
	                                       "the|that|this|such|those|these email|mail|message|emails|mails|messages|thread",
	                                       "the|those ones",
	                                       "all of them", "all of it"};

	if (p->given) {
		rules_take_any(p, pronouns, COUNT(pronouns));
		return true;
	}
	if (s->has_when)
		return false;
	s->has_when = true;
	p->clause = false;
	rules_take_comma(p);                   /* "Mark as urgent: mail from …" */
	/* "archive if …", "leave it alone if …": what is meant comes behind */
	p->owes = rules_take(p, "it|them") || rules_sees(p, "if|when|whenever");
	if (p->owes)
		return true;
	p->refers = false;
	if (!rules_take_mails(p, &s->when))
		return false;
	/* "Keep newsletters but archive the ones about Linux"; "… and archive receipts and those about Linux" is of whom? */
	if (p->refers && p->rule->part_count > 1) {
		if (p->listed)
			return rules_trouble(p, TROUBLE_SENTENCES, p->at);
		p->part->of_previous = true;
	}
	return true;
}

static bool is_reserved(const char *label)
{
	static const char *const places[] = {"archive", "archives", "inbox", "trash", "bin", "spam", "junk", "deleted",
	                                     "top", "front",
	                                     "deleted items", "the archive", "recycle bin", "read", "unread", "done",
	                                     "trash can"};
	unsigned i;

	for (i = 0; i < COUNT(places); i++)
		if (strcasecmp(label, places[i]) == 0)
			return true;
	return false;
}

static bool sees_any(const struct parser *p, const char *const *patterns, unsigned n)
{
	unsigned i;

	for (i = 0; i < n && !rules_sees(p, patterns[i]); i++)
		;
	return i < n;
}

/* A label's name: quoted, or the words up to a comma, "and", "if" … one: a single word. */
static bool take_label(struct parser *p, struct slots *s, bool one)
{
	static const char *const ends[] = {"and", "if", "when", "whenever", "unless", "except", "then", "but", "please",
	                                   "to", "on", "for", "too",
	                                   "excluding", "provided", "thanks", "because", "although", "though", "even",
	                                   "regardless", "since", "so", "as", "until", "after", "before", "while"};
	static const char *const phrases[] = {"from now on", "by default", "right|straight away", "at once",
	                                      "every|each time", "without asking|exception|exceptions", "in any|all case|cases",
	                                      "no matter", "as well", "label|folder|tag|category", "with a star"};
	const struct token *t;
	char name[LABEL_MAX + 1];
	size_t n = 0, words = 0;

	if (!one)
		rules_take(p, "[the|a|my] [label|folder|tag|category] [called|named] [the]");
	t = rules_peek(p, 0);
	if (t->kind == TOKEN_QUOTED) {
		p->at++;
		rules_take(p, "label|folder|tag|category");
		s->label = t->text;
		return *t->text && strlen(t->text) <= LABEL_MAX;
	}
	while (t->kind != TOKEN_END && t->kind != TOKEN_COMMA && t->kind != TOKEN_QUOTED && t->kind != TOKEN_STOP &&
	       !rules_is_any(p, 0, ends, COUNT(ends)) && !(words > 0 && sees_any(p, phrases, COUNT(phrases)))) {
		if (n + strlen(t->text) + 2 > sizeof name || (one && words > 0))
			return rules_trouble(p, TROUBLE_LABEL, p->at);
		if (n > 0)
			name[n++] = ' ';
		memcpy(name + n, t->text, strlen(t->text) + 1);
		n += strlen(t->text);
		p->at++;
		words++;
		t = rules_peek(p, 0);
	}
	if (p->at > p->furthest)
		p->furthest = p->at;
	if (!one)
		rules_take(p, "label|folder|tag|category");
	if (n == 0 || is_reserved(name))
		return rules_trouble(p, TROUBLE_VERB, p->at - (n > 0));
	s->label = arena_strndup(p->arena, name, n);
	return true;
}

static bool take_class(struct parser *p, struct slots *s)
{
	static const char *const not_urgent[] = {"not [so|very|that] urgent|important|critical",
	                                         "[of|as] low|lower|lowest priority|importance",
	                                         "unimportant|low-priority|non-urgent|nonurgent", "less important|urgent",
	                                         "normal [priority]"};
	enum triage_category category;

	if (rules_take_any(p, not_urgent, COUNT(not_urgent)))
		s->class = (struct action){DO_NOT_URGENT, TRIAGE_URGENT, NULL};
	else if (rules_take_class(p, &category))
		s->class = (struct action){category == TRIAGE_URGENT ? DO_URGENT : DO_CATEGORY, category, NULL};
	else
		return rules_trouble(p, TROUBLE_CLASS, p->at);
	rules_take_mail_noun(p);
	return true;
}

static bool take_slot(struct parser *p, char which, struct slots *s)
{
	switch (which) {
	case 'M':
		return take_mails(p, s);
	case 'L':
		return take_label(p, s, false);
	case 'W':
		return take_label(p, s, true);
	case 'G':                              /* "label it Ann": where the mails are known */
		return p->given && take_label(p, s, false);
	case 'Q':
		return rules_peek(p, 0)->kind == TOKEN_QUOTED && take_label(p, s, true);
	default:
		return take_class(p, s);
	}
}

/* Words of a pattern between two slots; a comma before them is forgiven. */
static bool take_words(struct parser *p, const char *words, size_t n, bool first)
{
	char piece[200];

	while (n > 0 && words[n - 1] == ' ')
		n--;
	if (n == 0 || n >= sizeof piece)
		return n == 0;
	memcpy(piece, words, n);
	piece[n] = '\0';
	if (rules_take(p, piece))
		return true;
	return !first && rules_take_comma(p) && rules_take(p, piece);
}

static bool take_form(struct parser *p, const char *pattern, struct slots *s)
{
	bool first = true;

	while (*pattern) {
		size_t n = strcspn(pattern, "$");

		p->class_closes = strstr(pattern, "$M $C") != NULL;
		if (!take_words(p, pattern, n, first))
			return false;
		pattern += n;
		first = false;
		if (*pattern == '$') {
			if (!take_slot(p, pattern[1], s))
				return false;
			pattern += 2;
			pattern += *pattern == ' ';
		}
	}
	return true;
}

/* ---- Actions ---- */

static bool add_action(struct parser *p, const struct rule_form *f, const struct slots *s, bool never)
{
	enum action_kind kind = never ? f->undoes : f->does;
	struct part *part = p->part;

	if (f->does == DO_CATEGORY)
		kind = !never ? s->class.kind : s->class.kind == DO_URGENT ? DO_NOT_URGENT : DO_NOTHING;
	if (f->does == DO_NOT_URGENT && s->class.kind == DO_CATEGORY)
		kind = DO_NOTHING;
	if (kind == DO_NOTHING || part->action_count == ACTIONS_MAX)
		return rules_trouble(p, TROUBLE_VERB, p->at);
	part->actions[part->action_count++] = (struct action){kind, s->class.category, s->label};
	return true;
}

static bool ends_in_mails(const char *pattern)
{
	size_t n = strlen(pattern);

	return n >= 2 && strcmp(pattern + n - 2, "$M") == 0;
}

/* "If …: urgent" is all that is said; "everything, but newsletters" is no "mark it as newsletter". */
static bool is_class_alone(const char *pattern)
{
	return *pattern == '$' || strncmp(pattern, "not $", 5) == 0;
}

static bool take_any_form(struct parser *p, const struct rule_forms *forms, bool never)
{
	unsigned was = p->at, conditions = p->conditions, i;
	bool bare = p->bare;

	for (i = 0; i < forms->n; i++) {
		const struct rule_form *f = &forms->all[i];
		struct slots s = {.class = {DO_NOTHING, TRIAGE_CATEGORY__MAX, NULL}};

		p->at = was;
		p->conditions = conditions;
		p->owes = false;
		p->part->of_previous = false;
		if (!take_form(p, f->pattern, &s) || !rules_is_command_end(p))
			continue;
		if (bare && is_class_alone(f->pattern) && (p->joined || !(p->headed || rules_peek(p, 0)->kind == TOKEN_END)))
			continue;
		if (!add_action(p, f, &s, never))
			continue;
		if (s.has_when)
			p->part->when = s.when;
		p->mails_last = !p->given && s.has_when && ends_in_mails(f->pattern);
		return true;
	}
	p->at = was;
	p->conditions = conditions;
	return false;
}

static bool take_never(struct parser *p)
{
	static const char *const words[] = {"never [ever]", "do not [you] [ever|want]", "under no circumstances", "not",
	                                    "must|should|may|can|will not|never [ever]",
	                                    "no need to", "there is no need to", "at no time"};

	return rules_take_any(p, words, COUNT(words));
}

bool rules_take_command(struct parser *p)
{
	bool never, wish = rules_take(p, "i [always|really|also|only|would|still|do]");

	never = take_never(p);
	rules_take(p, "[always|ever|automatically|also|just|really]");
	if (wish)
		return take_any_form(p, &rules_wishes, never);
	return take_any_form(p, &rules_commands, never);
}

bool rules_take_addition(struct parser *p)
{
	return !p->mails_last && take_any_form(p, &rules_additions, false);
}

bool rules_take_predicate(struct parser *p, bool never)
{
	unsigned was = p->at;
	bool verb = p->given || p->wished, said = false, taken,
		modal = rules_take(p, "should|must|can|shall|will|may|ought|needs|need|has|have|might|do|does [to]");

	never = take_never(p) || never;
	rules_take(p, "[always|all|also|automatically]");
	if (take_any_form(p, &rules_active, never))
		return true;
	if (!rules_sees(p, "get|gets the|a|my|label|tag"))
		said = rules_take(p, "is|are|be|get|gets|being");
	verb = verb || said;
	rules_take(p, "[to] [be]");
	never = take_never(p) || never;
	rules_take(p, "[ever|always|all|also|automatically|immediately] [to] [be]");
	p->bare = !said && !modal && !p->wished;
	taken = (verb || modal) && take_any_form(p, &rules_predicates, never);
	p->bare = false;
	if (taken)
		return true;
	p->at = was;
	return false;
}
