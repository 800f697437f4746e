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
	CUE_BROWSER, CUE_DUE, CUE__MAX
};

struct cue_counts {
	unsigned distinct[CUE__MAX];       /* different phrases */
	unsigned in_subject[CUE__MAX];
	const struct sentence *request;    /* the first sentence that asks for something, NULL when none does */
	bool question;
};

void cues_count(const struct sentences *s, struct cue_counts *out);

/* What the sentences tell of accounts, money and failures, or that all is in order (email_triage_notices.c). */
void notices_note(const struct sentences *s, struct facts *f);

/* Cues of one kind in a text that is already lower case. */
bool cues_any(const char *text, enum cue cue);

#endif
