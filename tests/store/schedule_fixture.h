/* Schedules in an empty database, fired at instants that the test says. Agents of the test's own:
 *   echo   needs nothing             mail   requires gmail, unless its input has mails */
#ifndef AGENTIV_TESTS_SCHEDULE_FIXTURE_H
#define AGENTIV_TESTS_SCHEDULE_FIXTURE_H

#include "core/schedule_decide.h"
#include "queue_fixture.h"

/* "2026-03-01T06:00:00Z" */
int64_t at(const char *text);

/* The database emptied; account 1 without limits, subscribed to every agent. */
void sx_fresh(void);
void sx_subscribe(uint64_t account_id, enum subscription_status s, int64_t trial_ends_at);

/* An hourly one of account 1 and echo, UTC, due next at that instant; to be changed before it is added. */
struct schedule sx_hourly(const char *next_at);
struct id sx_add(struct schedule s);
/* One of these, due at 2026-03-01T06:00:00Z. */
struct id sx_add_overlap(enum overlap overlap);

/* A pass at that instant: fires whatever is due. What it fired and left altogether, without what is asked. */
struct fired sx_fire(int64_t now_ms);
/* As it stands; its strings live until the next call. */
struct schedule sx_find(const char *agent);
/* The newest of them first, up to 100. */
unsigned sx_slots(const struct id *schedule, struct slot_record *out);
struct slot_record sx_last_slot(const struct id *schedule);

/* The run that its schedule started last, claimed and ended. */
void sx_end_next(enum run_outcome outcome);
void sx_end_run(const struct claimed_run *r, enum run_outcome outcome);
/* Runs that can start. */
int64_t sx_ready(void);

#endif
