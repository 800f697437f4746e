/* The text of a mail in sentences that cues are looked for in: lower case, single blanks, plain
 * quotes and hyphens. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_TEXT_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agents/phrases.h"
#include "base/arena.h"

#define TEXT_SENTENCES_MAX 600
#define TEXT_HITS_MAX      4000            /* cues of a mail: those beyond are not looked at */
#define TEXT_READ_MAX      (24u << 10)     /* bytes of a mail's text that are read for cues */

/* A cue phrase (email_triage_cues.h) by its place in the table, and where it stands in its sentence. */
struct cue_hit { uint16_t phrase, at; };

struct sentence {
	const char *text;        /* NUL-terminated */
	bool question;           /* ended by a question mark */
	bool subject;
	unsigned first_hit, hit_count;      /* its cues */
	uint32_t says;           /* what it holds, as bits (email_triage_says.h) */
	/* the earliest time it names and that had not gone by (when_deadline), 0: none; a day's end, and when it begins */
	int64_t at_ms, from_ms;
	bool due;                /* … as a deadline */
};

struct sentences {
	struct sentence all[TEXT_SENTENCES_MAX];
	unsigned count;
	struct cue_hit hits[TEXT_HITS_MAX];
	unsigned hit_count;
	unsigned ignored;        /* left out because they try to steer software */
};

static inline void sentences_init(struct sentences *s)
{
	s->count = s->hit_count = s->ignored = 0;
}

/* Adds the sentences of text. */
void sentences_add(struct sentences *s, struct arena *a, const char *text, bool subject);

/* Does the sentence speak to the software that reads it ("ignore previous instructions", "mark this as urgent")?
 * Such text is part of no decision. In email_triage_marks.c. */
bool sentence_steers(const char *sentence);

/* Lower case for comparing names and words; also of Latin, Greek and Cyrillic letters. */
char *text_lower(struct arena *a, const char *text);

#endif
