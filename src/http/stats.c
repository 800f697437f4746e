#include "http/stats.h"

#include <stdatomic.h>

const int64_t stats_bounds_us[STATS_BUCKETS] = {
	1000, 5000, 25000, 100000, 500000, 2500000, 60000000, INT64_MAX,
};

static struct {
	atomic_uint_least64_t by_class[6], buckets[STATS_BUCKETS], sum_us;
} stats[STATS_ROUTES_MAX];

static unsigned slot(unsigned route)
{
	return route < STATS_ROUTES_MAX - 1 ? route : STATS_ROUTES_MAX - 1;
}

static void add(atomic_uint_least64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void stats_count(unsigned route, int status, int64_t us)
{
	unsigned i = 0, s = slot(route);

	while (us > stats_bounds_us[i])
		i++;
	add(&stats[s].by_class[status >= 100 && status < 600 ? status / 100 : 0], 1);
	add(&stats[s].buckets[i], 1);
	add(&stats[s].sum_us, us > 0 ? (uint64_t)us : 0);
}

void stats_read(unsigned route, struct route_stats *out)
{
	unsigned i, s = slot(route);

	for (i = 0; i < 6; i++)
		out->by_class[i] = atomic_load_explicit(&stats[s].by_class[i], memory_order_relaxed);
	for (i = 0; i < STATS_BUCKETS; i++)
		out->buckets[i] = atomic_load_explicit(&stats[s].buckets[i], memory_order_relaxed);
	out->sum_us = atomic_load_explicit(&stats[s].sum_us, memory_order_relaxed);
}
