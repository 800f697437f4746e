/* The waiting room: requests that wait for an execution hold no thread. One thread hears the doorbell, looks at all
 * that wait four times a second while somebody does, and sleeps otherwise. Some wait for the end alone; others follow
 * the execution, and are fed in batches: those who wait for the end come first, and between two batches.
 *
 * Ownership: a waiter lives in its request's arena. From waiting_enter on the room has waiter and request, until
 * it calls leave. Waiters of one execution may be many. */
#ifndef AGENTIV_API_WAITING_H
#define AGENTIV_API_WAITING_H

#include "api/app.h"
#include "http/request.h"

struct waiter;

enum look { LOOK_STAYS, LOOK_LEAVES, LOOK_FEED };

struct waiter_ops {
	/* In the room's thread: at each look, and when the execution is said to have ended (w->rung; for those who are
	 * fed, status says by then whether it is so). Must wait neither for the peer nor for the database. LOOK_FEED:
	 * it wants its turn to be fed, and is not looked at before. */
	enum look (*look)(struct waiter *w, int64_t now_us);
	/* NULL: it waits for the end alone. Otherwise, in the room's thread: feeds up to WAITING_BATCH_MAX that wanted
	 * it, and says in next what each wants now. Must not wait for the peers, and ask the database once for all. */
	void (*feed)(struct waiter *const *batch, unsigned n, enum look *next);
	/* It is out of the room, or the room is being closed: answers or ends the request. */
	void (*leave)(struct waiter *w);
};
#define WAITING_BATCH_MAX RUNS_BATCH_MAX

struct waiter {
	struct request *r;
	struct id       id;                  /* the execution's */
	const struct waiter_ops *ops;
	/* the room's thread sets them before it calls look */
	enum exec_status status;
	unsigned         last_step;
	bool             rung;               /* somebody said that it has ended: it may be so */

	/* the room's */
	bool entered, queued, hungry;
	struct waiter *bucket_next, **bucket_link, *next, **link, *next_rung, *next_hungry;
};

/* thread false: nothing happens but in waiting_pump (plain CGI). */
struct waiting *waiting_start(struct app *app, bool thread, struct error *err);
/* Everybody leaves, and who enters from now on leaves at once. */
void waiting_drain(struct waiting *w);
void waiting_stop(struct waiting *w);

/* Before an execution is committed, so that its end cannot be missed; then either enter or withdraw. */
void waiting_announce(struct waiting *w, struct waiter *who);
void waiting_withdraw(struct waiting *w, struct waiter *who);
/* look: see at once whether it has ended already. */
void waiting_enter(struct waiting *w, struct waiter *who, bool look);
unsigned waiting_count(struct waiting *w);

/* Until nobody waits any more. */
void waiting_pump(struct waiting *w);

#endif
