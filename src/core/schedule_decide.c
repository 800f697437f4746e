#include "core/schedule_decide.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/allowed.h"
#include "core/bells.h"
#include "core/principal.h"
#include "core/quota.h"
#include "core/schedule_plan.h"
#include "core/webhook.h"

#define TELL_US INT64_C(60000000)

/* One of a comma-separated list. */
static bool is_connected(const void *ctx, const char *integration)
{
	const char *at = ctx;
	size_t n = strlen(integration);

	while (*at) {
		size_t len = strcspn(at, ",");

		if (len == n && memcmp(at, integration, n) == 0)
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}

/* The input was checked when it was stored; where it brings the data itself no connection is needed. It is looked at only
 * when one is missing. */
static bool has_connections(const struct manifest *m, const struct due_schedule *d, struct error *err)
{
	struct json_object *input = NULL;
	struct error unread;
	bool ok;

	if (allowed_connections(m, NULL, is_connected, d->connected, err))
		return true;
	if (m->inline_count == 0)
		return false;
	json_read(d->s.input, d->s.input_len, JSON_DEPTH_MAX, &input, NULL, NULL, &unread);
	ok = allowed_connections(m, input, is_connected, d->connected, err);
	json_object_put(input);
	return ok;
}

/* Why no run may be made of it, as things stand; SLOT_NO_REASON: one may. */
static enum slot_reason find_obstacle(const struct schedule_judge *j, const struct due_schedule *d, int64_t now_ms,
                                      struct error *err)
{
	const struct manifest *m = registry_find(j->agents, d->s.agent);

	if (!m) {
		err_set(err, ERR_NOT_FOUND, "There is no such agent any more; see /api/agents");
		return SLOT_AGENT;
	}
	if (!allowed_subscription(m, subscription_at(d->subscription, d->trial_ends_at, now_ms), err))
		return SLOT_SUBSCRIPTION;
	if (!has_connections(m, d, err))
		return SLOT_INTEGRATION;
	if (d->unfinished > 0 && d->s.overlap == OVERLAP_SKIP) {
		err_set(err, ERR_CONFLICT, "A run of this schedule is not over, and its overlap is \"skip\"");
		return SLOT_OVERLAP;
	}
	if (d->unfinished > SCHEDULE_BACKLOG_MAX && d->s.overlap == OVERLAP_QUEUE) {
		err_set(err, ERR_CONFLICT, "%d runs of this schedule wait for their turn already", SCHEDULE_BACKLOG_MAX);
		return SLOT_BACKLOG;
	}
	return SLOT_NO_REASON;
}

static void let_fire(const struct due_schedule *d, struct firing *out)
{
	out->fires = out->has_event = true;
	out->waits = d->unfinished > 0;
	out->cancels = d->unfinished > 0 && d->s.overlap == OVERLAP_CANCEL_PREVIOUS;
}

/* What was readable when it was stored: its zone may have left the system's tzdata. */
static void cannot_be_read(struct schedule_judge *j, const struct due_schedule *d, const struct error *err)
{
	char id[ID_TEXT_SIZE], what[64];

	if (clock_mono_us() < j->told_us)
		return;
	j->told_us = clock_mono_us() + TELL_US;
	id_format(ID_SCHEDULE, &d->s.id, id);
	snprintf(what, sizeof what, "schedule %s cannot be fired", id);
	log_error(what, err);
}

/* It was paused before a scheduler came. */
static void pass_over(struct firing *out)
{
	unsigned i;

	for (i = 0; i < out->slot_count; i++) {
		out->slots[i].outcome = SLOT_SKIPPED;
		out->slots[i].reason = SLOT_EDITED;
	}
	out->fires = out->has_event = false;
	out->next_at = 0;
}

static void decide(void *ctx, const struct due_schedule *d, int64_t now_ms, struct firing *out)
{
	struct schedule_judge *j = ctx;
	struct schedule_timing t = {.catch_up = d->s.catch_up, .starts_at = d->s.starts_at, .ends_at = d->s.ends_at,
	                            .next_at = d->s.next_at, .last_slot = d->s.last_slot};
	struct slot_record *last;
	struct error err = {0};
	struct cron cron;

	if (!cron_parse(d->s.cron_expr, &cron, &err) || !(t.zone = zones_get(j->zones, d->s.timezone, &err))) {
		cannot_be_read(j, d, &err);
		out->leaves = true;
		return;
	}
	t.cron = &cron;
	schedule_plan(&t, now_ms, out);
	if (!d->s.enabled)
		pass_over(out);
	if (!out->fires)
		return;
	last = &out->slots[out->slot_count - 1];
	last->reason = find_obstacle(j, d, now_ms, &err);
	out->fires = last->reason == SLOT_NO_REASON;
	if (out->fires)
		let_fire(d, out);
	else
		last->outcome = SLOT_SKIPPED;
}

/* Slots are whole minutes, so an instant with odd milliseconds is none. */
static int64_t odd_instant(int64_t now_ms)
{
	return now_ms % 1000 == 0 ? now_ms + 1 : now_ms;
}

static void decide_by_hand(void *ctx, const struct due_schedule *d, int64_t now_ms, struct firing *out)
{
	struct schedule_judge *j = ctx;

	firing_slot(out, odd_instant(now_ms), SLOT_MANUAL, SLOT_NO_REASON);
	if (find_obstacle(j, d, now_ms, &j->refusal) == SLOT_NO_REASON)
		let_fire(d, out);
}

static void render(const struct due_schedule *d, int64_t scheduled_for, const struct id *execution, int64_t now_ms,
                   struct buf *out)
{
	struct schedule_event e = {.schedule_id = d->s.id, .user_id = d->user_id, .execution = execution,
	                           .agent = d->s.agent, .scheduled_for = scheduled_for, .timestamp = now_ms};

	webhook_schedule_body(out, &e);
}

struct fire_rules schedule_rules(struct schedule_judge *judge)
{
	return (struct fire_rules){.decide = decide, .quota = quota_decide, .render = render, .ctx = judge};
}

bool schedule_run_now(struct db_conn *c, const struct registry *agents, uint64_t account_id, const char *agent,
                      int64_t now_ms, struct hand_run *run, struct fired *out, struct error *err)
{
	struct schedule_judge judge = {.agents = agents};
	struct fire_rules rules = {.decide = decide_by_hand, .quota = quota_decide, .render = render, .ctx = &judge};
	bool found;

	if (!schedule_fire_by_hand(c, account_id, agent, &rules, now_ms, run, out, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "There is no schedule of this agent");
	if (!run->fires) {
		*err = judge.refusal;
		return false;
	}
	if (run->admission.outcome == ADMIT_ACCEPTED)
		return true;
	quota_error(&run->admission, now_ms, err);
	return false;
}

void schedule_tell(struct doorbell_ringer *ringer, const struct fired *f)
{
	unsigned char message[17] = {BELL_CANCEL};
	unsigned i;

	if (!ringer)
		return;
	for (i = 0; i < f->asked_count; i++) {
		memcpy(message + 1, f->asked[i].id.b, 16);
		doorbell_ring_name(ringer, f->asked[i].doorbell, message, sizeof message);
	}
	if (f->ready > 0)
		bell_ring(ringer, WORKER_PROGRAM, BELL_WORK);
	if (f->deliveries > 0)
		bell_ring(ringer, SENDER_PROGRAM, BELL_WORK);
}
