/* What of a schedule's slots that have come is to become what (API.md, Schedules): pure, no database.
 *
 * Ownership: the slots of a firing are the caller's to mem_free. */
#ifndef AGENTIV_CORE_SCHEDULE_PLAN_H
#define AGENTIV_CORE_SCHEDULE_PLAN_H

#include "base/cron.h"
#include "store/schedule_fire.h"

#define SCHEDULE_GRACE_MS     60000                /* later than that a slot was missed */
#define SCHEDULE_CATCH_UP_MS  (3600 * INT64_C(1000))
#define SCHEDULE_MISSED_ROWS  1440                 /* missed slots with a row of their own; older ones share one */

struct schedule_timing {
	const struct cron *cron;
	const struct zone *zone;
	enum catch_up catch_up;
	int64_t starts_at, ends_at;                /* 0 none; both are instants at which it may still fire */
	int64_t next_at, last_slot;                /* as stored */
};

/* The first slot behind an instant, within starts_at and ends_at; 0 when there is none. */
int64_t schedule_next(const struct schedule_timing *t, int64_t after_ms);

/* Fills out with the slots up to now_ms, of which the last one may fire, and with next_at. When next_at is no slot any more,
 * as a zone's rules have changed, those that follow are taken. */
void schedule_plan(const struct schedule_timing *t, int64_t now_ms, struct firing *out);

#endif
