/* The waiting room: requests that wait for an execution hold no thread. One thread hears the doorbell, looks at all
 * that wait four times a second while somebody does, and sleeps otherwise.
 *
 * Ownership: a waiter lives in its request's arena. From waiting_enter on the room has waiter and request, until
 * it calls leave. Waiters of one execution may be many. */
#ifndef AGENTIV_API_WAITING_H
#define AGENTIV_API_WAITING_H

#include "api/app.h"
#include "http/request.h"

struct waiter;

struct waiter_ops {
	/* In the room's thread: at each look, and when the execution is said to have ended (w->rung). false: it
	 * leaves. Must not wait for the peer. */
	bool (*look)(struct waiter *w, int64_t now_us);
	/* It is out of the room, or the room is being closed: answers or ends the request. */
	void (*leave)(struct waiter *w);
};

struct waiter {
	struct request *r;
	struct id       id;                  /* the execution's */
	const struct waiter_ops *ops;
	/* the room's thread sets them before it calls look */
	enum exec_status status;
	unsigned         last_step;
	bool             rung;               /* somebody said that it has ended: it may be so */

	/* the room's */
	bool entered, queued;
	struct waiter *bucket_next, **bucket_link, *next, **link, *next_rung;
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
