/* Table agent_memory: what was done to what comes from a subject, and how often that was undone. */
#include <stdlib.h>
#include <string.h>

#include "store/cols.h"
#include "store/effects_priv.h"

static int by_subject(const void *a, const void *b)
{
	const struct lesson *x = a, *y = b;
	int kind = strcmp(x->kind, y->kind);

	return kind != 0 ? kind : strcmp(x->subject, y->subject);
}

bool memory_learn(struct db_conn *c, uint64_t account_id, const char *agent, struct lesson *lessons, unsigned n,
                  bool undone, int64_t now_ms, struct error *err)
{
	static const char sql[] =
		"INSERT INTO agent_memory (account_id, agent, kind, subject, done, undone, changed_at)"
		" VALUES (?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE done = done + VALUES(done),"
		" undone = undone + VALUES(undone), changed_at = VALUES(changed_at)";
	struct db_arg args[DB_LIST_MAX * 7], *at = args;
	unsigned i, rows = 0;

	qsort(lessons, n, sizeof *lessons, by_subject);
	for (i = 0; i < n; i++) {
		*at++ = db_int((int64_t)account_id);
		*at++ = db_str(agent);
		*at++ = db_str(lessons[i].kind);
		*at++ = db_str(lessons[i].subject);
		*at++ = db_int(!undone);
		*at++ = db_int(undone);
		*at++ = db_int(now_ms);
		if (++rows < DB_LIST_MAX)
			continue;
		if (!db_exec_rows(c, sql, args, 7, rows, NULL, err))
			return false;
		rows = 0;
		at = args;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 7, rows, NULL, err);
}

static void take_counts(struct db_conn *c, struct memory_row *rows, unsigned n)
{
	const char *kind = db_col_str(c, 0), *subject = db_col_str(c, 1);
	unsigned i;

	for (i = 0; kind && subject && i < n; i++) {
		if (strcmp(rows[i].kind, kind) != 0 || strcmp(rows[i].subject, subject) != 0)
			continue;
		rows[i].done = db_col_int(c, 2);
		rows[i].undone = db_col_int(c, 3);
		rows[i].changed_at = db_col_int(c, 4);
	}
}

static bool look_at_some(struct db_conn *c, uint64_t account_id, const char *agent, struct memory_row *rows, unsigned n,
                         struct error *err)
{
	static const char fmt[] = "SELECT kind, subject, done, undone, changed_at FROM agent_memory"
	                          " WHERE account_id = ? AND agent = ? AND (kind, subject) IN (%s)";
	struct db_arg args[2 + 2 * DB_LIST_MAX];
	unsigned size = db_list_size(n), i;
	int got;

	args[0] = db_int((int64_t)account_id);
	args[1] = db_str(agent);
	for (i = 0; i < size; i++) {
		args[2 + 2 * i] = db_str(rows[i < n ? i : n - 1].kind);
		args[3 + 2 * i] = db_str(rows[i < n ? i : n - 1].subject);
	}
	if (!db_query(c, db_list_sql(fmt, "(?,?)", size), args, 2 + 2 * size, err))
		return false;
	while ((got = db_next(c, err)) == 1)
		take_counts(c, rows, n);
	db_end(c);
	return got == 0;
}

bool memory_look(struct db_conn *c, uint64_t account_id, const char *agent, struct memory_row *rows, unsigned n,
                 struct error *err)
{
	unsigned from, some;

	for (from = 0; from < n; from++)
		rows[from].done = rows[from].undone = rows[from].changed_at = 0;
	for (from = 0; from < n; from += some) {
		some = n - from < DB_LIST_MAX ? n - from : DB_LIST_MAX;
		if (!look_at_some(c, account_id, agent, rows + from, some, err))
			return false;
	}
	return true;
}

bool memory_list(struct db_conn *c, uint64_t account_id, const char *agent, unsigned max, struct arena *a,
                 struct memory_row **out, unsigned *count, struct error *err)
{
	static const char all[] = "SELECT agent, kind, subject, done, undone, changed_at FROM agent_memory"
	                          " WHERE account_id = ? ORDER BY agent, kind, subject LIMIT ?";
	static const char one[] = "SELECT agent, kind, subject, done, undone, changed_at FROM agent_memory"
	                          " WHERE account_id = ? AND agent = ? ORDER BY kind, subject LIMIT ?";
	struct db_arg args[3] = {db_int((int64_t)account_id)};
	unsigned n = 1, room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (agent)
		args[n++] = db_str(agent);
	args[n++] = db_int(max);
	if (!db_query(c, agent ? one : all, args, n, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct memory_row *r;

		*out = col_room(a, *out, *count, &room, sizeof **out);
		r = &(*out)[(*count)++];
		*r = (struct memory_row){.agent = col_kept(c, 0, a, NULL), .kind = col_kept(c, 1, a, NULL),
		                         .subject = col_kept(c, 2, a, NULL), .done = db_col_int(c, 3),
		                         .undone = db_col_int(c, 4), .changed_at = db_col_int(c, 5)};
	}
	db_end(c);
	return got == 0;
}

bool memory_reset(struct db_conn *c, uint64_t account_id, const char *agent, const char *kind, const char *subject,
                  uint64_t *removed, struct error *err)
{
	static const char all[] = "DELETE FROM agent_memory WHERE account_id = ? AND agent = ?";
	static const char one[] = "DELETE FROM agent_memory WHERE account_id = ? AND agent = ? AND kind = ?"
	                          " AND subject = ?";
	struct db_arg args[4] = {db_int((int64_t)account_id), db_str(agent), db_str(kind), db_str(subject)};

	return subject ? db_exec(c, one, args, 4, removed, err) : db_exec(c, all, args, 2, removed, err);
}
