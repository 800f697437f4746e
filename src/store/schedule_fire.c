/* From due to fired: what a transaction takes in hand. */
#include "store/schedule_fire_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

struct slot_record *firing_slot(struct firing *f, int64_t scheduled_for, enum slot_outcome outcome,
                                enum slot_reason reason)
{
	struct slot_record *r;

	if (f->slot_count == f->slot_max) {
		f->slot_max = f->slot_max ? 2 * f->slot_max : 1;
		f->slots = mem_grow(f->slots, f->slot_max * sizeof *f->slots);
	}
	r = &f->slots[f->slot_count++];
	*r = (struct slot_record){.scheduled_for = scheduled_for, .outcome = outcome, .reason = reason, .slots = 1};
	return r;
}

void fired_release(struct fired *f)
{
	mem_free(f->asked);
	f->asked = NULL;
	f->asked_count = 0;
}

static void batch_init(struct fire_batch *b, unsigned max)
{
	arena_init(&b->arena);
	b->max = max;
	b->items = mem_array(max, sizeof *b->items);
	b->admissions = mem_array(max, sizeof *b->admissions);
}

static void release_items(struct fire_batch *b)
{
	unsigned i;

	for (i = 0; i < b->max; i++) {
		mem_free(b->items[i].f.slots);
		buf_release(&b->items[i].payload);
	}
}

/* Back to nothing, before each attempt. */
static void batch_empty(struct fire_batch *b)
{
	release_items(b);
	memset(b->items, 0, b->max * sizeof *b->items);
	b->n = 0;
	arena_release(&b->arena);
	arena_init(&b->arena);
	fired_release(b->out);
	*b->out = (struct fired){0};
}

static void batch_release(struct fire_batch *b)
{
	release_items(b);
	mem_free(b->items);
	mem_free(b->admissions);
	arena_release(&b->arena);
}

/* Takes the rows at hand, as many as there is room for. */
static bool take_rows(struct db_conn *c, struct fire_batch *b, size_t *bytes, struct error *err)
{
	bool full = false;
	int got;

	while ((got = db_next(c, err)) == 1 && b->n < b->max) {
		struct schedule *s = &b->items[b->n].d.s;
		size_t n = (size_t)db_col_int(c, 3);

		full |= b->n > 0 && *bytes + n > FIRE_BYTES_MAX;
		if (full)
			continue;
		*bytes += n;
		db_col_id(c, 0, &s->id);
		s->next_at = db_col_int(c, 1);
		s->account_id = (uint64_t)db_col_int(c, 2);
		b->to = (struct fire_cursor){.onward = true, .next_at = s->next_at, .id = s->id};
		b->n++;
	}
	db_end(c);
	return got >= 0;
}

/* In order of the index: first the rest of those that are due at the same instant as the last one. Nothing is locked yet: the
 * accounts' quota rows come first, and only then their schedules (fire_read), like everywhere. SKIP LOCKED out of that
 * order would not do: InnoDB takes one who is just about to skip a row for one who waits, and sees deadlocks. */
static bool pick_due(struct db_conn *c, struct fire_batch *b, struct error *err)
{
	static const char same[] =
		"SELECT id, next_at, account_id, LENGTH(input) FROM schedules FORCE INDEX (schedules_next)"
		" WHERE next_at = ? AND id > ? ORDER BY id LIMIT ?";
	static const char later[] =
		"SELECT id, next_at, account_id, LENGTH(input) FROM schedules FORCE INDEX (schedules_next)"
		" WHERE next_at > ? AND next_at <= ? ORDER BY next_at, id LIMIT ?";
	struct db_arg args[3] = {db_int(b->from.next_at), db_id(&b->from.id), db_int(b->max)};
	size_t bytes = 0;

	b->to = b->from;
	if (b->from.onward && b->from.next_at <= b->now_ms &&
	    (!db_query(c, same, args, 3, err) || !take_rows(c, b, &bytes, err)))
		return false;
	if (b->n > 0)
		return true;
	args[0] = db_int(b->from.onward ? b->from.next_at : INT64_MIN);
	args[1] = db_int(b->now_ms);
	return db_query(c, later, args, 3, err) && take_rows(c, b, &bytes, err);
}

static int by_account(const void *x, const void *y)
{
	const struct fire_item *a = x, *b = y;

	if (a->d.s.account_id != b->d.s.account_id)
		return a->d.s.account_id < b->d.s.account_id ? -1 : 1;
	return id_cmp(&a->d.s.id, &b->d.s.id);
}

/* The accounts of items[from..]: up to DB_LIST_MAX different ones; returns where the next begin. */
static unsigned list_accounts(const struct fire_batch *b, unsigned from, struct db_arg *args, unsigned *n)
{
	unsigned i;

	*n = 0;
	for (i = from; i < b->n; i++) {
		if (i > from && b->items[i].d.s.account_id == b->items[i - 1].d.s.account_id)
			continue;
		if (*n == DB_LIST_MAX)
			break;
		args[(*n)++] = db_int((int64_t)b->items[i].d.s.account_id);
	}
	return i;
}

static bool lock_accounts(struct db_conn *c, struct fire_batch *b, struct error *err)
{
	static const char sql[] =
		"SELECT account_id FROM account_quota FORCE INDEX (PRIMARY) WHERE account_id IN (%s)"
		" ORDER BY account_id FOR UPDATE SKIP LOCKED";
	struct db_arg args[DB_LIST_MAX];
	unsigned from, to, n, size, i;
	int got;

	for (from = 0; from < b->n; from = to) {
		to = list_accounts(b, from, args, &n);
		size = db_list_size(n);
		for (; n < size; n++)
			args[n] = args[n - 1];
		if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
			return false;
		i = from;
		while ((got = db_next(c, err)) == 1) {
			uint64_t account = (uint64_t)db_col_int(c, 0);

			while (i < to && b->items[i].d.s.account_id < account)
				i++;
			for (; i < to && b->items[i].d.s.account_id == account; i++)
				b->items[i].held = true;
		}
		db_end(c);
		if (got < 0)
			return false;
	}
	return true;
}

/* Those whose account somebody else has stay due; those that another scheduler has fired since they were picked are not. */
static void leave_others(struct fire_batch *b)
{
	unsigned i, kept = 0;

	for (i = 0; i < b->n; i++)
		if (b->items[i].held)
			b->items[kept++] = b->items[i];
	b->out->left += b->n - kept;
	memset(b->items + kept, 0, (b->n - kept) * sizeof *b->items);
	b->n = kept;
}

static bool fire_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct fire_batch *b = ctx;
	unsigned i;

	batch_empty(b);
	if (!pick_due(c, b, err))
		return false;
	b->out->picked = b->n;
	if (b->n == 0)
		return true;
	qsort(b->items, b->n, sizeof *b->items, by_account);
	if (!lock_accounts(c, b, err))
		return false;
	leave_others(b);
	for (i = 0; i < b->n; i += DB_LIST_MAX)
		if (!fire_read(c, b, i, b->n - i < DB_LIST_MAX ? b->n - i : DB_LIST_MAX, err))
			return false;
	return fire_write(c, b, err);
}

/* One row of the ledger tells of all, known by its event, or by when it was written: another scheduler of the same
 * millisecond writes the same of a slot that was missed. Where none was written, repeating it does no harm. */
static int fire_applied(struct db_conn *c, void *ctx)
{
	static const char sql[] = "SELECT 1 FROM schedule_slots WHERE schedule_id = ? AND scheduled_for = ?"
				  " AND recorded_at = ? AND (event_id = ? OR event_id IS NULL)";
	const struct fire_batch *b = ctx;
	const struct slot_record *last = NULL;
	struct db_arg args[4];
	struct error err;
	unsigned i;
	int64_t one;
	bool found;

	for (i = 0; i < b->n && !last; i++)
		if (b->items[i].held)
			last = last_slot(&b->items[i]);
	if (!last)
		return 0;
	args[0] = db_id(&b->items[i - 1].d.s.id);
	args[1] = db_int(last->scheduled_for);
	args[2] = db_int(b->now_ms);
	args[3] = db_id(&last->event_id);
	return db_query_int(c, sql, args, 4, &one, &found, &err) ? found : -1;
}

bool schedule_fire(struct db *db, struct db_conn **c, const struct fire_rules *rules, unsigned max, int64_t now_ms,
                   struct fire_cursor *cursor, struct fired *out, struct error *err)
{
	struct fire_batch b = {.rules = rules, .now_ms = now_ms, .from = *cursor, .to = *cursor, .out = out};
	bool ok;

	*out = (struct fired){0};
	batch_init(&b, max);
	ok = queue_conn(db, c, err) && db_transaction_on(db, c, fire_body, fire_applied, &b, err);
	if (ok || max == 1)
		*cursor = b.to;
	batch_release(&b);
	return ok;
}

static bool find_own(struct db_conn *c, struct fire_batch *b, uint64_t account_id, const char *agent, struct error *err)
{
	static const char sql[] = "SELECT id, COALESCE(next_at, 0), account_id, LENGTH(input) FROM schedules"
				  " FORCE INDEX (schedules_agent) WHERE account_id = ? AND agent = ? FOR UPDATE";
	struct db_arg args[2] = {db_int((int64_t)account_id), db_str(agent)};
	size_t bytes = 0;

	return db_query(c, sql, args, 2, err) && take_rows(c, b, &bytes, err);
}

bool schedule_fire_by_hand(struct db_conn *c, uint64_t account_id, const char *agent, const struct fire_rules *rules,
                           int64_t now_ms, struct hand_run *run, struct fired *out, bool *found, struct error *err)
{
	struct fire_batch b = {.rules = rules, .now_ms = now_ms, .hand = run, .out = out};
	bool ok;

	batch_init(&b, 1);
	batch_empty(&b);
	ok = find_own(c, &b, account_id, agent, err);
	*found = ok && b.n == 1;
	if (*found) {
		b.items[0].held = true;
		run->schedule_id = b.items[0].d.s.id;
		ok = fire_read(c, &b, 0, 1, err) && fire_write(c, &b, err);
		run->fires = b.items[0].f.fires;
		run->admission = b.admissions[0];
	}
	batch_release(&b);
	return ok;
}

bool schedule_look(struct db_conn *c, int64_t after_ms, int64_t *next_ms, struct error *err)
{
	static const char sql[] = "SELECT (SELECT MIN(next_at) FROM schedules WHERE next_at > ?),"
				  " CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";
	struct db_arg after = db_int(after_ms);
	int64_t sent_ms = db_clock_host_ms(), server_ms = 0;
	int got;

	*next_ms = INT64_MAX;
	if (!db_query(c, sql, &after, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		if (!db_is_null(c, 0))
			*next_ms = db_col_int(c, 0);
		server_ms = db_col_int(c, 1);
	}
	db_end(c);
	if (got == 1)
		db_clock_set(server_ms, sent_ms, db_clock_host_ms());
	return got >= 0;
}
