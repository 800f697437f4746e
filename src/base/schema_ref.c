/* References inside a schema: JSON pointers (RFC 6901), relative to the resource they stand in. */
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

bool schema_take_ref(struct compiler *c, struct schema_node *n, struct json_object *value,
                     size_t offset, const struct where *at)
{
	struct json_object *target = n->place.base, *base = n->place.base;
	const char *ref = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
	struct where there = {0};
	char *token, *rest;

	if (strcmp(ref, "#") != 0 && strncmp(ref, "#/", 2) != 0)
		return schema_refuse(c, at, "only references inside the schema, like #/$defs/name, are supported", "");
	there.key = ref + 2;
	rest = ref[1] ? decode_fragment(c, ref + 2) : NULL;
	while (rest && target) {
		token = rest;
		rest = pointer_token(token);
		target = step_into(target, token);
		if (schema_has_id(target))
			base = target;
	}
	if (!target)
		return schema_refuse(c, at, "there is nothing at ", ref);
	n->ref = schema_compile_node(c, target, base, ref[1] ? &there : NULL);
	return n->ref != NULL;
}
