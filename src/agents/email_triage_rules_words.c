/* The words of rules: looking at them, taking them by patterns, and building conditions. */
#include <ctype.h>
#include <string.h>

#include "agents/email_triage_rules_priv.h"

/* ---- Looking ---- */

const struct token *rules_peek(const struct parser *p, unsigned ahead)
{
	unsigned i = p->at + ahead;

	return &p->tokens[i < p->count ? i : p->count];
}

static bool is_word(const struct token *t, const char *word, size_t n)
{
	return (t->kind == TOKEN_WORD || t->kind == TOKEN_NUMBER) && strncmp(t->lower, word, n) == 0 && !t->lower[n];
}

bool rules_is(const struct parser *p, unsigned ahead, const char *word)
{
	return is_word(rules_peek(p, ahead), word, strlen(word));
}

bool rules_is_any(const struct parser *p, unsigned ahead, const char *const *words, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (rules_is(p, ahead, words[i]))
			return true;
	return false;
}

bool rules_is_capital(const struct token *t)
{
	return t->kind == TOKEN_WORD && *t->text != *t->lower;
}

/* ---- Patterns ---- */

/* Is the token one of "a|b|c" (n bytes)? */
static bool is_one_of(const struct token *t, const char *words, size_t n)
{
	size_t at = 0;

	while (at < n) {
		const char *bar = memchr(words + at, '|', n - at);
		size_t len = bar ? (size_t)(bar - words) - at : n - at;

		if (is_word(t, words + at, len))
			return true;
		at += len + 1;
	}
	return false;
}

/* How many tokens the pattern takes; *ok tells whether it fits. */
static unsigned fit(const struct parser *p, const char *pattern, bool *ok)
{
	unsigned ahead = 0;

	while (*pattern) {
		bool optional = *pattern == '[';
		size_t n = strcspn(pattern, " ");

		if (is_one_of(rules_peek(p, ahead), pattern + optional, n - 2 * optional)) {
			ahead++;
		} else if (!optional) {
			*ok = false;
			return ahead;
		}
		pattern += n;
		pattern += *pattern == ' ';
	}
	*ok = true;
	return ahead;
}

bool rules_sees(const struct parser *p, const char *pattern)
{
	bool ok;

	fit(p, pattern, &ok);
	return ok;
}

bool rules_take(struct parser *p, const char *pattern)
{
	bool ok;
	unsigned n = fit(p, pattern, &ok);

	if (p->at + n > p->furthest)
		p->furthest = p->at + n;
	if (ok)
		p->at += n;
	return ok;
}

bool rules_take_any(struct parser *p, const char *const *patterns, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (rules_take(p, patterns[i]))
			return true;
	return false;
}

bool rules_take_comma(struct parser *p)
{
	if (rules_peek(p, 0)->kind != TOKEN_COMMA)
		return false;
	p->at++;
	if (p->at > p->furthest)
		p->furthest = p->at;
	return true;
}

bool rules_sees_colon(const struct parser *p)
{
	return rules_peek(p, 0)->kind == TOKEN_COMMA && *rules_peek(p, 0)->text == ':';
}

bool rules_trouble(struct parser *p, enum trouble t, unsigned at)
{
	if (p->trouble == TROUBLE_NONE || at >= p->trouble_at) {
		p->trouble = t;
		p->trouble_at = at;
	}
	return false;
}

/* ---- Where values end ---- */

static const char *const stops[] = {
	"as", "and", "or", "with", "without", "has", "have", "having", "that", "which", "who", "whose", "where", "in", "to",
	"is", "are", "was", "were", "be", "should", "must", "can", "shall", "will", "may", "if", "when", "whenever",
	"unless",
	"except", "excluding", "but", "older", "newer", "younger", "more", "less", "containing", "contains", "contain",
	"mentioning", "mentions", "about", "regarding", "subject", "body", "never", "always", "not", "from", "sent", "then",
	"mention", "include", "includes", "including", "say", "says", "saying", "concerning", "by", "received", "does",
	"do",
	"cc", "archive", "star", "flag", "label", "mark", "tag", "file", "it", "them", "urgent", "important", "under",
	"into", "go", "goes", "on", "at", "for", "after", "before", "since", "until", "till", "during", "over",
	"above",
	"below", "between", "within", "than", "because", "so", "while", "otherwise", "else", "need", "needs", "ought",
	"also",
	"belong", "belongs", "stay", "stays", "skip", "skips", "get", "gets", "deserve", "deserves", "please", "thanks",
	"treat", "move", "keep", "put", "leave", "hide", "send", "apply", "give", "prioritize", "prioritise", "out",
	"titled", "called", "named", "asking", "telling", "unread", "dated", "written", "relating", "related", "worth",
	"arrives", "arrive", "comes", "come", "writes", "emails", "mails", "messages", "email", "mail", "message", "nor",
	"only", "whatever", "no", "exceeding", "totalling", "totaling", "straight", "directly", "immediately", "i",
	"exceeds", "exceed", "ends", "end", "starts", "begins", "talk", "talks", "talking", "discussing", "discuss",
	"today", "yesterday", "tomorrow", "tonight", "ago", "asap", "again", "anymore", "maybe", "perhaps", "sometimes",
	"usually", "often", "mostly", "automatically", "anyway", "themselves", "attached", ">", "<", ">=", "<=", "other",
	"apart", "besides", "even", "regardless", "irrespective", "though", "although", "sends", "whether", "did", "had",
	"would", "could", "might", "am", "off", "appear", "appears", "occur", "occurs",
};

/* Whoever they are, nothing in a mail tells. */
static const char *const nobody[] = {
	"my", "our", "his", "her", "their", "your", "the", "a", "an", "customers", "customer", "clients", "client",
	"colleagues", "coworkers", "co-workers", "boss", "manager", "managers", "bosses", "family", "friends", "friend",
	"team", "people", "anyone", "someone", "everybody", "everyone", "anybody", "somebody", "nobody", "strangers", "him",
	"us", "you", "me", "unknown", "new", "last", "this", "those", "these", "today", "yesterday", "here", "there",
	"outside", "inside", "management", "work", "school", "home", "real", "humans", "suppliers", "vendors", "recruiters",
	"salespeople", "external", "internal", "any", "all", "every", "each", "some", "other", "others", "many", "most",
	"unfamiliar", "known", "relatives", "parents", "teachers", "students", "investors", "partners", "companies",
	"banks", "stores", "shops", "services", "contacts", "senders", "sender", "addresses", "it", "them", "they", "no",
	"non", "bots", "robots", "machines", "employees", "staff", "executives", "headhunters", "marketers", "advertisers",
	"spammers", "abroad", "one", "two", "three", "several", "various", "both", "lawyers", "doctors", "neighbours",
	"neighbors", "landlords", "tenants", "users", "members", "subscribers", "candidates", "applicants", "kids",
	"children", "whoever", "whom", "she", "he", "we", "such", "old", "former", "current", "important", "random", "social",
};

bool rules_ends_value(const struct parser *p)
{
	enum token_kind k = rules_peek(p, 0)->kind;

	return k == TOKEN_END || k == TOKEN_COMMA || k == TOKEN_STOP || rules_is_any(p, 0, stops, COUNT(stops)) ||
	       rules_sees(p, "a|the star|label|tag|high|low|top") || rules_sees(p, "stands|stand|shows|show in|up");
}

bool rules_is_nobody(const struct parser *p, unsigned ahead)
{
	return rules_is_any(p, ahead, nobody, COUNT(nobody));
}

/* ---- Building ---- */

struct condition *rules_condition(struct parser *p, enum condition_kind kind)
{
	struct condition *c;

	if (p->conditions == CONDITIONS_MAX) {
		p->full = true;
		rules_trouble(p, TROUBLE_LONG, p->at);
		return NULL;
	}
	p->conditions++;
	c = arena_alloc(p->arena, sizeof *c);
	c->kind = kind;
	return c;
}

static struct expr *make(struct parser *p, enum expr_op op, struct expr *a, struct expr *b)
{
	struct expr *e = arena_alloc(p->arena, sizeof *e);

	e->op = op;
	e->a = a;
	e->b = b;
	return e;
}

struct expr *rules_leaf(struct parser *p, struct condition *c)
{
	struct expr *e = c ? make(p, EXPR_CONDITION, NULL, NULL) : NULL;

	if (e)
		e->condition = c;
	return e;
}

struct expr *rules_simple(struct parser *p, enum condition_kind kind)
{
	return rules_leaf(p, rules_condition(p, kind));
}

struct expr *rules_both(struct parser *p, struct expr *a, struct expr *b)
{
	return !a ? b : !b ? a : make(p, EXPR_AND, a, b);
}

struct expr *rules_either(struct parser *p, struct expr *a, struct expr *b)
{
	return !a || !b ? NULL : make(p, EXPR_OR, a, b);
}

struct expr *rules_not(struct parser *p, struct expr *e)
{
	return make(p, EXPR_NOT, e, NULL);
}
