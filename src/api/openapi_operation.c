/* One operation: what the route table says of it, and what is described. */
#include <stdio.h>
#include <string.h>

#include "api/openapi_priv.h"

void openapi_put_ref(struct openapi_doc *d, const char *key, const char *section, const char *name)
{
	char ref[192];

	snprintf(ref, sizeof ref, "#/components/%s/%s", section, name);
	json_obj_open(&d->w, key);
	json_put_str(&d->w, "$ref", ref);
	json_obj_close(&d->w);
}

void openapi_path(const struct openapi_doc *d, const struct route *r, char *out, size_t size)
{
	const char *hole = strstr(r->path, "{}");
	const char *name = openapi_str(openapi_find(d, "parameters", openapi_str(openapi_operation(d, r), "path")), "name");

	if (hole)
		snprintf(out, size, "%.*s{%s}%s", (int)(hole - r->path), r->path, name, hole + 2);
	else
		snprintf(out, size, "%s", r->path);
}

/* ---- who may ask ---- */

/* "`a` or `b`" */
static void add_scopes(struct buf *b, unsigned scopes)
{
	const char *between = "";
	unsigned bit;

	for (bit = 1; bit <= SCOPE_ALL; bit <<= 1)
		if (scopes & bit) {
			buf_addf(b, "%s`%s`", between, scope_name((enum scope)bit));
			between = " or ";
		}
}

static void add_access(struct buf *b, const struct route *r)
{
	static const char *const texts[] = {
		[ACCESS_ACCOUNT] = "Takes an API key", [ACCESS_SESSION] = "Takes a session of the dashboard; an API key is refused.",
		[ACCESS_OPEN] = "Takes neither key nor session.", [ACCESS_LINK] = "Takes neither key nor session.",
		[ACCESS_LOCAL] = "Answers this host, and who has the operator's token.",
	};

	buf_adds(b, texts[r->access]);
	if (r->access != ACCESS_ACCOUNT)
		return;
	if (r->scope)
		buf_adds(b, " with the scope ");
	add_scopes(b, r->scope);
	buf_adds(b, ", or a session.");
	if (r->feature != FEATURE_API)
		buf_addf(b, " The plan must include %s.", route_feature(r));
}

static void put_description(struct openapi_doc *d, const struct route *r, struct json_object *operation,
                            const struct manifest *agent)
{
	struct buf b;

	buf_init(&b, 8192);
	if (agent)
		buf_addf(&b, "%s.\n\n", agent->description);
	buf_addf(&b, "%s\n\n", openapi_str(operation, "description"));
	add_access(&b, r);
	json_put_str(&d->w, "description", buf_str(&b));
	buf_release(&b);
}

/* One way to ask; scope 0: any. */
static void put_way(struct openapi_doc *d, const char *scheme, unsigned scope)
{
	json_obj_open(&d->w, NULL);
	if (scheme) {
		json_arr_open(&d->w, scheme);
		if (scope)
			json_put_str(&d->w, NULL, scope_name((enum scope)scope));
		json_arr_close(&d->w);
	}
	json_obj_close(&d->w);
}

/* Alternatives; the scopes stand as the roles that OpenAPI 3.1 allows with every kind of scheme. */
static void put_security(struct openapi_doc *d, const struct route *r)
{
	unsigned bit;

	json_arr_open(&d->w, "security");
	if (r->access == ACCESS_ACCOUNT && r->scope == 0)
		put_way(d, "apiKey", 0);
	for (bit = 1; r->access == ACCESS_ACCOUNT && bit <= SCOPE_ALL; bit <<= 1)
		if (r->scope & bit)
			put_way(d, "apiKey", bit);
	if (r->access == ACCESS_ACCOUNT || r->access == ACCESS_SESSION)
		put_way(d, "session", 0);
	if (r->access == ACCESS_LOCAL) {
		put_way(d, NULL, 0);
		put_way(d, "operatorToken", 0);
	}
	json_arr_close(&d->w);
}

/* The table's own words, for programs that read the document. */
static void put_extensions(struct openapi_doc *d, const struct route *r)
{
	unsigned bit;

	json_put_str(&d->w, "x-agentiv-access", route_access_name(r));
	json_put_str(&d->w, "x-agentiv-feature", route_feature(r));
	json_arr_open(&d->w, "x-agentiv-scopes");
	for (bit = 1; bit <= SCOPE_ALL; bit <<= 1)
		if (r->scope & bit)
			json_put_str(&d->w, NULL, scope_name((enum scope)bit));
	json_arr_close(&d->w);
}

/* ---- what is asked for ---- */

static void put_query(struct openapi_doc *d, struct json_object *operation, const char *name)
{
	struct json_object *own = openapi_get(openapi_get(operation, "query"), name);

	if (!json_object_is_type(own, json_type_object)) {
		openapi_put_ref(d, NULL, "parameters", own ? json_object_get_string(own) : name);
		return;
	}
	json_obj_open(&d->w, NULL);
	json_put_str(&d->w, "name", name);
	json_put_str(&d->w, "in", "query");
	json_object_object_foreach(own, key, value)
		json_put_value(&d->w, key, value);
	json_obj_close(&d->w);
}

static void put_parameters(struct openapi_doc *d, const struct route *r, struct json_object *operation, bool templated)
{
	struct json_object *more = openapi_get(operation, "parameters");
	const char *const *name;
	size_t i;

	json_arr_open(&d->w, "parameters");
	if (templated && openapi_str(operation, "path"))
		openapi_put_ref(d, NULL, "parameters", openapi_str(operation, "path"));
	for (name = r->query; name && *name; name++)
		put_query(d, operation, *name);
	for (i = 0; more && i < json_object_array_length(more); i++)
		openapi_put_ref(d, NULL, "parameters", json_object_get_string(json_object_array_get_idx(more, i)));
	if (openapi_get(operation, "once"))
		openapi_put_ref(d, NULL, "parameters", "IdempotencyKey");
	json_arr_close(&d->w);
}

/* The body's example: an agent's own, where its manifest has one. */
static void put_request_example(struct openapi_doc *d, struct json_object *request, const struct manifest *agent)
{
	struct json_object *input = agent ? openapi_agent_example(agent, "input") : NULL;

	if (input) {
		json_obj_open(&d->w, "example");
		json_put_value(&d->w, "input_payload", input);
		json_obj_close(&d->w);
	} else if (!agent) {
		openapi_put_example(d, "example", openapi_get(request, "example"));
	}
}

/* Whatever takes no body takes an object without members for none. */
static void put_no_members(struct openapi_doc *d)
{
	json_obj_open(&d->w, "requestBody");
	json_put_bool(&d->w, "required", false);
	json_obj_open(&d->w, "content");
	json_obj_open(&d->w, "application/json");
	openapi_put_ref(d, "schema", "schemas", "NoMembers");
	json_obj_open(&d->w, "example");
	json_obj_close(&d->w);
	json_obj_close(&d->w);
	json_obj_close(&d->w);
	json_obj_close(&d->w);
}

static void put_request(struct openapi_doc *d, const struct route *r, struct json_object *operation,
                        const struct manifest *agent)
{
	struct json_object *request = openapi_get(operation, "request");
	char name[OPENAPI_NAME_SIZE];

	if (!request && r->method == HTTP_POST)
		put_no_members(d);
	if (!request)
		return;
	if (openapi_get(request, "content")) {
		json_put_value(&d->w, "requestBody", request);
		return;
	}
	snprintf(name, sizeof name, "%s", openapi_str(request, "schema"));
	if (agent)
		openapi_agent_name(agent, openapi_str(request, "schema"), name);
	json_obj_open(&d->w, "requestBody");
	json_put_bool(&d->w, "required", !openapi_get(request, "optional"));
	json_obj_open(&d->w, "content");
	json_obj_open(&d->w, "application/json");
	openapi_put_ref(d, "schema", "schemas", name);
	put_request_example(d, request, agent);
	json_obj_close(&d->w);
	json_obj_close(&d->w);
	json_obj_close(&d->w);
}

static void put_title(struct openapi_doc *d, struct json_object *operation, const struct manifest *agent)
{
	const char *id = openapi_str(operation, "operationId");
	char text[256];

	if (!agent) {
		json_put_str(&d->w, "operationId", id);
		json_put_str(&d->w, "summary", openapi_str(operation, "summary"));
		return;
	}
	openapi_agent_name(agent, "", text + snprintf(text, sizeof text, "%.64s", id));
	json_put_str(&d->w, "operationId", text);
	snprintf(text, sizeof text, "Run %s", agent->name);
	json_put_str(&d->w, "summary", text);
}

void openapi_put_operation(struct openapi_doc *d, const struct route *r, const struct manifest *agent)
{
	static const char *const methods[] = {
		[HTTP_GET] = "get", [HTTP_POST] = "post", [HTTP_PUT] = "put", [HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete",
	};
	struct json_object *operation = openapi_operation(d, r);

	json_obj_open(&d->w, methods[r->method]);
	put_title(d, operation, agent);
	put_description(d, r, operation, agent);
	json_arr_open(&d->w, "tags");
	json_put_str(&d->w, NULL, openapi_str(operation, "tag"));
	json_arr_close(&d->w);
	put_security(d, r);
	put_extensions(d, r);
	put_parameters(d, r, operation, !agent);
	put_request(d, r, operation, agent);
	openapi_put_responses(d, r, agent);
	json_obj_close(&d->w);
}
