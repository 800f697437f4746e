/* The ledgers of schedules: their key begins with the schedule, so what is old stands at the beginning of each one's
 * part of it. */
#include "store/retention_priv.h"

#define SCHEDULES 200   /* looked at in one chunk */

struct old_slots {
	struct id schedules[SCHEDULES];   /* of which there is a slot from before */
	unsigned schedule_count, seen;
	struct table_walk last;           /* number: the last slot looked at, where the schedule was not done with; else 0 */
	struct db_arg args[RETENTION_CHUNK * 2];
	unsigned rows;
	bool full;
};

/* The first slot of the schedule that comes next. Sought for each by itself: whether the server would go from one to the
 * next in a GROUP BY, or read all of their slots, is left to its statistics. */
static int next_schedule(struct db_conn *c, const struct prune *p, struct old_slots *o, struct error *err)
{
	static const char sql[] =
		"SELECT schedule_id, scheduled_for FROM schedule_slots FORCE INDEX (PRIMARY) WHERE schedule_id > ?"
		" ORDER BY schedule_id, scheduled_for LIMIT 1";
	struct db_arg arg = db_id(&o->last.id);
	int got;

	if (!db_query(c, sql, &arg, 1, err))
		return -1;
	got = db_next(c, err);
	if (got == 1) {
		o->seen++;
		db_col_id(c, 0, &o->last.id);
		if (db_col_int(c, 1) < p->before)
			o->schedules[o->schedule_count++] = o->last.id;
	}
	db_end(c);
	return got;
}

static bool pick_schedules(struct db_conn *c, const struct prune *p, struct old_slots *o, struct error *err)
{
	int got = 1;

	/* one that was begun goes on first */
	if (p->at.number != 0)
		o->schedules[o->schedule_count++] = p->at.id;
	while (got == 1 && o->seen < SCHEDULES - 1)
		got = next_schedule(c, p, o, err);
	return got >= 0;
}

/* A slot may have been recorded long after its time. */
static bool pick_slots(struct db_conn *c, const struct prune *p, struct old_slots *o, const struct id *schedule,
                       int64_t after, struct error *err)
{
	static const char sql[] =
		"SELECT scheduled_for, recorded_at FROM schedule_slots FORCE INDEX (PRIMARY)"
		" WHERE schedule_id = ? AND scheduled_for > ? AND scheduled_for < ? ORDER BY scheduled_for LIMIT ?";
	unsigned room = RETENTION_CHUNK - o->rows, seen = 0;
	struct db_arg from[4] = {db_id(schedule), db_int(after), db_int(p->before), db_int(room)};
	int64_t slot = after;
	int got;

	if (!db_query(c, sql, from, 4, err))
		return false;
	while ((got = db_next(c, err)) == 1 && seen < room) {
		seen++;
		slot = db_col_int(c, 0);
		if (db_col_int(c, 1) >= p->before)
			continue;
		o->args[2 * o->rows] = db_id(schedule);
		o->args[2 * o->rows + 1] = db_int(slot);
		o->rows++;
	}
	db_end(c);
	o->full = seen == room;
	if (o->full)
		o->last = (struct table_walk){*schedule, slot};
	return got >= 0;
}

bool prune_slots(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	struct old_slots o = {.last = p->at};
	struct drop d = {.sql = {"DELETE FROM schedule_slots WHERE schedule_id = ? AND scheduled_for = ?"}, .args = o.args,
	                 .cols = 2};
	unsigned i;

	o.last.number = 0;
	if (!pick_schedules(*c, p, &o, err))
		return false;
	for (i = 0; i < o.schedule_count && !o.full; i++) {
		bool begun = i == 0 && p->at.number != 0;

		if (!pick_slots(*c, p, &o, &o.schedules[i], begun ? p->at.number : INT64_MIN, err))
			return false;
	}
	d.rows = o.rows;
	return drop_chunk(db, c, &d, &o.last, !o.full && o.seen < SCHEDULES - 1, p, err);
}
