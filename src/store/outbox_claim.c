/* From due to leased, and back when a sender stops. */
#include "store/outbox_priv.h"

#include <string.h>

#include "base/log.h"
#include "base/rnd.h"
#include "store/cols.h"
#include "store/executions_priv.h"
#include "store/queue_priv.h"

struct claim {
	unsigned max;
	int64_t  now_ms, due_at;         /* due_at: when the lease ends */
	uint64_t token;
	struct arena *arena;
	struct delivery *out;
	unsigned count;
	struct outbox_key keys[OUTBOX_BATCH_MAX];   /* as they were found */
	unsigned picked;
};

static bool pick_due(struct db_conn *c, struct claim *k, struct error *err)
{
	static const char sql[] =
		"SELECT due_at, delivery_id FROM outbox FORCE INDEX (PRIMARY) WHERE due_at <= ?"
		" ORDER BY due_at, delivery_id LIMIT ? FOR UPDATE SKIP LOCKED";
	struct db_arg args[2] = {db_int(k->now_ms), db_int(k->max)};
	int got;

	k->picked = 0;
	if (!db_query(c, sql, args, 2, err))
		return false;
	while ((got = db_next(c, err)) == 1 && k->picked < k->max) {
		struct outbox_key *key = &k->keys[k->picked];

		*key = (struct outbox_key){.due_at = db_col_int(c, 0), .index = k->picked};
		db_col_id(c, 1, &key->id);
		k->picked++;
	}
	db_end(c);
	return got >= 0;
}

/* The runs that ended together are due together, so few statements move many rows. */
static bool lease(struct db_conn *c, const struct claim *k, struct error *err)
{
	static const char sql[] = "UPDATE outbox FORCE INDEX (PRIMARY) SET due_at = ?, token = ?"
				  " WHERE due_at = ? AND delivery_id IN (%s)";
	struct db_arg args[OUTBOX_ARGS_MAX] = {db_int(k->due_at), db_int((int64_t)k->token)};
	unsigned from, n, size, count;

	for (from = 0; from < k->picked; from += n) {
		n = outbox_group(&k->keys[from], k->picked - from);
		count = 2 + outbox_group_args(args + 2, &k->keys[from], n, false, &size);
		if (!db_exec(c, db_list_sql(sql, "?", size), args, count, NULL, err))
			return false;
	}
	return true;
}

/* Columns of the statement that reads: the delivery's, then the run's. */
#define RUN_AT 10
#define RUN_MORE_AT (RUN_AT + EXECUTION_COLUMN_COUNT)

static const struct execution *read_run(struct db_conn *c, struct arena *a)
{
	struct execution *e = arena_alloc(a, sizeof *e);

	execution_read(c, RUN_AT, 0, a, e);
	db_col_id(c, RUN_MORE_AT, &e->account_public_id);
	e->webhook_url = col_kept(c, RUN_MORE_AT + 1, a, NULL);
	e->output = col_kept(c, RUN_MORE_AT + 2, a, NULL);
	e->output_len = (size_t)db_col_int(c, RUN_MORE_AT + 3);
	return e;
}

static void read_own_row(struct db_conn *c, const struct claim *k, struct delivery *d)
{
	d->account_id = (uint64_t)db_col_int(c, 1);
	d->event = (enum event_type)db_col_int(c, 2);
	d->attempts = (unsigned)db_col_int(c, 3);
	d->created_at = db_col_int(c, 4);
	d->url = col_kept(c, 8, k->arena, NULL);
	d->payload = col_kept(c, 9, k->arena, NULL);
}

/* The delivery of a run's own webhook_url has no row before its first attempt. */
static void read_from_run(struct delivery *d, const struct execution *run)
{
	d->account_id = run->account_id;
	d->event = run->status == EXEC_SUCCESS ? EVENT_RUN_SUCCESS : EVENT_RUN_FAILED;
	d->created_at = run->completed_at;
}

static void read_delivery(struct db_conn *c, const struct claim *k, struct delivery *d)
{
	const struct execution *run = db_is_null(c, RUN_AT) ? NULL : read_run(c, k->arena);
	bool has_row = !db_is_null(c, 1), to_endpoint = !db_is_null(c, 7);

	memset(d, 0, sizeof *d);
	db_col_id(c, 0, &d->id);
	d->due_at = k->due_at;
	d->token = k->token;
	if (has_row)
		read_own_row(c, k, d);
	else if (run)
		read_from_run(d, run);
	if (!d->payload)
		d->run = run;
	if (!d->url && run && !to_endpoint)
		d->url = run->webhook_url;
	if (!db_col_id(c, 5, &d->event_id))
		d->event_id = d->id;
	d->has_execution = db_col_id(c, 6, &d->execution_id);
	if (!d->has_execution && d->run) {
		d->execution_id = d->id;
		d->has_execution = true;
	}
}

static struct delivery *place_of(struct claim *k, const struct outbox_key *keys, unsigned n,
                                 const struct id *id)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (id_cmp(&keys[i].id, id) == 0)
			return &k->out[keys[i].index];
	return NULL;
}

static bool read_group(struct db_conn *c, struct claim *k, const struct outbox_key *keys, unsigned n,
                       struct error *err)
{
	static const char sql[] =
		"SELECT o.delivery_id, d.account_id, d.event, d.attempts, d.created_at, d.event_id,"
		" d.execution_id, d.endpoint_id, d.url, d.payload, " EXECUTION_COLUMNS ","
		" a.public_id, e.webhook_url, IF(LENGTH(r.output) <= 65536, r.output, NULL), LENGTH(r.output)"
		" FROM outbox o FORCE INDEX (PRIMARY) LEFT JOIN deliveries d ON d.id = o.delivery_id"
		" LEFT JOIN executions e ON e.id = COALESCE(d.execution_id, o.delivery_id)"
		" LEFT JOIN execution_results r ON r.execution_id = e.id"
		" LEFT JOIN accounts a ON a.id = e.account_id"
		" WHERE o.due_at = ? AND o.delivery_id IN (%s)";
	struct db_arg args[OUTBOX_ARGS_MAX];
	unsigned size, count;
	struct id id;
	int got;

	_Static_assert(OUTBOX_OUTPUT_WHOLE == 65536, "the statement has the figure");
	count = outbox_group_args(args, keys, n, false, &size);
	if (!db_query(c, db_list_sql(sql, "?", size), args, count, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct delivery *d = db_col_id(c, 0, &id) ? place_of(k, keys, n, &id) : NULL;

		if (d)
			read_delivery(c, k, d);
	}
	db_end(c);
	return got >= 0;
}

/* In the claim's own transaction, so that a claim that cannot be read is no claim. */
static bool read_leased(struct db_conn *c, struct claim *k, struct error *err)
{
	unsigned from, n, i;

	for (i = 0; i < k->picked; i++)
		k->keys[i].due_at = k->due_at;
	for (from = 0; from < k->picked; from += n) {
		n = outbox_group(&k->keys[from], k->picked - from);
		if (!read_group(c, k, &k->keys[from], n, err))
			return false;
	}
	return true;
}

/* Nothing is left of it that could be sent: its run was removed. */
static bool is_orphan(const struct delivery *d)
{
	return !d->payload && !(d->run && d->run->completed_at != 0);
}

static bool drop_orphans(struct db_conn *c, struct claim *k, struct error *err)
{
	static const char sql[] = "DELETE FROM outbox WHERE due_at = ? AND delivery_id = ?";
	char text[ID_TEXT_SIZE];
	unsigned i;

	k->count = 0;
	for (i = 0; i < k->picked; i++) {
		struct db_arg args[2] = {db_int(k->due_at), db_id(&k->keys[i].id)};

		if (!is_orphan(&k->out[i])) {
			k->out[k->count++] = k->out[i];
			continue;
		}
		id_format(ID_DELIVERY, &k->keys[i].id, text);
		log_write(LOG_WARN, "a delivery is dropped, its execution is gone", "delivery=%s", text);
		if (!db_exec(c, sql, args, 2, NULL, err))
			return false;
	}
	return true;
}

static bool claim_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct claim *k = ctx;

	memset(k->out, 0, k->max * sizeof *k->out);
	k->count = 0;
	/* positive as a signed number, and never 0 */
	k->token = (rnd_u64() >> 1) | 1;
	return pick_due(c, k, err) && lease(c, k, err) && read_leased(c, k, err) && drop_orphans(c, k, err);
}

static int claim_applied(struct db_conn *c, void *ctx)
{
	static const char sql[] =
		"SELECT 1 FROM outbox WHERE due_at = ? AND delivery_id = ? AND token = ?";
	const struct claim *k = ctx;
	struct db_arg args[3];
	struct error err;
	int64_t one;
	bool found;

	if (k->count == 0)
		return 0;
	args[0] = db_int(k->due_at);
	args[1] = db_id(&k->out[0].id);
	args[2] = db_int((int64_t)k->token);
	return db_query_int(c, sql, args, 3, &one, &found, &err) ? found : -1;
}

/* A plain read locks nothing, so that idle senders do not meet each other. */
static bool first_due(struct db_conn *c, int64_t *due_ms, struct error *err)
{
	static const char sql[] = "SELECT due_at FROM outbox WHERE due_at >= 0 ORDER BY due_at LIMIT 1";
	bool found;

	if (!db_query_int(c, sql, NULL, 0, due_ms, &found, err))
		return false;
	if (!found)
		*due_ms = INT64_MAX;
	return true;
}

bool outbox_claim(struct db *db, struct db_conn **c, unsigned max, int64_t now_ms, int64_t lease_ms,
                  struct arena *a, struct delivery *out, unsigned *count, int64_t *next_due_ms,
                  struct error *err)
{
	struct claim k = {.max = max < OUTBOX_BATCH_MAX ? max : OUTBOX_BATCH_MAX, .now_ms = now_ms,
	                  .due_at = now_ms + lease_ms, .arena = a, .out = out};

	*count = 0;
	if (!queue_conn(db, c, err) || !first_due(*c, next_due_ms, err))
		return false;
	if (*next_due_ms > now_ms || max == 0)
		return true;
	if (!db_transaction_on(db, c, claim_body, claim_applied, &k, err))
		return false;
	*count = k.count;
	*next_due_ms = now_ms;
	return true;
}

/* Giving back. */

struct release {
	struct outbox_key keys[OUTBOX_BATCH_MAX];
	unsigned n;
	int64_t  now_ms;
};

static bool release_body(struct db_conn *c, void *ctx, struct error *err)
{
	static const char sql[] = "UPDATE outbox FORCE INDEX (PRIMARY) SET due_at = ?, token = NULL"
				  " WHERE due_at = ? AND token = ? AND delivery_id IN (%s)";
	const struct release *r = ctx;
	struct db_arg args[OUTBOX_ARGS_MAX] = {db_int(r->now_ms)};
	unsigned from, n, size, count;

	for (from = 0; from < r->n; from += n) {
		n = outbox_group(&r->keys[from], r->n - from);
		count = 1 + outbox_group_args(args + 1, &r->keys[from], n, true, &size);
		if (!db_exec(c, db_list_sql(sql, "?", size), args, count, NULL, err))
			return false;
	}
	return true;
}

bool outbox_release(struct db *db, struct db_conn **c, const struct delivery *d, unsigned n,
                    int64_t now_ms, struct error *err)
{
	struct release r = {.n = n, .now_ms = now_ms};
	unsigned i;

	INVARIANT(n <= OUTBOX_BATCH_MAX, "more deliveries released at once than one call takes");
	if (n == 0)
		return true;
	for (i = 0; i < n; i++)
		r.keys[i] = (struct outbox_key){.due_at = d[i].due_at, .token = d[i].token, .id = d[i].id,
		                                .index = i};
	outbox_sort(r.keys, n);
	/* repeating it is harmless: what was given back is not ours any more */
	return queue_conn(db, c, err) && db_transaction_on(db, c, release_body, NULL, &r, err);
}
