/* Time zones by name, kept while they are used: a zone's file is read again after ZONES_KEEP_US, so that a process that runs
 * for months follows the system's tzdata. One thread's.
 *
 * Ownership: a zone that was given is valid until the next zones_get. */
#ifndef AGENTIV_CORE_ZONES_H
#define AGENTIV_CORE_ZONES_H

#include "base/zone.h"

#define ZONES_KEEP_US INT64_C(600000000)

struct zones;

struct zones *zones_new(void);
void zones_free(struct zones *z);
/* NULL with ERR_INVALID_INPUT when there is no such zone. */
const struct zone *zones_get(struct zones *z, const char *name, struct error *err);

#endif
