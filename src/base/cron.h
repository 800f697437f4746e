/* Cron expressions: five fields, and the instants at which they fire in a time zone (API.md, Schedules).
 *
 *	minute  hour  day of month  month  day of week
 *	0-59    0-23  1-31, L       1-12, JAN-DEC  0-7, SUN-SAT (0 and 7 are Sunday), 5L, 2#3
 *
 * Lists, ranges and steps (a/n is a to the end by n); @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually.
 * When both day fields are restricted (anything but * alone), either may match.
 *
 * Clock changes: an expression whose minute and hour are fixed fires once for each local time it names; one that is
 * skipped at the instant that the offset before the change gives, one that occurs twice the first time. With * or *\/n in
 * the minute or hour field it follows elapsed time instead: it fires at each instant whose local time matches. Two
 * slots at one instant are one.
 *
 * Ownership: a struct cron is a value; nothing here allocates or does any I/O. */
#ifndef AGENTIV_BASE_CRON_H
#define AGENTIV_BASE_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/zone.h"

#define CRON_TEXT_MAX 255      /* bytes of an expression */

/* What matches, as bits; cron_parse fills it. */
struct cron {
	uint64_t minutes;
	uint32_t hours, days;                /* days: bit 1 to bit 31 */
	uint16_t months;                     /* bit 1 to bit 12 */
	uint8_t  weekdays;                   /* bit 0, Sunday, to bit 6 */
	uint8_t  last_weekdays;              /* 5L: the last of its kind in the month */
	uint8_t  nth_weekdays[7];            /* 2#3: bit 1 to bit 5 for each weekday */
	bool     last_day;                   /* L in the day of month */
	bool     days_given, weekdays_given; /* the field restricts something */
	bool     elapsed;                    /* * or *\/n in the minute or hour field */
};

/* ERR_INVALID_INPUT with field "cron_expr": names the field of the expression and the position (from 1) of what is wrong,
 * and says what is allowed there; also for one that can never match. */
bool cron_parse(const char *text, struct cron *out, struct error *err);

struct cron_slot {
	int64_t at_ms;
	bool    moved;                       /* a clock change skipped its local time */
};
/* The first slot after an instant, or the last one before it; false when there is none in the years 0 to 9999. A slot is
 * of whole seconds (an offset may have seconds). Both take well under a microsecond, some when a slot is decades away. */
bool cron_next(const struct cron *c, const struct zone *z, int64_t after_ms, struct cron_slot *out);
bool cron_previous(const struct cron *c, const struct zone *z, int64_t before_ms, struct cron_slot *out);

#endif
