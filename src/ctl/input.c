/* --input: objects and single members, put together. */
#include "ctl/caller.h"

#include <string.h>

#define INPUT_MAX (1u << 20)

/* Of a file's name the end is what tells it from others. */
static bool wrong(struct ctl *c, const char *option, const char *why, const char *arg)
{
	c->status = CTL_USAGE;
	return err_field(&c->err, option, "--%s %.*s: %s", option, *arg == '@' ? 240 : 60, arg, why);
}

/* JSON where it is JSON, else the text itself. */
static struct json_object *value_of(const char *text)
{
	struct json_object *value = NULL;
	struct error ignored;

	if (json_read(text, strlen(text), JSON_DEPTH_MAX, &value, NULL, NULL, &ignored))
		return value;
	return json_object_new_string(text);
}

/* "a.b" is the member b of the object a, which is made where there is none. false: a is something else. */
static bool put_at(struct json_object *o, const char *path, size_t n, struct json_object *value, struct arena *a)
{
	const char *dot = memchr(path, '.', n);
	char *name = arena_strndup(a, path, dot ? (size_t)(dot - path) : n);
	struct json_object *inner = NULL;

	if (!dot)
		return json_object_object_add(o, name, value) == 0;
	json_object_object_get_ex(o, name, &inner);
	if (!inner) {
		inner = json_object_new_object();
		json_object_object_add(o, name, inner);
	}
	if (!json_object_is_type(inner, json_type_object)) {
		json_object_put(value);
		return false;
	}
	return put_at(inner, dot + 1, n - (size_t)(dot + 1 - path), value, a);
}

static bool name_is_whole(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (name[i] == '.' && (i == 0 || i + 1 == n || name[i + 1] == '.'))
			return false;
	return n > 0;
}

/* NAME=VALUE or NAME=@FILE. */
static bool take_member(struct ctl *c, const char *option, const char *arg, struct json_object *o)
{
	const char *equals = strchr(arg, '='), *text;
	char *of_file;

	if (!equals || !name_is_whole(arg, (size_t)(equals - arg)))
		return wrong(c, option, "is neither NAME=VALUE nor an object of JSON nor @FILE", arg);
	text = equals + 1;
	if (!json_utf8_valid(arg, strlen(arg)))
		return wrong(c, option, "is no UTF-8", arg);
	if (*text == '@') {
		if (!ctl_read_file(c, option, text + 1, INPUT_MAX, &of_file))
			return false;
		if (!json_utf8_valid(of_file, strlen(of_file)))
			return wrong(c, option, "the file is no text in UTF-8", arg);
		text = of_file;
	}
	return put_at(o, arg, (size_t)(equals - arg), value_of(text), &c->arena) ||
	       wrong(c, option, "what stands before a dot is no object", arg);
}

/* What comes later counts. */
static bool take_object(struct ctl *c, const char *option, const char *arg, struct json_object *o)
{
	struct json_object *given = NULL;
	const char *text = arg;
	char *of_file;
	struct error why;

	if (*arg == '@') {
		if (!ctl_read_file(c, option, arg + 1, INPUT_MAX, &of_file))
			return false;
		text = of_file;
	}
	if (!json_read(text, strlen(text), JSON_DEPTH_MAX, &given, NULL, NULL, &why))
		return wrong(c, option, why.message, arg);
	if (!json_object_is_type(given, json_type_object)) {
		json_object_put(given);
		return wrong(c, option, "is no object", arg);
	}
	json_object_object_foreach(given, name, value)
		json_object_object_add(o, name, json_object_get(value));
	json_object_put(given);
	return true;
}

bool caller_input(struct ctl *c, const char *option, struct json_object **out)
{
	const struct ctl_value *v = ctl_value(c, option);
	unsigned i;

	*out = json_object_new_object();
	for (i = 0; i < v->count; i++) {
		const char *arg = v->list[i];
		bool whole = arg[strspn(arg, " \t\r\n")] == '{' || *arg == '@';

		if (!(whole ? take_object : take_member)(c, option, arg, *out))
			return false;
	}
	return true;
}
