/* The one seam for time. Instants are UTC milliseconds since 1970 (int64_t,
 * suffix _ms); durations that are measured use the monotonic clock in
 * microseconds (suffix _us).
 *
 * The wall clock is the database's: db_connect measures the difference and
 * calls clock_set_offset, so that all hosts agree. */
#ifndef AGENTIV_BASE_CLOCK_H
#define AGENTIV_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_TEXT_SIZE 25   /* "2025-01-15T06:00:00Z", NUL and room for a five-digit year */

int64_t clock_now_ms(void);          /* this host's clock plus the database offset */
int64_t clock_mono_us(void);
void    clock_set_offset(int64_t offset_ms);
int64_t clock_offset_ms(void);

/* RFC 3339, UTC, whole seconds. */
void clock_format(int64_t ms, char out[CLOCK_TEXT_SIZE]);

/* Parses RFC 3339 with any offset and optional fraction; false if it is not one, or outside the years 0 to 9999. */
bool clock_parse(const char *text, int64_t *ms);

/* Days since 1970 and the first instants of the UTC day and month that hold ms. */
int64_t clock_day_start(int64_t ms);
int64_t clock_next_day(int64_t ms);
int64_t clock_month_start(int64_t ms);
int64_t clock_next_month(int64_t ms);
void    clock_civil(int64_t ms, int *year, int *month, int *day);    /* UTC */
int64_t clock_from_civil(int year, int month, int day);              /* midnight UTC, ms */

/* Tests: fixed sources; NULL restores the system's. While there is one for the wall clock it is everybody's, the database's
 * too: connecting measures nothing. */
void clock_set_source(int64_t (*wall_ms)(void), int64_t (*mono_us)(void));
bool clock_is_given(void);

#endif
