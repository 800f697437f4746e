/* Who asks: API keys to principals, through a short-lived cache (4 s, so that a revocation takes
 * effect within 5). The cache holds hashes only.
 *
 * Ownership: auth_check gives a reference; auth_release returns it. Thread-safe. */
#ifndef AGENTIV_CORE_AUTH_H
#define AGENTIV_CORE_AUTH_H

#include "base/crypto.h"
#include "store/accounts.h"

struct auth;
struct auth_entry { struct principal principal; };   /* read-only */

struct auth *auth_new(struct db *db, const struct secret_ring *peppers);
void auth_free(struct auth *a);

/* header: the Authorization header's value or NULL. fresh: past the cache. ERR_UNAUTHORIZED says what is wrong with
 * the key; ERR_UNAVAILABLE when it cannot be looked up. */
bool auth_check(struct auth *a, const char *header, bool fresh, struct auth_entry **out,
                struct error *err);
void auth_release(struct auth_entry *e);
/* What the cache refuses may have been granted a moment ago: replaces *e by what the database says now. false: the
 * key is not valid any more or cannot be looked up, and *e stays. */
bool auth_renew(struct auth *a, const char *header, struct auth_entry **e);
void auth_forget(struct auth *a);                     /* a key, plan or subscription changed */

enum subscription_status principal_subscription(const struct principal *p, const char *agent,
                                                int64_t now_ms, int64_t *trial_ends_at);
bool principal_connected(const struct principal *p, const char *integration);

#endif
