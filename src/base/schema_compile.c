/* Schemas compiled: JSON to nodes, every keyword known and well-formed. */
#include "base/schema_priv.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#define NESTING_MAX 512    /* schemas within or referring to each other; bounds the stack */
#define CHOICES_MAX 250    /* bytes of an enum that an error message lists */

/* Where the compiler is, as a chain of steps from the root. */
struct where { const struct where *up; const char *key; size_t index; };

struct compiler {
	struct schema *schema;
	struct schema_node *nodes;      /* all, by place */
	unsigned nesting;
	struct error *err;
};

struct keyword {
	const char *name;
	bool (*compile)(struct compiler *c, struct schema_node *n, struct json_object *value,
	                size_t offset, const struct where *at);
	size_t offset;                  /* of the node's field that it fills */
};

static struct schema_node *compile(struct compiler *c, struct json_object *source,
                                   struct json_object *base, const struct where *at);

/* --- errors: "#/properties/rules/items: …" --- */

static void write_pointer(struct buf *b, const struct where *at)
{
	if (!at) {
		buf_addc(b, '#');
		return;
	}
	write_pointer(b, at->up);
	buf_addc(b, '/');
	if (at->key)
		buf_adds(b, at->key);
	else
		buf_add_int(b, (long long)at->index);
}

static bool refuse(struct compiler *c, const struct where *at, const char *what, const char *more)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	write_pointer(&b, at);
	err_field(c->err, buf_str(&b), "Schema %s: %s%s", buf_str(&b), what, more);
	buf_release(&b);
	return false;
}

/* --- subschemas --- */

#define FIELD(type, n, offset) (*(type *)(void *)((char *)(n) + (offset)))

static bool take_schema(struct compiler *c, struct schema_node *n, struct json_object *value,
                        size_t offset, const struct where *at)
{
	struct schema_node *sub = compile(c, value, n->place.base, at);

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
		return refuse(c, at, "must be an array of schemas that is not empty", "");
	count = json_object_array_length(value);
	list->at = arena_alloc(&c->schema->arena, count * sizeof *list->at);
	for (; element.index < count; element.index++) {
		list->at[element.index] = compile(c, json_object_array_get_idx(value, element.index),
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
		return refuse(c, at, "must be an object of schemas", "");
	json_object_object_foreach(value, key, definition) {
		struct where step = {.up = at, .key = key};

		if (!compile(c, definition, n->place.base, &step))
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
		return refuse(c, at, "must be an object of schemas", "");
	n->properties = arena_alloc(&c->schema->arena, (size_t)json_object_object_length(value) *
	                            sizeof *n->properties + 1);
	json_object_object_foreach(value, key, sub) {
		struct where step = {.up = at, .key = key};
		struct schema_property *p = &n->properties[n->property_count];

		p->name = key;
		p->node = compile(c, sub, n->place.base, &step);
		if (!p->node)
			return false;
		n->property_count++;
	}
	qsort(n->properties, n->property_count, sizeof *n->properties, by_name);
	return true;
}

/* --- references --- */

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *d = c ? strchr(digits, c | 0x20) : NULL;

	return d ? (int)(d - digits) : -1;
}

/* A copy of the fragment of a reference with its percent-encoding undone (RFC 6901, section 6). */
static char *decode_fragment(struct compiler *c, const char *s)
{
	char *copy = arena_strdup(&c->schema->arena, s), *to = copy;

	for (; *s; to++) {
		*to = *s++;
		if (*to == '%' && hex(s[0]) >= 0 && hex(s[1]) >= 0) {
			*to = (char)(hex(s[0]) << 4 | hex(s[1]));
			s += 2;
		}
	}
	*to = '\0';
	return copy;
}

/* Decodes in place the token of a JSON pointer at p, which the next '/' ends; returns the rest, NULL at the
 * end. */
static char *pointer_token(char *p)
{
	char *to = p;
	bool end;

	for (; *p && *p != '/'; to++) {
		*to = *p++;
		if (*to == '~' && (*p == '0' || *p == '1'))
			*to = *p++ == '0' ? '~' : '/';
	}
	end = !*p;
	*to = '\0';
	return end ? NULL : p + 1;
}

static struct json_object *step_into(struct json_object *from, const char *token)
{
	struct json_object *to = NULL;
	char *end;
	size_t i;

	if (json_object_is_type(from, json_type_object)) {
		json_object_object_get_ex(from, token, &to);
	} else if (json_object_is_type(from, json_type_array) && *token >= '0' && *token <= '9') {
		i = strtoul(token, &end, 10);
		if (!*end && i < json_object_array_length(from))
			to = json_object_array_get_idx(from, i);
	}
	return to;
}

static bool has_id(struct json_object *schema)
{
	struct json_object *id;

	return json_object_is_type(schema, json_type_object) &&
	       json_object_object_get_ex(schema, "$id", &id) && json_object_is_type(id, json_type_string);
}

static bool take_ref(struct compiler *c, struct schema_node *n, struct json_object *value,
                     size_t offset, const struct where *at)
{
	struct json_object *target = n->place.base, *base = n->place.base;
	const char *ref = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
	struct where there = {0};
	char *token, *rest;

	if (strcmp(ref, "#") != 0 && strncmp(ref, "#/", 2) != 0)
		return refuse(c, at, "only references inside the schema, like #/$defs/name, are supported", "");
	there.key = ref + 2;
	rest = ref[1] ? decode_fragment(c, ref + 2) : NULL;
	while (rest && target) {
		token = rest;
		rest = pointer_token(token);
		target = step_into(target, token);
		if (has_id(target))
			base = target;
	}
	if (!target)
		return refuse(c, at, "there is nothing at ", ref);
	n->ref = compile(c, target, base, ref[1] ? &there : NULL);
	return n->ref != NULL;
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
			return refuse(c, at, "must be null, boolean, object, array, number, string or integer", "");
		n->types |= names[k].type;
	}
	if (n->types == 0)
		return refuse(c, at, "must name a type", "");
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
		return refuse(c, at, "must be an array of values that is not empty", "");
	n->enumeration = value;
	if (!n->has_const)
		n->choices = in_words(c, value, NULL);
	return true;
}

static bool take_number(struct compiler *c, struct schema_node *n, struct json_object *value,
                        size_t offset, const struct where *at)
{
	if (!(schema_type_of(value) & TYPE_NUMBER))
		return refuse(c, at, "must be a number", "");
	FIELD(struct json_object *, n, offset) = value;
	return true;
}

static bool take_divisor(struct compiler *c, struct schema_node *n, struct json_object *value,
                         size_t offset, const struct where *at)
{
	if (!(schema_type_of(value) & TYPE_NUMBER) || !(json_object_get_double(value) > 0))
		return refuse(c, at, "must be a number greater than 0", "");
	n->multiple_of = value;
	return true;
}

static bool take_count(struct compiler *c, struct schema_node *n, struct json_object *value,
                       size_t offset, const struct where *at)
{
	double d = json_object_get_double(value);

	if (!(schema_type_of(value) & TYPE_INTEGER) || d < 0 || d >= 0x1p63)
		return refuse(c, at, "must be an integer of at least 0", "");
	FIELD(int64_t, n, offset) = json_object_is_type(value, json_type_int) ? json_object_get_int64(value)
	                                                                       : (int64_t)d;
	return true;
}

static bool take_flag(struct compiler *c, struct schema_node *n, struct json_object *value,
                      size_t offset, const struct where *at)
{
	if (!json_object_is_type(value, json_type_boolean))
		return refuse(c, at, "must be true or false", "");
	FIELD(bool, n, offset) = json_object_get_boolean(value);
	return true;
}

static bool take_format(struct compiler *c, struct schema_node *n, struct json_object *value,
                        size_t offset, const struct where *at)
{
	if (json_object_is_type(value, json_type_string))
		n->format = schema_format_find(json_object_get_string(value));
	return n->format || refuse(c, at, "must be date-time, date, uri or email", "");
}

static bool take_pattern(struct compiler *c, struct schema_node *n, struct json_object *value,
                         size_t offset, const struct where *at)
{
	struct schema_pattern *p;
	const char *problem;

	if (!json_object_is_type(value, json_type_string))
		return refuse(c, at, "must be a string", "");
	p = arena_alloc(&c->schema->arena, sizeof *p);
	if (!schema_pattern_compile(p, json_object_get_string(value), &problem))
		return refuse(c, at, "the pattern ", problem);
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
		return refuse(c, at, "must be an array of names", "");
	for (i = 0; i < json_object_array_length(value); i++)
		if (!json_object_is_type(json_object_array_get_idx(value, i), json_type_string))
			return refuse(c, at, "must be an array of names", "");
	n->required = value;
	return true;
}

static bool take_dialect(struct compiler *c, struct schema_node *n, struct json_object *value,
                         size_t offset, const struct where *at)
{
	if (json_object_is_type(value, json_type_string) &&
	    strcmp(json_object_get_string(value), "https://json-schema.org/draft/2020-12/schema") == 0)
		return true;
	return refuse(c, at, "only https://json-schema.org/draft/2020-12/schema is supported", "");
}

static bool take_annotation(struct compiler *c, struct schema_node *n, struct json_object *value,
                            size_t offset, const struct where *at)
{
	return true;
}

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
	{"$ref", take_ref, 0},
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

static bool take_keyword(struct compiler *c, struct schema_node *n, const char *name,
                         struct json_object *value, const struct where *up)
{
	struct where at = {.up = up, .key = name};
	size_t i;

	for (i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (strcmp(keywords[i].name, name) == 0)
			return keywords[i].compile(c, n, value, keywords[i].offset, &at);
	return refuse(c, &at, "this keyword is not supported", "");
}

static struct schema_node *new_node(struct compiler *c, struct schema_place place)
{
	struct schema_node *n = arena_alloc(&c->schema->arena, sizeof *n);

	n->place = place;
	n->min_length = n->max_length = n->min_items = n->max_items = -1;
	n->min_properties = n->max_properties = -1;
	HASH_ADD(hh, c->nodes, place, sizeof n->place, n);
	return n;
}

/* The node for a schema; the one that was made before where a reference comes back to it. */
static struct schema_node *compile(struct compiler *c, struct json_object *source,
                                   struct json_object *base, const struct where *at)
{
	struct schema_place place = {source, has_id(source) ? source : base};
	struct schema_node *n;

	HASH_FIND(hh, c->nodes, &place, sizeof place, n);
	if (n)
		return n;
	if (c->nesting == NESTING_MAX) {
		refuse(c, at, "too many schemas refer to each other", "");
		return NULL;
	}
	n = new_node(c, place);
	if (json_object_is_type(source, json_type_boolean)) {
		n->refuses = !json_object_get_boolean(source);
		return n;
	}
	if (!json_object_is_type(source, json_type_object)) {
		refuse(c, at, "a schema must be an object, true or false", "");
		return NULL;
	}
	c->nesting++;
	json_object_object_foreach(source, name, value)
		if (!take_keyword(c, n, name, value, at))
			return NULL;
	c->nesting--;
	return n;
}

/* --- schemas that would be applied to the same value for ever --- */

enum walk { WALK_NOT_YET, WALK_INSIDE, WALK_DONE };

static bool in_place_loop(struct schema_node *n, unsigned depth)
{
	const struct schema_list *lists[] = {&n->any_of, &n->one_of, &n->all_of};
	size_t i, k;

	if (n->walk == WALK_DONE)
		return false;
	if (n->walk == WALK_INSIDE || depth == NESTING_MAX)
		return true;
	n->walk = WALK_INSIDE;
	if ((n->ref && in_place_loop(n->ref, depth + 1)) || (n->not && in_place_loop(n->not, depth + 1)))
		return true;
	for (i = 0; i < sizeof lists / sizeof *lists; i++)
		for (k = 0; k < lists[i]->n; k++)
			if (in_place_loop(lists[i]->at[k], depth + 1))
				return true;
	n->walk = WALK_DONE;
	return false;
}

static bool check_loops(struct compiler *c)
{
	struct schema_node *n, *next;

	HASH_ITER(hh, c->nodes, n, next)
		if (in_place_loop(n, 0))
			return refuse(c, NULL, "a $ref leads back to itself without a step into the value", "");
	return true;
}

struct schema *schema_compile(struct json_object *source, struct error *err)
{
	struct schema *s = mem_zalloc(sizeof *s);
	struct compiler c = {.schema = s, .err = err};
	bool ok;

	arena_init(&s->arena);
	s->source = json_object_get(source);
	s->root = compile(&c, source, source, NULL);
	ok = s->root && check_loops(&c);
	HASH_CLEAR(hh, c.nodes);
	if (ok)
		return s;
	schema_free(s);
	return NULL;
}

void schema_free(struct schema *s)
{
	struct schema_pattern *p;

	if (!s)
		return;
	for (p = s->patterns; p; p = p->next)
		regfree(&p->regex);
	arena_release(&s->arena);
	json_object_put(s->source);
	mem_free(s);
}
