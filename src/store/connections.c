/* Table connections: an account's way into an integration. */
#include "store/accounts.h"

#include "store/cols.h"

bool connection_put(struct db_conn *c, uint64_t account_id, const char *integration, const char *kind,
                    const void *sealed, size_t n, int64_t now_ms, const struct id *id, struct error *err)
{
	static const char sql[] =
		"INSERT INTO connections (account_id, integration, id, kind, settings, status, created_at)"
		" VALUES (?, ?, ?, ?, ?, 0, ?) ON DUPLICATE KEY UPDATE id = VALUES(id),"
		" kind = VALUES(kind), settings = VALUES(settings), status = 0,"
		" created_at = VALUES(created_at)";
	struct db_arg args[6];

	args[0] = db_int((int64_t)account_id);
	args[1] = db_str(integration);
	args[2] = db_id(id);
	args[3] = db_str(kind);
	args[4] = db_bytes(sealed, n);
	args[5] = db_int(now_ms);
	return db_exec(c, sql, args, 6, NULL, err);
}

static bool list(struct db_conn *c, const char *sql, bool settings, uint64_t account_id, struct arena *a,
                 struct connection_row **out, unsigned *count, struct error *err)
{
	struct db_arg arg = db_int((int64_t)account_id);
	unsigned room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct connection_row *r;

		*out = col_room(a, *out, *count, &room, sizeof **out);
		r = &(*out)[(*count)++];
		*r = (struct connection_row){.place = NULL};
		db_col_id(c, 0, &r->id);
		col_text(c, 1, r->integration, sizeof r->integration);
		col_text(c, 2, r->kind, sizeof r->kind);
		r->status = (int)db_col_int(c, 3);
		r->created_at = db_col_int(c, 4);
		if (settings)
			r->sealed = col_kept(c, 5, a, &r->sealed_len);
	}
	db_end(c);
	return got == 0;
}

bool connection_list(struct db_conn *c, uint64_t account_id, struct arena *a,
                     struct connection_row **out, unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT id, integration, kind, status, created_at, settings FROM connections"
		" WHERE account_id = ? ORDER BY integration";

	return list(c, sql, true, account_id, a, out, count, err);
}

bool connection_states(struct db_conn *c, uint64_t account_id, struct arena *a, struct connection_row **out,
                       unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT id, integration, kind, status, created_at FROM connections"
		" WHERE account_id = ? ORDER BY integration";

	return list(c, sql, false, account_id, a, out, count, err);
}

bool connection_remove(struct db_conn *c, uint64_t account_id, const char *integration, bool *removed, struct error *err)
{
	struct db_arg args[2] = {db_int((int64_t)account_id), db_str(integration)};
	uint64_t affected = 0;
	bool ok = db_exec(c, "DELETE FROM connections WHERE account_id = ? AND integration = ?", args, 2, &affected, err);

	*removed = affected > 0;
	return ok;
}

bool connection_load(struct db_conn *c, uint64_t account_id, const char *integration, bool any, struct id *id,
                     char kind[32], struct buf *sealed, int64_t *since, bool *found, struct error *err)
{
	static const char connected[] = "SELECT kind, settings, id, created_at FROM connections"
	                                " WHERE account_id = ? AND integration = ? AND status = 0";
	static const char whichever[] = "SELECT kind, settings, id, created_at FROM connections"
	                                " WHERE account_id = ? AND integration = ?";
	struct db_arg args[2] = {db_int((int64_t)account_id), db_str(integration)};
	const char *p;
	size_t n;
	int got;

	*found = false;
	if (!db_query(c, any ? whichever : connected, args, 2, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		col_text(c, 0, kind, 32);
		p = db_col_bytes(c, 1, &n);
		*found = db_col_id(c, 2, id);
		if (since)
			*since = db_col_int(c, 3);
		if (p)
			buf_add(sealed, p, n);
	}
	db_end(c);
	if (got >= 0 && sealed->failed)
		return err_set(err, ERR_INTERNAL, "The settings of connection %s are too large", integration);
	return got >= 0;
}

bool connection_refuse(struct db_conn *c, uint64_t account_id, const char *integration, int64_t since, bool *done,
                       struct error *err)
{
	static const char sql[] = "UPDATE connections SET status = 1"
				  " WHERE account_id = ? AND integration = ? AND created_at = ? AND status = 0";
	struct db_arg args[3] = {db_int((int64_t)account_id), db_str(integration), db_int(since)};
	uint64_t n = 0;
	bool ok = db_exec(c, sql, args, 3, &n, err);

	*done = n == 1;
	return ok;
}
