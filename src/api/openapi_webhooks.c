/* What receivers of webhooks are sent: the catalogue of events, with what is described of their bodies and headers. */
#include "api/openapi_priv.h"
#include "core/webhook.h"

#define CATALOGUE_MAX (64u << 10)

struct json_object *openapi_events(void)
{
	struct json_object *events = NULL;
	struct json_out w;
	struct buf b;

	buf_init(&b, CATALOGUE_MAX);
	json_begin(&w, &b);
	webhook_catalogue_put(&w, NULL);
	INVARIANT(!b.failed && json_read(b.data, b.len, JSON_DEPTH_MAX, &events, NULL, NULL, NULL), "the catalogue of events");
	buf_release(&b);
	return events;
}

static void put_headers(struct openapi_doc *d)
{
	json_arr_open(&d->w, "parameters");
	json_object_object_foreach(openapi_get(d->source, "webhook_headers"), name, header) {
		json_obj_open(&d->w, NULL);
		json_put_str(&d->w, "name", name);
		json_put_str(&d->w, "in", "header");
		if (!openapi_get(header, "required"))
			json_put_bool(&d->w, "required", true);
		json_object_object_foreach(header, key, value)
			json_put_value(&d->w, key, value);
		json_obj_close(&d->w);
	}
	json_arr_close(&d->w);
}

static void put_body(struct openapi_doc *d, struct json_object *event)
{
	json_obj_open(&d->w, "requestBody");
	json_put_bool(&d->w, "required", true);
	json_obj_open(&d->w, "content");
	json_obj_open(&d->w, "application/json");
	openapi_put_ref(d, "schema", "schemas",
	                json_object_get_string(openapi_find(d, "webhooks", openapi_str(event, "event"))));
	json_put_value(&d->w, "example", openapi_get(event, "example"));
	json_obj_close(&d->w);
	json_obj_close(&d->w);
	json_obj_close(&d->w);
}

static void put_event(struct openapi_doc *d, struct json_object *event)
{
	json_obj_open(&d->w, openapi_str(event, "event"));
	json_obj_open(&d->w, "post");
	json_put_str(&d->w, "operationId", openapi_str(event, "event"));
	json_put_str(&d->w, "summary", openapi_str(event, "event"));
	json_put_str(&d->w, "description", openapi_str(event, "description"));
	json_arr_open(&d->w, "tags");
	json_put_str(&d->w, NULL, "Events");
	json_arr_close(&d->w);
	json_arr_open(&d->w, "security");
	json_arr_close(&d->w);
	put_headers(d);
	put_body(d, event);
	json_obj_open(&d->w, "responses");
	json_obj_open(&d->w, "2XX");
	json_put_str(&d->w, "description", openapi_str(d->source, "webhook_answer"));
	json_obj_close(&d->w);
	json_obj_close(&d->w);
	json_obj_close(&d->w);
	json_obj_close(&d->w);
}

void openapi_put_webhooks(struct openapi_doc *d)
{
	struct json_object *events = openapi_events();
	size_t i;

	json_obj_open(&d->w, "webhooks");
	for (i = 0; i < json_object_array_length(events); i++)
		put_event(d, json_object_array_get_idx(events, i));
	json_obj_close(&d->w);
	json_object_put(events);
}
