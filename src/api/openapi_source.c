/* Reading the descriptions: the parts that the program carries, merged, with their objects written out. */
#include <stdio.h>
#include <string.h>

#include "api/openapi_priv.h"

#define PART_MAX   (512u << 10)
#define NAME_OF(v) json_object_get_string(v)

/* ---- looking ---- */

struct json_object *openapi_get(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	return key && json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &value) ? value : NULL;
}

struct json_object *openapi_find(const struct openapi_doc *d, const char *section, const char *name)
{
	return openapi_get(openapi_get(d->source, section), name);
}

const char *openapi_str(struct json_object *o, const char *key)
{
	struct json_object *value = openapi_get(o, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

struct json_object *openapi_operation(const struct openapi_doc *d, const struct route *r)
{
	char name[256];

	snprintf(name, sizeof name, "%s %s", route_method(r), r->path);
	return openapi_find(d, "operations", name);
}

void openapi_put_example(struct openapi_doc *d, const char *key, struct json_object *value)
{
	struct json_object *named;
	size_t i;

	if (json_object_is_type(value, json_type_array)) {
		json_arr_open(&d->w, key);
		for (i = 0; i < json_object_array_length(value); i++)
			openapi_put_example(d, NULL, json_object_array_get_idx(value, i));
		json_arr_close(&d->w);
		return;
	}
	named = json_object_is_type(value, json_type_string) ? openapi_find(d, "examples", NAME_OF(value)) : NULL;
	json_put_value(&d->w, key, named ? named : value);
}

/* ---- objects of answers ---- */

/* Adds from's members to o's; what o has already stays where it is. */
static void add_members(struct json_object *o, struct json_object *from)
{
	if (!from)
		return;
	json_object_object_foreach(from, key, value)
		json_object_object_add(o, key, json_object_get(value));
}

static bool among(struct json_object *names, const char *name)
{
	size_t i;

	for (i = 0; names && i < json_object_array_length(names); i++)
		if (strcmp(NAME_OF(json_object_array_get_idx(names, i)), name) == 0)
			return true;
	return false;
}

static struct json_object *required_of(struct json_object *properties, struct json_object *optional)
{
	struct json_object *required = json_object_new_array();

	json_object_object_foreach(properties, key, value) {
		(void)value;
		if (!among(optional, key))
			json_object_array_add(required, json_object_new_string(key));
	}
	return required;
}

/* {members, extends, optional} becomes a schema that takes exactly these members. */
static bool write_out(struct json_object *source, struct json_object *schema, struct error *err)
{
	struct json_object *members = openapi_get(schema, "members"), *properties, *base = NULL;
	const char *extends = openapi_str(schema, "extends");

	if (!members)
		return true;
	if (extends) {
		base = openapi_get(openapi_get(source, "schemas"), extends);
		if (!base)
			base = openapi_get(openapi_get(source, "bases"), extends);
		if (!base || !write_out(source, base, err))
			return err_set(err, ERR_INTERNAL, "OpenAPI: there is no schema %s to extend", extends);
	}
	properties = json_object_new_object();
	add_members(properties, openapi_get(base, "properties"));
	add_members(properties, members);
	json_object_object_add(schema, "required", required_of(properties, openapi_get(schema, "optional")));
	json_object_object_add(schema, "type", json_object_new_string("object"));
	json_object_object_add(schema, "properties", properties);
	json_object_object_add(schema, "additionalProperties", json_object_new_boolean(0));
	json_object_object_del(schema, "members");
	json_object_object_del(schema, "extends");
	json_object_object_del(schema, "optional");
	return true;
}

static bool write_out_all(struct json_object *source, struct error *err)
{
	struct json_object *schemas = openapi_get(source, "schemas");

	if (!schemas)
		return err_set(err, ERR_INTERNAL, "OpenAPI: there are no schemas");
	json_object_object_foreach(schemas, name, schema) {
		(void)name;
		if (!write_out(source, schema, err))
			return false;
	}
	return true;
}

/* ---- reading ---- */

/* Sections of the same name are one; nothing is said twice. */
static bool merge(struct json_object *into, struct json_object *part, struct error *err)
{
	json_object_object_foreach(part, section, value) {
		struct json_object *there = openapi_get(into, section);

		if (!there) {
			json_object_object_add(into, section, json_object_get(value));
			continue;
		}
		json_object_object_foreach(value, name, one) {
			if (openapi_get(there, name))
				return err_set(err, ERR_INTERNAL, "OpenAPI: %s %s is described twice", section, name);
			json_object_object_add(there, name, json_object_get(one));
		}
	}
	return true;
}

static bool read_part(const struct openapi_part *part, struct json_object *into, struct error *err)
{
	struct json_object *object = NULL;
	const char *const *line;
	struct error why = {0};
	struct buf text;
	bool ok;

	buf_init(&text, PART_MAX);
	for (line = part->lines; *line; line++)
		buf_adds(&text, *line);
	ok = json_read(buf_str(&text), text.len, JSON_DEPTH_MAX, &object, NULL, NULL, &why) ||
	     err_set(err, ERR_INTERNAL, "OpenAPI: %s: %.200s", part->name, why.message);
	ok = ok && merge(into, object, err);
	json_object_put(object);
	buf_release(&text);
	return ok;
}

bool openapi_source_read(struct json_object **out, struct error *err)
{
	const struct openapi_part *part;

	*out = json_object_new_object();
	for (part = openapi_parts; part->name; part++)
		if (!read_part(part, *out, err))
			return false;
	return write_out_all(*out, err);
}
