/* The words of rules: taking them, and the values made of them (names, addresses, words looked for). */
#include <ctype.h>
#include <string.h>

#include "agents/email_triage_rules_priv.h"
#include "agents/email_triage_text.h"

#define COUNT(list) (sizeof list / sizeof *list)

/* ---- Tokens ---- */

const struct token *rules_peek(const struct parser *p, unsigned ahead)
{
	unsigned i = p->at;

	while (ahead-- > 0 && p->tokens[i].kind != TOKEN_END)
		i++;
	return &p->tokens[i];
}

bool rules_is(const struct parser *p, unsigned ahead, const char *word)
{
	const struct token *t = rules_peek(p, ahead);

	return (t->kind == TOKEN_WORD || t->kind == TOKEN_NUMBER) && strcmp(t->lower, word) == 0;
}

bool rules_take(struct parser *p, const char *words)
{
	unsigned ahead = 0;
	char word[32];

	while (*words) {
		size_t n = strcspn(words, " ");

		if (n >= sizeof word)
			return false;
		memcpy(word, words, n);
		word[n] = '\0';
		if (!rules_is(p, ahead++, word))
			return false;
		words += n;
		words += *words == ' ';
	}
	p->at += ahead;
	return true;
}

bool rules_take_any(struct parser *p, const char *const *words, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (rules_take(p, words[i]))
			return true;
	return false;
}

bool rules_is_any(const struct parser *p, unsigned ahead, const char *const *words, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (rules_is(p, ahead, words[i]))
			return true;
	return false;
}

/* ---- Building ---- */

struct condition *rules_add(struct parser *p, enum condition_kind kind, bool negated)
{
	struct rule *r = p->rule;
	struct condition *c;

	if (r->condition_count == CONDITIONS_MAX)
		return NULL;
	c = &r->conditions[r->condition_count];
	memset(c, 0, sizeof *c);
	c->kind = kind;
	c->negated = negated;
	r->clause_of[r->condition_count++] = r->clause_count - 1;
	return c;
}

bool rules_add_simple(struct parser *p, enum condition_kind kind, bool negated)
{
	return rules_add(p, kind, negated) != NULL;
}

/* ---- Values ---- */

/* Words that end a value written without quotes. */
static const char *const stops[] = {
	"as", "and", "or", "with", "without", "has", "have", "having", "that", "which", "who", "whose", "where",
	"in", "to", "is", "are", "was", "should", "must", "can", "shall", "will", "if", "when", "whenever", "unless",
	"except", "but", "older", "newer", "younger", "more", "containing", "contains", "contain", "mentioning",
	"mentions", "about", "regarding", "subject", "body", "never", "always", "not", "from", "sent", "then",
	"mention", "include", "includes", "including", "say", "says", "concerning", "by", "received", "having",
	"cc", "archive", "star", "flag", "label", "mark", "it", "them", "urgent", "important", "under", "into", "go",
};

/* Groups of people that nothing in a mail tells. */
static const char *const unknown_people[] = {
	"my", "our", "his", "her", "their", "the", "a", "an", "customers", "customer", "clients", "client",
	"colleagues", "coworkers", "boss", "manager", "family", "friends", "friend", "team", "people", "anyone",
	"someone", "everybody", "everyone", "anybody", "strangers", "him", "us", "you", "unknown", "new", "last",
	"this", "those", "these", "today", "yesterday", "here", "there", "outside", "inside", "management",
	"work", "school", "home", "real", "humans", "suppliers", "vendors",
};

static bool ends_value(const struct parser *p)
{
	enum token_kind k = rules_peek(p, 0)->kind;

	return k == TOKEN_END || k == TOKEN_COMMA || rules_is_any(p, 0, stops, COUNT(stops));
}

/* "urgent" is a class ("mark it urgent") or a word that mails hold ("urgent in the subject"). */
static bool is_class_word(const struct parser *p)
{
	return rules_is(p, 0, "urgent") || rules_is(p, 0, "important");
}

/* Is it one of a list of words? What comes behind it tells. */
static bool is_listed_class_word(const struct parser *p)
{
	static const char *const behind[] = {"in", "as", "or", "and"};

	return is_class_word(p) &&
	       (rules_peek(p, 1)->kind == TOKEN_COMMA || rules_is_any(p, 1, behind, COUNT(behind)));
}

static bool take_value(struct parser *p, struct value *out, bool person)
{
	static const char *const articles[] = {"the", "a", "an", "my", "our"};
	const struct token *t = rules_peek(p, 0);
	char text[128];
	size_t n = 0;

	if (t->kind == TOKEN_QUOTED || t->kind == TOKEN_ADDRESS || t->kind == TOKEN_DOMAIN) {
		*out = (struct value){t->lower, t->kind == TOKEN_QUOTED};
		p->at++;
		return *t->lower != '\0';
	}
	if (person && rules_is_any(p, 0, unknown_people, COUNT(unknown_people)))
		return false;
	if (!person)
		rules_take_any(p, articles, COUNT(articles));
	while (!ends_value(p) || (!person && n == 0 && is_class_word(p))) {
		t = rules_peek(p, 0);
		if (n + strlen(t->lower) + 2 > sizeof text || n > 60)
			return false;
		if (n > 0)
			text[n++] = ' ';
		memcpy(text + n, t->lower, strlen(t->lower));
		n += strlen(t->lower);
		p->at++;
	}
	*out = (struct value){arena_strndup(p->arena, text, n), false};
	return n > 0;
}

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* At least that many labels: "@com" would be half of all mail. */
static bool is_domain(const char *s, unsigned labels)
{
	for (;; s++) {
		size_t n = 0;

		while (is_name_byte(s[n]) || s[n] == '-' || s[n] == '_')
			n++;
		if (n == 0)
			return false;
		labels -= labels > 0;
		s += n;
		if (*s != '.')
			return *s == '\0' && labels == 0;
	}
}

bool rules_is_domain(const char *text)
{
	const char *tld = strrchr(text, '.');

	/* "J.P" and "Web2.0" are names; letters that are not ASCII may be written as "xn--" (RFC 5890 2.3.2.1) */
	return tld && is_domain(text, 2) && (strncmp(tld, ".xn--", 5) == 0 ||
	                                     (tld[1] && tld[2] && !strpbrk(tld, "0123456789-_")));
}

/* "St.John's", "AT&T.com": what no domain can be, nor a pattern or the address of a page. */
static bool is_name_with_dot(const char *text)
{
	return is_name_byte(*text) && strpbrk(text, "'&") && !strpbrk(text, "*/:");
}

bool rules_names_somebody(const char *text)
{
	const char *at = strchr(text, '@'), *p;

	if (at == text || (at == text + 1 && *text == '*'))
		return is_domain(at + 1, 2);
	if (at)
		return strcspn(text, " *") > (size_t)(at - text) && is_domain(at + 1, 1);
	if (strchr(text, '.') && !strchr(text, ' ') && !is_name_with_dot(text))
		return is_domain(text, 2);
	for (p = text; *p && !is_name_byte(*p); p++)
		;
	return *p != '\0';
}

/* Does what comes next begin something else than another value? */
static bool begins_other(const struct parser *p, bool person)
{
	const struct token *t = rules_peek(p, 0);

	if (t->kind == TOKEN_QUOTED || t->kind == TOKEN_ADDRESS || t->kind == TOKEN_DOMAIN)
		return false;
	if (!person && is_listed_class_word(p))
		return false;
	return ends_value(p) || rules_is(p, 0, "treat") || rules_is(p, 0, "move") || rules_is(p, 0, "keep") ||
	       rules_is(p, 0, "older") || rules_is(p, 0, "sent");
}

/* A list of values; `and` joins them where one mail can have only one of them (senders). *all_of: they
 * were joined by "and" where a mail may have several. */
bool rules_take_values(struct parser *p, struct condition *c, bool person, bool *all_of)
{
	*all_of = false;
	for (;;) {
		struct value *value = &c->values[c->value_count];
		unsigned before;
		bool and_word;

		if (c->value_count == VALUES_MAX || !take_value(p, value, person) ||
		    (person && !rules_names_somebody(value->text)))
			return false;
		c->value_count++;
		before = p->at;
		if (rules_peek(p, 0)->kind == TOKEN_COMMA)
			p->at++;
		and_word = rules_take(p, "and");
		if (p->at == before && !rules_take(p, "or"))
			return true;
		rules_take(p, "or");
		if (person)
			rules_take(p, "from");
		if (begins_other(p, person)) {
			p->at = before;
			return true;
		}
		*all_of = *all_of || (and_word && !person);
	}
}

bool rules_is_stop(const struct parser *p, unsigned ahead)
{
	return rules_is_any(p, ahead, stops, COUNT(stops)) ||
	       rules_is_any(p, ahead, unknown_people, COUNT(unknown_people));
}
