/* Tables plans, accounts, account_quota, subscriptions, connections, api_keys.
 * Reading for requests is principal_load; the rest is the operator's.
 *
 * Ownership: strings live in the arena given. */
#ifndef AGENTIV_STORE_ACCOUNTS_H
#define AGENTIV_STORE_ACCOUNTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/network.h"
#include "db/db.h"
#include "store/audit.h"

#define LIMIT_UNLIMITED (-1)   /* in every limit below */
#define LIMIT_OF_PLAN   (-2)   /* in plan_overrides only: the account has no figure of its own any more */

/* What a plan holds beside its figures; in force are the account's own before its plan's. */
struct plan_features { bool api, webhooks, mcp, white_label; };

/* Bits of api_keys.scopes. */
enum scope {
	SCOPE_AGENTS_READ      = 1 << 0,
	SCOPE_AGENTS_RUN       = 1 << 1,
	SCOPE_SCHEDULES_WRITE  = 1 << 2,
	SCOPE_CONNECTIONS_READ = 1 << 3,
	SCOPE_WEBHOOKS_WRITE   = 1 << 4,
	SCOPE_ALL              = (1 << 5) - 1
};
const char *scope_name(enum scope s);                 /* "agents:read" */
bool scope_parse(const char *text, size_t n, unsigned *out, struct error *err);      /* one name */
bool scopes_parse(const char *text, unsigned *out, struct error *err);   /* "a,b" */
void scopes_format(unsigned scopes, char *out, unsigned size);           /* "a,b" */

enum subscription_status { SUB_NONE, SUB_ACTIVE, SUB_TRIALING, SUB_PAST_DUE, SUB_CANCELED, SUB__MAX };
const char *subscription_name(enum subscription_status s);
bool subscription_by_name(const char *name, enum subscription_status *out);   /* "cancelled" is "canceled" */

struct subscription { char agent[64]; enum subscription_status status; int64_t trial_ends_at; };

/* What a valid key or session stands for; one block, no pointers but the arrays (mem_alloc'd, freed by principal_release). */
struct principal {
	struct id key_id;                 /* zero in a session */
	struct id budget_key;             /* whose monthly budget of tokens it has: its own, or its successor's */
	struct id session_id;             /* zero with a key */
	bool      session;                /* its scopes are SCOPE_ALL */
	uint64_t  account_id;
	struct id user_id;
	char      timezone[64];
	char      plan[32];
	unsigned  scopes;
	int64_t   expires_at;             /* of key or session; 0 never */
	bool      key_revoked;
	int64_t   key_last_used;          /* as written down, 0 never */
	struct network *networks; unsigned network_count;   /* from where the key may be used; none: anywhere */
	char      pepper_id[16], active_pepper[16];   /* a key's: what it is hashed under, and should be; "" unknown */
	struct plan_features features;    /* in force */
	int64_t   requests_per_minute;    /* in force: plan's or own; LIMIT_UNLIMITED */
	bool      budgeted;               /* there are monthly token budgets (store/budgets.h) */
	struct subscription *subscriptions; unsigned subscription_count;
	char    (*connected)[64];           unsigned connected_count;   /* integrations with status connected */
};
void principal_release(struct principal *p);

/* What a key is looked up by: its hash under one pepper. */
struct key_hash { uint8_t hash[32]; char pepper_id[16]; };
/* By the key's hashes under each live pepper (n, 1 to 16). Two statements at most when the key exists. *found false when no
 * key has one of them. */
bool principal_load(struct db_conn *c, const struct key_hash *hashes, unsigned n, struct principal *out, bool *found,
                    struct error *err);
/* The same by a session's hash. *last_seen: when its use was last written down. */
bool principal_load_session(struct db_conn *c, const uint8_t hash[32], struct principal *out, int64_t *last_seen,
                            bool *found, struct error *err);

/* What its owner stands for, asked for by the operator: a session of nobody's. */
bool principal_load_account(struct db_conn *c, uint64_t account_id, struct principal *out, bool *found,
                            struct error *err);

struct account {
	uint64_t id; struct id public_id;
	char email[255], name[201], plan[33], timezone[65];
	int64_t created_at;
	int64_t requests_per_minute, runs_per_day, runs_per_month, concurrent;   /* in force */
	struct plan_features features;                                           /* the same */
};

/* user: an usr_ id or an e-mail address. ERR_NOT_FOUND. */
bool account_find(struct db_conn *c, const char *user, struct account *out, struct error *err);
bool account_list(struct db_conn *c, struct arena *a, struct account **out, unsigned *count, struct error *err);
/* Makes account, quota row and the audit entry (which is given account and object) in one transaction; sealed_secret as stored
 * in webhook_secret is made by the caller after the account's number is known, in that transaction, hence the callback.
 * ERR_CONFLICT: e-mail taken;
 * ERR_INVALID_INPUT: unknown plan. A new account has subscription none for every agent. */
typedef bool (*account_seal_fn)(struct db_conn *c, uint64_t account_id, struct buf *sealed, void *ctx,
                                struct error *err);
bool account_create(struct db *db, const char *email, const char *name, const char *plan,
                    account_seal_fn seal, void *ctx, const struct audit_entry *audit, struct account *out,
                    struct error *err);
/* Locks what is first in the lock order: the account's row of account_quota. ERR_NOT_FOUND. */
bool account_lock(struct db_conn *c, uint64_t account_id, struct error *err);
/* Sets the plan and replaces the overrides that are given; recomputes account_quota and fills slots that became
 * free, in one transaction (locks the quota row first). own: NULL keeps what is, else value, LIMIT_UNLIMITED or
 * LIMIT_OF_PLAN; of a feature 0, 1 or LIMIT_OF_PLAN. Writes the audit entry with it. */
struct plan_overrides {
	const int64_t *requests_per_minute, *runs_per_day, *runs_per_month, *concurrent;
	const int64_t *api, *webhooks, *mcp, *white_label;
};
bool account_set_plan(struct db *db, uint64_t account_id, const char *plan,
                      const struct plan_overrides *own, const struct audit_entry *audit, struct error *err);

struct plan {
	char slug[33];
	int64_t requests_per_minute, runs_per_day, runs_per_month, concurrent;
	bool month_overage;               /* past runs_per_month is counted, not refused */
	struct plan_features features;
};
/* By slug. */
bool plan_list(struct db_conn *c, struct arena *a, struct plan **out, unsigned *count, struct error *err);

bool subscription_set(struct db *db, uint64_t account_id, const char *agent, /* "*" for all: replaces the others */
                      enum subscription_status s, int64_t trial_ends_at, const struct audit_entry *audit,
                      struct error *err);
/* The account's secrets, sealed, for runs' own webhook_urls. previous is empty when there is none that signs any more at
 * now_ms. */
bool webhook_secret_load(struct db_conn *c, uint64_t account_id, int64_t now_ms, struct buf *sealed, struct buf *previous,
                         struct error *err);
/* The one that it had signs beside the new one until then. */
bool webhook_secret_set(struct db_conn *c, uint64_t account_id, const void *sealed, size_t n, int64_t previous_until,
                        struct error *err);
/* Until when an earlier one signs or signed, 0: there was none. */
bool webhook_secret_until(struct db_conn *c, uint64_t account_id, int64_t *out, struct error *err);

#define API_KEY_NETWORKS_MAX 32
struct api_key {
	struct id id; uint64_t account_id; char name[201], shown[17]; unsigned scopes;
	int64_t created_at, expires_at, revoked_at, last_used;   /* 0: never, not */
	struct network networks[API_KEY_NETWORKS_MAX]; unsigned network_count;   /* from where it may be used; 0: anywhere */
	struct id budget_key;                                    /* whose monthly budget it has */
	struct id replaced_by; bool has_replacement;             /* the key that a rotation made */
	int64_t tokens_per_month; bool has_budget;               /* by who asks for it (core/keys.h) */
};
bool api_key_create(struct db_conn *c, const struct api_key *k, const uint8_t hash[32],
                    const char *pepper_id, struct error *err);
/* Hashes it anew, unless it was meanwhile or the pepper is not active any more. */
bool api_key_rehash(struct db_conn *c, const struct id *id, const char *pepper_id, const struct key_hash *anew,
                    struct error *err);
bool api_key_list(struct db_conn *c, uint64_t account_id, struct arena *a, struct api_key **out,
                  unsigned *count, struct error *err);
/* Locks it, in a transaction. */
bool api_key_find(struct db_conn *c, uint64_t account_id, const struct id *id, struct api_key *out, bool *found,
                  struct error *err);
/* Keys of the account that are valid at now_ms, beside this one. */
bool api_key_count(struct db_conn *c, uint64_t account_id, const struct id *beside, int64_t now_ms, int64_t *out,
                   struct error *err);
bool api_key_revoke(struct db_conn *c, uint64_t account_id, const struct id *id, int64_t now_ms,
                    struct error *err);   /* ERR_NOT_FOUND; revoking twice is harmless */
/* The key expires then, and by is known to follow it. */
bool api_key_replace(struct db_conn *c, uint64_t account_id, const struct id *id, const struct id *by, int64_t expires_at,
                     struct error *err);
/* It was used; written once in API_KEY_USED_MS, however many tell of it. */
#define API_KEY_USED_MS 60000
bool api_key_used(struct db_conn *c, const struct id *id, int64_t now_ms, struct error *err);

struct connection_row {
	struct id id; char integration[64], kind[32]; int status; int64_t created_at;
	const char *sealed; size_t sealed_len;   /* its settings; connection_list only */
	const char *place;                       /* by who can open those (core/admin.h); NULL: not known */
};
/* Inserts or replaces the account's connection of that integration; id: its own, or the replaced one's when both lead to the
 * same place. */
bool connection_put(struct db_conn *c, uint64_t account_id, const char *integration, const char *kind,
                    const void *sealed, size_t n, int64_t now_ms, const struct id *id, struct error *err);
bool connection_list(struct db_conn *c, uint64_t account_id, struct arena *a,
                     struct connection_row **out, unsigned *count, struct error *err);
/* The same without settings: for those who may know of a connection but not where it leads. */
bool connection_states(struct db_conn *c, uint64_t account_id, struct arena *a, struct connection_row **out,
                       unsigned *count, struct error *err);
bool connection_remove(struct db_conn *c, uint64_t account_id, const char *integration, bool *removed, struct error *err);
/* Id, kind and sealed settings of a connected integration, or of any that is there, disconnected or not (context for
 * unsealing: "account:<id>:connection:<integration>"). *since, which may be NULL: when it was connected; known to
 * connection_refuse. */
bool connection_load(struct db_conn *c, uint64_t account_id, const char *integration, bool any, struct id *id,
                     char kind[32], struct buf *sealed, int64_t *since, bool *found, struct error *err);
/* It is disconnected, unless it was connected anew since, or is not connected. *done: it is so by this. */
bool connection_refuse(struct db_conn *c, uint64_t account_id, const char *integration, int64_t since, bool *done,
                       struct error *err);

#endif
