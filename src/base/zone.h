/* Time zones of the system's database (tzdata): a reader of TZif files (RFC 8536), versions
 * 1 to 4, with the POSIX rule that holds after the last transition. Local times are written as
 * milliseconds since 1970 as if the wall clock were UTC (suffix _local).
 *
 * Ownership: zone_free releases a zone; read-only after loading, so shared by threads. */
#ifndef AGENTIV_BASE_ZONE_H
#define AGENTIV_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct zone;

/* How often a local time occurs: clock changes skip some and repeat others. */
enum zone_fit { ZONE_ONCE, ZONE_SKIPPED, ZONE_TWICE };

/* name: IANA ("Asia/Kolkata"); $TZDIR or /usr/share/zoneinfo is searched. NULL with
 * ERR_INVALID_INPUT when there is no such zone or its file cannot be read. */
struct zone *zone_load(const char *name, struct error *err);
void zone_free(struct zone *z);
/* As it was loaded by, "Europe/Berlin". */
const char *zone_name(const struct zone *z);

/* Seconds that local time is ahead of UTC at this instant. */
int32_t zone_offset(const struct zone *z, int64_t ms);
int64_t zone_to_local(const struct zone *z, int64_t ms);

/* The instant of a local time. A skipped one gets the instant that the offset before the change
 * gives, one that occurs twice its first. */
enum zone_fit zone_to_utc(const struct zone *z, int64_t local, int64_t *ms);

/* A stretch of time with one offset: UTC seconds, from <= at < to. ZONE_BEGIN and ZONE_END: there is no change that
 * way; both are far from the ends of int64_t, so that offsets can be added. */
#define ZONE_BEGIN (-(INT64_C(1) << 55))
#define ZONE_END   (INT64_C(1) << 55)
struct zone_span { int64_t from, to; int32_t offset; };
void zone_span_at(const struct zone *z, int64_t at, struct zone_span *out);

/* The first instant after ms at which the offset changes; false when none is known to come. */
bool zone_next_change(const struct zone *z, int64_t ms, int64_t *change_ms);

#endif
