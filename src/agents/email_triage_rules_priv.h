/* Compiled rules, shared by the grammar and what applies them. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_RULES_PRIV_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_RULES_PRIV_H

#include "agents/email_triage_rules.h"
#include "base/arena.h"

#define CONDITIONS_MAX 16      /* of one rule */
#define VALUES_MAX     16      /* of one condition */
#define CLAUSES_MAX    6       /* joined by "or" */
#define ACTIONS_MAX    3

enum condition_kind {
	WHEN_FROM, WHEN_TO, WHEN_SUBJECT, WHEN_BODY, WHEN_TEXT, WHEN_ATTACHMENT, WHEN_TO_ME,
	WHEN_ONLY_TO_ME, WHEN_CC_ME, WHEN_FROM_ME, WHEN_OLDER, WHEN_NEWER, WHEN_KIND, WHEN_UNREAD, WHEN_VIP,
	WHEN_REPLY
};

struct value { const char *text; bool exact; };     /* lower case; exact: was quoted, any part of a word counts */

struct condition {
	enum condition_kind kind;
	bool negated;
	struct value values[VALUES_MAX];                /* any of them */
	unsigned value_count;
	unsigned categories;                            /* WHEN_KIND: bits; values are then topics */
	bool lists, invitations;
	int64_t age_ms;
};

enum action_kind { DO_URGENT, DO_NOT_URGENT, DO_CATEGORY, DO_LABEL, DO_ARCHIVE, DO_NEVER_ARCHIVE, DO_STAR,
                   DO_NEVER_STAR };

struct action { enum action_kind kind; enum triage_category category; const char *label; };

/* Clauses are or-ed, the conditions of one are and-ed; those of `always` hold for every clause. */
struct rule {
	bool understood;
	struct action actions[ACTIONS_MAX];
	unsigned action_count;
	struct condition conditions[CONDITIONS_MAX];
	unsigned clause_of[CONDITIONS_MAX];
	unsigned condition_count, clause_count;
};

struct rule_set {
	struct arena arena;
	unsigned count;
	struct rule rules[RULES_MAX];
};

/* Every clause; for exceptions. */
#define CLAUSE_ALL (~0u)

/* Words of a sentence. */
enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_ADDRESS, TOKEN_DOMAIN, TOKEN_NUMBER, TOKEN_COMMA };

struct token { enum token_kind kind; const char *text, *lower; };

#define TOKENS_MAX 128

/* email_triage_rules_tokens.c. Returns how many there are before the TOKEN_END that closes them; 0 when there are
 * too many. */
unsigned rules_tokens(struct arena *a, const char *sentence, struct token *out);

/* email_triage_rules_parse.c. Compiles one sentence; false when it is not understood as a whole. */
bool rules_parse(struct arena *a, const char *sentence, struct rule *out);

/* What is read of a sentence so far. */
struct parser {
	struct arena *arena;
	struct token tokens[TOKENS_MAX];
	unsigned at;
	struct rule *rule;
	bool statement;             /* "mail from Ann is urgent": its verb ends the conditions */
	bool class_closes;          /* "mark mail from Ann urgent": a class at the end is none */
	unsigned object_end;        /* where a kind of mail stands as the object itself */
};

/* email_triage_rules_match.c: are these words in a text (both lower case), as singular or plural, the last also as the
 * beginning of a longer word? */
bool rules_text_has(const char *text, const char *words);

/* email_triage_rules_words.c */
const struct token *rules_peek(const struct parser *p, unsigned ahead);
bool rules_is(const struct parser *p, unsigned ahead, const char *word);
/* Takes these words (separated by blanks) if they come next. */
bool rules_take(struct parser *p, const char *words);
bool rules_take_any(struct parser *p, const char *const *words, unsigned n);
bool rules_is_any(const struct parser *p, unsigned ahead, const char *const *words, unsigned n);
/* Does the word end a value, or name nobody in particular ("my", "customers")? */
bool rules_is_stop(const struct parser *p, unsigned ahead);
/* A new condition of the present clause; NULL when there are too many. */
struct condition *rules_add(struct parser *p, enum condition_kind kind, bool negated);
bool rules_add_simple(struct parser *p, enum condition_kind kind, bool negated);
/* Can it be an address, "@domain", "*@domain", "domain.tld" or a name? Patterns such as "@*.com" are none. */
bool rules_names_somebody(const char *text);
/* Is it "domain.tld"? Then it is looked for among hosts alone, never among the names that senders give themselves. */
bool rules_is_domain(const char *text);
/* A list of values. "and" joins them where a mail can have only one (senders: person); where it may have several
 * *all_of tells that they were joined so. */
bool rules_take_values(struct parser *p, struct condition *c, bool person, bool *all_of);

/* email_triage_rules_when.c: one condition that is no kind of mail. true when one began, *ok when it was
 * understood. */
bool rules_take_detail(struct parser *p, bool negated, bool *ok);

/* email_triage_rules_mails.c */
/* "all emails", "newsletters older than 3 days from @x.com or with an attachment", … false when
 * nothing of the kind comes next, or when it cannot be understood. */
bool rules_take_mails(struct parser *p);
/* "except those from …", "unless it is from …", "if it has an attachment": for every clause. */
bool rules_take_exception(struct parser *p, bool *taken);
/* A class such as "urgent" or "newsletter" */
bool rules_take_class(struct parser *p, enum triage_category *out);

#endif
