/* The thread that does the duties of agentiv-scheduler. */
#include "core/duties_priv.h"

#include "base/clock.h"
#include "base/mem.h"
#include "core/threads.h"

#define SLEEP_US INT64_C(900000000)          /* at most: a clock may have been set, a duty have been made due */
#define AWAY_US  INT64_C(5000000)            /* until the database is tried again */

struct duties {
	struct duties_env env;
	pthread_t thread;
	atomic_bool stopping;

	pthread_mutex_t lock;
	pthread_cond_t  wake;
	bool working;
	struct duties_counts counts;
};

static void add_counts(struct duties_counts *to, const struct duties_counts *more)
{
	to->done += more->done;
	to->rows += more->rows;
	to->failed += more->failed;
}

/* Returns when to come back (clock_mono_us). Between turns no connection is held. */
static int64_t work_once(struct duties *d, struct duties_counts *counts)
{
	struct pass p = {.env = &d->env, .counts = counts, .stopping = &d->stopping, .until_us = INT64_MAX,
	                 .rest_ms = REST_MS};
	struct error err = {0};
	int64_t next_ms, wait_us = SLEEP_US;
	bool left, ok = duties_turn(&p, &left, &next_ms, &err);

	db_put(d->env.db, p.conn);
	if (!ok)
		return clock_mono_us() + AWAY_US;
	if (left)
		next_ms = 0;
	if (next_ms != INT64_MAX && next_ms < clock_now_ms() + SLEEP_US / 1000)
		wait_us = (next_ms - clock_now_ms()) * 1000;
	return clock_mono_us() + (wait_us > REST_MS * 1000 ? wait_us : REST_MS * 1000);
}

static void *duties_main(void *arg)
{
	struct duties *d = arg;
	int64_t next_us = 0;

	pthread_mutex_lock(&d->lock);
	while (!atomic_load(&d->stopping)) {
		struct duties_counts counts = {0};

		if (clock_mono_us() < next_us) {
			cond_wait_until(&d->wake, &d->lock, next_us);
			continue;
		}
		d->working = true;
		pthread_mutex_unlock(&d->lock);
		next_us = work_once(d, &counts);
		pthread_mutex_lock(&d->lock);
		add_counts(&d->counts, &counts);
		d->working = false;
	}
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

struct duties *duties_start(const struct duties_env *env, struct error *err)
{
	struct duties *d = mem_zalloc(sizeof *d);

	d->env = *env;
	atomic_init(&d->stopping, false);
	pthread_mutex_init(&d->lock, NULL);
	cond_init_mono(&d->wake);
	if (thread_start(&d->thread, STACK_SIZE, duties_main, d))
		return d;
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
	mem_free(d);
	err_set(err, ERR_INTERNAL, "No thread for the duties");
	return NULL;
}

bool duties_stop(struct duties *d)
{
	int64_t until_us;
	bool working;

	if (!d)
		return true;
	until_us = clock_mono_us() + d->env.cfg->db_read_timeout_s * INT64_C(1000000);
	pthread_mutex_lock(&d->lock);
	atomic_store(&d->stopping, true);
	pthread_cond_signal(&d->wake);
	while (d->working && clock_mono_us() < until_us)
		cond_wait_until(&d->wake, &d->lock, until_us);
	working = d->working;
	pthread_mutex_unlock(&d->lock);
	if (working)
		return false;
	pthread_join(d->thread, NULL);
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
	mem_free(d);
	return true;
}

void duties_counts(struct duties *d, struct duties_counts *out)
{
	pthread_mutex_lock(&d->lock);
	*out = d->counts;
	pthread_mutex_unlock(&d->lock);
}
