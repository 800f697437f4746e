#include "store/pepper_keys.h"

#include <stdio.h>

#include "store/cols.h"

bool pepper_counts(struct db_conn *c, int64_t now_ms, struct arena *a, struct pepper_count **out, unsigned *count,
                   struct error *err)
{
	static const char sql[] =
		"SELECT pepper_id, COUNT(*), COUNT(IF(revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?), 1, NULL))"
		" FROM api_keys GROUP BY pepper_id";
	struct db_arg arg = db_int(now_ms);
	unsigned room = 0;
	int got;

	*out = NULL;
	*count = 0;
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct pepper_count *p;

		*out = col_room(a, *out, *count, &room, sizeof **out);
		p = &(*out)[(*count)++];
		col_text(c, 0, p->id, sizeof p->id);
		p->keys = db_col_int(c, 1);
		p->live = db_col_int(c, 2);
	}
	db_end(c);
	return got == 0;
}

struct revocation {
	const char *pepper_id;
	const struct id *after;
	int64_t now_ms;
	const struct actor *who;
	struct pepper_key *keys;
	unsigned n;
};

/* Keys only: of accounts nothing is locked, for they come before their keys. */
static bool lock_keys(struct db_conn *c, struct revocation *r, struct error *err)
{
	static const char sql[] =
		"SELECT k.id, k.account_id, (SELECT a.public_id FROM accounts a WHERE a.id = k.account_id), k.name, k.shown"
		" FROM api_keys k FORCE INDEX (PRIMARY)"
		" WHERE k.id > ? AND k.pepper_id = ? AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ?)"
		" ORDER BY k.id LIMIT 64 FOR UPDATE";
	struct db_arg args[3] = {db_id(r->after), db_str(r->pepper_id), db_int(r->now_ms)};
	int got;

	r->n = 0;
	if (!db_query(c, sql, args, 3, err))
		return false;
	while ((got = db_next(c, err)) == 1 && r->n < PEPPER_KEYS_MAX) {
		struct pepper_key *k = &r->keys[r->n++];

		db_col_id(c, 0, &k->id);
		k->account_id = (uint64_t)db_col_int(c, 1);
		db_col_id(c, 2, &k->user_id);
		col_text(c, 3, k->name, sizeof k->name);
		col_text(c, 4, k->shown, sizeof k->shown);
	}
	db_end(c);
	return got >= 0;
}

static bool revoke_one(struct db_conn *c, const struct revocation *r, const struct pepper_key *k, struct error *err)
{
	static const char sql[] = "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?";
	struct db_arg args[2] = {db_int(r->now_ms), db_id(&k->id)};
	char object[ID_TEXT_SIZE], detail[64];
	struct audit_entry e = {.id = id_make_at(r->now_ms), .actor = *r->who, .account_id = k->account_id,
	                        .action = "key.revoke", .object = object, .detail = detail};

	id_format(ID_KEY, &k->id, object);
	snprintf(detail, sizeof detail, "{\"retired_pepper\":\"%s\"}", r->pepper_id);
	return db_exec(c, sql, args, 2, NULL, err) && audit_write(c, &e, err);
}

static bool revoke_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct revocation *r = ctx;
	bool ok = lock_keys(c, r, err);
	unsigned i;

	for (i = 0; ok && i < r->n; i++)
		ok = revoke_one(c, r, &r->keys[i], err);
	return ok;
}

bool pepper_keys_revoke(struct db *db, const char *pepper_id, const struct id *after, int64_t now_ms,
                        const struct actor *who, struct pepper_key out[PEPPER_KEYS_MAX], unsigned *count,
                        struct error *err)
{
	struct revocation r = {pepper_id, after, now_ms, who, out, 0};
	bool ok = db_transaction(db, revoke_body, NULL, &r, err);

	*count = r.n;
	return ok;
}
