/* References inside a schema: JSON pointers (RFC 6901) and anchors (JSON Schema 2020-12, core, 8.2.2), relative to the
 * resource they stand in. */
#include "base/schema_compile_priv.h"

#include <stdlib.h>
#include <string.h>

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

bool schema_has_id(struct json_object *schema)
{
	struct json_object *id;

	return json_object_is_type(schema, json_type_object) &&
	       json_object_object_get_ex(schema, "$id", &id) && json_object_is_type(id, json_type_string);
}

/* ---- anchors ---- */

static bool is_anchor(const char *name)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789-.";

	return *name && strchr(first, *name) && name[strspn(name, more)] == '\0';
}

bool schema_take_anchor(struct compiler *c, struct schema_node *n, struct json_object *value,
                        size_t offset, const struct where *at)
{
	return (json_object_is_type(value, json_type_string) && is_anchor(json_object_get_string(value))) ||
	       schema_refuse(c, at, "must be a letter or _, and letters, digits, -, _ and . behind it", "");
}

enum schema_below schema_below(const char *keyword)
{
	static const struct { const char *keyword; enum schema_below below; } others[] = {
		{"properties", SCHEMA_BELOW_NAMES}, {"$defs", SCHEMA_BELOW_NAMES},
		{"const", SCHEMA_BELOW_VALUES}, {"enum", SCHEMA_BELOW_VALUES}, {"default", SCHEMA_BELOW_VALUES},
		{"examples", SCHEMA_BELOW_VALUES},
	};
	size_t i;

	for (i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(others[i].keyword, keyword) == 0)
			return others[i].below;
	return SCHEMA_BELOW_SCHEMAS;
}

/* The schema in the resource from that has the anchor; NULL: none. Within a text of JSON, so as deep as that may be. */
static struct json_object *find_anchor(struct json_object *from, const char *name, bool inside, enum schema_below as)
{
	struct json_object *found = NULL, *anchor = NULL;
	size_t i;

	if (json_object_is_type(from, json_type_array)) {
		for (i = 0; !found && i < json_object_array_length(from); i++)
			found = find_anchor(json_object_array_get_idx(from, i), name, true, as);
		return found;
	}
	if (!json_object_is_type(from, json_type_object) || as == SCHEMA_BELOW_VALUES)
		return NULL;
	if (as == SCHEMA_BELOW_SCHEMAS) {
		if (inside && schema_has_id(from))
			return NULL;
		if (json_object_object_get_ex(from, "$anchor", &anchor) && json_object_is_type(anchor, json_type_string) &&
		    strcmp(json_object_get_string(anchor), name) == 0)
			return from;
	}
	json_object_object_foreach(from, key, sub)
		if (!found)
			found = find_anchor(sub, name, true, as == SCHEMA_BELOW_NAMES ? SCHEMA_BELOW_SCHEMAS : schema_below(key));
	return found;
}

/* ---- $ref ---- */

/* What a JSON pointer leads to; *base: the resource around it. */
static struct json_object *follow_pointer(struct compiler *c, const char *pointer, struct json_object **base)
{
	struct json_object *target = *base;
	char *token, *rest = decode_fragment(c, pointer);

	while (rest && target) {
		token = rest;
		rest = pointer_token(token);
		target = step_into(target, token);
		if (schema_has_id(target))
			*base = target;
	}
	return target;
}

bool schema_take_ref(struct compiler *c, struct schema_node *n, struct json_object *value,
                     size_t offset, const struct where *at)
{
	struct json_object *target = n->place.base, *base = n->place.base;
	const char *ref = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
	struct where there = {.key = *ref ? ref + 1 + (ref[1] == '/') : ""};

	if (strncmp(ref, "#/", 2) == 0)
		target = follow_pointer(c, ref + 2, &base);
	else if (*ref == '#' && is_anchor(ref + 1))
		target = find_anchor(base, ref + 1, false, SCHEMA_BELOW_SCHEMAS);
	else if (strcmp(ref, "#") != 0)
		return schema_refuse(c, at, "only references inside the schema, like #/$defs/name, are supported", "");
	if (!target)
		return schema_refuse(c, at, "there is nothing at ", ref);
	n->ref = schema_compile_node(c, target, base, ref[1] ? &there : NULL);
	return n->ref != NULL;
}
