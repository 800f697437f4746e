/* The scheduler: fires what is due. One module for agentiv-scheduler and for agentivctl tick. Any number of them may work
 * on one database: what one has in hand the others pass over.
 *
 * Ownership: what env points to is the caller's. All calls are from one thread. */
#ifndef AGENTIV_CORE_SCHEDULER_H
#define AGENTIV_CORE_SCHEDULER_H

#include "agents/registry.h"
#include "base/config.h"
#include "base/doorbell.h"
#include "db/db.h"

struct scheduler_env {
	struct db *db;
	const struct config *cfg;
	const struct registry *agents;
	struct doorbell_ringer *ringer;      /* workers; NULL: rings nobody */
};

/* Since the start. */
struct scheduler_counts {
	uint64_t fired;                      /* slots that made a run, caught up ones among them */
	uint64_t skipped;                    /* rows of the ledger without a run */
	uint64_t transactions;
};

struct scheduler *scheduler_new(const struct scheduler_env *env);
void scheduler_free(struct scheduler *s);

/* A step of the daemon's loop: looks if it is time to, fires what is due, for no longer than about a tenth of a second.
 * Returns when to call again (clock_mono_us). */
int64_t scheduler_work(struct scheduler *s);
/* Doorbell: look now (BELL_LOOK), or a schedule is due then (BELL_DUE). */
void scheduler_look_again(struct scheduler *s);
void scheduler_due_at(struct scheduler *s, int64_t due_ms);
void scheduler_counts(const struct scheduler *s, struct scheduler_counts *out);

/* agentivctl tick: fires until nothing is due, or until then (clock_mono_us). */
bool scheduler_pass(const struct scheduler_env *env, int64_t until_us, struct scheduler_counts *out, struct error *err);

#endif
