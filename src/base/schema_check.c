/* Values checked against a compiled schema. */
#include "base/schema_check_priv.h"

#include <inttypes.h>
#include <string.h>

#define STEPS_MAX  10000000   /* schemas applied to values in one check: a bound on hostile combinations */
#define DEPTH_MAX  4000       /* calls of check within each other: bounds the stack */

static bool check(struct checking *c, const struct schema_node *n, struct json_object *value,
                  const struct place *at);

/* --- one type's keywords --- */

static bool check_choice(struct checking *c, const struct schema_node *n, struct json_object *value,
                         const struct place *at)
{
	size_t i;

	if (n->has_const && !schema_equal(n->constant, value))
		return schema_fail(c, at, "must be %s", n->choices);
	if (!n->enumeration)
		return true;
	for (i = 0; i < json_object_array_length(n->enumeration); i++)
		if (schema_equal(json_object_array_get_idx(n->enumeration, i), value))
			return true;
	return schema_fail(c, at, "must be %s", n->choices);
}

static bool check_number(struct checking *c, const struct schema_node *n, struct json_object *value,
                         const struct place *at)
{
	if (n->minimum && schema_compare_numbers(value, n->minimum) < 0)
		return schema_fail_bound(c, at, "at least", n->minimum);
	if (n->maximum && schema_compare_numbers(value, n->maximum) > 0)
		return schema_fail_bound(c, at, "at most", n->maximum);
	if (n->exclusive_minimum && schema_compare_numbers(value, n->exclusive_minimum) <= 0)
		return schema_fail_bound(c, at, "greater than", n->exclusive_minimum);
	if (n->exclusive_maximum && schema_compare_numbers(value, n->exclusive_maximum) >= 0)
		return schema_fail_bound(c, at, "less than", n->exclusive_maximum);
	if (n->multiple_of && !schema_is_multiple(value, n->multiple_of))
		return schema_fail_bound(c, at, "a multiple of", n->multiple_of);
	return true;
}

static int64_t code_points(const char *s, size_t n)
{
	int64_t count = 0;
	size_t i;

	for (i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) != 0x80;
	return count;
}

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

static bool check_string(struct checking *c, const struct schema_node *n, struct json_object *value,
                         const struct place *at)
{
	const char *s = json_object_get_string(value);
	size_t len = (size_t)json_object_get_string_len(value);
	int64_t count = n->min_length >= 0 || n->max_length >= 0 ? code_points(s, len) : 0;

	if (n->min_length == 1 && count == 0)
		return schema_fail(c, at, "must not be empty");
	if (n->min_length >= 0 && count < n->min_length)
		return schema_fail(c, at, "must have at least %" PRId64 " characters", n->min_length);
	if (n->max_length >= 0 && count > n->max_length)
		return schema_fail(c, at, "must have at most %" PRId64 " character%s", n->max_length,
		                   plural(n->max_length));
	if (n->format && !n->format->fits(s, len))
		return schema_fail(c, at, "must be %s", n->format->words);
	if (n->pattern && !schema_pattern_fits(n->pattern, s))
		return schema_fail(c, at, "must match the pattern %s", n->pattern->text);
	return true;
}

static bool check_array(struct checking *c, const struct schema_node *n, struct json_object *value,
                        const struct place *at)
{
	size_t count = json_object_array_length(value);
	struct place element = {.up = at, .depth = at->depth + 1};

	if (n->min_items >= 0 && (int64_t)count < n->min_items)
		return schema_fail(c, at, "must have at least %" PRId64 " element%s", n->min_items,
		                   plural(n->min_items));
	if (n->max_items >= 0 && (int64_t)count > n->max_items)
		return schema_fail(c, at, "must have at most %" PRId64 " element%s", n->max_items,
		                   plural(n->max_items));
	for (; element.index < count; element.index++) {
		const struct schema_node *sub = element.index < n->prefix_items.n
		                                        ? n->prefix_items.at[element.index] : n->items;

		if (sub && !check(c, sub, json_object_array_get_idx(value, element.index), &element))
			return false;
	}
	if (n->unique_items && !schema_all_differ(value))
		return schema_fail(c, at, "must not have the same element twice");
	return true;
}

static const struct schema_node *property_of(const struct schema_node *n, const char *key)
{
	size_t low = 0, high = n->property_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(key, n->properties[middle].name);

		if (order == 0)
			return n->properties[middle].node;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool check_name(struct checking *c, const struct schema_node *n, const char *key,
                       const struct place *at)
{
	struct json_object *name = json_object_new_string(key);
	bool quiet = c->quiet, ok;

	c->quiet = true;
	ok = check(c, n->property_names, name, at);
	c->quiet = quiet;
	json_object_put(name);
	return ok || schema_fail(c, at, "does not have a name that is allowed here");
}

static bool check_member(struct checking *c, const struct schema_node *n, const char *key,
                         struct json_object *value, const struct place *object)
{
	struct place at = {.up = object, .key = key, .depth = object->depth + 1};
	const struct schema_node *sub = property_of(n, key);

	if (n->property_names && !check_name(c, n, key, &at))
		return false;
	if (sub)
		return check(c, sub, value, &at);
	if (n->additional && n->additional->refuses)
		return schema_fail_unknown(c, &at);
	return !n->additional || check(c, n->additional, value, &at);
}

static bool check_required(struct checking *c, const struct schema_node *n, struct json_object *value,
                           const struct place *object)
{
	size_t i;

	for (i = 0; n->required && i < json_object_array_length(n->required); i++) {
		const char *key = json_object_get_string(json_object_array_get_idx(n->required, i));
		struct place at = {.up = object, .key = key, .depth = object->depth + 1};

		if (!json_object_object_get_ex(value, key, NULL))
			return schema_fail(c, &at, "is required");
	}
	return true;
}

static bool check_object(struct checking *c, const struct schema_node *n, struct json_object *value,
                         const struct place *at)
{
	int64_t count = json_object_object_length(value);

	if (!check_required(c, n, value, at))
		return false;
	if (n->min_properties >= 0 && count < n->min_properties)
		return schema_fail(c, at, "must have at least %" PRId64 " member%s", n->min_properties,
		                   plural(n->min_properties));
	if (n->max_properties >= 0 && count > n->max_properties)
		return schema_fail(c, at, "must have at most %" PRId64 " member%s", n->max_properties,
		                   plural(n->max_properties));
	if (n->property_count == 0 && !n->additional && !n->property_names)
		return true;
	json_object_object_foreach(value, key, member)
		if (!check_member(c, n, key, member, at))
			return false;
	return true;
}

/* --- combinations --- */

static bool fits_quietly(struct checking *c, const struct schema_node *n, struct json_object *value,
                         const struct place *at)
{
	bool quiet = c->quiet, fits;

	c->quiet = true;
	fits = check(c, n, value, at);
	c->quiet = quiet;
	return fits;
}

static size_t how_many_fit(struct checking *c, const struct schema_list *forms, struct json_object *value,
                           const struct place *at, size_t enough)
{
	size_t i, count = 0;

	for (i = 0; i < forms->n && count < enough; i++)
		count += fits_quietly(c, forms->at[i], value, at);
	return count;
}

/* The types that a form takes, 0 for any. */
static unsigned types_of(const struct schema_node *n)
{
	while (n->types == 0 && n->ref)
		n = n->ref;
	return n->types;
}

/* Says why none of the forms fits: the only one for values of this type is answered for; of several, the one
 * that came farthest. */
static bool fail_forms(struct checking *c, const struct schema_list *forms, struct json_object *value,
                       const struct place *at)
{
	unsigned type = schema_type_of(value), all = 0, types;
	const struct schema_node *candidate = NULL;
	size_t i, candidates = 0;
	bool any = false;
	int before = c->deeper_than;

	if (c->quiet)
		return false;
	for (i = 0; i < forms->n; i++) {
		types = types_of(forms->at[i]);
		all |= types;
		any |= types == 0;
		if (types == 0 || types & type) {
			candidate = forms->at[i];
			candidates++;
		}
	}
	if (candidates == 0 && !any)
		return schema_fail_types(c, at, all);
	if (candidates == 1)
		return check(c, candidate, value, at);
	if (c->deeper_than < (int)at->depth)
		c->deeper_than = (int)at->depth;
	for (i = 0; i < forms->n; i++)
		check(c, forms->at[i], value, at);
	if (c->deeper_than > (int)at->depth && c->deeper_than > before)
		return false;
	c->deeper_than = before;
	return schema_fail(c, at, "does not have any of the forms that are allowed here");
}

/* JSON Schema 2020-12, core, 10.2.2. */
static bool check_conditional(struct checking *c, const struct schema_node *n, struct json_object *value,
                              const struct place *at)
{
	const struct schema_node *branch;

	if (!n->condition || (!n->consequent && !n->alternative))
		return true;
	branch = fits_quietly(c, n->condition, value, at) ? n->consequent : n->alternative;
	return !branch || check(c, branch, value, at);
}

static bool check_combined(struct checking *c, const struct schema_node *n, struct json_object *value,
                           const struct place *at)
{
	size_t i, fitting;

	if (n->ref && !check(c, n->ref, value, at))
		return false;
	for (i = 0; i < n->all_of.n; i++)
		if (!check(c, n->all_of.at[i], value, at))
			return false;
	if (n->any_of.n > 0 && how_many_fit(c, &n->any_of, value, at, 1) == 0)
		return fail_forms(c, &n->any_of, value, at);
	if (n->one_of.n > 0) {
		fitting = how_many_fit(c, &n->one_of, value, at, 2);
		if (fitting == 0)
			return fail_forms(c, &n->one_of, value, at);
		if (fitting > 1)
			return schema_fail(c, at, "has more than one of the forms of which it must have exactly one");
	}
	if (n->not && fits_quietly(c, n->not, value, at))
		return schema_fail(c, at, "has a form that is not allowed here");
	return check_conditional(c, n, value, at);
}

static bool check_node(struct checking *c, const struct schema_node *n, struct json_object *value,
                       const struct place *at)
{
	unsigned type = schema_type_of(value);
	bool ok = true;

	if (n->refuses)
		return schema_fail(c, at, "is not allowed here");
	if (n->types && !(n->types & type))
		return schema_fail_types(c, at, n->types);
	if ((n->has_const || n->enumeration) && !check_choice(c, n, value, at))
		return false;
	if (type & TYPE_NUMBER)
		ok = check_number(c, n, value, at);
	else if (type == TYPE_STRING)
		ok = check_string(c, n, value, at);
	else if (type == TYPE_ARRAY)
		ok = check_array(c, n, value, at);
	else if (type == TYPE_OBJECT)
		ok = check_object(c, n, value, at);
	return ok && check_combined(c, n, value, at);
}

static bool check(struct checking *c, const struct schema_node *n, struct json_object *value,
                  const struct place *at)
{
	bool ok;

	if (c->nesting == DEPTH_MAX || c->steps == STEPS_MAX) {
		c->steps = STEPS_MAX;          /* whatever else is tried fails too */
		return false;
	}
	c->steps++;
	c->nesting++;
	ok = check_node(c, n, value, at);
	c->nesting--;
	return ok;
}

bool schema_check(const struct schema *s, struct json_object *value, const char *path,
                  struct error *err)
{
	struct checking c = {.path = path, .err = err, .deeper_than = -1};
	struct place top = {0};
	bool ok = check(&c, s->root, value, &top);

	/* a schema that was cut short may have said yes to a `not` */
	if (c.steps == STEPS_MAX)
		return err_field(err, path ? path : "", "%s takes too long to check against its schema",
		                 path && *path ? path : "The value");
	return ok;
}
