/* Changing a sentence that is not understood, for a nearest form. All results live in the arena. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_RULES_EDIT_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_RULES_EDIT_H

#include "agents/email_triage_rules_priv.h"

#define NEAREST_MAX 500    /* bytes: what a rule may have */

/* A sentence, what its reading came to, and what is wrong with it. */
struct repair { struct arena *arena; const char *sentence; const struct parser *p; const char *problem; };

/* The sentence with the tokens [from, to) replaced; by "" leaves them out. */
const char *edit_replaced(const struct repair *r, unsigned from, unsigned to, const char *by);
/* Both ranges replaced, the first before the second; NULL when they are one. */
const char *edit_two(const struct repair *r, unsigned from, unsigned to, const char *by, unsigned from2, unsigned to2,
                     const char *by2);
/* The tokens [from, to) left out, and words put in behind the token before `place`. */
const char *edit_moved(const struct repair *r, unsigned from, unsigned to, unsigned place, const char *words);
const char *edit_words(const struct repair *r, unsigned from, unsigned to);
/* Would it be understood, and not of all mail? */
bool edit_parses(const struct repair *r, const char *sentence);
/* The parser at a token, to look at what stands there. */
struct parser edit_at(const struct repair *r, unsigned i);
/* Where what begins at this token ends: before "and", a comma, an exception, or the sentence's end. */
unsigned edit_end(const struct repair *r, unsigned i);
/* Notes what is wrong, unless something was noted before; returns NULL. */
const char *edit_problem(struct repair *r, const char *before, const char *what, const char *behind);

#endif
