/* The user's rules: everyday sentences compiled by a small grammar. A sentence is understood as a
 * whole or not at all: a rule that does something else than it says is worse than none.
 *
 * Ownership: rules_compile gives a set that rules_free releases; it keeps no pointer to the texts. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_RULES_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/zone.h"
#include "integrations/mail.h"

#define RULES_MAX 50

enum triage_category {
	TRIAGE_URGENT, TRIAGE_NEEDS_REPLY, TRIAGE_FYI, TRIAGE_NEWSLETTER, TRIAGE_PROMOTION,
	TRIAGE_NOTIFICATION, TRIAGE_SPAM, TRIAGE_SUSPICIOUS, TRIAGE_CATEGORY__MAX
};

struct rule_set;

struct rule_set *rules_compile(const char *const *texts, unsigned n);
void rules_free(struct rule_set *set);
bool rules_understood(const struct rule_set *set, unsigned i);
/* Of one that was not understood: why, and a sentence near to it that would be; NULL when none is near. It says less,
 * more or something else than was meant, so it is for the user to choose. */
const char *rules_problem(const struct rule_set *set, unsigned i);
const char *rules_nearest(const struct rule_set *set, unsigned i);

/* What rules look at. */
struct rule_subject {
	const struct mail *mail;
	enum triage_category category;     /* as found without rules */
	const char *me;                    /* the owner's address, "" when unknown */
	int64_t age_ms;
	int64_t now_ms, received_ms;       /* received_ms 0: unknown, then no date holds */
	const struct zone *zone;           /* in which days begin; NULL: UTC */
	bool unread, vip;
	bool answers_me;                   /* it belongs to a conversation that the owner wrote in */
};

enum rule_urgency { RULE_URGENCY_OPEN, RULE_URGENT, RULE_NOT_URGENT };

/* What a rule can say something of; whether to archive is two, since "never" beats the earlier one too. */
enum rule_matter { RULE_ON_URGENCY, RULE_ON_CATEGORY, RULE_ON_LABEL, RULE_ON_ARCHIVE, RULE_ON_KEEP, RULE_ON_STAR,
                   RULE_MATTER__MAX };

/* What they decide together, in order: of rules that say different things of one matter the first is
 * followed; "never archive" is above all. */
struct rule_verdict {
	int by[RULE_MATTER__MAX];          /* index of the rule that is followed in each matter, -1 */
	uint64_t beaten[RULE_MATTER__MAX]; /* those that said something else of it, as bits */
	uint64_t archive_rules;            /* those that say to archive, as bits */
	enum rule_urgency urgency;
	bool has_category;
	enum triage_category category;
	const char *label;                 /* NULL: none; the set's */
	bool archive, never_archive, star, never_star;
};

/* Does one of them ask for the owner's address ("mail to me")? It does nothing where that is unknown. */
bool rules_ask_for_me(const struct rule_set *set);

void rules_apply(const struct rule_set *set, const struct rule_subject *subject, struct rule_verdict *out);

/* "needs_reply" and so on, and back (TRIAGE_CATEGORY__MAX when there is none). */
const char *triage_category_name(enum triage_category c);
enum triage_category triage_category_by_name(const char *name);

#endif
