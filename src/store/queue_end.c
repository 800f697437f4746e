/* The end of attempts: one transaction for many. Lock order: quota rows, leases, executions, queue, schedules,
 * outbox, what its runs have used of budgets; the quota row of its account stands before all that belongs to a run or a
 * schedule. */
#include "store/queue_priv.h"

#include <stdlib.h>
#include <string.h>

struct end_work {
	struct ended_run *runs;
	unsigned n;
	int64_t  now_ms;
	int64_t  expired_by;             /* not 0: only leases past this instant */
	bool     careful;                /* look at each lease before it is deleted */
	bool     mismatch;               /* out: not every lease was ours; be careful */
	enum run_outcome outcome[QUEUE_END_MAX];   /* as it will be written */
	bool     cancelled[QUEUE_END_MAX], lost[QUEUE_END_MAX];
	unsigned char by_id[QUEUE_END_MAX]; /* indices in order of ids: how leases are locked */
	struct slots slots;
	unsigned promoted, deliveries;
};

static void sort_by_id(struct end_work *w)
{
	unsigned i, at;

	for (i = 0; i < w->n; i++) {
		for (at = i; at > 0 && id_cmp(&w->runs[w->by_id[at - 1]].id, &w->runs[i].id) > 0;
		     at--)
			w->by_id[at] = w->by_id[at - 1];
		w->by_id[at] = (unsigned char)i;
	}
}

static bool is_final(const struct end_work *w, unsigned i)
{
	return w->outcome[i] == RUN_SUCCESS || w->outcome[i] == RUN_FAILED;
}

static void start_over(struct end_work *w)
{
	unsigned i;

	w->promoted = w->deliveries = 0;
	w->mismatch = false;
	slots_init(&w->slots);
	for (i = 0; i < w->n; i++) {
		w->outcome[i] = w->runs[i].outcome;
		w->cancelled[i] = w->lost[i] = false;
		slots_want(&w->slots, w->runs[i].account_id);
	}
}

static void judge_lease(struct db_conn *c, struct end_work *w, unsigned i)
{
	struct ended_run *r = &w->runs[i];

	if ((uint64_t)db_col_int(c, 1) != r->token ||
	    (w->expired_by != 0 && db_col_int(c, 3) > w->expired_by))
		return;
	w->lost[i] = false;
	if (db_col_int(c, 2) != 0 && !is_final(w, i)) {
		w->outcome[i] = RUN_FAILED;
		w->cancelled[i] = true;
	}
}

/* The index is forced here and in the other locking reads: of a small table the optimiser would
 * rather read, and so lock, every row. */
static bool look_at_leases(struct db_conn *c, struct end_work *w, struct error *err)
{
	static const char sql[] =
		"SELECT execution_id, token, cancel, expires_at FROM leases FORCE INDEX (PRIMARY)"
		" WHERE execution_id IN (%s) ORDER BY execution_id FOR UPDATE";
	struct db_arg args[DB_LIST_MAX];
	struct id ids[DB_LIST_MAX], id;
	unsigned size, i;
	int got;

	for (i = 0; i < w->n; i++) {
		ids[i] = w->runs[i].id;
		w->lost[i] = true;
	}
	size = list_of_ids(args, ids, w->n);
	if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		db_col_id(c, 0, &id);
		for (i = 0; i < w->n; i++)
			if (id_cmp(&w->runs[i].id, &id) == 0)
				judge_lease(c, w, i);
	}
	db_end(c);
	return got == 0;
}

/* In order of ids; each by its whole key, as in leave_ready of the claim. */
static bool delete_leases(struct db_conn *c, struct end_work *w, struct error *err)
{
	static const char sql[] = "DELETE FROM leases WHERE execution_id = ? AND token = ?";
	struct db_arg args[QUEUE_END_MAX * 2];
	unsigned i, rows = 0;
	uint64_t deleted = 0;

	for (i = 0; i < w->n; i++) {
		const struct ended_run *r = &w->runs[w->by_id[i]];

		if (w->lost[w->by_id[i]])
			continue;
		args[2 * rows] = db_id(&r->id);
		args[2 * rows + 1] = db_int((int64_t)r->token);
		rows++;
	}
	if (rows > 0 && !db_exec_rows(c, sql, args, 2, rows, &deleted, err))
		return false;
	/* those that were looked at are locked, and nobody else deletes them */
	w->mismatch = !w->careful && deleted != rows;
	return !w->mismatch || err_set(err, ERR_CONFLICT, "A lease was lost meanwhile");
}

/* A run that was never started and goes back to the queue leaves no trace. */
static bool write_results(struct db_conn *c, const struct end_work *w, struct error *err)
{
	static const char sql[] =
		"INSERT INTO execution_results (execution_id, status, attempt, started_at, completed_at,"
		" duration_ms, tokens_used, error_code, error_message, summary, output)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE status = VALUES(status),"
		" attempt = VALUES(attempt), started_at = COALESCE(started_at, VALUES(started_at)),"
		" completed_at = VALUES(completed_at), duration_ms = VALUES(duration_ms),"
		" tokens_used = IF(VALUES(tokens_used) IS NULL, tokens_used,"
		" COALESCE(tokens_used, 0) + VALUES(tokens_used)), error_code = VALUES(error_code),"
		" error_message = VALUES(error_message), summary = VALUES(summary), output = VALUES(output)";
	struct db_arg args[QUEUE_END_MAX * 11], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < w->n; i++) {
		const struct ended_run *r = &w->runs[i];
		int64_t first = r->first_started_at ? r->first_started_at : r->started_at;
		int64_t took = r->completed_at > first ? r->completed_at - first : 0;
		bool success = w->outcome[i] == RUN_SUCCESS, over = is_final(w, i);

		if (w->lost[i] || (!over && r->started_at == 0))
			continue;
		*at++ = db_id(&r->id);
		*at++ = db_int(success ? EXEC_SUCCESS : over ? EXEC_FAILED : 0);
		*at++ = db_int(r->attempt);
		*at++ = db_opt_int(first);
		*at++ = over ? db_int(r->completed_at) : db_null();
		*at++ = over && first ? db_int(took) : db_null();
		*at++ = r->started_at ? db_int(r->tokens_used) : db_null();
		*at++ = db_str(w->cancelled[i] ? err_name(ERR_CANCELLED) : r->error_code);
		*at++ = db_str(w->cancelled[i] ? "The run was cancelled" : r->error_message);
		*at++ = db_str(success ? r->summary : NULL);
		*at++ = success ? db_bytes(r->output, r->output_len) : db_null();
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 11, rows, NULL, err);
}

static bool drop_plans(struct db_conn *c, const struct end_work *w, struct error *err)
{
	static const char sql[] = "DELETE FROM execution_plans WHERE execution_id = ?";
	struct db_arg args[QUEUE_END_MAX];
	unsigned i, rows = 0;

	for (i = 0; i < w->n; i++)
		if (w->runs[i].planned && !w->lost[i] && is_final(w, i))
			args[rows++] = db_id(&w->runs[i].id);
	return rows == 0 || db_exec_rows(c, sql, args, 1, rows, NULL, err);
}

static bool drop_spent(struct db_conn *c, const struct end_work *w, struct error *err)
{
	static const char sql[] = "DELETE FROM execution_tokens WHERE execution_id = ?";
	struct db_arg args[QUEUE_END_MAX];
	unsigned i, rows = 0;

	for (i = 0; i < w->n; i++)
		if (w->runs[i].has_spent && !w->lost[i] && is_final(w, i))
			args[rows++] = db_id(&w->runs[i].id);
	return rows == 0 || db_exec_rows(c, sql, args, 1, rows, NULL, err);
}

/* Of all runs together, DB_LIST_MAX at once. */
static bool add_steps(struct db_conn *c, const struct end_work *w, struct error *err)
{
	struct execution_step some[DB_LIST_MAX];
	unsigned i, k, n = 0;

	for (i = 0; i < w->n; i++)
		for (k = 0; !w->lost[i] && k < w->runs[i].step_count; k++) {
			some[n++] = w->runs[i].steps[k];
			if (n < DB_LIST_MAX)
				continue;
			if (!execution_steps_add(c, some, n, err))
				return false;
			n = 0;
		}
	return n == 0 || execution_steps_add(c, some, n, err);
}

static bool queue_again(struct db_conn *c, const struct end_work *w, struct error *err)
{
	static const char sql[] =
		"INSERT INTO queue_ready (lane, execution_id, account_id, attempt, waiter)"
		" VALUES (?, ?, ?, ?, ?)";
	struct db_arg args[QUEUE_END_MAX * 5], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < w->n; i++) {
		const struct ended_run *r = &w->runs[i];

		if (w->lost[i] || w->outcome[i] != RUN_RELEASED)
			continue;
		*at++ = db_int(r->lane);
		*at++ = db_id(&r->id);
		*at++ = db_int((int64_t)r->account_id);
		*at++ = db_int(r->attempt);
		*at++ = db_str(r->waiter);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 5, rows, NULL, err);
}

/* A run that waits for its next attempt keeps its slot. */
static bool queue_retries(struct db_conn *c, const struct end_work *w, struct error *err)
{
	static const char sql[] = "INSERT INTO queue_later (due_at, execution_id, account_id, "
				  "attempt, lane, has_slot, waiter)"
				  " VALUES (?, ?, ?, ?, ?, 1, ?)";
	struct db_arg args[QUEUE_END_MAX * 6], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < w->n; i++) {
		const struct ended_run *r = &w->runs[i];

		if (w->lost[i] || w->outcome[i] != RUN_RETRY)
			continue;
		*at++ = db_int(r->retry_at);
		*at++ = db_id(&r->id);
		*at++ = db_int((int64_t)r->account_id);
		*at++ = db_int(r->attempt);
		*at++ = db_int(r->lane);
		*at++ = db_str(r->waiter);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 6, rows, NULL, err);
}

/* To a run's own URL, and to the endpoints of its account. */
static bool add_deliveries(struct db_conn *c, struct end_work *w, struct error *err)
{
	struct outbox_due due[QUEUE_END_MAX];
	unsigned i, n = 0;

	for (i = 0; i < w->n; i++) {
		const struct ended_run *r = &w->runs[i];
		enum event_type event = w->outcome[i] == RUN_SUCCESS ? EVENT_RUN_SUCCESS : EVENT_RUN_FAILED;
		bool fanout = slots_wants(&w->slots, r->account_id, event);

		if (!w->lost[i] && is_final(w, i) && (r->webhook_url || fanout))
			due[n++] = (struct outbox_due){.id = r->id, .fanout = fanout};
	}
	w->deliveries = n;
	return n == 0 || outbox_put(c, due, n, w->now_ms, err);
}

/* Whether somebody had it end, who need not be told. */
static bool was_cancelled(const struct end_work *w, unsigned i)
{
	const char *code = w->runs[i].error_code;

	return w->cancelled[i] || (code && strcmp(code, err_name(ERR_CANCELLED)) == 0);
}

static bool add_notes(struct db_conn *c, struct end_work *w, struct error *err)
{
	struct run_over over[QUEUE_END_MAX];
	unsigned i, n = 0;

	for (i = 0; i < w->n; i++)
		if (!w->lost[i] && is_final(w, i) && !was_cancelled(w, i))
			over[n++] = (struct run_over){.run = &w->runs[i], .success = w->outcome[i] == RUN_SUCCESS};
	if (!queue_note_runs(c, over, n, &w->slots, w->now_ms, err))
		return false;
	w->deliveries += w->slots.mails;
	return true;
}

static bool tell_schedules(struct db_conn *c, struct end_work *w, struct error *err)
{
	struct schedule_end e[QUEUE_END_MAX];
	unsigned i, n = 0;

	for (i = 0; i < w->n; i++) {
		const struct ended_run *r = &w->runs[i];

		if (w->lost[i] || !is_final(w, i) || !r->has_schedule)
			continue;
		e[n++] = (struct schedule_end){
		    .schedule_id = r->schedule_id, .execution_id = r->id, .account_id = r->account_id,
		    .success = w->outcome[i] == RUN_SUCCESS,
		    .cancelled = was_cancelled(w, i)};
	}
	return n == 0 || schedule_runs_end(c, e, n, &w->slots, w->now_ms, err);
}

static bool end_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct end_work *w = ctx;
	unsigned i;

	start_over(w);
	if (!slots_lock(c, &w->slots, err) || (w->careful && !look_at_leases(c, w, err)) ||
	    !delete_leases(c, w, err))
		return false;
	for (i = 0; i < w->n; i++) {
		if (w->lost[i])
			continue;
		if (is_final(w, i))
			slots_free(&w->slots, w->runs[i].account_id);
		slots_count_tokens(&w->slots, w->runs[i].account_id, w->runs[i].tokens_used, w->now_ms);
	}
	return write_results(c, w, err) && drop_plans(c, w, err) && add_steps(c, w, err) && queue_again(c, w, err) &&
	       queue_retries(c, w, err) && tell_schedules(c, w, err) && slots_fill(c, &w->slots, &w->promoted, err) &&
	       slots_write(c, &w->slots, err) && add_deliveries(c, w, err) &&
	       add_notes(c, w, err) && drop_spent(c, w, err);
}

/* The lease of any run that was ours tells of all: it is gone if the transaction was applied. */
static int end_applied(struct db_conn *c, void *ctx)
{
	static const char sql[] = "SELECT 1 FROM leases WHERE execution_id = ? AND token = ?";
	const struct end_work *w = ctx;
	struct db_arg args[2];
	struct error err;
	unsigned i = 0;
	int64_t one;
	bool found;

	while (i < w->n && w->lost[i])
		i++;
	if (i == w->n)
		return 1;
	args[0] = db_id(&w->runs[i].id);
	args[1] = db_int((int64_t)w->runs[i].token);
	return db_query_int(c, sql, args, 2, &one, &found, &err) ? !found : -1;
}

static bool end_runs(struct db *db, struct db_conn **c, struct end_work *w, unsigned *promoted,
                     unsigned *deliveries, struct error *err)
{
	unsigned i;
	bool ok;

	INVARIANT(w->n <= QUEUE_END_MAX, "more runs end at once than one transaction takes");
	if (!queue_conn(db, c, err))
		return false;
	sort_by_id(w);
	for (i = 0; i < w->n; i++)
		w->careful |= w->runs[i].outcome == RUN_RETRY || w->runs[i].outcome == RUN_RELEASED;
	ok = db_transaction_on(db, c, end_body, end_applied, w, err);
	if (!ok && w->mismatch && !w->careful) {
		w->careful = true;
		ok = db_transaction_on(db, c, end_body, end_applied, w, err);
	}
	if (!ok)
		return false;
	for (i = 0; i < w->n; i++)
		w->runs[i].lost = w->lost[i];
	*promoted = w->promoted;
	*deliveries = w->deliveries;
	return true;
}

bool queue_end(struct db *db, struct db_conn **c, struct ended_run *runs, unsigned n,
	       int64_t now_ms, unsigned *promoted, unsigned *deliveries, struct error *err)
{
	struct end_work w = {.runs = runs, .n = n, .now_ms = now_ms};

	*promoted = *deliveries = 0;
	return n == 0 || end_runs(db, c, &w, promoted, deliveries, err);
}

bool queue_end_expired(struct db *db, struct db_conn **c, struct ended_run *runs, unsigned n,
                       int64_t now_ms, bool expired_only, unsigned *promoted, unsigned *deliveries,
                       struct error *err)
{
	struct end_work w = {.runs = runs, .n = n, .now_ms = now_ms, .careful = true,
	                     .expired_by = expired_only ? now_ms : 0};

	*promoted = *deliveries = 0;
	return n == 0 || end_runs(db, c, &w, promoted, deliveries, err);
}
