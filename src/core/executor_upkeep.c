/* What the owner's thread looks after between claims: leases, deadlines, steps, what is due. */
#include "core/executor_priv.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/bells.h"
#include "store/durations.h"

#define RECLAIM_US        INT64_C(5000000)    /* between looks for dead owners while leases exist */
#define DURATIONS_US      INT64_C(5000000)
#define REFUSED_US        INT64_C(60000000)   /* between two lines about refused statements */
#define SWEEP_ROUNDS      16                  /* batches in one look */

/* Called with the lock. Jobs that are chosen get a reference. */
static unsigned choose(struct executor *e, struct job **out, unsigned max,
                       bool (*wanted)(struct job *j, int64_t now_us), int64_t now_us)
{
	struct job *j;
	unsigned n = 0;

	for (j = e->all; j && n < max; j = j->all_next) {
		if (!wanted(j, now_us))
			continue;
		job_ref(j);
		out[n++] = j;
	}
	return n;
}

static void drop(struct job *const *jobs, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		job_unref(jobs[i]);
}

/* Past its deadline a run is told to stop; past the grace it is ended without its thread, which
 * another one replaces. */
void upkeep_timeouts(struct executor *e, int64_t now_us)
{
	unsigned i, k;

	pthread_mutex_lock(&e->lock);
	for (i = 0; i < 2 * e->threads; i++) {
		struct pool_thread *t = &e->pool[i];

		if (!t->used || t->left || !t->job || t->job->deadline_us > now_us)
			continue;
		job_stop(t->job, STOP_TIMEOUT);
		if (t->job->deadline_us + TIMEOUT_GRACE_US > now_us)
			continue;
		for (k = 0; k < 2 * e->threads && e->pool[k].used; k++)
			;
		if (k == 2 * e->threads)
			continue;
		log_write(LOG_WARN, "an agent does not stop", "agent=%s", t->job->run.agent);
		pool_leave_locked(e, t);
		pool_thread_start(e, &e->pool[k]);
	}
	pthread_mutex_unlock(&e->lock);
}

static bool has_steps(struct job *j, int64_t now_us)
{
	return j->state == JOB_RUNNING && steps_waiting(j);
}

bool upkeep_steps(struct executor *e, int64_t now_us, struct error *err)
{
	struct job *jobs[DB_LIST_MAX];
	unsigned n = 0;
	bool ok = true, due;

	pthread_mutex_lock(&e->lock);
	due = e->steps_since_us != 0 && now_us >= e->steps_since_us + STEP_FLUSH_US;
	if (due) {
		e->steps_since_us = 0;
		n = choose(e, jobs, DB_LIST_MAX, has_steps, now_us);
	}
	pthread_mutex_unlock(&e->lock);
	if (n > 0)
		ok = steps_flush(&e->env, &e->conn, jobs, n, err);
	drop(jobs, n);
	if (!ok || n == DB_LIST_MAX) {
		pthread_mutex_lock(&e->lock);
		e->steps_since_us = now_us;
		pthread_mutex_unlock(&e->lock);
	}
	return ok;
}

/* A run whose time is over is not renewed: if its thread is stuck, others may have it. */
static bool renewal_due(struct job *j, int64_t now_us)
{
	return j->renew_us <= now_us && j->deadline_us > now_us &&
	       atomic_load(&j->stop) != STOP_LOST;
}

static bool renew_some(struct executor *e, struct job *const *jobs, unsigned n, int64_t now_us,
                       struct error *err)
{
	int64_t lease_us = e->env.cfg->lease_s * INT64_C(1000000);
	struct lease_ref leases[DB_LIST_MAX];
	bool lost[DB_LIST_MAX], cancel[DB_LIST_MAX];
	unsigned i;

	for (i = 0; i < n; i++)
		leases[i] = job_lease(jobs[i]);
	if (!queue_renew(e->env.db, &e->conn, leases, n, clock_now_ms() + lease_us / 1000, lost,
	                 cancel, err))
		return false;
	pthread_mutex_lock(&e->lock);
	for (i = 0; i < n; i++) {
		jobs[i]->renew_us = now_us + lease_us / 3;
		/* an ended one is not lost: its lease is what the commit deletes */
		if (lost[i] && jobs[i]->state != JOB_ENDED)
			job_stop(jobs[i], STOP_LOST);
		else if (cancel[i])
			job_stop(jobs[i], STOP_CANCELLED);
	}
	pthread_mutex_unlock(&e->lock);
	return true;
}

bool upkeep_renew(struct executor *e, int64_t now_us, struct error *err)
{
	bool all = atomic_exchange(&e->renew_now, false);
	struct job *jobs[DB_LIST_MAX], *j;
	unsigned n;
	bool ok = true;

	if (!all && now_us < e->renew_us)
		return true;
	do {
		pthread_mutex_lock(&e->lock);
		for (j = e->all; all && j; j = j->all_next)
			j->renew_us = 0;
		all = false;
		n = choose(e, jobs, DB_LIST_MAX, renewal_due, now_us);
		pthread_mutex_unlock(&e->lock);
		ok = n == 0 || renew_some(e, jobs, n, now_us, err);
		drop(jobs, n);
	} while (ok && n == DB_LIST_MAX);
	if (ok)
		e->renew_us = now_us + INT64_C(1000000);
	return ok;
}

/* Only an owner with a doorbell can be heard to be dead; others are when their leases expire. */
static bool owner_dead(const char *owner, void *ctx)
{
	const struct executor *e = ctx;
	size_t n = strlen(owner);

	return n > 5 && strcmp(owner + n - 5, ".sock") == 0 &&
	       strcmp(owner, e->env.owner.name) != 0 && !doorbell_alive(e->env.cfg->run_dir, owner);
}

static bool sweep(struct executor *e, bool *any, struct error *err)
{
	struct swept s = {.taken = 1};
	unsigned round;

	*any = false;
	for (round = 0; round < SWEEP_ROUNDS && s.taken > 0; round++) {
		if (!queue_sweep(e->env.db, &e->conn, clock_now_ms(), DB_LIST_MAX,
				 (unsigned)e->env.cfg->max_attempts, e->env.owner.host, owner_dead,
				 e, &s, err))
			return false;
		e->counts.moved += s.moved;
		*any |= s.taken > 0;
		if (s.orphaned > 0)
			log_write(LOG_WARN, "runs of a worker that is gone are taken up, one at a time", "runs=%u",
			          s.orphaned);
		if (s.moved > 0)
			atomic_store(&e->more, true);
		if (s.deliveries > 0)
			bell_ring(e->env.ringer, SENDER_PROGRAM, BELL_WORK);
	}
	return true;
}

void upkeep_refused(struct executor *e, int64_t now_us, struct error *err)
{
	if (now_us >= e->refused_us) {
		log_error("a statement of the upkeep is refused", err);
		e->refused_us = now_us + REFUSED_US;
	}
	*err = (struct error){0};
}

/* What cannot be moved keeps nothing else from being run. */
static bool try_sweep(struct executor *e, int64_t now_us, bool *any, struct error *err)
{
	if (sweep(e, any, err))
		return true;
	if (db_error_passes(err))
		return false;
	upkeep_refused(e, now_us, err);
	return true;
}

bool upkeep_look(struct executor *e, int64_t now_us, struct error *err)
{
	struct queue_look look;
	int64_t now_ms = clock_now_ms(), due;
	bool leased, busy, taken = true;

	pthread_mutex_lock(&e->lock);
	due = e->later_due_ms;
	pthread_mutex_unlock(&e->lock);
	if (now_us < e->look_us && now_ms < due)
		return true;
	if (!e->conn && !(e->conn = db_get(e->env.db, err)))
		return false;
	if (!queue_look(e->conn, &look, err))
		return false;
	leased = look.lease_due_ms != INT64_MAX;
	if (look.later_due_ms <= now_ms || look.lease_due_ms <= now_ms ||
	    (leased && now_us >= e->reclaim_us)) {
		if (leased)
			e->reclaim_us = now_us + RECLAIM_US;
		if (!try_sweep(e, now_us, &taken, err) || !queue_look(e->conn, &look, err))
			return false;
	}
	/* what is due and was not taken is being taken by another worker */
	if (!taken && look.later_due_ms <= now_ms)
		look.later_due_ms = INT64_MAX;
	/* with runs in hand or in other hands, what is found is no news of how work comes here */
	busy = leased || look.suspects || !executor_idle(e) || atomic_load(&e->more);
	if (busy)
		pace_told(&e->pace, now_us);
	e->look_us = pace_next(&e->pace, busy || look.ready, now_us);
	e->suspects = look.suspects;
	e->lease_due_ms = look.lease_due_ms;
	pthread_mutex_lock(&e->lock);
	e->later_due_ms = look.later_due_ms;
	pthread_mutex_unlock(&e->lock);
	if (look.ready) {
		atomic_store(&e->more, true);
		atomic_store(&e->pass_on, true);
	}
	return true;
}

bool upkeep_durations(struct executor *e, int64_t now_us, struct error *err)
{
	struct duration_ring rings[DURATION_AGENTS];
	unsigned i, k;

	if (now_us < e->durations_us)
		return true;
	e->durations_us = now_us + DURATIONS_US;
	pthread_mutex_lock(&e->lock);
	memcpy(rings, e->durations, sizeof rings);
	for (i = 0; i < DURATION_AGENTS; i++)
		e->durations[i].count = 0;
	pthread_mutex_unlock(&e->lock);
	for (i = 0; i < DURATION_AGENTS && rings[i].agent; i++) {
		struct duration_ring *d = &rings[i];
		unsigned n = d->count < 32 ? d->count : 32;
		int64_t ms[32];

		for (k = 0; k < n; k++)
			ms[k] = d->ms[(d->count - n + k) % 32];
		if (n > 0 && !durations_add(e->env.db, &e->conn, d->agent, ms, n, err))
			return false;
	}
	return true;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When the owner has to come back, by what is known now. */
int64_t upkeep_next(struct executor *e, int64_t now_us, bool claim)
{
	int64_t next = e->look_us, now_ms = clock_now_ms();
	struct job *j;
	unsigned i;

	pthread_mutex_lock(&e->lock);
	if (e->leased > 0)
		next = earlier(next, e->renew_us);
	if (claim && e->later_due_ms != INT64_MAX && e->later_due_ms - now_ms < 3600000)
		next = earlier(next, now_us + (e->later_due_ms > now_ms ?
		                               (e->later_due_ms - now_ms) * 1000 : 0));
	if (e->steps_since_us != 0)
		next = earlier(next, e->steps_since_us + STEP_FLUSH_US);
	for (i = 0; i < 2 * e->threads; i++) {
		j = e->pool[i].used && !e->pool[i].left ? e->pool[i].job : NULL;
		if (j && j->deadline_us > now_us)
			next = earlier(next, j->deadline_us);
		else if (j)
			next = earlier(next, now_us + TIMEOUT_GRACE_US / 4);
	}
	pthread_mutex_unlock(&e->lock);
	return next;
}
