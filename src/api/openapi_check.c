/* Whether the descriptions and the program agree: each route, parameter, code and event is described, and nothing
 * else is. */
#include <stdio.h>
#include <string.h>

#include "api/openapi_priv.h"

static bool wrong(struct error *err, const char *what, const char *name, const char *why)
{
	return err_set(err, ERR_INTERNAL, "OpenAPI: %s %s %s", what, name, why);
}

/* Whether the object has these texts; NULL-terminated. */
static bool has_texts(struct json_object *o, const char *const *texts, const char *name, struct error *err)
{
	for (; *texts; texts++)
		if (!openapi_str(o, *texts))
			return wrong(err, name, *texts, "is not described");
	return true;
}

/* ---- operations ---- */

static bool check_query(const struct openapi_doc *d, const struct route *r, struct json_object *operation, struct error *err)
{
	struct json_object *own = openapi_get(operation, "query");
	const char *const *name;

	for (name = r->query; name && *name; name++) {
		struct json_object *one = openapi_get(own, *name);
		const char *shared = json_object_is_type(one, json_type_string) ? json_object_get_string(one) : *name;

		if (!json_object_is_type(one, json_type_object) && !openapi_find(d, "parameters", shared))
			return wrong(err, r->path, *name, "is not described");
	}
	if (!own)
		return true;
	json_object_object_foreach(own, described, value) {
		(void)value;
		for (name = r->query; name && *name && strcmp(*name, described) != 0; name++)
			;
		if (!name || !*name)
			return wrong(err, r->path, described, "is described, and no parameter of the query");
	}
	return true;
}

static bool check_errors(struct json_object *operation, const char *name, struct error *err)
{
	struct json_object *errors = openapi_get(operation, "errors");
	size_t i;

	for (i = 0; errors && i < json_object_array_length(errors); i++) {
		const char *code = json_object_get_string(json_object_array_get_idx(errors, i));

		if (err_by_name(code) == ERR_NONE || err_by_name(code) > ERR_INTERNAL)
			return wrong(err, name, code, "is no code of the API");
	}
	return true;
}

static bool check_responses(struct json_object *operation, const char *name, struct error *err)
{
	static const char *const texts[] = {"description", NULL};
	struct json_object *responses = openapi_get(operation, "responses");

	if (!responses || json_object_object_length(responses) == 0)
		return wrong(err, name, "responses", "are not described");
	json_object_object_foreach(responses, status, response) {
		bool nothing = json_object_object_get_ex(response, "data", NULL) && !openapi_get(response, "data");

		nothing |= openapi_has_no_body(response) || openapi_get(response, "content");

		if (!has_texts(response, texts, name, err))
			return false;
		if (!nothing && !openapi_get(response, "example"))
			return wrong(err, name, status, "has no example");
	}
	return true;
}

/* A link's body says nothing, but is described: mail programs send one. */
static bool request_agrees(const struct route *r, struct json_object *request)
{
	if (!request)
		return !r->has_body;
	return (r->has_body || r->access == ACCESS_LINK) &&
	       (openapi_get(request, "example") || openapi_get(request, "content"));
}

static bool check_route(const struct openapi_doc *d, const struct route *r, struct error *err)
{
	static const char *const texts[] = {"operationId", "tag", "summary", "description", NULL};
	struct json_object *operation = openapi_operation(d, r);
	struct json_object *request = openapi_get(operation, "request");
	const char *path = openapi_str(operation, "path");

	if (!operation)
		return wrong(err, route_method(r), r->path, "is not described");
	if (!has_texts(operation, texts, r->path, err) || !check_query(d, r, operation, err) ||
	    !check_errors(operation, r->path, err) || !check_responses(operation, r->path, err))
		return false;
	if ((strstr(r->path, "{}") != NULL) != (path != NULL) || (path && !openapi_find(d, "parameters", path)))
		return wrong(err, r->path, "path", "does not tell what {} stands for");
	if (!request_agrees(r, request))
		return wrong(err, r->path, "request", "is not described as the table has it, with an example");
	return true;
}

/* "GET /api/me" */
static bool is_route(const char *name)
{
	const struct route *r;

	for (r = routes; r < routes + route_count; r++) {
		size_t n = strlen(route_method(r));

		if (strncmp(name, route_method(r), n) == 0 && name[n] == ' ' && strcmp(name + n + 1, r->path) == 0)
			return true;
	}
	return false;
}

static bool check_operations(const struct openapi_doc *d, struct error *err)
{
	unsigned i;

	for (i = 0; i < route_count; i++)
		if (!check_route(d, &routes[i], err))
			return false;
	json_object_object_foreach(openapi_get(d->source, "operations"), name, operation) {
		(void)operation;
		if (!is_route(name))
			return wrong(err, "operation", name, "is described, and no route");
	}
	return true;
}

/* ---- codes and events ---- */

static bool check_codes(const struct openapi_doc *d, struct error *err)
{
	static const char *const texts[] = {"description", NULL}, *const messages[] = {"message", NULL};
	unsigned code;

	for (code = ERR_NONE + 1; code < ERR__MAX; code++) {
		const char *name = err_name((enum err_code)code);
		struct json_object *described = openapi_find(d, "errors", name);

		if (!has_texts(described, texts, name, err) ||
		    (code <= ERR_INTERNAL && !has_texts(openapi_get(described, "example"), messages, name, err)))
			return false;
	}
	json_object_object_foreach(openapi_get(d->source, "errors"), name, value) {
		(void)value;
		if (err_by_name(name) == ERR_NONE)
			return wrong(err, "error", name, "is described, and no code");
	}
	return true;
}

static bool check_events(const struct openapi_doc *d, struct error *err)
{
	struct json_object *events = openapi_events();
	size_t i, n = json_object_array_length(events);
	bool ok = true;

	for (i = 0; ok && i < n; i++) {
		const char *name = openapi_str(json_object_array_get_idx(events, i), "event");
		const char *schema = openapi_str(openapi_get(d->source, "webhooks"), name);

		ok = (schema && openapi_find(d, "schemas", schema)) || wrong(err, "event", name, "is not described");
	}
	ok = ok && ((size_t)json_object_object_length(openapi_get(d->source, "webhooks")) == n ||
	            wrong(err, "webhooks", "", "describe what is no event"));
	json_object_put(events);
	return ok;
}

bool openapi_check(const struct openapi_doc *d, struct error *err)
{
	return check_operations(d, err) && check_codes(d, err) && check_events(d, err);
}
