/* Trees for people to read: a line for each member and element, two blanks for each level. */
#include "base/json.h"

#include <string.h>

static void add_level(struct buf *b, struct json_object *value, unsigned level);

static void begin_line(struct buf *b, unsigned level)
{
	buf_addc(b, '\n');
	while (level-- > 0)
		buf_add(b, "  ", 2);
}

static void add_members(struct buf *b, struct json_object *object, unsigned level)
{
	bool first = true;

	buf_addc(b, '{');
	json_object_object_foreach(object, key, value) {
		if (!first)
			buf_addc(b, ',');
		first = false;
		begin_line(b, level + 1);
		json_quote(b, key, strlen(key));
		buf_add(b, ": ", 2);
		add_level(b, value, level + 1);
	}
	if (!first)
		begin_line(b, level);
	buf_addc(b, '}');
}

static void add_elements(struct buf *b, struct json_object *array, unsigned level)
{
	size_t n = json_object_array_length(array), i;

	buf_addc(b, '[');
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		begin_line(b, level + 1);
		add_level(b, json_object_array_get_idx(array, i), level + 1);
	}
	if (n > 0)
		begin_line(b, level);
	buf_addc(b, ']');
}

static void add_level(struct buf *b, struct json_object *value, unsigned level)
{
	struct json_out w;

	if (json_object_is_type(value, json_type_object)) {
		add_members(b, value, level);
	} else if (json_object_is_type(value, json_type_array)) {
		add_elements(b, value, level);
	} else {
		json_begin(&w, b);
		json_put_value(&w, NULL, value);
	}
}

void json_add_indented(struct buf *b, struct json_object *value)
{
	add_level(b, value, 0);
}
