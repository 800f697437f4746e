/* Does a sentence ask its reader for something? A logistic regression over its words, fitted by tests/quality/fit
 * (docs/agents/email-triage.md says on what). */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_REQUEST_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_REQUEST_H

#include "agents/email_triage_model.h"

/* Tells each feature of the sentence s[0..n); question: it ends in a question mark; cues: request_cues. */
void request_features(const char *s, size_t n, bool question, uint32_t cues, feature_fn each, void *ctx);

/* The cues (email_triage_cues.h) that it holds, as bits. */
uint32_t request_cues(const char *s, size_t n);

/* Does s[0..n) end in a question mark? */
bool request_is_question(const char *s, size_t n);

/* The log-odds that it asks for something; t was started with request_table. */
double request_logit(struct tally *t, const char *s, size_t n, bool question, uint32_t cues);

/* Does the sentence s[0..n) ask for something? *p: how probable it is (NULL: not wanted). */
bool request_sentence(const char *s, size_t n, double *p);

/* email_triage_request_table.c, generated */
extern const struct model_table request_table;

#endif
