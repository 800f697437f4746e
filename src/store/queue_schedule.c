/* Runs of schedules that end: what their schedules are told, and the run that waits for one of them (tables schedules,
 * schedule_runs, queue_later). All of it within the transaction that holds the accounts' quota rows, so that nobody else
 * adds or ends a run of these schedules meanwhile. */
#include "store/queue_priv.h"

#include <stdio.h>
#include <string.h>

#include "store/audit.h"
#include "store/cols.h"
#include "store/note_payloads.h"
#include "store/schedules.h"

/* A schedule as its runs change it. */
struct told {
	struct id id, last_execution_id;
	uint64_t account_id;
	char     agent[65];
	int64_t  failures, pause_after, status;
	bool     enabled, pauses;
};

struct telling {
	struct told rows[DB_LIST_MAX];
	unsigned n;
};

static unsigned list_of_schedules(struct db_arg *args, const struct schedule_end *e, unsigned n)
{
	unsigned size = db_list_size(n), i;

	for (i = 0; i < size; i++)
		args[i] = db_id(&e[i < n ? i : n - 1].schedule_id);
	return size;
}

/* Those that are gone have no row. */
static bool lock_told(struct db_conn *c, const struct schedule_end *e, unsigned n, struct telling *t, struct error *err)
{
	static const char sql[] =
		"SELECT id, last_execution_id, account_id, agent, failures, pause_after_failures, last_status, enabled"
		" FROM schedules FORCE INDEX (PRIMARY) WHERE id IN (%s) ORDER BY id FOR UPDATE";
	struct db_arg args[DB_LIST_MAX];
	unsigned size = list_of_schedules(args, e, n);
	int got;

	t->n = 0;
	if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
		return false;
	while ((got = db_next(c, err)) == 1 && t->n < DB_LIST_MAX) {
		struct told *s = &t->rows[t->n++];

		memset(s, 0, sizeof *s);
		db_col_id(c, 0, &s->id);
		db_col_id(c, 1, &s->last_execution_id);
		s->account_id = (uint64_t)db_col_int(c, 2);
		col_text(c, 3, s->agent, sizeof s->agent);
		s->failures = db_col_int(c, 4);
		s->pause_after = db_col_int(c, 5);
		s->status = db_col_int(c, 6);
		s->enabled = db_col_int(c, 7) != 0;
	}
	db_end(c);
	return got >= 0;
}

static void tell(struct told *s, const struct schedule_end *e)
{
	if (id_cmp(&s->last_execution_id, &e->execution_id) == 0)
		s->status = e->success ? EXEC_SUCCESS : EXEC_FAILED;
	if (e->cancelled)
		return;
	s->failures = e->success ? 0 : s->failures + 1;
	if (s->enabled && s->pause_after > 0 && s->failures >= s->pause_after) {
		s->enabled = false;
		s->pauses = true;
	}
}

static void tell_all(struct telling *t, const struct schedule_end *e, unsigned n)
{
	unsigned i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < t->n; k++)
			if (id_cmp(&t->rows[k].id, &e[i].schedule_id) == 0)
				tell(&t->rows[k], &e[i]);
}

/* Of one that is paused a slot that has come, and that no scheduler has taken yet, is left to it for the ledger. */
static bool write_told(struct db_conn *c, const struct telling *t, int64_t now_ms, struct error *err)
{
	static const char sql[] =
		"UPDATE schedules SET last_status = ?, failures = ?, enabled = ?, paused_at = COALESCE(?, paused_at),"
		" updated_at = COALESCE(?, updated_at), next_at = IF(? = 1 OR next_at <= ?, next_at, NULL) WHERE id = ?";
	struct db_arg args[DB_LIST_MAX * 8], *at = args;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		const struct told *s = &t->rows[i];

		*at++ = db_int(s->status);
		*at++ = db_int(s->failures);
		*at++ = db_int(s->enabled);
		*at++ = db_opt_int(s->pauses ? now_ms : 0);
		*at++ = db_opt_int(s->pauses ? now_ms : 0);      /* enabled is changed, as by its owner */
		*at++ = db_int(s->enabled);
		*at++ = db_int(now_ms);
		*at++ = db_id(&s->id);
	}
	return t->n == 0 || db_exec_rows(c, sql, args, 8, t->n, NULL, err);
}

static bool audit_pause(struct db_conn *c, const struct told *s, struct error *err)
{
	char object[ID_TEXT_SIZE], detail[160];
	struct audit_entry e = {.id = id_make(), .actor.kind = ACTOR_SYSTEM, .account_id = s->account_id,
	                        .action = "schedule.pause", .object = object, .detail = detail};

	id_format(ID_SCHEDULE, &s->id, object);
	/* a slug needs no escapes */
	snprintf(detail, sizeof detail, "{\"agent\":\"%s\",\"failures\":%lld}", s->agent, (long long)s->failures);
	return audit_write(c, &e, err);
}

static bool note_pause(struct db_conn *c, const struct told *t, struct slots *s, int64_t now_ms, struct error *err)
{
	struct note note = {.account_id = t->account_id, .kind = NOTE_SCHEDULE_PAUSED,
	                    .mail = slots_mail(s, t->account_id, NOTE_SCHEDULE_PAUSED)};
	struct buf b;
	bool ok;

	if (!note.mail)
		return true;
	buf_init(&b, NOTE_PAYLOAD_MAX);
	note_put_schedule(&b, t->agent, &t->id, t->failures);
	note.payload = b.data;
	note.payload_len = b.len;
	ok = notes_write(c, &note, 1, now_ms, &s->mails, err);
	buf_release(&b);
	return ok;
}

static bool tell_pauses(struct db_conn *c, const struct telling *t, struct slots *s, int64_t now_ms, struct error *err)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (t->rows[i].pauses && (!audit_pause(c, &t->rows[i], err) || !note_pause(c, &t->rows[i], s, now_ms, err)))
			return false;
	return true;
}

static bool drop_runs(struct db_conn *c, const struct schedule_end *e, unsigned n, struct error *err)
{
	static const char sql[] = "DELETE FROM schedule_runs WHERE schedule_id = ? AND execution_id = ?";
	struct db_arg args[DB_LIST_MAX * 2];
	unsigned i;

	for (i = 0; i < n; i++) {
		args[2 * i] = db_id(&e[i].schedule_id);
		args[2 * i + 1] = db_id(&e[i].execution_id);
	}
	return db_exec_rows(c, sql, args, 2, n, NULL, err);
}

/* The runs whose turn it is now: the first of each schedule of which none goes on. The one that goes on need not be the
 * first: the id of a run by hand is made before its account is locked, and a clock may be set back. */
static bool find_next(struct db_conn *c, const struct schedule_end *e, unsigned n, struct id *next, uint64_t *accounts,
                      unsigned *count, struct error *err)
{
	static const char sql[] =
		"SELECT r.schedule_id, MIN(r.execution_id), COUNT(*) - COUNT(l.execution_id)"
		" FROM schedule_runs r FORCE INDEX (PRIMARY)"
		" LEFT JOIN queue_later l FORCE INDEX (PRIMARY) ON l.due_at = ? AND l.execution_id = r.execution_id"
		" WHERE r.schedule_id IN (%s) GROUP BY r.schedule_id" READ_LATEST;
	struct db_arg args[1 + DB_LIST_MAX];
	unsigned size = list_of_schedules(args + 1, e, n), i;
	int got;

	*count = 0;
	args[0] = db_int(RUN_WAITS);
	if (!db_query(c, db_list_sql(sql, "?", size), args, 1 + size, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < DB_LIST_MAX) {
		struct id schedule;

		if (!db_col_id(c, 0, &schedule) || !db_col_id(c, 1, &next[*count]) || db_col_int(c, 2) > 0)
			continue;
		for (i = 0; i < n && id_cmp(&e[i].schedule_id, &schedule) != 0; i++)
			;
		if (i < n)
			accounts[(*count)++] = e[i].account_id;
	}
	db_end(c);
	return got >= 0;
}

/* Into the account's held runs, of which slots_fill takes the oldest. */
static bool release(struct db_conn *c, const struct id *id, uint64_t account_id, struct slots *s, struct error *err)
{
	static const char leave[] = "DELETE FROM queue_later WHERE due_at = ? AND execution_id = ?";
	static const char hold[] = "INSERT INTO queue_held (account_id, execution_id) VALUES (?, ?)";
	struct db_arg args[2] = {db_int(RUN_WAITS), db_id(id)};
	struct slot_row *r = slots_of(s, account_id);
	uint64_t left = 0;

	if (!db_exec(c, leave, args, 2, &left, err))
		return false;
	if (left == 0)
		return true;
	args[0] = db_int((int64_t)account_id);
	if (!db_exec(c, hold, args, 2, NULL, err))
		return false;
	if (r) {
		r->held++;
		r->changed = true;
	}
	return true;
}

bool schedule_runs_end(struct db_conn *c, const struct schedule_end *e, unsigned n, struct slots *s, int64_t now_ms,
                       struct error *err)
{
	struct telling t;
	struct id next[DB_LIST_MAX];
	uint64_t accounts[DB_LIST_MAX];
	unsigned count, i;

	if (!lock_told(c, e, n, &t, err))
		return false;
	tell_all(&t, e, n);
	if (!write_told(c, &t, now_ms, err) || !tell_pauses(c, &t, s, now_ms, err) || !drop_runs(c, e, n, err) ||
	    !find_next(c, e, n, next, accounts, &count, err))
		return false;
	for (i = 0; i < count; i++)
		if (!release(c, &next[i], accounts[i], s, err))
			return false;
	return true;
}

static bool find_waiting(struct db_conn *c, const struct id *schedule_id, struct id *out, unsigned *count,
                         struct error *err)
{
	static const char sql[] =
		"SELECT r.execution_id FROM schedule_runs r FORCE INDEX (PRIMARY) STRAIGHT_JOIN queue_later l"
		" ON l.due_at = ? AND l.execution_id = r.execution_id WHERE r.schedule_id = ?"
		" ORDER BY r.execution_id LIMIT ?" READ_LATEST;
	struct db_arg args[3] = {db_int(RUN_WAITS), db_id(schedule_id), db_int(SCHEDULE_BACKLOG_MAX + 1)};
	int got;

	*count = 0;
	if (!db_query(c, sql, args, 3, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < SCHEDULE_BACKLOG_MAX + 1)
		*count += db_col_id(c, 0, &out[*count]);
	db_end(c);
	return got >= 0;
}

/* The schedule goes first: a run that is cancelled then tells nobody. */
bool schedule_delete(struct db_conn *c, const struct schedule *s, int64_t now_ms, struct error *err)
{
	struct id waiting[SCHEDULE_BACKLOG_MAX + 1];
	struct db_arg id = db_id(&s->id);
	struct cancelled out;
	unsigned n, i;

	if (!find_waiting(c, &s->id, waiting, &n, err) ||
	    !db_exec(c, "DELETE FROM schedules WHERE id = ?", &id, 1, NULL, err))
		return false;
	for (i = 0; i < n; i++)
		if (!queue_cancel_one(c, s->account_id, &waiting[i], now_ms, &out, err))
			return false;
	return true;
}
