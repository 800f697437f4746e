/* Who asks: API keys and sessions to principals, through a short-lived cache (4 s, so that a revocation takes
 * effect within 5). The cache holds hashes only.
 *
 * Ownership: auth_check gives a reference; auth_release returns it. Thread-safe. */
#ifndef AGENTIV_CORE_AUTH_H
#define AGENTIV_CORE_AUTH_H

#include "core/credentials.h"
#include "core/principal.h"
#include "store/accounts.h"

struct auth;
struct secrets;
struct auth_entry { struct principal principal; };   /* read-only */

struct auth *auth_new(struct db *db, struct secrets *secrets);
void auth_free(struct auth *a);

#define SESSION_IDLE_MS    (INT64_C(7) * 86400 * 1000)
#define SESSION_MOST_MS    (INT64_C(30) * 86400 * 1000)

/* fresh: past the cache. ERR_UNAUTHORIZED says what is wrong with the key or session; ERR_UNAVAILABLE when it
 * cannot be looked up. */
bool auth_check(struct auth *a, const struct credentials *c, bool fresh, struct auth_entry **out,
                struct error *err);
void auth_release(struct auth_entry *e);
/* What the cache refuses may have been granted a moment ago: replaces *e by what the database says now. false: the
 * key is not valid any more or cannot be looked up, and *e stays. */
bool auth_renew(struct auth *a, const struct credentials *c, struct auth_entry **e);
/* For what goes on for long: *e is replaced by what is known now. false: the key or session is not valid any more. While
 * it cannot be looked up, it stays what it was. */
bool auth_go_on(struct auth *a, const struct credentials *c, struct auth_entry **e);
void auth_forget(struct auth *a);                     /* a key, plan or subscription changed */

#endif
