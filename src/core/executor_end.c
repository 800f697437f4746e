/* The end of runs: what ended while one group commits is the next group. Two committers share the
 * work, so that one prepares and rings while the other waits for the disk. */
#include "core/executor_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/bells.h"
#include "core/split_write.h"

#define AWAY_PAUSE_US INT64_C(300000)

/* One transaction's worth: of jobs, those that are still ours. */
struct end_group {
	const struct executor_env *env;
	struct db_conn **conn;
	struct ended_run runs[QUEUE_END_MAX];
	unsigned of[QUEUE_END_MAX];          /* the job's place */
	unsigned n;
	unsigned promoted, deliveries;
};

static bool write_runs(void *ctx, unsigned from, unsigned n, struct error *err)
{
	struct end_group *g = ctx;
	unsigned promoted = 0, deliveries = 0;

	if (queue_end(g->env->db, g->conn, g->runs + from, n, clock_now_ms(), &promoted, &deliveries, err)) {
		g->promoted += promoted;
		g->deliveries += deliveries;
		return true;
	}
	db_put(g->env->db, *g->conn);
	*g->conn = NULL;
	return false;
}

/* A result that the database refuses must not keep its run from ending, and steps not the result. */
static bool leave_out(void *ctx, unsigned i)
{
	static const char unstorable[] = "The run's result could not be stored";
	struct ended_run *r = &((struct end_group *)ctx)->runs[i];

	if (r->error_message == unstorable)
		return false;
	if (r->step_count > 0) {
		r->step_count = 0;
		return true;
	}
	r->outcome = RUN_FAILED;
	r->error_code = err_name(ERR_INTERNAL);
	r->error_message = unstorable;
	r->summary = r->output = NULL;
	r->output_len = 0;
	return true;
}

/* Its lease expires, and the run is taken up again. */
static void leave_to_lease(void *ctx, unsigned i)
{
	((struct end_group *)ctx)->runs[i].lost = true;
}

static void tally_run(const struct ended_run *r, struct end_tally *t)
{
	static const size_t counter[] = {
		[RUN_SUCCESS] = offsetof(struct end_tally, succeeded),
		[RUN_FAILED] = offsetof(struct end_tally, failed),
		[RUN_RETRY] = offsetof(struct end_tally, retried),
		[RUN_RELEASED] = offsetof(struct end_tally, released)};

	if (r->lost) {
		t->lost++;
		return;
	}
	++*(unsigned *)((char *)t + counter[r->outcome]);
	if (r->outcome == RUN_RETRY && r->retry_at < t->next_retry_ms)
		t->next_retry_ms = r->retry_at;
}

static bool waits_for_end(const struct ended_run *r)
{
	return !r->lost && r->waiter && (r->outcome == RUN_SUCCESS || r->outcome == RUN_FAILED);
}

/* One message for each waiter, with the ids of all its runs. */
static void ring_waiters(const struct end_group *g)
{
	unsigned char message[1 + 16 * QUEUE_END_MAX];
	bool told[QUEUE_END_MAX] = {false};
	unsigned i, k;

	_Static_assert(sizeof message <= DOORBELL_MESSAGE_MAX, "a group fits one message");
	message[0] = BELL_ENDED;
	for (i = 0; i < g->n; i++) {
		size_t len = 1;

		if (told[i] || !waits_for_end(&g->runs[i]))
			continue;
		for (k = i; k < g->n; k++) {
			if (told[k] || !waits_for_end(&g->runs[k]) ||
			    strcmp(g->runs[k].waiter, g->runs[i].waiter) != 0)
				continue;
			memcpy(message + len, g->runs[k].id.b, 16);
			len += 16;
			told[k] = true;
		}
		doorbell_ring_name(g->env->ringer, g->runs[i].waiter, message, len);
	}
}

static void ring(const struct end_group *g, const struct end_tally *t)
{
	const struct executor_env *env = g->env;

	if (!env->ringer)
		return;
	ring_waiters(g);
	if (g->deliveries > 0)
		bell_ring(env->ringer, SENDER_PROGRAM, BELL_WORK);
	/* who gives runs back wants others to take them */
	if (t->released > 0)
		bell_ring_all(env->ringer, WORKER_PROGRAM, BELL_WORK);
	else if (g->promoted > 0 && !env->wake)
		bell_ring(env->ringer, WORKER_PROGRAM, BELL_WORK);
	/* who ends with its run will not be there when the next attempt is due */
	if (t->retried > 0 && !env->wake)
		bell_ring(env->ringer, WORKER_PROGRAM, BELL_LOOK);
}

static void conclude(struct end_group *g, struct job *const *jobs, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (!job_conclude(jobs[i], &g->runs[g->n]))
			continue;
		g->of[g->n++] = i;
	}
}

unsigned end_jobs(const struct executor_env *env, struct db_conn **c, struct job *const *jobs,
                  unsigned n, struct end_tally *tally, struct error *err)
{
	struct end_group *g = mem_zalloc(sizeof *g);
	struct split_write w = {.write = write_runs, .strip = leave_out, .give_up = leave_to_lease,
	                        .what = "runs could not be ended", .ctx = g};
	unsigned i, written, done;

	*tally = (struct end_tally){.next_retry_ms = INT64_MAX};
	g->env = env;
	g->conn = c;
	conclude(g, jobs, n);
	written = split_write(&w, g->n, err);
	done = written < g->n ? g->of[written] : n;
	g->n = written;
	for (i = 0; i < written; i++)
		tally_run(&g->runs[i], tally);
	tally->lost += done - written;
	tally->promoted = g->promoted;
	ring(g, tally);
	mem_free(g);
	return done;
}

/* Called with the lock. */
static unsigned take_ended(struct executor *e, struct job **jobs)
{
	size_t bytes = 0;
	unsigned n = 0;

	while (e->ended_first && n < QUEUE_END_MAX) {
		struct job *j = e->ended_first;
		size_t size = job_size(j);

		if (n > 0 && bytes + size > END_BATCH_BYTES_MAX)
			break;
		bytes += size;
		e->ended_first = j->next;
		e->ended--;
		jobs[n++] = j;
	}
	if (!e->ended_first)
		e->ended_last = &e->ended_first;
	e->ended_bytes -= bytes;
	return n;
}

static void note_duration(struct executor *e, const struct job *j)
{
	unsigned i;

	if (j->abandoned || !j->ok || !j->manifest)
		return;
	for (i = 0; i < DURATION_AGENTS; i++) {
		struct duration_ring *d = &e->durations[i];

		if (d->agent && d->agent != j->manifest->slug)
			continue;
		d->agent = j->manifest->slug;
		d->ms[d->count++ % 32] = j->ended_ms - j->started_ms;
		return;
	}
}

/* Called with the lock. */
static void forget(struct executor *e, struct job *j)
{
	*j->all_link = j->all_next;
	if (j->all_next)
		j->all_next->all_link = j->all_link;
	e->leased--;
}

/* Called with the lock. */
static void account_for(struct executor *e, struct job *const *jobs, unsigned n,
                        const struct end_tally *t)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		note_duration(e, jobs[i]);
		forget(e, jobs[i]);
	}
	e->counts.succeeded += t->succeeded;
	e->counts.failed += t->failed;
	e->counts.retried += t->retried;
	e->counts.released += t->released;
	e->counts.lost += t->lost;
	if (t->promoted > 0)
		atomic_store(&e->more, true);
	if (t->promoted > 0 || t->retried > 0)
		atomic_store(&e->pass_on, true);
	if (t->next_retry_ms < e->later_due_ms)
		e->later_due_ms = t->next_retry_ms;
	if (t->retried > 0 || e->leased == 0 ||
	    (e->waiting <= e->low && atomic_load_explicit(&e->more, memory_order_relaxed)))
		pool_wake_locked(e);
	if (e->ended_bytes <= ENDED_BYTES_MAX && e->waiting > 0 && e->idle > 0)
		pthread_cond_signal(&e->work);
}

/* Called with the lock, which is released meanwhile. Goes on until all are written, or the executor gives up. */
static void commit_group(struct executor *e, struct db_conn **c, struct job *const *jobs, unsigned n)
{
	bool told = false;

	while (n > 0) {
		struct end_tally tally;
		struct error err = {0};
		unsigned done;

		pthread_mutex_unlock(&e->lock);
		done = end_jobs(&e->env, c, jobs, n, &tally, &err);
		if (done < n && !told)
			log_error("runs wait to be ended", &err);
		told |= done < n;
		pthread_mutex_lock(&e->lock);
		if (done < n && e->giving_up)
			done = n;
		account_for(e, jobs, done, &tally);
		jobs += done;
		n -= done;
		if (n > 0)
			cond_wait_until(&e->end, &e->lock, clock_mono_us() + AWAY_PAUSE_US);
	}
}

static void *committer_main(void *arg)
{
	struct executor *e = arg;
	struct job *jobs[QUEUE_END_MAX];
	struct db_conn *c = NULL;
	unsigned n, i;

	pthread_mutex_lock(&e->lock);
	for (;;) {
		while (!e->ended_first || (e->committing > 0 && e->ended < QUEUE_END_MAX)) {
			if (e->end_stopping && !e->ended_first)
				goto out;
			pthread_cond_wait(&e->end, &e->lock);
		}
		e->end_signalled = false;
		n = take_ended(e, jobs);
		e->committing++;
		commit_group(e, &c, jobs, n);
		e->committing--;
		if (e->ended_first || e->end_stopping)
			pthread_cond_signal(&e->end);
		if (e->end_stopping)
			pthread_cond_signal(&e->quiet);
		pthread_mutex_unlock(&e->lock);
		for (i = 0; i < n; i++)
			job_unref(jobs[i]);
		pthread_mutex_lock(&e->lock);
	}
out:
	pthread_cond_signal(&e->end);
	pthread_mutex_unlock(&e->lock);
	db_put(e->env.db, c);
	return NULL;
}

bool committers_start(struct executor *e, struct error *err)
{
	for (; e->committer_count < EXECUTOR_COMMITTERS; e->committer_count++)
		if (!thread_start(&e->committers[e->committer_count], STACK_SIZE, committer_main,
				  e))
			return err_set(err, ERR_INTERNAL, "No threads to end runs");
	return true;
}

void committers_stop(struct executor *e)
{
	int64_t until = clock_mono_us() + e->env.cfg->db_read_timeout_s * INT64_C(1000000);
	unsigned i;

	pthread_mutex_lock(&e->lock);
	e->end_stopping = true;
	pthread_cond_broadcast(&e->end);
	while ((e->ended_first || e->committing > 0) && clock_mono_us() < until)
		cond_wait_until(&e->quiet, &e->lock, until);
	e->giving_up = true;
	pthread_cond_broadcast(&e->end);
	pthread_mutex_unlock(&e->lock);
	for (i = 0; i < e->committer_count; i++)
		pthread_join(e->committers[i], NULL);
}
