/* Cancelling: a run that waits ends at once, one that runs is asked to. */
#include "store/queue_priv.h"

#include <string.h>

struct cancel {
	uint64_t account_id;
	struct id id;
	int64_t  now_ms;
	struct arena *arena;
	struct cancelled *out;
	/* as read */
	int64_t  started_at;
	bool     over, has_spent, has_schedule, has_webhook;
	struct id schedule_id;
};

static void keep(char *out, size_t size, const char *text)
{
	out[0] = '\0';
	if (text)
		strncat(out, text, size - 1);
}

static bool read_execution(struct db_conn *c, struct cancel *k, bool *found, struct error *err)
{
	static const char sql[] =
		"SELECT r.status, r.started_at, e.webhook_url, t.used, e.schedule_id FROM executions e"
		" LEFT JOIN execution_results r ON r.execution_id = e.id"
		" LEFT JOIN execution_tokens t ON t.execution_id = e.id WHERE e.id = ? AND e.account_id = ?";
	struct db_arg args[2] = {db_id(&k->id), db_int((int64_t)k->account_id)};
	int got;

	if (!db_query(c, sql, args, 2, err))
		return false;
	got = db_next(c, err);
	*found = got == 1;
	if (got == 1) {
		k->over = db_col_int(c, 0) != 0;
		k->started_at = db_col_int(c, 1);
		k->has_webhook = !db_is_null(c, 2);
		k->has_spent = !db_is_null(c, 3);
		k->has_schedule = db_col_id(c, 4, &k->schedule_id);
	}
	db_end(c);
	return got >= 0;
}

static bool leave_held(struct db_conn *c, struct cancel *k, struct slots *s, bool *left,
                       struct error *err)
{
	static const char sql[] =
	    "DELETE FROM queue_held WHERE account_id = ? AND execution_id = ?";
	struct db_arg args[2] = {db_int((int64_t)k->account_id), db_id(&k->id)};
	struct slot_row *r = slots_of(s, k->account_id);
	uint64_t n = 0;

	if (!db_exec(c, sql, args, 2, &n, err))
		return false;
	*left = n == 1;
	if (*left && r && r->held > 0) {
		r->held--;
		r->changed = true;
	}
	return true;
}

static bool leave_later(struct db_conn *c, struct cancel *k, struct slots *s, bool *left,
                        struct error *err)
{
	static const char look[] =
	    "SELECT due_at, has_slot, waiter FROM queue_later WHERE execution_id = ? FOR UPDATE";
	static const char drop[] = "DELETE FROM queue_later WHERE due_at = ? AND execution_id = ?";
	struct db_arg args[2] = {db_id(&k->id)};
	int64_t due_at = 0;
	bool has_slot = false;
	int got;

	if (!db_query(c, look, args, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		due_at = db_col_int(c, 0);
		has_slot = db_col_int(c, 1) != 0;
		keep(k->out->doorbell, sizeof k->out->doorbell, db_col_str(c, 2));
	}
	db_end(c);
	*left = got == 1;
	if (got != 1)
		return got == 0;
	if (has_slot)
		slots_free(s, k->account_id);
	args[0] = db_int(due_at);
	args[1] = db_id(&k->id);
	return db_exec(c, drop, args, 2, NULL, err);
}

/* Waits for a claim that is just taking it: then it is leased. */
static bool leave_ready(struct db_conn *c, struct cancel *k, struct slots *s, bool *left,
                        struct error *err)
{
	static const char look[] =
		"SELECT lane, waiter FROM queue_ready FORCE INDEX (PRIMARY)"
		" WHERE lane IN (0, 1, 2) AND execution_id = ? FOR UPDATE";
	static const char drop[] = "DELETE FROM queue_ready WHERE lane = ? AND execution_id = ?";
	struct db_arg args[2] = {db_id(&k->id)};
	int64_t lane = 0;
	int got;

	if (!db_query(c, look, args, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1) {
		lane = db_col_int(c, 0);
		keep(k->out->doorbell, sizeof k->out->doorbell, db_col_str(c, 1));
	}
	db_end(c);
	*left = got == 1;
	if (got != 1)
		return got == 0;
	slots_free(s, k->account_id);
	args[0] = db_int(lane);
	args[1] = db_id(&k->id);
	return db_exec(c, drop, args, 2, NULL, err);
}

static bool ask_leased(struct db_conn *c, struct cancel *k, bool *asked, struct error *err)
{
	static const char ask[] = "UPDATE leases SET cancel = 1 WHERE execution_id = ?";
	struct db_arg id = db_id(&k->id);
	uint64_t n = 0;
	int got;

	*asked = false;
	if (!db_exec(c, ask, &id, 1, &n, err))
		return false;
	if (n == 0)
		return true;
	if (!db_query(c, "SELECT owner FROM leases WHERE execution_id = ?", &id, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1)
		keep(k->out->doorbell, sizeof k->out->doorbell, db_col_str(c, 0));
	db_end(c);
	*asked = true;
	return got >= 0;
}

static bool end_cancelled(struct db_conn *c, struct cancel *k, struct slots *s, struct error *err)
{
	static const char sql[] =
		"INSERT INTO execution_results (execution_id, status, attempt, completed_at, duration_ms,"
		" error_code, error_message) VALUES (?, 3, 0, ?, ?, 'CANCELLED', 'The run was cancelled')"
		" ON DUPLICATE KEY UPDATE status = 3, completed_at = VALUES(completed_at),"
		" duration_ms = VALUES(duration_ms), error_code = VALUES(error_code),"
		" error_message = VALUES(error_message)";
	static const char drop_plan[] = "DELETE FROM execution_plans WHERE execution_id = ?";
	static const char drop_spent[] = "DELETE FROM execution_tokens WHERE execution_id = ?";
	int64_t took = k->now_ms - k->started_at;
	struct db_arg args[3] = {
		db_id(&k->id),
		db_int(k->now_ms),
		k->started_at ? db_int(took > 0 ? took : 0) : db_null()};
	struct outbox_due due = {.id = k->id, .fanout = slots_wants(s, k->account_id, EVENT_RUN_FAILED)};

	if (!db_exec(c, sql, args, 3, NULL, err) || (k->started_at && !db_exec(c, drop_plan, args, 1, NULL, err)))
		return false;
	k->out->outcome = CANCEL_ENDED;
	k->out->deliveries = k->has_webhook || due.fanout;
	return (k->out->deliveries == 0 || outbox_put(c, &due, 1, k->now_ms, err)) &&
	       (!k->has_spent || db_exec(c, drop_spent, args, 1, NULL, err));
}

/* In the same transaction: who cancelled is told of what was cancelled, not of what became of it since. */
static bool read_left(struct db_conn *c, struct cancel *k, struct error *err)
{
	bool found;

	return execution_find(c, k->account_id, &k->id, k->arena, &k->out->execution, &found, err);
}

static bool end_waiting(struct db_conn *c, struct cancel *k, struct slots *s, struct error *err)
{
	struct schedule_end e = {.schedule_id = k->schedule_id, .execution_id = k->id, .account_id = k->account_id,
	                         .cancelled = true};
	unsigned promoted;

	return end_cancelled(c, k, s, err) && (!k->has_schedule || schedule_runs_end(c, &e, 1, s, k->now_ms, err)) &&
	       slots_fill(c, s, &promoted, err) && slots_write(c, s, err);
}

static bool cancel_run(struct db_conn *c, struct cancel *k, struct error *err)
{
	struct slots s;
	bool found, left = false, asked = false;

	*k->out = (struct cancelled){.outcome = CANCEL_UNKNOWN};
	slots_init(&s);
	slots_want(&s, k->account_id);
	if (!slots_lock(c, &s, err) || !read_execution(c, k, &found, err))
		return false;
	if (!found || k->over) {
		k->out->outcome = found ? CANCEL_ALREADY_OVER : CANCEL_UNKNOWN;
		return true;
	}
	if (!leave_held(c, k, &s, &left, err) || (!left && !leave_later(c, k, &s, &left, err)) ||
	    (!left && !leave_ready(c, k, &s, &left, err)) || (!left && !ask_leased(c, k, &asked, err)))
		return false;
	k->out->outcome = CANCEL_ASKED;
	return asked || end_waiting(c, k, &s, err);
}

bool queue_cancel_one(struct db_conn *c, uint64_t account_id, const struct id *id, int64_t now_ms,
                      struct cancelled *out, struct error *err)
{
	struct cancel k = {.account_id = account_id, .id = *id, .now_ms = now_ms, .out = out};

	return cancel_run(c, &k, err);
}

static bool cancel_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct cancel *k = ctx;

	if (!cancel_run(c, k, err))
		return false;
	return k->out->outcome == CANCEL_UNKNOWN || k->out->outcome == CANCEL_ALREADY_OVER || read_left(c, k, err);
}

/* Repeating it would do no harm to the rows, but find the run over and say so. A run that was only asked to stop is
 * asked again. */
static int cancel_applied(struct db_conn *c, void *ctx)
{
	static const char sql[] =
		"SELECT 1 FROM execution_results WHERE execution_id = ? AND status = 3"
		" AND error_code = 'CANCELLED' AND completed_at = ?";
	const struct cancel *k = ctx;
	struct db_arg args[2] = {db_id(&k->id), db_int(k->now_ms)};
	struct error err;
	int64_t one;
	bool found;

	if (k->out->outcome != CANCEL_ENDED)
		return 0;
	return db_query_int(c, sql, args, 2, &one, &found, &err) ? found : -1;
}

bool queue_cancel(struct db *db, uint64_t account_id, const struct id *id, int64_t now_ms,
                  struct arena *a, struct cancelled *out, struct error *err)
{
	struct cancel k = {.account_id = account_id, .id = *id, .now_ms = now_ms, .arena = a, .out = out};

	return db_transaction(db, cancel_body, cancel_applied, &k, err);
}
