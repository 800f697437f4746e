/* Charsets, repair and cleaning of text. */
#include "integrations/text_clean.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"

#define REPLACEMENT 0xFFFD

/* windows-1252 for 0x80–0x9F (WHATWG Encoding Standard); the rest equals its byte. */
static const uint16_t cp1252[32] = {
	0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
	0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
	0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
	0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

/* What nobody sees, ascending. */
static const struct { uint32_t from, to; } unseen[] = {
	{0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C}, {0x115F, 0x1160}, {0x17B4, 0x17B5},
	{0x180B, 0x180F}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164},
	{0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1D173, 0x1D17A},
	{0xE0000, 0xE0FFF},
};

static const uint32_t blanks[] = {0x00A0, 0x1680, 0x202F, 0x205F, 0x2800, 0x3000};

static bool is_unseen(uint32_t c)
{
	unsigned i;

	for (i = 0; i < sizeof unseen / sizeof *unseen && c >= unseen[i].from; i++)
		if (c <= unseen[i].to)
			return true;
	return false;
}

static bool is_blank(uint32_t c)
{
	unsigned i;

	if (c >= 0x2000 && c <= 0x200A)
		return true;
	for (i = 0; i < sizeof blanks / sizeof *blanks; i++)
		if (c == blanks[i])
			return true;
	return false;
}

void text_put(struct buf *out, uint32_t c)
{
	char s[4];

	if (c < 0x80) {
		buf_addc(out, (char)c);
	} else if (c < 0x800) {
		s[0] = (char)(0xC0 | c >> 6);
		s[1] = (char)(0x80 | (c & 0x3F));
		buf_add(out, s, 2);
	} else if (c < 0x10000) {
		s[0] = (char)(0xE0 | c >> 12);
		s[1] = (char)(0x80 | (c >> 6 & 0x3F));
		s[2] = (char)(0x80 | (c & 0x3F));
		buf_add(out, s, 3);
	} else {
		s[0] = (char)(0xF0 | c >> 18);
		s[1] = (char)(0x80 | (c >> 12 & 0x3F));
		s[2] = (char)(0x80 | (c >> 6 & 0x3F));
		s[3] = (char)(0x80 | (c & 0x3F));
		buf_add(out, s, 4);
	}
}

/* The length of the valid sequence at p, 0 when there is none; its code point in *code (RFC 3629). */
static size_t sequence(const unsigned char *p, size_t n, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3
	           : p[0] < 0xF5 ? 4 : 0, i;
	uint32_t c = p[0];

	if (len == 0 || len > n)
		return 0;
	if (len > 1)
		c &= 0x7Fu >> len;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3F);
	}
	if (c < least[len] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 0;
	*code = c;
	return len;
}

uint32_t text_next(const char **p)
{
	const unsigned char *s = (const unsigned char *)*p;
	uint32_t c = REPLACEMENT;
	/* a sequence does not go past the NUL, which continues none */
	size_t len = sequence(s, 4, &c);

	*p += len ? len : 1;
	return c;
}

uint32_t text_windows(uint32_t code)
{
	if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		return REPLACEMENT;
	return code >= 0x80 && code < 0xA0 ? cp1252[code - 0x80] : code;
}

/* The next character, repaired; *p is moved past it. */
static uint32_t repaired(const char **p, const char *end)
{
	const unsigned char *s = (const unsigned char *)*p;
	uint32_t c;
	size_t len = sequence(s, (size_t)(end - *p), &c);

	if (len == 0) {
		c = text_windows(s[0]);
		len = 1;
	}
	*p += len;
	return c;
}

/* What stands for c in clean text; 0: nothing. */
static uint32_t cleaned(uint32_t c)
{
	if (c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7F))
		return c;
	if (c == 0x2028 || c == 0x2029 || c == 0x0B || c == 0x0C || c == 0x85)
		return '\n';
	if (c == 0)
		return ' ';
	if (c < 0xA0 || is_unseen(c))
		return 0;
	return is_blank(c) ? ' ' : c;
}

/* How many bytes from p on are clean as they are. */
static size_t clean_run(const char *p, const char *end)
{
	const char *stop = p;

	while (stop < end && ((*stop >= 0x20 && *stop < 0x7F) || *stop == '\n' || *stop == '\t'))
		stop++;
	return (size_t)(stop - p);
}

void text_clean(struct buf *out, const char *text, size_t n)
{
	const char *p = text, *end = text + n;

	while (p < end && !out->failed) {
		size_t run = clean_run(p, end);
		uint32_t c;

		buf_add(out, p, run);
		p += run;
		if (p == end)
			break;
		c = repaired(&p, end);

		if (c == '\r')
			c = p < end && *p == '\n' ? 0x7F : '\n';
		c = cleaned(c);
		if (c)
			text_put(out, c);
	}
}

/* How many bytes from p on belong to a word of ASCII. */
static size_t word_run(const char *p, const char *end)
{
	const char *stop = p;

	while (stop < end && *stop > 0x20 && *stop < 0x7F)
		stop++;
	return (size_t)(stop - p);
}

void text_clean_line(struct buf *out, const char *text, size_t n)
{
	const char *p = text, *end = text + n;
	bool gap = false, any = false;

	while (p < end && !out->failed) {
		size_t run = word_run(p, end);
		uint32_t c;

		if (run > 0) {
			if (gap && any)
				buf_addc(out, ' ');
			buf_add(out, p, run);
			gap = false;
			any = true;
			p += run;
			continue;
		}
		c = repaired(&p, end);
		c = c == '\r' ? ' ' : cleaned(c);
		if (c == 0)
			continue;
		if (c == ' ' || c == '\n' || c == '\t') {
			gap = true;
			continue;
		}
		if (gap && any)
			buf_addc(out, ' ');
		gap = false;
		any = true;
		text_put(out, c);
	}
}

/* Names that may be given to iconv: no suffixes such as //TRANSLIT, nothing that is a path. */
static bool charset_is_plain(const char *charset)
{
	const char *p;

	for (p = charset; *p; p++)
		if (!(g_ascii_isalnum(*p) || strchr("-_.:", *p)) || p - charset > 40)
			return false;
	return p > charset;
}

static bool is_ascii_family(const char *charset)
{
	static const char *const names[] = {
		"us-ascii", "ascii", "utf-8", "utf8", "ansi_x3.4-1968", "iso-8859-1", "latin1",
		"iso8859-1", "windows-1252", "cp1252", "unknown-8bit", "x-unknown", "unknown",
		"default", "8bit", "none",
	};
	unsigned i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(charset, names[i]) == 0)
			return true;
	return false;
}

static void put_bounded(struct buf *out, const char *p, size_t n, size_t stop)
{
	if (out->len < stop)
		buf_add(out, p, n < stop - out->len ? n : stop - out->len);
}

/* Bytes that are UTF-8, or windows-1252 where they are not. */
static void put_repaired(struct buf *out, const char *p, size_t n, size_t stop)
{
	const char *end = p + n;

	if (json_utf8_valid(p, n)) {
		put_bounded(out, p, n, stop);
		return;
	}
	while (p < end && out->len < stop && !out->failed) {
		const char *from = p;

		while (p < end && (unsigned char)*p < 0x80)
			p++;
		put_bounded(out, from, (size_t)(p - from), stop);
		if (p < end && out->len < stop)
			text_put(out, repaired(&p, end));
	}
}

static void convert(struct buf *out, iconv_t cd, const char *p, size_t n, size_t stop)
{
	char room[4096], *in = (char *)(uintptr_t)p;

	while (n > 0 && out->len < stop && !out->failed) {
		char *to = room;
		size_t left = sizeof room, got = iconv(cd, &in, &n, &to, &left);

		put_bounded(out, room, (size_t)(to - room), stop);
		if (got != (size_t)-1 || errno == E2BIG)
			continue;
		text_put(out, REPLACEMENT);
		if (errno != EILSEQ || n == 0)
			break;
		in++;
		n--;
	}
}

void text_decode(struct buf *out, const char *charset, const char *p, size_t n, size_t max)
{
	size_t stop = out->len + max;
	const char *name;
	iconv_t cd;

	if (!charset || !charset_is_plain(charset) || is_ascii_family(charset)) {
		put_repaired(out, p, n, stop);
		return;
	}
	name = g_mime_charset_iconv_name(charset);
	cd = name ? iconv_open("UTF-8", name) : (iconv_t)-1;
	if (cd == (iconv_t)-1) {
		put_repaired(out, p, n, stop);
		return;
	}
	convert(out, cd, p, n, stop);
	iconv_close(cd);
}
