#include "core/schedule_plan.h"

static bool next_slot(const struct schedule_timing *t, int64_t after_ms, struct cron_slot *out)
{
	if (t->starts_at != 0 && after_ms < t->starts_at)
		after_ms = t->starts_at - 1;
	return cron_next(t->cron, t->zone, after_ms, out) && (t->ends_at == 0 || out->at_ms <= t->ends_at);
}

int64_t schedule_next(const struct schedule_timing *t, int64_t after_ms)
{
	struct cron_slot slot;

	return next_slot(t, after_ms, &slot) ? slot.at_ms : 0;
}

/* Where the slots that have come begin: at next_at, behind whatever is in the ledger. */
static int64_t before_first(const struct schedule_timing *t)
{
	return t->next_at - 1 > t->last_slot ? t->next_at - 1 : t->last_slot;
}

static unsigned count_slots(const struct schedule_timing *t, int64_t now_ms, int64_t *first_ms)
{
	int64_t after_ms = before_first(t);
	struct cron_slot slot;
	unsigned n = 0;

	for (; next_slot(t, after_ms, &slot) && slot.at_ms <= now_ms; after_ms = slot.at_ms)
		if (n++ == 0)
			*first_ms = slot.at_ms;
	return n;
}

/* What stands for those of which more are missed than get a row of their own: returns the last of them. */
static int64_t sum_up(const struct schedule_timing *t, unsigned n, int64_t first_ms, struct firing *out)
{
	struct slot_record *r = firing_slot(out, first_ms, SLOT_SKIPPED, SLOT_MISSED);
	struct cron_slot slot;
	int64_t after_ms = first_ms;
	unsigned i;

	r->slots = n;
	for (i = 1; i < n && next_slot(t, after_ms, &slot); i++)
		after_ms = slot.at_ms;
	return after_ms;
}

/* The last slot: whether it fires, and as what. Those before it were missed. */
static void judge_last(const struct schedule_timing *t, int64_t now_ms, bool missed_some, struct firing *out)
{
	struct slot_record *last = &out->slots[out->slot_count - 1];
	int64_t late_ms = now_ms - last->scheduled_for;
	bool in_time = late_ms <= SCHEDULE_GRACE_MS, latest = t->catch_up == CATCH_UP_LATEST;
	unsigned i;

	out->fires = in_time || (latest && late_ms <= SCHEDULE_CATCH_UP_MS);
	if (!out->fires)
		return;
	out->has_event = true;
	last->reason = SLOT_NO_REASON;
	last->outcome = latest && (!in_time || missed_some) ? SLOT_CAUGHT_UP : SLOT_FIRED;
	for (i = 0; latest && i + 1 < out->slot_count; i++)
		if (now_ms - out->slots[i].scheduled_for <= SCHEDULE_CATCH_UP_MS)
			out->slots[i].reason = SLOT_MERGED;
}

void schedule_plan(const struct schedule_timing *t, int64_t now_ms, struct firing *out)
{
	int64_t first_ms = 0, after_ms = before_first(t);
	unsigned n = count_slots(t, now_ms, &first_ms);
	struct cron_slot slot;

	if (n > SCHEDULE_MISSED_ROWS + 1)
		after_ms = sum_up(t, n - SCHEDULE_MISSED_ROWS - 1, first_ms, out);
	for (; next_slot(t, after_ms, &slot) && slot.at_ms <= now_ms; after_ms = slot.at_ms)
		firing_slot(out, slot.at_ms, SLOT_SKIPPED, SLOT_MISSED)->moved = slot.moved;
	if (n > 0)
		judge_last(t, now_ms, n > 1, out);
	out->next_at = schedule_next(t, after_ms > now_ms ? after_ms : now_ms);
}
