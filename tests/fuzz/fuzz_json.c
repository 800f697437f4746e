/* Any bytes into json_read. What it accepts, json-c's own reader must accept too and see the same (ours is the
 * stricter one), and written out it must read back as the same. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "fuzz.h"

static const char *const wanted[] = {"a", "b", "id", "", NULL};

static void check_spans(struct json_object *o, const struct json_span *spans)
{
	struct json_object *member, *again;
	struct error err;
	unsigned i;

	for (i = 0; wanted[i]; i++) {
		member = NULL;
		MUST((json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, wanted[i], &member)) ==
		     (spans[i].p != NULL));
		if (!spans[i].p)
			continue;
		MUST(json_read(spans[i].p, spans[i].n, JSON_DEPTH_MAX, &again, NULL, NULL, &err));
		MUST(json_object_equal(member, again));
		json_object_put(again);
	}
}

static void check_json_c(struct json_object *o, const char *text, size_t n)
{
	struct json_tokener *t = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	struct json_object *theirs;

	json_tokener_set_flags(t, JSON_TOKENER_STRICT);
	theirs = json_tokener_parse_ex(t, text, (int)n);
	if (json_tokener_get_error(t) == json_tokener_continue)      /* a number at the top */
		theirs = json_tokener_parse_ex(t, "", 1);
	MUST(json_tokener_get_error(t) == json_tokener_success);
	/* json-c 0.16 takes some escaped pairs (those of U+1DC00 to U+1DFFF and above) for half a pair */
	MUST(json_object_equal(o, theirs) || memmem(text, n, "\\ud", 3) || memmem(text, n, "\\uD", 3));
	json_object_put(theirs);
	json_tokener_free(t);
}

static void check_round_trip(struct json_object *o)
{
	struct json_object *again;
	struct json_out w;
	struct error err;
	struct buf b;

	buf_init(&b, 1 << 26);
	json_begin(&w, &b);
	json_put_value(&w, NULL, o);
	MUST(json_read(buf_str(&b), b.len, JSON_DEPTH_MAX, &again, NULL, NULL, &err));
	MUST(json_object_equal(o, again));
	json_object_put(again);
	buf_release(&b);
}

static void check_quoting(const char *text, size_t n)
{
	struct json_object *o;
	struct error err;
	struct buf b;

	buf_init(&b, 1 << 26);
	json_quote(&b, text, n);
	MUST(json_utf8_valid(buf_str(&b), b.len));
	if (!memchr(text, 0, n)) {
		MUST(json_read(buf_str(&b), b.len, 1, &o, NULL, NULL, &err));
		if (json_utf8_valid(text, n))
			MUST((size_t)json_object_get_string_len(o) == n &&
			     memcmp(json_object_get_string(o), text, n) == 0);
		json_object_put(o);
	}
	buf_release(&b);
}

/* A getter that gives something gave it of the right kind; one that refuses says which member, in UTF-8. */
static void check_refusal(bool ok, const struct error *err, bool right)
{
	MUST(ok == right);
	MUST(ok || (err->code == ERR_INVALID_INPUT && err->field[0] && err->message[0]));
	MUST(ok || (json_utf8_valid(err->field, strlen(err->field)) && json_utf8_valid(err->message, strlen(err->message))));
}

static void check_member(struct json_object *o, const char *path, const char *key, struct json_object *value)
{
	enum json_type type = json_object_get_type(value);
	double d = type == json_type_double || type == json_type_int ? json_object_get_double(value) : 0;
	bool absent = type == json_type_null, number = type == json_type_int || type == json_type_double;
	struct json_object *sub = NULL;
	struct error err = {0};
	const char *text = NULL;
	int64_t i = 77;
	double got = 77;
	bool b = false, ok;

	check_refusal(json_get_str(o, path, key, &text, &err), &err, absent || type == json_type_string);
	MUST((text != NULL) == (type == json_type_string));
	check_refusal(json_get_bool(o, path, key, &b, &err), &err, absent || type == json_type_boolean);
	check_refusal(json_get_num(o, path, key, &got, &err), &err, absent || number);
	MUST(!number || got == d);
	check_refusal(json_get_obj(o, path, key, &sub, &err), &err, absent || type == json_type_object);
	MUST(!sub || sub == value);
	sub = NULL;
	check_refusal(json_get_arr(o, path, key, &sub, &err), &err, absent || type == json_type_array);
	MUST(!sub || sub == value);
	ok = json_get_int(o, path, key, -1000, 1000, &i, &err);
	check_refusal(ok, &err, absent || (number && d >= -1000 && d <= 1000 && d == (double)(int64_t)d));
	MUST(i == 77 || (i >= -1000 && i <= 1000));
	MUST(ok || i == 77);
}

/* All members, whatever stands in them, asked for as every type; and those that are not there. */
static void check_getters(struct json_object *o, const char *path, int depth)
{
	static const char *const known[] = {"a", "input_payload", NULL};
	struct error err = {0};
	const char *text;
	size_t i;

	if (json_object_is_type(o, json_type_array)) {
		for (i = 0; i < json_object_array_length(o); i++)
			check_refusal(json_at_str(o, path, i, &text, &err), &err,
			              json_object_is_type(json_object_array_get_idx(o, i), json_type_string));
		return;
	}
	check_member(o, path, "not there\xc3\xa9", NULL);
	if (!json_object_is_type(o, json_type_object))
		return;
	if (!json_only_known(o, path, known, &err))
		MUST(json_utf8_valid(err.field, strlen(err.field)) && json_utf8_valid(err.message, strlen(err.message)));
	json_object_object_foreach(o, key, value) {
		/* nobody asks for a member without a name, and no error could name it */
		if (*path || *key)
			check_member(o, path, key, value);
		if (depth > 0 && value)
			check_getters(value, key, depth - 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *text = (const char *)data;
	struct json_span spans[4];
	struct json_object *o;
	struct error err = {0};

	check_quoting(text, n);
	if (!json_read(text, n, JSON_DEPTH_MAX, &o, wanted, spans, &err)) {
		MUST(err.code == ERR_INVALID_INPUT && json_utf8_valid(err.message, strlen(err.message)));
		return 0;
	}
	check_spans(o, spans);
	check_json_c(o, text, n);
	check_round_trip(o);
	check_getters(o, "", 3);
	json_object_put(o);
	return 0;
}
