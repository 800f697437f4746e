/* What became of attempts: one transaction for many (group commit). Rows of the outbox first, in key order; a
 * count that is not the expected one tells that a lease was lost, and the transaction is made again with a look
 * at each. */
#include "store/outbox_priv.h"

#include <stdlib.h>
#include <string.h>

#include "store/queue_priv.h"

#define ERROR_MAX 300   /* characters of the columns */

struct record {
	const struct delivery_result *r;
	unsigned n, shard;
	bool     careful;                  /* look at each lease before it is used */
	bool     mismatch;                 /* out: not every lease was ours */
	bool     lost[OUTBOX_BATCH_MAX];
	struct outbox_key over[OUTBOX_BATCH_MAX], again[OUTBOX_BATCH_MAX];   /* sorted */
	unsigned over_count, again_count;
};

static void split(struct record *w)
{
	unsigned i;

	for (i = 0; i < w->n; i++) {
		const struct delivery_result *r = &w->r[i];
		struct outbox_key k = {.due_at = r->due_at, .token = r->token, .id = r->id, .index = i};

		if (r->state == DELIVERY_PENDING)
			w->again[w->again_count++] = k;
		else
			w->over[w->over_count++] = k;
	}
	outbox_sort(w->over, w->over_count);
	outbox_sort(w->again, w->again_count);
}

static void found_lease(struct record *w, const struct outbox_key *k, unsigned n, const struct id *id)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (id_cmp(&k[i].id, id) == 0)
			w->lost[k[i].index] = false;
}

static bool look_at_leases(struct db_conn *c, struct record *w, const struct outbox_key *k, unsigned count,
                           struct error *err)
{
	static const char sql[] = "SELECT delivery_id FROM outbox FORCE INDEX (PRIMARY)"
				  " WHERE due_at = ? AND token = ? AND delivery_id IN (%s) FOR UPDATE";
	struct db_arg args[OUTBOX_ARGS_MAX];
	unsigned from, n, size, argc, i;
	struct id id;
	int got;

	for (i = 0; i < count; i++)
		w->lost[k[i].index] = true;
	for (from = 0; from < count; from += n) {
		n = outbox_group(&k[from], count - from);
		argc = outbox_group_args(args, &k[from], n, true, &size);
		if (!db_query(c, db_list_sql(sql, "?", size), args, argc, err))
			return false;
		while ((got = db_next(c, err)) == 1)
			if (db_col_id(c, 0, &id))
				found_lease(w, &k[from], n, &id);
		db_end(c);
		if (got < 0)
			return false;
	}
	return true;
}

/* Those of k that are still ours, in the same order. */
static unsigned kept(const struct record *w, const struct outbox_key *k, unsigned n, struct outbox_key *out)
{
	unsigned i, count = 0;

	for (i = 0; i < n; i++)
		if (!w->lost[k[i].index])
			out[count++] = k[i];
	return count;
}

/* Each by its whole key: MariaDB takes no index hint in a DELETE, and might read, and so lock, a short outbox
 * whole for a list. */
static bool delete_over(struct db_conn *c, const struct record *w, uint64_t *missing, struct error *err)
{
	static const char sql[] = "DELETE FROM outbox WHERE due_at = ? AND delivery_id = ? AND token = ?";
	struct outbox_key k[OUTBOX_BATCH_MAX];
	struct db_arg args[OUTBOX_BATCH_MAX * 3], *at = args;
	unsigned count = kept(w, w->over, w->over_count, k), i;
	uint64_t done = 0;

	for (i = 0; i < count; i++) {
		*at++ = db_int(k[i].due_at);
		*at++ = db_id(&k[i].id);
		*at++ = db_int((int64_t)k[i].token);
	}
	if (count > 0 && !db_exec_rows(c, sql, args, 3, count, &done, err))
		return false;
	*missing = count - done;
	return true;
}

static bool move_again(struct db_conn *c, const struct record *w, uint64_t *missing, struct error *err)
{
	static const char sql[] = "UPDATE outbox SET due_at = ?, token = NULL, attempts = ?"
				  " WHERE due_at = ? AND delivery_id = ? AND token = ?";
	struct outbox_key k[OUTBOX_BATCH_MAX];
	struct db_arg args[OUTBOX_BATCH_MAX * 5], *at = args;
	unsigned count = kept(w, w->again, w->again_count, k), i;
	uint64_t done = 0;

	for (i = 0; i < count; i++) {
		*at++ = db_int(w->r[k[i].index].retry_at);
		*at++ = db_int(w->r[k[i].index].attempt);
		*at++ = db_int(k[i].due_at);
		*at++ = db_id(&k[i].id);
		*at++ = db_int((int64_t)k[i].token);
	}
	if (count > 0 && !db_exec_rows(c, sql, args, 5, count, &done, err))
		return false;
	*missing = count - done;
	return true;
}

/* Of at most ERROR_MAX characters, cut between two (UTF-8). */
static struct db_arg error_arg(const char *text)
{
	size_t n = 0;
	unsigned chars = 0;

	if (!text)
		return db_null();
	while (text[n] && chars < ERROR_MAX) {
		n++;
		while (((unsigned char)text[n] & 0xC0) == 0x80)
			n++;
		chars++;
	}
	return db_bytes(text, n);
}

/* What an attempt says, in the order in which both statements below have it. */
static struct db_arg *attempt_args(struct db_arg *at, const struct delivery_result *r)
{
	*at++ = db_int(r->state);
	*at++ = db_int(r->attempt);
	*at++ = db_int(r->at);
	*at++ = db_int(r->duration_ms);
	*at++ = db_opt_int(r->status);
	*at++ = error_arg(r->error);
	*at++ = db_bytes(r->response, r->response_len);
	*at++ = db_opt_int(r->state == DELIVERY_PENDING ? r->retry_at : 0);
	return at;
}
#define ATTEMPT_ARGS 8

/* The log of a run's own webhook_url begins with its first attempt. */
static bool write_own(struct db_conn *c, const struct record *w, struct error *err)
{
	static const char sql[] =
		"INSERT INTO deliveries (state, attempts, last_at, duration_ms, last_status, last_error, last_response, next_at,"
		" id, account_id, event, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
		" ON DUPLICATE KEY UPDATE state = VALUES(state), attempts = VALUES(attempts),"
		" last_at = VALUES(last_at), duration_ms = VALUES(duration_ms),"
		" last_status = VALUES(last_status), last_error = VALUES(last_error),"
		" last_response = VALUES(last_response), next_at = VALUES(next_at)";
	struct db_arg args[OUTBOX_BATCH_MAX * (ATTEMPT_ARGS + 4)], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < w->n; i++) {
		const struct delivery_result *r = &w->r[i];

		if (w->lost[i] || r->has_endpoint)
			continue;
		at = attempt_args(at, r);
		*at++ = db_id(&r->id);
		*at++ = db_int((int64_t)r->account_id);
		*at++ = db_int(r->event);
		*at++ = db_int(r->created_at);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, ATTEMPT_ARGS + 4, rows, NULL, err);
}

/* Those to endpoints are there. The endpoint's URL may be another one later. */
static bool write_to_endpoints(struct db_conn *c, const struct record *w, struct error *err)
{
	static const char sql[] =
		"UPDATE deliveries SET state = ?, attempts = ?, last_at = ?, duration_ms = ?, last_status = ?, last_error = ?,"
		" last_response = ?, next_at = ?, url = COALESCE(?, url) WHERE id = ?";
	struct db_arg args[OUTBOX_BATCH_MAX * (ATTEMPT_ARGS + 2)], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < w->n; i++) {
		const struct delivery_result *r = &w->r[i];

		if (w->lost[i] || !r->has_endpoint)
			continue;
		at = attempt_args(at, r);
		*at++ = db_str(r->url);
		*at++ = db_id(&r->id);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, ATTEMPT_ARGS + 2, rows, NULL, err);
}

/* The attempts that another will follow. */
static bool write_attempts(struct db_conn *c, const struct record *w, struct error *err)
{
	static const char sql[] =
		"INSERT INTO delivery_attempts (delivery_id, attempt, at, duration_ms, status, error, url, response)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE at = VALUES(at),"
		" duration_ms = VALUES(duration_ms), status = VALUES(status), error = VALUES(error), url = VALUES(url),"
		" response = VALUES(response)";
	struct db_arg args[OUTBOX_BATCH_MAX * 8], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < w->n; i++) {
		const struct delivery_result *r = &w->r[i];

		if (w->lost[i] || r->state != DELIVERY_PENDING)
			continue;
		*at++ = db_id(&r->id);
		*at++ = db_int(r->attempt);
		*at++ = db_int(r->at);
		*at++ = db_int(r->duration_ms);
		*at++ = db_opt_int(r->status);
		*at++ = error_arg(r->error);
		*at++ = db_str(r->url);
		*at++ = db_bytes(r->response, r->response_len);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 8, rows, NULL, err);
}

/* ---- endpoints ---- */

static int by_endpoint(const void *x, const void *y)
{
	const struct delivery_result *const *a = x, *const *b = y;
	int order = id_cmp(&(*a)->endpoint_id, &(*b)->endpoint_id);

	return order != 0 ? order : ((*a)->at > (*b)->at) - ((*a)->at < (*b)->at);
}

/* Those that begin to fail and those that cease to: seldom any. In order of ids, as two senders may tell of the same. */
static bool write_endpoints(struct db_conn *c, const struct record *w, struct error *err)
{
	static const char fails[] = "UPDATE endpoints SET failing_since = ? WHERE id = ? AND failing_since IS NULL";
	static const char works[] = "UPDATE endpoints SET failing_since = NULL WHERE id = ? AND failing_since IS NOT NULL";
	const struct delivery_result *told[OUTBOX_BATCH_MAX];
	unsigned i, n = 0;

	for (i = 0; i < w->n; i++) {
		const struct delivery_result *r = &w->r[i];

		if (!w->lost[i] && r->has_endpoint && r->url && (r->state == DELIVERY_DELIVERED) == (r->failing_since != 0))
			told[n++] = r;
	}
	qsort(told, n, sizeof *told, by_endpoint);
	for (i = 0; i < n; i++) {
		struct db_arg args[2] = {db_int(told[i]->at), db_id(&told[i]->endpoint_id)};
		bool well = told[i]->state == DELIVERY_DELIVERED;

		if (!db_exec(c, well ? works : fails, well ? args + 1 : args, well ? 1 : 2, NULL, err))
			return false;
	}
	return true;
}

/* Those whose lease was lost are not counted: another sender has sent them. */
static bool write_totals(struct db_conn *c, const struct record *w, struct error *err)
{
	const struct delivery_result *kept[OUTBOX_BATCH_MAX];
	unsigned i, n = 0;

	for (i = 0; i < w->n; i++)
		if (!w->lost[i])
			kept[n++] = &w->r[i];
	return n == 0 || delivery_totals_add(c, w->shard, kept, n, err);
}

static bool record_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct record *w = ctx;
	uint64_t over = 0, again = 0;

	w->mismatch = false;
	memset(w->lost, 0, sizeof w->lost);
	if (w->careful && (!look_at_leases(c, w, w->over, w->over_count, err) ||
	                   !look_at_leases(c, w, w->again, w->again_count, err)))
		return false;
	if (!delete_over(c, w, &over, err) || !move_again(c, w, &again, err))
		return false;
	w->mismatch = over + again != 0;
	if (w->mismatch)
		return err_set(err, ERR_CONFLICT, "A lease was lost meanwhile");
	return write_own(c, w, err) && write_to_endpoints(c, w, err) && write_attempts(c, w, err) &&
	       write_endpoints(c, w, err) && write_totals(c, w, err);
}

/* The lease of any that was ours tells of all: it is gone if the transaction was applied. */
static int record_applied(struct db_conn *c, void *ctx)
{
	static const char sql[] =
		"SELECT 1 FROM outbox WHERE due_at = ? AND delivery_id = ? AND token = ?";
	const struct record *w = ctx;
	struct db_arg args[3];
	struct error err;
	unsigned i = 0;
	int64_t one;
	bool found;

	while (i < w->n && w->lost[i])
		i++;
	if (i == w->n)
		return 1;
	args[0] = db_int(w->r[i].due_at);
	args[1] = db_id(&w->r[i].id);
	args[2] = db_int((int64_t)w->r[i].token);
	return db_query_int(c, sql, args, 3, &one, &found, &err) ? !found : -1;
}

bool outbox_record(struct db *db, struct db_conn **c, unsigned shard, const struct delivery_result *r, unsigned n,
                   struct error *err)
{
	struct record w = {.r = r, .n = n, .shard = shard};
	bool ok;

	INVARIANT(n <= OUTBOX_BATCH_MAX, "more attempts recorded at once than one transaction takes");
	if (n == 0)
		return true;
	if (!queue_conn(db, c, err))
		return false;
	split(&w);
	ok = db_transaction_on(db, c, record_body, record_applied, &w, err);
	if (!ok && w.mismatch) {
		w.careful = true;
		ok = db_transaction_on(db, c, record_body, record_applied, &w, err);
	}
	return ok;
}
