/* The server's secrets of one process: the peppers under which API keys are hashed, and the keys that seal what must
 * be read again. They come from files (secrets.pepper_file, secrets.seal_file), are read again when a file has changed,
 * and are wiped when they go.
 *
 * All of a file's keys open and find; what is new is written under the active one only, which the database names.
 *
 * Thread-safe. */
#ifndef AGENTIV_CORE_SECRETS_H
#define AGENTIV_CORE_SECRETS_H

#include "base/buf.h"
#include "base/config.h"
#include "base/crypto.h"
#include "store/accounts.h"
#include "store/secret_states.h"

#define SECRETS_ALL (1u << SECRET_PEPPER | 1u << SECRET_SEAL)

struct secrets;

/* Reads the files of these kinds (bits, 1 << kind): a process has no more secrets than it needs. */
struct secrets *secrets_open(const struct config *cfg, unsigned kinds, struct error *err);
void secrets_free(struct secrets *s);

/* Reads again what has changed; a file that cannot be read or is damaged leaves what was, and is logged once. Costs a
 * stat(2) for each file when nothing has. Returns whether the keys of one did change. */
bool secrets_refresh(struct secrets *s);
/* Called after a ring changed, by the thread that found out; NULL: nobody is told any more. */
void secrets_on_change(struct secrets *s, void (*changed)(void *ctx), void *ctx);

/* The ids that were read, in the file's order with commas between; "" for a kind that the process has not. */
#define SECRET_IDS_SIZE (SECRET_KEYS_MAX * SECRET_ID_SIZE + 1)
void secrets_ids(struct secrets *s, enum secret_kind kind, char out[SECRET_IDS_SIZE]);
/* Whether an id is known; a file that has changed is read again first. */
bool secrets_know(struct secrets *s, enum secret_kind kind, const char *id);
/* secrets.pepper_file or secrets.seal_file. */
const char *secrets_path(const struct secrets *s, enum secret_kind kind);

/* Looks whether the active key of each kind that the process has is known here; what has none yet gets the newest that
 * was read, so that none that comes into a file from now on is taken before everybody has it. The error says which file
 * lacks what. */
bool secrets_settle(struct secrets *s, struct db_conn *c, struct error *err);

/* The hashes of an API key under each pepper, for its look-up; returns how many. */
unsigned secrets_key_hashes(struct secrets *s, const char *key, struct key_hash out[SECRET_KEYS_MAX]);
/* The hash of a new one under the active pepper. c: in the transaction that writes it. */
bool secrets_hash_new(struct secrets *s, struct db_conn *c, const char *key, struct key_hash *out, struct error *err);
/* The hash under one pepper; false: it is not known here. */
bool secrets_hash_under(struct secrets *s, const char *pepper_id, const char *key, struct key_hash *out);

/* Seals under the active key (crypto_seal). c: in the transaction that writes it. */
bool secrets_seal(struct secrets *s, struct db_conn *c, const char *context, const void *p, size_t n, struct buf *out,
                  struct error *err);
/* Opens what any of the keys has sealed (crypto_unseal). */
bool secrets_unseal(struct secrets *s, const char *context, const void *p, size_t n, struct buf *out,
                    struct error *err);
/* Opens and seals again under the key of this id, which is known. */
bool secrets_reseal(struct secrets *s, const char *id, const char *context, const void *p, size_t n, struct buf *out,
                    struct error *err);

#endif
