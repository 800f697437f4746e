/* Sessions by the hash of their token, and failed logins by that of whom they concern: no table tells a token. */
#include "store/sessions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/cols.h"

/* ---- sessions ---- */

struct change {
	const struct session *session;
	const uint8_t *hash;
	const char *password;
	const struct audit_entry *audit;
	bool done;
};

/* The row stays locked until the session is there: a new password is either seen here, or ends the session. */
static bool password_is(struct db_conn *c, uint64_t account_id, const char *password, bool *is, struct error *err)
{
	static const char sql[] = "SELECT 1 FROM accounts WHERE id = ? AND password = ? LOCK IN SHARE MODE";
	struct db_arg args[] = {db_int((int64_t)account_id), db_str(password)};
	int64_t one;

	return db_query_int(c, sql, args, 2, &one, is, err);
}

/* The account's row is locked. */
static bool make_room(struct db_conn *c, uint64_t account_id, struct error *err)
{
	static const char find[] =
		"SELECT id FROM sessions FORCE INDEX (sessions_account) WHERE account_id = ? ORDER BY id DESC LIMIT ?, 1";
	static const char drop[] = "DELETE FROM sessions WHERE account_id = ? AND id <= ?";
	struct db_arg args[2] = {db_int((int64_t)account_id), db_int(SESSIONS_MAX)};
	struct id oldest;
	int got;

	if (!db_query(c, find, args, 2, err))
		return false;
	got = db_next(c, err);
	if (got == 1)
		db_col_id(c, 0, &oldest);
	db_end(c);
	args[1] = db_id(&oldest);
	return got == 0 || (got == 1 && db_exec(c, drop, args, 2, NULL, err));
}

static bool open_body(struct db_conn *c, void *ctx, struct error *err)
{
	static const char insert[] =
		"INSERT INTO sessions (token_hash, id, account_id, created_at, last_seen, expires_at, address)"
		" VALUES (?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE last_seen = VALUES(last_seen)";
	static const char prune[] = "DELETE FROM sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT ?";
	struct change *k = ctx;
	const struct session *s = k->session;
	struct db_arg args[] = {
		db_bytes(s->hash, sizeof s->hash), db_id(&s->id), db_int((int64_t)s->account_id), db_int(s->created_at),
		db_int(s->created_at), db_int(s->expires_at), db_str(s->address)};
	struct db_arg old[] = {db_int(s->created_at), db_int(SESSIONS_PRUNED)};

	if (!password_is(c, s->account_id, k->password, &k->done, err))
		return false;
	return !k->done ||
	       (db_exec(c, insert, args, sizeof args / sizeof *args, NULL, err) && db_exec(c, prune, old, 2, NULL, err) &&
	        make_room(c, s->account_id, err) && audit_write(c, k->audit, err));
}

bool session_open(struct db *db, const struct session *s, const char *password, const struct audit_entry *audit,
                  bool *opened, struct error *err)
{
	struct change k = {.session = s, .password = password, .audit = audit};
	bool ok = db_transaction(db, open_body, NULL, &k, err);

	*opened = ok && k.done;
	return ok;
}

static bool end_body(struct db_conn *c, void *ctx, struct error *err)
{
	const struct change *k = ctx;
	struct db_arg arg = db_bytes(k->hash, SESSION_HASH);
	uint64_t n = 0;

	return db_exec(c, "DELETE FROM sessions WHERE token_hash = ?", &arg, 1, &n, err) &&
	       (n == 0 || audit_write(c, k->audit, err));
}

bool session_end(struct db *db, const uint8_t hash[SESSION_HASH], const struct audit_entry *audit, struct error *err)
{
	struct change k = {.hash = hash, .audit = audit};

	return db_transaction(db, end_body, NULL, &k, err);
}

bool session_from(struct db_conn *c, uint64_t account_id, const struct network *net, bool *is, struct error *err)
{
	static const char sql[] = "SELECT address FROM sessions WHERE account_id = ? ORDER BY id DESC LIMIT ?";
	struct db_arg args[] = {db_int((int64_t)account_id), db_int(SESSIONS_ASKED)};
	struct address a;
	int got;

	*is = false;
	if (!db_query(c, sql, args, 2, err))
		return false;
	while ((got = db_next(c, err)) == 1)
		*is |= address_parse(db_col_str(c, 0), &a, NULL) && network_holds(net, &a);
	db_end(c);
	return got == 0;
}

bool session_seen(struct db_conn *c, const uint8_t hash[SESSION_HASH], int64_t now_ms, struct error *err)
{
	struct db_arg args[] = {db_int(now_ms), db_bytes(hash, SESSION_HASH), db_int(now_ms)};

	return db_exec(c, "UPDATE sessions SET last_seen = ? WHERE token_hash = ? AND last_seen < ?", args, 3, NULL, err);
}

/* ---- passwords ---- */

/* email NULL: whatever address the account has. */
static bool find_password(struct db_conn *c, const char *sql, struct db_arg arg, const char *email,
                          uint64_t *account_id, char text[PASSWORD_TEXT_MAX + 1], struct error *err)
{
	int got;

	*account_id = 0;
	text[0] = '\0';
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1 && (!email || strcasecmp(email, db_col_str(c, 2)) == 0)) {
		*account_id = (uint64_t)db_col_int(c, 0);
		col_text(c, 1, text, PASSWORD_TEXT_MAX + 1);
	}
	db_end(c);
	return got >= 0;
}

bool password_find(struct db_conn *c, const char *email, uint64_t *account_id, char text[PASSWORD_TEXT_MAX + 1],
                   struct error *err)
{
	return find_password(c, "SELECT id, password, email FROM accounts WHERE email = ?", db_str(email), email, account_id,
	                     text, err);
}

bool password_load(struct db_conn *c, uint64_t account_id, char text[PASSWORD_TEXT_MAX + 1], struct error *err)
{
	uint64_t same;

	return find_password(c, "SELECT id, password FROM accounts WHERE id = ?", db_int((int64_t)account_id), NULL, &same,
	                     text, err);
}

struct setting {
	const struct password_change *change;
	const struct audit_entry *audit;
	bool done;
};

static bool end_others(struct db_conn *c, const struct password_change *p, struct error *err)
{
	static const char end[] = "DELETE FROM sessions WHERE account_id = ? AND id <> ?";
	static const char renew[] = "UPDATE sessions SET token_hash = ? WHERE account_id = ? AND id = ?";
	static const struct id none;
	struct db_arg account = db_int((int64_t)p->account_id), id = db_id(p->keep ? &p->keep->id : &none);
	struct db_arg ended[] = {account, id};

	if (!db_exec(c, end, ended, 2, NULL, err))
		return false;
	return !p->keep ||
	       db_exec(c, renew, (struct db_arg[]){db_bytes(p->keep->hash, SESSION_HASH), account, id}, 3, NULL, err);
}

static bool set_body(struct db_conn *c, void *ctx, struct error *err)
{
	static const char any[] = "UPDATE accounts SET password = ? WHERE id = ?";
	/* the new one is salted, so who has it already got it from an attempt whose answer was lost */
	static const char known[] = "UPDATE accounts SET password = ? WHERE id = ? AND password IN (?, ?)";
	struct setting *k = ctx;
	const struct password_change *p = k->change;
	struct db_arg set[] = {db_str(p->text), db_int((int64_t)p->account_id), db_str(p->was), db_str(p->text)};
	uint64_t n;

	if (!db_exec(c, p->was ? known : any, set, p->was ? 4 : 2, &n, err))
		return false;
	k->done = n == 1;
	return !k->done || (end_others(c, p, err) && audit_write(c, k->audit, err));
}

bool password_set(struct db *db, const struct password_change *p, const struct audit_entry *audit, bool *set,
                  struct error *err)
{
	struct setting k = {.change = p, .audit = audit};
	bool ok = db_transaction(db, set_body, NULL, &k, err);

	*set = ok && k.done;
	return ok;
}

/* ---- failed logins ---- */

struct counting {
	struct login_subject *subjects;
	unsigned n;
	int64_t now_ms, window_ms;
};

static int by_hash(const void *x, const void *y)
{
	return memcmp(((const struct login_subject *)x)->hash, ((const struct login_subject *)y)->hash, 32);
}

static bool too_many(const struct login_subject *s, int64_t now_ms, int64_t ends_ms, struct error *err)
{
	int64_t left_ms = ends_ms - now_ms;

	return err_limit(err, "failed_logins", s->max, ends_ms, (int)((left_ms + 999) / 1000),
	                 "Too many logins failed; try again in %" PRId64 " minutes", (left_ms + 59999) / 60000);
}

static bool count_one(struct db_conn *c, const struct counting *k, const struct login_subject *s, struct error *err)
{
	/* assignments are made from left to right: failures is decided by the window that was */
	static const char add[] =
		"INSERT INTO login_failures (subject, since, failures) VALUES (?, ?, 1) ON DUPLICATE KEY UPDATE"
		" failures = IF(since < ?, 1, failures + 1), since = IF(since < ?, VALUES(since), since)";
	static const char read[] = "SELECT failures, since FROM login_failures WHERE subject = ?";
	struct db_arg subject = db_bytes(s->hash, sizeof s->hash), since = db_int(k->now_ms - k->window_ms);
	struct db_arg args[] = {subject, db_int(k->now_ms), since, since};
	int64_t failures = 0, ends_ms = 0;
	int got;

	if (!db_exec(c, add, args, 4, NULL, err) || !db_query(c, read, &subject, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		failures = db_col_int(c, 0);
		ends_ms = db_col_int(c, 1) + k->window_ms;
	}
	db_end(c);
	return got >= 0 && (failures <= s->max || too_many(s, k->now_ms, ends_ms, err));
}

static bool count_body(struct db_conn *c, void *ctx, struct error *err)
{
	static const char prune[] = "DELETE FROM login_failures WHERE since < ? ORDER BY since LIMIT ?";
	const struct counting *k = ctx;
	struct db_arg old[] = {db_int(k->now_ms - k->window_ms), db_int(SESSIONS_PRUNED)};
	unsigned i;

	for (i = 0; i < k->n; i++)
		if (!count_one(c, k, &k->subjects[i], err))
			return false;
	return db_exec(c, prune, old, 2, NULL, err);
}

bool login_count(struct db *db, struct login_subject *s, unsigned n, int64_t now_ms, int64_t window_ms,
                 struct error *err)
{
	struct counting k = {s, n, now_ms, window_ms};

	/* always in one order, so that two logins of one subject wait for each other */
	qsort(s, n, sizeof *s, by_hash);
	return db_transaction(db, count_body, NULL, &k, err);
}

bool login_uncount(struct db_conn *c, const struct login_subject *s, bool forget, struct error *err)
{
	static const char drop[] = "DELETE FROM login_failures WHERE subject = ?";
	static const char less[] = "UPDATE login_failures SET failures = failures - 1 WHERE subject = ? AND failures > 0";
	struct db_arg arg = db_bytes(s->hash, sizeof s->hash);

	return db_exec(c, forget ? drop : less, &arg, 1, NULL, err);
}
