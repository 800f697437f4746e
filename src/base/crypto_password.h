/* Passwords: scrypt (RFC 7914) with 2^14 rounds of 16 MiB, five times, as OWASP's cheat sheet on storing passwords has it.
 * A hash is text: "$scrypt$ln=14,r=8,p=5$SALT$HASH", base64 without padding (the PHC string format).
 *
 * Takes some tenths of a second and 16 MiB; who calls bounds how many are under way. */
#ifndef AGENTIV_BASE_CRYPTO_PASSWORD_H
#define AGENTIV_BASE_CRYPTO_PASSWORD_H

#include <stdbool.h>

#include "base/err.h"

#define PASSWORD_HASH_SIZE 128
#define PASSWORD_MIN       10      /* characters */
#define PASSWORD_MAX       200     /* bytes */

/* PASSWORD_MIN characters and more, at most PASSWORD_MAX bytes of UTF-8, without control characters. ERR_INVALID_INPUT
 * names the field. */
bool password_check_new(const char *password, const char *field, struct error *err);

void password_hash(const char *password, char out[PASSWORD_HASH_SIZE]);
/* hash "": nobody's, which no password matches, and which takes as long. */
bool password_verify(const char *password, const char *hash);

#endif
