/* The end of runs: what ended while one group commits is the next group. Two committers share the
 * work, so that one prepares and rings while the other waits for the disk. */
#include "core/executor_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/sender.h"

#define AWAY_PAUSE_US   INT64_C(300000)
#define WORKER_PROGRAM  "agentiv-worker"

/* One transaction's worth. */
struct end_group {
	struct job *jobs[QUEUE_END_MAX];
	struct ended_run runs[QUEUE_END_MAX];
	unsigned n;
	unsigned promoted, deliveries;
};

static bool worth_repeating(const struct error *err)
{
	return err->code == ERR_UNAVAILABLE || err->outcome_unknown || err->db_errno == 1213 ||
	       err->db_errno == 1205 || err->db_errno == 1020 || err->db_errno == 1047;
}

/* A result that the database refuses must not keep its run from ending. */
static void end_without_result(struct ended_run *r)
{
	r->outcome = RUN_FAILED;
	r->error_code = err_name(ERR_INTERNAL);
	r->error_message = "The run's result could not be stored";
	r->summary = r->output = NULL;
	r->output_len = 0;
	r->step_count = 0;
}

static bool write_runs(const struct executor_env *env, struct db_conn **c, struct end_group *g,
                       unsigned from, unsigned n, struct error *err)
{
	unsigned promoted = 0, deliveries = 0;

	if (queue_end(env->db, c, g->runs + from, n, clock_now_ms(), &promoted, &deliveries, err)) {
		g->promoted += promoted;
		g->deliveries += deliveries;
		return true;
	}
	db_put(env->db, *c);
	*c = NULL;
	return false;
}

static bool write_part(const struct executor_env *env, struct db_conn **c, struct end_group *g,
                       unsigned from, unsigned n, struct error *err)
{
	if (n == 0 || write_runs(env, c, g, from, n, err))
		return true;
	if (worth_repeating(err))
		return false;
	log_error("runs could not be ended", err);
	if (n > 1)
		return write_part(env, c, g, from, n / 2, err) &&
		       write_part(env, c, g, from + n / 2, n - n / 2, err);
	end_without_result(&g->runs[from]);
	if (write_runs(env, c, g, from, 1, err))
		return true;
	if (worth_repeating(err))
		return false;
	/* its lease expires, and the run is taken up again */
	g->runs[from].lost = true;
	return true;
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
static void ring_waiters(const struct executor_env *env, const struct end_group *g)
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
		doorbell_ring_name(env->ringer, g->runs[i].waiter, message, len);
	}
}

static void ring(const struct executor_env *env, const struct end_group *g, const struct end_tally *t)
{
	static const char work = BELL_WORK;

	if (!env->ringer)
		return;
	ring_waiters(env, g);
	if (g->deliveries > 0)
		doorbell_ring_any(env->ringer, SENDER_PROGRAM, &work, 1);
	/* who gives runs back wants others to take them */
	if (t->released > 0)
		doorbell_ring_all(env->ringer, WORKER_PROGRAM, &work, 1);
	else if (g->promoted > 0 && !env->wake)
		doorbell_ring_any(env->ringer, WORKER_PROGRAM, &work, 1);
}

bool end_jobs(const struct executor_env *env, struct db_conn **c, struct job *const *jobs,
	      unsigned n, struct end_tally *tally, struct error *err)
{
	struct end_group *g = mem_zalloc(sizeof *g);
	unsigned i;
	bool ok;

	*tally = (struct end_tally){.next_retry_ms = INT64_MAX};
	for (i = 0; i < n; i++) {
		if (job_conclude(jobs[i], &g->runs[g->n]))
			g->n++;
		else
			tally->lost++;
	}
	ok = write_part(env, c, g, 0, g->n, err);
	if (ok) {
		for (i = 0; i < g->n; i++)
			tally_run(&g->runs[i], tally);
		tally->promoted = g->promoted;
		ring(env, g, tally);
	}
	mem_free(g);
	return ok;
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
	if (t->next_retry_ms < e->later_due_ms)
		e->later_due_ms = t->next_retry_ms;
	if (t->retried > 0 || e->leased == 0 ||
	    (e->waiting <= e->low && atomic_load_explicit(&e->more, memory_order_relaxed)))
		pool_wake_locked(e);
	if (e->ended_bytes <= ENDED_BYTES_MAX && e->waiting > 0 && e->idle > 0)
		pthread_cond_signal(&e->work);
}

/* Called with the lock, which is released meanwhile. Goes on until the group is written. */
static void commit_group(struct executor *e, struct db_conn **c, struct job **jobs, unsigned n)
{
	struct end_tally tally = {.next_retry_ms = INT64_MAX};
	bool ok = false, told = false;
	struct error err;

	while (!ok && !e->giving_up) {
		pthread_mutex_unlock(&e->lock);
		memset(&err, 0, sizeof err);
		ok = end_jobs(&e->env, c, jobs, n, &tally, &err);
		if (!ok && !told)
			log_error("runs wait to be ended", &err);
		told = true;
		pthread_mutex_lock(&e->lock);
		if (!ok && !e->giving_up)
			cond_wait_until(&e->end, &e->lock, clock_mono_us() + AWAY_PAUSE_US);
	}
	account_for(e, jobs, n, &tally);
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
