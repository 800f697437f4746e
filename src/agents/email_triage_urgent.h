/* How much a mail reads like one that cannot wait: a logistic regression over its words and what its sentences say, fitted
 * by tests/quality/fit on tests/quality/data/urgent. Beside the signs that are told by hand (email_triage_press.c), it knows
 * how people and programs tell of trouble that has no word of its own. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_URGENT_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_URGENT_H

#include "agents/email_triage_model.h"
#include "agents/email_triage_text.h"

/* Tells each feature of the sentences of a mail's subject and own text; program: a machine sent it. */
void urgent_features(const struct sentences *s, bool program, feature_fn each, void *ctx);

/* The log-odds that the mail cannot wait. */
double urgent_logit(const struct sentences *s, bool program);

/* email_triage_urgent_table.c, generated */
extern const struct model_table urgent_table;

#endif
