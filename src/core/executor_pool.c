/* The pool: threads that take waiting jobs, run them and hand them to the committers. One lock per
 * run. */
#include "core/executor_priv.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define STOP_PATIENCE_US INT64_C(3000000)   /* for agents to notice that they have to stop */
#define BACK_PATIENCE_US INT64_C(100000)    /* for those that were left, at the very end */

void pool_wake_locked(struct executor *e)
{
	if (e->woken || !e->env.wake)
		return;
	e->woken = true;
	e->env.wake(e->env.wake_ctx);
}

void pool_end_locked(struct executor *e, struct job *j)
{
	j->state = JOB_ENDED;
	j->next = NULL;
	*e->ended_last = j;
	e->ended_last = &j->next;
	e->ended++;
	e->ended_bytes += job_size(j);
	/* while one commits, the next waits for a full batch or for its end */
	if (!e->end_signalled && (e->committing == 0 || e->ended >= QUEUE_END_MAX)) {
		e->end_signalled = true;
		pthread_cond_signal(&e->end);
	}
}

/* Called with the lock; NULL when the executor stops. */
static struct job *take(struct executor *e)
{
	struct job *j;

	while ((!e->waiting_first || e->ended_bytes > ENDED_BYTES_MAX) && !e->stopping) {
		e->idle++;
		pthread_cond_wait(&e->work, &e->lock);
		e->idle--;
	}
	if (e->stopping)
		return NULL;
	j = e->waiting_first;
	e->waiting_first = j->next;
	if (!j->next)
		e->waiting_last = &e->waiting_first;
	e->waiting--;
	if (e->waiting > 0 && e->idle > 0)
		pthread_cond_signal(&e->work);
	if (e->waiting <= e->low && atomic_load_explicit(&e->more, memory_order_relaxed))
		pool_wake_locked(e);
	return j;
}

/* Called with the lock. A job that was told to stop before it began is not begun. */
static struct job *take_to_run(struct executor *e, struct pool_thread *t)
{
	struct job *j;

	while ((j = take(e)) != NULL) {
		if (atomic_load(&j->stop) == STOP_NONE)
			break;
		pool_end_locked(e, j);
	}
	t->job = j;
	if (!j)
		return NULL;
	j->state = JOB_RUNNING;
	e->running++;
	e->started++;
	j->started_ms = clock_now_ms();
	if (j->manifest) {
		j->deadline_ms = j->started_ms + j->manifest->timeout_ms;
		j->deadline_us = clock_mono_us() + j->manifest->timeout_ms * 1000;
	}
	return j;
}

static void *pool_main(void *arg)
{
	struct pool_thread *t = arg;
	struct executor *e = t->executor;
	struct job *j;

	pthread_mutex_lock(&e->lock);
	while ((j = take_to_run(e, t)) != NULL) {
		pthread_mutex_unlock(&e->lock);
		job_run(j);
		pthread_mutex_lock(&e->lock);
		t->job = NULL;
		if (t->left)
			break;
		e->running--;
		pool_end_locked(e, j);
		if (e->stopping)
			pthread_cond_signal(&e->quiet);
	}
	if (t->left) {
		/* its run was ended long ago, and another thread took its place */
		t->used = false;
		pthread_cond_signal(&e->quiet);
		pthread_mutex_unlock(&e->lock);
		job_unref(j);
		return NULL;
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

bool pool_thread_start(struct executor *e, struct pool_thread *t)
{
	*t = (struct pool_thread){.executor = e, .used = true};
	t->used = thread_start(&t->id, STACK_SIZE, pool_main, t);
	return t->used;
}

unsigned executor_stuck(const struct executor *e)
{
	struct executor *m = (struct executor *)e;
	unsigned i, n = 0;

	pthread_mutex_lock(&m->lock);
	for (i = 0; i < 2 * m->threads; i++)
		n += m->pool[i].used && m->pool[i].left;
	pthread_mutex_unlock(&m->lock);
	return n;
}

bool pool_start(struct executor *e, struct error *err)
{
	unsigned i;

	e->pool = mem_array(2 * e->threads, sizeof *e->pool);
	for (i = 0; i < e->threads; i++)
		if (!pool_thread_start(e, &e->pool[i]))
			return err_set(err, ERR_INTERNAL, "No threads for the executor: %u of %u",
				       i, e->threads);
	return true;
}

static void link_job(struct executor *e, struct job *j)
{
	j->all_next = e->all;
	j->all_link = &e->all;
	if (e->all)
		e->all->all_link = &j->all_next;
	e->all = j;
	e->leased++;
}

/* Synchronous runs stand before the others, in the order they came. */
static void queue_job(struct executor *e, struct job *j)
{
	struct job **at = e->waiting_last;

	if (j->run.lane == LANE_SYNC)
		for (at = &e->waiting_first; *at && (*at)->run.lane == LANE_SYNC;)
			at = &(*at)->next;
	j->next = *at;
	*at = j;
	if (!j->next)
		e->waiting_last = &j->next;
	e->waiting++;
}

void pool_add(struct executor *e, struct job_batch *b, unsigned n)
{
	unsigned i;

	pthread_mutex_lock(&e->lock);
	for (i = 0; i < n; i++) {
		link_job(e, &b->jobs[i]);
		queue_job(e, &b->jobs[i]);
	}
	e->counts.claimed += n;
	/* each thread that takes a job wakes the next while there is more */
	if (e->idle > 0)
		pthread_cond_signal(&e->work);
	pthread_mutex_unlock(&e->lock);
}

void pool_leave_locked(struct executor *e, struct pool_thread *t)
{
	struct job *j = t->job;

	t->left = true;
	pthread_detach(t->id);
	j->abandoned = true;
	job_ref(j);                 /* the thread's own */
	e->running--;
	pool_end_locked(e, j);
}

void pool_release_waiting(struct executor *e)
{
	struct job *j, *next;

	pthread_mutex_lock(&e->lock);
	j = e->waiting_first;
	e->waiting_first = NULL;
	e->waiting_last = &e->waiting_first;
	e->waiting = 0;
	for (; j; j = next) {
		next = j->next;
		job_stop(j, STOP_RELEASED);
		pool_end_locked(e, j);
	}
	pthread_mutex_unlock(&e->lock);
}

/* Who does not come back in time is left in its agent: the process is about to end. */
static void leave_stuck(struct executor *e)
{
	unsigned i;

	for (i = 0; i < 2 * e->threads; i++) {
		struct pool_thread *t = &e->pool[i];

		if (!t->used || t->left || !t->job)
			continue;
		log_write(LOG_WARN, "an agent does not stop", "agent=%s", t->job->run.agent);
		pool_leave_locked(e, t);
	}
}

bool pool_all_back(struct executor *e)
{
	int64_t until = clock_mono_us() + BACK_PATIENCE_US;
	unsigned i, left;

	pthread_mutex_lock(&e->lock);
	do {
		for (i = left = 0; e->pool && i < 2 * e->threads; i++)
			left += e->pool[i].left && e->pool[i].used;
		if (left > 0)
			cond_wait_until(&e->quiet, &e->lock, until);
	} while (left > 0 && clock_mono_us() < until);
	pthread_mutex_unlock(&e->lock);
	return left == 0;
}

void pool_stop(struct executor *e)
{
	int64_t until = clock_mono_us() + STOP_PATIENCE_US;
	struct job *j;
	unsigned i;

	if (!e->pool)
		return;
	pool_release_waiting(e);
	pthread_mutex_lock(&e->lock);
	e->stopping = true;
	pthread_cond_broadcast(&e->work);
	for (j = e->all; j; j = j->all_next)
		if (j->state == JOB_RUNNING)
			job_stop(j, STOP_RELEASED);
	while (e->running > 0 && clock_mono_us() < until)
		cond_wait_until(&e->quiet, &e->lock, until);
	leave_stuck(e);
	pthread_mutex_unlock(&e->lock);
	for (i = 0; i < 2 * e->threads; i++) {
		struct pool_thread *t = &e->pool[i];

		if (t->used && !t->left)
			pthread_join(t->id, NULL);
	}
}
