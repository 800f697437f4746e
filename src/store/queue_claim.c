/* From ready to leased. The claim holds no quota row: it changes no counter. */
#include "store/queue.h"

#include <string.h>

#include "base/log.h"
#include "base/rnd.h"
#include "store/queue_priv.h"

struct claim {
	const struct lease_owner *owner;
	const struct id *only;           /* NULL: whatever is ready */
	bool     suspects, onward;       /* onward: behind the cursor only */
	const struct claim_cursor *cursor;
	unsigned max;
	int64_t  now_ms, lease_ms;
	struct arena *arena;
	struct claimed_run *out;
	unsigned count;
	bool     more, full;
	struct id last;                  /* as picked */
};

static void read_pick(struct db_conn *c, const struct claim *k, uint64_t token,
                      struct claimed_run *r)
{
	memset(r, 0, sizeof *r);
	r->lane = (enum queue_lane)db_col_int(c, 0);
	db_col_id(c, 1, &r->id);
	r->account_id = (uint64_t)db_col_int(c, 2);
	r->attempt = (unsigned)db_col_int(c, 3);
	r->waiter = arena_strdup(k->arena, db_col_str(c, 4));
	r->token = token;
}

static bool pick(struct db_conn *c, struct claim *k, const char *sql, const struct db_arg *args,
                 unsigned n, struct error *err)
{
	/* positive as a signed number, and never 0 */
	uint64_t token = (rnd_u64() >> 1) | 1;
	int got;

	if (!db_query(c, sql, args, n, err))
		return false;
	while ((got = db_next(c, err)) == 1 && k->count < k->max)
		read_pick(c, k, token, &k->out[k->count++]);
	db_end(c);
	return got >= 0;
}

static bool pick_ready(struct db_conn *c, struct claim *k, struct error *err)
{
	static const char ready[] =
		"SELECT lane, execution_id, account_id, attempt, waiter FROM queue_ready FORCE INDEX (PRIMARY)"
		" WHERE lane < 2 ORDER BY lane, execution_id LIMIT ? FOR UPDATE SKIP LOCKED";
	static const char suspect[] =
		"SELECT lane, execution_id, account_id, attempt, waiter FROM queue_ready FORCE INDEX (PRIMARY)"
		" WHERE lane = 2 ORDER BY lane, execution_id LIMIT ? FOR UPDATE SKIP LOCKED";
	static const char behind[] =
		"SELECT lane, execution_id, account_id, attempt, waiter FROM queue_ready FORCE INDEX (PRIMARY)"
		" WHERE lane = 0 OR (lane = 1 AND execution_id > ?) ORDER BY lane, execution_id LIMIT ?"
		" FOR UPDATE SKIP LOCKED";
	struct db_arg args[2] = {db_int(k->max)};

	if (!k->onward)
		return pick(c, k, k->suspects ? suspect : ready, args, 1, err);
	args[0] = db_id(&k->cursor->after);
	args[1] = db_int(k->max);
	return pick(c, k, behind, args, 2, err);
}

static bool pick_one(struct db_conn *c, struct claim *k, struct error *err)
{
	static const char sql[] =
		"SELECT lane, execution_id, account_id, attempt, waiter FROM queue_ready"
		" WHERE lane = ? AND execution_id = ? FOR UPDATE SKIP LOCKED";
	struct db_arg args[2] = {db_int(LANE_SYNC), db_id(k->only)};

	if (!pick(c, k, sql, args, 2, err))
		return false;
	if (k->count > 0)
		return true;
	args[0] = db_int(LANE_ASYNC);
	return pick(c, k, sql, args, 2, err);
}

static bool write_leases(struct db_conn *c, const struct claim *k, struct error *err)
{
	static const char sql[] =
	    "INSERT INTO leases (execution_id, account_id, token, owner, host, expires_at,"
	    " started_at, attempt, lane, cancel, waiter) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)";
	struct db_arg args[DB_LIST_MAX * 10], *at = args;
	unsigned i;

	for (i = 0; i < k->count; i++) {
		const struct claimed_run *r = &k->out[i];

		*at++ = db_id(&r->id);
		*at++ = db_int((int64_t)r->account_id);
		*at++ = db_int((int64_t)r->token);
		*at++ = db_str(k->owner->name);
		*at++ = db_str(k->owner->host);
		*at++ = db_int(k->now_ms + k->lease_ms);
		*at++ = db_int(k->now_ms);
		*at++ = db_int(r->attempt);
		*at++ = db_int(r->lane);
		*at++ = db_str(r->waiter);
	}
	return db_exec_rows(c, sql, args, 10, k->count, NULL, err);
}

/* Each by its whole key. A list would cost the server less, but MariaDB takes no index hint in a DELETE: a short
 * queue it would read, and so lock, whole. */
static bool leave_ready(struct db_conn *c, const struct claim *k, struct error *err)
{
	static const char sql[] = "DELETE FROM queue_ready WHERE lane = ? AND execution_id = ?";
	struct db_arg args[DB_LIST_MAX * 2];
	unsigned i;

	for (i = 0; i < k->count; i++) {
		args[2 * i] = db_int(k->out[i].lane);
		args[2 * i + 1] = db_id(&k->out[i].id);
	}
	return db_exec_rows(c, sql, args, 2, k->count, NULL, err);
}

static struct claimed_run *run_of(const struct claim *k, const struct id *id)
{
	unsigned i;

	for (i = 0; i < k->count; i++)
		if (id_cmp(&k->out[i].id, id) == 0)
			return &k->out[i];
	return NULL;
}

static void read_run(struct db_conn *c, const struct claim *k, struct claimed_run *r)
{
	const char *input;
	size_t n;

	if (!db_col_id(c, 6, &r->account_public_id))
		return;                        /* the account is gone */
	r->queued_at = db_col_int(c, 1);
	r->first_started_at = db_col_int(c, 2);
	r->agent = arena_strdup(k->arena, db_col_str(c, 3));
	r->timezone = arena_strdup(k->arena, db_col_str(c, 4));
	r->webhook_url = arena_strdup(k->arena, db_col_str(c, 5));
	input = db_col_bytes(c, 7, &n);
	r->input = input ? arena_strndup(k->arena, input, n) : NULL;
	r->input_len = input ? n : 0;
	db_col_id(c, 8, &r->key_id);
	r->max_tokens = db_col_int(c, 9);
	r->budgeted = db_col_int(c, 10) > 0;
	r->has_spent = !db_is_null(c, 11);
	r->has_schedule = db_col_id(c, 12, &r->schedule_id);
}

/* What the runs need comes in the claim's own transaction, so that a claim that cannot be read is
 * no claim. The account is read by subqueries, which the lock does not reach: it was there long before. */
static bool read_runs(struct db_conn *c, const struct claim *k, struct error *err)
{
	static const char sql[] =
		"SELECT e.id, e.queued_at, r.started_at, e.agent,"
		" (SELECT timezone FROM accounts WHERE id = e.account_id), e.webhook_url,"
		" (SELECT public_id FROM accounts WHERE id = e.account_id),"
		" IF(LENGTH(e.input) <= 65536, e.input, NULL), e.key_id, e.max_tokens,"
		" (SELECT budgets FROM accounts WHERE id = e.account_id),"
		" IF(r.started_at IS NULL, NULL,"
		" (SELECT 1 FROM execution_tokens WHERE execution_id = e.id)), e.schedule_id"
		" FROM executions e FORCE INDEX (PRIMARY)"
		" LEFT JOIN execution_results r FORCE INDEX (PRIMARY) ON r.execution_id = e.id"
		" WHERE e.id IN (%s) AND COALESCE(r.status, 0) = 0" READ_LATEST;
	struct db_arg args[DB_LIST_MAX];
	struct id ids[DB_LIST_MAX];
	unsigned size, i;
	int got;

	_Static_assert(QUEUE_INPUT_WHOLE == 65536, "the statement has the figure");
	for (i = 0; i < k->count; i++)
		ids[i] = k->out[i].id;
	size = list_of_ids(args, ids, k->count);
	if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct id id;
		struct claimed_run *r = db_col_id(c, 0, &id) ? run_of(k, &id) : NULL;

		if (r)
			read_run(c, k, r);
	}
	db_end(c);
	return got == 0;
}

/* Runs that were started before go on counting their steps. */
static bool read_last_steps(struct db_conn *c, const struct claim *k, struct error *err)
{
	unsigned i;

	for (i = 0; i < k->count; i++) {
		struct claimed_run *r = &k->out[i];
		struct db_arg id = db_id(&r->id);
		int64_t last = 0;

		if (r->first_started_at == 0)
			continue;
		if (!db_query_int(c, "SELECT MAX(seq) FROM execution_steps WHERE execution_id = ?" READ_LATEST,
		                  &id, 1, &last, NULL, err))
			return false;
		r->last_step = (unsigned)last;
	}
	return true;
}

static bool drop_orphan(struct db_conn *c, const struct id *id, struct error *err)
{
	struct db_arg arg = db_id(id);
	char text[ID_TEXT_SIZE];

	id_format(ID_EXECUTION, id, text);
	log_write(LOG_WARN, "a queued run is dropped, its execution is over or gone", "execution=%s", text);
	return db_exec(c, "DELETE FROM leases WHERE execution_id = ?", &arg, 1, NULL, err);
}

/* A row of the queue whose execution is over or gone: neither lease nor run. */
static bool drop_orphans(struct db_conn *c, struct claim *k, struct error *err)
{
	unsigned i, kept = 0;

	for (i = 0; i < k->count; i++) {
		if (k->out[i].agent)
			k->out[kept++] = k->out[i];
		else if (!drop_orphan(c, &k->out[i].id, err))
			return false;
	}
	k->count = kept;
	return true;
}

static bool claim_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct claim *k = ctx;

	k->count = 0;
	if (!(k->only ? pick_one(c, k, err) : pick_ready(c, k, err)))
		return false;
	k->more = k->count == k->max || (k->onward && k->count > 0);
	k->full = k->count == k->max && k->out[k->count - 1].lane == LANE_ASYNC;
	if (k->count > 0)
		k->last = k->out[k->count - 1].id;
	if (k->count == 0)
		return true;
	return write_leases(c, k, err) && leave_ready(c, k, err) && read_runs(c, k, err) &&
	       drop_orphans(c, k, err) && read_last_steps(c, k, err);
}

static int claim_applied(struct db_conn *c, void *ctx)
{
	static const char sql[] = "SELECT 1 FROM leases WHERE execution_id = ? AND token = ?";
	const struct claim *k = ctx;
	struct db_arg args[2];
	struct error err;
	int64_t one;
	bool found;

	if (k->count == 0)
		return 0;
	args[0] = db_id(&k->out[0].id);
	args[1] = db_int((int64_t)k->out[0].token);
	return db_query_int(c, sql, args, 2, &one, &found, &err) ? found : -1;
}

bool queue_claim(struct db *db, struct db_conn **c, const struct lease_owner *owner, bool suspects,
                 unsigned max, int64_t now_ms, int64_t lease_ms, struct claim_cursor *cursor,
                 struct arena *a, struct claimed_run *out, unsigned *count, bool *more,
                 struct error *err)
{
	struct claim k = {.owner = owner, .suspects = suspects, .now_ms = now_ms, .cursor = cursor,
	                  .lease_ms = lease_ms, .arena = a, .out = out,
	                  .max = max < DB_LIST_MAX ? max : DB_LIST_MAX};

	*count = 0;
	*more = false;
	if (max == 0)
		return true;
	k.onward = !suspects && cursor_onward(cursor);
	if (!queue_conn(db, c, err) || !db_transaction_on(db, c, claim_body, claim_applied, &k, err))
		return false;
	if (k.onward && k.count == 0) {
		k.onward = false;
		if (!db_transaction_on(db, c, claim_body, claim_applied, &k, err))
			return false;
	}
	if (cursor && !suspects) {
		cursor_passed(cursor, k.onward, k.full);
		cursor->after = k.last;
	}
	*count = k.count;
	*more = k.more;
	return true;
}

bool queue_claim_one(struct db *db, struct db_conn **c, const struct lease_owner *owner,
                     const struct id *id, int64_t now_ms, int64_t lease_ms, struct arena *a,
                     struct claimed_run *out, bool *found, struct error *err)
{
	struct claim k = {.owner = owner, .only = id, .max = 1, .now_ms = now_ms,
	                  .lease_ms = lease_ms, .arena = a, .out = out};
	bool ok = queue_conn(db, c, err) &&
		db_transaction_on(db, c, claim_body, claim_applied, &k, err);

	*found = ok && k.count == 1;
	return ok;
}

bool queue_load_input(struct db_conn *c, const struct id *id, struct arena *a, const char **input,
                      size_t *n, struct error *err)
{
	struct db_arg arg = db_id(id);
	const char *p;
	int got;

	*input = NULL;
	if (!db_query(c, "SELECT input FROM executions WHERE id = ?" READ_LATEST, &arg, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1 && (p = db_col_bytes(c, 0, n)) != NULL)
		*input = arena_strndup(a, p, *n);
	db_end(c);
	if (got >= 0 && !*input)
		return err_set(err, ERR_NOT_FOUND, "The execution's input is gone");
	return got >= 0;
}
