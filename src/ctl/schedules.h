/* What the commands of schedules share.
 *
 * Ownership: a schedule_owner is closed whatever its opening returned. */
#ifndef AGENTIV_CTL_SCHEDULES_H
#define AGENTIV_CTL_SCHEDULES_H

#include "core/schedules.h"
#include "ctl/print.h"

/* Whose schedules they are, by --user. */
struct schedule_owner {
	struct registry *agents;
	struct principal principal;
	struct schedules schedules;
};
bool schedule_owner_open(struct ctl *c, struct schedule_owner *o);
void schedule_owner_close(struct schedule_owner *o);

#endif
