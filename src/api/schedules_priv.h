/* What the files of /api/schedules share.
 *
 * Ownership: strings of what is read live in the request's arena. */
#ifndef AGENTIV_API_SCHEDULES_PRIV_H
#define AGENTIV_API_SCHEDULES_PRIV_H

#include "core/schedules.h"
#include "http/request.h"

/* Reads the body of POST /api/schedules/{}: the definition in v->s, checked, with its rule, which the caller closes,
 * whatever is returned. */
bool schedule_request_read(struct request *r, struct schedule_view *v, struct schedule_rule *rule, struct error *err);

#endif
