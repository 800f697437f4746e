/* Words and phrases that tell what a mail wants. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_CUES_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_CUES_H

#include "agents/email_triage.h"
#include "agents/email_triage_text.h"

/* What was found of each kind of cue. */
enum cue {
	CUE_REQUEST, CUE_POLITE, CUE_OUTAGE, CUE_URGENT, CUE_ESCALATION, CUE_NO_ACTION, CUE_PROMO, CUE_NEWS,
	CUE_TRANSACTION, CUE_SECURITY, CUE_PAYMENT_DUE, CUE_BUILD, CUE_SOCIAL, CUE_ACTION, CUE_SPAM,
	CUE_ADVANCE_FEE, CUE_REMOVE, CUE_CREDENTIALS, CUE_THREAT, CUE_PAYMENT_DETAILS, CUE_UNSUBSCRIBE,
	CUE_BROWSER, CUE_DUE,
	CUE_TROUBLE,          /* an outage's name, which may also be what a course is about */
	CUE_NO_HURRY, CUE_RESOLVED, CUE_FAULT, CUE_EMERGENCY, CUE_CUT_OFF, CUE__MAX    /* at most 32: they are bits */
};

struct cue_counts {
	unsigned distinct[CUE__MAX];       /* different phrases */
	unsigned in_subject[CUE__MAX];
	const struct sentence *request;    /* the first sentence that asks for something, NULL when none does */
	bool question;
};

/* email_triage_cues_words.c; a phrase's tag is its cue */
extern const struct phrase cue_phrases[];
extern const size_t cue_phrase_count;

void cues_count(const struct sentences *s, struct cue_counts *out);

/* email_triage_cues_calm.c. at: where a cue of n bytes stands in the sentence. Is it denied ("not urgent")? */
bool cue_is_negated(const char *sentence, const char *at);
/* Is it what a course, a law, a talk is about? */
bool cue_is_topic(const char *sentence, const char *at, size_t n);
/* Does the sentence ask, or say under which condition something is over? */
bool cue_is_still_open(const struct sentence *s);

/* What the sentences tell of accounts, money and failures, or that all is in order (email_triage_notices.c). */
void notices_note(const struct sentences *s, struct facts *f);

/* Does a person ask the reader for something by name, in a mail that need not look like that (email_triage_hand.c)?
 * own: what its author wrote; s: its sentences. The facts of headers, sender and cues are known. */
bool triage_is_by_hand(struct triage *t, const struct item *it, const char *own, const struct sentences *s);

/* Those of the last lines of a text, where mass mail tells how to be left alone: CUE_UNSUBSCRIBE and CUE_REMOVE only. */
uint32_t cues_of_footer(const char *text, size_t n);

/* The cues in a text that is already lower case, as bits by enum cue. */
uint32_t cues_seen(const char *text);

#endif
