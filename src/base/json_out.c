/* The writer: JSON straight into a buffer. */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

#define DEPTH_LIMIT 63   /* has_member has a bit per level */

void json_begin(struct json_out *w, struct buf *b)
{
	w->b = b;
	w->depth = 0;
	w->has_member = 0;
}

/* --- strings --- */

/* What stands for the byte in a string: a letter behind a backslash, or 'u' for the long form. */
static const char escapes[256] = {
	['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
};

static void escape(struct buf *b, uint8_t c)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	if (!escapes[c]) {
		buf_add(b, text, sizeof text);
		return;
	}
	text[1] = escapes[c];
	buf_add(b, text, 2);
}

/* The rest of a string, from its first byte that needs attention. */
static void quote_rest(struct buf *b, const uint8_t *p, const uint8_t *end)
{
	while (p < end && !b->failed) {
		const uint8_t *first = p;
		unsigned n = 1, bad = 0;

		while (p < end) {
			p = scan_plain(p, end);
			if (p == end || *p < 0x80 || (n = scan_utf8(p, end, &bad)) == 0)
				break;
			p += n;
		}
		buf_add(b, first, (size_t)(p - first));
		if (p == end)
			break;
		if (*p < 0x80) {
			escape(b, *p++);
		} else {
			buf_add(b, "\xef\xbf\xbd", 3);
			p += bad;
		}
	}
}

void json_quote(struct buf *b, const char *s, size_t n)
{
	const uint8_t *first = (const uint8_t *)s, *end = first + n, *p;

	if (!buf_reserve(b, n + 2))
		return;
	p = scan_plain(first, end);
	b->data[b->len++] = '"';
	memcpy(b->data + b->len, first, (size_t)(p - first));
	b->len += (size_t)(p - first);
	if (p < end) {
		quote_rest(b, p, end);
		buf_addc(b, '"');
		return;
	}
	b->data[b->len++] = '"';
	b->data[b->len] = '\0';
}

/* --- structure --- */

/* The comma and the key before a value. */
static void before(struct json_out *w, const char *key)
{
	uint64_t bit = (uint64_t)1 << w->depth;

	if (w->has_member & bit)
		buf_addc(w->b, ',');
	w->has_member |= bit;
	if (key) {
		json_quote(w->b, key, strlen(key));
		buf_addc(w->b, ':');
	}
}

static void open(struct json_out *w, const char *key, char bracket)
{
	before(w, key);
	INVARIANT(w->depth < DEPTH_LIMIT, "JSON is written too deep");
	w->depth++;
	w->has_member &= ~((uint64_t)1 << w->depth);
	buf_addc(w->b, bracket);
}

static void close_with(struct json_out *w, char bracket)
{
	INVARIANT(w->depth > 0, "JSON is closed more often than opened");
	w->depth--;
	buf_addc(w->b, bracket);
}

void json_obj_open(struct json_out *w, const char *key)
{
	open(w, key, '{');
}

void json_obj_close(struct json_out *w)
{
	close_with(w, '}');
}

void json_arr_open(struct json_out *w, const char *key)
{
	open(w, key, '[');
}

void json_arr_close(struct json_out *w)
{
	close_with(w, ']');
}

/* --- numbers --- */

static char *put_digits(char *end, uint64_t v)
{
	do
		*--end = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	return end;
}

static void add_decimal(struct buf *b, bool negative, uint64_t v)
{
	char text[24], *end = text + sizeof text, *p = put_digits(end, v);

	if (negative)
		*--p = '-';
	buf_add(b, p, (size_t)(end - p));
}

static void add_int(struct buf *b, int64_t v)
{
	add_decimal(b, v < 0, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

/* v as a whole number of tenths, hundredths, …: i / 10^k is rounded correctly when both are exact, so the
 * decimal reads back as v, and the first k that does has the fewest digits. Most numbers end here. */
static bool add_short(struct buf *b, double v)
{
	static const double tens[] = {1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
	char text[32], *end = text + sizeof text, *p = end;
	double size = fabs(v);
	unsigned k, i;
	uint64_t scaled = 0;

	if (!(size < 1e9) || (size != 0 && size < 1e-3))
		return false;
	for (k = 0; k < 6; k++) {
		scaled = (uint64_t)(size * tens[k] + 0.5);
		if ((double)scaled / tens[k] == size)
			break;
	}
	if (k == 6)
		return false;
	for (i = 0; i <= k; i++, scaled /= 10)
		*--p = (char)('0' + scaled % 10);
	*--p = '.';
	p = put_digits(p, scaled);
	if (signbit(v))
		*--p = '-';
	buf_add(b, p, (size_t)(end - p));
	return true;
}

/* printf's %g, made JSON: the locale's radix (one or more bytes) becomes a point, "1e+06" becomes "1e6",
 * and a number without point or exponent gets ".0", so that it reads back as what it was. */
static void add_printed(struct buf *b, const char *text)
{
	bool fraction = false;

	while (*text) {
		if ((*text >= '0' && *text <= '9') || *text == '-') {
			buf_addc(b, *text++);
			continue;
		}
		fraction = true;
		if (*text == 'e') {
			buf_adds(b, text[1] == '-' ? "e-" : "e");
			for (text += 2; *text == '0'; text++)
				;
		} else {
			buf_addc(b, '.');
			while (*text && (*text < '0' || *text > '9'))
				text++;
		}
	}
	if (!fraction)
		buf_adds(b, ".0");
}

static void add_num(struct buf *b, double v)
{
	char text[64];
	int digits;

	if (!isfinite(v)) {
		buf_add(b, "null", 4);
		return;
	}
	if (add_short(b, v))
		return;
	for (digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, v);
		if (strtod(text, NULL) == v)           /* the same locale on both ways */
			break;
	}
	add_printed(b, text);
}

/* --- members --- */

void json_put_strn(struct json_out *w, const char *key, const char *value, size_t n)
{
	before(w, key);
	if (value)
		json_quote(w->b, value, n);
	else
		buf_add(w->b, "null", 4);
}

void json_put_str(struct json_out *w, const char *key, const char *value)
{
	json_put_strn(w, key, value, value ? strlen(value) : 0);
}

void json_put_int(struct json_out *w, const char *key, int64_t value)
{
	before(w, key);
	add_int(w->b, value);
}

void json_put_num(struct json_out *w, const char *key, double value)
{
	before(w, key);
	add_num(w->b, value);
}

void json_put_bool(struct json_out *w, const char *key, bool value)
{
	before(w, key);
	buf_adds(w->b, value ? "true" : "false");
}

void json_put_null(struct json_out *w, const char *key)
{
	before(w, key);
	buf_add(w->b, "null", 4);
}

void json_put_raw(struct json_out *w, const char *key, const char *json, size_t n)
{
	before(w, key);
	buf_add(w->b, json, n);
}

/* --- trees --- */

#define ON_ONE_LINE (-1)     /* in place of a level */

static void add_value(struct buf *b, struct json_object *value, int level);

/* Between the parts of an object or array whose members are at this level, two blanks each. */
static void begin_line(struct buf *b, int level)
{
	if (level == ON_ONE_LINE)
		return;
	buf_addc(b, '\n');
	while (level-- > 0)
		buf_add(b, "  ", 2);
}

static int within(int level)
{
	return level == ON_ONE_LINE ? level : level + 1;
}

static void add_members(struct buf *b, struct json_object *object, int level)
{
	bool first = true;

	buf_addc(b, '{');
	json_object_object_foreach(object, key, value) {
		if (!first)
			buf_addc(b, ',');
		first = false;
		begin_line(b, within(level));
		json_quote(b, key, strlen(key));
		buf_adds(b, level == ON_ONE_LINE ? ":" : ": ");
		add_value(b, value, within(level));
	}
	if (!first)
		begin_line(b, level);
	buf_addc(b, '}');
}

static void add_elements(struct buf *b, struct json_object *array, int level)
{
	size_t n = json_object_array_length(array), i;

	buf_addc(b, '[');
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		begin_line(b, within(level));
		add_value(b, json_object_array_get_idx(array, i), within(level));
	}
	if (n > 0)
		begin_line(b, level);
	buf_addc(b, ']');
}

static void add_tree_int(struct buf *b, struct json_object *value)
{
	int64_t i = json_object_get_int64(value);

	if (i == INT64_MAX)                    /* or past it: json-c keeps those apart */
		add_decimal(b, false, json_object_get_uint64(value));
	else
		add_int(b, i);
}

static void add_value(struct buf *b, struct json_object *value, int level)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		buf_add(b, "null", 4);
		break;
	case json_type_boolean:
		buf_adds(b, json_object_get_boolean(value) ? "true" : "false");
		break;
	case json_type_double:
		add_num(b, json_object_get_double(value));
		break;
	case json_type_int:
		add_tree_int(b, value);
		break;
	case json_type_string:
		json_quote(b, json_object_get_string(value), (size_t)json_object_get_string_len(value));
		break;
	case json_type_object:
		add_members(b, value, level);
		break;
	case json_type_array:
		add_elements(b, value, level);
		break;
	}
}

void json_put_value(struct json_out *w, const char *key, struct json_object *value)
{
	before(w, key);
	add_value(w->b, value, ON_ONE_LINE);
}

void json_add_indented(struct buf *b, struct json_object *value)
{
	add_value(b, value, 0);
}
