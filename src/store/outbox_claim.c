/* From due to leased. */
#include "store/outbox_priv.h"

#include <string.h>

#include "base/log.h"
#include "base/rnd.h"
#include "store/queue_priv.h"

static bool pick_due(struct db_conn *c, struct claim *k, struct error *err)
{
	static const char sql[] =
		"SELECT due_at, delivery_id, attempts, fanout FROM outbox FORCE INDEX (PRIMARY)"
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
		k->fanout[k->picked] = db_col_int(c, 3) != 0;
		k->becomes[k->picked] = PICKED_SENT;
		k->picked++;
	}
	db_end(c);
	return got >= 0;
}

/* The runs that ended together are due together, so few statements move many rows. */
static bool lease(struct db_conn *c, const struct claim *k, const struct outbox_key *keys, unsigned count, struct error *err)
{
	static const char sql[] = "UPDATE outbox FORCE INDEX (PRIMARY) SET due_at = ?, token = ?, fanout = 0"
				  " WHERE due_at = ? AND delivery_id IN (%s)";
	struct db_arg args[OUTBOX_ARGS_MAX] = {db_int(k->due_at), db_int((int64_t)k->token)};
	unsigned from, n, size, argc;

	for (from = 0; from < count; from += n) {
		n = outbox_group(&keys[from], count - from);
		argc = 2 + outbox_group_args(args + 2, &keys[from], n, false, &size);
		if (!db_exec(c, db_list_sql(sql, "?", size), args, argc, NULL, err))
			return false;
	}
	return true;
}

static bool drop(struct db_conn *c, const struct outbox_key *keys, unsigned count, struct error *err)
{
	static const char sql[] = "DELETE FROM outbox WHERE due_at = ? AND delivery_id = ?";
	struct db_arg args[OUTBOX_BATCH_MAX * 2];
	unsigned i;

	for (i = 0; i < count; i++) {
		args[2 * i] = db_int(keys[i].due_at);
		args[2 * i + 1] = db_id(&keys[i].id);
	}
	return count == 0 || db_exec_rows(c, sql, args, 2, count, NULL, err);
}

/* Nothing is left of it that could be sent: its run or its event was removed. Its log, where it has one, says so. */
static bool end_orphan(struct db_conn *c, const struct id *id, struct error *err)
{
	static const char sql[] = "UPDATE deliveries SET state = 2, next_at = NULL,"
				  " last_error = 'What it tells of is not kept any more' WHERE id = ? AND state = 0";
	struct db_arg arg = db_id(id);
	char text[ID_TEXT_SIZE];

	id_format(ID_DELIVERY, id, text);
	log_write(LOG_WARN, "a delivery is dropped, what it tells of is gone", "delivery=%s", text);
	return db_exec(c, sql, &arg, 1, NULL, err);
}

/* Leases what is to be sent, which then stands at the beginning of out. */
static bool settle(struct db_conn *c, struct claim *k, struct error *err)
{
	struct outbox_key sent[OUTBOX_BATCH_MAX], dropped[OUTBOX_BATCH_MAX];
	unsigned i, n = 0;

	k->count = 0;
	for (i = 0; i < k->picked; i++)
		if (k->becomes[i] == PICKED_SENT) {
			sent[k->count] = k->keys[i];
			k->out[k->count++] = k->out[i];
		} else if (k->becomes[i] == PICKED_DROPPED) {
			if (k->out[i].account_id == 0 && !end_orphan(c, &k->keys[i].id, err))
				return false;
			dropped[n++] = k->keys[i];
		}
	if (!lease(c, k, sent, k->count, err) || !drop(c, dropped, n, err))
		return false;
	if (k->made_count > 0)
		memcpy(&k->out[k->count], k->made, k->made_count * sizeof *k->made);
	k->count += k->made_count;
	k->dropped = n;
	return true;
}

static bool claim_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct claim *k = ctx;

	k->count = k->made_count = k->fanned = k->dropped = 0;
	/* positive as a signed number, and never 0 */
	k->token = (rnd_u64() >> 1) | 1;
	if (!pick_due(c, k, err))
		return false;
	return k->picked == 0 || (claim_read(c, k, err) && claim_fan_out(c, k, err) && settle(c, k, err));
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

/* A plain read locks nothing, so that idle senders do not meet each other. The least of a key's part is one look into the
 * key, whatever the statistics of a small table say. */
static bool first_due(struct db_conn *c, int64_t *due_ms, struct error *err)
{
	static const char sql[] = "SELECT COALESCE(MIN(due_at), 9223372036854775807) FROM outbox WHERE due_at >= 0";

	return db_query_int(c, sql, NULL, 0, due_ms, NULL, err);
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
                  unsigned *count, unsigned *besides, int64_t *next_due_ms, struct error *err)
{
	struct claim k = {.max = max < OUTBOX_BATCH_MAX ? max : OUTBOX_BATCH_MAX, .now_ms = now_ms,
	                  .due_at = now_ms + lease_ms, .arena = a, .out = out};

	*count = *besides = 0;
	*next_due_ms = now_ms;
	if (!queue_conn(db, c, err) || (!expected && !first_due(*c, next_due_ms, err)))
		return false;
	if (*next_due_ms > now_ms || max == 0)
		return true;
	if (!claim_due(db, c, &k, cursor, err))
		return false;
	*count = k.count;
	*besides = k.fanned + k.dropped;
	*next_due_ms = now_ms;
	return k.picked > 0 || first_due(*c, next_due_ms, err);
}
