/* Slots: the counters active, held and tokens of account_quota, and the move from held to ready. */
#include "store/queue_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/months.h"

bool queue_conn(struct db *db, struct db_conn **c, struct error *err)
{
	if (!*c)
		*c = db_get(db, err);
	return *c != NULL;
}

unsigned list_of_ids(struct db_arg *args, const struct id *ids, unsigned n)
{
	unsigned size = db_list_size(n), i;

	for (i = 0; i < size; i++)
		args[i] = db_id(&ids[i < n ? i : n - 1]);
	return size;
}

void slots_init(struct slots *s)
{
	s->n = s->mails = 0;
}

void slots_want(struct slots *s, uint64_t account_id)
{
	unsigned at = 0;

	while (at < s->n && s->rows[at].account_id < account_id)
		at++;
	if (at < s->n && s->rows[at].account_id == account_id)
		return;
	INVARIANT(s->n < DB_LIST_MAX, "more accounts than a transaction locks at once");
	memmove(&s->rows[at + 1], &s->rows[at], (s->n - at) * sizeof *s->rows);
	s->rows[at] = (struct slot_row){.account_id = account_id};
	s->n++;
}

static int by_account(const void *x, const void *y)
{
	const struct slot_row *a = x, *b = y;

	return a->account_id < b->account_id ? -1 : a->account_id > b->account_id;
}

struct slot_row *slots_of(struct slots *s, uint64_t account_id)
{
	struct slot_row key = {.account_id = account_id};
	struct slot_row *r = bsearch(&key, s->rows, s->n, sizeof key, by_account);

	return r && r->found ? r : NULL;
}

bool slots_lock(struct db_conn *c, struct slots *s, struct error *err)
{
	static const char sql[] =
		"SELECT account_id, max_concurrent, active, held, tokens_month, month_tokens, endpoint_events, "
		MAIL_COLUMNS
			" FROM account_quota FORCE INDEX (PRIMARY) WHERE account_id IN (%s) ORDER BY account_id FOR UPDATE";
	struct db_arg args[DB_LIST_MAX];
	unsigned size, i;
	int got;

	if (s->n == 0)
		return true;
	size = db_list_size(s->n);
	for (i = 0; i < size; i++)
		args[i] = db_int((int64_t)s->rows[i < s->n ? i : s->n - 1].account_id);
	for (i = 0; i < s->n; i++)
		s->rows[i].found = s->rows[i].changed = false;
	if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct slot_row key = {.account_id = (uint64_t)db_col_int(c, 0)};
		struct slot_row *r = bsearch(&key, s->rows, s->n, sizeof key, by_account);

		if (!r)
			continue;
		r->max = db_is_null(c, 1) ? -1 : db_col_int(c, 1);
		r->active = db_col_int(c, 2);
		r->held = db_col_int(c, 3);
		r->tokens_month = db_col_int(c, 4);
		r->month_tokens = db_col_int(c, 5);
		r->endpoint_events = (unsigned)db_col_int(c, 6);
		mail_state_read(c, 7, &r->mail);
		r->closed_tokens = 0;
		r->found = true;
	}
	db_end(c);
	return got == 0;
}

void slots_free(struct slots *s, uint64_t account_id)
{
	struct slot_row *r = slots_of(s, account_id);

	if (!r)
		return;
	if (r->active > 0)
		r->active--;
	r->changed = true;
}

bool slots_wants(struct slots *s, uint64_t account_id, enum event_type event)
{
	struct slot_row *r = slots_of(s, account_id);

	return r && r->endpoint_events >> event & 1;
}

/* A later month stands: another host's clock is a moment ahead of this one's. */
void slots_count_tokens(struct slots *s, uint64_t account_id, int64_t tokens, int64_t now_ms)
{
	struct slot_row *r = tokens > 0 ? slots_of(s, account_id) : NULL;
	int64_t month = clock_month_start(now_ms);

	if (!r)
		return;
	if (r->tokens_month < month) {
		r->closed_month = r->tokens_month;
		r->closed_tokens = r->month_tokens;
		r->tokens_month = month;
		r->month_tokens = 0;
	}
	r->month_tokens += tokens;
	r->changed = true;
}

bool slots_free_left(const struct slot_row *r)
{
	return r->max < 0 || r->active < r->max;
}

/* The rows of one account move within the server: the holder of its quota row alone touches them.
 */
static bool fill_account(struct db_conn *c, struct slot_row *r, unsigned *promoted,
                         struct error *err)
{
	static const char copy[] =
		"INSERT INTO queue_ready (lane, execution_id, account_id, attempt, waiter)"
		" SELECT 1, execution_id, account_id, 0, NULL FROM queue_held"
		" WHERE account_id = ? ORDER BY execution_id LIMIT ?";
	static const char drop[] =
		"DELETE FROM queue_held WHERE account_id = ? ORDER BY execution_id LIMIT ?";
	int64_t room = r->max < 0 ? r->held : r->max - r->active;
	int64_t want = room < r->held ? room : r->held;
	struct db_arg args[2];
	uint64_t copied, dropped;

	if (want > QUEUE_FILL_MAX)
		want = QUEUE_FILL_MAX;
	args[0] = db_int((int64_t)r->account_id);
	args[1] = db_int(want);
	if (!db_exec(c, copy, args, 2, &copied, err) || !db_exec(c, drop, args, 2, &dropped, err))
		return false;
	if (copied != dropped)
		return err_set(err, ERR_INTERNAL, "Held runs changed while they were moved");
	r->active += (int64_t)copied;
	/* fewer than the counter says: it is put right here */
	r->held = copied < (uint64_t)want ? 0 : r->held - (int64_t)copied;
	r->changed = true;
	*promoted += (unsigned)copied;
	return true;
}

bool slots_fill(struct db_conn *c, struct slots *s, unsigned *promoted, struct error *err)
{
	unsigned i;

	for (i = 0; i < s->n; i++) {
		struct slot_row *r = &s->rows[i];

		if (r->found && r->held > 0 && slots_free_left(r) &&
		    !fill_account(c, r, promoted, err))
			return false;
	}
	return true;
}

/* Seldom: of the first tokens in a new month. */
static bool close_months(struct db_conn *c, const struct slots *s, struct error *err)
{
	struct month_tokens closed[DB_LIST_MAX];
	unsigned i, n = 0;

	for (i = 0; i < s->n; i++) {
		const struct slot_row *r = &s->rows[i];

		if (r->found && r->changed && r->closed_tokens > 0)
			closed[n++] = (struct month_tokens){r->account_id, r->closed_month, r->closed_tokens};
	}
	return months_add_tokens(c, closed, n, err);
}

bool slots_write(struct db_conn *c, const struct slots *s, struct error *err)
{
	/* the rows are there and locked: see write_quotas of admission.c */
	static const char sql[] =
		"INSERT INTO account_quota (account_id, active, held, tokens_month, month_tokens)"
		" VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE active = VALUES(active), held = VALUES(held),"
		" tokens_month = VALUES(tokens_month), month_tokens = VALUES(month_tokens)";
	struct db_arg args[DB_LIST_MAX * 5], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < s->n; i++) {
		const struct slot_row *r = &s->rows[i];

		if (!r->found || !r->changed)
			continue;
		*at++ = db_int((int64_t)r->account_id);
		*at++ = db_int(r->active);
		*at++ = db_int(r->held);
		*at++ = db_int(r->tokens_month);
		*at++ = db_int(r->month_tokens);
		rows++;
	}
	return rows == 0 || (db_exec_rows(c, sql, args, 5, rows, NULL, err) && close_months(c, s, err));
}

bool queue_fill_slots(struct db_conn *c, uint64_t account_id, unsigned *promoted, struct error *err)
{
	struct slots s;

	*promoted = 0;
	slots_init(&s);
	slots_want(&s, account_id);
	return slots_lock(c, &s, err) && slots_fill(c, &s, promoted, err) &&
	       slots_write(c, &s, err);
}
