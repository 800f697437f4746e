/* Work in groups: what comes while one batch is being worked on is the next batch. There is no timer, so a lone job
 * waits for nothing. Two threads take turns: while one does what follows a batch, the other has the next.
 *
 * Ownership: a job is the caller's; the group has it from group_submit until a thread takes it. */
#ifndef AGENTIV_CORE_GROUP_H
#define AGENTIV_CORE_GROUP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define GROUP_BATCH_MAX 64
#define GROUP_THREADS   2

struct group_job { struct group_job *next; };

struct group {
	pthread_mutex_t turn;            /* held by the thread that collects and works on a batch */
	pthread_mutex_t lock;            /* the fields below */
	pthread_cond_t  work;
	struct group_job *first, **last;
	bool      stopping;
	pthread_t threads[GROUP_THREADS];
	unsigned  thread_count;
	/* Bytes of a job, NULL: they do not count. A batch ends before it would pass bytes_max. */
	size_t  (*size)(const struct group_job *j);
	size_t    bytes_max;
};

void group_init(struct group *g, size_t (*size)(const struct group_job *j), size_t bytes_max);
/* Starts the threads, each of which calls main(arg). */
bool group_start(struct group *g, void *(*main)(void *), void *arg);
/* Thread-safe. false: the group is being stopped, and the job stays the caller's. */
bool group_submit(struct group *g, struct group_job *job);
/* For main: waits for work and takes the turn with it; how many jobs. 0: the group is being stopped and nothing is
 * left, so the thread is to end. */
unsigned group_take(struct group *g, struct group_job *jobs[GROUP_BATCH_MAX]);
/* The batch is worked on: the other thread may take the next. */
void group_pass(struct group *g);
/* Lets the threads finish what was submitted, and joins them. */
void group_stop(struct group *g);
void group_release(struct group *g);

#endif
