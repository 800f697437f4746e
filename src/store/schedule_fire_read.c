/* What the decision about a due schedule needs to know. */
#include "store/schedule_fire_priv.h"

#include <stdlib.h>
#include <string.h>

#include "store/cols.h"

static struct fire_item *item_of(struct fire_batch *b, unsigned from, unsigned n, const struct id *id)
{
	unsigned i;

	for (i = from; i < from + n; i++)
		if (id_cmp(&b->items[i].d.s.id, id) == 0)
			return &b->items[i];
	return NULL;
}

static unsigned list_items(const struct fire_batch *b, unsigned from, unsigned n, struct db_arg *args)
{
	unsigned size = db_list_size(n), i;

	for (i = 0; i < size; i++)
		args[i] = db_id(&b->items[from + (i < n ? i : n - 1)].d.s.id);
	return size;
}

/* "status:trial_ends_at" */
static void read_subscription(const char *text, struct due_schedule *d)
{
	const char *colon = text ? strchr(text, ':') : NULL;

	d->subscription = colon ? (enum subscription_status)strtol(text, NULL, 10) : SUB_NONE;
	d->trial_ends_at = colon ? strtoll(colon + 1, NULL, 10) : 0;
}

static void read_row(struct db_conn *c, struct arena *a, struct due_schedule *d)
{
	struct schedule *s = &d->s;

	s->agent = col_kept(c, 1, a, NULL);
	s->cron_expr = col_kept(c, 2, a, NULL);
	s->timezone = col_kept(c, 3, a, NULL);
	s->catch_up = (enum catch_up)db_col_int(c, 4);
	s->overlap = (enum overlap)db_col_int(c, 5);
	s->starts_at = db_col_int(c, 6);
	s->ends_at = db_col_int(c, 7);
	s->last_slot = db_col_int(c, 8);
	s->enabled = db_col_int(c, 15) != 0;
	s->input = col_kept(c, 9, a, &s->input_len);
	db_col_id(c, 10, &d->user_id);
	d->budgeted = db_col_int(c, 11) > 0;
	read_subscription(db_col_str(c, 12), d);
	d->connected = col_kept(c, 13, a, NULL);
	if (!d->connected)
		d->connected = "";
	d->wanted = db_col_int(c, 16) >> EVENT_SCHEDULE_FIRED & 1;
}

/* Locks them: their accounts are ours, so nobody is waited for. What is read by subqueries, which the lock does not reach,
 * was there long before, or is decided upon as it was a moment ago. */
static bool read_schedules(struct db_conn *c, struct fire_batch *b, unsigned from, unsigned n, struct error *err)
{
	static const char sql[] =
		"SELECT s.id, s.agent, s.cron_expr, s.timezone, s.catch_up, s.overlap, s.starts_at, s.ends_at,"
		" s.last_slot, s.input, (SELECT public_id FROM accounts WHERE id = s.account_id),"
		" (SELECT budgets FROM accounts WHERE id = s.account_id),"
		" (SELECT CONCAT(u.status, ':', COALESCE(u.trial_ends_at, 0)) FROM subscriptions u"
		" WHERE u.account_id = s.account_id AND u.agent IN (s.agent, '*') ORDER BY u.agent = '*' LIMIT 1),"
		" (SELECT GROUP_CONCAT(integration) FROM connections WHERE account_id = s.account_id AND status = 0),"
		" s.next_at, s.enabled, (SELECT endpoint_events FROM account_quota WHERE account_id = s.account_id)"
		" FROM schedules s FORCE INDEX (PRIMARY) WHERE s.id IN (%s) ORDER BY s.id FOR UPDATE";
	struct db_arg args[DB_LIST_MAX];
	unsigned size = list_items(b, from, n, args);
	struct id id;
	int got;

	if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct fire_item *i = db_col_id(c, 0, &id) ? item_of(b, from, n, &id) : NULL;

		/* what another scheduler or its owner has moved since is not due any more */
		if (i && db_col_int(c, 14) == i->d.s.next_at)
			read_row(c, &b->arena, &i->d);
	}
	db_end(c);
	return got >= 0;
}

/* Counted by a locking read: a run that has just ended must not be waited for. */
static bool count_unfinished(struct db_conn *c, struct fire_batch *b, unsigned from, unsigned n, struct error *err)
{
	static const char sql[] = "SELECT schedule_id, COUNT(*) FROM schedule_runs FORCE INDEX (PRIMARY)"
				  " WHERE schedule_id IN (%s) GROUP BY schedule_id" READ_LATEST;
	struct db_arg args[DB_LIST_MAX];
	unsigned size = list_items(b, from, n, args);
	struct id id;
	int got;

	if (!db_query(c, db_list_sql(sql, "?", size), args, size, err))
		return false;
	while ((got = db_next(c, err)) == 1) {
		struct fire_item *i = db_col_id(c, 0, &id) ? item_of(b, from, n, &id) : NULL;

		if (i)
			i->d.unfinished = (unsigned)db_col_int(c, 1);
	}
	db_end(c);
	return got >= 0;
}

bool fire_read(struct db_conn *c, struct fire_batch *b, unsigned from, unsigned n, struct error *err)
{
	return read_schedules(c, b, from, n, err) && count_unfinished(c, b, from, n, err);
}
