/* The admission's transaction. Its statements are sent for all of a batch at once. */
#include "store/admission_priv.h"

#include <string.h>

#include "store/months.h"

#define PACKED_MAX 2      /* admissions that are sent as text, in two round trips */

/* An earlier admission of this batch with the same idempotency key. */
static bool replays_in_batch(const struct admission_batch *b, unsigned i)
{
	struct admission *a = b->a[i];
	unsigned k;

	for (k = 0; k < i; k++) {
		const struct admission *first = b->a[k];

		if (!first->has_key || first->outcome != ADMIT_ACCEPTED ||
		    memcmp(first->scope_hash, a->scope_hash, sizeof a->scope_hash) != 0)
			continue;
		a->outcome = memcmp(first->body_hash, a->body_hash, sizeof a->body_hash) == 0 ?
			ADMIT_REPLAYED : ADMIT_CONFLICT;
		a->existing = first->id;
		a->replay_len = first->response_len <= sizeof a->replay ? first->response_len : 0;
		if (a->replay_len > 0)
			memcpy(a->replay, first->response, a->replay_len);
		return true;
	}
	return false;
}

static void decide_all(struct admission_batch *b)
{
	unsigned i;

	b->first_accepted = -1;
	for (i = 0; i < b->n; i++) {
		struct admission *a = b->a[i];
		struct quota *q = admission_quota_of(b, a->account_id);

		if (a->outcome == ADMIT_REPLAYED || a->outcome == ADMIT_CONFLICT ||
		    (a->has_key && replays_in_batch(b, i)))
			continue;
		if (!q->found)
			a->outcome = ADMIT_NO_ACCOUNT;
		else if (a->replay_only)
			a->outcome = ADMIT_UNKNOWN_KEY;
		else
			b->decide(q, a, b->now_ms);
		if (a->outcome == ADMIT_ACCEPTED && b->first_accepted < 0)
			b->first_accepted = (int)i;
	}
}

static bool insert_executions(struct db_conn *c, const struct admission_batch *b, struct error *err)
{
	static const char sql[] =
		"INSERT INTO executions (id, account_id, agent, trigger_type, queued_at, key_id, webhook_url,"
		" input, run_at, max_tokens, schedule_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	struct db_arg args[ADMISSION_BATCH_MAX * 11], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < b->n; i++) {
		const struct admission *a = b->a[i];

		if (a->outcome != ADMIT_ACCEPTED)
			continue;
		*at++ = db_id(&a->id);
		*at++ = db_int((int64_t)a->account_id);
		*at++ = db_str(a->agent);
		*at++ = db_int(a->trigger);
		*at++ = db_int(a->queued_at);
		*at++ = db_id(a->has_key_id ? &a->key_id : NULL);
		*at++ = db_str(a->webhook_url);
		*at++ = db_bytes(a->input, a->input_len);
		*at++ = a->due_at == RUN_WAITS ? db_null() : db_opt_int(a->due_at);
		*at++ = db_opt_int(a->max_tokens);
		*at++ = db_id(a->has_schedule ? &a->schedule_id : NULL);
		rows++;
	}
	return db_exec_rows(c, sql, args, 11, rows, NULL, err);
}

static bool insert_ready(struct db_conn *c, const struct admission_batch *b, struct error *err)
{
	static const char sql[] =
		"INSERT INTO queue_ready (lane, execution_id, account_id, attempt, waiter)"
		" VALUES (?, ?, ?, 0, ?)";
	struct db_arg args[ADMISSION_BATCH_MAX * 4], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < b->n; i++) {
		const struct admission *a = b->a[i];

		if (a->outcome != ADMIT_ACCEPTED || !a->ready)
			continue;
		*at++ = db_int(a->lane);
		*at++ = db_id(&a->id);
		*at++ = db_int((int64_t)a->account_id);
		*at++ = db_str(a->waiter);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 4, rows, NULL, err);
}

static bool insert_held(struct db_conn *c, const struct admission_batch *b, struct error *err)
{
	static const char sql[] = "INSERT INTO queue_held (account_id, execution_id) VALUES (?, ?)";
	struct db_arg args[ADMISSION_BATCH_MAX * 2], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < b->n; i++) {
		const struct admission *a = b->a[i];

		if (a->outcome != ADMIT_ACCEPTED || a->ready || a->due_at != 0)
			continue;
		*at++ = db_int((int64_t)a->account_id);
		*at++ = db_id(&a->id);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 2, rows, NULL, err);
}

static bool insert_later(struct db_conn *c, const struct admission_batch *b, struct error *err)
{
	static const char sql[] =
		"INSERT INTO queue_later (due_at, execution_id, account_id, attempt, lane, has_slot, waiter)"
		" VALUES (?, ?, ?, 0, ?, 0, NULL)";
	struct db_arg args[ADMISSION_BATCH_MAX * 4], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < b->n; i++) {
		const struct admission *a = b->a[i];

		if (a->outcome != ADMIT_ACCEPTED || a->due_at == 0)
			continue;
		*at++ = db_int(a->due_at);
		*at++ = db_id(&a->id);
		*at++ = db_int((int64_t)a->account_id);
		*at++ = db_int(a->lane);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 4, rows, NULL, err);
}

/* A record that is too old to be replayed gives way to the new one. */
static bool keep_keys(struct db_conn *c, const struct admission_batch *b, struct error *err)
{
	static const char sql[] =
		"INSERT INTO idempotency_keys"
		" (scope_hash, account_id, body_hash, execution_id, created_at, response)"
		" VALUES (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE body_hash = VALUES(body_hash),"
		" execution_id = VALUES(execution_id), created_at = VALUES(created_at),"
		" response = VALUES(response)";
	struct db_arg args[ADMISSION_BATCH_MAX * 6], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < b->n; i++) {
		const struct admission *a = b->a[i];

		if (!a->has_key || a->outcome != ADMIT_ACCEPTED)
			continue;
		*at++ = db_bytes(a->scope_hash, sizeof a->scope_hash);
		*at++ = db_int((int64_t)a->account_id);
		*at++ = db_bytes(a->body_hash, sizeof a->body_hash);
		*at++ = db_id(&a->id);
		*at++ = db_int(a->queued_at);
		*at++ = db_bytes(a->response, a->response_len);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 6, rows, NULL, err);
}

/* The rows are there and locked. Many are written as rows of one insert, which costs the server little more than
 * half of an update for each. */
static bool write_quotas(struct db_conn *c, const struct admission_batch *b, struct error *err)
{
	static const char sql[] =
		"INSERT INTO account_quota (account_id, day_start, day_runs, month_start, month_runs, active,"
		" held) VALUES (?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE day_start = VALUES(day_start),"
		" day_runs = VALUES(day_runs), month_start = VALUES(month_start),"
		" month_runs = VALUES(month_runs), active = VALUES(active), held = VALUES(held)";
	struct db_arg args[ADMISSION_BATCH_MAX * 7], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < b->quota_count; i++) {
		const struct quota *q = &b->quotas[i];

		if (!q->changed)
			continue;
		*at++ = db_int((int64_t)q->account_id);
		*at++ = db_int(q->day_start);
		*at++ = db_int(q->day_runs);
		*at++ = db_int(q->month_start);
		*at++ = db_int(q->month_runs);
		*at++ = db_int(q->active);
		*at++ = db_int(q->held);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 7, rows, NULL, err);
}

/* Seldom: of the first runs in a new month. */
static bool close_months(struct db_conn *c, const struct admission_batch *b, struct error *err)
{
	struct month_runs closed[ADMISSION_BATCH_MAX];
	unsigned i, n = 0;

	for (i = 0; i < b->quota_count; i++) {
		const struct quota *q = &b->quotas[i];

		if (q->changed && q->closed_runs > 0)
			closed[n++] = (struct month_runs){q->account_id, q->closed_month, q->closed_runs, q->max_month,
			                                  month_overage(q->closed_runs, q->max_month, q->month_overage)};
	}
	return months_add_runs(c, closed, n, err);
}

static bool admission_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct admission_batch *b = ctx;
	unsigned i;

	for (i = 0; i < b->n; i++) {
		b->a[i]->outcome = ADMIT_UNKNOWN_KEY;
		b->a[i]->ready = b->a[i]->is_spent = false;
	}
	if (!admission_look(c, b, err))
		return false;
	decide_all(b);
	if (b->first_accepted < 0)
		return true;
	return insert_executions(c, b, err) && insert_ready(c, b, err) && insert_held(c, b, err) &&
	       insert_later(c, b, err) && (!b->any_key || keep_keys(c, b, err)) &&
	       write_quotas(c, b, err) && close_months(c, b, err) && admission_tell_quotas(c, b, err);
}

/* The batch is one transaction, so one of its rows tells of all. */
static int admission_applied(struct db_conn *c, void *ctx)
{
	const struct admission_batch *b = ctx;
	struct error err;
	struct db_arg id;
	int64_t one;
	bool found;

	if (b->first_accepted < 0)
		return 1;
	id = db_id(&b->a[b->first_accepted]->id);
	if (!db_query_int(c, "SELECT 1 FROM executions WHERE id = ?", &id, 1, &one, &found, &err))
		return -1;
	return found;
}

bool admission_write(struct db_conn *c, struct admission *const *a, unsigned n, int64_t now_ms,
                     admission_decide decide, struct error *err)
{
	struct admission_batch b = {.a = a, .n = n, .now_ms = now_ms, .decide = decide};

	INVARIANT(n > 0 && n <= ADMISSION_BATCH_MAX, "a batch of admissions out of bounds");
	return admission_body(c, &b, err);
}

bool admission_commit(struct db *db, struct db_conn **c, struct admission *const *a, unsigned n,
                      int64_t now_ms, admission_decide decide, struct error *err)
{
	struct admission_batch b = {.a = a, .n = n, .now_ms = now_ms, .decide = decide};

	INVARIANT(n > 0 && n <= ADMISSION_BATCH_MAX, "a batch of admissions out of bounds");
	/* who comes alone waits for the server; of many each waits for the others */
	return n <= PACKED_MAX ? db_transaction_packed(db, c, admission_body, admission_applied, &b, err) :
	                         db_transaction_on(db, c, admission_body, admission_applied, &b, err);
}
