#include "api/waiting.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/threads.h"

#define BUCKETS        1024u
#define LOOK_US        INT64_C(250000)
#define FIRST_PAUSE_MS 10              /* of a plain CGI, doubled up to LOOK_US */

struct waiting {
	struct app *app;
	pthread_t   thread;
	bool        has_thread;
	int         wake_fd;
	int64_t     look_us;               /* when all are looked at again; the room's thread */

	pthread_mutex_t lock;              /* the fields below, and a waiter's links */
	struct waiter *buckets[BUCKETS];
	struct waiter *first, **last;      /* who has entered */
	struct waiter *rung;
	unsigned count;
	bool draining, stopping;
};

/* ---- the table; called with the lock held ---- */

static struct waiter **bucket_of(struct waiting *w, const struct id *id)
{
	return &w->buckets[(id->b[14] << 8 | id->b[15]) % BUCKETS];
}

static void table_add(struct waiting *w, struct waiter *who)
{
	struct waiter **at = bucket_of(w, &who->id);

	who->bucket_next = *at;
	who->bucket_link = at;
	if (*at)
		(*at)->bucket_link = &who->bucket_next;
	*at = who;
}

static void table_remove(struct waiter *who)
{
	*who->bucket_link = who->bucket_next;
	if (who->bucket_next)
		who->bucket_next->bucket_link = who->bucket_link;
	who->bucket_link = NULL;
}

static void want_look(struct waiting *w, struct waiter *who)
{
	who->rung = true;
	if (!who->entered || who->queued)
		return;
	who->queued = true;
	who->next_rung = w->rung;
	w->rung = who;
}

static void remove_entered(struct waiting *w, struct waiter *who)
{
	table_remove(who);
	*who->link = who->next;
	if (who->next)
		who->next->link = who->link;
	else
		w->last = who->link;
	who->entered = false;
	w->count--;
}

/* ---- coming and going ---- */

static void wake(struct waiting *w)
{
	uint64_t one = 1;

	if (w->has_thread && write(w->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
		log_write(LOG_WARN, "the waiting room could not be woken", "errno=%d", errno);
}

void waiting_announce(struct waiting *w, struct waiter *who)
{
	pthread_mutex_lock(&w->lock);
	table_add(w, who);
	pthread_mutex_unlock(&w->lock);
}

void waiting_withdraw(struct waiting *w, struct waiter *who)
{
	pthread_mutex_lock(&w->lock);
	table_remove(who);
	pthread_mutex_unlock(&w->lock);
}

void waiting_enter(struct waiting *w, struct waiter *who, bool look)
{
	bool refused, alone;

	pthread_mutex_lock(&w->lock);
	refused = w->draining;
	alone = w->count == 0;
	if (refused) {
		if (who->bucket_link)
			table_remove(who);
	} else {
		if (!who->bucket_link)
			table_add(w, who);
		who->entered = true;
		who->next = NULL;
		who->link = w->last;
		*w->last = who;
		w->last = &who->next;
		w->count++;
		look |= who->rung;
		if (look)
			want_look(w, who);
	}
	pthread_mutex_unlock(&w->lock);
	if (refused)
		who->ops->leave(who);
	else if (look || alone)
		wake(w);
}

unsigned waiting_count(struct waiting *w)
{
	unsigned n;

	pthread_mutex_lock(&w->lock);
	n = w->count;
	pthread_mutex_unlock(&w->lock);
	return n;
}

/* ---- looking ---- */

static void judge(struct waiting *w, struct waiter *who, int64_t now_us)
{
	bool stays = who->ops->look(who, now_us);

	pthread_mutex_lock(&w->lock);
	if (stays)
		who->rung = false;
	else
		remove_entered(w, who);
	pthread_mutex_unlock(&w->lock);
	if (!stays)
		who->ops->leave(who);
}

static void look_at_rung(struct waiting *w, int64_t now_us)
{
	struct waiter *who, *next;

	pthread_mutex_lock(&w->lock);
	who = w->rung;
	w->rung = NULL;
	for (next = who; next; next = next->next_rung)
		next->queued = false;
	pthread_mutex_unlock(&w->lock);
	for (; who; who = next) {
		next = who->next_rung;
		judge(w, who, now_us);
	}
}

/* How far those in all[0..n) have come. What cannot be asked stays as it was. */
static bool ask(struct waiting *w, struct waiter **all, unsigned n)
{
	struct execution_watch seen[RUNS_BATCH_MAX];
	struct id ids[RUNS_BATCH_MAX];
	struct error err = {0};
	unsigned count = 0, i, k;

	for (i = 0; i < n; i++)
		ids[i] = all[i]->id;
	if (!runs_watch(w->app->runs, ids, n, seen, &count, &err))
		return false;
	for (i = 0; i < n; i++)
		for (k = 0; k < count; k++)
			if (id_cmp(&all[i]->id, &seen[k].id) == 0) {
				all[i]->status = seen[k].status;
				all[i]->last_step = seen[k].last_step;
			}
	return true;
}

/* Only this thread removes who has entered, so the pointers stay good without the lock. Those that are queued have
 * their turn by look_at_rung: looked at here they could leave, and still stand in that list. */
static struct waiter **snapshot(struct waiting *w, unsigned *n)
{
	struct waiter **all, *who;

	pthread_mutex_lock(&w->lock);
	all = w->count > 0 ? mem_array(w->count, sizeof(struct waiter *)) : NULL;
	*n = 0;
	for (who = w->first; who; who = who->next)
		if (!who->queued)
			all[(*n)++] = who;
	pthread_mutex_unlock(&w->lock);
	return all;
}

static void look_at_all(struct waiting *w, int64_t now_us)
{
	unsigned n, i;
	struct waiter **all = snapshot(w, &n);
	bool answers = true;

	for (i = 0; i < n && answers; i += RUNS_BATCH_MAX)
		answers = ask(w, all + i, n - i < RUNS_BATCH_MAX ? n - i : RUNS_BATCH_MAX);
	for (i = 0; i < n; i++)
		judge(w, all[i], now_us);
	mem_free(all);
}

static void turn(struct waiting *w)
{
	int64_t now_us = clock_mono_us();

	look_at_rung(w, now_us);
	if (now_us >= w->look_us) {
		w->look_us = now_us + LOOK_US;
		look_at_all(w, now_us);
	}
}

static void empty(struct waiting *w)
{
	struct waiter *who;

	for (;;) {
		pthread_mutex_lock(&w->lock);
		w->rung = NULL;
		who = w->first;
		if (who)
			remove_entered(w, who);
		pthread_mutex_unlock(&w->lock);
		if (!who)
			break;
		who->ops->leave(who);
	}
}

/* ---- the thread ---- */

static void ring(struct waiting *w, const unsigned char *ids, size_t n)
{
	struct waiter *who;

	pthread_mutex_lock(&w->lock);
	for (; n >= sizeof(struct id); ids += sizeof(struct id), n -= sizeof(struct id)) {
		struct id id;

		memcpy(id.b, ids, sizeof id.b);
		for (who = *bucket_of(w, &id); who; who = who->bucket_next)
			if (id_cmp(&who->id, &id) == 0)
				want_look(w, who);
	}
	pthread_mutex_unlock(&w->lock);
}

static void hear(struct waiting *w)
{
	unsigned char message[DOORBELL_MESSAGE_MAX];
	long n;

	while ((n = doorbell_read(&w->app->doorbell, message, sizeof message)) >= 0) {
		if (n > 0 && message[0] == BELL_ENDED)
			ring(w, message + 1, (size_t)n - 1);
		else if (n > 0 && message[0] == BELL_FORGET)
			auth_forget(w->app->auth);
	}
}

static void wait_for_news(struct waiting *w)
{
	struct pollfd fds[2] = {{.fd = w->wake_fd, .events = POLLIN},
	                        {.fd = w->app->doorbell.fd, .events = POLLIN}};
	bool nobody = waiting_count(w) == 0;
	int64_t left_us = w->look_us - clock_mono_us();
	uint64_t times;

	if (poll(fds, 2, nobody ? -1 : left_us > 0 ? (int)(left_us / 1000) + 1 : 0) < 0) {
		INVARIANT(errno == EINTR, "poll failed");
		return;
	}
	if (nobody)
		w->look_us = clock_mono_us() + LOOK_US;
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
		turn(w);
		pthread_mutex_lock(&w->lock);
		draining = w->draining;
		stopping = w->stopping;
		pthread_mutex_unlock(&w->lock);
		if (draining)
			empty(w);
	}
	return NULL;
}

struct waiting *waiting_start(struct app *app, bool thread, struct error *err)
{
	struct waiting *w = mem_zalloc(sizeof *w);

	w->app = app;
	w->last = &w->first;
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
	wake(w);
}

void waiting_stop(struct waiting *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->draining = w->stopping = true;
	pthread_mutex_unlock(&w->lock);
	wake(w);
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

	for (;;) {
		w->look_us = 0;
		turn(w);
		if (waiting_count(w) == 0)
			break;
		poll(NULL, 0, pause_ms);
		pause_ms = 2 * pause_ms < LOOK_US / 1000 ? 2 * pause_ms : (int)(LOOK_US / 1000);
	}
}
