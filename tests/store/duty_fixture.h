/* What the tests of duties share: a clock that stands where it is put, and rows of any age. All times are UTC milliseconds.
 *
 * On top of the queue's fixture. */
#ifndef AGENTIV_TESTS_DUTY_FIXTURE_H
#define AGENTIV_TESTS_DUTY_FIXTURE_H

#include "core/duties.h"
#include "queue_fixture.h"
#include "store/retention.h"

#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)

/* 2026-11-30T12:00:00Z: what the clock says before each test. */
#define NOON INT64_C(1796040000000)

int dx_open(void);            /* CUnit's suite initialisation and clean-up */
int dx_close(void);
void dx_empty(void);          /* before each test */

void dx_set_clock(int64_t ms);
extern struct duties_env dx_env;

/* Runs with an SQL text of the test's own. */
void dx_run(const char *sql);

/* A run of account 1 that was accepted and ended then; completed_at 0: it has not. */
struct id dx_execution(int64_t queued_at, int64_t completed_at);
struct id dx_execution_of(int64_t queued_at, int64_t completed_at, const char *webhook_url);
void dx_steps(const struct id *execution, unsigned n, int64_t at);
/* The delivery of a run's webhook; attempts made so far, the last one at last_at. */
void dx_delivery(const struct id *id, enum delivery_state state, unsigned attempts, int64_t last_at);
void dx_outbox(const struct id *delivery, int64_t due_at);

/* Chunks until nothing is left to look at; rows removed. */
uint64_t dx_prune(prune_fn fn, int64_t before);

#endif
