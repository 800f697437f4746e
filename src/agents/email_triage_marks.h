/* The phrases of all tables, found in one pass over a sentence: a look at each word's beginning costs more than what
 * follows it, and there are many words. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_MARKS_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_MARKS_H

#include "agents/email_triage_text.h"

/* What stands in a sentence: tags of email_triage_guard.c, bits of email_triage_says.h. */
struct marks { uint32_t guard, says; };

/* Cues (email_triage_cues.h) are added to s->hits, in the order in which they stand; s NULL: left out. */
struct marks marks_find(struct sentences *s, const char *sentence);

/* email_triage_guard.c */
extern const struct phrase guard_phrases[];
extern const size_t guard_phrase_count;
/* Do the tags that a sentence holds together steer software? */
bool guard_steers(uint32_t tags);

#endif
