/* Table agent_durations: how long an agent's last successful runs took.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_STORE_DURATIONS_H
#define AGENTIV_STORE_DURATIONS_H

#include "base/err.h"
#include "db/db.h"

#define DURATIONS_KEPT 25   /* runs of an agent that the median is taken of */

/* Adds the durations of runs of one agent that have just succeeded, the newest last. Not for each
 * run: the row is shared by all workers. */
bool durations_add(struct db *db, struct db_conn **c, const char *agent, const int64_t *ms,
		   unsigned n, struct error *err);

struct agent_duration { char agent[64]; int64_t median_ms; };
/* All agents that have run, at most max. */
bool durations_load(struct db_conn *c, struct agent_duration *out, unsigned max, unsigned *count,
                    struct error *err);

#endif
