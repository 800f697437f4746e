/* What is decided of a due schedule, and of one that is to fire by hand: whether a run is made, and why not.
 *
 * Ownership: a judge borrows what it points to. */
#ifndef AGENTIV_CORE_SCHEDULE_DECIDE_H
#define AGENTIV_CORE_SCHEDULE_DECIDE_H

#include "agents/registry.h"
#include "base/doorbell.h"
#include "core/zones.h"
#include "store/schedule_fire.h"

struct schedule_judge {
	const struct registry *agents;
	struct zones *zones;                 /* NULL: by hand */
	int64_t told_us;                     /* when a schedule that cannot be read was last told of */
	struct error refusal;                /* by hand: why it does not fire */
};

/* The rules of a pass; their ctx is the judge. */
struct fire_rules schedule_rules(struct schedule_judge *judge);

/* Fires a schedule by hand, inside a transaction that holds its account's quota row: what that comes to when it fails is
 * undone with the transaction. After the commit: schedule_tell, and fired_release in any case.
 * ERR_NOT_FOUND: there is no schedule; ERR_FORBIDDEN, ERR_INTEGRATION_NOT_CONNECTED, ERR_RATE_LIMITED as for any run;
 * ERR_CONFLICT: the run before it goes on and overlap is "skip", or too many wait. */
bool schedule_run_now(struct db_conn *c, const struct registry *agents, uint64_t account_id, const char *agent,
                      int64_t now_ms, struct hand_run *run, struct fired *out, struct error *err);

/* Rings the workers that what was fired concerns. */
void schedule_tell(struct doorbell_ringer *ringer, const struct fired *f);

#endif
