/* POST /mcp: the Streamable HTTP transport of the Model Context Protocol: takes the message apart, settles by which revision
 * it speaks, checks what that revision asks of headers, and calls the method. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/handlers.h"
#include "api/mcp_priv.h"
#include "base/crypto.h"
#include "http/steps.h"

#define ID_MAX 256

#define EITHER (MCP_LEGACY | MCP_MODERN)

/* name: the member of params that Mcp-Name repeats. scope: any of these, beside what the route asks for. */
static const struct method {
	const char *name, *named_by;
	unsigned eras, scope;
	void (*call)(struct mcp_request *m);
	bool of_tasks;
} methods[] = {
	{"initialize", NULL, MCP_LEGACY, 0, mcp_initialize, false},
	{"ping", NULL, MCP_LEGACY, 0, mcp_ping, false},
	{"server/discover", NULL, MCP_MODERN, 0, mcp_discover, false},
	{"tools/list", NULL, EITHER, 0, mcp_tools_list, false},
	{"tools/call", "name", EITHER, 0, mcp_tools_call, false},
	{"tasks/get", "taskId", EITHER, 0, mcp_tasks_get, true},
	{"tasks/cancel", "taskId", EITHER, SCOPE_AGENTS_RUN, mcp_tasks_cancel, true},
	{"tasks/update", "taskId", MCP_MODERN, SCOPE_AGENTS_RUN, mcp_tasks_update, true},
	{"tasks/result", NULL, MCP_LEGACY, 0, mcp_tasks_result, true},
	{"tasks/list", NULL, MCP_LEGACY, SCOPE_AGENTS_READ, mcp_tasks_list, true},
};

const char *const mcp_legacy_versions[] = {"2025-11-25", "2025-06-18", "2025-03-26", NULL};

/* ---- errors ---- */

void mcp_refuse(struct mcp_request *m, int status, int code, const char *data, const char *fmt, ...)
{
	struct request *r = m->r;
	char message[512];
	/* clients of the elder revisions read bodies of 200 only; what they do not speak is told as they expect */
	bool plain = m->era == MCP_LEGACY && code != MCP_UNSUPPORTED_VERSION;
	struct json_out w;
	struct buf b;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	buf_init(&b, 8192);
	json_begin(&w, &b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "jsonrpc", "2.0");
	if (r->rpc_id)
		json_put_raw(&w, "id", r->rpc_id, strlen(r->rpc_id));
	else
		json_put_null(&w, "id");
	json_obj_open(&w, "error");
	json_put_int(&w, "code", code);
	json_put_str(&w, "message", message);
	if (data)
		json_put_raw(&w, "data", data, strlen(data));
	json_obj_close(&w);
	json_obj_close(&w);
	respond_json(r, plain ? 200 : status, NULL, &b);
	buf_release(&b);
}

void mcp_refuse_scope(struct mcp_request *m, unsigned scope)
{
	struct error err = {0};
	char scopes[64];

	scopes_format(scope, scopes, sizeof scopes);
	err_set(&err, ERR_FORBIDDEN, "The API key lacks the scope %s", scopes);
	request_challenge(m->r, scope, true);
	respond_error(m->r, &err);
}

/* ---- the message (JSON-RPC 2.0, 4) ---- */

/* A string or a whole number; MCP has no null here. */
static bool take_id(struct mcp_request *m, struct json_object *body, const struct json_span *span)
{
	struct json_object *id = NULL;

	json_object_object_get_ex(body, "id", &id);
	if (span->n > ID_MAX || !(json_object_is_type(id, json_type_string) || json_object_is_type(id, json_type_int))) {
		mcp_refuse(m, 400, RPC_INVALID_REQUEST, NULL, "id must be a string or a whole number, of at most %d bytes", ID_MAX);
		return false;
	}
	m->r->rpc_id = arena_strndup(&m->r->arena, span->p, span->n);
	return true;
}

static bool take_method(struct mcp_request *m, struct json_object *body)
{
	struct json_object *v = NULL, *version = NULL;

	json_object_object_get_ex(body, "jsonrpc", &version);
	json_object_object_get_ex(body, "method", &v);
	if (!json_object_is_type(version, json_type_string) || strcmp(json_object_get_string(version), "2.0") != 0) {
		mcp_refuse(m, 400, RPC_INVALID_REQUEST, NULL, "jsonrpc must be \"2.0\"");
		return false;
	}
	if (!v)
		return true;
	if (!json_object_is_type(v, json_type_string)) {
		mcp_refuse(m, 400, RPC_INVALID_REQUEST, NULL, "method must be a string");
		return false;
	}
	m->method = arena_strdup(&m->r->arena, json_object_get_string(v));
	return true;
}

static bool take_params(struct mcp_request *m, struct json_object *body, const struct json_span *span)
{
	struct error err = {0};

	if (json_get_obj(body, "", "params", &m->params, &err) &&
	    (!m->params || json_get_obj(m->params, "params", "_meta", &m->meta, &err))) {
		m->params_text = span->p;
		m->params_len = span->n;
		return true;
	}
	mcp_refuse(m, 400, RPC_INVALID_PARAMS, NULL, "%s", err.message);
	return false;
}

/* false: it was answered: what is no request, and what wants no answer. */
static bool take_message(struct mcp_request *m, struct json_object **body)
{
	static const char *const wanted[] = {"id", "params", NULL};
	struct json_span spans[2], *id = &spans[0], *params = &spans[1];
	struct error err = {0};

	if (!json_read(m->r->body.data, m->r->body.len, JSON_DEPTH_MAX, body, wanted, spans, &err)) {
		mcp_refuse(m, 400, RPC_PARSE_ERROR, NULL, "%s", err.message);
		return false;
	}
	if (!json_object_is_type(*body, json_type_object)) {
		mcp_refuse(m, 400, RPC_INVALID_REQUEST, NULL, "The body must be one JSON-RPC message, an object");
		return false;
	}
	if ((id->p && !take_id(m, *body, id)) || !take_method(m, *body))
		return false;
	/* a notification, or the answer to a request, which this server never makes */
	if (!id->p || !m->method) {
		respond(m->r, 202, NULL, NULL, NULL, 0);
		return false;
	}
	return take_params(m, *body, params);
}

/* ---- headers ---- */

/* A field's value without the blanks around it (RFC 9110, 5.5); NULL stays NULL. */
static const char *trimmed(struct request *r, const char *value)
{
	size_t n;

	if (!value)
		return NULL;
	value += strspn(value, " \t");
	n = strlen(value);
	while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
		n--;
	return arena_strndup(&r->arena, value, n);
}

/* What a header says: =?base64?…?= is UTF-8 in base64 (MCP 2026-07-28, basic/transports, "Value Encoding"). NULL: not valid. */
static const char *decoded(struct request *r, const char *value)
{
	static const char begin[] = "=?base64?", end[] = "?=";
	size_t n = strlen(value), size;
	uint8_t *out;

	if (n < sizeof begin - 1 + sizeof end - 1 || strncmp(value, begin, sizeof begin - 1) != 0 ||
	    strcmp(value + n - 2, end) != 0)
		return value;
	n -= sizeof begin - 1 + sizeof end - 1;
	out = arena_alloc(&r->arena, n + 1);
	if (!crypto_unbase64(value + sizeof begin - 1, n, out, &size) || !json_utf8_valid((char *)out, size) ||
	    memchr(out, '\0', size))
		return NULL;
	return (char *)out;
}

static bool mismatch(struct mcp_request *m, const char *header, const char *meant)
{
	mcp_refuse(m, 400, MCP_HEADER_MISMATCH, NULL, "The header %s must say what the body does: %.200s", header, meant);
	return false;
}

static bool same_header(struct mcp_request *m, const char *header, const char *value, const char *meant)
{
	const char *said = value ? decoded(m->r, trimmed(m->r, value)) : NULL;

	return (said && strcmp(said, meant) == 0) || mismatch(m, header, meant);
}

/* ---- which revision ---- */

static const char *meta_text(const struct mcp_request *m, const char *key)
{
	struct json_object *v = NULL;

	return m->meta && json_object_object_get_ex(m->meta, key, &v) && json_object_is_type(v, json_type_string) ?
	       json_object_get_string(v) : NULL;
}

static bool meta_object(const struct mcp_request *m, const char *key, struct json_object **out)
{
	return m->meta && json_object_object_get_ex(m->meta, key, out) && json_object_is_type(*out, json_type_object);
}

static bool unsupported(struct mcp_request *m, const char *requested)
{
	const char *const *v;
	struct json_out w;
	struct buf data;

	buf_init(&data, 2048);
	json_begin(&w, &data);
	json_obj_open(&w, NULL);
	json_arr_open(&w, "supported");
	json_put_str(&w, NULL, MCP_VERSION);
	for (v = m->era == MCP_LEGACY ? mcp_legacy_versions : NULL; v && *v; v++)
		json_put_str(&w, NULL, *v);
	json_arr_close(&w);
	json_put_str(&w, "requested", requested);
	json_obj_close(&w);
	mcp_refuse(m, 400, MCP_UNSUPPORTED_VERSION, data.failed ? NULL : buf_str(&data),
	           "This revision of the protocol is not spoken here");
	buf_release(&data);
	return false;
}

/* MCP 2026-07-28, basic, "_meta", and basic/transports, "Request Headers". */
static bool settle_modern(struct mcp_request *m, const char *header, const char *version)
{
	struct json_object *client = NULL, *extensions = NULL, *tasks = NULL;

	if (!version || !meta_object(m, MCP_META_CLIENT, &client)) {
		mcp_refuse(m, 400, RPC_INVALID_PARAMS, NULL, "params._meta must hold %s, a string, and %s, an object",
		           MCP_META_VERSION, MCP_META_CLIENT);
		return false;
	}
	if (!header || strcmp(header, version) != 0)
		return mismatch(m, "MCP-Protocol-Version", version);
	if (strcmp(version, MCP_VERSION) != 0)
		return unsupported(m, version);
	m->takes_tasks = json_object_object_get_ex(client, "extensions", &extensions) &&
	                 json_object_is_type(extensions, json_type_object) &&
	                 json_object_object_get_ex(extensions, MCP_TASKS, &tasks) && json_object_is_type(tasks, json_type_object);
	return same_header(m, "Mcp-Method", m->r->mcp_method, m->method);
}

static bool settle_legacy(struct mcp_request *m, const char *header)
{
	struct json_object *task = NULL;
	const char *const *v;

	m->takes_tasks = m->params && json_object_object_get_ex(m->params, "task", &task) &&
	                 json_object_is_type(task, json_type_object);
	for (v = mcp_legacy_versions; header && *v && strcmp(*v, header) != 0; v++)
		;
	return !header || *v || unsupported(m, header);
}

static bool settle_era(struct mcp_request *m)
{
	const char *header = trimmed(m->r, m->r->mcp_version), *version = meta_text(m, MCP_META_VERSION);

	m->era = version || (header && strcmp(header, MCP_VERSION) == 0) ? MCP_MODERN : MCP_LEGACY;
	return m->era == MCP_MODERN ? settle_modern(m, header, version) : settle_legacy(m, header);
}

/* A string or a whole number. */
static bool take_progress(struct mcp_request *m)
{
	struct json_object *token = NULL;
	struct json_out w;
	struct buf b;

	if (!m->meta || !json_object_object_get_ex(m->meta, "progressToken", &token) || !token)
		return true;
	if (!json_object_is_type(token, json_type_string) && !json_object_is_type(token, json_type_int)) {
		mcp_refuse(m, 400, RPC_INVALID_PARAMS, NULL, "params._meta.progressToken must be a string or a whole number");
		return false;
	}
	buf_init(&b, ID_MAX * 6);
	json_begin(&w, &b);
	json_put_value(&w, NULL, token);
	m->progress_token = b.failed ? NULL : arena_strndup(&m->r->arena, b.data, b.len);
	buf_release(&b);
	return true;
}

/* ---- the method ---- */

static const struct method *find_method(const struct mcp_request *m)
{
	unsigned i;

	for (i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(methods[i].name, m->method) == 0)
			return methods[i].eras & m->era ? &methods[i] : NULL;
	return NULL;
}

static bool name_repeated(struct mcp_request *m, const struct method *of)
{
	struct json_object *v = NULL;

	if (m->era != MCP_MODERN || !of->named_by)
		return true;
	if (m->params && json_object_object_get_ex(m->params, of->named_by, &v) && json_object_is_type(v, json_type_string))
		return same_header(m, "Mcp-Name", m->r->mcp_name, json_object_get_string(v));
	mcp_refuse(m, 400, RPC_INVALID_PARAMS, NULL, "params.%s must be a string", of->named_by);
	return false;
}

static void call_method(struct mcp_request *m)
{
	const struct method *of = find_method(m);

	if (!of) {
		mcp_refuse(m, 404, RPC_METHOD_NOT_FOUND, NULL, "There is no method %.100s", m->method);
		return;
	}
	if (!name_repeated(m, of))
		return;
	if (of->of_tasks && m->era == MCP_MODERN && !m->takes_tasks)
		mcp_refuse(m, 400, MCP_MISSING_CAPABILITY, "{\"requiredCapabilities\":{\"extensions\":{\"" MCP_TASKS "\":{}}}}",
		           "The client has not declared the extension " MCP_TASKS);
	else if (of->scope && !(m->r->auth->principal.scopes & of->scope))
		mcp_refuse_scope(m, of->scope);
	else
		of->call(m);
}

void mcp_post(struct request *r)
{
	struct mcp_request *m = arena_alloc(&r->arena, sizeof *m);
	struct json_object *body = NULL;

	m->r = r;
	if (take_message(m, &body) && settle_era(m) && take_progress(m))
		call_method(m);
	json_object_put(body);
}
