/* What the files of the waiting room share: who comes and goes (waiting_table.c), how they are looked at
 * (waiting_look.c), and the thread that does it (waiting.c). */
#ifndef AGENTIV_API_WAITING_PRIV_H
#define AGENTIV_API_WAITING_PRIV_H

#include <pthread.h>

#include "api/waiting.h"

#define WAITING_BUCKETS 1024u
#define WAITING_LOOK_US INT64_C(250000)

struct waiting {
	struct app *app;
	pthread_t   thread;
	bool        has_thread;
	int         wake_fd;
	/* the room's thread's */
	int64_t     look_us;               /* when all are looked at again */
	struct waiter *hungry, **last_hungry;   /* who has asked to be fed, in turn */

	pthread_mutex_t lock;              /* the fields below, and a waiter's links */
	struct waiter *buckets[WAITING_BUCKETS];
	struct waiter *first, **last;      /* who has entered */
	struct waiter *rung;
	unsigned count;
	bool draining, stopping;
};

void waiting_wake(struct waiting *w);

/* With the lock held, of one who has entered and stands neither in w->rung nor in w->hungry. */
void waiting_remove(struct waiting *w, struct waiter *who);
/* These executions are said to have ended. */
void waiting_ring(struct waiting *w, const unsigned char *ids, size_t n);

/* In the room's thread: looks at whom it is time to look at, and feeds one batch. */
void waiting_turn(struct waiting *w);
/* Everybody leaves. */
void waiting_empty(struct waiting *w);

#endif
