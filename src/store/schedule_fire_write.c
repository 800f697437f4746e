/* From decided to written. */
#include "store/schedule_fire_priv.h"

#include <string.h>

#include "base/mem.h"
#include "store/events.h"

#define PAYLOAD_MAX 4096

/* ---- deciding ---- */

/* Those for whose slots there is no room are not decided upon, as that takes long after an outage, and their accounts are
 * locked: they are the next transaction's, for which the cursor stays. */
static void decide_all(struct fire_batch *b)
{
	unsigned i, slots = 0;
	bool full = false;

	for (i = 0; i < b->n; i++) {
		struct fire_item *item = &b->items[i];

		item->held = !full && item->d.s.cron_expr != NULL;
		if (!item->held)
			continue;
		b->rules->decide(b->rules->ctx, &item->d, b->now_ms, &item->f);
		full = slots > 0 && slots + item->f.slot_count > FIRE_SLOTS_MAX;
		item->held = !full && !item->f.leaves;
		slots += item->held ? item->f.slot_count : 0;
		b->out->left += item->f.leaves;
	}
	if (full)
		b->to = b->from;
}

/* ---- accepting ---- */

static void fill_admission(const struct fire_batch *b, const struct fire_item *i, struct admission *a)
{
	*a = (struct admission){.account_id = i->d.s.account_id, .agent = i->d.s.agent, .lane = LANE_ASYNC,
	                        .trigger = TRIGGER_SCHEDULE, .input = i->d.s.input, .input_len = i->d.s.input_len,
	                        .queued_at = b->now_ms, .due_at = i->f.waits ? RUN_WAITS : 0,
	                        .budgeted = i->d.budgeted, .has_schedule = true, .schedule_id = i->d.s.id};
	if (!b->hand) {
		a->id = id_make_at(b->now_ms);
		return;
	}
	a->id = b->hand->id;
	a->trigger = TRIGGER_MANUAL;
	a->has_key_id = b->hand->has_key_id;
	a->key_id = b->hand->key_id;
	a->budget_key = b->hand->budget_key;
}

static bool accept_all(struct db_conn *c, struct fire_batch *b, struct error *err)
{
	struct admission *some[ADMISSION_BATCH_MAX];
	unsigned i, n = 0;

	for (i = 0; i < b->n; i++) {
		if (!b->items[i].held || !b->items[i].f.fires)
			continue;
		fill_admission(b, &b->items[i], &b->admissions[i]);
		some[n++] = &b->admissions[i];
		if (n < ADMISSION_BATCH_MAX)
			continue;
		if (!admission_write(c, some, n, b->now_ms, b->rules->quota, err))
			return false;
		n = 0;
	}
	return n == 0 || admission_write(c, some, n, b->now_ms, b->rules->quota, err);
}

static enum slot_reason refused(enum admission_outcome outcome)
{
	static const enum slot_reason reasons[] = {
		[ADMIT_DAY_QUOTA] = SLOT_RUNS_PER_DAY, [ADMIT_MONTH_QUOTA] = SLOT_RUNS_PER_MONTH,
		[ADMIT_TOKENS] = SLOT_TOKENS_PER_MONTH, [ADMIT_NO_ACCOUNT] = SLOT_SUBSCRIPTION};

	return (unsigned)outcome < sizeof reasons / sizeof *reasons ? reasons[outcome] : SLOT_NO_REASON;
}

static void tell_event(struct fire_batch *b, struct fire_item *i, struct slot_record *last)
{
	last->has_event = true;
	last->event_id = id_make_at(b->now_ms);
	buf_init(&i->payload, PAYLOAD_MAX);
	b->rules->render(&i->d, last->scheduled_for, last->has_execution ? &last->execution_id : NULL, b->now_ms,
	                 &i->payload);
}

/* Whether items[i] made a run. */
static bool is_accepted(const struct fire_batch *b, unsigned i)
{
	return b->items[i].held && b->items[i].f.fires && b->admissions[i].outcome == ADMIT_ACCEPTED;
}

/* What the last slot has come to. */
static void settle_item(struct fire_batch *b, struct fire_item *i, const struct admission *a)
{
	struct slot_record *last = last_slot(i);
	unsigned k;

	for (k = 0; k < i->f.slot_count; k++)
		i->f.slots[k].recorded_at = b->now_ms;
	if (last && i->f.fires && a->outcome == ADMIT_ACCEPTED) {
		last->has_execution = true;
		last->execution_id = a->id;
		b->out->fired++;
		b->out->ready += a->ready;
	} else if (last && i->f.fires) {
		last->outcome = SLOT_SKIPPED;
		last->reason = refused(a->outcome);
	}
	b->out->skipped += i->f.slot_count - (last && last->has_execution);
	if (last && i->f.has_event)
		tell_event(b, i, last);
}

/* ---- writing ---- */

static bool write_runs(struct db_conn *c, const struct fire_batch *b, struct error *err)
{
	static const char sql[] = "INSERT INTO schedule_runs (schedule_id, execution_id) VALUES (?, ?)";
	struct db_arg args[FIRE_BATCH_MAX * 2];
	unsigned i, rows = 0;

	for (i = 0; i < b->n; i++) {
		if (!is_accepted(b, i))
			continue;
		args[2 * rows] = db_id(&b->items[i].d.s.id);
		args[2 * rows + 1] = db_id(&b->admissions[i].id);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 2, rows, NULL, err);
}

/* ---- cancelling ---- */

static void keep_asked(struct fired *out, const struct cancelled *k, const struct id *id)
{
	out->asked = mem_grow(out->asked, (out->asked_count + 1) * sizeof *out->asked);
	memcpy(out->asked[out->asked_count].doorbell, k->doorbell, sizeof k->doorbell);
	out->asked[out->asked_count++].id = *id;
}

static bool read_runs(struct db_conn *c, const struct id *schedule_id, struct id *out, unsigned *count, struct error *err)
{
	static const char sql[] = "SELECT execution_id FROM schedule_runs FORCE INDEX (PRIMARY) WHERE schedule_id = ?"
				  " ORDER BY execution_id DESC LIMIT ?" READ_LATEST;
	struct db_arg args[2] = {db_id(schedule_id), db_int(SCHEDULE_BACKLOG_MAX + 2)};
	int got;

	*count = 0;
	if (!db_query(c, sql, args, 2, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < SCHEDULE_BACKLOG_MAX + 2)
		*count += db_col_id(c, 0, &out[*count]);
	db_end(c);
	return got >= 0;
}

/* The last one first, so that none of them is let go by the end of the one before it; the new run is, when none of them
 * goes on. */
static bool cancel_runs(struct db_conn *c, struct fire_batch *b, const struct fire_item *item, const struct id *but,
                        struct error *err)
{
	struct id runs[SCHEDULE_BACKLOG_MAX + 2];
	struct cancelled k;
	bool goes_on = false;
	unsigned n, i;

	if (!read_runs(c, &item->d.s.id, runs, &n, err))
		return false;
	for (i = 0; i < n; i++) {
		if (id_cmp(&runs[i], but) == 0)
			continue;
		if (!queue_cancel_one(c, item->d.s.account_id, &runs[i], b->now_ms, &k, err))
			return false;
		b->out->deliveries += k.deliveries;
		if (k.outcome == CANCEL_ASKED) {
			keep_asked(b->out, &k, &runs[i]);
			goes_on = true;
		}
	}
	b->out->ready += !goes_on;
	return true;
}

/* Only for a run that was accepted, and after it: its row of schedule_runs is there. */
static bool cancel_previous(struct db_conn *c, struct fire_batch *b, struct error *err)
{
	unsigned i;

	for (i = 0; i < b->n; i++)
		if (b->items[i].f.cancels && is_accepted(b, i) && !cancel_runs(c, b, &b->items[i], &b->admissions[i].id, err))
			return false;
	return true;
}

/* ---- writing the rest ---- */

static bool write_slots(struct db_conn *c, const struct fire_batch *b, struct error *err)
{
	struct slot_new some[FIRE_BATCH_MAX];
	unsigned i, k, n = 0;

	for (i = 0; i < b->n; i++)
		for (k = 0; b->items[i].held && k < b->items[i].f.slot_count; k++) {
			some[n++] = (struct slot_new){.schedule_id = b->items[i].d.s.id, .record = b->items[i].f.slots[k]};
			if (n < FIRE_BATCH_MAX)
				continue;
			if (!schedule_slots_insert(c, some, n, err))
				return false;
			n = 0;
		}
	return n == 0 || schedule_slots_insert(c, some, n, err);
}

static bool write_events(struct db_conn *c, const struct fire_batch *b, struct error *err)
{
	struct event events[FIRE_BATCH_MAX];
	struct outbox_due due[FIRE_BATCH_MAX];
	unsigned i, n = 0, wanted = 0;

	for (i = 0; i < b->n; i++) {
		const struct fire_item *item = &b->items[i];

		if (!item->held || !item->payload.data)
			continue;
		events[n++] = (struct event){.id = last_slot(item)->event_id, .account_id = item->d.s.account_id,
		                             .event = EVENT_SCHEDULE_FIRED, .at = b->now_ms, .payload = item->payload.data,
		                             .payload_len = item->payload.len};
		if (item->d.wanted)
			due[wanted++] = (struct outbox_due){.id = last_slot(item)->event_id, .fanout = true};
	}
	b->out->deliveries += wanted;
	return events_insert(c, events, n, err) && outbox_put(c, due, wanted, b->now_ms, err);
}

static bool write_schedules(struct db_conn *c, const struct fire_batch *b, struct error *err)
{
	static const char sql[] =
		"UPDATE schedules SET next_at = ?, last_slot = COALESCE(?, last_slot), total_runs = total_runs + ?,"
		" last_run_at = COALESCE(?, last_run_at), last_execution_id = COALESCE(?, last_execution_id),"
		" last_status = IF(? = 1, 0, last_status) WHERE id = ?";
	struct db_arg args[FIRE_BATCH_MAX * 7], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < b->n; i++) {
		const struct fire_item *item = &b->items[i];
		const struct slot_record *last = last_slot(item);
		bool ran = last && last->has_execution;

		if (!item->held)
			continue;
		*at++ = db_opt_int(b->hand ? item->d.s.next_at : item->f.next_at);
		*at++ = db_opt_int(last && !b->hand ? last->scheduled_for : 0);
		*at++ = db_int(ran);
		*at++ = db_opt_int(ran ? b->now_ms : 0);
		*at++ = db_id(ran ? &last->execution_id : NULL);
		*at++ = db_int(ran);
		*at++ = db_id(&item->d.s.id);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 7, rows, NULL, err);
}

/* By hand there is an answer to give instead of a row that says why nothing came of it. */
static bool comes_to_nothing(const struct fire_batch *b)
{
	return b->hand && !is_accepted(b, 0);
}

/* Two runs may be asked for within a millisecond: the instant behind those that are there, and none of a slot. */
static bool find_free_instant(struct db_conn *c, struct fire_item *item, struct error *err)
{
	static const char sql[] = "SELECT MAX(scheduled_for) FROM schedule_slots"
				  " WHERE schedule_id = ? AND scheduled_for >= ? AND scheduled_for < ?";
	int64_t *at_ms = &item->f.slots[0].scheduled_for;
	struct db_arg args[3] = {db_id(&item->d.s.id), db_int(*at_ms), db_int(*at_ms + 1000)};
	int64_t taken = 0;

	if (!db_query_int(c, sql, args, 3, &taken, NULL, err))
		return false;
	if (taken >= *at_ms)
		*at_ms = (taken + 1) % 1000 == 0 ? taken + 2 : taken + 1;
	return true;
}

bool fire_write(struct db_conn *c, struct fire_batch *b, struct error *err)
{
	unsigned i;

	decide_all(b);
	if ((b->hand && !find_free_instant(c, &b->items[0], err)) || !accept_all(c, b, err))
		return false;
	if (comes_to_nothing(b))
		return true;
	for (i = 0; i < b->n; i++)
		if (b->items[i].held)
			settle_item(b, &b->items[i], &b->admissions[i]);
	return write_runs(c, b, err) && cancel_previous(c, b, err) && write_slots(c, b, err) && write_events(c, b, err) &&
	       write_schedules(c, b, err);
}
