#include "store/endpoints.h"

#include "store/cols.h"

static const char *const reasons[DISABLED__MAX] = {
	[DISABLED_BY_HAND] = "manual", [DISABLED_GONE] = "gone", [DISABLED_FAILING] = "failing"};

const char *endpoint_disabled_name(enum endpoint_disabled why)
{
	return (unsigned)why < DISABLED__MAX ? reasons[why] : "";
}

#define COLUMNS \
	"id, account_id, url, description, events, enabled, disabled_reason, disabled_at, failing_since, previous_until," \
	" created_at, updated_at"

static void read_row(struct db_conn *c, struct arena *a, struct endpoint *e)
{
	*e = (struct endpoint){.account_id = (uint64_t)db_col_int(c, 1)};
	db_col_id(c, 0, &e->id);
	e->url = col_kept(c, 2, a, NULL);
	e->description = col_kept(c, 3, a, NULL);
	e->events = (unsigned)db_col_int(c, 4);
	e->enabled = db_col_int(c, 5) != 0;
	e->disabled_reason = (enum endpoint_disabled)db_col_int(c, 6);
	e->disabled_at = db_col_int(c, 7);
	e->failing_since = db_col_int(c, 8);
	e->previous_until = db_col_int(c, 9);
	e->created_at = db_col_int(c, 10);
	e->updated_at = db_col_int(c, 11);
}

bool endpoint_insert(struct db_conn *c, const struct endpoint *e, const void *sealed, size_t n, struct error *err)
{
	static const char sql[] =
		"INSERT INTO endpoints (id, account_id, url, description, events, secret, enabled, disabled_reason, disabled_at,"
		" created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	struct db_arg args[11] = {db_id(&e->id), db_int((int64_t)e->account_id), db_str(e->url), db_str(e->description),
	                         db_int(e->events), db_bytes(sealed, n), db_int(e->enabled), db_int(e->disabled_reason),
	                         db_opt_int(e->disabled_at), db_int(e->created_at), db_int(e->updated_at)};

	return db_exec(c, sql, args, 11, NULL, err);
}

bool endpoint_find(struct db_conn *c, uint64_t account_id, const struct id *id, bool lock, struct arena *a,
                   struct endpoint *out, bool *found, struct error *err)
{
	static const char look[] = "SELECT " COLUMNS " FROM endpoints WHERE id = ? AND account_id = ?";
	static const char locked[] = "SELECT " COLUMNS " FROM endpoints WHERE id = ? AND account_id = ? FOR UPDATE";
	struct db_arg args[2] = {db_id(id), db_int((int64_t)account_id)};
	int got;

	*found = false;
	if (!db_query(c, lock ? locked : look, args, 2, err))
		return false;
	got = db_next(c, err);
	*found = got == 1;
	if (got == 1)
		read_row(c, a, out);
	db_end(c);
	return got >= 0;
}

bool endpoint_list(struct db_conn *c, uint64_t account_id, const struct id *after, unsigned limit, struct arena *a,
                   struct endpoint **out, unsigned *count, struct error *err)
{
	static const char sql[] = "SELECT " COLUMNS " FROM endpoints FORCE INDEX (endpoints_account)"
				  " WHERE account_id = ? AND id > ? ORDER BY account_id, id LIMIT ?";
	static const struct id none;
	struct db_arg args[3] = {db_int((int64_t)account_id), db_id(after ? after : &none), db_int(limit)};
	unsigned room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (!db_query(c, sql, args, 3, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		*out = col_room(a, *out, *count, &room, sizeof **out);
		read_row(c, a, &(*out)[(*count)++]);
	}
	db_end(c);
	return got == 0;
}

bool endpoint_count(struct db_conn *c, uint64_t account_id, int64_t *out, struct error *err)
{
	struct db_arg arg = db_int((int64_t)account_id);

	*out = 0;
	return db_query_int(c, "SELECT COUNT(*) FROM endpoints WHERE account_id = ?", &arg, 1, out, NULL, err);
}

bool endpoint_update(struct db_conn *c, const struct endpoint *e, struct error *err)
{
	static const char sql[] =
		"UPDATE endpoints SET url = ?, description = ?, events = ?, enabled = ?, disabled_reason = ?, disabled_at = ?,"
		" failing_since = ?, updated_at = ? WHERE id = ? AND account_id = ?";
	struct db_arg args[10] = {db_str(e->url), db_str(e->description), db_int(e->events), db_int(e->enabled),
	                          db_int(e->disabled_reason), db_opt_int(e->disabled_at), db_opt_int(e->failing_since),
	                          db_int(e->updated_at), db_id(&e->id), db_int((int64_t)e->account_id)};

	return db_exec(c, sql, args, 10, NULL, err);
}

bool endpoint_set_secret(struct db_conn *c, const struct endpoint *e, const void *sealed, size_t n, int64_t previous_until,
                         struct error *err)
{
	/* assignments are made from left to right */
	static const char sql[] = "UPDATE endpoints SET previous_secret = secret, previous_until = ?, secret = ?, updated_at = ?"
				  " WHERE id = ? AND account_id = ?";
	struct db_arg args[5] = {db_int(previous_until), db_bytes(sealed, n), db_int(e->updated_at), db_id(&e->id),
	                         db_int((int64_t)e->account_id)};

	return db_exec(c, sql, args, 5, NULL, err);
}

bool endpoint_delete(struct db_conn *c, const struct endpoint *e, struct error *err)
{
	struct db_arg args[2] = {db_id(&e->id), db_int((int64_t)e->account_id)};

	return db_exec(c, "DELETE FROM endpoints WHERE id = ? AND account_id = ?", args, 2, NULL, err);
}

bool endpoint_events_update(struct db_conn *c, uint64_t account_id, struct error *err)
{
	static const char sql[] =
		"UPDATE account_quota SET endpoint_events = (SELECT COALESCE(BIT_OR(e.events), 0) FROM endpoints e"
		" JOIN accounts a ON a.id = e.account_id JOIN plans p ON p.slug = a.plan"
		" WHERE e.account_id = ? AND e.enabled = 1 AND COALESCE(a.own_webhooks, p.webhooks) = 1) WHERE account_id = ?";
	struct db_arg args[2] = {db_int((int64_t)account_id), db_int((int64_t)account_id)};

	return db_exec(c, sql, args, 2, NULL, err);
}

bool endpoint_events(struct db_conn *c, uint64_t account_id, unsigned *out, struct error *err)
{
	struct db_arg arg = db_int((int64_t)account_id);
	int64_t events = 0;
	bool ok = db_query_int(c, "SELECT endpoint_events FROM account_quota WHERE account_id = ?", &arg, 1, &events, NULL, err);

	*out = (unsigned)events;
	return ok;
}
