/* Runs, their steps and their deliveries: what has to be over before it goes. */
#include "store/retention_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/executions.h"
#include "store/outbox.h"

/* ---- deliveries that are still to be made ---- */

/* The ids of deliveries to be made that were made before `before`, and of the runs that they tell of; ascending. Where
 * there are more than so many the sender has been away for as long as things are kept: *all is false. */
#define OLD_OUTBOX_MAX 10000
struct old_outbox { struct id ids[OLD_OUTBOX_MAX]; unsigned n; bool all; };

static int by_id(const void *x, const void *y)
{
	return id_cmp(x, y);
}

/* Reads the whole outbox, without a lock. */
static bool old_outbox_read(struct db_conn *c, int64_t before, struct old_outbox *o, struct error *err)
{
	static const char sql[] =
		"SELECT delivery_id FROM outbox WHERE delivery_id < ? UNION"
		" SELECT d.execution_id FROM outbox o JOIN deliveries d ON d.id = o.delivery_id WHERE d.execution_id < ? LIMIT ?";
	struct id end = id_floor(before);
	struct db_arg args[3] = {db_id(&end), db_id(&end), db_int(OLD_OUTBOX_MAX + 1)};
	int got;

	o->n = 0;
	if (!db_query(c, sql, args, 3, err))
		return false;
	while ((got = db_next(c, err)) == 1 && o->n < OLD_OUTBOX_MAX)
		db_col_id(c, 0, &o->ids[o->n++]);
	db_end(c);
	o->all = got == 0;
	qsort(o->ids, o->n, sizeof *o->ids, by_id);
	return got >= 0;
}

static bool old_outbox_has(const struct old_outbox *o, const struct id *id)
{
	return !o->all || bsearch(id, o->ids, o->n, sizeof *o->ids, by_id) != NULL;
}

/* ---- executions ---- */

struct old_run { struct id id; };

/* A chunk of executions, as read. */
struct old_runs {
	struct old_run runs[RETENTION_CHUNK];
	unsigned n, seen;
	struct table_walk last;
};

/* A final result says that a run is over; that no table has it any more is looked at all the same. */
static bool pick_runs(struct db_conn *c, const struct prune *p, struct old_runs *o, struct error *err)
{
	static const char sql[] =
		"SELECT e.id, COALESCE(r.status, 0) <> 0 AND r.completed_at < ?"
		" AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.execution_id = e.id)"
		" AND NOT EXISTS (SELECT 1 FROM queue_ready q WHERE q.lane IN (0, 1, 2) AND q.execution_id = e.id)"
		" AND NOT EXISTS (SELECT 1 FROM queue_held h WHERE h.account_id = e.account_id AND h.execution_id = e.id)"
		" AND NOT EXISTS (SELECT 1 FROM queue_later d WHERE d.execution_id = e.id)"
		" AND NOT EXISTS (SELECT 1 FROM schedule_runs s WHERE s.schedule_id = e.schedule_id AND s.execution_id = e.id)"
		" FROM executions e FORCE INDEX (PRIMARY) LEFT JOIN execution_results r ON r.execution_id = e.id"
		" WHERE e.id > ? AND e.id < ? ORDER BY e.id LIMIT ?";
	struct id end = id_floor(p->before);
	struct db_arg args[4] = {db_int(p->before), db_id(&p->at.id), db_id(&end), db_int(RETENTION_CHUNK)};
	int got;

	o->n = o->seen = 0;
	o->last = p->at;
	if (!db_query(c, sql, args, 4, err))
		return false;
	while ((got = db_next(c, err)) == 1 && o->seen < RETENTION_CHUNK) {
		o->seen++;
		db_col_id(c, 0, &o->last.id);
		if (db_col_int(c, 1) != 0)
			o->runs[o->n++].id = o->last.id;
	}
	db_end(c);
	return got >= 0;
}

/* A webhook of a run is told by its execution's row, which therefore stays until it was sent. */
static bool leave_undelivered(struct db_conn *c, const struct prune *p, struct old_runs *o, struct error *err)
{
	struct old_outbox *waiting;
	unsigned i, kept = 0;
	bool ok;

	if (o->n == 0)
		return true;
	waiting = mem_alloc(sizeof *waiting);
	ok = old_outbox_read(c, p->before, waiting, err);
	for (i = 0; ok && i < o->n; i++)
		if (!old_outbox_has(waiting, &o->runs[i].id))
			o->runs[kept++] = o->runs[i];
	o->n = ok ? kept : 0;
	mem_free(waiting);
	return ok;
}

/* A chunk of the steps of at most DB_LIST_MAX runs; *more: they may have others. */
static bool drop_steps_of(struct db *db, struct db_conn **c, const struct old_run *runs, unsigned n, uint64_t *removed,
                          bool *more, struct error *err)
{
	static const char pick[] =
		"SELECT execution_id, seq FROM execution_steps FORCE INDEX (PRIMARY) WHERE execution_id IN (%s)"
		" ORDER BY execution_id, seq LIMIT 1000";
	struct db_arg of[DB_LIST_MAX], args[RETENTION_CHUNK * 2];
	struct id ids[RETENTION_CHUNK];
	struct drop d = {.sql = {"DELETE FROM execution_steps WHERE execution_id = ? AND seq = ?"}, .args = args, .cols = 2};
	unsigned size = db_list_size(n), i;
	int got;

	_Static_assert(RETENTION_CHUNK == 1000, "the statement has the figure");
	for (i = 0; i < size; i++)
		of[i] = db_id(&runs[i < n ? i : n - 1].id);
	if (!db_query(*c, db_list_sql(pick, "?", size), of, size, err))
		return false;
	while ((got = db_next(*c, err)) == 1 && d.rows < RETENTION_CHUNK) {
		db_col_id(*c, 0, &ids[d.rows]);
		args[2 * d.rows] = db_id(&ids[d.rows]);
		args[2 * d.rows + 1] = db_int(db_col_int(*c, 1));
		d.rows++;
	}
	db_end(*c);
	*more = d.rows == RETENTION_CHUNK;
	return got >= 0 && drop_rows(db, c, &d, removed, err);
}

/* Plans and tokens go when their run ends; should some be left, they go with it. */
static bool has_left_overs(struct db_conn *c, const struct old_runs *o, bool *has, struct error *err)
{
	static const char sql[] =
		"SELECT EXISTS (SELECT 1 FROM execution_plans WHERE execution_id BETWEEN ? AND ?)"
		" OR EXISTS (SELECT 1 FROM execution_tokens WHERE execution_id BETWEEN ? AND ?)";
	struct db_arg first = db_id(&o->runs[0].id), last = db_id(&o->runs[o->n - 1].id);
	int64_t some = 0;
	bool ok = db_query_int(c, sql, (struct db_arg[]){first, last, first, last}, 4, &some, NULL, err);

	*has = some != 0;
	return ok;
}

/* Its row and its result go together: nobody sees a half. *more: steps were as much as a chunk holds, and the runs stay
 * until those that are left have gone. */
static bool drop_runs(struct db *db, struct db_conn **c, const struct old_runs *o, uint64_t *removed, bool *more,
                      struct error *err)
{
	struct db_arg args[RETENTION_CHUNK];
	struct drop d = {.sql = {"DELETE FROM executions WHERE id = ?", "DELETE FROM execution_results WHERE execution_id = ?"},
	                 .args = args, .cols = 1, .rows = o->n};
	bool left_overs;
	unsigned i, n;

	*more = false;
	if (o->n == 0)
		return true;
	for (i = 0; i < o->n; i += n) {
		n = o->n - i < DB_LIST_MAX ? o->n - i : DB_LIST_MAX;
		if (!drop_steps_of(db, c, o->runs + i, n, removed, more, err))
			return false;
		if (*more)
			return true;
	}
	if (!has_left_overs(*c, o, &left_overs, err))
		return false;
	if (left_overs) {
		d.sql[2] = "DELETE FROM execution_plans WHERE execution_id = ?";
		d.sql[3] = "DELETE FROM execution_tokens WHERE execution_id = ?";
	}
	for (i = 0; i < o->n; i++)
		args[i] = db_id(&o->runs[i].id);
	return drop_rows(db, c, &d, removed, err);
}

bool prune_executions(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	struct table_walk from = p->at;
	struct old_runs o;
	bool more;

	if (!pick_runs(*c, p, &o, err) || !leave_undelivered(*c, p, &o, err))
		return false;
	/* as drop_chunk */
	p->at = o.last;
	if (!drop_runs(db, c, &o, &p->rows, &more, err))
		return false;
	if (more)
		p->at = from;
	p->over = !more && o.seen < RETENTION_CHUNK;
	return true;
}

/* ---- steps ---- */

/* By the end of their run, so that all of them go together; those of a run that is not over stay. */
bool prune_steps(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	static const char pick[] =
		"SELECT s.execution_id, s.seq, COALESCE(r.status, 0) <> 0 AND r.completed_at < ?"
		" FROM execution_steps s FORCE INDEX (PRIMARY)"
		" LEFT JOIN execution_results r ON r.execution_id = s.execution_id"
		" WHERE (s.execution_id > ? OR (s.execution_id = ? AND s.seq > ?)) AND s.execution_id < ?"
		" ORDER BY s.execution_id, s.seq LIMIT ?";
	struct id end = id_floor(p->before), ids[RETENTION_CHUNK];
	struct db_arg from[6] = {db_int(p->before), db_id(&p->at.id), db_id(&p->at.id), db_int(p->at.number), db_id(&end),
	                         db_int(RETENTION_CHUNK)};
	struct db_arg args[RETENTION_CHUNK * 2];
	struct drop d = {.sql = {"DELETE FROM execution_steps WHERE execution_id = ? AND seq = ?"}, .args = args, .cols = 2};
	struct table_walk at = p->at;
	unsigned seen = 0;
	int got;

	if (!db_query(*c, pick, from, 6, err))
		return false;
	while ((got = db_next(*c, err)) == 1 && seen < RETENTION_CHUNK) {
		seen++;
		db_col_id(*c, 0, &at.id);
		at.number = db_col_int(*c, 1);
		if (db_col_int(*c, 2) == 0)
			continue;
		ids[d.rows] = at.id;
		args[2 * d.rows] = db_id(&ids[d.rows]);
		args[2 * d.rows + 1] = db_int(at.number);
		d.rows++;
	}
	db_end(*c);
	return got >= 0 && drop_chunk(db, c, &d, &at, seen < RETENTION_CHUNK, p, err);
}

/* ---- deliveries ---- */

struct old_delivery { struct id id; bool pending; };

struct old_deliveries {
	struct old_delivery list[RETENTION_CHUNK];
	unsigned n, rows;                 /* rows: with their attempts */
	bool full, any_pending;
	struct table_walk last;
};

static bool pick_deliveries(struct db_conn *c, const struct prune *p, struct old_deliveries *o, struct error *err)
{
	static const char sql[] =
		"SELECT id, state, attempts, COALESCE(last_at, created_at) FROM deliveries FORCE INDEX (PRIMARY)"
		" WHERE id > ? AND id < ? ORDER BY id LIMIT ?";
	struct id end = id_floor(p->before);
	struct db_arg args[3] = {db_id(&p->at.id), db_id(&end), db_int(RETENTION_CHUNK)};
	unsigned seen = 0;
	int got;

	*o = (struct old_deliveries){.last = p->at};
	if (!db_query(c, sql, args, 3, err))
		return false;
	while ((got = db_next(c, err)) == 1 && !o->full) {
		struct old_delivery *d = &o->list[o->n];

		db_col_id(c, 0, &o->last.id);
		d->id = o->last.id;
		d->pending = db_col_int(c, 1) == DELIVERY_PENDING;
		if (db_col_int(c, 3) < p->before) {
			o->any_pending |= d->pending;
			o->rows += 1 + (unsigned)db_col_int(c, 2);
			o->n++;
		}
		/* a delivery and its attempts go together */
		o->full = ++seen == RETENTION_CHUNK || o->rows >= RETENTION_CHUNK;
	}
	db_end(c);
	return got >= 0;
}

/* One that is pending and not to be made was lost with its execution. */
static bool leave_pending(struct db_conn *c, const struct prune *p, struct old_deliveries *o, struct error *err)
{
	struct old_outbox *waiting;
	unsigned i, kept = 0;
	bool ok;

	if (!o->any_pending)
		return true;
	waiting = mem_alloc(sizeof *waiting);
	ok = old_outbox_read(c, p->before, waiting, err);
	for (i = 0; ok && i < o->n; i++)
		if (!o->list[i].pending || !old_outbox_has(waiting, &o->list[i].id))
			o->list[kept++] = o->list[i];
	o->n = ok ? kept : 0;
	mem_free(waiting);
	return ok;
}

bool prune_deliveries(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	struct db_arg args[RETENTION_CHUNK];
	struct drop d = {.sql = {"DELETE FROM deliveries WHERE id = ?", "DELETE FROM delivery_attempts WHERE delivery_id = ?"},
	                 .args = args, .cols = 1};
	struct old_deliveries o;

	if (!pick_deliveries(*c, p, &o, err) || !leave_pending(*c, p, &o, err))
		return false;
	for (; d.rows < o.n; d.rows++)
		args[d.rows] = db_id(&o.list[d.rows].id);
	return drop_chunk(db, c, &d, &o.last, !o.full, p, err);
}
