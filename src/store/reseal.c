#include "store/reseal.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/cols.h"
#include "store/secret_states.h"

#define BATCH         64
#define POSITION_MAX  128
#define SEALED_MAX    (17u << 20)      /* of the largest column, and what sealing adds */

/* Where a pass is: the key of the last row looked at, as a number, bytes, or both. */
struct position { int64_t number; uint8_t bytes[POSITION_MAX]; size_t n; };

/* scan gives number and bytes of a row's key, what its value is sealed for, and the value, or NULL when it begins with
 * the bytes given first (how many) and second. put takes the new value and the old one. Behind those both take a row's
 * key: n is its number, b its bytes. The limit of a scan bounds what is looked at. A pass is kept by
 * its number here: a new place goes to the end. */
static const struct place {
	const char *name, *scan, *scan_args, *put, *put_args, *count;
} places[] = {
	{"accounts.webhook_secret",
	 "SELECT id, '', CONCAT('account:', id, ':webhook_secret'), IF(LEFT(webhook_secret, ?) = ?, NULL, webhook_secret)"
	 " FROM accounts WHERE id > ? ORDER BY id LIMIT 64", "n",
	 "UPDATE accounts SET webhook_secret = ? WHERE webhook_secret = ? AND id = ?", "n",
	 "SELECT SUBSTRING(webhook_secret, 4, ASCII(SUBSTRING(webhook_secret, 3, 1))), COUNT(*) FROM accounts GROUP BY 1"},
	{"connections.settings",
	 "SELECT account_id, integration, CONCAT('account:', account_id, ':connection:', integration),"
	 " IF(LEFT(settings, ?) = ?, NULL, settings) FROM connections"
	 " WHERE account_id >= ? AND (account_id > ? OR integration > ?) ORDER BY account_id, integration LIMIT 64", "nnb",
	 "UPDATE connections SET settings = ? WHERE settings = ? AND account_id = ? AND integration = ?", "nb",
	 "SELECT SUBSTRING(settings, 4, ASCII(SUBSTRING(settings, 3, 1))), COUNT(*) FROM connections GROUP BY 1"},
	{"kept_answers.answer",
	 "SELECT 0, scope_hash, CONCAT('kept_answer:', LOWER(HEX(scope_hash))), IF(LEFT(answer, ?) = ?, NULL, answer)"
	 " FROM kept_answers WHERE scope_hash > ? ORDER BY scope_hash LIMIT 64", "b",
	 "UPDATE kept_answers SET answer = ? WHERE answer = ? AND scope_hash = ?", "b",
	 "SELECT SUBSTRING(answer, 4, ASCII(SUBSTRING(answer, 3, 1))), COUNT(*) FROM kept_answers GROUP BY 1"},
	{"accounts.previous_webhook_secret",
	 "SELECT id, '', CONCAT('account:', id, ':webhook_secret'),"
	 " IF(LEFT(previous_webhook_secret, ?) = ?, NULL, previous_webhook_secret)"
	 " FROM accounts WHERE id > ? ORDER BY id LIMIT 64", "n",
	 "UPDATE accounts SET previous_webhook_secret = ? WHERE previous_webhook_secret = ? AND id = ?", "n",
	 "SELECT SUBSTRING(previous_webhook_secret, 4, ASCII(SUBSTRING(previous_webhook_secret, 3, 1))), COUNT(*) FROM accounts"
	 " WHERE previous_webhook_secret IS NOT NULL GROUP BY 1"},
	{"endpoints.secret",
	 "SELECT 0, id, CONCAT('endpoint:', LOWER(HEX(id)), ':secret'), IF(LEFT(secret, ?) = ?, NULL, secret)"
	 " FROM endpoints WHERE id > ? ORDER BY id LIMIT 64", "b",
	 "UPDATE endpoints SET secret = ? WHERE secret = ? AND id = ?", "b",
	 "SELECT SUBSTRING(secret, 4, ASCII(SUBSTRING(secret, 3, 1))), COUNT(*) FROM endpoints GROUP BY 1"},
	{"endpoints.previous_secret",
	 "SELECT 0, id, CONCAT('endpoint:', LOWER(HEX(id)), ':secret'),"
	 " IF(LEFT(previous_secret, ?) = ?, NULL, previous_secret) FROM endpoints WHERE id > ? ORDER BY id LIMIT 64", "b",
	 "UPDATE endpoints SET previous_secret = ? WHERE previous_secret = ? AND id = ?", "b",
	 "SELECT SUBSTRING(previous_secret, 4, ASCII(SUBSTRING(previous_secret, 3, 1))), COUNT(*) FROM endpoints"
	 " WHERE previous_secret IS NOT NULL GROUP BY 1"},
};
#define PLACES (sizeof places / sizeof *places)

struct found {
	struct position key;
	const char *context, *sealed;
	size_t n;                        /* 0: nothing to do */
};

struct step {
	reseal_fn again;
	void *ctx;
	struct reseal_batch *out;
	struct arena arena;
	int64_t place;
	struct position at;
};

static unsigned key_args(const char *which, const struct position *key, struct db_arg *out)
{
	unsigned n;

	for (n = 0; which[n]; n++)
		out[n] = which[n] == 'n' ? db_int(key->number) :
			 (struct db_arg){.type = DB_BYTES, .p = key->bytes, .n = key->n};
	return n;
}

/* What a value under this id begins with (crypto_seal). */
static size_t head_of(const char *id, char out[SECRET_ID_SIZE + 3])
{
	size_t n = strlen(id);

	memcpy(out, "v1", 2);
	out[2] = (char)n;
	memcpy(out + 3, id, n);
	return n + 3;
}

static bool read_found(struct db_conn *c, struct arena *a, struct found *f)
{
	size_t n;
	const char *bytes = db_col_bytes(c, 1, &n);

	*f = (struct found){.key = {.number = db_col_int(c, 0)}, .n = 0};
	if (n > sizeof f->key.bytes)
		return false;
	memcpy(f->key.bytes, bytes, n);
	f->key.n = n;
	f->context = col_kept(c, 2, a, NULL);
	f->sealed = col_kept(c, 3, a, &f->n);
	return true;
}

static bool scan(struct db_conn *c, struct step *s, struct found *found, unsigned *count, struct error *err)
{
	const struct place *p = &places[s->place];
	char head[SECRET_ID_SIZE + 3];
	size_t n = head_of(s->out->id, head);
	struct db_arg args[8] = {db_int((int64_t)n), db_bytes(head, n)};
	int got;

	*count = 0;
	if (!db_query(c, p->scan, args, 2 + key_args(p->scan_args, &s->at, args + 2), err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < BATCH)
		if (!read_found(c, &s->arena, &found[(*count)++])) {
			db_end(c);
			return err_set(err, ERR_INTERNAL, "A key of %s is too long", p->name);
		}
	db_end(c);
	return got >= 0;
}

static bool put(struct db_conn *c, const struct place *p, const struct found *f, const struct buf *anew, bool *changed,
                struct error *err)
{
	struct db_arg args[8] = {db_bytes(anew->data, anew->len), db_bytes(f->sealed, f->n)};
	uint64_t matched = 0;
	bool ok = db_exec(c, p->put, args, 2 + key_args(p->put_args, &f->key, args + 2), &matched, err);

	*changed = matched > 0;
	return ok;
}

static bool reseal_one(struct db_conn *c, struct step *s, const struct found *f, struct error *err)
{
	struct buf anew;
	bool ok = true, changed = false;

	buf_init(&anew, SEALED_MAX);
	if (!s->again(s->ctx, s->out->id, f->context, f->sealed, f->n, &anew)) {
		s->out->unopened++;
	} else {
		ok = put(c, &places[s->place], f, &anew, &changed, err);
		s->out->resealed += changed;
	}
	buf_release(&anew);
	return ok;
}

/* How far the pass under this id is; the row stays locked until the step is over. */
static bool begin(struct db_conn *c, struct step *s, struct error *err)
{
	static const char make[] =
		"INSERT INTO reseals (id, place, at_number, at_bytes, resealed, unopened) VALUES (?, 0, 0, '', 0, 0)"
		" ON DUPLICATE KEY UPDATE place = place";
	static const char look[] =
		"SELECT place, at_number, at_bytes, resealed, unopened, done_at FROM reseals WHERE id = ? FOR UPDATE";
	struct db_arg arg = db_str(s->out->id);
	const char *bytes;
	int got;

	if (!db_exec(c, make, &arg, 1, NULL, err) || !db_query(c, look, &arg, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		s->place = db_col_int(c, 0);
		s->at.number = db_col_int(c, 1);
		bytes = db_col_bytes(c, 2, &s->at.n);
		memcpy(s->at.bytes, bytes, s->at.n);
		s->out->resealed = db_col_int(c, 3);
		s->out->unopened = db_col_int(c, 4);
		s->out->done = !db_is_null(c, 5) && s->place >= (int64_t)PLACES;
	}
	db_end(c);
	return got >= 0;
}

static bool note(struct db_conn *c, const struct step *s, struct error *err)
{
	static const char sql[] = "UPDATE reseals SET place = ?, at_number = ?, at_bytes = ?, resealed = ?, unopened = ?,"
				  " done_at = ? WHERE id = ?";
	struct db_arg args[7] = {
		db_int(s->place), db_int(s->at.number), {.type = DB_BYTES, .p = s->at.bytes, .n = s->at.n},
		db_int(s->out->resealed), db_int(s->out->unopened),
		s->out->done ? db_int(clock_now_ms()) : db_null(), db_str(s->out->id)};

	return db_exec(c, sql, args, 7, NULL, err);
}

static bool step_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct step *s = ctx;
	struct found found[BATCH];
	unsigned n = 0, i;
	bool ok;

	*s->out = (struct reseal_batch){.done = false};
	arena_reset(&s->arena);
	if (!secret_active(c, SECRET_SEAL, s->out->id, err))
		return false;
	if (!*s->out->id)
		return true;
	if (!begin(c, s, err) || s->out->done)
		return s->out->done;
	ok = s->place >= (int64_t)PLACES || scan(c, s, found, &n, err);
	for (i = 0; ok && i < n; i++)
		ok = found[i].n == 0 || reseal_one(c, s, &found[i], err);
	if (!ok)
		return false;
	if (n > 0)
		s->at = found[n - 1].key;
	if (n < BATCH) {
		s->place++;
		s->at = (struct position){.number = 0};
		s->out->done = s->place >= (int64_t)PLACES;
	}
	return note(c, s, err);
}

bool reseal_step(struct db *db, reseal_fn again, void *ctx, struct reseal_batch *out, struct error *err)
{
	struct step s = {.again = again, .ctx = ctx, .out = out};
	bool ok;

	arena_init(&s.arena);
	ok = db_transaction(db, step_body, NULL, &s, err);
	arena_release(&s.arena);
	return ok;
}

bool reseal_restart(struct db_conn *c, struct error *err)
{
	static const char sql[] =
		"UPDATE reseals r JOIN secret_states s ON s.kind = 1 AND s.active = 1 AND s.id = r.id"
		" SET r.place = 0, r.at_number = 0, r.at_bytes = '', r.unopened = 0, r.done_at = NULL"
		" WHERE r.done_at IS NOT NULL";

	return db_exec(c, sql, NULL, 0, NULL, err);
}

bool reseal_wanted(struct db_conn *c, bool *wanted, struct error *err)
{
	static const char sql[] =
		"SELECT COUNT(*) FROM secret_states s LEFT JOIN reseals r ON r.id = s.id"
		" WHERE s.kind = 1 AND (s.state = 0 OR (s.active = 1 AND (r.done_at IS NULL OR r.place < ?)))";
	struct db_arg arg = db_int((int64_t)PLACES);
	int64_t n = 0;
	bool ok = db_query_int(c, sql, &arg, 1, &n, NULL, err);

	*wanted = n > 0;
	return ok;
}

static bool count_place(struct db_conn *c, const struct place *p, struct arena *a, struct sealed_count **out,
                        unsigned *count, unsigned *room, struct error *err)
{
	int got;

	if (!db_query(c, p->count, NULL, 0, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct sealed_count *s;

		*out = col_room(a, *out, *count, room, sizeof **out);
		s = &(*out)[(*count)++];
		col_text(c, 0, s->id, sizeof s->id);
		s->n = db_col_int(c, 1);
	}
	db_end(c);
	return got == 0;
}

bool sealed_counts(struct db_conn *c, struct arena *a, struct sealed_count **out, unsigned *count, struct error *err)
{
	unsigned i, room = 0;
	bool ok = true;

	*out = NULL;
	*count = 0;
	for (i = 0; ok && i < PLACES; i++)
		ok = count_place(c, &places[i], a, out, count, &room, err);
	return ok;
}
