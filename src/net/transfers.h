/* What is under way through libcurl: one multi with an epoll set of its own, for one thread's loop. Clients of a
 * protocol (net/http_client.h, net/smtp.h) start their calls in it, so that all of them share a loop and a timer.
 *
 * Ownership: the caller's; the clients that use it are freed before it. All functions are for one thread. */
#ifndef AGENTIV_NET_TRANSFERS_H
#define AGENTIV_NET_TRANSFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct transfers;

/* max_connections: kept open, in use or not. */
struct transfers *transfers_new(unsigned max_connections, struct error *err);
/* When nothing is under way. NULL accepted. */
void transfers_free(struct transfers *s);

/* A descriptor that is ready for reading when transfers_run has something to do; it stays the same. */
int transfers_fd(const struct transfers *s);
/* When transfers_run has to be called at the latest (clock_mono_us); INT64_MAX: when the descriptor is ready. */
int64_t transfers_due(const struct transfers *s);
/* Reads and writes what is ready, and calls done of the calls that have ended. Never waits. */
void transfers_run(struct transfers *s);

unsigned transfers_active(const struct transfers *s);   /* calls under way */
/* Ends all that is under way: done with the error "stopped". */
void transfers_abort(struct transfers *s);
/* Closes idle connections and gives memory back; when nothing is under way. */
void transfers_rest(struct transfers *s);

#endif
