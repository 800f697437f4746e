/* JSON values compared as JSON Schema compares them (2020-12 core, section 4.2). */
#include "base/schema_priv.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rnd.h"

/* A long double holds every int64 and every double where its mantissa has 64 bits. */
static long double number_of(struct json_object *value)
{
	if (json_object_is_type(value, json_type_double))
		return json_object_get_double(value);
	return json_object_get_int64(value);
}

unsigned schema_type_of(struct json_object *value)
{
	double d;

	switch (json_object_get_type(value)) {
	case json_type_null:
		return TYPE_NULL;
	case json_type_boolean:
		return TYPE_BOOLEAN;
	case json_type_object:
		return TYPE_OBJECT;
	case json_type_array:
		return TYPE_ARRAY;
	case json_type_string:
		return TYPE_STRING;
	case json_type_int:
		return TYPE_NUMBER | TYPE_INTEGER;
	case json_type_double:
		break;
	}
	d = json_object_get_double(value);
	return TYPE_NUMBER | (isfinite(d) && d == floor(d) ? TYPE_INTEGER : 0);
}

int schema_compare_numbers(struct json_object *a, struct json_object *b)
{
	long double x = number_of(a), y = number_of(b);

	return x < y ? -1 : x > y;
}

/* Integers exactly; fractions to the last few bits of the quotient, because 0.0075 / 0.0001 is not 75 in
 * binary. A quotient past the doubles is left to fmod. */
bool schema_is_multiple(struct json_object *value, struct json_object *of)
{
	double v, m, q;

	if (json_object_is_type(value, json_type_int) && json_object_is_type(of, json_type_int)) {
		int64_t divisor = json_object_get_int64(of);

		return divisor == 1 || json_object_get_int64(value) % divisor == 0;
	}
	v = json_object_get_double(value);
	m = json_object_get_double(of);
	q = v / m;
	if (!isfinite(q))
		return fmod(v, m) == 0;
	return fabs(q - nearbyint(q)) <= 4 * DBL_EPSILON * fabs(q);
}

static bool equal_objects(struct json_object *a, struct json_object *b)
{
	if (json_object_object_length(a) != json_object_object_length(b))
		return false;
	json_object_object_foreach(a, key, x) {
		struct json_object *y;

		if (!json_object_object_get_ex(b, key, &y) || !schema_equal(x, y))
			return false;
	}
	return true;
}

static bool equal_arrays(struct json_object *a, struct json_object *b)
{
	size_t n = json_object_array_length(a), i;

	if (json_object_array_length(b) != n)
		return false;
	for (i = 0; i < n; i++)
		if (!schema_equal(json_object_array_get_idx(a, i), json_object_array_get_idx(b, i)))
			return false;
	return true;
}

bool schema_equal(struct json_object *a, struct json_object *b)
{
	unsigned type = schema_type_of(a);

	if (a == b)
		return true;
	if (type & TYPE_NUMBER)
		return schema_type_of(b) & TYPE_NUMBER && schema_compare_numbers(a, b) == 0;
	if (type != schema_type_of(b))
		return false;
	switch (type) {
	case TYPE_BOOLEAN:
		return json_object_get_boolean(a) == json_object_get_boolean(b);
	case TYPE_STRING:
		return json_object_get_string_len(a) == json_object_get_string_len(b) &&
		       memcmp(json_object_get_string(a), json_object_get_string(b),
		              (size_t)json_object_get_string_len(a)) == 0;
	case TYPE_OBJECT:
		return equal_objects(a, b);
	case TYPE_ARRAY:
		return equal_arrays(a, b);
	default:
		return true;
	}
}

/* --- do all elements differ? Sorted by a seeded hash, so that a hostile array costs n log n. --- */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

static uint64_t hash_bytes(uint64_t h, const char *p, size_t n)
{
	uint64_t w;

	for (h = mix(h, n); n >= 8; p += 8, n -= 8) {
		memcpy(&w, p, 8);
		h = mix(h, w);
	}
	w = 0;
	memcpy(&w, p, n);
	return mix(h, w);
}

static uint64_t hash_number(uint64_t h, struct json_object *value)
{
	double d = json_object_get_double(value);   /* equal numbers have the same nearest double */

	if (d == 0)
		d = 0.0;                       /* minus zero is the same number */
	return hash_bytes(h, (const char *)&d, sizeof d);
}

static uint64_t hash_value(uint64_t seed, struct json_object *value)
{
	unsigned type = schema_type_of(value);
	uint64_t h = mix(seed, type & TYPE_NUMBER ? TYPE_NUMBER : type), sum = 0;
	size_t i;

	switch (json_object_get_type(value)) {
	case json_type_boolean:
		return mix(h, (uint64_t)json_object_get_boolean(value));
	case json_type_int:
	case json_type_double:
		return hash_number(h, value);
	case json_type_string:
		return hash_bytes(h, json_object_get_string(value), (size_t)json_object_get_string_len(value));
	case json_type_array:
		for (i = 0; i < json_object_array_length(value); i++)
			h = mix(h, hash_value(seed, json_object_array_get_idx(value, i)));
		return h;
	case json_type_object: {
		json_object_object_foreach(value, key, member)
			sum += mix(hash_bytes(seed, key, strlen(key)), hash_value(seed, member));
		return mix(h, sum);            /* a sum, as the order does not count */
	}
	default:
		return h;
	}
}

struct hashed { uint64_t hash; struct json_object *value; };

static int by_hash(const void *a, const void *b)
{
	uint64_t x = ((const struct hashed *)a)->hash, y = ((const struct hashed *)b)->hash;

	return x < y ? -1 : x > y;
}

bool schema_all_differ(struct json_object *array)
{
	size_t n = json_object_array_length(array), i, k;
	uint64_t seed = rnd_u64();
	struct hashed *all;
	bool differ = true;

	if (n < 2)
		return true;
	all = mem_array(n, sizeof *all);
	for (i = 0; i < n; i++) {
		all[i].value = json_object_array_get_idx(array, i);
		all[i].hash = hash_value(seed, all[i].value);
	}
	qsort(all, n, sizeof *all, by_hash);
	for (i = 0; differ && i + 1 < n; i++)
		for (k = i + 1; differ && k < n && all[k].hash == all[i].hash; k++)
			differ = !schema_equal(all[i].value, all[k].value);
	mem_free(all);
	return differ;
}
