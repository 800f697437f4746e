/* API keys, for sessions of the dashboard: listed, made, rotated, revoked. */
#include <string.h>

#include "api/app.h"
#include "api/handlers.h"
#include "api/list.h"
#include "api/once.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/response.h"

/* ---- answers ---- */

static void render_made(const void *made, struct buf *out)
{
	const struct made_key *k = made;
	struct json_out w;

	envelope_open(&w, out);
	key_put(&w, "data", &k->row, k->key);
	envelope_close(&w);
}

static void put(struct json_out *w, const void *row)
{
	key_put(w, NULL, row, NULL);
}

/* ---- what is asked for ---- */

static bool read_members(const struct request *r, const char *const *known, struct json_object **body,
                         struct error *err)
{
	return json_read_members(buf_str(&r->body), r->body.len, known, body, err);
}

static bool read_scopes(struct json_object *body, struct api_key *row, struct error *err)
{
	struct json_object *list = NULL;
	const char *name;
	unsigned bit;
	size_t i, n;

	if (!json_get_arr(body, "", "scopes", &list, err))
		return false;
	for (i = 0, n = list ? json_object_array_length(list) : 0; i < n; i++) {
		if (!json_at_str(list, "scopes", i, &name, err) || !scope_parse(name, strlen(name), &bit, err))
			return false;
		row->scopes |= bit;
	}
	return row->scopes != 0 || err_field(err, "scopes", "scopes is required: an array with at least one scope");
}

static bool read_networks(struct json_object *body, struct api_key *row, struct error *err)
{
	struct json_object *list = NULL;
	const char *text;
	size_t i, n;

	if (!json_get_arr(body, "", "allowed_networks", &list, err))
		return false;
	for (i = 0, n = list ? json_object_array_length(list) : 0; i < n; i++)
		if (!json_at_str(list, "allowed_networks", i, &text, err) ||
		    !key_add_network(row, text, strlen(text), "allowed_networks", err))
			return false;
	return true;
}

/* That it is to come is looked at when it is known that the request is no repeat. */
static bool read_expiry(struct json_object *body, struct api_key *row, struct error *err)
{
	const char *text = NULL;

	return json_get_str(body, "", "expires_at", &text, err) &&
	       (!text || clock_parse(text, &row->expires_at) ||
	        err_field(err, "expires_at", "expires_at must be a time such as 2027-01-15T06:00:00Z"));
}

static bool read_budget(struct json_object *body, struct api_key *row, struct error *err)
{
	int64_t tokens = LIMIT_UNLIMITED;

	if (!json_get_int(body, "", "tokens_per_month", 0, KEY_TOKENS_MAX, &tokens, err))
		return false;
	row->has_budget = tokens != LIMIT_UNLIMITED;
	row->tokens_per_month = row->has_budget ? tokens : 0;
	return true;
}

static bool read_new_key(const struct request *r, struct api_key *row, struct error *err)
{
	static const char *const known[] = {"name", "scopes", "expires_at", "allowed_networks", "tokens_per_month",
	                                    NULL};
	struct json_object *body;
	const char *name = NULL;
	bool ok = read_members(r, known, &body, err) && json_get_str(body, "", "name", &name, err);

	if (ok && !name)
		ok = err_field(err, "name", "name is required: what the key is for");
	ok = ok && key_name(row, name, err) && read_scopes(body, row, err) && read_networks(body, row, err) &&
	     read_expiry(body, row, err) && read_budget(body, row, err);
	json_object_put(body);
	return ok;
}

static bool read_overlap(const struct request *r, int64_t *seconds, struct error *err)
{
	static const char *const known[] = {"overlap_seconds", NULL};
	struct json_object *body = NULL;
	bool ok;

	*seconds = KEY_OVERLAP_S;
	ok = r->body.len == 0 || (read_members(r, known, &body, err) &&
	                          json_get_int(body, "", "overlap_seconds", 0, KEY_OVERLAP_MAX_S, seconds, err));
	json_object_put(body);
	return ok;
}

/* What is no id of a key is the id of none. */
static bool read_id(const struct request *r, struct id *id, struct error *err)
{
	return id_parse(ID_KEY, r->param, id) || err_set(err, ERR_NOT_FOUND, "There is no such API key");
}

/* ---- the handlers ---- */

void api_keys_list(struct request *r)
{
	struct error err = {0};
	struct api_key *list;
	struct arena a;
	unsigned n;

	arena_init(&a);
	if (keys_list(&r->app->keys, r->auth->principal.account_id, &a, &list, &n, &err))
		respond_list(r, &(struct list){list, n, sizeof *list, put});
	else
		respond_error(r, &err);
	arena_release(&a);
}

/* r is done with, whichever it was. */
static void answer_made(struct request *r, bool ok, struct once *once, struct made_key *k, const struct error *err)
{
	if (ok)
		respond_once(r, once);
	else
		respond_error(r, err);
	once_release(once);
	mem_wipe(k, sizeof *k);
}

void api_keys_create(struct request *r)
{
	struct actor who = request_actor(r);
	struct made_key k = {.row.scopes = 0};
	struct error err = {0};
	struct once once;
	bool ok = request_once(r, 201, render_made, &once, &err) && read_new_key(r, &k.row, &err) &&
	          keys_create(&r->app->keys, &who, r->auth->principal.account_id, &k, &once, &err);

	answer_made(r, ok, &once, &k, &err);
}

void api_keys_rotate(struct request *r)
{
	struct actor who = request_actor(r);
	struct made_key k = {.row.scopes = 0};
	struct error err = {0};
	int64_t overlap_s;
	struct once once;
	struct id id;
	bool ok = request_once(r, 201, render_made, &once, &err) && read_overlap(r, &overlap_s, &err) &&
	          read_id(r, &id, &err) &&
	          keys_rotate(&r->app->keys, &who, r->auth->principal.account_id, &id, overlap_s, &k, &once, &err);

	answer_made(r, ok, &once, &k, &err);
}

void api_keys_delete(struct request *r)
{
	struct actor who = request_actor(r);
	struct error err = {0};
	struct api_key k;
	struct id id;

	if (read_id(r, &id, &err) && keys_revoke(&r->app->keys, &who, r->auth->principal.account_id, &id, &k, &err))
		respond_done(r, NULL);
	else
		respond_error(r, &err);
}
