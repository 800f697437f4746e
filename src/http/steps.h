/* The steps that every request walks, in the order of API.md's checks, until one has answered. */
#ifndef AGENTIV_HTTP_STEPS_H
#define AGENTIV_HTTP_STEPS_H

#include "http/request.h"

/* Says in the refusal that is to come which scopes would do; insufficient: the key has none of them. */
void request_challenge(struct request *r, unsigned scope, bool insufficient);
void request_serve(struct request *r);

#endif
