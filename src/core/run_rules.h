/* What keeps a run that somebody asks for from being accepted, beside quotas: its input, and what the account has
 * (core/allowed.h).
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_CORE_RUN_RULES_H
#define AGENTIV_CORE_RUN_RULES_H

#include "agents/registry.h"
#include "core/principal.h"

/* By the agent's schema, then by its own check. ERR_INVALID_INPUT names the member, from "input_payload" on. */
bool run_input_check(const struct manifest *m, struct json_object *input, struct error *err);
/* ERR_FORBIDDEN: the subscription; ERR_INTEGRATION_NOT_CONNECTED. input NULL: it is not known whether it brings data. */
bool run_allowed(const struct principal *p, const struct manifest *m, struct json_object *input, struct error *err);

#endif
