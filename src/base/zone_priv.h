/* A zone as its file gives it: transitions, then a rule for the time after them. */
#ifndef AGENTIV_BASE_ZONE_PRIV_H
#define AGENTIV_BASE_ZONE_PRIV_H

#include "base/zone.h"

/* When one half of the year's clock change comes (POSIX TZ, with RFC 8536 3.3.1's longer hours). */
struct zone_date {
	enum { ZONE_DATE_JULIAN, ZONE_DATE_DAY, ZONE_DATE_WEEKDAY } kind;
	int day;              /* 1–365 without 29 February; 0–365; or weekday 0–6 */
	int month, week;      /* ZONE_DATE_WEEKDAY only; week 5 is the last */
	int32_t time;         /* seconds after local midnight, may be negative or past a day */
};

struct zone_rule {
	bool    given, has_summer;
	int32_t standard, summer;          /* seconds ahead of UTC */
	struct zone_date start, end;       /* of summer time */
};

struct zone {
	char *name;
	unsigned count;
	int64_t *at;                       /* UTC seconds, ascending */
	int32_t *offset;                   /* from at[i] on */
	int32_t  first;                    /* before at[0] */
	struct zone_rule rule;             /* after at[count-1] */
};

/* Reads "CET-1CEST,M3.5.0,M10.5.0/3"; false when it is malformed. */
bool zone_rule_parse(const char *text, struct zone_rule *out);
int32_t zone_rule_offset(const struct zone_rule *r, int64_t at);   /* at: UTC seconds */
/* The two changes of a year in UTC seconds, ordered; to[i] is the offset from at[i] on. */
void zone_rule_year(const struct zone_rule *r, int year, int64_t at[2], int32_t to[2]);

#endif
