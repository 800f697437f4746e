/* API keys, for sessions of the dashboard: listed, made, rotated, revoked. */
#include <string.h>

#include "api/app.h"
#include "api/handlers.h"
#include "api/once.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/response.h"

#define LIST_MAX (32u << 20)

/* ---- answers ---- */

static void put_id(struct json_out *w, const char *key, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	id_format(ID_KEY, id, text);
	json_put_str(w, key, text);
}

static void put_networks(struct json_out *w, const struct api_key *k)
{
	char network[NETWORK_TEXT_SIZE];
	unsigned i;

	json_arr_open(w, "allowed_networks");
	for (i = 0; i < k->network_count; i++) {
		network_format(&k->networks[i], network);
		json_put_str(w, NULL, network);
	}
	json_arr_close(w);
}

/* secret: the key itself, in the answer that makes it; NULL in every other. */
static void put_key(struct json_out *w, const char *key, const struct api_key *k, const char *secret)
{
	unsigned bit;

	json_obj_open(w, key);
	put_id(w, "id", &k->id);
	if (secret)
		json_put_str(w, "key", secret);
	json_put_str(w, "name", k->name);
	json_put_str(w, "shown", k->shown);
	json_arr_open(w, "scopes");
	for (bit = 1; bit <= SCOPE_ALL; bit <<= 1)
		if (k->scopes & bit)
			json_put_str(w, NULL, scope_name((enum scope)bit));
	json_arr_close(w);
	json_put_time(w, "created_at", k->created_at);
	json_put_time(w, "expires_at", k->expires_at);
	json_put_time(w, "revoked_at", k->revoked_at);
	json_put_time(w, "last_used_at", k->last_used);
	put_networks(w, k);
	if (k->has_budget)
		json_put_int(w, "tokens_per_month", k->tokens_per_month);
	else
		json_put_null(w, "tokens_per_month");
	if (k->has_replacement)
		put_id(w, "replaced_by", &k->replaced_by);
	else
		json_put_null(w, "replaced_by");
	json_obj_close(w);
}

static void render_made(const void *made, struct buf *out)
{
	const struct made_key *k = made;
	struct json_out w;

	envelope_open(&w, out);
	put_key(&w, "data", &k->row, k->key);
	envelope_close(&w);
}

static void answer_list(struct request *r, const struct api_key *list, unsigned n)
{
	struct json_out w;
	struct buf b;
	unsigned i;

	buf_init(&b, LIST_MAX);
	envelope_open(&w, &b);
	json_arr_open(&w, "data");
	for (i = 0; i < n; i++)
		put_key(&w, NULL, &list[i], NULL);
	json_arr_close(&w);
	envelope_close(&w);
	respond_json(r, 200, NULL, &b);
	buf_release(&b);
}

/* ---- what is asked for ---- */

static bool read_object(const struct request *r, const char *const *known, struct json_object **body, struct error *err)
{
	*body = NULL;
	return json_read(buf_str(&r->body), r->body.len, JSON_DEPTH_MAX, body, NULL, NULL, err) &&
	       (json_object_is_type(*body, json_type_object) ||
	        err_set(err, ERR_INVALID_INPUT, "The body must be a JSON object")) &&
	       json_only_known(*body, "", known, err);
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
		if (!json_at_str(list, "scopes", i, &name, err) || !scopes_parse(name, &bit, err))
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
	static const char *const known[] = {"name", "scopes", "expires_at", "allowed_networks", "tokens_per_month", NULL};
	struct json_object *body;
	const char *name = NULL;
	bool ok = read_object(r, known, &body, err) && json_get_str(body, "", "name", &name, err);

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
	ok = r->body.len == 0 || (read_object(r, known, &body, err) &&
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

void keys_index(struct request *r)
{
	struct error err = {0};
	struct api_key *list;
	struct arena a;
	unsigned n;

	arena_init(&a);
	if (keys_list(&r->app->keys, r->auth->principal.account_id, &a, &list, &n, &err))
		answer_list(r, list, n);
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

void keys_make(struct request *r)
{
	struct actor who = request_actor(r);
	struct made_key k = {.row.scopes = 0};
	struct error err = {0};
	struct once once;
	bool ok = request_once(r, 201, render_made, &once, &err) && read_new_key(r, &k.row, &err) &&
	          keys_create(&r->app->keys, &who, r->auth->principal.account_id, &k, &once, &err);

	answer_made(r, ok, &once, &k, &err);
}

void keys_rotation(struct request *r)
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

void keys_delete(struct request *r)
{
	static const char nothing[] = "{\"success\":true,\"data\":null}";
	struct actor who = request_actor(r);
	struct error err = {0};
	struct api_key k;
	struct id id;

	if (read_id(r, &id, &err) && keys_revoke(&r->app->keys, &who, r->auth->principal.account_id, &id, &k, &err))
		respond(r, 200, NULL, "application/json", nothing, sizeof nothing - 1);
	else
		respond_error(r, &err);
}
