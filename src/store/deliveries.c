#include "store/deliveries.h"

#include <string.h>

#include "store/cols.h"

static const char *const states[] = {
	[DELIVERY_PENDING] = "pending", [DELIVERY_DELIVERED] = "delivered", [DELIVERY_FAILED] = "failed"};
#define STATES (sizeof states / sizeof *states)

const char *delivery_state_name(enum delivery_state s)
{
	return (unsigned)s < STATES ? states[s] : "";
}

bool delivery_state_by_name(const char *name, enum delivery_state *out)
{
	unsigned i;

	for (i = 0; i < STATES; i++)
		if (strcmp(states[i], name) == 0) {
			*out = (enum delivery_state)i;
			return true;
		}
	return false;
}

/* A delivery without an event is that of its run's own webhook_url: both have its ULID. */
#define COLUMNS(url) \
	"d.id, COALESCE(d.event_id, d.id), d.event, d.state, d.endpoint_id," \
	" COALESCE(d.execution_id, IF(d.event_id IS NULL, d.id, NULL)), d.replay_of, " url "," \
	" d.attempts, d.created_at, d.last_at, d.next_at, d.replayed_at, d.duration_ms, d.last_status, d.last_error"
/* Where it is to go, or went. */
#define URL "IF(d.state = 0, COALESCE(p.url, d.url, e.webhook_url), COALESCE(d.url, p.url, e.webhook_url))"
#define TABLES \
	" FROM deliveries d LEFT JOIN endpoints p ON p.id = d.endpoint_id" \
	" LEFT JOIN executions e ON d.endpoint_id IS NULL AND e.id = COALESCE(d.execution_id, d.id)"
#define RESPONSE 16

static void read_row(struct db_conn *c, struct arena *a, struct delivery_row *r)
{
	*r = (struct delivery_row){.event = (enum event_type)db_col_int(c, 2), .state = (enum delivery_state)db_col_int(c, 3)};
	db_col_id(c, 0, &r->id);
	db_col_id(c, 1, &r->event_id);
	r->has_endpoint = db_col_id(c, 4, &r->endpoint_id);
	r->has_execution = db_col_id(c, 5, &r->execution_id);
	r->has_replay_of = db_col_id(c, 6, &r->replay_of);
	r->url = col_kept(c, 7, a, NULL);
	r->attempts = (unsigned)db_col_int(c, 8);
	r->created_at = db_col_int(c, 9);
	r->last_at = db_col_int(c, 10);
	r->next_at = db_col_int(c, 11);
	r->replayed_at = db_col_int(c, 12);
	r->duration_ms = db_is_null(c, 13) ? -1 : db_col_int(c, 13);
	r->last_status = (int)db_col_int(c, 14);
	r->last_error = col_kept(c, 15, a, NULL);
}

bool delivery_find(struct db_conn *c, uint64_t account_id, const struct id *id, struct arena *a, struct delivery_row *out,
                   bool *found, struct error *err)
{
	static const char sql[] = "SELECT " COLUMNS(URL) ", d.last_response" TABLES
				  " WHERE d.id = ? AND d.account_id = ? AND d.event <> ?";
	struct db_arg args[3] = {db_id(id), db_int((int64_t)account_id), db_int(EVENT_MAIL)};
	int got;

	*found = false;
	if (!db_query(c, sql, args, 3, err))
		return false;
	got = db_next(c, err);
	*found = got == 1;
	if (got == 1) {
		read_row(c, a, out);
		out->response = col_kept(c, RESPONSE, a, &out->response_len);
	}
	db_end(c);
	return got >= 0;
}

/* ---- pages ---- */

/* Where a page that looks for some of them ends at the latest. */
static bool find_bound(struct db_conn *c, const struct delivery_filter *f, struct id *from, bool *bounded,
                       struct error *err)
{
	static const char sql[] = "SELECT id FROM deliveries FORCE INDEX (deliveries_endpoint) WHERE endpoint_id = ? AND id < ?"
				  " AND id >= ? ORDER BY endpoint_id DESC, id DESC LIMIT 1 OFFSET ?";
	struct db_arg args[4] = {db_id(&f->endpoint_id), db_id(&f->before), db_id(&f->from), db_int(DELIVERY_SCAN_MAX - 1)};
	int got;

	*bounded = false;
	if (!db_query(c, sql, args, 4, err))
		return false;
	got = db_next(c, err);
	if (got == 1)
		*bounded = db_col_id(c, 0, from);
	db_end(c);
	return got >= 0;
}

static bool read_page(struct db_conn *c, const struct delivery_filter *f, const struct id *from, struct arena *a,
                      struct delivery_row *out, unsigned *count, bool *full, struct error *err)
{
	static const char sql[] =
		"SELECT " COLUMNS("IF(d.state = 0, ?, COALESCE(d.url, ?))") " FROM deliveries d FORCE INDEX (deliveries_endpoint)"
		" WHERE d.endpoint_id = ? AND d.id < ? AND d.id >= ? AND (? < 0 OR d.state = ?) AND (? < 0 OR d.event = ?)"
		" ORDER BY d.endpoint_id DESC, d.id DESC LIMIT ?";
	struct db_arg args[10] = {db_str(f->url), db_str(f->url), db_id(&f->endpoint_id), db_id(&f->before), db_id(from),
	                          db_int(f->state), db_int(f->state), db_int(f->event), db_int(f->event),
	                          db_int((int64_t)f->limit + 1)};
	int got;

	*count = 0;
	*full = false;
	if (!db_query(c, sql, args, 10, err))
		return false;
	while ((got = db_next(c, err)) == 1 && !*full) {
		*full = *count == f->limit;
		if (!*full)
			read_row(c, a, &out[(*count)++]);
	}
	db_end(c);
	return got >= 0;
}

bool delivery_list(struct db_conn *c, const struct delivery_filter *f, struct arena *a, struct delivery_row *out,
                   unsigned *count, bool *more, struct id *last, struct error *err)
{
	struct id from = f->from;
	bool bounded = false, full;

	if (((f->state >= 0 || f->event >= 0) && !find_bound(c, f, &from, &bounded, err)) ||
	    !read_page(c, f, &from, a, out, count, &full, err))
		return false;
	*more = full || bounded;
	*last = full ? out[*count - 1].id : from;
	return true;
}

/* ---- attempts ---- */

bool delivery_attempt_list(struct db_conn *c, const struct id *delivery, struct arena *a, struct delivery_attempt **out,
                           unsigned *count, struct error *err)
{
	static const char sql[] = "SELECT attempt, at, duration_ms, status, error, url, response FROM delivery_attempts"
				  " WHERE delivery_id = ? ORDER BY attempt";
	struct db_arg arg = db_id(delivery);
	unsigned room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct delivery_attempt *t;

		*out = col_room(a, *out, *count, &room, sizeof **out);
		t = &(*out)[(*count)++];
		t->attempt = (unsigned)db_col_int(c, 0);
		t->at = db_col_int(c, 1);
		t->duration_ms = db_col_int(c, 2);
		t->status = (int)db_col_int(c, 3);
		t->error = col_kept(c, 4, a, NULL);
		t->url = col_kept(c, 5, a, NULL);
		t->response = col_kept(c, 6, a, &t->response_len);
	}
	db_end(c);
	return got == 0;
}

/* ---- made again ---- */

static bool copy(struct db_conn *c, const struct id *olds, const struct id *ids, unsigned n, int64_t now_ms,
                 struct error *err)
{
	static const char sql[] =
		"INSERT INTO deliveries (id, account_id, event, state, attempts, created_at, event_id, execution_id, endpoint_id, url,"
		" replay_of) SELECT ?, account_id, event, 0, 0, ?, COALESCE(event_id, id),"
		" COALESCE(execution_id, IF(event_id IS NULL, id, NULL)), endpoint_id, IF(endpoint_id IS NULL, url, NULL), id"
		" FROM deliveries WHERE id = ?";
	struct db_arg args[DB_LIST_MAX * 3];
	unsigned i;

	for (i = 0; i < n; i++) {
		args[3 * i] = db_id(&ids[i]);
		args[3 * i + 1] = db_int(now_ms);
		args[3 * i + 2] = db_id(&olds[i]);
	}
	return db_exec_rows(c, sql, args, 3, n, NULL, err);
}

static bool mark(struct db_conn *c, const struct id *olds, unsigned n, int64_t now_ms, struct error *err)
{
	struct db_arg args[DB_LIST_MAX * 2];
	unsigned i;

	for (i = 0; i < n; i++) {
		args[2 * i] = db_int(now_ms);
		args[2 * i + 1] = db_id(&olds[i]);
	}
	return db_exec_rows(c, "UPDATE deliveries SET replayed_at = ? WHERE id = ?", args, 2, n, NULL, err);
}

bool delivery_repeat(struct db_conn *c, const struct id *olds, const struct id *ids, unsigned n, int64_t now_ms,
                     struct error *err)
{
	struct outbox_due due[DB_LIST_MAX];
	unsigned i;

	for (i = 0; i < n; i++)
		due[i] = (struct outbox_due){.id = ids[i]};
	return n == 0 || (copy(c, olds, ids, n, now_ms, err) && mark(c, olds, n, now_ms, err) &&
	                  outbox_put(c, due, n, now_ms, err));
}

/* Where a look from there on ends: behind DELIVERY_SCAN_MAX rows, or with the last. */
static bool find_end(struct db_conn *c, const struct id *endpoint, const struct id *from, struct id *end, bool *more,
                     struct error *err)
{
	static const char sql[] = "SELECT id FROM deliveries FORCE INDEX (deliveries_endpoint) WHERE endpoint_id = ? AND id >= ?"
				  " ORDER BY endpoint_id, id LIMIT 1 OFFSET ?";
	struct db_arg args[3] = {db_id(endpoint), db_id(from), db_int(DELIVERY_SCAN_MAX)};
	int got;

	memset(end, 0xff, sizeof *end);
	*more = false;
	if (!db_query(c, sql, args, 3, err))
		return false;
	got = db_next(c, err);
	if (got == 1)
		*more = db_col_id(c, 0, end);
	db_end(c);
	return got >= 0;
}

bool delivery_failed(struct db_conn *c, const struct id *endpoint, struct id *from, unsigned max, struct id *out,
                     unsigned *count, bool *more, struct error *err)
{
	static const char sql[] =
		"SELECT id FROM deliveries FORCE INDEX (deliveries_endpoint) WHERE endpoint_id = ? AND id >= ? AND id < ?"
		" AND state = 2 AND replayed_at IS NULL ORDER BY endpoint_id, id LIMIT ?";
	struct db_arg args[4] = {db_id(endpoint), db_id(from), db_null(), db_int(max)};
	struct id end;
	int got;

	*count = 0;
	if (!find_end(c, endpoint, from, &end, more, err))
		return false;
	args[2] = db_id(&end);
	if (!db_query(c, sql, args, 4, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < max)
		*count += db_col_id(c, 0, &out[*count]);
	db_end(c);
	*from = end;
	return got >= 0;
}

bool delivery_still_failed(struct db_conn *c, const struct id *ids, unsigned n, struct id *out, unsigned *count,
                           struct error *err)
{
	static const char sql[] = "SELECT id FROM deliveries FORCE INDEX (PRIMARY) WHERE id IN (%s) AND state = 2"
				  " AND replayed_at IS NULL ORDER BY id";
	struct db_arg args[DB_LIST_MAX];
	unsigned size = db_list_size(n), i;
	int got;

	*count = 0;
	for (i = 0; i < size; i++)
		args[i] = db_id(&ids[i < n ? i : n - 1]);
	if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < n)
		*count += db_col_id(c, 0, &out[*count]);
	db_end(c);
	return got >= 0;
}
