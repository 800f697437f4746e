/* The OpenAPI document (api/openapi.h): the program's own table, manifests and codes, and what is described of them. */
#include <stdio.h>
#include <string.h>

#include "../run_suites.h"
#include "api/openapi.h"
#include "api/openapi_priv.h"

#define DOCUMENT_MAX (16u << 20)

static struct registry *agents;
static struct json_object *document;

static bool make(const char *base_path, struct json_object **out)
{
	struct error err = {0};
	struct buf text;
	bool ok;

	buf_init(&text, DOCUMENT_MAX);
	ok = openapi_write(agents, base_path, &text, &err) &&
	     json_read(buf_str(&text), text.len, 64, out, NULL, NULL, &err);
	if (!ok)
		fprintf(stderr, "%s\n", err.message);
	buf_release(&text);
	return ok;
}

static int open_suite(void)
{
	struct error err = {0};

	agents = registry_load(AGENTS_SOURCE, NULL, &err);
	return agents && make("", &document) ? 0 : -1;
}

static int close_suite(void)
{
	json_object_put(document);
	registry_free(agents);
	return 0;
}

/* ---- the document ---- */

static struct json_object *path_item(const struct route *r)
{
	struct openapi_doc d = {.agents = agents};
	struct error err = {0};
	struct json_object *item = NULL;
	char path[256];

	if (openapi_source_read(&d.source, &err)) {
		openapi_path(&d, r, path, sizeof path);
		item = openapi_get(openapi_get(document, "paths"), path);
	}
	json_object_put(d.source);
	return item;
}

static void each_route_is_an_operation(void)
{
	static const char *const methods[] = {
		[HTTP_GET] = "get", [HTTP_POST] = "post", [HTTP_PUT] = "put", [HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete"};
	unsigned i;

	for (i = 0; i < route_count; i++)
		if (!openapi_get(path_item(&routes[i]), methods[routes[i].method])) {
			fprintf(stderr, "%s\n", routes[i].path);
			CU_FAIL("a route is no operation");
		}
}

/* Follows "#/a/b/c". */
static struct json_object *resolve(const char *ref)
{
	struct json_object *at = document;
	char name[256];

	for (ref++; *ref == '/' && at; ref += strlen(name)) {
		snprintf(name, sizeof name, "%.*s", (int)strcspn(ref + 1, "/"), ref + 1);
		at = openapi_get(at, name);
		ref++;
	}
	return *ref ? NULL : at;
}

static unsigned unresolved(struct json_object *value, unsigned *seen)
{
	unsigned bad = 0;
	size_t i;

	if (json_object_is_type(value, json_type_array))
		for (i = 0; i < json_object_array_length(value); i++)
			bad += unresolved(json_object_array_get_idx(value, i), seen);
	if (!json_object_is_type(value, json_type_object))
		return bad;
	json_object_object_foreach(value, key, member) {
		if (strcmp(key, "$ref") != 0) {
			bad += unresolved(member, seen);
			continue;
		}
		++*seen;
		if (!resolve(json_object_get_string(member))) {
			fprintf(stderr, "%s\n", json_object_get_string(member));
			bad++;
		}
	}
	return bad;
}

static void each_reference_leads_somewhere(void)
{
	unsigned seen = 0;

	CU_ASSERT_EQUAL(unresolved(document, &seen), 0);
	CU_ASSERT(seen > 500);
}

static void what_an_answer_holds_is_all_there_is(void)
{
	struct json_object *step = resolve("#/components/schemas/Step");
	struct json_object *detail = resolve("#/components/schemas/AgentDetail");

	CU_ASSERT_EQUAL(json_object_array_length(openapi_get(step, "required")),
	                (size_t)json_object_object_length(openapi_get(step, "properties")));
	CU_ASSERT_PTR_NOT_NULL(json_object_object_get(step, "additionalProperties"));
	CU_ASSERT_FALSE(json_object_get_boolean(openapi_get(step, "additionalProperties")));
	CU_ASSERT_PTR_NOT_NULL(openapi_get(openapi_get(detail, "properties"), "slug"));
	CU_ASSERT_PTR_NOT_NULL(openapi_get(openapi_get(detail, "properties"), "input_schema"));
}

static void an_agent_has_a_path_with_its_own_schemas(void)
{
	struct json_object *run = openapi_get(resolve("#/paths"), "/api/agents/email-triage/run");
	struct json_object *request = resolve("#/components/schemas/EmailTriageRunRequest");

	CU_ASSERT_STRING_EQUAL(openapi_str(openapi_get(run, "post"), "operationId"), "runAgentEmailTriage");
	CU_ASSERT_STRING_EQUAL(openapi_str(openapi_get(openapi_get(request, "properties"), "input_payload"), "$ref"),
	                       "#/components/schemas/EmailTriageInput");
	CU_ASSERT_PTR_NOT_NULL(openapi_get(openapi_get(resolve("#/components/schemas/EmailTriageInput"), "properties"), "rules"));
}

static void slugs_that_are_nearly_equal_have_names_of_their_own(void)
{
	static const char *const cases[][2] = {
		{"email-triage", "EmailTriageX"}, {"a1", "A1X"}, {"a-1", "A-1X"}, {"ab", "AbX"}, {"a-b", "ABX"}};
	char name[OPENAPI_NAME_SIZE];
	struct manifest m = {.timeout_ms = 1};
	unsigned i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(m.slug, sizeof m.slug, "%s", cases[i][0]);
		openapi_agent_name(&m, "X", name);
		CU_ASSERT_STRING_EQUAL(name, cases[i][1]);
	}
}

/* Where schema's member x points, when the schema has become that of Name. */
static void points_to(const char *schema, const char *expected)
{
	struct json_object *o = NULL;
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(json_read(schema, strlen(schema), 32, &o, NULL, NULL, &err));
	openapi_move_refs(o, "Name");
	CU_ASSERT_STRING_EQUAL(openapi_str(openapi_get(openapi_get(o, "properties"), "x"), "$ref"), expected);
	json_object_put(o);
}

static void what_points_into_a_schema_is_moved_with_it(void)
{
	points_to("{\"properties\":{\"x\":{\"$ref\":\"#\"}}}", "#/components/schemas/Name");
	points_to("{\"$id\":\"https://example.com/x\",\"properties\":{\"x\":{\"$ref\":\"#/$defs/a\"}},\"$defs\":{\"a\":{}}}",
	          "#/components/schemas/Name/$defs/a");
	points_to("{\"properties\":{\"x\":{\"$ref\":\"#here\"}},\"$defs\":{\"b\":{},\"a/c\":[{},{\"$anchor\":\"here\"}]}}",
	          "#/components/schemas/Name/$defs/a~1c/1");
}

static void names_that_would_be_the_document_s_are_left_out(void)
{
	const char *schema = "{\"$id\":\"x\",\"properties\":{\"$id\":{\"$anchor\":\"y\"}}}";
	struct json_object *o = NULL;
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(json_read(schema, strlen(schema), 32, &o, NULL, NULL, &err));
	openapi_move_refs(o, "Name");
	CU_ASSERT_PTR_NULL(openapi_get(o, "$id"));
	CU_ASSERT_PTR_NOT_NULL(openapi_get(openapi_get(o, "properties"), "$id"));
	CU_ASSERT_PTR_NULL(openapi_get(openapi_get(openapi_get(o, "properties"), "$id"), "$anchor"));
	json_object_put(o);
}

static void what_only_looks_like_a_schema_stays_as_it_is(void)
{
	static const char schema[] = "{\"default\":{\"$ref\":\"#\\/x\",\"$id\":\"y\"},\"enum\":[{\"$anchor\":\"z\"}]}";
	struct json_object *o = NULL, *before = NULL;
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(json_read(schema, sizeof schema - 1, 32, &o, NULL, NULL, &err));
	CU_ASSERT_TRUE_FATAL(json_read(schema, sizeof schema - 1, 32, &before, NULL, NULL, &err));
	openapi_move_refs(o, "Name");
	CU_ASSERT_TRUE(json_object_equal(o, before));
	json_object_put(o);
	json_object_put(before);
	points_to("{\"default\":{\"$anchor\":\"a\"},\"properties\":{\"default\":{\"$anchor\":\"a\"},\"x\":{\"$ref\":\"#a\"}}}",
	          "#/components/schemas/Name/properties/default");
}

static void the_server_is_where_the_base_path_says(void)
{
	struct json_object *other = NULL;

	CU_ASSERT_STRING_EQUAL(openapi_str(json_object_array_get_idx(openapi_get(document, "servers"), 0), "url"), "/");
	CU_ASSERT_TRUE_FATAL(make("/agentiv", &other));
	CU_ASSERT_STRING_EQUAL(openapi_str(json_object_array_get_idx(openapi_get(other, "servers"), 0), "url"), "/agentiv");
	json_object_put(other);
}

static void it_is_made_once(void)
{
	struct openapi *o = openapi_new(agents, "");
	struct error err = {0};
	const struct buf *first = openapi_text(o, &err), *again = openapi_text(o, &err);

	CU_ASSERT_PTR_NOT_NULL_FATAL(first);
	CU_ASSERT_PTR_EQUAL(first, again);
	openapi_free(o);
	openapi_free(NULL);
}

/* ---- what does not agree ---- */

/* Takes section.name away, or adds it with the value of like; the check must say that. */
static void refused(const char *section, const char *name, const char *like, const char *words)
{
	struct openapi_doc d = {.agents = agents};
	struct error err = {0};
	struct json_object *of;

	CU_ASSERT_TRUE_FATAL(openapi_source_read(&d.source, &err));
	CU_ASSERT_TRUE(openapi_check(&d, &err));
	of = openapi_get(d.source, section);
	if (like)
		json_object_object_add(of, name, json_object_get(openapi_get(of, like)));
	else
		json_object_object_del(of, name);
	CU_ASSERT_FALSE(openapi_check(&d, &err));
	if (err.code != ERR_INTERNAL || !strstr(err.message, words)) {
		fprintf(stderr, "%s\n", err.message);
		CU_FAIL("what does not agree is not named");
	}
	json_object_put(d.source);
}

static void a_route_that_is_not_described_is_named(void)
{
	refused("operations", "GET /api/me", NULL, "GET /api/me is not described");
}

static void a_description_without_a_route_is_named(void)
{
	refused("operations", "GET /api/teapots", "GET /api/me", "GET /api/teapots is described, and no route");
}

static void a_parameter_that_is_not_described_is_named(void)
{
	refused("parameters", "created_after", NULL, "created_after is not described");
}

static void a_code_that_is_not_described_is_named(void)
{
	refused("errors", "CONFLICT", NULL, "CONFLICT");
	refused("errors", "TEAPOT", "CONFLICT", "TEAPOT is described, and no code");
}

static void an_event_that_is_not_described_is_named(void)
{
	refused("webhooks", "schedule.fired", NULL, "schedule.fired is not described");
	refused("webhooks", "teapot", "schedule.fired", "describe what is no event");
}

/* The same of a member of GET /api/executions. */
static void member_refused(const char *member, const char *name, struct json_object *value, const char *words)
{
	struct openapi_doc d = {.agents = agents};
	struct json_object *operation;
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(openapi_source_read(&d.source, &err));
	operation = openapi_find(&d, "operations", "GET /api/executions");
	if (name)
		operation = openapi_get(operation, member);
	json_object_object_add(operation, name ? name : member, value);
	CU_ASSERT_FALSE(openapi_check(&d, &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, words));
	json_object_put(d.source);
}

static void an_operation_is_described_whole(void)
{
	member_refused("summary", NULL, NULL, "summary is not described");
	member_refused("query", "teapot", json_object_new_object(), "teapot is described, and no parameter");
	member_refused("path", NULL, json_object_new_string("executionId"), "does not tell what {} stands for");
	member_refused("request", NULL, json_object_new_object(), "request is not described");
	member_refused("responses", NULL, json_object_new_object(), "responses are not described");
	member_refused("responses", "200", json_object_new_object(), "description is not described");
}

static CU_TestInfo tests[] = {
	{"each route is an operation", each_route_is_an_operation},
	{"each reference leads somewhere", each_reference_leads_somewhere},
	{"what an answer holds is all there is", what_an_answer_holds_is_all_there_is},
	{"an agent has a path with its own schemas", an_agent_has_a_path_with_its_own_schemas},
	{"slugs that are nearly equal have names of their own", slugs_that_are_nearly_equal_have_names_of_their_own},
	{"what points into a schema is moved with it", what_points_into_a_schema_is_moved_with_it},
	{"names that would be the document's are left out", names_that_would_be_the_document_s_are_left_out},
	{"what only looks like a schema stays as it is", what_only_looks_like_a_schema_stays_as_it_is},
	{"the server is where the base path says", the_server_is_where_the_base_path_says},
	{"it is made once", it_is_made_once},
	{"a route that is not described is named", a_route_that_is_not_described_is_named},
	{"a description without a route is named", a_description_without_a_route_is_named},
	{"a parameter that is not described is named", a_parameter_that_is_not_described_is_named},
	{"a code that is not described is named", a_code_that_is_not_described_is_named},
	{"an event that is not described is named", an_event_that_is_not_described_is_named},
	{"an operation is described whole", an_operation_is_described_whole},
	CU_TEST_INFO_NULL};

int main(void)
{
	CU_SuiteInfo suites[] = {{"OpenAPI", open_suite, close_suite, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

	return run_suites(suites);
}
