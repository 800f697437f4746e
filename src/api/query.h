/* Typed query parameters. One that is absent leaves what is there and returns true; ERR_INVALID_INPUT names the
 * parameter.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_API_QUERY_H
#define AGENTIV_API_QUERY_H

#include "http/request.h"

/* A whole number in [min, max]. */
bool query_number(const struct request *r, const char *name, unsigned min, unsigned max, unsigned *out,
                  struct error *err);
/* RFC 3339. */
bool query_time(const struct request *r, const char *name, int64_t *ms, struct error *err);
/* A next_cursor of an earlier answer: n bytes in hexadecimal digits. *given: there is one. */
bool query_cursor(const struct request *r, uint8_t *out, size_t n, bool *given, struct error *err);

/* A time, as the smallest id that is made then. */
bool query_bound(const struct request *r, const char *name, struct id *out, struct error *err);
/* A cursor that is an id, the last that the page before has looked at: *before is no later than that. */
bool query_before(const struct request *r, struct id *before, struct error *err);

#endif
