#include "store/secret_states.h"

#include <string.h>

#include "store/cols.h"

const char *secret_kind_name(enum secret_kind kind)
{
	static const char *const names[SECRET__MAX] = {[SECRET_PEPPER] = "pepper", [SECRET_SEAL] = "seal"};

	return names[kind];
}

const char *secret_state_name(enum secret_state state)
{
	static const char *const names[SECRET_STATE__MAX] = {
		[SECRET_MADE] = "made", [SECRET_ACTIVE] = "active", [SECRET_FORMER] = "former", [SECRET_RETIRED] = "retired",
		[SECRET_UNKNOWN] = "unknown"};

	return names[state];
}

bool secret_active(struct db_conn *c, enum secret_kind kind, char id[SECRET_ID_SIZE], struct error *err)
{
	static const char sql[] = "SELECT id FROM secret_states WHERE kind = ? AND active = 1 LOCK IN SHARE MODE";
	struct db_arg arg = db_int(kind);
	int got;

	*id = '\0';
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1)
		col_text(c, 0, id, SECRET_ID_SIZE);
	db_end(c);
	return got >= 0;
}

/* When two do this at once the second waits for the first, and keeps what it finds. */
bool secret_pin(struct db_conn *c, enum secret_kind kind, const char *host, int64_t now_ms, char id[SECRET_ID_SIZE],
                struct error *err)
{
	static const char sql[] =
		"INSERT INTO secret_states (kind, id, state, active, changed_at, host) VALUES (?, ?, 1, 1, ?, ?)"
		" ON DUPLICATE KEY UPDATE changed_at = changed_at";
	struct db_arg args[4] = {db_int(kind), db_str(id), db_int(now_ms), db_str(host)};
	char newest[SECRET_ID_SIZE];

	if (!db_exec(c, sql, args, 4, NULL, err))
		return false;
	memcpy(newest, id, sizeof newest);
	if (!secret_active(c, kind, id, err))
		return false;
	/* it was there in another state, and no other is active: somebody has changed the table by hand */
	return *id || err_set(err, ERR_INTERNAL, "No %s is active, and %s cannot be made so", secret_kind_name(kind), newest);
}

bool secret_list(struct db_conn *c, struct arena *a, struct secret_row **out, unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT kind, id, state, changed_at, host FROM secret_states ORDER BY kind, changed_at, id";
	unsigned room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (!db_query(c, sql, NULL, 0, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct secret_row *r;

		*out = col_room(a, *out, *count, &room, sizeof **out);
		r = &(*out)[(*count)++];
		r->kind = (enum secret_kind)db_col_int(c, 0);
		col_text(c, 1, r->id, sizeof r->id);
		r->state = (enum secret_state)db_col_int(c, 2);
		r->changed_at = db_col_int(c, 3);
		col_text(c, 4, r->host, sizeof r->host);
	}
	db_end(c);
	return got == 0;
}

bool secret_made(struct db_conn *c, enum secret_kind kind, const char *id, const char *host, int64_t now_ms,
                 struct error *err)
{
	static const char sql[] =
		"INSERT INTO secret_states (kind, id, state, active, changed_at, host) VALUES (?, ?, 0, NULL, ?, ?)"
		" ON DUPLICATE KEY UPDATE changed_at = changed_at";
	struct db_arg args[4] = {db_int(kind), db_str(id), db_int(now_ms), db_str(host)};

	return db_exec(c, sql, args, 4, NULL, err);
}

struct activation {
	enum secret_kind kind;
	const char *id;
	int64_t live_since, now_ms;
	const struct audit_entry *audit;
	bool done;
};

/* The active row comes first, so that there are never two. */
static bool activate_body(struct db_conn *c, void *ctx, struct error *err)
{
	static const char *const sql[SECRET__MAX] = {
		[SECRET_PEPPER] = "UPDATE secret_states SET active = IF(id = ?, 1, NULL), state = IF(id = ?, 1, 2), changed_at = ?"
				  " WHERE kind = ? AND (active = 1 OR id = ?) AND NOT EXISTS (SELECT 1 FROM processes"
				  " WHERE seen_at >= ? AND peppers IS NOT NULL AND NOT FIND_IN_SET(?, peppers))"
				  " ORDER BY active DESC",
		[SECRET_SEAL] = "UPDATE secret_states SET active = IF(id = ?, 1, NULL), state = IF(id = ?, 1, 2), changed_at = ?"
				" WHERE kind = ? AND (active = 1 OR id = ?) AND NOT EXISTS (SELECT 1 FROM processes"
				" WHERE seen_at >= ? AND seals IS NOT NULL AND NOT FIND_IN_SET(?, seals))"
				" ORDER BY active DESC"};
	struct activation *a = ctx;
	struct db_arg id = db_str(a->id);
	struct db_arg args[7] = {id, id, db_int(a->now_ms), db_int(a->kind), id, db_int(a->live_since), id};
	struct db_arg which[2] = {db_int(a->kind), id};
	char active[SECRET_ID_SIZE];
	int64_t state;
	bool found;

	/* or none would be active after this */
	if (!db_query_int(c, "SELECT state FROM secret_states WHERE kind = ? AND id = ? FOR UPDATE", which, 2, &state, &found,
	                  err))
		return false;
	if (!found || state == SECRET_RETIRED)
		return err_set(err, ERR_CONFLICT, "The %s %s was retired", secret_kind_name(a->kind), a->id);
	if (!db_exec(c, sql[a->kind], args, 7, NULL, err) || !secret_active(c, a->kind, active, err))
		return false;
	a->done = strcmp(active, a->id) == 0;
	return !a->done || audit_write(c, a->audit, err);
}

bool secret_activate(struct db *db, enum secret_kind kind, const char *id, int64_t live_since, int64_t now_ms,
                     const struct audit_entry *audit, bool *done, struct error *err)
{
	struct activation a = {kind, id, live_since, now_ms, audit, false};
	bool ok = db_transaction(db, activate_body, NULL, &a, err);

	*done = a.done;
	return ok;
}

struct retiring { enum secret_kind kind; const char *id, *host; int64_t now_ms; const struct audit_entry *audit; };

static bool retire_body(struct db_conn *c, void *ctx, struct error *err)
{
	static const char sql[] =
		"INSERT INTO secret_states (kind, id, state, active, changed_at, host) VALUES (?, ?, 3, NULL, ?, ?)"
		" ON DUPLICATE KEY UPDATE changed_at = IF(active IS NULL, VALUES(changed_at), changed_at),"
		" state = IF(active IS NULL, 3, state)";
	const struct retiring *r = ctx;
	struct db_arg args[4] = {db_int(r->kind), db_str(r->id), db_int(r->now_ms), db_str(r->host)};
	char active[SECRET_ID_SIZE];

	if (!db_exec(c, sql, args, 4, NULL, err) || !secret_active(c, r->kind, active, err))
		return false;
	if (strcmp(active, r->id) == 0)
		return err_set(err, ERR_CONFLICT, "%s is the active %s: secrets rotate makes another one active", r->id,
		               secret_kind_name(r->kind));
	return audit_write(c, r->audit, err);
}

bool secret_retire(struct db *db, enum secret_kind kind, const char *id, const char *host, int64_t now_ms,
                   const struct audit_entry *audit, struct error *err)
{
	struct retiring r = {kind, id, host, now_ms, audit};

	return db_transaction(db, retire_body, NULL, &r, err);
}
