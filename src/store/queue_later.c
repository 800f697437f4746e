/* Due rows of queue_later: retries are ready at once, delayed runs take a slot or are held. */
#include "store/queue_priv.h"

#include <string.h>

struct due_row {
	struct id id;
	int64_t  due_at;
	uint64_t account_id;
	unsigned attempt, lane;
	bool     has_slot, present, ready;
	char     waiter[DOORBELL_NAME_SIZE];   /* "" none */
};

struct due {
	struct due_row rows[DB_LIST_MAX];
	unsigned n, taken, moved, promoted;
	struct slots slots;
};

static bool read_due(struct db_conn *c, struct due *d, int64_t now_ms, unsigned max,
                     struct error *err)
{
	static const char sql[] = "SELECT due_at, execution_id, account_id, attempt, lane, "
				  "has_slot, waiter FROM queue_later"
				  " WHERE due_at <= ? ORDER BY due_at, execution_id LIMIT ?";
	struct db_arg args[2] = {db_int(now_ms), db_int(max)};
	int got;

	d->n = 0;
	if (!db_query(c, sql, args, 2, err))
		return false;
	while ((got = db_next(c, err)) == 1 && d->n < DB_LIST_MAX) {
		struct due_row *r = &d->rows[d->n++];
		const char *waiter = db_col_str(c, 6);

		memset(r, 0, sizeof *r);
		r->due_at = db_col_int(c, 0);
		db_col_id(c, 1, &r->id);
		r->account_id = (uint64_t)db_col_int(c, 2);
		r->attempt = (unsigned)db_col_int(c, 3);
		r->lane = (unsigned)db_col_int(c, 4);
		r->has_slot = db_col_int(c, 5) != 0;
		if (waiter)
			strncpy(r->waiter, waiter, sizeof r->waiter - 1);
	}
	db_end(c);
	return got >= 0;
}

/* Since they were read somebody else may have taken or cancelled some, or taken one that has failed and is due again. */
static bool lock_due(struct db_conn *c, struct due *d, struct error *err)
{
	static const char sql[] =
		"SELECT execution_id, due_at FROM queue_later FORCE INDEX (queue_later_execution)"
		" WHERE execution_id IN (%s) FOR UPDATE";
	struct db_arg args[DB_LIST_MAX];
	struct id ids[DB_LIST_MAX], id;
	unsigned size, i;
	int got;

	for (i = 0; i < d->n; i++) {
		ids[i] = d->rows[i].id;
		d->rows[i].present = false;
	}
	size = list_of_ids(args, ids, d->n);
	if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		db_col_id(c, 0, &id);
		for (i = 0; i < d->n; i++)
			if (id_cmp(&d->rows[i].id, &id) == 0)
				d->rows[i].present = db_col_int(c, 1) == d->rows[i].due_at;
	}
	db_end(c);
	return got == 0;
}

/* Those that are held came first. */
static void decide(struct due *d)
{
	unsigned i;

	d->moved = d->taken = 0;
	for (i = 0; i < d->n; i++) {
		struct due_row *r = &d->rows[i];
		struct slot_row *slot = slots_of(&d->slots, r->account_id);

		if (!r->present)
			continue;
		d->taken++;
		r->ready = r->has_slot || !slot || (slots_free_left(slot) && slot->held == 0);
		d->moved += r->ready;
		if (r->has_slot || !slot)
			continue;
		*(r->ready ? &slot->active : &slot->held) += 1;
		slot->changed = true;
	}
}

static bool delete_due(struct db_conn *c, const struct due *d, struct error *err)
{
	static const char sql[] = "DELETE FROM queue_later WHERE due_at = ? AND execution_id = ?";
	struct db_arg args[DB_LIST_MAX * 2];
	unsigned i, rows = 0;

	for (i = 0; i < d->n; i++) {
		if (!d->rows[i].present)
			continue;
		args[2 * rows] = db_int(d->rows[i].due_at);
		args[2 * rows + 1] = db_id(&d->rows[i].id);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 2, rows, NULL, err);
}

static bool insert_ready(struct db_conn *c, const struct due *d, struct error *err)
{
	static const char sql[] =
		"INSERT INTO queue_ready (lane, execution_id, account_id, attempt, waiter)"
		" VALUES (?, ?, ?, ?, ?)";
	struct db_arg args[DB_LIST_MAX * 5], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < d->n; i++) {
		const struct due_row *r = &d->rows[i];

		if (!r->present || !r->ready)
			continue;
		*at++ = db_int(r->lane);
		*at++ = db_id(&r->id);
		*at++ = db_int((int64_t)r->account_id);
		*at++ = db_int(r->attempt);
		*at++ = db_str(r->waiter[0] ? r->waiter : NULL);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 5, rows, NULL, err);
}

static bool insert_held(struct db_conn *c, const struct due *d, struct error *err)
{
	static const char sql[] = "INSERT INTO queue_held (account_id, execution_id) VALUES (?, ?)";
	struct db_arg args[DB_LIST_MAX * 2];
	unsigned i, rows = 0;

	for (i = 0; i < d->n; i++) {
		const struct due_row *r = &d->rows[i];

		if (!r->present || r->ready)
			continue;
		args[2 * rows] = db_int((int64_t)r->account_id);
		args[2 * rows + 1] = db_id(&r->id);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 2, rows, NULL, err);
}

static bool due_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct due *d = ctx;
	unsigned i;

	slots_init(&d->slots);
	for (i = 0; i < d->n; i++)
		slots_want(&d->slots, d->rows[i].account_id);
	d->promoted = 0;
	if (!slots_lock(c, &d->slots, err) || !lock_due(c, d, err))
		return false;
	decide(d);
	return delete_due(c, d, err) && insert_ready(c, d, err) && insert_held(c, d, err) &&
	       slots_fill(c, &d->slots, &d->promoted, err) && slots_write(c, &d->slots, err);
}

bool queue_take_due(struct db *db, struct db_conn **c, int64_t now_ms, unsigned max,
                    unsigned *moved, unsigned *taken, struct error *err)
{
	struct due d = {.n = 0};

	*moved = *taken = 0;
	if (!read_due(*c, &d, now_ms, max, err))
		return false;
	if (d.n == 0)
		return true;
	if (!db_transaction_on(db, c, due_body, NULL, &d, err))
		return false;
	*moved = d.moved + d.promoted;
	*taken = d.taken;
	return true;
}
