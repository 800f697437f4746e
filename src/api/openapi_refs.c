/* Schemas that point into themselves, standing deeper in the document than where they were written. */
#include <stdio.h>
#include <string.h>

#include "api/openapi_priv.h"
#include "base/schema.h"

#define REF_MAX 1024

/* A name as a part of a JSON pointer (RFC 6901, 3). */
static void add_part(struct buf *pointer, const char *name)
{
	buf_addc(pointer, '/');
	for (; *name; name++) {
		if (*name == '~' || *name == '/')
			buf_adds(pointer, *name == '~' ? "~0" : "~1");
		else
			buf_addc(pointer, *name);
	}
}

/* What the member key of an object leads to, that itself stands as. */
static enum schema_below below(enum schema_below as, const char *key)
{
	return as == SCHEMA_BELOW_NAMES ? SCHEMA_BELOW_SCHEMAS : schema_below(key);
}

/* Adds to pointer where the schema with that $anchor stands below value. */
static bool find_anchor(struct json_object *value, const char *anchor, enum schema_below as, struct buf *pointer)
{
	const char *own = as == SCHEMA_BELOW_SCHEMAS ? openapi_str(value, "$anchor") : NULL;
	size_t length = pointer->len, i;
	char index[24];

	if (own && strcmp(own, anchor) == 0)
		return true;
	for (i = 0; json_object_is_type(value, json_type_array) && i < json_object_array_length(value); i++) {
		snprintf(index, sizeof index, "%zu", i);
		add_part(pointer, index);
		if (find_anchor(json_object_array_get_idx(value, i), anchor, as, pointer))
			return true;
		pointer->len = length;
	}
	if (!json_object_is_type(value, json_type_object) || as == SCHEMA_BELOW_VALUES)
		return false;
	json_object_object_foreach(value, key, member) {
		add_part(pointer, key);
		if (find_anchor(member, anchor, below(as, key), pointer))
			return true;
		pointer->len = length;
	}
	return false;
}

/* "#", "#/…" or "#anchor" of whole, which now is the schema of that name. */
static void move(struct json_object *schema, struct json_object *whole, const char *name, const char *ref)
{
	struct buf moved;

	buf_init(&moved, REF_MAX);
	buf_addf(&moved, "#/components/schemas/%s", name);
	if (ref[1] == '\0' || ref[1] == '/')
		buf_adds(&moved, ref + 1);
	else
		find_anchor(whole, ref + 1, SCHEMA_BELOW_SCHEMAS, &moved);
	json_object_object_add(schema, "$ref", json_object_new_string_len(buf_str(&moved), (int)moved.len));
	buf_release(&moved);
}

static void move_all(struct json_object *value, struct json_object *whole, const char *name, enum schema_below as)
{
	const char *ref = as == SCHEMA_BELOW_SCHEMAS ? openapi_str(value, "$ref") : NULL;
	size_t i;

	for (i = 0; json_object_is_type(value, json_type_array) && i < json_object_array_length(value); i++)
		move_all(json_object_array_get_idx(value, i), whole, name, as);
	if (!json_object_is_type(value, json_type_object) || as == SCHEMA_BELOW_VALUES)
		return;
	if (ref && ref[0] == '#')
		move(value, whole, name, ref);
	json_object_object_foreach(value, key, member)
		move_all(member, whole, name, below(as, key));
}

/* Names that would be those of the whole document: two agents may have the same. */
static void drop_names(struct json_object *value, enum schema_below as)
{
	size_t i;

	for (i = 0; json_object_is_type(value, json_type_array) && i < json_object_array_length(value); i++)
		drop_names(json_object_array_get_idx(value, i), as);
	if (!json_object_is_type(value, json_type_object) || as == SCHEMA_BELOW_VALUES)
		return;
	if (as == SCHEMA_BELOW_SCHEMAS) {
		json_object_object_del(value, "$anchor");
		json_object_object_del(value, "$id");
	}
	json_object_object_foreach(value, key, member)
		drop_names(member, below(as, key));
}

void openapi_move_refs(struct json_object *schema, const char *name)
{
	move_all(schema, schema, name, SCHEMA_BELOW_SCHEMAS);
	drop_names(schema, SCHEMA_BELOW_SCHEMAS);
}
