#include "api/waiting_priv.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/threads.h"

#define FIRST_PAUSE_MS 10              /* of a plain CGI, doubled up to WAITING_LOOK_US */

void waiting_wake(struct waiting *w)
{
	uint64_t one = 1;

	if (w->has_thread && write(w->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
		log_write(LOG_WARN, "the waiting room could not be woken", "errno=%d", errno);
}

static void hear(struct waiting *w)
{
	unsigned char message[DOORBELL_MESSAGE_MAX];
	long n;

	while ((n = doorbell_read(&w->app->doorbell, message, sizeof message)) >= 0) {
		if (n > 0 && message[0] == BELL_ENDED)
			waiting_ring(w, message + 1, (size_t)n - 1);
		else if (n > 0 && message[0] == BELL_FORGET)
			auth_forget(w->app->auth);
		else if (n > 0 && message[0] == BELL_SECRETS)
			presence_look(w->app->presence);
	}
}

static void wait_for_news(struct waiting *w)
{
	struct pollfd fds[2] = {{.fd = w->wake_fd, .events = POLLIN},
	                        {.fd = w->app->doorbell.fd, .events = POLLIN}};
	bool nobody = waiting_count(w) == 0;
	int64_t left_us = w->hungry ? 0 : w->look_us - clock_mono_us();
	uint64_t times;

	if (poll(fds, 2, nobody ? -1 : left_us > 0 ? (int)(left_us / 1000) + 1 : 0) < 0) {
		INVARIANT(errno == EINTR, "poll failed");
		return;
	}
	if (nobody)
		w->look_us = clock_mono_us() + WAITING_LOOK_US;
	if (fds[0].revents && read(w->wake_fd, &times, sizeof times) < 0 && errno != EAGAIN)
		log_write(LOG_WARN, "the waiting room's descriptor cannot be read", "errno=%d", errno);
	if (fds[1].revents)
		hear(w);
}

static void *room_thread(void *arg)
{
	struct waiting *w = arg;
	bool draining = false, stopping = false;

	while (!stopping) {
		wait_for_news(w);
		waiting_turn(w);
		pthread_mutex_lock(&w->lock);
		draining = w->draining;
		stopping = w->stopping;
		pthread_mutex_unlock(&w->lock);
		if (draining)
			waiting_empty(w);
	}
	return NULL;
}

struct waiting *waiting_start(struct app *app, bool thread, struct error *err)
{
	struct waiting *w = mem_zalloc(sizeof *w);

	w->app = app;
	w->last = &w->first;
	w->last_hungry = &w->hungry;
	w->wake_fd = -1;
	pthread_mutex_init(&w->lock, NULL);
	if (!thread)
		return w;
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->has_thread = w->wake_fd >= 0 && thread_start(&w->thread, STACK_SIZE, room_thread, w);
	if (!w->has_thread) {
		err_set(err, ERR_INTERNAL, "No thread for the waiting room");
		waiting_stop(w);
		return NULL;
	}
	return w;
}

void waiting_drain(struct waiting *w)
{
	pthread_mutex_lock(&w->lock);
	w->draining = true;
	pthread_mutex_unlock(&w->lock);
	waiting_wake(w);
}

void waiting_stop(struct waiting *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->draining = w->stopping = true;
	pthread_mutex_unlock(&w->lock);
	waiting_wake(w);
	if (w->has_thread)
		pthread_join(w->thread, NULL);
	if (w->wake_fd >= 0)
		close(w->wake_fd);
	pthread_mutex_destroy(&w->lock);
	mem_free(w);
}

void waiting_pump(struct waiting *w)
{
	int pause_ms = FIRST_PAUSE_MS;

	w->look_us = 0;
	for (;;) {
		waiting_turn(w);
		if (waiting_count(w) == 0)
			break;
		if (w->hungry)
			continue;
		poll(NULL, 0, pause_ms);
		pause_ms = 2 * pause_ms < WAITING_LOOK_US / 1000 ? 2 * pause_ms : (int)(WAITING_LOOK_US / 1000);
		w->look_us = 0;
	}
}
