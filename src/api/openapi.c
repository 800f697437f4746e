/* GET /api/openapi.json: the document, made once per process, and its outline. */
#include "api/openapi.h"

#include "config.h"

#include <pthread.h>
#include <string.h>

#include "api/app.h"
#include "api/handlers.h"
#include "api/openapi_priv.h"
#include "base/mem.h"
#include "core/webhook.h"
#include "http/response.h"

#define DOCUMENT_MAX (16u << 20)

struct openapi {
	const struct registry *agents;
	const char *base_path;
	pthread_mutex_t lock;
	bool made;
	struct buf text;
};

/* ---- made once ---- */

struct openapi *openapi_new(const struct registry *agents, const char *base_path)
{
	struct openapi *o = mem_zalloc(sizeof *o);

	o->agents = agents;
	o->base_path = base_path;
	pthread_mutex_init(&o->lock, NULL);
	buf_init(&o->text, DOCUMENT_MAX);
	return o;
}

void openapi_free(struct openapi *o)
{
	if (!o)
		return;
	buf_release(&o->text);
	pthread_mutex_destroy(&o->lock);
	mem_free(o);
}

const struct buf *openapi_text(struct openapi *o, struct error *err)
{
	bool made;

	pthread_mutex_lock(&o->lock);
	if (!o->made) {
		buf_reset(&o->text);
		o->made = openapi_write(o->agents, o->base_path, &o->text, err);
	}
	made = o->made;
	pthread_mutex_unlock(&o->lock);
	return made ? &o->text : NULL;
}

void openapi_json(struct request *r)
{
	struct error err = {0};
	const struct buf *text = openapi_text(r->app->openapi, &err);

	if (text)
		respond(r, 200, NULL, "application/json", text->data, text->len);
	else
		respond_error(r, &err);
}

/* ---- the outline ---- */

static void put_info(struct openapi_doc *d)
{
	struct json_object *info = openapi_get(d->source, "info");

	json_obj_open(&d->w, "info");
	json_object_object_foreach(info, key, value)
		json_put_value(&d->w, key, value);
	json_put_str(&d->w, "version", PACKAGE_VERSION);
	json_obj_close(&d->w);
}

/* Relative to where the document is: whatever host it was asked of answers. */
static void put_servers(struct openapi_doc *d)
{
	json_arr_open(&d->w, "servers");
	json_obj_open(&d->w, NULL);
	json_put_str(&d->w, "url", *d->base_path ? d->base_path : "/");
	json_put_str(&d->w, "description", "This installation");
	json_obj_close(&d->w);
	json_arr_close(&d->w);
}

static bool is_first_of_path(const struct route *r)
{
	const struct route *before;

	for (before = routes; before < r; before++)
		if (strcmp(before->path, r->path) == 0)
			return false;
	return true;
}

static void put_paths(struct openapi_doc *d)
{
	const struct route *r, *same;
	char path[256];

	json_obj_open(&d->w, "paths");
	for (r = routes; r < routes + route_count; r++) {
		if (!is_first_of_path(r))
			continue;
		openapi_path(d, r, path, sizeof path);
		json_obj_open(&d->w, path);
		for (same = r; same < routes + route_count; same++)
			if (strcmp(same->path, r->path) == 0)
				openapi_put_operation(d, same, NULL);
		json_obj_close(&d->w);
		if (openapi_is_run(r))
			openapi_put_agent_paths(d, r);
	}
	json_obj_close(&d->w);
}

/* ---- components ---- */

/* An enumeration that the program has: what is listed here cannot drift from it. */
static void enum_open(struct openapi_doc *d, const char *name, const char *about)
{
	json_obj_open(&d->w, name);
	json_put_str(&d->w, "description", about);
	json_put_str(&d->w, "type", "string");
	json_arr_open(&d->w, "enum");
}

static void enum_close(struct openapi_doc *d)
{
	json_arr_close(&d->w);
	json_obj_close(&d->w);
}

/* Codes up to the last one, with what they mean and, where they are answered, their statuses. */
static void put_codes(struct openapi_doc *d, const char *name, const char *about, enum err_code last)
{
	unsigned i;

	enum_open(d, name, about);
	for (i = ERR_NONE + 1; i <= last; i++)
		json_put_str(&d->w, NULL, err_name((enum err_code)i));
	json_arr_close(&d->w);
	json_obj_open(&d->w, "x-enumDescriptions");
	for (i = ERR_NONE + 1; i <= last; i++)
		json_put_str(&d->w, err_name((enum err_code)i),
		             openapi_str(openapi_find(d, "errors", err_name((enum err_code)i)), "description"));
	json_obj_close(&d->w);
	json_obj_open(&d->w, "x-agentiv-statuses");
	for (i = ERR_NONE + 1; i <= last && i <= ERR_INTERNAL; i++)
		json_put_int(&d->w, err_name((enum err_code)i), err_http_status((enum err_code)i));
	json_obj_close(&d->w);
	json_obj_close(&d->w);
}

static void put_enums(struct openapi_doc *d)
{
	unsigned i;

	put_codes(d, "ErrorCode", "What went wrong, for programs.", ERR_INTERNAL);
	put_codes(d, "RunErrorCode", "Why a run has failed, for programs.", ERR__MAX - 1);
	enum_open(d, "Scope", "What an API key may do.");
	for (i = 1; i <= SCOPE_ALL; i <<= 1)
		json_put_str(&d->w, NULL, scope_name((enum scope)i));
	enum_close(d);
	enum_open(d, "WebhookEventType", "What receivers can be told of.");
	for (i = 0; i < EVENT__MAX; i++)
		if (i != EVENT_MAIL)
			json_put_str(&d->w, NULL, event_type_name((enum event_type)i));
	enum_close(d);
}

/* Every code has its example among those of the error's schema. */
static void put_schema(struct openapi_doc *d, const char *name, struct json_object *schema)
{
	unsigned i;

	if (strcmp(name, "ErrorResponse") != 0) {
		json_put_value(&d->w, name, schema);
		return;
	}
	json_obj_open(&d->w, name);
	json_object_object_foreach(schema, key, value)
		json_put_value(&d->w, key, value);
	json_arr_open(&d->w, "examples");
	for (i = ERR_NONE + 1; i <= ERR_INTERNAL; i++)
		openapi_put_error_example(d, NULL, (enum err_code)i);
	json_arr_close(&d->w);
	json_obj_close(&d->w);
}

static void put_components(struct openapi_doc *d)
{
	json_obj_open(&d->w, "components");
	json_put_value(&d->w, "securitySchemes", openapi_get(d->source, "securitySchemes"));
	json_put_value(&d->w, "parameters", openapi_get(d->source, "parameters"));
	json_put_value(&d->w, "headers", openapi_get(d->source, "headers"));
	json_obj_open(&d->w, "responses");
	openapi_put_error_responses(d);
	json_obj_close(&d->w);
	json_obj_open(&d->w, "schemas");
	json_object_object_foreach(openapi_get(d->source, "schemas"), name, schema)
		put_schema(d, name, schema);
	put_enums(d);
	openapi_put_agent_schemas(d);
	json_obj_close(&d->w);
	json_obj_close(&d->w);
}

static bool write(struct openapi_doc *d, struct buf *out, struct error *err)
{
	if (!openapi_check(d, err))
		return false;
	json_begin(&d->w, out);
	json_obj_open(&d->w, NULL);
	json_put_str(&d->w, "openapi", "3.1.1");
	put_info(d);
	put_servers(d);
	json_put_value(&d->w, "tags", openapi_get(d->source, "tags"));
	put_paths(d);
	openapi_put_webhooks(d);
	put_components(d);
	json_obj_close(&d->w);
	return !out->failed || err_set(err, ERR_INTERNAL, "The document is too large");
}

bool openapi_write(const struct registry *agents, const char *base_path, struct buf *out, struct error *err)
{
	struct openapi_doc d = {.agents = agents, .base_path = base_path};
	bool ok = openapi_source_read(&d.source, err) && write(&d, out, err);

	json_object_put(d.source);
	return ok;
}
