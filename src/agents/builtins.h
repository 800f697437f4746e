/* The builtin runners, one line each here and in registry.c. */
#ifndef AGENTIV_AGENTS_BUILTINS_H
#define AGENTIV_AGENTS_BUILTINS_H

#include "agents/agent.h"

bool email_triage_run(struct agent_ctx *ctx, struct agent_result *result, struct error *err);
bool email_triage_check(struct json_object *input, struct error *err);
extern const char *const probe_settings[];
bool probe_run(struct agent_ctx *ctx, struct agent_result *result, struct error *err);

#endif
