/* Changing schedules. */
#include "core/schedules.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/audit.h"
#include "core/bells.h"
#include "core/schedule_plan.h"
#include "core/schedules_priv.h"

/* ---- slots that have come and were not taken up ---- */

static struct schedule_timing timing_of(const struct schedule *s, const struct schedule_rule *rule)
{
	return (struct schedule_timing){.cron = &rule->cron, .zone = rule->zone, .catch_up = s->catch_up,
	                                .starts_at = s->starts_at, .ends_at = s->ends_at, .next_at = s->next_at,
	                                .last_slot = s->last_slot};
}

/* A zone that the system's database has no more tells of no slots but the one that is known. */
static void find_due(const struct schedule *s, int64_t now_ms, struct firing *due)
{
	struct schedule_rule rule;
	struct schedule_timing t;
	struct error err;

	if (schedule_rule_open(&rule, s->cron_expr, s->timezone, &err)) {
		t = timing_of(s, &rule);
		schedule_plan(&t, now_ms, due);
	} else {
		firing_slot(due, s->next_at, SLOT_SKIPPED, SLOT_EDITED);
	}
	schedule_rule_close(&rule);
}

static bool write_due(struct db_conn *c, const struct schedule *s, int64_t now_ms, const struct firing *due,
                      struct error *err)
{
	struct slot_new *rows = mem_array(due->slot_count + 1, sizeof *rows);
	unsigned i;
	bool ok;

	for (i = 0; i < due->slot_count; i++) {
		rows[i] = (struct slot_new){.schedule_id = s->id, .record = due->slots[i]};
		rows[i].record.outcome = SLOT_SKIPPED;
		rows[i].record.reason = SLOT_EDITED;
		rows[i].record.recorded_at = now_ms;
	}
	ok = schedule_slots_add(c, rows, due->slot_count, err);
	mem_free(rows);
	return ok;
}

static bool settle_due(struct db_conn *c, const struct schedule *s, int64_t now_ms, struct error *err)
{
	struct firing due = {0};
	bool ok;

	if (s->next_at == 0 || s->next_at > now_ms)
		return true;
	find_due(s, now_ms, &due);
	ok = due.slot_count == 0 || write_due(c, s, now_ms, &due, err);
	mem_free(due.slots);
	return ok;
}

static int64_t next_at(const struct schedule *s, const struct schedule_rule *rule, int64_t now_ms)
{
	struct schedule_timing t = timing_of(s, rule);

	return s->enabled ? schedule_next(&t, now_ms > s->last_slot ? now_ms : s->last_slot) : 0;
}

/* ---- in a transaction ---- */

struct change {
	const struct schedules *schedules;
	uint64_t account_id;
	const char *agent;
	struct audit_draft told;
	struct arena arena;
	int64_t now_ms, next_at;
	/* of set */
	struct schedule_view *view;
	const struct schedule_rule *rule;
	struct once *once;
	struct id new_id;
	/* of delete */
	struct id old_id;
	/* of pause and resume */
	bool enabled;
};

static bool tell(struct db_conn *c, struct change *k, const char *action, const struct id *id, struct error *err)
{
	k->told.entry.action = action;
	id_format(ID_SCHEDULE, id, k->told.object);
	k->told.entry.object = k->told.object;
	return audit_write(c, audit_entry(&k->told), err);
}

/* The schedule as it is, locked with its account's quota row; found NULL: it has to be there. */
static bool find_locked(struct db_conn *c, struct change *k, struct schedule *out, bool *found, struct error *err)
{
	bool there = false;

	arena_reset(&k->arena);
	k->now_ms = clock_now_ms();
	if (schedule_slug_valid(k->agent) && !schedule_find(c, k->account_id, k->agent, true, &k->arena, out, &there, err))
		return false;
	if (found)
		*found = there;
	return there || found || schedule_unknown(k->schedules, k->agent, err);
}

static bool run_change(struct change *k, db_body body, db_applied applied, struct error *err)
{
	bool ok;

	arena_init(&k->arena);
	ok = db_transaction(k->schedules->db, body, applied, k, err);
	arena_release(&k->arena);
	audit_release(&k->told);
	if (ok && k->next_at != 0)
		bell_ring_due(k->schedules->ringer, SCHEDULER_PROGRAM, k->next_at);
	return ok;
}

static void open_change(struct change *k, const struct actor *who)
{
	audit_open(&k->told, who, k->account_id, "schedule.update", NULL);
	json_put_str(&k->told.w, "agent", k->agent);
}

/* ---- set ---- */

/* A repeat is answered before that: the time may have come since. */
static bool is_to_come(const struct schedule *s, int64_t now_ms, struct error *err)
{
	return s->ends_at == 0 || s->ends_at > now_ms || err_field(err, "ends_at", "ends_at must be a time to come");
}

/* What is told of runs stays; what was counted of failures does not. */
static void take_place(struct schedule *s, const struct schedule *old)
{
	s->id = old->id;
	s->created_at = old->created_at;
	s->last_slot = old->last_slot;
	s->last_run_at = old->last_run_at;
	s->has_status = old->has_status;
	s->last_status = old->last_status;
	s->last_execution_id = old->last_execution_id;
	s->total_runs = old->total_runs;
}

static bool write_set(struct db_conn *c, struct change *k, const struct schedule *old, struct error *err)
{
	struct schedule *s = &k->view->s;

	s->id = k->new_id;
	s->failures = 0;
	s->paused_at = 0;
	s->created_at = s->updated_at = k->now_ms;
	s->last_slot = s->last_run_at = s->total_runs = 0;
	s->has_status = false;
	if (old) {
		if (!settle_due(c, old, k->now_ms, err))
			return false;
		take_place(s, old);
	}
	s->next_at = k->next_at = next_at(s, k->rule, k->now_ms);
	return old ? schedule_update(c, s, err) : schedule_insert(c, s, err);
}

static bool set_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct change *k = ctx;
	struct schedule old;
	bool answered, found, first;

	k->next_at = 0;
	if (!account_lock(c, k->account_id, err) || !once_begin(c, k->once, &k->new_id, &answered, err))
		return false;
	if (answered)
		return true;
	if (!find_locked(c, k, &old, &found, err) || !is_to_come(&k->view->s, k->now_ms, err) ||
	    !write_set(c, k, found ? &old : NULL, err))
		return false;
	/* one of this id was written by an attempt whose COMMIT went unanswered */
	first = id_cmp(&k->view->s.id, &k->new_id) == 0;
	if (k->once)
		k->once->status = first ? 201 : 200;
	return tell(c, k, first ? "schedule.create" : "schedule.update", &k->view->s.id, err) &&
	       once_keep(c, k->once, k->view, err);
}

bool schedules_set(const struct schedules *ss, const struct actor *who, struct schedule_view *v,
                   const struct schedule_rule *rule, struct once *once, struct error *err)
{
	struct change k = {.schedules = ss, .account_id = v->s.account_id, .agent = v->s.agent, .view = v, .rule = rule,
	                   .once = once, .new_id = id_make()};

	open_change(&k, who);
	json_put_str(&k.told.w, "cron_expr", v->s.cron_expr);
	json_put_str(&k.told.w, "timezone", v->s.timezone);
	json_put_bool(&k.told.w, "enabled", v->s.enabled);
	return run_change(&k, set_body, NULL, err);
}

/* ---- delete, pause, resume ---- */

static bool delete_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct change *k = ctx;
	struct schedule old;

	if (!account_lock(c, k->account_id, err) || !find_locked(c, k, &old, NULL, err))
		return false;
	k->old_id = old.id;
	return schedule_delete(c, &old, k->now_ms, err) && tell(c, k, "schedule.delete", &old.id, err);
}

/* The one that was found is gone; there may be another by now. */
static int delete_applied(struct db_conn *c, void *ctx)
{
	struct change *k = ctx;
	struct schedule s;
	struct error err;
	bool found;

	if (!schedule_find(c, k->account_id, k->agent, false, &k->arena, &s, &found, &err))
		return -1;
	return !found || id_cmp(&s.id, &k->old_id) != 0;
}

bool schedules_delete(const struct schedules *ss, const struct actor *who, uint64_t account_id, const char *agent,
                      struct error *err)
{
	struct change k = {.schedules = ss, .account_id = account_id, .agent = agent};

	open_change(&k, who);
	return run_change(&k, delete_body, delete_applied, err);
}

static bool find_next(struct change *k, const struct schedule *s, struct error *err)
{
	struct schedule_rule rule;
	bool ok = schedule_rule_open(&rule, s->cron_expr, s->timezone, err);

	k->next_at = ok ? next_at(s, &rule, k->now_ms) : 0;
	schedule_rule_close(&rule);
	return ok;
}

static bool enable_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct change *k = ctx;
	struct schedule s;

	k->next_at = 0;
	if (!account_lock(c, k->account_id, err) || !find_locked(c, k, &s, NULL, err))
		return false;
	if (s.enabled == k->enabled) {
		k->next_at = s.next_at;      /* as by an attempt whose COMMIT went unanswered */
		return true;
	}
	if (!settle_due(c, &s, k->now_ms, err))
		return false;
	s.enabled = k->enabled;
	s.failures = 0;
	s.paused_at = 0;
	s.updated_at = k->now_ms;
	if (s.enabled && !find_next(k, &s, err))
		return false;
	s.next_at = k->next_at;
	return schedule_update(c, &s, err) &&
	       tell(c, k, s.enabled ? "schedule.resume" : "schedule.pause", &s.id, err);
}

bool schedules_enable(const struct schedules *ss, const struct actor *who, uint64_t account_id, const char *agent,
                      bool enabled, struct error *err)
{
	struct change k = {.schedules = ss, .account_id = account_id, .agent = agent, .enabled = enabled};

	open_change(&k, who);
	return run_change(&k, enable_body, NULL, err);
}
