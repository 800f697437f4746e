/* The daemons' loop (daemon/loop.h): each test is a small daemon. */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/loop.h"
#include "net_server.h"
#include "net_suites.h"

#define MS INT64_C(1000)

struct small_daemon {
	atomic_int works, messages;             /* what happens beside it may wait for these */
	int drains, stops;
	int64_t started_us, third_us;           /* when work was called, the first and the third time */
	bool idle;                              /* what idle answers */
	char text[64];
	/* what work does, and when it wants to be called again */
	int64_t (*turn)(struct small_daemon *d, struct loop *l);
	/* what happens beside it, in a thread that the first work starts */
	void (*beside)(struct small_daemon *d);
	struct loop *loop;
	pthread_t thread;
	struct doorbell_ringer *ringer;
	int fd;
	bool work_after_stop;
};

static char run_dir[64];
static struct config cfg;

static int open_dir(void)
{
	snprintf(run_dir, sizeof run_dir, "/tmp/loop_tests.XXXXXX");
	if (!mkdtemp(run_dir))
		return 1;
	cfg.run_dir = run_dir;
	log_set_level(LOG_ERROR);
	return 0;
}

static int close_dir(void)
{
	log_set_level(LOG_INFO);
	return rmdir(run_dir);
}

static void pause_ms(long ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&ts, NULL);
}

static void *run_beside(void *arg)
{
	struct small_daemon *d = arg;

	d->beside(d);
	return NULL;
}

static int64_t work(void *data, struct loop *l)
{
	struct small_daemon *d = data;

	d->work_after_stop |= d->stops > 0;
	if (++d->works == 3)
		d->third_us = clock_mono_us();
	if (d->works == 1) {
		d->started_us = clock_mono_us();
		d->loop = l;
		/* started here, it has the loop's signal mask */
		if (d->beside)
			CU_ASSERT_EQUAL_FATAL(pthread_create(&d->thread, NULL, run_beside, d), 0);
	}
	return d->turn ? d->turn(d, l) : INT64_MAX;
}

static void message(void *data, const void *msg, size_t n)
{
	struct small_daemon *d = data;

	snprintf(d->text, sizeof d->text, "%.*s", (int)n, (const char *)msg);
	d->messages++;
}

static void drain(void *data)
{
	((struct small_daemon *)data)->drains++;
}

static bool is_idle(void *data)
{
	return ((struct small_daemon *)data)->idle;
}

static void stop(void *data)
{
	struct small_daemon *d = data;

	d->stops++;
	if (d->beside)
		pthread_join(d->thread, NULL);
}

static void run(struct small_daemon *d, int drain_limit_s)
{
	struct daemon_ops ops = {.program = "small", .work = work, .message = message, .drain = drain,
	                         .idle = is_idle, .stop = stop, .drain_limit_s = drain_limit_s};
	struct error err = {0};

	d->ringer = doorbell_ringer_new(run_dir);
	CU_ASSERT_TRUE(loop_run(&ops, &cfg, d, &err));
	doorbell_ringer_free(d->ringer);
	CU_ASSERT_EQUAL(d->stops, 1);
	CU_ASSERT_FALSE(d->work_after_stop);
}

static void tell_to_stop(void)
{
	kill(getpid(), SIGTERM);
}

static int64_t again_in_30_ms(struct small_daemon *d, struct loop *l)
{
	return clock_mono_us() + 30 * MS;
}

static void stop_after_the_third_turn(struct small_daemon *d)
{
	server_wait(&d->works, 3);
	tell_to_stop();
}

static void work_is_called_when_it_asked_for(void)
{
	struct small_daemon d = {.idle = true, .turn = again_in_30_ms, .beside = stop_after_the_third_turn};

	run(&d, 5);
	CU_ASSERT(d.works > 3);
	CU_ASSERT(d.third_us - d.started_us >= 60 * MS);
}

static void wait_then_stop(struct small_daemon *d)
{
	pause_ms(200);
	tell_to_stop();
}

static void a_loop_with_nothing_to_do_sleeps(void)
{
	struct small_daemon d = {.idle = true, .beside = wait_then_stop};

	run(&d, 5);
	CU_ASSERT_EQUAL(d.works, 2);
}

static void ring_then_stop(struct small_daemon *d)
{
	doorbell_ring_any(d->ringer, "small", "ding", 4);
	server_wait(&d->messages, 1);
	tell_to_stop();
}

static void a_doorbell_wakes_it_with_its_message(void)
{
	struct small_daemon d = {.idle = true, .beside = ring_then_stop};

	run(&d, 5);
	CU_ASSERT_EQUAL(d.messages, 1);
	CU_ASSERT_STRING_EQUAL(d.text, "ding");
	CU_ASSERT_EQUAL(d.works, 3);
}

static void wake_often_then_stop(struct small_daemon *d)
{
	unsigned i;

	for (i = 0; i < 1000; i++)
		loop_wake(d->loop);
	server_wait(&d->works, 2);
	tell_to_stop();
}

static void another_thread_wakes_it(void)
{
	struct small_daemon d = {.idle = true, .beside = wake_often_then_stop};

	run(&d, 5);
	CU_ASSERT(d.works >= 3);
	CU_ASSERT(d.works <= 1002);
}

static atomic_int asked, seen;

static int64_t see_what_was_asked(struct small_daemon *d, struct loop *l)
{
	atomic_store(&seen, atomic_load(&asked));
	return INT64_MAX;
}

static void ask_and_wait(struct small_daemon *d)
{
	int i, k;

	for (i = 1; i <= 2000; i++) {
		atomic_store(&asked, i);
		loop_wake(d->loop);
		for (k = 0; k < 5000 && atomic_load(&seen) < i; k++)
			pause_ms(1);
		if (atomic_load(&seen) < i)
			break;
	}
	tell_to_stop();
}

static void no_wake_is_lost(void)
{
	struct small_daemon d = {.idle = true, .turn = see_what_was_asked, .beside = ask_and_wait};

	atomic_store(&asked, 0);
	atomic_store(&seen, 0);
	run(&d, 5);
	CU_ASSERT_EQUAL(atomic_load(&seen), 2000);
}

static int64_t watch_a_descriptor(struct small_daemon *d, struct loop *l)
{
	uint64_t count;
	struct error err;

	if (d->works == 1) {
		CU_ASSERT_TRUE(loop_watch(l, d->fd, &err));
	} else if (read(d->fd, &count, sizeof count) == sizeof count) {
		d->messages++;
	}
	return INT64_MAX;
}

static void write_then_stop(struct small_daemon *d)
{
	static const uint64_t one = 1;

	CU_ASSERT_EQUAL(write(d->fd, &one, sizeof one), sizeof one);
	server_wait(&d->messages, 1);
	tell_to_stop();
}

static void a_watched_descriptor_wakes_it(void)
{
	struct small_daemon d = {.idle = true, .turn = watch_a_descriptor, .beside = write_then_stop,
	                         .fd = eventfd(0, EFD_NONBLOCK)};

	run(&d, 5);
	CU_ASSERT_EQUAL(d.messages, 1);
	close(d.fd);
}

static int64_t busy_for_a_while(struct small_daemon *d, struct loop *l)
{
	if (d->works == 1)
		tell_to_stop();
	d->idle = d->works > 5;
	return clock_mono_us() + 10 * MS;
}

static void told_to_stop_it_goes_on_until_it_is_idle(void)
{
	struct small_daemon d = {.turn = busy_for_a_while};

	run(&d, 60);
	CU_ASSERT_EQUAL(d.drains, 1);
	CU_ASSERT_EQUAL(d.works, 6);
}

/* A clock that goes on only while work is done. */
static _Atomic int64_t now_us;

static int64_t slow_clock(void)
{
	return now_us;
}

static void run_by_slow_clock(struct small_daemon *d, int drain_limit_s)
{
	now_us = 0;
	clock_set_source(NULL, slow_clock);
	run(d, drain_limit_s);
	clock_set_source(NULL, NULL);
}

/* 100 ms, and at once again; idle only after more than any test here has patience for. */
static int64_t work_for_100_ms(struct small_daemon *d)
{
	d->idle = d->works == 1000;
	return atomic_fetch_add(&now_us, 100 * MS) + 100 * MS;
}

static int64_t told_to_stop_at_first(struct small_daemon *d, struct loop *l)
{
	if (d->works == 1)
		tell_to_stop();
	return work_for_100_ms(d);
}

static void one_that_never_gets_idle_ends_at_its_limit(void)
{
	struct small_daemon d = {.turn = told_to_stop_at_first};

	run_by_slow_clock(&d, 1);
	/* it is told after the first turn, and has a second for ten more */
	CU_ASSERT_EQUAL(d.works, 11);
}

static int64_t told_to_stop_twice(struct small_daemon *d, struct loop *l)
{
	if (d->works == 1 || d->works == 2)
		tell_to_stop();
	return work_for_100_ms(d);
}

static void told_twice_it_ends_at_once(void)
{
	struct small_daemon d = {.turn = told_to_stop_twice};

	run_by_slow_clock(&d, 60);
	CU_ASSERT_EQUAL(d.works, 3);
	CU_ASSERT_EQUAL(d.drains, 1);
}

static void interrupt_at_once(struct small_daemon *d)
{
	kill(getpid(), SIGINT);
}

static void an_interrupt_stops_it_too(void)
{
	struct small_daemon d = {.idle = true, .beside = interrupt_at_once};

	run(&d, 5);
	CU_ASSERT_EQUAL(d.drains, 1);
}

static void signals_are_as_before_when_it_is_over(void)
{
	struct small_daemon d = {.idle = true, .beside = wait_then_stop};
	sigset_t before, after;

	pthread_sigmask(SIG_SETMASK, NULL, &before);
	run(&d, 5);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	CU_ASSERT_EQUAL(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
	CU_ASSERT_EQUAL(sigismember(&after, SIGTERM), 0);
}

static void it_does_not_start_without_its_folder(void)
{
	struct daemon_ops ops = {.program = "small", .work = work};
	char missing[] = "/tmp/there/is/no/such/folder";
	struct config nowhere = {.run_dir = missing};
	struct small_daemon d = {0};
	struct error err = {0};

	CU_ASSERT_FALSE(loop_run(&ops, &nowhere, &d, &err));
	CU_ASSERT_NOT_EQUAL(err.message[0], '\0');
	CU_ASSERT_EQUAL(d.works, 0);
}

/* The supervisor's side of sd_notify. */
static int supervisor(struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(at->sun_path, sizeof at->sun_path, "%.60s/notify", run_dir);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
	setenv("NOTIFY_SOCKET", at->sun_path, 1);
	return fd;
}

static void supervisor_gone(int fd, const struct sockaddr_un *at)
{
	close(fd);
	unlink(at->sun_path);
	unsetenv("NOTIFY_SOCKET");
}

static int told(int fd, const char *what)
{
	char text[64];
	int count = 0;
	long n;

	while ((n = recv(fd, text, sizeof text - 1, 0)) > 0) {
		text[n] = '\0';
		count += strcmp(text, what) == 0;
	}
	return count;
}

static void the_supervisor_hears_of_start_and_stop(void)
{
	struct small_daemon d = {.idle = true, .beside = wait_then_stop};
	struct sockaddr_un at;
	char text[64] = "";
	int fd = supervisor(&at);

	run(&d, 5);
	CU_ASSERT(recv(fd, text, sizeof text - 1, 0) > 0);
	CU_ASSERT_STRING_EQUAL(text, "READY=1");
	CU_ASSERT_EQUAL(told(fd, "STOPPING=1"), 1);
	supervisor_gone(fd, &at);
}

/* Wants never to be called again, and is called all the same, as the supervisor waits for a sign of life. */
static int64_t twelve_turns_of_10_ms(struct small_daemon *d, struct loop *l)
{
	now_us += 10 * MS;
	if (d->works == 12)
		tell_to_stop();
	return INT64_MAX;
}

static void stop_if_it_sleeps(struct small_daemon *d)
{
	if (!server_wait(&d->works, 12))
		tell_to_stop();
}

static void the_supervisor_gets_signs_of_life(void)
{
	struct small_daemon d = {.idle = true, .turn = twelve_turns_of_10_ms, .beside = stop_if_it_sleeps};
	struct sockaddr_un at;
	int fd = supervisor(&at);

	setenv("WATCHDOG_USEC", "60000", 1);
	run_by_slow_clock(&d, 5);
	/* after 10, 40, 70 and 100 of 120 ms: twice as often as it must */
	CU_ASSERT_EQUAL(told(fd, "WATCHDOG=1"), 4);
	unsetenv("WATCHDOG_USEC");
	supervisor_gone(fd, &at);
}

static CU_TestInfo tests[] = {
	{"work is called when it asked for", work_is_called_when_it_asked_for},
	{"a loop with nothing to do sleeps", a_loop_with_nothing_to_do_sleeps},
	{"a doorbell wakes it with its message", a_doorbell_wakes_it_with_its_message},
	{"another thread wakes it", another_thread_wakes_it},
	{"no wake is lost", no_wake_is_lost},
	{"a watched descriptor wakes it", a_watched_descriptor_wakes_it},
	{"told to stop, it goes on until it is idle", told_to_stop_it_goes_on_until_it_is_idle},
	{"one that never gets idle ends at its limit", one_that_never_gets_idle_ends_at_its_limit},
	{"told twice, it ends at once", told_twice_it_ends_at_once},
	{"an interrupt stops it too", an_interrupt_stops_it_too},
	{"signals are as before when it is over", signals_are_as_before_when_it_is_over},
	{"it does not start without its folder", it_does_not_start_without_its_folder},
	{"the supervisor hears of start and stop", the_supervisor_hears_of_start_and_stop},
	{"the supervisor gets signs of life", the_supervisor_gets_signs_of_life},
	CU_TEST_INFO_NULL};

CU_SuiteInfo loop_suite = {"daemons' loop", open_dir, close_dir, NULL, NULL, tests};
