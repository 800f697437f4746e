/* The daemons' loop: one ppoll over a few descriptors, whose timeout is what work asked for. */
#include "daemon/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/notify.h"

#define MESSAGES_MAX 256       /* read before work is called */

enum watched { FD_SIGNAL, FD_BELL, FD_WAKE, FD_FIRST_OWN, FD_MAX = FD_FIRST_OWN + 4 };

struct loop {
	const struct daemon_ops *ops;
	void    *data;
	struct doorbell bell;
	struct pollfd fds[FD_MAX];
	nfds_t   count;
	atomic_bool woken;         /* the eventfd is set, or is about to be */
	bool     draining, told_twice;
	int64_t  drain_until_us;
	int64_t  watchdog_us, sign_of_life_us;
};

const char *loop_doorbell_name(const struct loop *l)
{
	return l->bell.name;
}

void loop_wake(struct loop *l)
{
	static const uint64_t one = 1;

	if (!atomic_exchange(&l->woken, true))
		while (write(l->fds[FD_WAKE].fd, &one, sizeof one) < 0 && errno == EINTR)
			;
}

bool loop_watch(struct loop *l, int fd, struct error *err)
{
	if (l->count == FD_MAX)
		return err_set(err, ERR_INTERNAL, "The loop watches too many descriptors");
	l->fds[l->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	return true;
}

static void start_draining(struct loop *l)
{
	if (l->draining) {
		l->told_twice = true;
		return;
	}
	l->draining = true;
	l->drain_until_us = clock_mono_us() + l->ops->drain_limit_s * INT64_C(1000000);
	log_write(LOG_INFO, "stopping", "within_s=%d", l->ops->drain_limit_s);
	notify_send("STOPPING=1");
	if (l->ops->drain)
		l->ops->drain(l->data);
}

static void read_signals(struct loop *l)
{
	struct signalfd_siginfo info;

	while (read(l->fds[FD_SIGNAL].fd, &info, sizeof info) == sizeof info)
		start_draining(l);
}

static void read_messages(struct loop *l)
{
	char message[DOORBELL_MESSAGE_MAX];
	unsigned i;
	long n;

	for (i = 0; i < MESSAGES_MAX && (n = doorbell_read(&l->bell, message, sizeof message)) >= 0;
	     i++)
		if (l->ops->message)
			l->ops->message(l->data, message, (size_t)n);
}

static void read_wake(struct loop *l)
{
	uint64_t count;

	/* read before the mark goes, so that who wakes after it finds an empty eventfd to write to */
	if (read(l->fds[FD_WAKE].fd, &count, sizeof count) == sizeof count)
		atomic_store(&l->woken, false);
}

/* Waits for something to happen or until the instant given. */
static void wait_until(struct loop *l, int64_t until_us)
{
	int64_t left;
	struct timespec ts;

	if (l->watchdog_us > 0 && l->sign_of_life_us < until_us)
		until_us = l->sign_of_life_us;
	if (l->draining && l->drain_until_us < until_us)
		until_us = l->drain_until_us;
	left = until_us == INT64_MAX ? 0 : until_us - clock_mono_us();
	left = left > 0 ? left : 0;
	ts = (struct timespec){.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
	if (ppoll(l->fds, l->count, until_us == INT64_MAX ? NULL : &ts, NULL) <= 0)
		return;
	if (l->fds[FD_SIGNAL].revents)
		read_signals(l);
	if (l->fds[FD_BELL].revents)
		read_messages(l);
	if (l->fds[FD_WAKE].revents)
		read_wake(l);
}

static void give_sign_of_life(struct loop *l)
{
	int64_t now = clock_mono_us();

	if (l->watchdog_us == 0 || now < l->sign_of_life_us)
		return;
	notify_send("WATCHDOG=1");
	l->sign_of_life_us = now + l->watchdog_us;
}

static bool is_over(struct loop *l)
{
	if (!l->draining)
		return false;
	if (!l->ops->idle || l->ops->idle(l->data))
		return true;
	if (!l->told_twice && clock_mono_us() < l->drain_until_us)
		return false;
	log_write(LOG_WARN, "stopped before all was finished", "after_s=%d", l->ops->drain_limit_s);
	return true;
}

static void turn(struct loop *l)
{
	int64_t next = l->ops->work(l->data, l);

	notify_send("READY=1");
	while (!is_over(l)) {
		wait_until(l, next);
		give_sign_of_life(l);
		next = l->ops->work(l->data, l);
	}
}

static bool open_fd(struct loop *l, enum watched at, int fd, const char *what, struct error *err)
{
	l->fds[at] = (struct pollfd){.fd = fd, .events = POLLIN};
	return fd >= 0 || err_set(err, ERR_INTERNAL, "%s cannot be opened: %s", what, strerror(errno));
}

static void close_fd(struct loop *l, enum watched at)
{
	if (l->fds[at].fd >= 0)
		close(l->fds[at].fd);
	l->fds[at].fd = -1;
}

static bool open_all(struct loop *l, const struct config *cfg, const sigset_t *stop, struct error *err)
{
	l->fds[FD_SIGNAL].fd = l->fds[FD_BELL].fd = l->fds[FD_WAKE].fd = -1;
	if (!doorbell_open(&l->bell, cfg->run_dir, l->ops->program, err))
		return false;
	l->fds[FD_BELL] = (struct pollfd){.fd = l->bell.fd, .events = POLLIN};
	if (open_fd(l, FD_SIGNAL, signalfd(-1, stop, SFD_NONBLOCK | SFD_CLOEXEC),
	            "The signal descriptor", err) &&
	    open_fd(l, FD_WAKE, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "The wake descriptor", err))
		return true;
	close_fd(l, FD_SIGNAL);
	doorbell_close(&l->bell);
	return false;
}

bool loop_run(const struct daemon_ops *ops, const struct config *cfg, void *data, struct error *err)
{
	struct loop l = {.ops = ops, .data = data, .count = FD_FIRST_OWN};
	sigset_t stop, before;
	bool ok;

	signal(SIGPIPE, SIG_IGN);
	/* before work makes threads, which inherit the mask */
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stop, &before);
	ok = open_all(&l, cfg, &stop, err);
	if (ok) {
		l.watchdog_us = notify_watchdog_us();
		turn(&l);
		if (ops->stop)
			ops->stop(data);
		doorbell_close(&l.bell);
		close_fd(&l, FD_SIGNAL);
		close_fd(&l, FD_WAKE);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}
