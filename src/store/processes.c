#include "store/processes.h"

#include "store/cols.h"

bool process_beat(struct db_conn *c, const struct process_row *p, struct error *err)
{
	static const char sql[] =
		"INSERT INTO processes (id, program, host, pid, doorbell, started_at, seen_at, peppers, seals)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE seen_at = VALUES(seen_at),"
		" peppers = VALUES(peppers), seals = VALUES(seals)";
	struct db_arg args[9] = {
		db_id(&p->id), db_str(p->program), db_str(p->host), db_int(p->pid), db_str(p->doorbell),
		db_int(p->started_at), db_int(p->seen_at), db_str(p->has_peppers ? p->peppers : NULL),
		db_str(p->has_seals ? p->seals : NULL)};

	return db_exec(c, sql, args, 9, NULL, err);
}

bool process_leave(struct db_conn *c, const struct id *id, struct error *err)
{
	struct db_arg arg = db_id(id);

	return db_exec(c, "DELETE FROM processes WHERE id = ?", &arg, 1, NULL, err);
}

bool process_list(struct db_conn *c, int64_t since, struct arena *a, struct process_row **out, unsigned *count,
                  struct error *err)
{
	static const char sql[] =
		"SELECT id, program, host, pid, doorbell, started_at, seen_at, peppers, seals FROM processes"
		" WHERE seen_at >= ? ORDER BY host, program, pid";
	struct db_arg arg = db_int(since);
	unsigned room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct process_row *p;

		*out = col_room(a, *out, *count, &room, sizeof **out);
		p = &(*out)[(*count)++];
		db_col_id(c, 0, &p->id);
		col_text(c, 1, p->program, sizeof p->program);
		col_text(c, 2, p->host, sizeof p->host);
		p->pid = db_col_int(c, 3);
		col_text(c, 4, p->doorbell, sizeof p->doorbell);
		p->started_at = db_col_int(c, 5);
		p->seen_at = db_col_int(c, 6);
		p->has_peppers = !db_is_null(c, 7);
		col_text(c, 7, p->peppers, sizeof p->peppers);
		p->has_seals = !db_is_null(c, 8);
		col_text(c, 8, p->seals, sizeof p->seals);
	}
	db_end(c);
	return got == 0;
}

bool process_prune(struct db_conn *c, int64_t before, struct error *err)
{
	struct db_arg arg = db_int(before);

	return db_exec(c, "DELETE FROM processes WHERE seen_at < ?", &arg, 1, NULL, err);
}
