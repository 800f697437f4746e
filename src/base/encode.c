/* Bytes as text: hexadecimal, base64 (RFC 4648 section 4), base62. */
#include "base/crypto.h"

#include <string.h>

const char crypto_base62[63] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static const char base64[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void crypto_hex(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

size_t crypto_base64(const void *data, size_t n, char *out)
{
	const uint8_t *p = data;
	char *at = out;

	for (; n > 0; p += 3) {
		unsigned v = (unsigned)p[0] << 16 | (n > 1 ? p[1] << 8 : 0) | (n > 2 ? p[2] : 0);

		*at++ = base64[v >> 18];
		*at++ = base64[v >> 12 & 63];
		*at++ = n > 1 ? base64[v >> 6 & 63] : '=';
		*at++ = n > 2 ? base64[v & 63] : '=';
		n -= n > 3 ? 3 : n;
	}
	*at = '\0';
	return (size_t)(at - out);
}

static int sextet(char c)
{
	const char *at = c ? strchr(base64, c) : NULL;

	return at ? (int)(at - base64) : -1;
}

bool crypto_unbase64(const char *text, size_t n, uint8_t *out, size_t *out_len)
{
	size_t i, pad = 0;
	uint8_t *at = out;

	if (n % 4 != 0)
		return false;
	while (pad < 2 && n > pad && text[n - 1 - pad] == '=')
		pad++;
	for (i = 0; i < n; i += 4) {
		unsigned v = 0, k, padded = i + 4 == n ? (unsigned)pad : 0;

		for (k = 0; k < 4; k++) {
			int d = k < 4 - padded ? sextet(text[i + k]) : 0;

			if (d < 0)
				return false;
			v = v << 6 | (unsigned)d;
		}
		/* bits that encode nothing must be zero, or a value has two spellings */
		if ((padded == 1 && (v & 0xff)) || (padded == 2 && (v & 0xffff)))
			return false;
		*at++ = (uint8_t)(v >> 16);
		if (padded < 2)
			*at++ = (uint8_t)(v >> 8);
		if (padded < 1)
			*at++ = (uint8_t)v;
	}
	*out_len = (size_t)(at - out);
	return true;
}
