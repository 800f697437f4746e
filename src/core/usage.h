/* What an account has used of what it may, as the API and agentivctl show it.
 *
 * Ownership: lists live in the arena given. */
#ifndef AGENTIV_CORE_USAGE_H
#define AGENTIV_CORE_USAGE_H

#include "base/json.h"
#include "store/usage.h"

/* Reads it as it is now. ERR_NOT_FOUND when there is no such account. */
bool usage_find(struct db *db, uint64_t account_id, struct arena *a, struct usage *out, struct error *err);
/* A budget as an object. */
void budget_put(struct json_out *w, const char *key, const struct token_budget *t);
/* Its members, into an object that is open. minute_used: requests of the minute that ends at minute_ends (ms), -1 where
 * they are not counted or not known. Unlimited is null. */
void usage_put(struct json_out *w, const struct usage *u, int64_t minute_used, int64_t minute_ends);

#endif
