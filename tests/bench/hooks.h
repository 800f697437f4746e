/* A receiver of webhooks that is never what one waits for: one thread, one epoll set, kept connections. Answers every
 * POST with 200 and remembers which executions it has heard of; GET answers with the counts, as JSON. */
#ifndef AGENTIV_TESTS_HOOKS_H
#define AGENTIV_TESTS_HOOKS_H

#include <stdint.h>

#include "base/id.h"

struct hooks;

/* execution: "exec_…". Called in the receiver's thread, for each delivery. */
typedef void (*hooks_heard)(void *ctx, const char *execution, int64_t at_us);

/* *port 0: any free one. heard may be NULL. Ends the program when it cannot listen. */
struct hooks *hooks_start(unsigned *port, hooks_heard heard, void *ctx);

#endif
