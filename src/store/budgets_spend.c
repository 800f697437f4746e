/* Reserving tokens before a model call, and settling after it. */
#include "store/budgets.h"

#include <string.h>

struct spend {
	const struct token_spender *s;
	int64_t  tokens;                 /* to be added: reserved, or what was used less what was reserved */
	int64_t  now_ms;
	struct id change_id;             /* tells whether an unanswered COMMIT was applied */
	struct token_budget rows[BUDGET__MAX];   /* those that apply, locked */
	unsigned n;
	int64_t  run_used;
	bool     done;                   /* by an earlier try, whose answer did not come */
	enum reserve_outcome outcome;
	struct token_budget *refused;
	const struct token_reservation *settled;
	bool     tried;                  /* a try to settle came as far as its COMMIT */
};

/* Held until the end, so that nobody ends the run meanwhile: what execution_tokens says of it would stay for ever. */
static bool lock_lease(struct db_conn *c, const struct token_spender *s, bool *ours, struct error *err)
{
	static const char sql[] =
		"SELECT 1 FROM leases WHERE execution_id = ? AND token = ? LOCK IN SHARE MODE";
	struct db_arg args[2] = {db_id(&s->execution_id), db_int((int64_t)s->token)};
	int64_t one;

	return db_query_int(c, sql, args, 2, &one, ours, err);
}

static bool lock_budgets(struct db_conn *c, struct spend *p, struct error *err)
{
	static const char sql[] =
		"SELECT kind, subject, max_tokens, month_start, used FROM token_budgets FORCE INDEX (PRIMARY)"
		" WHERE account_id = ? AND ((kind = 0 AND subject = '') OR (kind = 1 AND subject ="
		" COALESCE((SELECT budget_key FROM api_keys WHERE id = ?), ?))"
		" OR (kind = 2 AND subject = ?)) ORDER BY kind, subject FOR UPDATE";
	char key[ID_TEXT_SIZE];
	struct db_arg args[4] = {db_int((int64_t)p->s->account_id), db_id(&p->s->key_id)};
	int got;

	id_format(ID_KEY, &p->s->key_id, key);
	args[2] = db_str(key);
	args[3] = db_str(p->s->agent);
	if (!db_query(c, sql, args, 4, err))
		return false;
	while ((got = db_next(c, err)) == 1 && p->n < BUDGET__MAX)
		budget_read(c, 0, p->now_ms, &p->rows[p->n++]);
	db_end(c);
	return got >= 0;
}

static bool lock_run(struct db_conn *c, struct spend *p, struct error *err)
{
	struct db_arg arg = db_id(&p->s->execution_id);
	struct id last;
	int got;

	if (!db_query(c, "SELECT used, change_id FROM execution_tokens WHERE execution_id = ? FOR UPDATE", &arg, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		p->run_used = db_col_int(c, 0);
		p->done = db_col_id(c, 1, &last) && id_cmp(&last, &p->change_id) == 0;
	}
	db_end(c);
	return got >= 0;
}

static bool fits(struct spend *p)
{
	unsigned i;

	for (i = 0; i < p->n; i++) {
		if (p->rows[i].used + p->tokens <= p->rows[i].max_tokens)
			continue;
		p->outcome = RESERVE_OVER_MONTH;
		*p->refused = p->rows[i];
		return false;
	}
	if (p->s->max_tokens == 0 || p->run_used + p->tokens <= p->s->max_tokens)
		return true;
	p->outcome = RESERVE_OVER_RUN;
	*p->refused = (struct token_budget){.max_tokens = p->s->max_tokens, .used = p->run_used};
	return false;
}

static bool write_budgets(struct db_conn *c, const struct spend *p, struct error *err)
{
	static const char sql[] =
		"UPDATE token_budgets SET month_start = ?, used = ? WHERE account_id = ? AND kind = ? AND subject = ?";
	struct db_arg args[BUDGET__MAX * 5], *at = args;
	unsigned i;

	for (i = 0; i < p->n; i++) {
		*at++ = db_int(p->rows[i].month_start);
		*at++ = db_int(p->rows[i].used);
		*at++ = db_int((int64_t)p->s->account_id);
		*at++ = db_int(p->rows[i].kind);
		*at++ = db_str(p->rows[i].subject);
	}
	return p->n == 0 || db_exec_rows(c, sql, args, 5, p->n, NULL, err);
}

static bool write_run(struct db_conn *c, const struct spend *p, struct error *err)
{
	static const char sql[] =
		"INSERT INTO execution_tokens (execution_id, used, change_id) VALUES (?, ?, ?)"
		" ON DUPLICATE KEY UPDATE used = VALUES(used), change_id = VALUES(change_id)";
	struct db_arg args[3] = {db_id(&p->s->execution_id), db_int(p->run_used), db_id(&p->change_id)};

	return db_exec(c, sql, args, 3, NULL, err);
}

/* A lost lease takes the run's own count with it, not the months'. */
static bool begin(struct db_conn *c, struct spend *p, bool *ours, struct error *err)
{
	p->n = 0;
	p->run_used = 0;
	p->done = false;
	return lock_lease(c, p->s, ours, err) && (!p->s->budgeted || lock_budgets(c, p, err)) &&
	       (!*ours || lock_run(c, p, err));
}

static bool reserve_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct spend *p = ctx;
	unsigned i;
	bool ours;

	p->outcome = RESERVE_LOST;
	if (!begin(c, p, &ours, err))
		return false;
	if (!ours)
		return true;
	p->outcome = RESERVED;
	if (!fits(p))
		return true;
	for (i = 0; i < p->n; i++)
		p->rows[i].used += p->tokens;
	p->run_used += p->tokens;
	return write_budgets(c, p, err) && write_run(c, p, err);
}

/* Only what the reservation was added to, and is still of the same month. */
static void settle_rows(struct spend *p)
{
	unsigned i, k, kept = 0;

	for (i = 0; i < p->n; i++) {
		struct token_budget *t = &p->rows[i];
		bool reserved = false;

		for (k = 0; k < p->settled->count; k++)
			reserved |= p->settled->of[k].kind == t->kind &&
			            p->settled->of[k].month_start == t->month_start;
		if (!reserved)
			continue;
		t->used = t->used + p->tokens > 0 ? t->used + p->tokens : 0;
		p->rows[kept++] = *t;
	}
	p->n = kept;
}

static bool settle_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct spend *p = ctx;
	bool ours;

	if (!begin(c, p, &ours, err))
		return false;
	p->outcome = ours ? RESERVED : RESERVE_LOST;
	/* with the lease went what would tell whether it was done: then it stays used */
	if (p->done || (!ours && (p->tried || p->settled->in_doubt)))
		return true;
	settle_rows(p);
	p->run_used += p->tokens;
	if (!write_budgets(c, p, err) || (ours && !write_run(c, p, err)))
		return false;
	p->tried = true;
	return true;
}

static int spend_applied(struct db_conn *c, void *ctx)
{
	static const char sql[] = "SELECT 1 FROM execution_tokens WHERE execution_id = ? AND change_id = ?";
	const struct spend *p = ctx;
	struct db_arg args[2] = {db_id(&p->s->execution_id), db_id(&p->change_id)};
	struct error err;
	int64_t one;
	bool found;

	if (p->outcome != RESERVED)
		return p->settled ? -1 : 1;
	return db_query_int(c, sql, args, 2, &one, &found, &err) ? found : -1;
}

bool budget_reserve(struct db *db, const struct token_spender *s, int64_t tokens, int64_t now_ms,
                    enum reserve_outcome *outcome, struct token_reservation *out, struct token_budget *refused,
                    struct error *err)
{
	struct spend p = {.s = s, .tokens = tokens, .now_ms = now_ms, .change_id = id_make(), .refused = refused};
	unsigned i;

	INVARIANT(tokens >= 0 && tokens <= BUDGET_TOKENS_MAX, "a reservation out of bounds");
	if (!db_transaction(db, reserve_body, spend_applied, &p, err))
		return false;
	*outcome = p.outcome;
	*out = (struct token_reservation){.tokens = tokens, .count = p.n, .settle_id = id_make()};
	for (i = 0; i < p.n; i++) {
		out->of[i].kind = p.rows[i].kind;
		out->of[i].month_start = p.rows[i].month_start;
	}
	return true;
}

bool budget_settle(struct db *db, const struct token_spender *s, struct token_reservation *r, int64_t used,
                   struct error *err)
{
	/* no month is begun by giving back: now_ms 0 reads the rows as they stand */
	struct spend p = {.s = s, .tokens = used - r->tokens, .now_ms = 0, .change_id = r->settle_id, .settled = r};
	struct error e = {0};

	INVARIANT(used >= 0 && used <= BUDGET_TOKENS_MAX, "more tokens used than can be");
	if (p.tokens == 0 || db_transaction(db, settle_body, spend_applied, &p, &e))
		return true;
	r->in_doubt |= e.outcome_unknown;
	if (err)
		*err = e;
	return false;
}
