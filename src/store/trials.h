/* Trials that end soon: their accounts are told, once for each end.
 *
 * Ownership: nothing here allocates. */
#ifndef AGENTIV_STORE_TRIALS_H
#define AGENTIV_STORE_TRIALS_H

#include "store/retention.h"

#define TRIAL_TOLD_MS (INT64_C(3) * 86400000)     /* ahead of its end */

/* A prune_fn: trials that end within TRIAL_TOLD_MS behind `before`, which is the present. One that is extended is told of
 * again when its new end is near. */
bool trials_tell_some(struct db *db, struct db_conn **c, struct prune *p, struct error *err);

#endif
