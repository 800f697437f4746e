/* From due to leased. */
#include "store/outbox_priv.h"

#include "base/log.h"
#include "base/rnd.h"
#include "store/cols.h"
#include "store/executions_priv.h"
#include "store/queue_priv.h"

struct claim {
	unsigned max;
	int64_t  now_ms, due_at;         /* due_at: when the lease ends */
	int64_t  from;                   /* due then or later: the cursor's, or 0 */
	uint64_t token;
	struct arena *arena;
	struct delivery *out;
	unsigned count;
	struct outbox_key keys[OUTBOX_BATCH_MAX];   /* as they were found */
	unsigned picked;
	int64_t  last_due;               /* of the last of them */
};

static bool pick_due(struct db_conn *c, struct claim *k, struct error *err)
{
	static const char sql[] =
		"SELECT due_at, delivery_id, attempts FROM outbox FORCE INDEX (PRIMARY)"
		" WHERE due_at >= ? AND due_at <= ? ORDER BY due_at, delivery_id LIMIT ?"
		" FOR UPDATE SKIP LOCKED";
	struct db_arg args[3] = {db_int(k->from), db_int(k->now_ms), db_int(k->max)};
	int got;

	k->picked = 0;
	if (!db_query(c, sql, args, 3, err))
		return false;
	while ((got = db_next(c, err)) == 1 && k->picked < k->max) {
		struct outbox_key *key = &k->keys[k->picked];
		struct delivery *d = &k->out[k->picked];

		*key = (struct outbox_key){.due_at = db_col_int(c, 0), .index = k->picked};
		k->last_due = key->due_at;
		db_col_id(c, 1, &key->id);
		*d = (struct delivery){.id = key->id, .due_at = k->due_at, .token = k->token,
		                       .attempts = (unsigned)db_col_int(c, 2)};
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

static const struct execution *read_run(struct db_conn *c, unsigned at, struct arena *a)
{
	struct execution *e = arena_alloc(a, sizeof *e);
	unsigned more = at + EXECUTION_COLUMN_COUNT;

	execution_read(c, at, 0, a, e);
	db_col_id(c, more, &e->account_public_id);
	e->webhook_url = col_kept(c, more + 1, a, NULL);
	e->output = col_kept(c, more + 2, a, NULL);
	e->output_len = (size_t)db_col_int(c, more + 3);
	return e;
}

/* What sending needs of executions e and execution_results r, in the order of read_run. The account is read by a
 * subquery, which the lock does not reach. */
#define RUN_COLUMNS \
	EXECUTION_COLUMNS ", (SELECT public_id FROM accounts WHERE id = e.account_id), e.webhook_url," \
	" IF(LENGTH(r.output) <= 65536, r.output, NULL), LENGTH(r.output)"
_Static_assert(OUTBOX_OUTPUT_WHOLE == 65536, "the statement has the figure");

/* The place of the row at hand, whose first column is the id asked for. */
static struct delivery *place_of(struct db_conn *c, struct claim *k, const struct outbox_key *keys, unsigned n)
{
	struct id id;
	unsigned i;

	if (db_col_id(c, 0, &id))
		for (i = 0; i < n; i++)
			if (id_cmp(&keys[i].id, &id) == 0)
				return &k->out[keys[i].index];
	return NULL;
}

/* The deliveries of runs' own webhook_urls: those whose ids are of executions. */
static const char runs_sql[] =
	"SELECT " RUN_COLUMNS " FROM executions e FORCE INDEX (PRIMARY)"
	" STRAIGHT_JOIN execution_results r FORCE INDEX (PRIMARY) ON r.execution_id = e.id"
	" WHERE e.id IN (%s) AND r.status <> 0" READ_LATEST;

static void take_run(struct db_conn *c, const struct claim *k, struct delivery *d)
{
	if (db_is_null(c, EXECUTION_COLUMN_COUNT))
		return;                        /* the account is gone */
	d->run = read_run(c, 0, k->arena);
	d->event_id = d->execution_id = d->id;
	d->has_execution = true;
	d->account_id = d->run->account_id;
	d->event = d->run->status == EXEC_SUCCESS ? EVENT_RUN_SUCCESS : EVENT_RUN_FAILED;
	d->created_at = d->run->completed_at;
	d->url = d->run->webhook_url;
}

#define OTHER_COLUMNS 8   /* of deliveries, before the run's */

static void take_other(struct db_conn *c, const struct claim *k, struct delivery *d)
{
	bool to_endpoint = !db_is_null(c, 5);

	d->account_id = (uint64_t)db_col_int(c, 1);
	d->event = (enum event_type)db_col_int(c, 2);
	d->created_at = db_col_int(c, 3);
	if (!db_col_id(c, 4, &d->event_id))
		d->event_id = d->id;
	d->url = col_kept(c, 6, k->arena, NULL);
	d->payload = col_kept(c, 7, k->arena, NULL);
	d->has_execution = db_col_id(c, OTHER_COLUMNS, &d->execution_id);
	if (d->payload || !d->has_execution)
		return;
	d->run = read_run(c, OTHER_COLUMNS, k->arena);
	if (!d->url && !to_endpoint)
		d->url = d->run->webhook_url;
}

static const char others_sql[] =
	"SELECT d.id, d.account_id, d.event, d.created_at, d.event_id, d.endpoint_id, d.url, d.payload, "
	RUN_COLUMNS " FROM deliveries d FORCE INDEX (PRIMARY)"
	" LEFT JOIN executions e FORCE INDEX (PRIMARY) ON e.id = d.execution_id"
	" LEFT JOIN execution_results r FORCE INDEX (PRIMARY) ON r.execution_id = e.id"
	" WHERE d.id IN (%s)" READ_LATEST;

typedef void (*take_row)(struct db_conn *c, const struct claim *k, struct delivery *d);

/* What the statement has of these, each row to its place. */
static bool read_rows(struct db_conn *c, const char *sql, struct claim *k, const struct outbox_key *keys, unsigned n,
                      take_row take, struct error *err)
{
	struct db_arg args[DB_LIST_MAX];
	unsigned size = list_of_keys(args, keys, n);
	int got;

	if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct delivery *d = place_of(c, k, keys, n);

		if (d)
			take(c, k, d);
	}
	db_end(c);
	return got >= 0;
}

/* In the claim's own transaction, so that a claim that cannot be read is no claim. */
static bool read_picked(struct db_conn *c, struct claim *k, struct error *err)
{
	struct outbox_key others[DB_LIST_MAX];
	unsigned from, n, i, count;

	for (from = 0; from < k->picked; from += n) {
		const struct outbox_key *keys = &k->keys[from];

		n = k->picked - from < DB_LIST_MAX ? k->picked - from : DB_LIST_MAX;
		if (!read_rows(c, runs_sql, k, keys, n, take_run, err))
			return false;
		for (i = count = 0; i < n; i++)
			if (!k->out[keys[i].index].run)
				others[count++] = keys[i];
		if (count > 0 && !read_rows(c, others_sql, k, others, count, take_other, err))
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

	k->count = 0;
	/* positive as a signed number, and never 0 */
	k->token = (rnd_u64() >> 1) | 1;
	if (!pick_due(c, k, err))
		return false;
	return k->picked == 0 || (lease(c, k, err) && read_picked(c, k, err) && drop_orphans(c, k, err));
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

/* Behind the cursor first, and from the beginning when nothing is there. */
static bool claim_due(struct db *db, struct db_conn **c, struct claim *k, struct claim_cursor *cursor,
                      struct error *err)
{
	bool onward = cursor_onward(cursor);

	k->from = onward ? cursor->due_at : 0;
	if (!db_transaction_on(db, c, claim_body, claim_applied, k, err))
		return false;
	if (onward && k->picked == 0) {
		onward = false;
		k->from = 0;
		if (!db_transaction_on(db, c, claim_body, claim_applied, k, err))
			return false;
	}
	if (cursor) {
		cursor_passed(cursor, onward, k->picked == k->max);
		cursor->due_at = k->last_due;
	}
	return true;
}

bool outbox_claim(struct db *db, struct db_conn **c, bool expected, unsigned max, int64_t now_ms,
                  int64_t lease_ms, struct claim_cursor *cursor, struct arena *a, struct delivery *out,
                  unsigned *count, int64_t *next_due_ms, struct error *err)
{
	struct claim k = {.max = max < OUTBOX_BATCH_MAX ? max : OUTBOX_BATCH_MAX, .now_ms = now_ms,
	                  .due_at = now_ms + lease_ms, .arena = a, .out = out};

	*count = 0;
	*next_due_ms = now_ms;
	if (!queue_conn(db, c, err) || (!expected && !first_due(*c, next_due_ms, err)))
		return false;
	if (*next_due_ms > now_ms || max == 0)
		return true;
	if (!claim_due(db, c, &k, cursor, err))
		return false;
	*count = k.count;
	*next_due_ms = now_ms;
	return k.picked > 0 || first_due(*c, next_due_ms, err);
}
