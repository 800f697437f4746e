/* Tables execution_plans and effects. */
#include "store/effects.h"

#include <stdlib.h>
#include <string.h>

#include "store/cols.h"
#include "store/effects_priv.h"

bool plan_load(struct db_conn *c, const struct id *execution_id, struct arena *a, const char **plan, size_t *n,
               struct error *err)
{
	static const char sql[] = "SELECT plan FROM execution_plans WHERE execution_id = ?";
	struct db_arg arg = db_id(execution_id);
	const char *p;
	int got;

	*plan = NULL;
	*n = 0;
	if (!db_query(c, sql, &arg, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		p = db_col_bytes(c, 0, n);
		*plan = arena_strndup(a, p ? p : "", *n);
	}
	db_end(c);
	return got >= 0;
}

static void take_row(struct db_conn *c, struct effect_row **rows, unsigned n, struct arena *a)
{
	const char *key, *remote;
	size_t key_len;
	unsigned i;

	key = db_col_bytes(c, 0, &key_len);
	for (i = 0; key && key_len == SHA256_SIZE && i < n; i++) {
		if (memcmp(rows[i]->key, key, SHA256_SIZE) != 0)
			continue;
		rows[i]->state = (enum effect_state)db_col_int(c, 1);
		remote = db_col_str(c, 2);
		rows[i]->remote_id = remote ? arena_strdup(a, remote) : NULL;
		rows[i]->changed_at = db_col_int(c, 3);
		db_col_id(c, 4, &rows[i]->execution_id);
	}
}

/* fmt: the statement, by which it is kept. */
static bool read_states(struct db_conn *c, const char *fmt, uint64_t account_id, struct effect_row **rows, unsigned n,
                        struct arena *a, struct error *err)
{
	struct db_arg args[DB_LIST_MAX + 1];
	unsigned size = db_list_size(n), i;
	int got;

	args[0] = db_int((int64_t)account_id);
	for (i = 0; i < size; i++)
		args[1 + i] = db_bytes(rows[i < n ? i : n - 1]->key, SHA256_SIZE);
	if (!db_query(c, db_list_sql(fmt, "?", size), args, 1 + size, err))
		return false;
	while ((got = db_next(c, err)) == 1)
		take_row(c, rows, n, a);
	db_end(c);
	return got == 0;
}

static bool look(struct db_conn *c, const char *fmt, uint64_t account_id, struct effect_row **rows, unsigned n,
                 struct arena *a, struct error *err)
{
	unsigned from, some;

	for (from = 0; from < n; from++) {
		rows[from]->state = EFFECT_NEW;
		rows[from]->remote_id = NULL;
		rows[from]->changed_at = 0;
	}
	for (from = 0; from < n; from += some) {
		some = n - from < DB_LIST_MAX ? n - from : DB_LIST_MAX;
		if (!read_states(c, fmt, account_id, rows + from, some, a, err))
			return false;
	}
	return true;
}

bool effects_look(struct db_conn *c, uint64_t account_id, struct effect_row **rows, unsigned n, struct arena *a,
                  struct error *err)
{
	static const char fmt[] = "SELECT effect_key, state, remote_id, changed_at, execution_id FROM effects"
	                          " WHERE account_id = ? AND effect_key IN (%s)";

	return look(c, fmt, account_id, rows, n, a, err);
}

static int by_key(const void *a, const void *b)
{
	return memcmp((*(struct effect_row *const *)a)->key, (*(struct effect_row *const *)b)->key, SHA256_SIZE);
}

void effects_sort(struct effect_row **rows, unsigned n)
{
	qsort(rows, n, sizeof *rows, by_key);
}

/* ---- Intents ---- */

struct intend {
	const struct lease_ref *lease;
	const char *agent, *plan;
	size_t plan_len;
	struct effect_row **rows;
	unsigned n;
	int64_t now_ms;
	struct arena *arena;
	bool held;
};

/* A run that ends meanwhile waits, so no plan is written behind its removal. */
static bool lock_lease(struct db_conn *c, struct intend *t, struct error *err)
{
	static const char sql[] = "SELECT cancel FROM leases FORCE INDEX (PRIMARY)"
	                          " WHERE execution_id = ? AND token = ? AND expires_at > ? LOCK IN SHARE MODE";
	struct db_arg args[3] = {db_id(&t->lease->id), db_int((int64_t)t->lease->token), db_int(t->now_ms)};
	int64_t cancel = 0;
	bool found;

	if (!db_query_int(c, sql, args, 3, &cancel, &found, err))
		return false;
	t->held = found && cancel == 0;
	return true;
}

static bool write_plan(struct db_conn *c, const struct intend *t, struct error *err)
{
	static const char sql[] = "INSERT INTO execution_plans (execution_id, plan) VALUES (?, ?)"
	                          " ON DUPLICATE KEY UPDATE plan = VALUES(plan)";
	struct db_arg args[2] = {db_id(&t->lease->id), db_bytes(t->plan, t->plan_len)};

	return !t->plan || db_exec(c, sql, args, 2, NULL, err);
}

/* Which of the intents are of other runs that are under way: those are left to them. A run that takes one up again does
 * so under its own id, so its own are never busy. */
static bool find_busy(struct db_conn *c, const struct intend *t, struct error *err)
{
	static const char fmt[] = "SELECT execution_id FROM leases WHERE execution_id IN (%s) AND expires_at > ?";
	struct db_arg args[DB_LIST_MAX + 1];
	struct id ids[DB_LIST_MAX], id;
	unsigned n = 0, size, i, k;
	int got;

	for (i = 0; i < t->n && n < DB_LIST_MAX; i++) {
		const struct effect_row *r = t->rows[i];

		if (r->state != EFFECT_INTENDED || id_cmp(&r->execution_id, &t->lease->id) == 0)
			continue;
		for (k = 0; k < n && id_cmp(&ids[k], &r->execution_id) != 0; k++)
			;
		if (k == n)
			ids[n++] = r->execution_id;
	}
	if (n == 0)
		return true;
	size = db_list_size(n);
	for (i = 0; i < size; i++)
		args[i] = db_id(&ids[i < n ? i : n - 1]);
	args[size] = db_int(t->now_ms);
	if (!db_query(c, db_list_sql(fmt, "?", size), args, size + 1, err))
		return false;
	while ((got = db_next(c, err)) == 1)
		for (i = 0; db_col_id(c, 0, &id) && i < t->n; i++)
			if (t->rows[i]->state == EFFECT_INTENDED && id_cmp(&t->rows[i]->execution_id, &id) == 0)
				t->rows[i]->state = EFFECT_BUSY;
	db_end(c);
	return got == 0;
}

/* What is done stays so, whoever comes between the look and this. */
static bool write_intents(struct db_conn *c, const struct intend *t, struct error *err)
{
	static const char sql[] =
		"INSERT INTO effects (account_id, effect_key, agent, kind, state, execution_id, changed_at)"
		" VALUES (?, ?, ?, ?, 1, ?, ?) ON DUPLICATE KEY UPDATE"
		" execution_id = IF(state IN (1, 4), VALUES(execution_id), execution_id),"
		" changed_at = IF(state IN (1, 4), VALUES(changed_at), changed_at),"
		" state = IF(state = 4, 1, state)";
	struct db_arg args[DB_LIST_MAX * 6], *at;
	unsigned i, rows = 0;

	for (i = 0, at = args; i < t->n; i++) {
		if (t->rows[i]->state == EFFECT_DONE || t->rows[i]->state == EFFECT_UNDONE ||
		    t->rows[i]->state == EFFECT_BUSY)
			continue;
		*at++ = db_int((int64_t)t->lease->account_id);
		*at++ = db_bytes(t->rows[i]->key, SHA256_SIZE);
		*at++ = db_str(t->agent);
		*at++ = db_str(t->rows[i]->kind);
		*at++ = db_id(&t->lease->id);
		*at++ = db_int(t->now_ms);
		if (++rows < DB_LIST_MAX)
			continue;
		if (!db_exec_rows(c, sql, args, 6, rows, NULL, err))
			return false;
		rows = 0;
		at = args;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 6, rows, NULL, err);
}

static bool intend_body(struct db_conn *c, void *ctx, struct error *err)
{
	static const char fmt[] = "SELECT effect_key, state, remote_id, changed_at, execution_id"
	                          " FROM effects FORCE INDEX (PRIMARY)"
	                          " WHERE account_id = ? AND effect_key IN (%s) ORDER BY effect_key FOR UPDATE";
	struct intend *t = ctx;

	if (!lock_lease(c, t, err))
		return false;
	return !t->held || (write_plan(c, t, err) &&
	                    look(c, fmt, t->lease->account_id, t->rows, t->n, t->arena, err) &&
	                    find_busy(c, t, err) && write_intents(c, t, err));
}

bool effects_intend(struct db *db, const struct lease_ref *lease, const char *agent, const char *plan, size_t plan_len,
                    struct effect_row **rows, unsigned n, int64_t now_ms, struct arena *a, bool *held,
                    struct error *err)
{
	struct intend t = {.lease = lease, .agent = agent, .plan = plan, .plan_len = plan_len, .rows = rows, .n = n,
	                   .now_ms = now_ms, .arena = a};
	bool ok;

	effects_sort(rows, n);
	ok = db_transaction(db, intend_body, NULL, &t, err);
	*held = ok && t.held;
	return ok;
}

/* ---- Outcomes ---- */

struct settle {
	uint64_t account_id;
	const char *agent;
	struct effect_row **rows;
	unsigned n, changed;
	enum effect_state state;
	int64_t now_ms;
};

static bool settle_one(struct db_conn *c, const struct settle *s, const struct effect_row *r, bool *changed,
                       struct error *err)
{
	/* by what it becomes: what it may have been before */
	static const char *const sql[] = {
		[EFFECT_DONE] = "UPDATE effects SET state = ?, remote_id = ?, changed_at = ?"
		                " WHERE account_id = ? AND effect_key = ? AND state IN (1, 4)",
		[EFFECT_UNDONE] = "UPDATE effects SET state = ?, remote_id = ?, changed_at = ?"
		                  " WHERE account_id = ? AND effect_key = ? AND state = 2",
		[EFFECT_FAILED] = "UPDATE effects SET state = ?, remote_id = ?, changed_at = ?"
		                  " WHERE account_id = ? AND effect_key = ? AND state = 1",
	};
	struct db_arg args[5] = {db_int(s->state), db_str(r->remote_id), db_int(s->now_ms),
	                         db_int((int64_t)s->account_id), db_bytes(r->key, SHA256_SIZE)};
	uint64_t affected = 0;

	if (!db_exec(c, sql[s->state], args, 5, &affected, err))
		return false;
	*changed = affected == 1;
	return true;
}

static bool settle_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct settle *s = ctx;
	struct lesson learned[EFFECTS_MAX * EFFECT_LESSONS_MAX];
	unsigned i, k, lessons = 0;
	bool changed;

	s->changed = 0;
	for (i = 0; i < s->n; i++) {
		const struct effect_row *r = s->rows[i];

		if (!settle_one(c, s, r, &changed, err))
			return false;
		s->changed += changed;
		for (k = 0; changed && s->state != EFFECT_FAILED && k < r->lesson_count; k++)
			learned[lessons++] = r->lessons[k];
	}
	return memory_learn(c, s->account_id, s->agent, learned, lessons, s->state == EFFECT_UNDONE, s->now_ms, err);
}

bool effects_settle(struct db *db, uint64_t account_id, const char *agent, struct effect_row **rows, unsigned n,
                    enum effect_state state, int64_t now_ms, unsigned *changed, struct error *err)
{
	struct settle s = {.account_id = account_id, .agent = agent, .rows = rows, .n = n, .state = state,
	                   .now_ms = now_ms};
	bool ok;

	INVARIANT(n <= EFFECTS_MAX && state >= EFFECT_DONE && state <= EFFECT_FAILED, "effects cannot become that");
	effects_sort(rows, n);
	/* a commit whose outcome is unknown is repeated: what it changed is not changed again, nor counted */
	ok = n == 0 || db_transaction(db, settle_body, NULL, &s, err);
	if (changed)
		*changed = ok ? s.changed : 0;
	return ok;
}
