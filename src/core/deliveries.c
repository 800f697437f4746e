/* The log of deliveries, as it is read. */
#include "core/deliveries_priv.h"

#include <string.h>

#include "core/webhook.h"
#include "store/events.h"
#include "store/executions.h"

#define BODY_MAX (8u << 20)      /* as what is sent */

bool deliveries_list(const struct deliveries *ds, uint64_t account_id, struct delivery_filter *f, struct arena *a,
                     struct delivery_row *out, unsigned *count, bool *more, struct id *last, struct error *err)
{
	struct db_conn *c = db_get(ds->db, err);
	struct endpoint e;
	bool ok;

	ok = c && deliveries_endpoint(c, account_id, &f->endpoint_id, a, &e, err);
	if (ok) {
		f->url = e.url;
		ok = delivery_list(c, f, a, out, count, more, last, err);
	}
	db_put(ds->db, c);
	return ok;
}

/* ---- one of them ---- */

static bool render(struct db_conn *c, uint64_t account_id, const struct delivery_row *r, struct arena *a, struct buf *body,
                   struct error *err)
{
	struct execution run;
	struct event event;
	bool found = false;
	unsigned n = 0;

	if (!r->has_execution) {
		if (!event_find(c, account_id, &r->event_id, a, &event, &found, err))
			return false;
		if (found)
			buf_add(body, event.payload, event.payload_len);
		return true;
	}
	if (!execution_find_many(c, &r->execution_id, 1, a, &run, &n, err))
		return false;
	if (n == 1 && run.account_id == account_id)
		webhook_body(body, r->event, &run);
	return true;
}

/* A body is made from what is stored of its event, and so are the bytes that were sent. */
static bool read_request(struct db_conn *c, uint64_t account_id, struct arena *a, struct delivery_view *v, struct error *err)
{
	struct buf body;
	bool ok;

	buf_init(&body, BODY_MAX);
	ok = render(c, account_id, &v->row, a, &body, err);
	if (ok && body.len > 0 && !body.failed) {
		v->request_size = body.len;
		v->request_len = body.len < DELIVERY_EXCERPT ? body.len : DELIVERY_EXCERPT;
		v->request = arena_strndup(a, body.data, v->request_len);
	}
	buf_release(&body);
	return ok;
}

/* One that none follows is told by the delivery's own row. */
static void add_last(struct arena *a, struct delivery_view *v)
{
	struct delivery_attempt *all;

	if (v->row.duration_ms < 0 || (v->attempt_count > 0 && v->attempts[v->attempt_count - 1].attempt == v->row.attempts))
		return;
	all = arena_alloc(a, (v->attempt_count + 1) * sizeof *all);
	if (v->attempt_count > 0)
		memcpy(all, v->attempts, v->attempt_count * sizeof *all);
	all[v->attempt_count++] = (struct delivery_attempt){
		.attempt = v->row.attempts, .at = v->row.last_at, .duration_ms = v->row.duration_ms, .status = v->row.last_status,
		.error = v->row.last_error, .response = v->row.response, .response_len = v->row.response_len};
	v->attempts = all;
}

bool deliveries_find(const struct deliveries *ds, uint64_t account_id, const struct id *id, struct arena *a,
                     struct delivery_view *out, struct error *err)
{
	struct db_conn *c = db_get(ds->db, err);
	bool found, ok;

	memset(out, 0, sizeof *out);
	ok = c && delivery_find(c, account_id, id, a, &out->row, &found, err) &&
	     (found || err_set(err, ERR_NOT_FOUND, "There is no such delivery")) &&
	     delivery_attempt_list(c, id, a, &out->attempts, &out->attempt_count, err) &&
	     read_request(c, account_id, a, out, err);
	if (ok)
		add_last(a, out);
	db_put(ds->db, c);
	return ok;
}
