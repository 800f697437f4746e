/* What something costs: the calling thread's own time on a processor, whoever else uses the machine. To be compared
 * with what something else costs in the same run. */
#ifndef AGENTIV_TESTS_CPU_TIME_H
#define AGENTIV_TESTS_CPU_TIME_H

#include <stdint.h>
#include <time.h>

static inline int64_t cpu_time_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The least of a few tries. */
static inline int64_t cpu_cost_us(void (*act)(void *ctx), void *ctx)
{
	int64_t least = INT64_MAX;
	int i;

	for (i = 0; i < 5; i++) {
		int64_t began = cpu_time_us(), cost;

		act(ctx);
		cost = cpu_time_us() - began;
		least = cost < least ? cost : least;
	}
	return least;
}

#endif
