/* What a batch of admissions has to know before it is decided: the accounts' counters, which it locks, known idempotency
 * keys, and budgets that are used up. */
#include "store/admission_priv.h"

#include <stdlib.h>
#include <string.h>

#include "store/plan_cols.h"

static int by_account(const void *x, const void *y)
{
	const struct quota *a = x, *b = y;

	return a->account_id < b->account_id ? -1 : a->account_id > b->account_id;
}

struct quota *admission_quota_of(struct admission_batch *b, uint64_t account_id)
{
	struct quota key = {.account_id = account_id};

	return bsearch(&key, b->quotas, b->quota_count, sizeof key, by_account);
}

static void collect_accounts(struct admission_batch *b)
{
	unsigned i, kept = 0;

	memset(b->quotas, 0, sizeof b->quotas);
	for (i = 0; i < b->n; i++)
		b->quotas[i].account_id = b->a[i]->account_id;
	qsort(b->quotas, b->n, sizeof *b->quotas, by_account);
	for (i = 0; i < b->n; i++)
		if (i == 0 || b->quotas[i].account_id != b->quotas[kept - 1].account_id)
			b->quotas[kept++].account_id = b->quotas[i].account_id;
	b->quota_count = kept;
}

/* One of the reads: announced before the first is waited for, so that a lone admission waits once. */
struct look {
	const char *sql;                     /* NULL: there is nothing to be read */
	struct db_arg args[DB_LIST_MAX];
	unsigned size;
};

/* Statement and values of n of them, the last one repeated up to a size for which it is prepared. */
static void look_ask(struct look *l, struct db_conn *c, const char *sql, unsigned n)
{
	l->size = db_list_size(n);
	for (; n < l->size; n++)
		l->args[n] = l->args[n - 1];
	l->sql = db_list_sql(sql, "?", l->size);
	db_ahead(c, l->sql, l->args, l->size);
}

static void ask_quotas(struct db_conn *c, struct admission_batch *b, struct look *l)
{
	static const char sql[] =
		"SELECT account_id, max_day, max_month, month_overage, max_concurrent,"
		" day_start, day_runs, month_start, month_runs, active, held,"
		" told_80_month, told_100_month, " MAIL_COLUMNS
		" FROM account_quota FORCE INDEX (PRIMARY) WHERE account_id IN (%s)"
		" ORDER BY account_id FOR UPDATE";
	unsigned i;

	for (i = 0; i < b->quota_count; i++)
		l->args[i] = db_int((int64_t)b->quotas[i].account_id);
	look_ask(l, c, sql, b->quota_count);
}

static bool lock_quotas(struct db_conn *c, struct admission_batch *b, const struct look *l, struct error *err)
{
	int got;

	if (!db_query(c, l->sql, l->args, l->size, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct quota *q = admission_quota_of(b, (uint64_t)db_col_int(c, 0));

		q->max_day = col_limit(c, 1);
		q->max_month = col_limit(c, 2);
		q->month_overage = db_col_int(c, 3) != 0;
		q->max_concurrent = col_limit(c, 4);
		q->day_start = db_col_int(c, 5);
		q->day_runs = db_col_int(c, 6);
		q->month_start = db_col_int(c, 7);
		q->month_runs = db_col_int(c, 8);
		q->active = db_col_int(c, 9);
		q->held = db_col_int(c, 10);
		q->told_80_month = db_col_int(c, 11);
		q->told_100_month = db_col_int(c, 12);
		mail_state_read(c, 13, &q->mail);
		q->found = true;
		q->changed = false;
	}
	db_end(c);
	return got == 0;
}

static void replay_from_row(struct db_conn *c, const struct admission_batch *b)
{
	size_t hash_len, body_len, n;
	const char *hash = db_col_bytes(c, 0, &hash_len);
	const char *body = db_col_bytes(c, 1, &body_len);
	const char *response = db_col_bytes(c, 4, &n);
	unsigned i;

	for (i = 0; i < b->n; i++) {
		struct admission *a = b->a[i];

		if (!a->has_key || memcmp(a->scope_hash, hash, sizeof a->scope_hash) != 0 ||
		    db_col_int(c, 3) <= b->now_ms - idempotency_keep(a->key_keep_ms))
			continue;
		a->outcome = memcmp(a->body_hash, body, sizeof a->body_hash) == 0 ?
			ADMIT_REPLAYED : ADMIT_CONFLICT;
		db_col_id(c, 2, &a->existing);
		a->replay_len = response && n <= sizeof a->replay ? n : 0;
		if (a->replay_len > 0)
			memcpy(a->replay, response, a->replay_len);
	}
}

/* A key's record cannot appear between this and the insert: its account's row is locked. */
static void ask_keys(struct db_conn *c, struct admission_batch *b, struct look *l)
{
	static const char sql[] =
		"SELECT scope_hash, body_hash, execution_id, created_at, response"
		" FROM idempotency_keys WHERE scope_hash IN (%s)";
	unsigned n = 0, i;

	for (i = 0; i < b->n; i++)
		if (b->a[i]->has_key)
			l->args[n++] = db_bytes(b->a[i]->scope_hash, sizeof b->a[i]->scope_hash);
	b->any_key = n > 0;
	if (n > 0)
		look_ask(l, c, sql, n);
}

static bool look_up_keys(struct db_conn *c, struct admission_batch *b, const struct look *l, struct error *err)
{
	int got;

	if (!l->sql)
		return true;
	if (!db_query(c, l->sql, l->args, l->size, err))
		return false;
	while ((got = db_next(c, err)) == 1)
		replay_from_row(c, b);
	db_end(c);
	return got == 0;
}

/* Nothing is reserved before a model is called, so these are not locked: a run that is accepted although its budget is
 * being used up at this moment fails at its first call. */
static void ask_budgets(struct db_conn *c, struct admission_batch *b, struct look *l)
{
	static const char sql[] =
		"SELECT account_id, kind, subject, max_tokens, month_start, used FROM token_budgets"
		" WHERE account_id IN (%s) AND used >= max_tokens"
		" ORDER BY account_id, kind, subject";
	unsigned n = 0, i;

	for (i = 0; i < b->n; i++)
		if (b->a[i]->budgeted)
			l->args[n++] = db_int((int64_t)b->a[i]->account_id);
	if (n > 0)
		look_ask(l, c, sql, n);
}

static bool look_at_budgets(struct db_conn *c, struct admission_batch *b, const struct look *l, struct error *err)
{
	unsigned i;
	int got;

	if (!l->sql)
		return true;
	if (!db_query(c, l->sql, l->args, l->size, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		uint64_t account_id = (uint64_t)db_col_int(c, 0);
		struct token_budget t;

		budget_read(c, 1, b->now_ms, &t);
		for (i = 0; i < b->n; i++) {
			struct admission *a = b->a[i];

			if (a->account_id != account_id || a->is_spent || t.used < t.max_tokens ||
			    !budget_applies(&t, &a->budget_key, a->agent))
				continue;
			a->is_spent = true;
			a->spent = t;
		}
	}
	db_end(c);
	return got == 0;
}

bool admission_look(struct db_conn *c, struct admission_batch *b, struct error *err)
{
	struct look quotas = {0}, keys = {0}, budgets = {0};

	collect_accounts(b);
	/* in this order: what is known of keys is read with the accounts locked */
	ask_quotas(c, b, &quotas);
	ask_keys(c, b, &keys);
	ask_budgets(c, b, &budgets);
	return lock_quotas(c, b, &quotas, err) && look_up_keys(c, b, &keys, err) && look_at_budgets(c, b, &budgets, err);
}
