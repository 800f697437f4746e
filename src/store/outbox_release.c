/* Leases given back when a sender stops. */
#include "store/outbox_priv.h"

#include "store/queue_priv.h"

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
