/* Strings of JSON: their end, their escapes, their UTF-8 (RFC 8259, section 7). */
#include "base/json_read_priv.h"

#include <string.h>

char *json_read_scratch(struct json_reader *r, size_t n)
{
	if (n > r->scratch_size) {
		size_t size = n < 4096 ? 4096 : n + n / 2;

		if (r->scratch != r->small)
			mem_free(r->scratch);
		r->scratch = mem_alloc(size);
		r->scratch_size = size;
	}
	return r->scratch;
}

static int hex4(const uint8_t *p, const uint8_t *end)
{
	int value = 0, i;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		uint8_t c = p[i], low = c | 0x20;

		if (c >= '0' && c <= '9')
			value = value << 4 | (c - '0');
		else if (low >= 'a' && low <= 'f')
			value = value << 4 | (low - 'a' + 10);
		else
			return -1;
	}
	return value;
}

static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

/* p stands behind "\u"; *to takes the character. Returns what follows, or NULL. */
static const uint8_t *unescape_unicode(struct json_reader *r, const uint8_t *p, const uint8_t *end, char **to)
{
	int c = hex4(p, end), low;

	if (c < 0) {
		json_read_fail(r, p - 2, "\\u needs four hexadecimal digits");
		return NULL;
	}
	if (c == 0) {
		json_read_fail(r, p - 2, "\\u0000 is not allowed");
		return NULL;
	}
	if (c >= 0xd800 && c <= 0xdfff) {
		low = c < 0xdc00 && end - p >= 6 && p[4] == '\\' && p[5] == 'u' ? hex4(p + 6, end) : -1;
		if (low < 0xdc00 || low > 0xdfff) {
			json_read_fail(r, p - 2, "half of a surrogate pair");
			return NULL;
		}
		c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
		p += 6;
	}
	*to = put_utf8(*to, (uint32_t)c);
	return p + 4;
}

/* Decodes p[0..end), which is well-formed but for its escapes, into the scratch. */
static bool unescape(struct json_reader *r, const uint8_t *p, const uint8_t *end, const char **out, size_t *n)
{
	static const char meaning[128] = {
		['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n',
		['r'] = '\r', ['t'] = '\t',
	};
	char *to = json_read_scratch(r, (size_t)(end - p) + 1), *first = to;

	while (p < end) {
		const uint8_t *stop = memchr(p, '\\', (size_t)(end - p));
		size_t plain = (size_t)((stop ? stop : end) - p);

		memcpy(to, p, plain);
		to += plain;
		if (!stop)
			break;
		p = stop + 2;
		if (stop[1] < 128 && meaning[stop[1]]) {
			*to++ = meaning[stop[1]];
		} else if (stop[1] != 'u') {
			return json_read_fail(r, stop, "unknown escape in a string");
		} else if (!(p = unescape_unicode(r, p, end, &to))) {
			return false;
		}
	}
	*out = first;
	*n = (size_t)(to - first);
	return true;
}

static bool bad_string_byte(struct json_reader *r, const uint8_t *p)
{
	if (*p >= 0x80)
		return json_read_fail(r, p, "not valid UTF-8");
	return json_read_fail(r, p, "a control character in a string must be escaped");
}

bool json_read_string_from(struct json_reader *r, const uint8_t *first, const uint8_t *p,
                           const char **out, size_t *n)
{
	bool escapes = false;
	unsigned len, bad;

	for (;; p = scan_plain(p, r->end)) {
		if (p == r->end)
			return json_read_fail(r, r->at, "this string does not end");
		if (*p == '"')
			break;
		if (*p == '\\') {
			escapes = true;
			p += r->end - p > 1 && p[1] >= 0x20 && p[1] < 0x80 ? 2 : 1;
		} else if (*p >= 0x80 && (len = scan_utf8(p, r->end, &bad)) != 0) {
			p += len;
		} else {
			return bad_string_byte(r, p);
		}
	}
	r->at = p + 1;
	if (escapes)
		return unescape(r, first, p, out, n);
	*out = (const char *)first;
	*n = (size_t)(p - first);
	return true;
}

bool json_utf8_valid(const char *text, size_t n)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + n;
	unsigned len, bad;
	uint64_t w;

	while (p < end) {
		while (end - p >= 8 && (memcpy(&w, p, 8), (w & SCAN_ONES * 0x80) == 0))
			p += 8;
		if (p == end)
			break;
		if (*p < 0x80)
			p++;
		else if ((len = scan_utf8(p, end, &bad)) != 0)
			p += len;
		else
			return false;
	}
	return true;
}
