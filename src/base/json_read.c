/* The reader: one pass over the text, json-c objects made as it goes (RFC 8259). Strings and numbers have files
 * of their own. */
#include "base/json_read_priv.h"

#include <stdlib.h>
#include <string.h>

#define KEY_IN_MESSAGE 60   /* bytes of a duplicate key that the error quotes */
#define ARRAY_ROOM     8    /* json-c's default is 32 */

bool json_read_fail(struct json_reader *r, const uint8_t *where, const char *what)
{
	return err_set(r->err, ERR_INVALID_INPUT, "Malformed JSON at byte %zu: %s",
	               (size_t)(where - r->start), what);
}

static bool read_value(struct json_reader *r, struct json_object **out);

static bool read_word(struct json_reader *r, const char *word, size_t n)
{
	if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
		return json_read_fail(r, r->at, "a value must be an object, array, string, number, true, false or null");
	r->at += n;
	return true;
}

static bool duplicate(struct json_reader *r, const uint8_t *where, const char *key)
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
static struct lh_entry *read_key(struct json_reader *r, struct lh_table *members)
{
	const uint8_t *where = r->at;
	unsigned long hash;
	const char *text;
	char *key;
	size_t n;

	if (r->at == r->end || *r->at != '"') {
		json_read_fail(r, r->at, "a key in double quotes must stand here");
		return NULL;
	}
	if (!json_read_string(r, &text, &n))
		return NULL;
	key = json_read_got(malloc(n + 1));
	memcpy(key, text, n);
	key[n] = '\0';
	hash = lh_get_hash(members, key);
	if (lh_table_lookup_entry_w_hash(members, key, hash)) {
		duplicate(r, where, key);
		free(key);
		return NULL;
	}
	INVARIANT(lh_table_insert_w_hash(members, key, NULL, hash, 0) == 0, "out of memory");
	json_read_skip_space(r);
	if (r->at == r->end || *r->at != ':') {
		json_read_fail(r, r->at, "a colon must follow the key");
		return NULL;
	}
	r->at++;
	json_read_skip_space(r);
	return members->tail;
}

static void keep_span(struct json_reader *r, const char *key, const uint8_t *first)
{
	unsigned i;

	for (i = 0; r->wanted[i]; i++)
		if (strcmp(r->wanted[i], key) == 0)
			r->spans[i] = (struct json_span){(const char *)first, (size_t)(r->at - first)};
}

static bool read_members(struct json_reader *r, struct json_object *o, bool top)
{
	struct lh_table *members = json_object_get_object(o);

	for (;;) {
		struct lh_entry *member;
		struct json_object *value;
		const uint8_t *first;

		json_read_skip_space(r);
		member = read_key(r, members);
		if (!member)
			return false;
		first = r->at;
		if (!read_value(r, &value))
			return false;
		member->v = value;             /* read_value changed no table but those inside value */
		if (top)
			keep_span(r, member->k, first);
		json_read_skip_space(r);
		if (r->at < r->end && *r->at == ',') {
			r->at++;
			continue;
		}
		if (r->at == r->end || *r->at != '}')
			return json_read_fail(r, r->at, "a comma or } must follow a member of an object");
		r->at++;
		return true;
	}
}

static bool enter(struct json_reader *r)
{
	if (r->depth == 0)
		return json_read_fail(r, r->at, "nested too deeply");
	r->depth--;
	r->at++;
	json_read_skip_space(r);
	return true;
}

static bool read_object(struct json_reader *r, struct json_object **out)
{
	bool top = r->wanted && r->depth == r->depth_max;
	struct json_object *o;

	if (!enter(r))
		return false;
	o = json_read_got(json_object_new_object());
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

static bool read_elements(struct json_reader *r, struct json_object *array)
{
	for (;;) {
		struct json_object *value;

		if (!read_value(r, &value))
			return false;
		INVARIANT(json_object_array_add(array, value) == 0, "out of memory");
		json_read_skip_space(r);
		if (r->at < r->end && *r->at == ',') {
			r->at++;
			json_read_skip_space(r);
			continue;
		}
		if (r->at == r->end || *r->at != ']')
			return json_read_fail(r, r->at, "a comma or ] must follow an element of an array");
		r->at++;
		return true;
	}
}

static bool read_array(struct json_reader *r, struct json_object **out)
{
	struct json_object *array;

	if (!enter(r))
		return false;
	array = json_read_got(json_object_new_array_ext(ARRAY_ROOM));
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

static bool read_text(struct json_reader *r, struct json_object **out)
{
	const char *text;
	size_t n;

	if (!json_read_string(r, &text, &n))
		return false;
	if (n > INT32_MAX)
		return json_read_fail(r, r->at, "this string is too long");
	*out = json_read_got(json_object_new_string_len(text, (int)n));
	return true;
}

/* Reads the value that begins at r->at; *out is set only on success. */
static bool read_value(struct json_reader *r, struct json_object **out)
{
	if (r->at == r->end)
		return json_read_fail(r, r->at, "a value is missing");
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
		*out = json_read_got(json_object_new_boolean(1));
		return true;
	case 'f':
		if (!read_word(r, "false", 5))
			return false;
		*out = json_read_got(json_object_new_boolean(0));
		return true;
	case '-':
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return json_read_number(r, out);
	default:
		if (!read_word(r, "null", 4))
			return false;
		*out = NULL;
		return true;
	}
}

static void clear_spans(struct json_reader *r)
{
	unsigned i;

	for (i = 0; r->wanted && r->wanted[i]; i++)
		r->spans[i] = (struct json_span){NULL, 0};
}

static bool read_all(struct json_reader *r, struct json_object **out)
{
	if (r->end - r->at >= 3 && memcmp(r->at, "\xef\xbb\xbf", 3) == 0)
		return json_read_fail(r, r->at, "a byte order mark is not allowed");
	json_read_skip_space(r);
	if (r->at == r->end)
		return json_read_fail(r, r->at, "there is no value");
	if (!read_value(r, out))
		return false;
	json_read_skip_space(r);
	if (r->at == r->end)
		return true;
	json_object_put(*out);
	return json_read_fail(r, r->at, "nothing may follow the value");
}

bool json_read(const char *text, size_t n, int depth, struct json_object **out,
               const char *const *wanted, struct json_span *spans, struct error *err)
{
	struct json_reader r;
	bool ok;

	r.at = r.start = (const uint8_t *)text;
	r.end = r.start + n;
	r.depth = r.depth_max = depth;
	r.scratch = r.small;
	r.scratch_size = sizeof r.small;
	r.wanted = wanted;
	r.spans = spans;
	r.err = err;
	*out = NULL;
	clear_spans(&r);
	ok = read_all(&r, out);
	if (!ok) {
		*out = NULL;
		clear_spans(&r);
	}
	if (r.scratch != r.small)
		mem_free(r.scratch);
	return ok;
}
