#include "core/threads.h"

#include <time.h>

void cond_init_mono(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}

void cond_wait_until(pthread_cond_t *c, pthread_mutex_t *m, int64_t until_us)
{
	struct timespec ts = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};

	if (until_us == INT64_MAX)
		pthread_cond_wait(c, m);
	else
		pthread_cond_timedwait(c, m, &ts);
}

bool thread_start(pthread_t *id, size_t stack, void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	bool ok;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, stack);
	ok = pthread_create(id, &attr, fn, arg) == 0;
	pthread_attr_destroy(&attr);
	return ok;
}
