/* The loop that the daemons share: signals, doorbell, timers, epoll, clean stop,
 * systemd notification (READY, WATCHDOG, STOPPING through NOTIFY_SOCKET, no library).
 *
 * A daemon gives const functions; loop_run calls them from one thread. */
#ifndef AGENTIV_DAEMON_LOOP_H
#define AGENTIV_DAEMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/doorbell.h"
#include "base/err.h"

struct loop;

struct daemon_ops {
	const char *program;                                  /* "agentiv-worker" */
	/* The doorbell rang or a watched descriptor is ready or time has come: do what is due, then
	 * return when to be called at the latest (clock_mono_us; INT64_MAX: only by bell). */
	int64_t (*work)(void *data, struct loop *l);
	/* One doorbell message, before work. May be NULL. */
	void (*message)(void *data, const void *msg, size_t n);
	/* SIGTERM or SIGINT came: take nothing new. work goes on being called until idle says true. */
	void (*drain)(void *data);
	bool (*idle)(void *data);
	int  drain_limit_s;                                   /* then the loop ends anyway, as on a second signal */
	/* The loop is over: end the threads that may call loop_wake. May be NULL. */
	void (*stop)(void *data);
};

/* Runs until stopped; false with err when it could not start. */
bool loop_run(const struct daemon_ops *ops, const struct config *cfg, void *data, struct error *err);

const char *loop_doorbell_name(const struct loop *l);
/* Wakes the loop from another thread (eventfd): work is called soon. */
void loop_wake(struct loop *l);
/* Watches one more descriptor for reading (a curl multi's epoll set): work is called when it is ready. */
bool loop_watch(struct loop *l, int fd, struct error *err);

#endif
