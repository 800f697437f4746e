/* Counters of this process's requests, for /metrics. Lock-free. */
#ifndef AGENTIV_HTTP_STATS_H
#define AGENTIV_HTTP_STATS_H

#include <stdint.h>

#define STATS_ROUTES_MAX 64      /* the last one stands for requests without a route */
#define STATS_BUCKETS    8

extern const int64_t stats_bounds_us[STATS_BUCKETS];   /* upper bounds; the last one is without end */

struct route_stats {
	uint64_t by_class[6];             /* responses by hundreds of the status */
	uint64_t buckets[STATS_BUCKETS];  /* by duration */
	uint64_t sum_us;
};

/* One answered request of a route (index in the table, or any number past it for none). */
void stats_count(unsigned route, int status, int64_t us);
void stats_read(unsigned route, struct route_stats *out);

#endif
