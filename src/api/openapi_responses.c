/* Responses: those that are described, and the errors that the order of checks implies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/openapi_priv.h"

#define BIT(code) (1u << (code))

/* ---- which errors ---- */

/* What the steps (http/steps.c) may answer before the handler is called, and every handler. */
static unsigned implied(const struct route *r)
{
	unsigned codes = BIT(ERR_INVALID_INPUT) | BIT(ERR_INTERNAL);

	if (r->access == ACCESS_ACCOUNT || r->access == ACCESS_SESSION)
		codes |= BIT(ERR_UNAUTHORIZED) | BIT(ERR_FORBIDDEN) | BIT(ERR_RATE_LIMITED) | BIT(ERR_UNAVAILABLE);
	if (r->access == ACCESS_LOCAL)
		codes |= BIT(ERR_FORBIDDEN);
	if (strstr(r->path, "{}"))
		codes |= BIT(ERR_NOT_FOUND);
	if (r->method != HTTP_GET)
		codes |= BIT(ERR_PAYLOAD_TOO_LARGE);
	return codes;
}

static unsigned errors_of(const struct route *r, struct json_object *operation)
{
	struct json_object *more = openapi_get(operation, "errors");
	unsigned codes = implied(r);
	size_t i;

	if (openapi_get(operation, "once"))
		codes |= BIT(ERR_CONFLICT);
	for (i = 0; more && i < json_object_array_length(more); i++)
		codes |= BIT(err_by_name(json_object_get_string(json_object_array_get_idx(more, i))));
	return codes;
}

/* Those of codes with that status. */
static unsigned with_status(unsigned codes, int status)
{
	unsigned found = 0, code;

	for (code = ERR_NONE + 1; code <= ERR_INTERNAL; code++)
		if (codes & BIT(code) && err_http_status((enum err_code)code) == status)
			found |= BIT(code);
	return found;
}

/* "INTERNAL", "EXECUTION_FAILED-INTERNAL": a name in components.responses. */
static void set_name(unsigned codes, const char *between, char *out, size_t size)
{
	unsigned code;
	size_t n = 0;

	for (code = ERR_NONE + 1; code <= ERR_INTERNAL; code++)
		if (codes & BIT(code))
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? between : "", err_name((enum err_code)code));
}

static void remember(struct openapi_doc *d, unsigned codes)
{
	unsigned i;

	for (i = 0; d->error_sets[i] && d->error_sets[i] != codes; i++)
		INVARIANT(i + 1 < OPENAPI_ERROR_SETS, "more kinds of error responses than there is room for");
	d->error_sets[i] = codes;
}

/* ---- parts of a response ---- */

static void put_headers(struct openapi_doc *d, struct json_object *more, int status, bool once)
{
	static const char *const always[] = {"X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
	                                     "RateLimit-Policy", "RateLimit"};
	size_t i;

	json_obj_open(&d->w, "headers");
	for (i = 0; i < sizeof always / sizeof *always; i++)
		openapi_put_ref(d, always[i], "headers", always[i]);
	if (once)
		openapi_put_ref(d, "Idempotent-Replayed", "headers", "Idempotent-Replayed");
	if (status == 401)
		openapi_put_ref(d, "WWW-Authenticate", "headers", "WWW-Authenticate");
	if (status == 429 || status == 503)
		openapi_put_ref(d, "Retry-After", "headers", "Retry-After");
	for (i = 0; more && i < json_object_array_length(more); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(more, i));

		openapi_put_ref(d, name, "headers", name);
	}
	json_obj_close(&d->w);
}

static void put_type(struct openapi_doc *d, const char *key, const char *type)
{
	json_obj_open(&d->w, key);
	json_put_str(&d->w, "type", type);
	json_obj_close(&d->w);
}

/* The ways in which data stands in its envelope. */
static const struct envelope { const char *name; bool list, cursor, more; } envelopes[] = {
	{"data", false, false, false}, {"list", true, false, false}, {"page", true, true, true}, {"part", true, false, true},
};

static const struct envelope *envelope_of(struct json_object *response)
{
	unsigned i;

	for (i = 0; i < sizeof envelopes / sizeof *envelopes; i++)
		if (json_object_object_get_ex(response, envelopes[i].name, NULL))
			return &envelopes[i];
	return NULL;
}

static void put_data_schema(struct openapi_doc *d, const struct envelope *e, const char *schema)
{
	if (!schema) {
		put_type(d, "data", "null");
	} else if (e->list) {
		json_obj_open(&d->w, "data");
		json_put_str(&d->w, "type", "array");
		openapi_put_ref(d, "items", "schemas", schema);
		json_obj_close(&d->w);
	} else {
		openapi_put_ref(d, "data", "schemas", schema);
	}
}

static void put_cursor_schema(struct openapi_doc *d)
{
	json_obj_open(&d->w, "next_cursor");
	json_arr_open(&d->w, "type");
	json_put_str(&d->w, NULL, "string");
	json_put_str(&d->w, NULL, "null");
	json_arr_close(&d->w);
	json_put_str(&d->w, "description", "`cursor` of the next page; null: this is the last.");
	json_obj_close(&d->w);
}

static void put_envelope_schema(struct openapi_doc *d, const struct envelope *e, const char *schema)
{
	json_obj_open(&d->w, "schema");
	json_put_str(&d->w, "type", "object");
	json_obj_open(&d->w, "properties");
	json_obj_open(&d->w, "success");
	json_put_str(&d->w, "type", "boolean");
	json_put_bool(&d->w, "const", true);
	json_obj_close(&d->w);
	put_data_schema(d, e, schema);
	if (e->cursor)
		put_cursor_schema(d);
	if (e->more)
		put_type(d, "has_more", "boolean");
	json_obj_close(&d->w);
	json_arr_open(&d->w, "required");
	json_put_str(&d->w, NULL, "success");
	json_put_str(&d->w, NULL, "data");
	if (e->cursor)
		json_put_str(&d->w, NULL, "next_cursor");
	if (e->more)
		json_put_str(&d->w, NULL, "has_more");
	json_arr_close(&d->w);
	json_put_bool(&d->w, "additionalProperties", false);
	json_obj_close(&d->w);
}

/* The result of an agent's run: its own output, where its manifest has an example. */
static void put_agent_result(struct openapi_doc *d, struct json_object *general, const struct manifest *agent)
{
	json_obj_open(&d->w, "data");
	json_object_object_foreach(general, key, value) {
		struct json_object *own = openapi_agent_example(agent, key);

		if (strcmp(key, "agent_slug") == 0)
			json_put_str(&d->w, key, agent->slug);
		else
			json_put_value(&d->w, key, own ? own : value);
	}
	json_obj_close(&d->w);
}

static void put_envelope_example(struct openapi_doc *d, const struct envelope *e, struct json_object *value,
                                 const struct manifest *agent)
{
	json_obj_open(&d->w, "example");
	json_put_bool(&d->w, "success", true);
	if (!value)
		json_put_null(&d->w, "data");
	else if (agent)
		put_agent_result(d, value, agent);
	else
		openapi_put_example(d, "data", value);
	if (e->cursor)
		json_put_null(&d->w, "next_cursor");
	if (e->more)
		json_put_bool(&d->w, "has_more", false);
	json_obj_close(&d->w);
}

/* ---- responses ---- */

static void put_content(struct openapi_doc *d, struct json_object *response, const struct manifest *agent)
{
	struct json_object *example = openapi_get(response, "example");
	const struct envelope *e = envelope_of(response);
	const char *type = openapi_str(response, "type"), *schema = e ? openapi_str(response, e->name) : NULL;
	char name[OPENAPI_NAME_SIZE];

	if (openapi_get(response, "content")) {
		json_put_value(&d->w, "content", openapi_get(response, "content"));
		return;
	}
	json_obj_open(&d->w, "content");
	json_obj_open(&d->w, type ? type : "application/json");
	if (!e) {
		json_put_value(&d->w, "schema", openapi_get(response, "schema"));
		openapi_put_example(d, "example", example);
	} else {
		if (agent && strcmp(schema, "RunResult") == 0) {
			openapi_agent_name(agent, schema, name);
			schema = name;
		}
		put_envelope_schema(d, e, schema);
		if (!agent || schema != name || openapi_agent_example(agent, "output"))
			put_envelope_example(d, e, example, agent);
	}
	json_obj_close(&d->w);
	json_obj_close(&d->w);
}

static void put_described(struct openapi_doc *d, struct json_object *operation, const struct manifest *agent)
{
	json_object_object_foreach(openapi_get(operation, "responses"), status, response) {
		json_obj_open(&d->w, status);
		json_put_str(&d->w, "description", openapi_str(response, "description"));
		put_headers(d, openapi_get(response, "headers"), atoi(status), openapi_get(operation, "once") != NULL);
		if (!openapi_has_no_body(response))
			put_content(d, response, agent);
		json_obj_close(&d->w);
	}
}

void openapi_put_responses(struct openapi_doc *d, const struct route *r, const struct manifest *agent)
{
	struct json_object *operation = openapi_operation(d, r);
	unsigned codes = errors_of(r, operation), same;
	char name[OPENAPI_NAME_SIZE], status[8];
	int number;

	json_obj_open(&d->w, "responses");
	put_described(d, operation, agent);
	for (number = 400; number < 600; number++) {
		same = with_status(codes, number);
		snprintf(status, sizeof status, "%d", number);
		if (!same || openapi_get(openapi_get(operation, "responses"), status))
			continue;
		set_name(same, "-", name, sizeof name);
		openapi_put_ref(d, status, "responses", name);
		remember(d, same);
	}
	json_obj_close(&d->w);
}

/* ---- errors ---- */

void openapi_put_error_example(struct openapi_doc *d, const char *key, enum err_code code)
{
	json_obj_open(&d->w, key);
	json_put_bool(&d->w, "success", false);
	json_obj_open(&d->w, "error");
	json_put_str(&d->w, "code", err_name(code));
	json_object_object_foreach(openapi_get(openapi_find(d, "errors", err_name(code)), "example"), name, value)
		json_put_value(&d->w, name, value);
	json_obj_close(&d->w);
	json_obj_close(&d->w);
}

/* An error whose code is one of the set. */
static void put_error_schema(struct openapi_doc *d, unsigned codes)
{
	unsigned code;

	json_obj_open(&d->w, "schema");
	json_arr_open(&d->w, "allOf");
	openapi_put_ref(d, NULL, "schemas", "ErrorResponse");
	json_obj_open(&d->w, NULL);
	json_put_str(&d->w, "type", "object");
	json_obj_open(&d->w, "properties");
	json_obj_open(&d->w, "error");
	json_put_str(&d->w, "type", "object");
	json_obj_open(&d->w, "properties");
	json_obj_open(&d->w, "code");
	json_put_str(&d->w, "type", "string");
	json_arr_open(&d->w, "enum");
	for (code = ERR_NONE + 1; code <= ERR_INTERNAL; code++)
		if (codes & BIT(code))
			json_put_str(&d->w, NULL, err_name((enum err_code)code));
	json_arr_close(&d->w);
	json_obj_close(&d->w);
	json_obj_close(&d->w);
	json_put_bool(&d->w, "additionalProperties", true);
	json_obj_close(&d->w);
	json_obj_close(&d->w);
	json_put_bool(&d->w, "additionalProperties", true);
	json_obj_close(&d->w);
	json_arr_close(&d->w);
	json_obj_close(&d->w);
}

static void put_error_content(struct openapi_doc *d, unsigned codes)
{
	unsigned code;

	json_obj_open(&d->w, "content");
	json_obj_open(&d->w, "application/json");
	put_error_schema(d, codes);
	json_obj_open(&d->w, "examples");
	for (code = ERR_NONE + 1; code <= ERR_INTERNAL; code++) {
		if (!(codes & BIT(code)))
			continue;
		json_obj_open(&d->w, err_name((enum err_code)code));
		openapi_put_error_example(d, "value", (enum err_code)code);
		json_obj_close(&d->w);
	}
	json_obj_close(&d->w);
	json_obj_close(&d->w);
	json_obj_close(&d->w);
}

static void put_error_description(struct openapi_doc *d, unsigned codes)
{
	unsigned code;
	struct buf b;

	buf_init(&b, 4096);
	for (code = ERR_NONE + 1; code <= ERR_INTERNAL; code++)
		if (codes & BIT(code))
			buf_addf(&b, "%s`%s`: %s.", b.len ? " " : "", err_name((enum err_code)code),
			         openapi_str(openapi_find(d, "errors", err_name((enum err_code)code)), "description"));
	json_put_str(&d->w, "description", buf_str(&b));
	buf_release(&b);
}

void openapi_put_error_responses(struct openapi_doc *d)
{
	char name[OPENAPI_NAME_SIZE];
	unsigned i, code;

	for (i = 0; i < OPENAPI_ERROR_SETS && d->error_sets[i]; i++) {
		for (code = ERR_NONE + 1; !(d->error_sets[i] & BIT(code)); code++)
			;
		set_name(d->error_sets[i], "-", name, sizeof name);
		json_obj_open(&d->w, name);
		put_error_description(d, d->error_sets[i]);
		put_headers(d, NULL, err_http_status((enum err_code)code), false);
		put_error_content(d, d->error_sets[i]);
		json_obj_close(&d->w);
	}
}
