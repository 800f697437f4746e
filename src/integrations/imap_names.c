/* Names of folders and keywords: modified UTF-7 (RFC 3501, section 5.1.3), which is ASCII but for "&", behind which
 * UTF-16 stands in a base64 that has "," for "/". */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "integrations/imap_priv.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

struct out { char *p; size_t n, size; };

static void put(struct out *o, char c)
{
	if (o->n < o->size)
		o->p[o->n] = c;
	o->n++;
}

static bool finish(struct out *o)
{
	if (o->n >= o->size)
		return false;
	o->p[o->n] = '\0';
	return true;
}

/* One character of valid UTF-8. */
static uint32_t next_character(const char **p)
{
	unsigned char c = (unsigned char)**p;
	unsigned more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	uint32_t code = more == 0 ? c : c & (0x3fu >> more);

	(*p)++;
	while (more-- > 0)
		code = code << 6 | ((unsigned char)*(*p)++ & 0x3f);
	return code;
}

struct bits { uint32_t held; unsigned count; };

static void put_unit(struct out *o, struct bits *b, unsigned unit)
{
	b->held = b->held << 16 | unit;
	for (b->count += 16; b->count >= 6; b->count -= 6)
		put(o, digits[b->held >> (b->count - 6) & 63]);
	b->held &= (1u << b->count) - 1;
}

/* A run of characters that are no printable ASCII. */
static const char *put_run(struct out *o, const char *p)
{
	struct bits b = {0, 0};

	put(o, '&');
	while (*p && ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)) {
		uint32_t c = next_character(&p);

		if (c >= 0x10000) {
			put_unit(o, &b, 0xd800 + ((c - 0x10000) >> 10));
			put_unit(o, &b, 0xdc00 + ((c - 0x10000) & 0x3ff));
		} else {
			put_unit(o, &b, c);
		}
	}
	if (b.count > 0)
		put(o, digits[b.held << (6 - b.count) & 63]);
	put(o, '-');
	return p;
}

bool imap_name_encode(const char *utf8, char *out, size_t size)
{
	struct out o = {out, 0, size};

	if (!json_utf8_valid(utf8, strlen(utf8)))
		return false;
	while (*utf8) {
		if ((unsigned char)*utf8 < ' ' || (unsigned char)*utf8 >= 0x7f) {
			utf8 = put_run(&o, utf8);
			continue;
		}
		put(&o, *utf8);
		if (*utf8++ == '&')
			put(&o, '-');
	}
	return finish(&o);
}

static void put_character(struct out *o, uint32_t c)
{
	if (c < 0x80) {
		put(o, (char)c);
		return;
	}
	if (c < 0x800) {
		put(o, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			put(o, (char)(0xe0 | c >> 12));
		} else {
			put(o, (char)(0xf0 | c >> 18));
			put(o, (char)(0x80 | (c >> 12 & 63)));
		}
		put(o, (char)(0x80 | (c >> 6 & 63)));
	}
	put(o, (char)(0x80 | (c & 63)));
}

/* From behind "&" to "-"; NULL: malformed. */
static const char *take_run(struct out *o, const char *p)
{
	struct bits b = {0, 0};
	uint32_t high = 0;
	const char *d;

	for (; *p && *p != '-'; p++) {
		uint32_t unit;

		if (!(d = strchr(digits, *p)))
			return NULL;
		b.held = b.held << 6 | (uint32_t)(d - digits);
		b.count += 6;
		if (b.count < 16)
			continue;
		unit = b.held >> (b.count - 16) & 0xffff;
		b.count -= 16;
		b.held &= (1u << b.count) - 1;
		if (high == 0 && unit >= 0xd800 && unit < 0xdc00) {
			high = unit;
			continue;
		}
		if ((high != 0) != (unit >= 0xdc00 && unit < 0xe000) || unit < ' ')
			return NULL;
		put_character(o, high ? 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00) : unit);
		high = 0;
	}
	return *p == '-' && high == 0 && b.count < 6 && b.held == 0 ? p + 1 : NULL;
}

void imap_name_decode(const char *name, char *out, size_t size)
{
	struct out o = {out, 0, size};
	const char *p = name;

	while (p && *p) {
		if (*p != '&') {
			put(&o, *p++);
		} else if (p[1] == '-') {
			put(&o, '&');
			p += 2;
		} else {
			p = take_run(&o, p + 1);
		}
	}
	if (!p || !finish(&o) || !json_utf8_valid(out, strlen(out)))
		snprintf(out, size, "%s", json_utf8_valid(name, strlen(name)) ? name : "?");
}

bool imap_keyword(const char *label, char *out, size_t size)
{
	char plain[IMAP_FOLDER_SIZE];
	size_t i;

	if (!*label || strlen(label) >= sizeof plain)
		return false;
	for (i = 0; label[i]; i++)
		plain[i] = (unsigned char)label[i] <= ' ' || strchr("(){%*\"\\[]\x7f", label[i]) ? '_' : label[i];
	plain[i] = '\0';
	return imap_name_encode(plain, out, size);
}
