/* Does a mail read like unsolicited bulk mail? A logistic regression over words and signs of a mail, fitted by
 * tests/quality/fit (docs/agents/email-triage.md says on what). */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_SPAM_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_SPAM_H

#include "agents/email_triage_model.h"
#include "base/arena.h"
#include "integrations/mail.h"

/* Tells each feature of a mail. What only tells which mailbox, list or year a mail is from is left out: dates, numbers,
 * relays, addresses, languages, names of programs, a list's tag and footer, words of the recipients' addresses. */
void spam_features(const struct mail *m, bool wire, feature_fn each, void *ctx);
/* Was the mail taken from the wire, with all that programs wrote into it? Else how it was made tells nothing. */
bool spam_has_wire(const struct mail *m);

/* The log-odds that the mail is spam; *reason says why in words, NULL when no word speaks for it. Allocates from a. */
double spam_logit(const struct mail *m, struct arena *a, const char **reason);

/* email_triage_spam_table.c, generated */
extern const struct model_table spam_table;

#endif
