/* An executor with agents of the test's own:
 *   echo     succeeds at once            wait     waits ten seconds, or until it is stopped
 *   brief    waits 20 ms                 short    as wait, but has 100 ms
 *   deaf     has 100 ms and heeds nothing until let_go
 *   flaky    fails once, retryably       huge     writes more than it may
 *   steps    logs two steps, and a third after let_go
 *   garbled  has a summary that is not UTF-8
 *   spending makes a model call that reserves and uses what its input says, in each attempt; the first `fails` fail,
 *            retryably; with `hold` it goes on after let_go
 *   acting   asks whether it may act, after let_go
 *   planning plans one effect, does it and fails, retryably; goes on with its plan in the second attempt, which says of
 *            it in its summary what it was told */
#ifndef AGENTIV_TESTS_EXECUTOR_FIXTURE_H
#define AGENTIV_TESTS_EXECUTOR_FIXTURE_H

#include <stdatomic.h>

#include "core/executor_priv.h"
#include "queue_fixture.h"

/* Of wait, short and brief; started counts all that wait. */
extern atomic_int running, most_running, started;
extern atomic_bool let_go;
extern struct executor_env env;

void fresh(void);                        /* an empty database with account 1, unlimited */
struct executor *start(unsigned threads);
/* Works until the condition is met; false after ten seconds. */
bool work_until(struct executor *e, bool (*met)(struct executor *e));

#endif
