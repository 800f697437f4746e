/* Values of conditions: people by name, address or domain, and words looked for. */
#include <ctype.h>
#include <string.h>

#include "agents/email_triage_rules_priv.h"

#define NAME_WORDS 5
#define TEXT_WORDS 7

/* ---- Joining words ---- */

struct joined { char text[160]; size_t n; unsigned words; };

static bool join(struct joined *j, const struct token *t)
{
	size_t n = strlen(t->written);

	if (j->n + n + 2 > sizeof j->text)
		return false;
	if (j->n > 0)
		j->text[j->n++] = ' ';
	memcpy(j->text + j->n, t->written, n);
	j->n += n;
	j->text[j->n] = '\0';
	j->words++;
	return true;
}

/* ---- People ---- */

static bool is_whole(const struct token *t)
{
	return t->kind == TOKEN_QUOTED || t->kind == TOKEN_ADDRESS || t->kind == TOKEN_DOMAIN;
}

/* Behind a name in capitals, a word without one is no part of it ("Ann lately"), but for "of" and the like. */
static bool goes_on(const struct parser *p, const struct joined *j, bool capital)
{
	static const char *const small[] = {"of", "de", "van", "von", "der", "den", "la", "le", "du", "del", "di", "da",
	                                    "y"};
	const struct token *t = rules_peek(p, 0);

	return !rules_ends_value(p) && !is_whole(t) &&
	       (j->words == 0 || !capital || rules_is_capital(t) || t->kind == TOKEN_NUMBER ||
	        rules_is_any(p, 0, small, COUNT(small)) || !isalpha((unsigned char)*t->lower));
}

/* "Dr. Smith" signs as "John Smith". */
static void skip_title(struct parser *p)
{
	unsigned was = p->at;

	if (rules_take(p, "dr|mr|mrs|ms|miss|prof|professor|doctor") && (rules_ends_value(p) || is_whole(rules_peek(p, 0))))
		p->at = was;
}

/* "Johnson & Johnson", written so, may be one name or two. */
static bool sees_ampersand(const struct parser *p)
{
	const struct token *t = rules_peek(p, 0);

	return rules_is(p, 0, "and") && t->to == t->from + 1 && rules_is_capital(rules_peek(p, 1)) && p->at > 0 &&
	       rules_is_capital(&p->tokens[p->at - 1]);
}

static bool take_name(struct parser *p, struct value *out)
{
	struct joined j = {.n = 0};
	bool capital;

	skip_title(p);
	capital = rules_is_capital(rules_peek(p, 0));
	while (goes_on(p, &j, capital)) {
		if (j.words == NAME_WORDS || !join(&j, rules_peek(p, 0)))
			return rules_trouble(p, TROUBLE_LONG, p->at);
		p->at++;
		/* "Tom Baker's emails" */
		if (j.n > 3 && strcmp(j.text + j.n - 2, "'s") == 0 && rules_sees_kind(p, 0)) {
			j.n -= 2;
			break;
		}
		/* the address behind it says who is meant */
		if (sees_ampersand(p) && rules_peek(p, 2)->kind == TOKEN_ADDRESS)
			p->at++;
	}
	*out = (struct value){arena_strndup(p->arena, j.text, j.n), false, ANYWHERE};
	return j.n > 0;
}

/* "my boss jane@x.org", "our accountant, Jo Ray", "the CEO (ann@x.org)": the address or name behind the role says who it
 * is. Leaves the reading at it. */
static bool skip_role(struct parser *p)
{
	unsigned was = p->at, words;
	bool mine = rules_is(p, 0, "my") || rules_is(p, 0, "our");

	if (!mine && !rules_is(p, 0, "the") && !rules_is(p, 0, "a"))
		return false;
	p->at++;
	for (words = 0; words < 5 && !is_whole(rules_peek(p, 0)) && !rules_ends_value(p); words++) {
		if (mine && words > 0 && rules_is_capital(rules_peek(p, 0)) && rules_peek(p, 0)->lower[1])
			break;
		p->at++;
	}
	rules_take_comma(p);
	rules_take(p, "at|called|named|is");
	rules_take_comma(p);
	if (words > 0 && (is_whole(rules_peek(p, 0)) || (mine && rules_is_capital(rules_peek(p, 0)) &&
	                                                 p->tokens[p->at - 1].kind != TOKEN_COMMA && !rules_ends_value(p))))
		return true;
	p->at = was;
	return false;
}

/* "from April": when it was sent, or somebody? */
static bool is_month(const struct value *v)
{
	static const char *const months[] = {"january", "february", "march", "april", "may", "june", "july", "august",
	                                     "september", "october", "november", "december"};
	unsigned i;

	for (i = 0; i < COUNT(months) && !v->exact; i++) {
		size_t n = strlen(months[i]);

		if (strncmp(v->text, months[i], n) == 0 && (!v->text[n] || (v->text[n] == ' ' && isdigit((unsigned char)v->text[n + 1]))))
			return true;
	}
	return false;
}

static bool take_person(struct parser *p, struct value *out)
{
	static const char *const fillers[] = {
		"anyone|anybody|everyone|everybody|someone|somebody|people|addresses|senders at|with|from|in|of [the] [domain]",
		"anyone|someone|somebody|people|senders [who|that] [is|are] called|named",
		"any|an|all [email] address|addresses at|with|from [the] [domain]",
		"the domain", "domain", "the address", "the [email] sender", "the person|company called|named", "sender",
	};
	const struct token *t;
	bool role;

	rules_take_any(p, fillers, COUNT(fillers));
	role = skip_role(p);
	/* "The Economist" */
	if (rules_is(p, 0, "the") && rules_is_capital(rules_peek(p, 0)) && rules_peek(p, 0)->text[1] == 'h' &&
	    rules_is_capital(rules_peek(p, 1)))
		p->at++;
	t = rules_peek(p, 0);
	if (is_whole(t)) {
		*out = (struct value){t->lower, t->kind == TOKEN_QUOTED, ANYWHERE};
		p->at++;
	} else if ((!role && rules_is_nobody(p, 0)) || t->kind != TOKEN_WORD) {
		return rules_trouble(p, TROUBLE_PEOPLE, p->at);
	} else if (!take_name(p, out)) {
		return rules_trouble(p, TROUBLE_PEOPLE, p->at);
	}
	if (is_month(out))
		return rules_trouble(p, TROUBLE_TIME, p->at - 1);
	/* "Jane Doe (jane@x.org)": the address is surer */
	if (!strchr(out->text, '@') && rules_peek(p, 0)->kind == TOKEN_ADDRESS && *rules_peek(p, 0)->lower != '@')
		*out = (struct value){p->tokens[p->at++].lower, false, ANYWHERE};
	if (!*out->text || !rules_names_somebody(out->text))
		return rules_trouble(p, TROUBLE_NOBODY, p->at - 1);
	rules_skip_apposition(p);
	if (p->at > p->furthest)
		p->furthest = p->at;
	return true;
}

/* May another of them come here, behind "and" or a comma? */
static bool begins_person(struct parser *p)
{
	if (is_whole(rules_peek(p, 0)))
		return true;
	if (rules_is(p, 0, "my") || rules_is(p, 0, "our")) {
		unsigned was = p->at;
		bool role = skip_role(p);

		p->at = was;
		return role || !rules_sees(p, "my vips|vip|inbox");
	}
	return !rules_ends_value(p) && !rules_is_nobody(p, 0) && !rules_sees_kind(p, 0) && !rules_sees_kind(p, 1) &&
	       !rules_sees(p, "she|he|we|which|who|just|simply|especially|particularly|mainly|even|that");
}

/* "and", "or", ", and", a comma alone. */
static bool take_joiner(struct parser *p, bool *and_word, bool *or_word)
{
	bool comma = rules_take_comma(p);

	*and_word = rules_take(p, "and");
	*or_word = rules_take(p, "or|nor");
	return comma || *and_word || *or_word;
}

bool rules_take_people(struct parser *p, struct condition *c)
{
	bool and_word, or_word;

	for (;;) {
		unsigned before;

		if (c->value_count == VALUES_MAX)
			return rules_trouble(p, TROUBLE_LONG, p->at);
		if (!take_person(p, &c->values[c->value_count]))
			return false;
		c->value_count++;
		before = p->at;
		if (sees_ampersand(p))
			return false;
		if (!take_joiner(p, &and_word, &or_word))
			return true;
		if ((and_word || or_word) && !rules_sees(p, "from [the] last|past|this"))
			rules_take(p, "from|by");
		if (rules_is(p, 0, "not") || !begins_person(p)) {
			p->at = before;
			return true;
		}
	}
}

/* ---- Words looked for ---- */

/* "urgent" is a class ("mark it urgent") or a word that mails hold ("urgent in the subject"). */
static bool is_class_word(const struct parser *p)
{
	return rules_is(p, 0, "urgent") || rules_is(p, 0, "important");
}

static bool is_listed_class_word(const struct parser *p)
{
	static const char *const behind[] = {"in", "as", "or", "and"};

	return is_class_word(p) &&
	       (rules_peek(p, 1)->kind == TOKEN_COMMA || rules_is_any(p, 1, behind, COUNT(behind)));
}

/* Who is meant is known, but not how mails name them: "mention me" is no search for "me". */
static bool is_a_person(const char *word)
{
	static const char *const persons[] = {"me", "us", "you", "your", "mine", "yours", "myself", "him", "her", "them"};
	unsigned i;

	for (i = 0; i < COUNT(persons); i++)
		if (strcmp(word, persons[i]) == 0)
			return true;
	return false;
}

static bool take_words(struct parser *p, struct value *out)
{
	static const char *const files[] = {"attachment", "attachments", "file", "files"};
	const struct token *t = rules_peek(p, 0);
	struct joined j = {.n = 0};

	rules_take(p, "the|a|an|my|our|this|that");
	t = rules_peek(p, 0);
	/* how many is not looked at, and no words of a text either */
	if (t->kind == TOKEN_NUMBER && rules_is_any(p, 1, files, COUNT(files)))
		return rules_trouble(p, TROUBLE_SIZE, p->at);
	if (is_whole(t)) {
		*out = (struct value){t->lower, t->kind == TOKEN_QUOTED, ANYWHERE};
		p->at++;
		return *t->lower != '\0';
	}
	while ((!rules_ends_value(p) && !is_whole(rules_peek(p, 0))) || (j.words == 0 && is_class_word(p))) {
		if (j.words == TEXT_WORDS || !join(&j, rules_peek(p, 0)))
			return rules_trouble(p, TROUBLE_LONG, p->at);
		p->at++;
	}
	*out = (struct value){arena_strndup(p->arena, j.text, j.n), false, ANYWHERE};
	if (j.words == 1 && is_a_person(out->text))
		return rules_trouble(p, TROUBLE_VAGUE, p->at - 1);
	if (p->at > p->furthest)
		p->furthest = p->at;
	return j.n > 0;
}

static bool begins_words(const struct parser *p)
{
	static const char *const others[] = {"all", "any", "every", "everything", "anything", "those", "they", "she", "he"};
	static const char *const clauses[] = {"the|its|their|a sender|author|recipient|subject|title|body|text|amount|total is|"
	                                      "are|was|has|contains|mentions|says|does|starts|begins|ends|comes|exceeds",
	                                      "there is|are"};
	unsigned i;

	/* "… and the sender is not from X": no word that is looked for */
	for (i = 0; i < COUNT(clauses); i++)
		if (rules_sees(p, clauses[i]))
			return false;

	if (is_whole(rules_peek(p, 0)) || is_listed_class_word(p))
		return true;
	return !rules_ends_value(p) && !rules_is_any(p, 0, others, COUNT(others));
}

bool rules_take_texts(struct parser *p, struct condition *c, bool *all_of)
{
	bool ands = false, ors = false, and_word, or_word;
	unsigned first_comma = 0, count = 0;      /* where the first comma was; values before it */

	rules_take(p, "both");
	rules_take(p, "either");
	for (;;) {
		unsigned before;

		if (c->value_count == VALUES_MAX)
			return rules_trouble(p, TROUBLE_LONG, p->at);
		if (!take_words(p, &c->values[c->value_count]))
			return false;
		c->value_count++;
		before = p->at;
		if (take_joiner(p, &and_word, &or_word) && begins_words(p)) {
			if (first_comma == 0 && !and_word && !or_word) {
				first_comma = before;
				count = c->value_count;
			}
			ands = ands || and_word;
			ors = ors || or_word;
			continue;
		}
		p->at = before;
		/* commas alone make no list of words: something else may follow them */
		if (first_comma > 0 && !ands && !ors) {
			p->at = first_comma;
			c->value_count = count;
		}
		*all_of = ands;
		return !(ands && ors) || rules_trouble(p, TROUBLE_COMMA, p->at);
	}
}
