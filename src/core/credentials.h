/* What a request brings to say who asks, and what of it counts.
 *
 * Ownership: texts are the request's. */
#ifndef AGENTIV_CORE_CREDENTIALS_H
#define AGENTIV_CORE_CREDENTIALS_H

#include <stdbool.h>

#include "base/crypto.h"
#include "base/err.h"

/* Headers, NULL or "" where they are missing. */
struct credentials {
	const char *authorization;       /* "Bearer agv_live_…"; what counts when both are there */
	const char *cookie;              /* with SESSION_COOKIE among its pairs */
};
static inline bool credentials_given(const struct credentials *c)
{
	return (c->authorization && *c->authorization) || (c->cookie && *c->cookie);
}

/* The key of "Bearer TOKEN" (RFC 6750), or NULL with the reason in err. */
const char *credentials_key(const char *authorization, struct error *err);

#define SESSION_COOKIE     "agentiv_session"
#define SESSION_TOKEN_LEN  43              /* base 62: 256 bits */
/* The token of a Cookie header (RFC 6265, 4.2); false: it has none. */
bool session_token(const char *cookie, char token[SESSION_TOKEN_LEN + 1]);
/* What of a token is stored and known: its SHA-256. */
void session_hash(const char token[SESSION_TOKEN_LEN + 1], uint8_t hash[SHA256_SIZE]);

#endif
