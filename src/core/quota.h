/* Whether a run may be accepted now: day, month, budgets and slots. Pure functions on an account's counters. */
#ifndef AGENTIV_CORE_QUOTA_H
#define AGENTIV_CORE_QUOTA_H

#include "store/admission.h"

/* Decides as struct admission's comment says; counts in q what it accepts. */
void quota_decide(struct quota *q, struct admission *a, int64_t now_ms);

/* The API's error for a refused admission. */
void quota_error(const struct admission *a, int64_t now_ms, struct error *err);
/* The same for a monthly budget that has less left than a model call may need (wanted). Returns false. */
bool quota_tokens_error(const struct token_budget *t, int64_t wanted, int64_t now_ms, struct error *err);

#endif
