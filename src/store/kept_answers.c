/* Table kept_answers. */
#include "store/kept_answers.h"

#include <string.h>

#include "store/admission.h"

/* The row is locked from here on, whether it was there or not. An old one is taken over; created_at is set last, as MySQL
 * sees the columns to the left of it changed already. */
static bool take_row(struct db_conn *c, const struct kept_answer *k, struct error *err)
{
	static const char sql[] =
		"INSERT INTO kept_answers (scope_hash, account_id, body_hash, object_id, created_at, status, answer)"
		" VALUES (?, ?, ?, ?, ?, 0, '') ON DUPLICATE KEY UPDATE"
		" body_hash = IF(created_at <= ?, VALUES(body_hash), body_hash),"
		" object_id = IF(created_at <= ?, VALUES(object_id), object_id),"
		" status = IF(created_at <= ?, 0, status), answer = IF(created_at <= ?, '', answer),"
		" created_at = IF(created_at <= ?, VALUES(created_at), created_at)";
	struct db_arg old = db_int(k->now_ms - idempotency_keep(k->keep_ms));
	struct db_arg args[] = {db_bytes(k->scope_hash, sizeof k->scope_hash), db_int((int64_t)k->account_id),
	                        db_bytes(k->body_hash, sizeof k->body_hash), db_id(&k->object_id), db_int(k->now_ms),
	                        old, old, old, old, old};

	return db_exec(c, sql, args, sizeof args / sizeof *args, NULL, err);
}

static bool read_row(struct db_conn *c, struct kept_answer *k, enum kept_state *state, struct buf *sealed)
{
	size_t body_len = 0, n = 0;
	const char *body = db_col_bytes(c, 0, &body_len);
	const char *answer = db_col_bytes(c, 3, &n);
	struct id made;

	if (body_len != sizeof k->body_hash || !db_col_id(c, 1, &made))
		return false;
	if (memcmp(body, k->body_hash, sizeof k->body_hash) != 0) {
		*state = KEPT_OTHER;
		return true;
	}
	*state = n > 0 ? KEPT_SAME : KEPT_MINE;
	k->own = id_cmp(&made, &k->object_id) == 0;
	if (n == 0)
		return k->own;         /* one without its answer was never committed */
	k->status = (int)db_col_int(c, 2);
	return buf_add(sealed, answer, n);
}

bool kept_answer_claim(struct db_conn *c, struct kept_answer *k, enum kept_state *state, struct buf *sealed,
                       struct error *err)
{
	static const char sql[] = "SELECT body_hash, object_id, status, answer FROM kept_answers WHERE scope_hash = ?";
	struct db_arg scope = db_bytes(k->scope_hash, sizeof k->scope_hash);
	bool known = false;
	int got;

	if (!take_row(c, k, err) || !db_query(c, sql, &scope, 1, err))
		return false;
	got = db_next(c, err);
	known = got == 1 && read_row(c, k, state, sealed);
	db_end(c);
	if (got < 0)
		return false;
	return known || err_set(err, ERR_INTERNAL, "The record of an Idempotency-Key is damaged");
}

bool kept_answer_put(struct db_conn *c, const struct kept_answer *k, const void *sealed, size_t n, struct error *err)
{
	static const char sql[] = "UPDATE kept_answers SET status = ?, answer = ? WHERE scope_hash = ?";
	struct db_arg args[] = {db_int(k->status), db_bytes(sealed, n), db_bytes(k->scope_hash, sizeof k->scope_hash)};

	return db_exec(c, sql, args, 3, NULL, err);
}
