/* The steps that every request walks, in the order of API.md's checks, until one has answered. */
#ifndef AGENTIV_HTTP_STEPS_H
#define AGENTIV_HTTP_STEPS_H

#include "http/request.h"

void request_serve(struct request *r);

#endif
