/* Table api_keys, by the pepper that keys are hashed under. */
#ifndef AGENTIV_STORE_PEPPER_KEYS_H
#define AGENTIV_STORE_PEPPER_KEYS_H

#include "store/accounts.h"
#include "store/audit.h"

/* live: neither revoked nor expired. Reads the whole table. */
struct pepper_count { char id[16]; int64_t keys, live; };
bool pepper_counts(struct db_conn *c, int64_t now_ms, struct arena *a, struct pepper_count **out, unsigned *count,
                   struct error *err);

struct pepper_key { struct id id, user_id; uint64_t account_id; char name[201], shown[17]; };
#define PEPPER_KEYS_MAX 64
/* Revokes the next live keys (PEPPER_KEYS_MAX at most) behind `after`, in one transaction with an audit entry for each
 * by who. None is left when *count is 0. */
bool pepper_keys_revoke(struct db *db, const char *pepper_id, const struct id *after, int64_t now_ms,
                        const struct actor *who, struct pepper_key out[PEPPER_KEYS_MAX], unsigned *count,
                        struct error *err);

#endif
