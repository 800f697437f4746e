/* The keywords: what each may hold, and the field of a node that it fills. */
#include "base/schema_compile_priv.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"

#define CHOICES_MAX 250    /* bytes of an enum that an error message lists */

#define FIELD(type, n, offset) (*(type *)(void *)((char *)(n) + (offset)))

/* --- subschemas --- */

static bool take_schema(struct compiler *c, struct schema_node *n, struct json_object *value,
                        size_t offset, const struct where *at)
{
	struct schema_node *sub = schema_compile_node(c, value, n->place.base, at);

	FIELD(struct schema_node *, n, offset) = sub;
	return sub != NULL;
}

static bool take_list(struct compiler *c, struct schema_node *n, struct json_object *value,
                      size_t offset, const struct where *at)
{
	struct schema_list *list = &FIELD(struct schema_list, n, offset);
	struct where element = {.up = at};
	size_t count;

	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) == 0)
		return schema_refuse(c, at, "must be an array of schemas that is not empty", "");
	count = json_object_array_length(value);
	list->at = arena_alloc(&c->schema->arena, count * sizeof *list->at);
	for (; element.index < count; element.index++) {
		list->at[element.index] = schema_compile_node(c, json_object_array_get_idx(value, element.index),
		                                              n->place.base, &element);
		if (!list->at[element.index])
			return false;
	}
	list->n = count;
	return true;
}

static bool take_defs(struct compiler *c, struct schema_node *n, struct json_object *value,
                      size_t offset, const struct where *at)
{
	if (!json_object_is_type(value, json_type_object))
		return schema_refuse(c, at, "must be an object of schemas", "");
	json_object_object_foreach(value, key, definition) {
		struct where step = {.up = at, .key = key};

		if (!schema_compile_node(c, definition, n->place.base, &step))
			return false;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct schema_property *)a)->name, ((const struct schema_property *)b)->name);
}

static bool take_properties(struct compiler *c, struct schema_node *n, struct json_object *value,
                            size_t offset, const struct where *at)
{
	if (!json_object_is_type(value, json_type_object))
		return schema_refuse(c, at, "must be an object of schemas", "");
	n->properties = arena_alloc(&c->schema->arena, (size_t)json_object_object_length(value) *
	                            sizeof *n->properties + 1);
	json_object_object_foreach(value, key, sub) {
		struct where step = {.up = at, .key = key};
		struct schema_property *p = &n->properties[n->property_count];

		p->name = key;
		p->node = schema_compile_node(c, sub, n->place.base, &step);
		if (!p->node)
			return false;
		n->property_count++;
	}
	qsort(n->properties, n->property_count, sizeof *n->properties, by_name);
	return true;
}

/* --- values --- */

static bool take_types(struct compiler *c, struct schema_node *n, struct json_object *value,
                       size_t offset, const struct where *at)
{
	static const struct { const char *name; unsigned type; } names[] = {
		{"null", TYPE_NULL}, {"boolean", TYPE_BOOLEAN}, {"object", TYPE_OBJECT}, {"array", TYPE_ARRAY},
		{"number", TYPE_NUMBER}, {"string", TYPE_STRING}, {"integer", TYPE_INTEGER},
	};
	bool several = json_object_is_type(value, json_type_array);
	size_t count = several ? json_object_array_length(value) : 1, i, k;

	for (i = 0; i < count; i++) {
		struct json_object *name = several ? json_object_array_get_idx(value, i) : value;

		for (k = 0; k < sizeof names / sizeof *names; k++)
			if (json_object_is_type(name, json_type_string) &&
			    strcmp(json_object_get_string(name), names[k].name) == 0)
				break;
		if (k == sizeof names / sizeof *names)
			return schema_refuse(c, at, "must be null, boolean, object, array, number, string or integer", "");
		n->types |= names[k].type;
	}
	if (n->types == 0)
		return schema_refuse(c, at, "must name a type", "");
	return true;
}

/* The values in words, for the message: "a", "b" or 3. */
static const char *in_words(struct compiler *c, struct json_object *values, struct json_object *only)
{
	size_t count = values ? json_object_array_length(values) : 1, i;
	struct json_out w;
	const char *text;
	struct buf b;

	buf_init(&b, CHOICES_MAX);
	for (i = 0; i < count; i++) {
		if (i > 0)
			buf_adds(&b, i == count - 1 ? " or " : ", ");
		json_begin(&w, &b);
		json_put_value(&w, NULL, values ? json_object_array_get_idx(values, i) : only);
	}
	text = b.failed ? "one of the values that the schema lists" : buf_str(&b);
	text = arena_strdup(&c->schema->arena, text);
	buf_release(&b);
	return text;
}

static bool take_const(struct compiler *c, struct schema_node *n, struct json_object *value,
                       size_t offset, const struct where *at)
{
	n->has_const = true;
	n->constant = value;
	n->choices = in_words(c, NULL, value);
	return true;
}

static bool take_enum(struct compiler *c, struct schema_node *n, struct json_object *value,
                      size_t offset, const struct where *at)
{
	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) == 0)
		return schema_refuse(c, at, "must be an array of values that is not empty", "");
	n->enumeration = value;
	if (!n->has_const)
		n->choices = in_words(c, value, NULL);
	return true;
}

static bool take_number(struct compiler *c, struct schema_node *n, struct json_object *value,
                        size_t offset, const struct where *at)
{
	if (!(schema_type_of(value) & TYPE_NUMBER))
		return schema_refuse(c, at, "must be a number", "");
	FIELD(struct json_object *, n, offset) = value;
	return true;
}

static bool take_divisor(struct compiler *c, struct schema_node *n, struct json_object *value,
                         size_t offset, const struct where *at)
{
	if (!(schema_type_of(value) & TYPE_NUMBER) || !(json_object_get_double(value) > 0))
		return schema_refuse(c, at, "must be a number greater than 0", "");
	n->multiple_of = value;
	return true;
}

static bool take_count(struct compiler *c, struct schema_node *n, struct json_object *value,
                       size_t offset, const struct where *at)
{
	double d = json_object_get_double(value);

	if (!(schema_type_of(value) & TYPE_INTEGER) || d < 0 || d >= 0x1p63)
		return schema_refuse(c, at, "must be an integer of at least 0", "");
	FIELD(int64_t, n, offset) = json_object_is_type(value, json_type_int) ? json_object_get_int64(value)
	                                                                       : (int64_t)d;
	return true;
}

static bool take_flag(struct compiler *c, struct schema_node *n, struct json_object *value,
                      size_t offset, const struct where *at)
{
	if (!json_object_is_type(value, json_type_boolean))
		return schema_refuse(c, at, "must be true or false", "");
	FIELD(bool, n, offset) = json_object_get_boolean(value);
	return true;
}

static bool take_format(struct compiler *c, struct schema_node *n, struct json_object *value,
                        size_t offset, const struct where *at)
{
	if (json_object_is_type(value, json_type_string))
		n->format = schema_format_find(json_object_get_string(value));
	return n->format || schema_refuse(c, at, "must be date-time, date, uri or email", "");
}

static bool take_pattern(struct compiler *c, struct schema_node *n, struct json_object *value,
                         size_t offset, const struct where *at)
{
	struct schema_pattern *p;
	const char *problem;

	if (!json_object_is_type(value, json_type_string))
		return schema_refuse(c, at, "must be a string", "");
	p = arena_alloc(&c->schema->arena, sizeof *p);
	if (!schema_pattern_compile(p, json_object_get_string(value), &problem))
		return schema_refuse(c, at, "the pattern ", problem);
	p->next = c->schema->patterns;
	c->schema->patterns = p;
	n->pattern = p;
	return true;
}

static bool take_required(struct compiler *c, struct schema_node *n, struct json_object *value,
                          size_t offset, const struct where *at)
{
	size_t i;

	if (!json_object_is_type(value, json_type_array))
		return schema_refuse(c, at, "must be an array of names", "");
	for (i = 0; i < json_object_array_length(value); i++)
		if (!json_object_is_type(json_object_array_get_idx(value, i), json_type_string))
			return schema_refuse(c, at, "must be an array of names", "");
	n->required = value;
	return true;
}

static bool take_dialect(struct compiler *c, struct schema_node *n, struct json_object *value,
                         size_t offset, const struct where *at)
{
	if (json_object_is_type(value, json_type_string) &&
	    strcmp(json_object_get_string(value), "https://json-schema.org/draft/2020-12/schema") == 0)
		return true;
	return schema_refuse(c, at, "only https://json-schema.org/draft/2020-12/schema is supported", "");
}

static bool take_annotation(struct compiler *c, struct schema_node *n, struct json_object *value,
                            size_t offset, const struct where *at)
{
	return true;
}

/* --- all of them --- */

static const struct keyword keywords[] = {
#define AT(field) offsetof(struct schema_node, field)
	{"type", take_types, 0},
	{"properties", take_properties, 0},
	{"required", take_required, 0},
	{"additionalProperties", take_schema, AT(additional)},
	{"items", take_schema, AT(items)},
	{"prefixItems", take_list, AT(prefix_items)},
	{"enum", take_enum, 0},
	{"const", take_const, 0},
	{"minimum", take_number, AT(minimum)},
	{"maximum", take_number, AT(maximum)},
	{"exclusiveMinimum", take_number, AT(exclusive_minimum)},
	{"exclusiveMaximum", take_number, AT(exclusive_maximum)},
	{"multipleOf", take_divisor, 0},
	{"minLength", take_count, AT(min_length)},
	{"maxLength", take_count, AT(max_length)},
	{"minItems", take_count, AT(min_items)},
	{"maxItems", take_count, AT(max_items)},
	{"uniqueItems", take_flag, AT(unique_items)},
	{"minProperties", take_count, AT(min_properties)},
	{"maxProperties", take_count, AT(max_properties)},
	{"propertyNames", take_schema, AT(property_names)},
	{"format", take_format, 0},
	{"pattern", take_pattern, 0},
	{"anyOf", take_list, AT(any_of)},
	{"oneOf", take_list, AT(one_of)},
	{"allOf", take_list, AT(all_of)},
	{"not", take_schema, AT(not)},
	{"if", take_schema, AT(condition)},
	{"then", take_schema, AT(consequent)},
	{"else", take_schema, AT(alternative)},
	{"$ref", schema_take_ref, 0},
	{"$anchor", schema_take_anchor, 0},
	{"$defs", take_defs, 0},
	{"$schema", take_dialect, 0},
	{"$id", take_annotation, 0},
	{"$comment", take_annotation, 0},
	{"title", take_annotation, 0},
	{"description", take_annotation, 0},
	{"default", take_annotation, 0},
	{"examples", take_annotation, 0},
	{"readOnly", take_annotation, 0},
#undef AT
};

const struct keyword *schema_keyword(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (strcmp(keywords[i].name, name) == 0)
			return &keywords[i];
	return NULL;
}
