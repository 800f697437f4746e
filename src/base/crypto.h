/* Hashes, key format and sealing. OpenSSL is used only here and in net/. */
#ifndef AGENTIV_BASE_CRYPTO_H
#define AGENTIV_BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define SHA256_SIZE 32

void crypto_sha256(const void *p, size_t n, uint8_t out[SHA256_SIZE]);
void crypto_hmac_sha256(const void *key, size_t key_len, const void *p, size_t n,
                        uint8_t out[SHA256_SIZE]);                       /* RFC 2104 */
/* HMAC over the concatenation of count parts (Standard Webhooks: id.timestamp.body). */
struct crypto_part { const void *p; size_t n; };
#define CRYPTO_PARTS_MAX 7
void crypto_hmac_parts(const void *key, size_t key_len, const struct crypto_part *parts,
                       unsigned count, uint8_t out[SHA256_SIZE]);
bool crypto_equal(const void *a, const void *b, size_t n);               /* constant time */

void   crypto_hex(const uint8_t *p, size_t n, char *out);                /* lower case, 2n+1 bytes */
size_t crypto_base64(const void *p, size_t n, char *out);                /* RFC 4648; out has 4*((n+2)/3)+1 */
bool   crypto_unbase64(const char *text, size_t n, uint8_t *out, size_t *out_len); /* strict; out has 3*(n/4) */

extern const char crypto_base62[63];   /* 0-9 a-z A-Z */
void crypto_base62_make(char *out, size_t n);          /* n random ones and a NUL */

/* API keys: "agv_live_" + 30 base62 characters of randomness + 6, the most significant first,
 * of the CRC-32 of the 39 characters before them. */
#define API_KEY_PREFIX "agv_live_"
#define API_KEY_LEN    45
#define API_KEY_SHOWN  13     /* characters kept for display: the prefix and four more */
void crypto_key_make(char out[API_KEY_LEN + 1]);
bool crypto_key_well_formed(const char *key, size_t n);                  /* length, alphabet, checksum */

/* Server secrets, read from files (config secrets.pepper_file, secrets.seal_file):
 * one line "ID:BASE64", the last line being the newest. */
#define SECRET_ID_SIZE  16
#define SECRET_KEYS_MAX 8
struct secret_key { char id[SECRET_ID_SIZE]; uint8_t key[32]; };
struct secret_ring { struct secret_key keys[SECRET_KEYS_MAX]; unsigned count; };  /* newest last */
bool crypto_ring_load(const char *path, struct secret_ring *ring, struct error *err);
bool crypto_ring_create(const char *path, struct error *err);            /* mode 0600, refuses an existing file */
/* Changes of a file by who holds its lock: whole or not at all, and its owner and mode stay. lock: a descriptor, closed to
 * unlock, or -1. add makes a key behind the others and gives its id. A link is
 * followed. remove of one that is not there is harmless; the last
 * one stays. */
int  crypto_ring_lock(const char *path, struct error *err);
bool crypto_ring_add(const char *path, char id[SECRET_ID_SIZE], struct error *err);
bool crypto_ring_remove(const char *path, const char *id, struct error *err);
const struct secret_key *crypto_ring_find(const struct secret_ring *ring, const char *id);   /* or NULL */

/* HMAC-SHA-256 of an API key under a pepper. */
void crypto_key_hash(const struct secret_key *pepper, const char *key, size_t n,
                     uint8_t out[SHA256_SIZE]);

/* AES-256-GCM (NIST SP 800-38D): "v1", length and key id, 12-byte nonce, ciphertext, tag.
 * context is authenticated with it ("account:12:webhook_secret"), so that a sealed
 * value copied to another row does not open. Both add to out, and add nothing when they fail. */
bool crypto_seal(const struct secret_key *k, const char *context, const void *p, size_t n,
                 struct buf *out, struct error *err);
bool crypto_unseal(const struct secret_ring *ring, const char *context, const void *p, size_t n,
                   struct buf *out, struct error *err);
/* The id of the key under which a value is sealed; false: it is damaged. */
bool crypto_sealed_id(const void *p, size_t n, char id[SECRET_ID_SIZE]);

#endif
