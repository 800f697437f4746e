/* Table schedule_slots: the ledger of what became of each slot. */
#include "store/schedules.h"

#include <string.h>

/* Where a page that looks for one outcome ends at the latest; INT64_MIN: there are not so many rows. */
static bool find_bound(struct db_conn *c, const struct slot_filter *f, int64_t *bound, struct error *err)
{
	static const char sql[] =
		"SELECT scheduled_for FROM schedule_slots WHERE schedule_id = ? AND scheduled_for < ?"
		" ORDER BY schedule_id DESC, scheduled_for DESC LIMIT 1 OFFSET ?";
	struct db_arg args[3] = {db_id(&f->schedule_id), db_int(f->before), db_int(SLOT_SCAN_MAX - 1)};
	bool found, ok = db_query_int(c, sql, args, 3, bound, &found, err);

	if (!ok || !found)
		*bound = INT64_MIN;
	return ok;
}

static void read_slot(struct db_conn *c, struct slot_record *r)
{
	memset(r, 0, sizeof *r);
	r->scheduled_for = db_col_int(c, 0);
	r->recorded_at = db_col_int(c, 1);
	r->outcome = (enum slot_outcome)db_col_int(c, 2);
	r->reason = (enum slot_reason)db_col_int(c, 3);
	r->moved = db_col_int(c, 4) != 0;
	r->slots = db_col_int(c, 5);
	r->has_execution = db_col_id(c, 6, &r->execution_id);
	r->has_event = db_col_id(c, 7, &r->event_id);
}

static bool read_page(struct db_conn *c, const struct slot_filter *f, int64_t from, struct slot_record *out,
                      unsigned *count, bool *full, struct error *err)
{
	static const char sql[] =
		"SELECT scheduled_for, recorded_at, outcome, reason, moved, slots, execution_id, event_id FROM schedule_slots"
		" WHERE schedule_id = ? AND scheduled_for < ? AND scheduled_for >= ? AND (? < 0 OR outcome = ?)"
		" ORDER BY schedule_id DESC, scheduled_for DESC LIMIT ?";
	struct db_arg args[6] = {db_id(&f->schedule_id), db_int(f->before), db_int(from), db_int(f->outcome),
	                         db_int(f->outcome), db_int((int64_t)f->limit + 1)};
	int got;

	*count = 0;
	*full = false;
	if (!db_query(c, sql, args, 6, err))
		return false;
	while ((got = db_next(c, err)) == 1 && !*full) {
		*full = *count == f->limit;
		if (!*full)
			read_slot(c, &out[(*count)++]);
	}
	db_end(c);
	return got >= 0;
}

bool schedule_slots(struct db_conn *c, const struct slot_filter *f, struct slot_record *out, unsigned *count,
                    bool *more, int64_t *last, struct error *err)
{
	int64_t from = INT64_MIN;
	bool full;

	if ((f->outcome >= 0 && !find_bound(c, f, &from, err)) || !read_page(c, f, from, out, count, &full, err))
		return false;
	*more = full || from != INT64_MIN;
	*last = full ? out[*count - 1].scheduled_for : from;
	return true;
}

/* ---- writing ---- */

#define WRITE_MAX 64      /* rows at once */

static bool insert_some(struct db_conn *c, const struct slot_new *s, unsigned n, struct error *err)
{
	static const char sql[] =
		"INSERT INTO schedule_slots (schedule_id, scheduled_for, recorded_at, outcome, reason, moved, slots, execution_id,"
		" event_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
	struct db_arg args[WRITE_MAX * 9], *at = args;
	unsigned i;

	for (i = 0; i < n; i++, at += 9) {
		const struct slot_record *r = &s[i].record;

		at[0] = db_id(&s[i].schedule_id);
		at[1] = db_int(r->scheduled_for);
		at[2] = db_int(r->recorded_at);
		at[3] = db_int(r->outcome);
		at[4] = db_int(r->reason);
		at[5] = db_int(r->moved);
		at[6] = db_int(r->slots);
		at[7] = db_id(r->has_execution ? &r->execution_id : NULL);
		at[8] = db_id(r->has_event ? &r->event_id : NULL);
	}
	return db_exec_rows(c, sql, args, 9, n, NULL, err);
}

/* The last row of each schedule in turn; a run by hand is no slot. */
static bool move_on(struct db_conn *c, const struct slot_new *s, unsigned n, struct error *err)
{
	static const char sql[] = "UPDATE schedules SET last_slot = GREATEST(COALESCE(last_slot, 0), ?) WHERE id = ?";
	struct db_arg args[WRITE_MAX * 2];
	unsigned i, rows = 0;

	for (i = 0; i < n; i++) {
		if (s[i].record.outcome == SLOT_MANUAL ||
		    (i + 1 < n && id_cmp(&s[i].schedule_id, &s[i + 1].schedule_id) == 0))
			continue;
		args[2 * rows] = db_int(s[i].record.scheduled_for);
		args[2 * rows++ + 1] = db_id(&s[i].schedule_id);
	}
	return rows == 0 || db_exec_rows(c, sql, args, 2, rows, NULL, err);
}

bool schedule_slots_insert(struct db_conn *c, const struct slot_new *s, unsigned n, struct error *err)
{
	unsigned from, some;

	for (from = 0; from < n; from += some) {
		some = n - from < WRITE_MAX ? n - from : WRITE_MAX;
		if (!insert_some(c, s + from, some, err))
			return false;
	}
	return true;
}

bool schedule_slots_add(struct db_conn *c, const struct slot_new *s, unsigned n, struct error *err)
{
	unsigned from, some;

	for (from = 0; from < n; from += some) {
		some = n - from < WRITE_MAX ? n - from : WRITE_MAX;
		if (!insert_some(c, s + from, some, err) || !move_on(c, s + from, some, err))
			return false;
	}
	return true;
}
