/* POSTs that create, for handlers: who asks, their Idempotency-Key, and the answer of what was made or of a repeat
 * (core/once.h). */
#ifndef AGENTIV_API_ONCE_H
#define AGENTIV_API_ONCE_H

#include "core/once.h"
#include "http/request.h"

#define REPLAYED_HEADER "Idempotent-Replayed: true\r\n"

/* Whom the audit log names for what r asks for; its strings are the request's. */
struct actor request_actor(const struct request *r);

/* o for the request, whose body was read: the handler calls once_release, whatever is returned. status is that of what is
 * made. ERR_INVALID_INPUT: the header is none. */
bool request_once(struct request *r, int status, void (*render)(const void *made, struct buf *out), struct once *o,
                  struct error *err);
/* The answer; r is done with. */
void respond_once(struct request *r, const struct once *o);

#endif
