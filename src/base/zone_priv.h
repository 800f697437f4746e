/* A zone as it is kept: every change of its offset, and a rule for the time after them. */
#ifndef AGENTIV_BASE_ZONE_PRIV_H
#define AGENTIV_BASE_ZONE_PRIV_H

#include <stddef.h>

#include "base/zone.h"

#define OFFSET_LIMIT_S 93599                              /* RFC 8536 3.2: between -25 and +26 hours */
#define CYCLE_YEARS    400                                /* the calendar repeats, weekdays included */
#define CYCLE_S        (INT64_C(146097) * 86400)

/* When one half of the year's clock change comes (POSIX TZ, with RFC 8536 3.3.1's longer hours). */
struct zone_date {
	enum { ZONE_DATE_JULIAN, ZONE_DATE_DAY, ZONE_DATE_WEEKDAY } kind;
	int day;              /* 1–365 without 29 February; 0–365; or weekday 0–6 */
	int month, week;      /* ZONE_DATE_WEEKDAY only; week 5 is the last */
	int32_t time;         /* seconds after local midnight, may be negative or past a day */
};

struct zone_rule {
	bool    has_summer;
	int32_t standard, summer;          /* seconds ahead of UTC */
	struct zone_date start, end;       /* of summer time */
};

struct zone {
	char *name;
	unsigned count, room;
	int64_t *at;                       /* UTC seconds, ascending */
	int32_t *offset;                   /* from at[i] on; never that of at[i-1] */
	int32_t  first;                    /* before at[0] */
	bool     cyclic;                   /* the rule has summer time: an instant from cycle_end on is as one CYCLE_S before */
	int64_t  cycle_end;
};

/* Reads a file's bytes into an empty zone; false when they are no TZif. */
bool zone_parse(struct zone *z, const unsigned char *data, size_t n);
/* Without changes from an instant on. */
void zone_cut(struct zone *z, int64_t at);
/* A change: ignored when the offset stays, in place of the last when it comes no later. */
void zone_add(struct zone *z, int64_t at, int32_t offset);

/* Reads "CET-1CEST,M3.5.0,M10.5.0/3"; false when it is malformed. */
bool zone_rule_parse(const char *text, struct zone_rule *out);
/* Goes on with the rule from the last time that the file lists, whose offset it may correct. */
void zone_rule_extend(const struct zone_rule *r, struct zone *z, int64_t last);
/* The rule for all times, from the year 0 on. */
void zone_rule_alone(const struct zone_rule *r, struct zone *z);

#endif
