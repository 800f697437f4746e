/* The log of deliveries, tests, replays, and the catalogue of events. */
#include <string.h>

#include "api/app.h"
#include "api/handlers.h"
#include "api/list.h"
#include "api/once.h"
#include "api/query.h"
#include "api/webhooks_priv.h"
#include "base/clock.h"
#include "core/webhook.h"
#include "http/response.h"

#define BODY_MAX (4u << 20)      /* as many attempts as a schedule may have, each byte of their answers escaped */
#define PAGE_COUNT 20

/* ---- reading ---- */

static bool read_filter(const struct request *r, struct delivery_filter *f, struct error *err)
{
	const char *status = request_query(r, "status"), *event = request_query(r, "event");
	enum delivery_state state = DELIVERY_PENDING;
	enum event_type type = EVENT__MAX;

	*f = (struct delivery_filter){.limit = PAGE_COUNT};
	memset(&f->before, 0xff, sizeof f->before);
	if (status && !delivery_state_by_name(status, &state))
		return err_field(err, "status", "status must be pending, delivered or failed");
	if (event && (!event_type_by_name(event, &type) || type == EVENT_MAIL))
		return err_field(err, "event", "event must be an event of /api/webhook-events");
	f->state = status ? (int)state : -1;
	f->event = event ? (int)type : -1;
	return query_bound(r, "created_after", &f->from, err) && query_bound(r, "created_before", &f->before, err) &&
	       query_number(r, "limit", 1, DELIVERY_PAGE_MAX, &f->limit, err) && query_before(r, &f->before, err);
}

static void put_row(struct json_out *w, const void *row)
{
	delivery_put(w, NULL, row);
}

void webhooks_deliveries(struct request *r)
{
	struct delivery_row list[DELIVERY_PAGE_MAX];
	struct delivery_filter f;
	struct error err = {0};
	struct arena a;
	struct id last;
	unsigned n;
	bool more;

	arena_init(&a);
	if (read_filter(r, &f, &err) && webhook_path_id(r, ID_ENDPOINT, NO_ENDPOINT, &f.endpoint_id, &err) &&
	    deliveries_list(&r->app->deliveries, r->auth->principal.account_id, &f, &a, list, &n, &more, &last, &err))
		respond_page(r, &(struct list){list, n, sizeof *list, put_row}, more, last.b, sizeof last.b);
	else
		respond_error(r, &err);
	arena_release(&a);
}

void webhook_deliveries_get(struct request *r)
{
	struct delivery_view v;
	struct error err = {0};
	struct json_out w;
	struct arena a;
	struct buf b;
	struct id id;

	arena_init(&a);
	buf_init(&b, BODY_MAX);
	if (webhook_path_id(r, ID_DELIVERY, NO_DELIVERY, &id, &err) &&
	    deliveries_find(&r->app->deliveries, r->auth->principal.account_id, &id, &a, &v, &err)) {
		envelope_open(&w, &b);
		delivery_view_put(&w, "data", &v);
		envelope_close(&w);
		respond_json(r, 200, NULL, &b);
	} else {
		respond_error(r, &err);
	}
	buf_release(&b);
	arena_release(&a);
}

void webhook_events_list(struct request *r)
{
	struct json_out w;
	struct buf b;

	buf_init(&b, BODY_MAX);
	envelope_open(&w, &b);
	webhook_catalogue_put(&w, "data");
	envelope_close(&w);
	respond_json(r, 200, NULL, &b);
	buf_release(&b);
}

/* ---- asking for deliveries ---- */

static void render_row(const void *made, struct buf *out)
{
	struct json_out w;

	envelope_open(&w, out);
	delivery_put(&w, "data", made);
	envelope_close(&w);
}

static void answer_once(struct request *r, bool ok, struct once *once, const struct error *err)
{
	if (ok)
		respond_once(r, once);
	else
		respond_error(r, err);
	once_release(once);
}

void webhooks_test(struct request *r)
{
	const struct principal *p = &r->auth->principal;
	struct actor who = request_actor(r);
	struct delivery_row row;
	struct error err = {0};
	struct once once;
	struct arena a;
	struct id id;
	bool ok;

	arena_init(&a);
	ok = request_once(r, 200, render_row, &once, &err) && webhook_no_members(r, &err) &&
	     webhook_path_id(r, ID_ENDPOINT, NO_ENDPOINT, &id, &err) &&
	     deliveries_test(&r->app->deliveries, &who, p->account_id, &p->user_id, &id, &a, &row, &once, &err);
	answer_once(r, ok, &once, &err);
	arena_release(&a);
}

void webhook_deliveries_replay(struct request *r)
{
	struct actor who = request_actor(r);
	struct delivery_row row;
	struct error err = {0};
	struct once once;
	struct arena a;
	struct id id;
	bool ok;

	arena_init(&a);
	ok = request_once(r, 200, render_row, &once, &err) && webhook_no_members(r, &err) &&
	     webhook_path_id(r, ID_DELIVERY, NO_DELIVERY, &id, &err) &&
	     deliveries_replay(&r->app->deliveries, &who, r->auth->principal.account_id, &id, &a, &row, &once, &err);
	answer_once(r, ok, &once, &err);
	arena_release(&a);
}

static void render_replayed(const void *made, struct buf *out)
{
	struct json_out w;

	envelope_open(&w, out);
	replayed_put(&w, "data", made);
	envelope_close(&w);
}

static bool read_since(const struct request *r, int64_t *since_ms, struct error *err)
{
	static const char *const known[] = {"since", NULL};
	struct json_object *body = NULL;
	const char *text = NULL;
	bool ok = json_read_members(buf_str(&r->body), r->body.len, known, &body, err) &&
		  json_get_str(body, "", "since", &text, err);

	if (ok && !text)
		ok = err_field(err, "since", "since is required: what failed from this time on is sent again");
	if (ok && !clock_parse(text, since_ms))
		ok = err_field(err, "since", "since must be a time such as 2027-01-15T06:00:00Z");
	json_object_put(body);
	return ok;
}

/* An Idempotency-Key is not needed: nothing is repeated twice. */
void webhooks_replay(struct request *r)
{
	struct actor who = request_actor(r);
	struct replayed replayed;
	struct error err = {0};
	int64_t since_ms;
	struct buf b;
	struct id id;
	bool ok = read_since(r, &since_ms, &err) && webhook_path_id(r, ID_ENDPOINT, NO_ENDPOINT, &id, &err) &&
	          deliveries_replay_failed(&r->app->deliveries, &who, r->auth->principal.account_id, &id, since_ms, &replayed,
	                                   &err);

	buf_init(&b, BODY_MAX);
	if (ok) {
		render_replayed(&replayed, &b);
		respond_json(r, 200, NULL, &b);
	} else {
		respond_error(r, &err);
	}
	buf_release(&b);
}

void webhook_events_replay(struct request *r)
{
	struct actor who = request_actor(r);
	struct replayed replayed;
	struct error err = {0};
	struct once once;
	struct id id;
	bool ok = request_once(r, 200, render_replayed, &once, &err) && webhook_no_members(r, &err) &&
	          webhook_path_id(r, ID_EVENT, NO_EVENT, &id, &err) &&
	          deliveries_replay_event(&r->app->deliveries, &who, r->auth->principal.account_id, &id, &replayed, &once, &err);

	answer_once(r, ok, &once, &err);
}
