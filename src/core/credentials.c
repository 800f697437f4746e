#include "core/credentials.h"

#include <string.h>
#include <strings.h>

const char *credentials_key(const char *header, struct error *err)
{
	const char *token;
	size_t n;

	if (strncasecmp(header, "Bearer ", 7) != 0) {
		err_set(err, ERR_UNAUTHORIZED, "The Authorization header must read: Bearer YOUR_API_KEY");
		return NULL;
	}
	token = header + 7 + strspn(header + 7, " ");
	n = strlen(token);
	if (n != API_KEY_LEN || !crypto_key_well_formed(token, n)) {
		err_set(err, ERR_UNAUTHORIZED, "The API key is mistyped or cut off");
		return NULL;
	}
	return token;
}

bool session_token(const char *cookie, char token[SESSION_TOKEN_LEN + 1])
{
	static const char name[] = SESSION_COOKIE "=";
	const char *at = cookie ? cookie : "";
	size_t n;

	for (; *at; at += strcspn(at, ";"), at += *at == ';') {
		at += strspn(at, " \t");
		if (strncmp(at, name, sizeof name - 1) != 0)
			continue;
		at += sizeof name - 1;
		n = strspn(at, crypto_base62);
		if (n != SESSION_TOKEN_LEN || !strchr("; \t", at[n]))
			continue;
		memcpy(token, at, n);
		token[n] = '\0';
		return true;
	}
	return false;
}

void session_hash(const char token[SESSION_TOKEN_LEN + 1], uint8_t hash[SHA256_SIZE])
{
	crypto_sha256(token, SESSION_TOKEN_LEN, hash);
}
