/* Typed getters: they name the member that is wrong. */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/mem.h"

#define NAME_SIZE sizeof ((struct error *)0)->field

/* path.key, cut to what struct error holds, not inside a character. */
static const char *full_name(char out[NAME_SIZE], const char *path, const char *key)
{
	bool has_path = path && *path;
	size_t n;

	snprintf(out, NAME_SIZE, "%s%s%s", has_path ? path : "", has_path ? "." : "", key);
	n = strlen(out);
	if (n == NAME_SIZE - 1) {
		while (n > 0 && ((uint8_t)out[n - 1] & 0xc0) == 0x80)
			n--;
		if (n > 0 && (uint8_t)out[n - 1] >= 0xc0 && !json_utf8_valid(out + n - 1, NAME_SIZE - n))
			out[n - 1] = '\0';
	}
	return out;
}

static bool must_be(struct error *err, const char *path, const char *key, const char *what)
{
	char name[NAME_SIZE];

	full_name(name, path, key);
	return err_field(err, name, "%s must be %s", name, what);
}

/* The member's value, NULL when it is absent or null. */
static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(o, json_type_object))
		return NULL;
	json_object_object_get_ex(o, key, &value);
	return value;
}

bool json_get_str(struct json_object *o, const char *path, const char *key,
                  const char **out, struct error *err)
{
	struct json_object *value = member(o, key);

	if (!value)
		return true;
	if (!json_object_is_type(value, json_type_string))
		return must_be(err, path, key, "a string");
	*out = json_object_get_string(value);
	return true;
}

/* 5.0 is an integer too, as in JSON Schema. */
static bool whole_number(struct json_object *value, int64_t *out)
{
	double d;

	if (json_object_is_type(value, json_type_int)) {
		*out = json_object_get_int64(value);
		return true;
	}
	if (!json_object_is_type(value, json_type_double))
		return false;
	d = json_object_get_double(value);
	if (d != floor(d) || d < -0x1p63 || d >= 0x1p63)
		return false;
	*out = (int64_t)d;
	return true;
}

bool json_get_int(struct json_object *o, const char *path, const char *key,
                  int64_t min, int64_t max, int64_t *out, struct error *err)
{
	struct json_object *value = member(o, key);
	char what[96];
	int64_t i;

	if (!value)
		return true;
	if (whole_number(value, &i) && i >= min && i <= max) {
		*out = i;
		return true;
	}
	if (max == INT64_MAX && min == INT64_MIN)
		return must_be(err, path, key, "an integer");
	if (max == INT64_MAX)
		snprintf(what, sizeof what, "an integer of at least %" PRId64, min);
	else if (min == INT64_MIN)
		snprintf(what, sizeof what, "an integer of at most %" PRId64, max);
	else
		snprintf(what, sizeof what, "an integer between %" PRId64 " and %" PRId64, min, max);
	return must_be(err, path, key, what);
}

bool json_get_bool(struct json_object *o, const char *path, const char *key,
                   bool *out, struct error *err)
{
	struct json_object *value = member(o, key);

	if (!value)
		return true;
	if (!json_object_is_type(value, json_type_boolean))
		return must_be(err, path, key, "true or false");
	*out = json_object_get_boolean(value);
	return true;
}

bool json_get_num(struct json_object *o, const char *path, const char *key,
                  double *out, struct error *err)
{
	struct json_object *value = member(o, key);

	if (!value)
		return true;
	if (!json_object_is_type(value, json_type_double) && !json_object_is_type(value, json_type_int))
		return must_be(err, path, key, "a number");
	*out = json_object_get_double(value);
	return true;
}

bool json_get_obj(struct json_object *o, const char *path, const char *key,
                  struct json_object **out, struct error *err)
{
	struct json_object *value = member(o, key);

	if (!value)
		return true;
	if (!json_object_is_type(value, json_type_object))
		return must_be(err, path, key, "an object");
	*out = value;
	return true;
}

bool json_get_arr(struct json_object *o, const char *path, const char *key,
                  struct json_object **out, struct error *err)
{
	struct json_object *value = member(o, key);

	if (!value)
		return true;
	if (!json_object_is_type(value, json_type_array))
		return must_be(err, path, key, "an array");
	*out = value;
	return true;
}

bool json_at_str(struct json_object *array, const char *path, size_t i, const char **out, struct error *err)
{
	struct json_object *value = json_object_array_get_idx(array, i);
	char name[NAME_SIZE];

	if (json_object_is_type(value, json_type_string)) {
		*out = json_object_get_string(value);
		return true;
	}
	snprintf(name, sizeof name, "%.90s[%zu]", path, i);
	return err_field(err, name, "%s must be a string", name);
}

bool json_only_known(struct json_object *o, const char *path, const char *const *known,
                     struct error *err)
{
	char name[NAME_SIZE];

	if (!json_object_is_type(o, json_type_object))
		return true;
	json_object_object_foreach(o, key, value) {
		const char *const *k = known;

		(void)value;
		while (*k && strcmp(*k, key) != 0)
			k++;
		if (*k)
			continue;
		full_name(name, path, key);
		return err_field(err, name, "Unknown field: %s", name);
	}
	return true;
}

void json_wipe_str(struct json_object *o, const char *key)
{
	struct json_object *member;

	/* the text is json-c's own, and writable: it is its object's memory */
	if (json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &member) &&
	    json_object_is_type(member, json_type_string))
		mem_wipe((char *)json_object_get_string(member), (size_t)json_object_get_string_len(member));
}

bool json_read_members(const char *text, size_t n, const char *const *known, struct json_object **out,
                       struct error *err)
{
	*out = NULL;
	return json_read(text, n, JSON_DEPTH_MAX, out, NULL, NULL, err) &&
	       (json_object_is_type(*out, json_type_object) ||
	        err_set(err, ERR_INVALID_INPUT, "The body must be a JSON object")) &&
	       json_only_known(*out, "", known, err);
}
