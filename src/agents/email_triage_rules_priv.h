/* Compiled rules, shared by the grammar and what applies them. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_RULES_PRIV_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_RULES_PRIV_H

#include "agents/email_triage_money.h"
#include "agents/email_triage_rules.h"
#include "base/arena.h"

#define COUNT(list)    (sizeof list / sizeof *list)
#define VALUES_MAX     16      /* of one condition */
#define CONDITIONS_MAX 24      /* of one rule */
#define ACTIONS_MAX    4       /* of one part */
#define PARTS_MAX      4       /* of one rule: "archive … and star …" */
#define LABEL_MAX      100

/* ---- What a sentence is compiled to ---- */

enum condition_kind {
	WHEN_FROM, WHEN_TO, WHEN_LIST, WHEN_SUBJECT, WHEN_BODY, WHEN_TEXT, WHEN_ATTACHMENT, WHEN_TO_ME,
	WHEN_ONLY_TO_ME, WHEN_CC_ME, WHEN_FROM_ME, WHEN_AGE, WHEN_DATE, WHEN_AMOUNT, WHEN_KIND, WHEN_UNREAD, WHEN_VIP,
	WHEN_REPLY, WHEN_ANSWERS_ME, WHEN_RECIPIENTS
};

/* Where a value must stand in its text. */
enum where { ANYWHERE, AT_START, AT_END, ALL_OF_IT };

struct value {
	const char *text;                               /* lower case */
	bool exact;                                     /* was quoted: any part of a word counts */
	enum where where;
};

/* Bounds, of milliseconds, cents or a number; each may be missing. */
struct range { bool has_least, has_most, over, under; int64_t least, most; };     /* over,
	under: the bound itself not */

enum date_unit { DATE_DAY, DATE_MONTH, DATE_YEAR };
enum date_side { DATE_IN, DATE_BEFORE, DATE_SINCE, DATE_AFTER };

/* A day, month or year: so many units from the present one, or of the calendar (year 0: the latest that has begun). */
struct date { enum date_unit unit; enum date_side side; bool relative; int offset, year, month, day; };

struct condition {
	enum condition_kind kind;
	struct value values[VALUES_MAX];                /* any of them; WHEN_ATTACHMENT: file endings and names */
	unsigned value_count;
	unsigned categories;                            /* WHEN_KIND: bits; values are then topics */
	bool lists, invitations;                        /* WHEN_KIND */
	struct range range;                             /* WHEN_AGE, WHEN_AMOUNT, WHEN_RECIPIENTS */
	enum currency currency;                         /* WHEN_AMOUNT */
	struct date date;                               /* WHEN_DATE */
};

enum expr_op { EXPR_CONDITION, EXPR_AND, EXPR_OR, EXPR_NOT };

/* NULL stands for every mail. */
struct expr { enum expr_op op; struct expr *a, *b; struct condition *condition; };

enum action_kind { DO_URGENT, DO_NOT_URGENT, DO_CATEGORY, DO_LABEL, DO_ARCHIVE, DO_NEVER_ARCHIVE, DO_STAR,
                   DO_NEVER_STAR, DO_NOTHING };

struct action { enum action_kind kind; enum triage_category category; const char *label; };

/* of_previous: of the mails that the part before it is about, and no others. */
struct part { struct expr *when; struct action actions[ACTIONS_MAX]; unsigned action_count; bool of_previous; };

struct rule {
	bool understood;
	const char *problem, *nearest;                  /* when not; nearest may be NULL */
	struct part parts[PARTS_MAX];
	unsigned part_count;
};

struct rule_set {
	struct arena arena;
	unsigned count;
	struct rule rules[RULES_MAX];
};

/* ---- Words of a sentence (email_triage_rules_tokens.c) ---- */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_ADDRESS, TOKEN_DOMAIN, TOKEN_NUMBER, TOKEN_COMMA,
                  TOKEN_STOP };

/* from, to: where it stands in the sentence, quotes included; "don't" gives two that stand at one place. */
struct token {
	enum token_kind kind;
	const char *text, *lower;
	const char *written;        /* lower case, with its slips: what mails are searched for */
	unsigned from, to;
};

#define TOKENS_MAX 160

/* Returns how many there are before the TOKEN_END that closes them; 0 when there are too many. */
unsigned rules_tokens(struct arena *a, const char *sentence, struct token *out);

/* ---- Reading a sentence ---- */

/* What went wrong, as far as it is known: the token that was not understood, and why. */
enum trouble { TROUBLE_NONE, TROUBLE_PEOPLE, TROUBLE_NOBODY, TROUBLE_VERB, TROUBLE_CLASS, TROUBLE_VAGUE, TROUBLE_COMMA,
               TROUBLE_SENTENCES, TROUBLE_DEAD, TROUBLE_SIZE, TROUBLE_TIME, TROUBLE_DAY, TROUBLE_LONG, TROUBLE_LABEL };

struct parser {
	struct arena *arena;
	struct token tokens[TOKENS_MAX];
	unsigned count, at;
	unsigned furthest;          /* the first token that no reading got beyond */
	enum trouble trouble;       /* of the furthest reading */
	unsigned trouble_at;
	struct rule *rule;
	unsigned conditions;
	bool full;                  /* one could not be added: what was read is not the whole */
	bool clause;                /* inside "that …" or "if …": verbs belong to conditions */
	bool class_closes;          /* "mark mail from Ann urgent": a class at the end is none of its kinds */
	bool given;                 /* the mails are known: "if …, archive it", "… and archive them" */
	bool mails_last;            /* "archive newsletters": what comes next may belong to them */
	bool owes;                  /* "archive it": a condition must follow */
	bool wished;                /* "I want newsletters archived": no verb stands between them */
	bool bare;                  /* no verb stands before a predicate */
	bool joined;                /* behind "and", "but" or a comma: a kind of mail alone is nothing to do */
	bool headed;                /* behind a colon: "mail from Ann: urgent, and star it" */
	bool refers;                /* "the ones about X", "those older than Y": of mails named before */
	bool listed;                /* … among others that are named themselves */
	unsigned apart;             /* actions of the part before a ";" */
	struct part *part;          /* that actions are added to */
};

/* Compiles one sentence; what is not understood has a problem, and perhaps a nearest form that would be. */
void rules_parse(struct arena *a, const char *sentence, struct rule *out);
/* email_triage_rules_parse.c: the same without help. The parser tells how far it came. */
bool rules_read(struct arena *a, const char *sentence, struct parser *p, struct rule *out);
/* email_triage_rules_help.c: fills problem and nearest. */
void rules_help(struct arena *a, const char *sentence, const struct parser *p, struct rule *out);
/* email_triage_rules_sense.c: can a mail meet it? */
bool rules_can_hold(const struct expr *e);

/* email_triage_rules_words.c. Patterns are words separated by blanks: "a|b" is either, "[a|b]" may be missing. */
const struct token *rules_peek(const struct parser *p, unsigned ahead);
bool rules_is(const struct parser *p, unsigned ahead, const char *word);
bool rules_is_any(const struct parser *p, unsigned ahead, const char *const *words, unsigned n);
/* Would this pattern come next? */
bool rules_sees(const struct parser *p, const char *pattern);
bool rules_take(struct parser *p, const char *pattern);
bool rules_take_any(struct parser *p, const char *const *patterns, unsigned n);
bool rules_take_comma(struct parser *p);
/* Is it the comma's kind that parts what is said from what it is said of: "newsletters: archive"? */
bool rules_sees_colon(const struct parser *p);
/* Notes what is wrong at a token, unless a reading that came further was noted; returns false. */
bool rules_trouble(struct parser *p, enum trouble t, unsigned at);
bool rules_ends_value(const struct parser *p);
/* Is it a word that stands for nobody in particular ("customers", "everyone")? */
bool rules_is_nobody(const struct parser *p, unsigned ahead);
bool rules_is_capital(const struct token *t);
/* Does it say what mails are like, so that it is no name, whatever its letters (email_triage_rules_mails.c)? */
bool rules_is_adjective(const struct parser *p, unsigned ahead);

/* Building: NULL (and trouble) when a rule grows too long. */
struct condition *rules_condition(struct parser *p, enum condition_kind kind);
struct expr *rules_leaf(struct parser *p, struct condition *c);
struct expr *rules_simple(struct parser *p, enum condition_kind kind);
struct expr *rules_both(struct parser *p, struct expr *a, struct expr *b);      /* NULL is every mail */
struct expr *rules_either(struct parser *p, struct expr *a, struct expr *b);
struct expr *rules_not(struct parser *p, struct expr *e);

/* email_triage_rules_names.c */
/* Can it be an address, "@domain", "*@domain", "domain.tld" or a name? Patterns such as "@*.com" are none. */
bool rules_names_somebody(const char *text);
/* Is it "domain.tld"? Then it is looked for among hosts alone, never among the names that senders give themselves. */
bool rules_is_domain(const char *text);
/* email_triage_rules_values.c */
/* People, any of them: "ann@x.org, Bob Lee and @acme.com", "my boss jane@x.org". */
bool rules_take_people(struct parser *p, struct condition *c);
/* Words looked for; *all_of: they were joined by "and". */
bool rules_take_texts(struct parser *p, struct condition *c, bool *all_of);

/* Each takes one condition if it begins here, to *out. false: none begins here, or (trouble) it cannot be followed and
 * the reading ends; what was taken is then not given back. */
typedef bool rules_detail(struct parser *p, struct expr **out);
rules_detail rules_take_sender, rules_take_relation;                    /* …_people.c */
rules_detail rules_take_text;                                           /* …_about.c */
/* Do words come next, and that they stand somewhere: "report and overdue appear in the mail"? */
bool rules_sees_standing(const struct parser *p);
rules_detail rules_take_attachment;                                     /* …_files.c */
rules_detail rules_take_time;                                           /* …_time.c */
rules_detail rules_take_amount;                                         /* …_amount.c */

/* A number in figures or words ("a", "three"), -1 when there is none. */
int64_t rules_take_number(struct parser *p);
/* "more than", "at most" …: sets the side of the range whose bound follows. */
bool rules_take_comparison(struct parser *p, struct range *r, bool *least);
bool rules_in_range(const struct range *r, int64_t n);
/* What the bound of the side is. */
void rules_bound(struct range *r, bool least, int64_t n);

/* email_triage_rules_kinds.c */
bool rules_take_class(struct parser *p, enum triage_category *out);
/* "newsletters, promotions and invoices": any of them. */
bool rules_take_kinds(struct parser *p, struct expr **out);
bool rules_take_mail_noun(struct parser *p);
bool rules_sees_kind(struct parser *p, unsigned ahead);

/* email_triage_rules_mails.c: "all emails from …", "newsletters older than …, or …"; false when nothing of the kind
 * comes next, or when it cannot be understood. */
bool rules_take_mails(struct parser *p, struct expr **out);
/* email_triage_rules_clause.c: "it is from Ann and has an attachment" */
bool rules_take_clause(struct parser *p, struct expr **out);
bool rules_take_details(struct parser *p, struct expr **out);
/* Behind "but": does a kind of mail come next, that is taken out? */
bool rules_sees_other_kind(struct parser *p);
/* email_triage_rules_except.c: "except those from …", "unless it is from …", "if it has …": added to *when. *taken: there
 * was one. */
bool rules_take_exceptions(struct parser *p, struct expr **when, bool *taken);

/* email_triage_rules_remarks.c: "please", "I want you to" */
void rules_take_opening(struct parser *p);
/* What decides nothing: "for me", "even if …", "because …", ", they are boring" */
void rules_take_ending(struct parser *p);
/* "jane@x.org (my boss)", "Jo Ray, she's my landlady, …" */
void rules_skip_apposition(struct parser *p);

/* email_triage_rules_writes.c: what somebody does: "Ann writes to me", "I have not read a mail from Ann". false: nothing of
 * the kind begins here, and nothing is taken. */
bool rules_take_deed(struct parser *p, struct expr **out);

/* email_triage_rules_forms.c: what a sentence of this form does, and what with "never" before it */
struct rule_form { const char *pattern; enum action_kind does, undoes; };
struct rule_forms { const struct rule_form *all; unsigned n; };
extern const struct rule_forms rules_commands;
extern const struct rule_forms rules_wishes;          /* behind "I" */
extern const struct rule_forms rules_predicates;      /* behind "are", "should be" … */
extern const struct rule_forms rules_active;          /* behind the mails themselves */
extern const struct rule_forms rules_additions;       /* behind what is done */

/* email_triage_rules_verbs.c */
bool rules_take_command(struct parser *p);
/* "with the label X", behind what is done to the same mails */
bool rules_take_addition(struct parser *p);
/* never: as "nothing … should be archived" has it */
bool rules_take_predicate(struct parser *p, bool never);
bool rules_is_command_end(struct parser *p);

/* email_triage_rules_holds.c */
struct rule_view;
/* What cannot be known of a mail (an amount where it names none, "to me" without the owner's address) holds neither as it
 * stands nor negated. */
bool rules_hold(struct rule_view *v, const struct expr *e);
/* Does the condition need the owner's address? */
bool rules_is_of_me(enum condition_kind kind);

/* Texts of one mail in lower case, made when a rule first asks for them. */
struct rule_view {
	const struct rule_subject *s;
	struct arena arena;
	const char *subject, *body;
	enum triage_category category;
	bool has_money;
	struct money_found money;
};

/* email_triage_rules_match.c: are a value's words in a text (both lower case), as singular or plural, the last also as the
 * beginning of a longer word, or where the value must stand at its beginning or end there? */
bool rules_text_holds(const char *text, const struct value *value);

#endif
