/* The reader: one pass over the text, json-c objects made as it goes (RFC 8259). */
#include "base/json.h"

#include <float.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/mem.h"

#define KEY_IN_MESSAGE 60   /* bytes of a duplicate key that the error quotes */
#define ARRAY_ROOM     8    /* json-c's default is 32 */

struct reader {
	const uint8_t *at, *start, *end;
	int   depth, depth_max;        /* how many levels are still allowed, and were at first */
	char *scratch;                 /* decoded strings and the text of numbers */
	size_t scratch_size;
	char  small[512];              /* what scratch is at first */
	struct json_span *spans;       /* of the top-level object, or NULL */
	unsigned span_room, span_count;
	struct error *err;
};

static bool fail(struct reader *r, const uint8_t *where, const char *what)
{
	return err_set(r->err, ERR_INVALID_INPUT, "Malformed JSON at byte %zu: %s",
	               (size_t)(where - r->start), what);
}

/* json-c answers NULL when memory is short; see mem.h for what that means here. */
static void *got(void *p)
{
	INVARIANT(p != NULL, "out of memory");
	return p;
}

static char *scratch(struct reader *r, size_t n)
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

static inline void skip_space(struct reader *r)
{
	const uint8_t *p = r->at;

	while (p < r->end && *p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	r->at = p;
}

/* --- strings --- */

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
static const uint8_t *unescape_unicode(struct reader *r, const uint8_t *p, const uint8_t *end, char **to)
{
	int c = hex4(p, end), low;

	if (c < 0) {
		fail(r, p - 2, "\\u needs four hexadecimal digits");
		return NULL;
	}
	if (c == 0) {
		fail(r, p - 2, "\\u0000 is not allowed");
		return NULL;
	}
	if (c >= 0xd800 && c <= 0xdfff) {
		low = c < 0xdc00 && end - p >= 6 && p[4] == '\\' && p[5] == 'u' ? hex4(p + 6, end) : -1;
		if (low < 0xdc00 || low > 0xdfff) {
			fail(r, p - 2, "half of a surrogate pair");
			return NULL;
		}
		c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
		p += 6;
	}
	*to = put_utf8(*to, (uint32_t)c);
	return p + 4;
}

/* Decodes p[0..end), which is well-formed but for its escapes, into the scratch. */
static bool unescape(struct reader *r, const uint8_t *p, const uint8_t *end, const char **out, size_t *n)
{
	static const char meaning[128] = {
		['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n',
		['r'] = '\r', ['t'] = '\t',
	};
	char *to = scratch(r, (size_t)(end - p) + 1), *first = to;

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
			return fail(r, stop, "unknown escape in a string");
		} else if (!(p = unescape_unicode(r, p, end, &to))) {
			return false;
		}
	}
	*out = first;
	*n = (size_t)(to - first);
	return true;
}

static bool bad_string_byte(struct reader *r, const uint8_t *p)
{
	if (*p >= 0x80)
		return fail(r, p, "not valid UTF-8");
	return fail(r, p, "a control character in a string must be escaped");
}

/* Reads the string whose opening quote r->at is at. out points into the text or, where there were escapes,
 * into the scratch: valid until the next string. */
static bool read_string(struct reader *r, const char **out, size_t *n)
{
	const uint8_t *p = r->at + 1, *first = p;
	bool escapes = false;
	unsigned len, bad;

	for (;;) {
		p = scan_plain(p, r->end);
		if (p == r->end)
			return fail(r, r->at, "this string does not end");
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

/* --- numbers --- */

static locale_t c_locale;

static void make_c_locale(void)
{
	c_locale = got(newlocale(LC_ALL_MASK, "C", (locale_t)0));
}

/* What is not exact in one multiplication or division goes through strtod, whatever the process's locale. */
static double slow_double(struct reader *r, const uint8_t *first, size_t n)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char *text = scratch(r, n + 1);

	pthread_once(&once, make_c_locale);
	memcpy(text, first, n);
	text[n] = '\0';
	return strtod_l(text, NULL, c_locale);
}

/* digits * 10^exponent, by Clinger's fast path. More digits than d holds are more than 2^53. */
static bool exact_double(uint64_t digits, long exponent, double *out)
{
	static const double tens[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
	};

	if (FLT_EVAL_METHOD != 0 || digits > (uint64_t)1 << 53 || exponent < -22 || exponent > 22)
		return false;
	*out = exponent < 0 ? (double)digits / tens[-exponent] : (double)digits * tens[exponent];
	return true;
}

struct digits {
	uint64_t value;                /* of the first 19 significant ones */
	unsigned count;                /* significant ones seen */
	long     behind;               /* how many of all stand behind the point */
};

/* Reads a run of digits into d; false if there is none. */
static bool read_digits(struct reader *r, struct digits *d, bool behind_point)
{
	const uint8_t *p = r->at;

	for (; p < r->end && *p >= '0' && *p <= '9'; p++) {
		if (d->count < 19)
			d->value = d->value * 10 + (uint64_t)(*p - '0');
		if (d->count || *p != '0')
			d->count++;
		d->behind += behind_point;
	}
	if (p == r->at)
		return false;
	r->at = p;
	return true;
}

static bool read_exponent(struct reader *r, long *exponent)
{
	struct digits d = {0};
	bool negative = false;

	r->at++;
	if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
		negative = *r->at++ == '-';
	if (!read_digits(r, &d, false))
		return fail(r, r->at, "digits must follow the exponent's e");
	*exponent = d.count > 6 ? 1000000 : (long)d.value;
	if (negative)
		*exponent = -*exponent;
	return true;
}

static bool make_int(struct reader *r, const uint8_t *first, const struct digits *d, bool negative,
                     struct json_object **out)
{
	uint64_t most = (uint64_t)INT64_MAX + negative;

	if (d->count > 19 || d->value > most)
		return fail(r, first, "this integer does not fit 64 bits");
	*out = got(json_object_new_int64(negative ? (int64_t)(0 - d->value) : (int64_t)d->value));
	return true;
}

static bool read_number(struct reader *r, struct json_object **out)
{
	const uint8_t *first = r->at;
	bool negative = *first == '-', whole = true;
	struct digits d = {0};
	long exponent = 0;
	double value;

	r->at += negative;
	if (r->end - r->at >= 2 && r->at[0] == '0' && r->at[1] >= '0' && r->at[1] <= '9')
		return fail(r, first, "a number must not begin with 0");
	if (!read_digits(r, &d, false))
		return fail(r, r->at, "a digit must follow the minus");
	if (r->at < r->end && *r->at == '.') {
		whole = false;
		r->at++;
		if (!read_digits(r, &d, true))
			return fail(r, r->at, "a digit must follow the point");
	}
	if (r->at < r->end && (*r->at | 0x20) == 'e') {
		whole = false;
		if (!read_exponent(r, &exponent))
			return false;
	}
	if (whole)
		return make_int(r, first, &d, negative, out);
	if (!exact_double(d.value, exponent - d.behind, &value)) {
		value = slow_double(r, first, (size_t)(r->at - first));
		negative = false;              /* its sign is in it */
	}
	if (value > DBL_MAX || value < -DBL_MAX)
		return fail(r, first, "this number is too large");
	*out = got(json_object_new_double(negative ? -value : value));
	return true;
}

/* --- values --- */

static bool read_value(struct reader *r, struct json_object **out);

static bool read_word(struct reader *r, const char *word, size_t n)
{
	if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
		return fail(r, r->at, "a value must be an object, array, string, number, true, false or null");
	r->at += n;
	return true;
}

static bool duplicate(struct reader *r, const uint8_t *where, const char *key)
{
	size_t n = strlen(key), shown = n;

	if (n > KEY_IN_MESSAGE)
		for (shown = KEY_IN_MESSAGE; ((uint8_t)key[shown] & 0xc0) == 0x80; shown--)
			;                      /* not in the middle of a character */
	return err_set(r->err, ERR_INVALID_INPUT, "Malformed JSON at byte %zu: the key \"%.*s\"%s occurs twice",
	               (size_t)(where - r->start), (int)shown, key, shown < n ? "…" : "");
}

/* Reads `"key" :` and enters the key with a null value. The table of json-c is used directly, so that
 * looking for a duplicate and inserting share one hash. json-c frees the key with free(). */
static struct lh_entry *read_key(struct reader *r, struct lh_table *members)
{
	const uint8_t *where = r->at;
	unsigned long hash;
	const char *text;
	char *key;
	size_t n;

	if (r->at == r->end || *r->at != '"') {
		fail(r, r->at, "a key in double quotes must stand here");
		return NULL;
	}
	if (!read_string(r, &text, &n))
		return NULL;
	key = got(malloc(n + 1));
	memcpy(key, text, n);
	key[n] = '\0';
	hash = lh_get_hash(members, key);
	if (lh_table_lookup_entry_w_hash(members, key, hash)) {
		duplicate(r, where, key);
		free(key);
		return NULL;
	}
	INVARIANT(lh_table_insert_w_hash(members, key, NULL, hash, 0) == 0, "out of memory");
	skip_space(r);
	if (r->at == r->end || *r->at != ':') {
		fail(r, r->at, "a colon must follow the key");
		return NULL;
	}
	r->at++;
	skip_space(r);
	return members->tail;
}

static void keep_span(struct reader *r, const char *key, const uint8_t *first)
{
	struct json_span *s;

	if (r->span_count == r->span_room)
		return;
	s = &r->spans[r->span_count++];
	s->key = key;
	s->key_len = strlen(key);
	s->p = (const char *)first;
	s->n = (size_t)(r->at - first);
}

static bool read_members(struct reader *r, struct json_object *o, bool top)
{
	struct lh_table *members = json_object_get_object(o);

	for (;;) {
		struct lh_entry *member;
		struct json_object *value;
		const uint8_t *first;

		skip_space(r);
		member = read_key(r, members);
		if (!member)
			return false;
		first = r->at;
		if (!read_value(r, &value))
			return false;
		member->v = value;             /* read_value changed no table but those inside value */
		if (top)
			keep_span(r, member->k, first);
		skip_space(r);
		if (r->at < r->end && *r->at == ',') {
			r->at++;
			continue;
		}
		if (r->at == r->end || *r->at != '}')
			return fail(r, r->at, "a comma or } must follow a member of an object");
		r->at++;
		return true;
	}
}

static bool enter(struct reader *r)
{
	if (r->depth == 0)
		return fail(r, r->at, "nested too deeply");
	r->depth--;
	r->at++;
	skip_space(r);
	return true;
}

static bool read_object(struct reader *r, struct json_object **out)
{
	bool top = r->spans && r->depth == r->depth_max;
	struct json_object *o;

	if (!enter(r))
		return false;
	o = got(json_object_new_object());
	if (r->at < r->end && *r->at == '}') {
		r->at++;
	} else if (!read_members(r, o, top)) {
		json_object_put(o);
		return false;
	}
	r->depth++;
	*out = o;
	return true;
}

static bool read_elements(struct reader *r, struct json_object *array)
{
	for (;;) {
		struct json_object *value;

		if (!read_value(r, &value))
			return false;
		INVARIANT(json_object_array_add(array, value) == 0, "out of memory");
		skip_space(r);
		if (r->at < r->end && *r->at == ',') {
			r->at++;
			skip_space(r);
			continue;
		}
		if (r->at == r->end || *r->at != ']')
			return fail(r, r->at, "a comma or ] must follow an element of an array");
		r->at++;
		return true;
	}
}

static bool read_array(struct reader *r, struct json_object **out)
{
	struct json_object *array;

	if (!enter(r))
		return false;
	array = got(json_object_new_array_ext(ARRAY_ROOM));
	if (r->at < r->end && *r->at == ']') {
		r->at++;
	} else if (!read_elements(r, array)) {
		json_object_put(array);
		return false;
	}
	r->depth++;
	*out = array;
	return true;
}

static bool read_text(struct reader *r, struct json_object **out)
{
	const char *text;
	size_t n;

	if (!read_string(r, &text, &n))
		return false;
	if (n > INT32_MAX)
		return fail(r, r->at, "this string is too long");
	*out = got(json_object_new_string_len(text, (int)n));
	return true;
}

/* Reads the value that begins at r->at; *out is set only on success. */
static bool read_value(struct reader *r, struct json_object **out)
{
	if (r->at == r->end)
		return fail(r, r->at, "a value is missing");
	switch (*r->at) {
	case '"':
		return read_text(r, out);
	case '{':
		return read_object(r, out);
	case '[':
		return read_array(r, out);
	case 't':
		if (!read_word(r, "true", 4))
			return false;
		*out = got(json_object_new_boolean(1));
		return true;
	case 'f':
		if (!read_word(r, "false", 5))
			return false;
		*out = got(json_object_new_boolean(0));
		return true;
	case '-':
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return read_number(r, out);
	default:
		if (!read_word(r, "null", 4))
			return false;
		*out = NULL;
		return true;
	}
}

static bool read_all(struct reader *r, struct json_object **out)
{
	if (r->end - r->at >= 3 && memcmp(r->at, "\xef\xbb\xbf", 3) == 0)
		return fail(r, r->at, "a byte order mark is not allowed");
	skip_space(r);
	if (r->at == r->end)
		return fail(r, r->at, "there is no value");
	if (!read_value(r, out))
		return false;
	skip_space(r);
	if (r->at == r->end)
		return true;
	json_object_put(*out);
	return fail(r, r->at, "nothing may follow the value");
}

bool json_read(const char *text, size_t n, int depth, struct json_object **out,
               struct json_span *spans, unsigned *span_count, struct error *err)
{
	struct reader r;
	bool ok;

	r.at = r.start = (const uint8_t *)text;
	r.end = r.start + n;
	r.depth = r.depth_max = depth;
	r.scratch = r.small;
	r.scratch_size = sizeof r.small;
	r.spans = spans;
	r.span_room = spans ? *span_count : 0;
	r.span_count = 0;
	r.err = err;
	*out = NULL;
	ok = read_all(&r, out);
	if (!ok) {
		*out = NULL;
		r.span_count = 0;
	}
	if (spans)
		*span_count = r.span_count;
	if (r.scratch != r.small)
		mem_free(r.scratch);
	return ok;
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
