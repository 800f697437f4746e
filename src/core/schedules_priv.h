/* Shared by the files of core/schedules.h. */
#ifndef AGENTIV_CORE_SCHEDULES_PRIV_H
#define AGENTIV_CORE_SCHEDULES_PRIV_H

#include "core/schedules.h"

/* What may be an agent's slug; the database is asked for no other. */
bool schedule_slug_valid(const char *agent);
/* The error of a schedule that is not there: perhaps its agent is none. */
bool schedule_unknown(const struct schedules *ss, const char *agent, struct error *err);

#endif
