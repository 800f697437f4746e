/* What the JSON reader and writer share: finding the end of a run of bytes that
 * need no attention, and stepping over UTF-8. Private to base/json_*.c. */
#ifndef AGENTIV_BASE_JSON_SCAN_H
#define AGENTIV_BASE_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SCAN_ONES (~(uint64_t)0 / 255)

static inline int scan_is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* The first byte of p[0..end) that is a quote, a backslash, a control character or not ASCII.
 * Eight at a time: in each byte the top bit of the sum below is set if it is one of those (a borrow can
 * set it wrongly only above a byte that really is one, so the byte loop finds the right one). */
static inline const uint8_t *scan_plain(const uint8_t *p, const uint8_t *end)
{
	uint64_t w;

	while (end - p >= 8) {
		memcpy(&w, p, 8);
		if (((w - SCAN_ONES * 0x20) | ((w ^ SCAN_ONES * '"') - SCAN_ONES) |
		     ((w ^ SCAN_ONES * '\\') - SCAN_ONES) | w) & (SCAN_ONES * 0x80))
			break;
		p += 8;
	}
	while (p < end && scan_is_plain(*p))
		p++;
	return p;
}

/* The length of the well-formed multi-byte sequence at p (RFC 3629, table in section 4), or 0; then *bad
 * is the length of the longest prefix that could have begun one, at least 1: what one U+FFFD replaces. */
static inline unsigned scan_utf8(const uint8_t *p, const uint8_t *end, unsigned *bad)
{
	uint8_t c = *p, low = 0x80, high = 0xbf;
	unsigned n, i;

	*bad = 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;                   /* no surrogates */
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;                   /* nothing past U+10FFFF */
	for (i = 1; i < n; i++, low = 0x80, high = 0xbf) {
		if (end - p <= (ptrdiff_t)i || p[i] < low || p[i] > high) {
			*bad = i;
			return 0;
		}
	}
	return n;
}

#endif
