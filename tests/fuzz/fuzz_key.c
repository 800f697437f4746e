/* What callers say they are: an Authorization header and a Cookie header, a line each. What is taken for a key or a token is
 * one by another reading of the format, too; and of a good key no character can be changed. */
#include "fuzz.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "core/credentials.h"

/* CRC-32 as in zlib and gzip (RFC 1952, 8), bit by bit. */
static uint32_t crc32_of(const char *p, size_t n)
{
	uint32_t crc = UINT32_MAX;
	size_t i;
	int bit;

	for (i = 0; i < n; i++) {
		crc ^= (uint8_t)p[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xEDB88320) : 0);
	}
	return ~crc;
}

static size_t digit(char c)
{
	const char *at = c ? strchr(crypto_base62, c) : NULL;

	return at ? (size_t)(at - crypto_base62) : 62;
}

static bool is_key(const char *p, size_t n)
{
	uint64_t sum = 0;
	size_t i;

	if (n != API_KEY_LEN || memcmp(p, "agv_live_", 9) != 0)
		return false;
	for (i = 9; i < n; i++)
		if (digit(p[i]) == 62)
			return false;
	for (i = 39; i < n; i++)
		sum = sum * 62 + digit(p[i]);
	return sum == crc32_of(p, 39);
}

/* A key of the random part that the input gives. */
static void check_made(const uint8_t *data, size_t n)
{
	char key[API_KEY_LEN + 1] = "agv_live_";
	uint32_t crc;
	size_t i;

	for (i = 0; i < 30; i++)
		key[9 + i] = crypto_base62[i < n ? data[i] % 62 : 0];
	crc = crc32_of(key, 39);
	for (i = 45; i-- > 39; crc /= 62)
		key[i] = crypto_base62[crc % 62];
	MUST(crypto_key_well_formed(key, API_KEY_LEN));
	i = n > 30 ? 9 + data[30] % 36 : 9;
	key[i] = crypto_base62[(digit(key[i]) + 1 + (n > 31 ? data[31] % 61 : 0)) % 62];
	MUST(!crypto_key_well_formed(key, API_KEY_LEN));
}

static void check_header(const char *header)
{
	struct error err = {0};
	const char *key = credentials_key(header, &err);

	if (!key) {
		MUST(err.code == ERR_UNAUTHORIZED && err.message[0]);
		return;
	}
	MUST(strncasecmp(header, "Bearer ", 7) == 0 && key >= header + 7 && key <= header + strlen(header));
	MUST(is_key(key, strlen(key)));
	MUST(strspn(header + 7, " ") == (size_t)(key - header - 7));
}

static void check_cookie(const char *cookie)
{
	char token[SESSION_TOKEN_LEN + 1], pair[SESSION_TOKEN_LEN + sizeof SESSION_COOKIE + 1];

	if (!session_token(cookie, token))
		return;
	MUST(strlen(token) == SESSION_TOKEN_LEN && strspn(token, crypto_base62) == SESSION_TOKEN_LEN);
	snprintf(pair, sizeof pair, SESSION_COOKIE "=%s", token);
	MUST(strstr(cookie, pair));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = mem_alloc(n + 1), *line;

	memcpy(text, data, n);
	text[n] = '\0';
	MUST(crypto_key_well_formed(text, n) == is_key(text, n));
	check_made(data, n);
	line = strchr(text, '\n');
	if (line)
		*line++ = '\0';
	check_header(text);
	check_cookie(line ? line : text);
	mem_free(text);
	return 0;
}
