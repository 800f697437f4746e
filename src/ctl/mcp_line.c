/* What a message says of itself, and headers that say it again. */
#include "ctl/mcp.h"

#include <string.h>

#include "base/crypto.h"

#define VERSION "io.modelcontextprotocol/protocolVersion"

static struct json_object *object_of(struct json_object *o, const char *key)
{
	struct json_object *found = NULL;
	struct error ignored;

	json_get_obj(o, "", key, &found, &ignored);
	return found;
}

static const char *text_of(struct json_object *o, const char *key)
{
	const char *text = NULL;
	struct error ignored;

	json_get_str(o, "", key, &text, &ignored);
	return text;
}

/* Which member of the parameters is the name that a header repeats. */
static const char *name_member(const char *method)
{
	static const struct { const char *method, *member; } names[] = {
		{"tools/call", "name"}, {"prompts/get", "name"}, {"resources/read", "uri"},
		{"tasks/get", "taskId"}, {"tasks/update", "taskId"}, {"tasks/cancel", "taskId"}};
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].method, method) == 0)
			return names[i].member;
	return NULL;
}

static void read_params(struct mcp_message *m)
{
	struct json_object *params = object_of(m->root, "params");
	const char *member = name_member(m->method);

	m->version = text_of(object_of(params, "_meta"), VERSION);
	m->name = member ? text_of(params, member) : NULL;
	if (params && strcmp(m->method, "notifications/cancelled") == 0)
		json_object_object_get_ex(params, "requestId", &m->cancels);
}

static bool is_id(struct json_object *id)
{
	return json_object_is_type(id, json_type_string) || json_object_is_type(id, json_type_int) ||
	       json_object_is_type(id, json_type_double);
}

bool mcp_read(const char *line, size_t n, struct mcp_message *out, enum mcp_code *code, struct error *err)
{
	static const char *const wanted[] = {"id", NULL};
	struct json_span id;

	*out = (struct mcp_message){.root = NULL};
	*code = MCP_PARSE_ERROR;
	if (!json_read(line, n, CALLER_JSON_DEPTH, &out->root, wanted, &id, err))
		return false;
	*code = MCP_INVALID_REQUEST;
	if (!json_object_is_type(out->root, json_type_object))
		return err_set(err, ERR_INVALID_INPUT, "A message is one JSON object; batches are not taken");
	if (id.p) {
		json_object_object_get_ex(out->root, "id", &out->id);
		if (!is_id(out->id))
			return err_set(err, ERR_INVALID_INPUT, "id must be a text or a number");
		out->id_text = id.p;
		out->id_len = id.n;
	}
	out->method = text_of(out->root, "method");
	if (out->method)
		read_params(out);
	else if (!json_object_object_get_ex(out->root, "result", NULL) && !json_object_object_get_ex(out->root, "error", NULL))
		return err_set(err, ERR_INVALID_INPUT, "A message has a method, a result or an error");
	return true;
}

/* Visible ASCII and blanks within; not what looks like an encoded value. */
static bool is_plain(const char *value)
{
	size_t n = strlen(value), i;

	for (i = 0; i < n; i++)
		if ((unsigned char)value[i] < ' ' || (unsigned char)value[i] > '~')
			return false;
	return n > 0 && value[0] != ' ' && value[n - 1] != ' ' &&
	       !(strncmp(value, "=?base64?", 9) == 0 && n > 10 && strcmp(value + n - 2, "?=") == 0);
}

const char *mcp_header(struct arena *a, const char *name, const char *value)
{
	size_t n = strlen(value);
	char *encoded;

	if (is_plain(value))
		return arena_printf(a, "%s: %s", name, value);
	encoded = arena_alloc(a, 4 * ((n + 2) / 3) + 1);
	crypto_base64(value, n, encoded);
	return arena_printf(a, "%s: =?base64?%s?=", name, encoded);
}
