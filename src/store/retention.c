/* Removing chunks of rows, and the tables where that is all: those in order of time, and those of one key. */
#include "store/retention_priv.h"

#include <string.h>

#include "store/processes.h"

struct dropping { const struct drop *d; uint64_t removed; };

static bool drop_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct dropping *k = ctx;
	const struct drop *d = k->d;
	uint64_t n;
	unsigned i;

	k->removed = 0;
	for (i = 0; i < DROPS_MAX && d->sql[i]; i++) {
		n = 0;
		if (!db_exec_rows(c, d->sql[i], d->args, d->cols, d->rows, &n, err))
			return false;
		k->removed += n;
	}
	return true;
}

bool drop_rows(struct db *db, struct db_conn **c, const struct drop *d, uint64_t *removed, struct error *err)
{
	struct dropping k = {.d = d};

	if (d->rows == 0)
		return true;
	if (!db_transaction_on(db, c, drop_body, NULL, &k, err))
		return false;
	*removed += k.removed;
	return true;
}

bool drop_chunk(struct db *db, struct db_conn **c, const struct drop *d, const struct table_walk *at, bool over,
                struct prune *p, struct error *err)
{
	p->at = *at;
	if (!drop_rows(db, c, d, &p->rows, err))
		return false;
	p->over = over;
	return true;
}

/* ---- tables whose key is a ULID ---- */

/* The rows' ids are as old as what they tell of, but for a clock that was put right: `at` decides. */
static bool prune_ulids(struct db *db, struct db_conn **c, const char *pick, const char *drop, struct prune *p,
                        struct error *err)
{
	struct id end = id_floor(p->before), ids[RETENTION_CHUNK];
	struct db_arg args[RETENTION_CHUNK];
	struct db_arg from[4] = {db_int(p->before), db_id(&p->at.id), db_id(&end), db_int(RETENTION_CHUNK)};
	struct drop d = {.sql = {drop}, .args = args, .cols = 1};
	struct table_walk at = p->at;
	unsigned seen = 0;
	int got;

	if (!db_query(*c, pick, from, 4, err))
		return false;
	while ((got = db_next(*c, err)) == 1 && seen < RETENTION_CHUNK) {
		seen++;
		db_col_id(*c, 0, &at.id);
		if (db_col_int(*c, 1) == 0)
			continue;
		ids[d.rows] = at.id;
		args[d.rows] = db_id(&ids[d.rows]);
		d.rows++;
	}
	db_end(*c);
	return got >= 0 && drop_chunk(db, c, &d, &at, seen < RETENTION_CHUNK, p, err);
}

bool prune_events(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	static const char pick[] =
		"SELECT id, at < ? FROM events FORCE INDEX (PRIMARY) WHERE id > ? AND id < ? ORDER BY id LIMIT ?";

	return prune_ulids(db, c, pick, "DELETE FROM events WHERE id = ?", p, err);
}

bool prune_notifications(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	static const char pick[] =
		"SELECT id, at < ? FROM notifications FORCE INDEX (PRIMARY) WHERE id > ? AND id < ? ORDER BY id LIMIT ?";

	return prune_ulids(db, c, pick, "DELETE FROM notifications WHERE id = ?", p, err);
}

bool prune_audit(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	static const char pick[] =
		"SELECT id, at < ? FROM audit_log FORCE INDEX (PRIMARY) WHERE id > ? AND id < ? ORDER BY id LIMIT ?";

	return prune_ulids(db, c, pick, "DELETE FROM audit_log WHERE id = ?", p, err);
}

/* ---- tables with an index on time ---- */

#define HASH_SIZE 32

/* A row is removed by its key, as it is locked by others, and only as long as it is as old as when it was picked. Rows
 * of one time may be more than a chunk: the walk goes on with the last one's time, not behind it. */
static bool prune_hashes(struct db *db, struct db_conn **c, const char *pick, const char *drop, struct prune *p,
                         struct error *err)
{
	char hashes[RETENTION_CHUNK][HASH_SIZE];
	struct db_arg args[RETENTION_CHUNK * 2];
	struct db_arg from[3] = {db_int(p->at.number), db_int(p->before), db_int(RETENTION_CHUNK)};
	struct drop d = {.sql = {drop}, .args = args, .cols = 2};
	struct table_walk at = p->at;
	const char *hash;
	size_t n;
	int got;

	if (!db_query(*c, pick, from, 3, err))
		return false;
	while ((got = db_next(*c, err)) == 1 && d.rows < RETENTION_CHUNK) {
		hash = db_col_bytes(*c, 0, &n);
		memcpy(hashes[d.rows], hash, n < HASH_SIZE ? n : HASH_SIZE);
		args[2 * d.rows] = db_bytes(hashes[d.rows], HASH_SIZE);
		args[2 * d.rows + 1] = db_int(p->before);
		at.number = db_col_int(*c, 1);
		d.rows++;
	}
	db_end(*c);
	return got >= 0 && drop_chunk(db, c, &d, &at, d.rows < RETENTION_CHUNK, p, err);
}

bool prune_idempotency(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	static const char pick[] =
		"SELECT scope_hash, created_at FROM idempotency_keys FORCE INDEX (idempotency_created)"
		" WHERE created_at >= ? AND created_at < ? ORDER BY created_at LIMIT ?";
	static const char drop[] = "DELETE FROM idempotency_keys WHERE scope_hash = ? AND created_at < ?";

	return prune_hashes(db, c, pick, drop, p, err);
}

bool prune_answers(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	static const char pick[] =
		"SELECT scope_hash, created_at FROM kept_answers FORCE INDEX (kept_answers_created)"
		" WHERE created_at >= ? AND created_at < ? ORDER BY created_at LIMIT ?";
	static const char drop[] = "DELETE FROM kept_answers WHERE scope_hash = ? AND created_at < ?";

	return prune_hashes(db, c, pick, drop, p, err);
}

bool prune_sessions(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	static const char pick[] =
		"SELECT token_hash, expires_at FROM sessions FORCE INDEX (sessions_expires)"
		" WHERE expires_at >= ? AND expires_at < ? ORDER BY expires_at LIMIT ?";
	static const char drop[] = "DELETE FROM sessions WHERE token_hash = ? AND expires_at < ?";

	return prune_hashes(db, c, pick, drop, p, err);
}

bool prune_failures(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	static const char pick[] =
		"SELECT subject, since FROM login_failures FORCE INDEX (login_failures_since)"
		" WHERE since >= ? AND since < ? ORDER BY since LIMIT ?";
	static const char drop[] = "DELETE FROM login_failures WHERE subject = ? AND since < ?";

	return prune_hashes(db, c, pick, drop, p, err);
}

/* ---- tables with a number as key ---- */

/* Of rows that are all looked at, `number` of the walk being the last one's key; `before` in the table's own unit. */
static bool prune_numbers(struct db *db, struct db_conn **c, const char *pick, const char *drop, int64_t before,
                          struct prune *p, struct error *err)
{
	struct db_arg args[RETENTION_CHUNK * 2];
	struct db_arg from[2] = {db_int(p->at.number), db_int(RETENTION_CHUNK)};
	struct drop d = {.sql = {drop}, .args = args, .cols = 2};
	struct table_walk at = p->at;
	unsigned seen = 0;
	int got;

	if (!db_query(*c, pick, from, 2, err))
		return false;
	while ((got = db_next(*c, err)) == 1 && seen < RETENTION_CHUNK) {
		seen++;
		at.number = db_col_int(*c, 0);
		if (db_col_int(*c, 1) >= before)
			continue;
		args[2 * d.rows] = db_int(at.number);
		args[2 * d.rows + 1] = db_int(before);
		d.rows++;
	}
	db_end(*c);
	return got >= 0 && drop_chunk(db, c, &d, &at, seen < RETENTION_CHUNK, p, err);
}

bool prune_minutes(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	static const char pick[] =
		"SELECT account_id, minute FROM request_minutes FORCE INDEX (PRIMARY) WHERE account_id > ?"
		" ORDER BY account_id LIMIT ?";
	static const char drop[] = "DELETE FROM request_minutes WHERE account_id = ? AND minute < ?";

	return prune_numbers(db, c, pick, drop, p->before / 60000, p, err);
}

/* They are few. */
bool prune_processes(struct db *db, struct db_conn **c, struct prune *p, struct error *err)
{
	(void)db;
	p->over = process_prune(*c, p->before, err);
	return p->over;
}
