/* Local times that an expression names, whatever the clock of a zone does. Seconds since 1970 as if the wall clock were
 * UTC. */
#ifndef AGENTIV_BASE_CRON_PRIV_H
#define AGENTIV_BASE_CRON_PRIV_H

#include "base/cron.h"

#define CRON_FIRST_S (-INT64_C(62167219200))     /* 0000-01-01T00:00:00Z */
#define CRON_LAST_S  INT64_C(253402300799)       /* 9999-12-31T23:59:59Z */
/* No such local time or instant, when looking ahead and when looking back: beyond all others, far from overflow. */
#define CRON_NONE_AHEAD (INT64_C(1) << 60)
#define CRON_NONE_BACK  (-CRON_NONE_AHEAD)

/* The earliest local time from one on, the latest up to one, in the years 0 to 9999; else CRON_NONE_…. */
int64_t cron_local_from(const struct cron *c, int64_t local);
int64_t cron_local_until(const struct cron *c, int64_t local);

unsigned cron_month_length(int year, unsigned month);

/* Bit d: day d of a month matches. length: of the month; first: the weekday of its first day, 0 Sunday. */
uint32_t cron_days(const struct cron *c, unsigned length, unsigned first);

#endif
