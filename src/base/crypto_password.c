#include "base/crypto_password.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rnd.h"

#define SALT_SIZE 16
#define HASH_SIZE 32
#define MEMORY    (UINT64_C(64) << 20)   /* the most that a hash may ask for */

struct scrypt { unsigned ln, r, p; };

static const struct scrypt now = {.ln = 14, .r = 8, .p = 5};

bool password_check_new(const char *password, const char *field, struct error *err)
{
	size_t n = strlen(password), i, characters = 0;
	bool control = false;

	for (i = 0; i < n; i++) {
		characters += ((unsigned char)password[i] & 0xc0) != 0x80;
		control |= (unsigned char)password[i] < ' ' || password[i] == 0x7f;
	}
	if (characters < PASSWORD_MIN || n > PASSWORD_MAX || control || !json_utf8_valid(password, n))
		return err_field(err, field, "A password has at least %d characters and at most %d bytes, none of them a control"
		                 " character", PASSWORD_MIN, PASSWORD_MAX);
	return true;
}

static bool derive(const char *password, const uint8_t *salt, size_t salt_len, const struct scrypt *s,
                   uint8_t out[HASH_SIZE])
{
	return EVP_PBE_scrypt(password, strlen(password), salt, salt_len, UINT64_C(1) << s->ln, s->r, s->p, MEMORY, out,
	                      HASH_SIZE) == 1;
}

/* Without the padding that base64 has otherwise. */
static char *add_base64(char *at, const uint8_t *p, size_t n)
{
	at += crypto_base64(p, n, at);
	while (at[-1] == '=')
		at--;
	*at = '\0';
	return at;
}

void password_hash(const char *password, char out[PASSWORD_HASH_SIZE])
{
	uint8_t salt[SALT_SIZE], hash[HASH_SIZE];
	char *at = out;

	rnd_bytes(salt, sizeof salt);
	INVARIANT(derive(password, salt, sizeof salt, &now, hash), "scrypt failed");
	at += snprintf(at, PASSWORD_HASH_SIZE, "$scrypt$ln=%u,r=%u,p=%u$", now.ln, now.r, now.p);
	at = add_base64(at, salt, sizeof salt);
	*at++ = '$';
	add_base64(at, hash, sizeof hash);
	mem_wipe(hash, sizeof hash);
}

/* text[0..n) without padding, of at most size bytes. */
static bool read_base64(const char *text, size_t n, uint8_t *out, size_t size, size_t *len)
{
	char padded[64];
	uint8_t bytes[48];

	if (n == 0 || n > 44)
		return false;
	memcpy(padded, text, n);
	for (; n % 4 != 0; n++)
		padded[n] = '=';
	if (!crypto_unbase64(padded, n, bytes, len) || *len > size)
		return false;
	memcpy(out, bytes, *len);
	return true;
}

static bool parse(const char *text, struct scrypt *s, uint8_t salt[SALT_SIZE], size_t *salt_len, uint8_t hash[HASH_SIZE])
{
	const char *dollar;
	size_t hash_len;
	int at = 0;

	if (sscanf(text, "$scrypt$ln=%2u,r=%2u,p=%2u$%n", &s->ln, &s->r, &s->p, &at) != 3 || at == 0 || s->ln > 20)
		return false;
	text += at;
	dollar = strchr(text, '$');
	return dollar && read_base64(text, (size_t)(dollar - text), salt, SALT_SIZE, salt_len) &&
	       read_base64(dollar + 1, strlen(dollar + 1), hash, HASH_SIZE, &hash_len) && hash_len == HASH_SIZE;
}

bool password_verify(const char *password, const char *text)
{
	uint8_t salt[SALT_SIZE] = {0}, want[HASH_SIZE] = {0}, got[HASH_SIZE];
	size_t salt_len = sizeof salt;
	struct scrypt s = now;
	bool known = *text && parse(text, &s, salt, &salt_len, want), same;

	if (!known) {
		s = now;
		salt_len = sizeof salt;
	}
	same = derive(password, salt, salt_len, &s, got) && crypto_equal(got, want, sizeof want) && known;
	mem_wipe(got, sizeof got);
	return same;
}
