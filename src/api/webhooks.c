/* Endpoints: listed, registered, changed, deleted, given a new secret. */
#include <string.h>

#include "api/app.h"
#include "api/handlers.h"
#include "api/list.h"
#include "api/once.h"
#include "api/query.h"
#include "api/webhooks_priv.h"
#include "base/mem.h"
#include "http/response.h"

#define BODY_MAX   32768
#define PAGE_COUNT 100      /* as many as a page may have: most accounts have a few */

/* ---- what is asked for ---- */

bool webhook_path_id(const struct request *r, enum id_kind kind, const char *unknown, struct id *out, struct error *err)
{
	return id_parse(kind, r->param, out) || err_set(err, ERR_NOT_FOUND, "%s", unknown);
}

bool webhook_no_members(const struct request *r, struct error *err)
{
	static const char *const none[] = {NULL};
	struct json_object *body = NULL;
	bool ok = r->body.len == 0 || json_read_members(buf_str(&r->body), r->body.len, none, &body, err);

	json_object_put(body);
	return ok;
}

/* Without the member, or with null, *events stays. */
static bool read_events(struct json_object *body, unsigned *events, struct error *err)
{
	struct json_object *list = NULL;
	unsigned given = 0;
	const char *name;
	size_t i, n;

	if (!json_get_arr(body, "", "events", &list, err))
		return false;
	if (!list)
		return true;
	for (i = 0, n = json_object_array_length(list); i < n; i++)
		if (!json_at_str(list, "events", i, &name, err) || !endpoint_add_event(name, &given, err))
			return false;
	*events = given;
	return given != 0 || err_field(err, "events", "events must name at least one event of /api/webhook-events");
}

/* The members that may be given, each checked. The strings are body's. */
static bool read_patch(const struct request *r, struct json_object *body, struct endpoint_patch *p, struct error *err)
{
	struct json_object *enabled = NULL;

	*p = (struct endpoint_patch){.url = NULL};
	p->has_enabled = json_object_object_get_ex(body, "enabled", &enabled) && enabled;
	return json_get_str(body, "", "url", &p->url, err) && (!p->url || endpoint_check_url(&r->app->endpoints, p->url, err)) &&
	       json_get_str(body, "", "description", &p->description, err) &&
	       (!p->description || endpoint_check_description(p->description, err)) && read_events(body, &p->events, err) &&
	       json_get_bool(body, "", "enabled", &p->enabled, err);
}

/* body is the caller's to release, whatever is returned. */
static bool read_members(const struct request *r, struct json_object **body, struct endpoint_patch *p, struct error *err)
{
	static const char *const known[] = {"url", "description", "events", "enabled", NULL};

	return json_read_members(buf_str(&r->body), r->body.len, known, body, err) && read_patch(r, *body, p, err);
}

/* ---- answers ---- */

static void put(struct json_out *w, const void *row)
{
	endpoint_put(w, NULL, row, NULL);
}

static void render_made(const void *made, struct buf *out)
{
	const struct made_endpoint *m = made;
	struct json_out w;

	envelope_open(&w, out);
	endpoint_put(&w, "data", &m->e, m->secret);
	envelope_close(&w);
}

static void answer_one(struct request *r, const struct endpoint *e)
{
	struct json_out w;
	struct buf b;

	buf_init(&b, BODY_MAX);
	envelope_open(&w, &b);
	endpoint_put(&w, "data", e, NULL);
	envelope_close(&w);
	respond_json(r, 200, NULL, &b);
	buf_release(&b);
}

/* r is done with, whichever it was. */
static void answer_made(struct request *r, bool ok, struct once *once, struct made_endpoint *m, const struct error *err)
{
	if (ok)
		respond_once(r, once);
	else
		respond_error(r, err);
	once_release(once);
	mem_wipe(m, sizeof *m);
}

/* ---- the handlers ---- */

void webhooks_list(struct request *r)
{
	unsigned n, limit = PAGE_COUNT;
	struct id after = {.b = {0}};
	struct endpoint *list;
	struct error err = {0};
	struct arena a;
	bool given;

	arena_init(&a);
	if (query_number(r, "limit", 1, PAGE_COUNT, &limit, &err) && query_cursor(r, after.b, sizeof after.b, &given, &err) &&
	    endpoints_list(&r->app->endpoints, r->auth->principal.account_id, &after, limit + 1, &a, &list, &n, &err))
		respond_page(r, &(struct list){list, n > limit ? limit : n, sizeof *list, put}, n > limit,
		             n > limit ? list[limit - 1].id.b : after.b, sizeof after.b);
	else
		respond_error(r, &err);
	arena_release(&a);
}

void webhooks_get(struct request *r)
{
	struct error err = {0};
	struct endpoint e;
	struct arena a;
	struct id id;

	arena_init(&a);
	if (webhook_path_id(r, ID_ENDPOINT, NO_ENDPOINT, &id, &err) &&
	    endpoints_find(&r->app->endpoints, r->auth->principal.account_id, &id, &a, &e, &err))
		answer_one(r, &e);
	else
		respond_error(r, &err);
	arena_release(&a);
}

static bool create(struct request *r, struct json_object **body, struct made_endpoint *m, struct once *once,
                   struct error *err)
{
	struct actor who = request_actor(r);
	struct endpoint_patch p;

	if (!read_members(r, body, &p, err))
		return false;
	if (!p.url)
		return err_field(err, "url", "url is required: where the events are sent");
	m->e.url = p.url;
	m->e.description = p.description ? p.description : "";
	m->e.events = p.events ? p.events : ENDPOINT_EVENTS_ALL;
	return endpoints_create(&r->app->endpoints, &who, r->auth->principal.account_id, !p.has_enabled || p.enabled, m, once,
	                        err);
}

void webhooks_create(struct request *r)
{
	struct made_endpoint m = {.secret = ""};
	struct json_object *body = NULL;
	struct error err = {0};
	struct once once;
	bool ok = request_once(r, 201, render_made, &once, &err) && create(r, &body, &m, &once, &err);

	answer_made(r, ok, &once, &m, &err);
	json_object_put(body);
}

void webhooks_update(struct request *r)
{
	struct actor who = request_actor(r);
	struct json_object *body = NULL;
	struct endpoint_patch p;
	struct error err = {0};
	struct endpoint e;
	struct arena a;
	struct id id;

	arena_init(&a);
	if (read_members(r, &body, &p, &err) && webhook_path_id(r, ID_ENDPOINT, NO_ENDPOINT, &id, &err) &&
	    endpoints_update(&r->app->endpoints, &who, r->auth->principal.account_id, &id, &p, &a, &e, &err))
		answer_one(r, &e);
	else
		respond_error(r, &err);
	json_object_put(body);
	arena_release(&a);
}

void webhooks_delete(struct request *r)
{
	struct actor who = request_actor(r);
	struct error err = {0};
	struct id id;

	if (webhook_path_id(r, ID_ENDPOINT, NO_ENDPOINT, &id, &err) &&
	    endpoints_delete(&r->app->endpoints, &who, r->auth->principal.account_id, &id, &err))
		respond_done(r, NULL);
	else
		respond_error(r, &err);
}

void webhooks_rotate(struct request *r)
{
	struct actor who = request_actor(r);
	struct made_endpoint m = {.secret = ""};
	struct error err = {0};
	struct once once;
	struct arena a;
	struct id id;
	bool ok;

	arena_init(&a);
	ok = request_once(r, 200, render_made, &once, &err) && webhook_no_members(r, &err) &&
	     webhook_path_id(r, ID_ENDPOINT, NO_ENDPOINT, &id, &err) &&
	     endpoints_rotate(&r->app->endpoints, &who, r->auth->principal.account_id, &id, &a, &m, &once, &err);
	answer_made(r, ok, &once, &m, &err);
	arena_release(&a);
}
