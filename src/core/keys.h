/* API keys: made, listed, rotated, revoked. A key is shown once, in what these give back, and stored as a hash.
 *
 * Every change is told in the audit log, in its own transaction. A key that is revoked or replaced is forgotten by the
 * processes of this host at once, by others within 5 s. Thread-safe.
 *
 * Ownership: rows of lists live in the arena given; a made_key is wiped by who asked for it. */
#ifndef AGENTIV_CORE_KEYS_H
#define AGENTIV_CORE_KEYS_H

#include "base/arena.h"
#include "base/doorbell.h"
#include "base/json.h"
#include "core/auth.h"
#include "core/once.h"
#include "core/secrets.h"
#include "store/accounts.h"
#include "store/budgets.h"

struct keys {
	struct db *db;
	struct secrets *secrets;            /* NULL where no key is made */
	struct auth *auth;                  /* of this process; NULL: it has none */
	struct doorbell_ringer *ringer;     /* NULL: nobody is told */
};

struct made_key {
	struct api_key row;
	char key[API_KEY_LEN + 1];
};

#define KEYS_MAX            100                 /* valid at once, of one account */
#define KEY_OVERLAP_MAX_S   (30 * 86400)
#define KEY_OVERLAP_S       86400
#define KEY_TOKENS_MAX      BUDGET_TOKENS_MAX

/* What a key is given, checked; ERR_INVALID_INPUT names "name" or the field given. */
bool key_name(struct api_key *row, const char *name, struct error *err);
bool key_add_network(struct api_key *row, const char *text, size_t n, const char *field, struct error *err);

/* k->row: name, scopes, expires_at, networks and budget are what is asked for, the rest is filled in. once, whose render
 * is given a made_key: NULL when no answer is wanted; when it was replayed, nothing was made and k means nothing.
 * ERR_INVALID_INPUT names the member at fault; ERR_CONFLICT: KEYS_MAX keys are valid. */
bool keys_create(const struct keys *keys, const struct actor *who, uint64_t account_id, struct made_key *k,
                 struct once *once, struct error *err);
/* Makes a key with name, scopes, networks, lifetime and budget (and what is used of it) of another, which expires when the
 * overlap is over, if not before. ERR_NOT_FOUND; ERR_CONFLICT: it was rotated already, is revoked or has expired, or as
 * above. */
bool keys_rotate(const struct keys *keys, const struct actor *who, uint64_t account_id, const struct id *id,
                 int64_t overlap_s, struct made_key *k, struct once *once, struct error *err);
/* out is the key afterwards. One that is revoked already stays as it is. ERR_NOT_FOUND. */
bool keys_revoke(const struct keys *keys, const struct actor *who, uint64_t account_id, const struct id *id,
                 struct api_key *out, struct error *err);
/* Of an account, in the order they were made, with their budgets. */
bool keys_list(const struct keys *keys, uint64_t account_id, struct arena *a, struct api_key **out, unsigned *count,
               struct error *err);

/* As an object. secret: the key itself, in the answer that makes it; NULL in every other. */
void key_put(struct json_out *w, const char *key, const struct api_key *k, const char *secret);
void key_networks_put(struct json_out *w, const char *key, const struct api_key *k);
/* Names in an array. */
void scopes_put(struct json_out *w, const char *key, unsigned scopes);

#endif
