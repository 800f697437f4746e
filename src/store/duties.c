/* Table duties. Every statement goes by a whole key and is a transaction of its own. */
#include "store/duties.h"

#include "store/cols.h"

bool duty_list(struct db_conn *c, struct duty_row *out, unsigned max, unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT name, due_at, since, done_at, at_id, at_number, restart_at, done_rows, failed_at, error FROM duties"
		" ORDER BY due_at, name";
	int got;

	*count = 0;
	if (!db_query(c, sql, NULL, 0, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < max) {
		struct duty_row *d = &out[(*count)++];

		col_text(c, 0, d->name, sizeof d->name);
		d->due_at = db_col_int(c, 1);
		d->since = db_col_int(c, 2);
		d->done_at = db_col_int(c, 3);
		db_col_id(c, 4, &d->at.id);
		d->at.number = db_col_int(c, 5);
		d->restart_at = db_col_int(c, 6);
		d->rows = db_col_int(c, 7);
		d->failed_at = db_col_int(c, 8);
		col_text(c, 9, d->error, sizeof d->error);
	}
	db_end(c);
	return got >= 0;
}

bool duty_make(struct db_conn *c, const char *name, int64_t now_ms, struct error *err)
{
	static const char sql[] =
		"INSERT INTO duties (name, due_at, since, at_id, at_number, restart_at) VALUES (?, ?, ?, ?, 0, 0)"
		" ON DUPLICATE KEY UPDATE due_at = due_at";
	static const struct id beginning;
	struct db_arg args[4] = {db_str(name), db_int(now_ms), db_int(now_ms), db_id(&beginning)};

	return db_exec(c, sql, args, 4, NULL, err);
}

bool duty_take(struct db_conn *c, const struct duty_row *d, const struct id *token, int64_t lease_end, bool *taken,
               struct error *err)
{
	static const char sql[] = "UPDATE duties SET due_at = ?, token = ? WHERE name = ? AND due_at = ?";
	struct db_arg args[4] = {db_int(lease_end), db_id(token), db_str(d->name), db_int(d->due_at)};
	struct error e = {0};
	uint64_t n = 0;
	bool ok = db_exec(c, sql, args, 4, &n, &e);

	*taken = ok && n == 1;
	/* another node's scheduler was first */
	if (ok || db_error_rolled_back(&e))
		return true;
	if (err)
		*err = e;
	return false;
}

bool duty_end(struct db_conn *c, const char *name, const struct id *token, const struct duty_end *e, struct error *err)
{
	static const char sql[] =
		"UPDATE duties SET due_at = ?, since = IF(? = 1, ?, since), done_at = IF(? = 1, ?, done_at), at_id = ?,"
		" at_number = ?, restart_at = ?, done_rows = done_rows + ?, failed_at = ?, error = LEFT(?, 300)"
		" WHERE name = ? AND token = ?";
	struct db_arg done = db_int(e->done), now = db_int(e->now_ms), due = db_int(e->due_at);
	struct db_arg args[13] = {due, done, due, done, now, db_id(&e->at.id), db_int(e->at.number), db_int(e->restart_at),
	                          db_int(e->rows), e->error ? now : db_null(), db_str(e->error), db_str(name), db_id(token)};

	return db_exec(c, sql, args, 13, NULL, err);
}
