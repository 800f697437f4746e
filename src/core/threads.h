/* Threads with a stack of their own size, and waits on the monotonic clock. */
#ifndef AGENTIV_CORE_THREADS_H
#define AGENTIV_CORE_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reserved, not resident: MIME parsers nest deep, and a statement with many rows takes 200 KiB. */
#define STACK_SIZE (1u << 20)

bool thread_start(pthread_t *id, size_t stack, void *(*fn)(void *), void *arg);

void cond_init_mono(pthread_cond_t *c);
/* A condition's wait until a monotonic instant (clock_mono_us); INT64_MAX without end. */
void cond_wait_until(pthread_cond_t *c, pthread_mutex_t *m, int64_t until_us);

#endif
