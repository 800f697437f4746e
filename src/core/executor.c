/* The executor: claims what the pool can take, and lets upkeep do the rest. */
#include "core/executor.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/bells.h"
#include "core/executor_priv.h"

#define AWAY_US            INT64_C(1000000)   /* between tries while the database is away */
#define AHEAD_MS           20                 /* claimed ahead: what the pool starts in this time */
#define AHEAD_BATCHES      2
#define WAITED_LONG_US INT64_C(1000000) /* claimed, and all threads busy: others may have it */
#define LOOK_SOON_US       INT64_C(20000)     /* after a bell that asks for a look: many of them are one */
#define PATIENCE_MIN_US    INT64_C(1000000)
#define PATIENCE_MAX_US    INT64_C(600000000)
#define ALONE_TURN_US      INT64_C(2000000)   /* suspects in a row, then the others again */

/* Not so seldom that a lease could be taken and run out unseen. */
static int64_t idle_poll_ms(const struct config *cfg)
{
	int64_t lease_ms = cfg->lease_s * INT64_C(1000);

	return cfg->worker_idle_poll_ms < lease_ms ? cfg->worker_idle_poll_ms : lease_ms;
}

struct executor *executor_new(const struct executor_env *env, unsigned threads, struct error *err)
{
	struct executor *e = mem_zalloc(sizeof *e);

	e->env = *env;
	e->threads = threads;
	e->budget = -1;
	pace_init(&e->pace, env->cfg->worker_poll_ms, idle_poll_ms(env->cfg), clock_mono_us());
	e->patience_us = PATIENCE_MIN_US;
	e->later_due_ms = e->lease_due_ms = INT64_MAX;
	e->waiting_last = &e->waiting_first;
	e->ended_last = &e->ended_first;
	atomic_init(&e->more, true);
	atomic_init(&e->pass_on, false);
	atomic_init(&e->renew_now, false);
	pthread_mutex_init(&e->lock, NULL);
	cond_init_mono(&e->work);
	cond_init_mono(&e->end);
	cond_init_mono(&e->quiet);
	cond_init_mono(&e->audit);
	if (!committers_start(e, err) || !pool_start(e, err)) {
		executor_stop(e);
		return NULL;
	}
	return e;
}

struct executor *executor_start(const struct executor_env *env, unsigned threads, struct error *err)
{
	struct executor *e = executor_new(env, threads, err);

	if (!e || auditor_start(e, err))
		return e;
	executor_stop(e);
	return NULL;
}

/* Somebody rang: looks are close again, the next one at most so long from now. */
static void told(struct executor *e, int64_t look_in_us)
{
	int64_t now_us = clock_mono_us();

	pace_told(&e->pace, now_us);
	if (e->look_us > now_us + look_in_us)
		e->look_us = now_us + look_in_us;
}

void executor_work_came(struct executor *e)
{
	told(e, e->pace.close_us);
	atomic_store(&e->more, true);
	atomic_store(&e->pass_on, true);
}

void executor_look_again(struct executor *e)
{
	/* who has runs in hand looks soon anyway */
	told(e, executor_idle(e) ? LOOK_SOON_US : e->pace.close_us);
	atomic_store(&e->more, true);
	if (e->draining)
		atomic_store(&e->pass_on, true);
}

void executor_due_at(struct executor *e, int64_t due_ms)
{
	pthread_mutex_lock(&e->lock);
	if (due_ms < e->later_due_ms)
		e->later_due_ms = due_ms;
	pthread_mutex_unlock(&e->lock);
}

void executor_check_cancels(struct executor *e)
{
	/* what else was said may have found no room beside this */
	told(e, e->pace.close_us);
	atomic_store(&e->renew_now, true);
}

bool executor_idle(const struct executor *e)
{
	struct executor *m = (struct executor *)e;
	bool idle;

	pthread_mutex_lock(&m->lock);
	idle = m->leased == 0;
	pthread_mutex_unlock(&m->lock);
	return idle;
}

void executor_counts(const struct executor *e, struct executor_counts *out)
{
	struct executor *m = (struct executor *)e;

	pthread_mutex_lock(&m->lock);
	*out = m->counts;
	pthread_mutex_unlock(&m->lock);
}

/* Runs started per millisecond, over the last while. */
static void measure_rate(struct executor *e, int64_t now_us, uint64_t started)
{
	int64_t elapsed = now_us - e->rate_since_us;

	if (elapsed < 5000)
		return;
	e->rate = (double)(started - e->rate_started) * 1000 / (double)elapsed;
	e->rate_started = started;
	e->rate_since_us = now_us;
}

/* How many to claim: what the threads can start at once, and as much ahead as they start during a
 * claim. A worker with long runs takes none that it cannot start. */
static unsigned room(struct executor *e, int64_t now_us)
{
	unsigned batch = (unsigned)e->env.cfg->worker_batch, ahead, hand, want;

	pthread_mutex_lock(&e->lock);
	measure_rate(e, now_us, e->started);
	ahead = (unsigned)(e->rate * AHEAD_MS);
	batch = batch < DB_LIST_MAX ? batch : DB_LIST_MAX;
	ahead = ahead < AHEAD_BATCHES * batch ? ahead : AHEAD_BATCHES * batch;
	hand = e->waiting + e->running;
	e->low = ahead / 2;
	want = hand < e->threads + ahead ? e->threads + ahead - hand : 0;
	/* a few more are not worth a transaction while there is enough to start */
	if (e->waiting > e->low || e->leased >= e->threads + 4 * DB_LIST_MAX)
		want = 0;
	pthread_mutex_unlock(&e->lock);
	if (e->budget >= 0 && want > e->budget)
		want = (unsigned)e->budget;
	return want < batch ? want : batch;
}

static bool claim_some(struct executor *e, bool suspects, unsigned max, unsigned *count,
                       struct error *err)
{
	struct claimed_run runs[DB_LIST_MAX];
	struct arena a;
	bool more = false, ok;

	arena_init(&a);
	*count = 0;
	ok = queue_claim(e->env.db, &e->conn, &e->env.owner, suspects, max, clock_now_ms(),
	                 e->env.cfg->lease_s * INT64_C(1000), &e->cursor, &a, runs, count, &more, err);
	if (ok && *count > 0) {
		pool_add(e, job_batch_new(&e->env, e, &a, runs, *count), *count);
		if (e->budget > 0)
			e->budget -= *count;
	}
	if (ok && more && !suspects) {
		atomic_store(&e->more, true);
		atomic_store(&e->pass_on, true);
	}
	arena_release(&a);
	return ok;
}

static bool claim_ready(struct executor *e, int64_t now_us, struct error *err)
{
	unsigned max, count = 1;

	while (count > 0 && atomic_load(&e->more) && (max = room(e, now_us)) > 0) {
		/* before the claim, so that what comes meanwhile is not forgotten */
		atomic_store(&e->more, false);
		if (!claim_some(e, false, max, &count, err)) {
			atomic_store(&e->more, true);
			return false;
		}
		now_us = clock_mono_us();
	}
	return true;
}

static void let_others(struct executor *e, int64_t now_us)
{
	e->alone_since_us = 0;
	e->suspect_us = now_us + ALONE_TURN_US;
}

/* Suspects run one at a time and with nothing beside them. To be alone, the executor claims nothing
 * until all has ended, for as long as its patience lasts; then the others have as long a turn. */
static bool try_alone(struct executor *e, int64_t now_us, bool *claim_others, struct error *err)
{
	unsigned count;

	*claim_others = false;
	if (e->alone_since_us == 0)
		e->alone_since_us = now_us;
	if (!executor_idle(e)) {
		if (now_us - e->alone_since_us > e->patience_us) {
			e->suspect_us = now_us + e->patience_us;
			e->patience_us = 2 * e->patience_us < PATIENCE_MAX_US ?
				2 * e->patience_us : PATIENCE_MAX_US;
			e->alone_since_us = 0;
			*claim_others = true;
		}
		return true;
	}
	e->patience_us = PATIENCE_MIN_US;
	if (!claim_some(e, true, 1, &count, err))
		return false;
	e->alone = count > 0;
	if (count == 0) {
		e->suspects = false;
		let_others(e, now_us);
	}
	*claim_others = count == 0;
	return true;
}

static bool claim_work(struct executor *e, int64_t now_us, struct error *err)
{
	bool others = true;

	if (e->alone && !executor_idle(e))
		return true;
	/* the others' turn begins when the suspect has ended, however long it took */
	if (e->alone && now_us - e->alone_since_us > ALONE_TURN_US)
		let_others(e, now_us);
	e->alone = false;
	if (e->suspects && now_us >= e->suspect_us && e->budget != 0 &&
	    !try_alone(e, now_us, &others, err))
		return false;
	return !others || claim_ready(e, now_us, err);
}

/* What this worker knows of and cannot take, or will not be there for, the others of this host may. */
static void pass_on(struct executor *e, int64_t now_us)
{
	if (!atomic_load(&e->pass_on) || now_us < e->pass_on_us)
		return;
	atomic_store(&e->pass_on, false);
	if (!atomic_load(&e->more) && !e->draining)
		return;
	bell_ring_others(e->env.ringer, WORKER_PROGRAM, e->env.owner.name, BELL_LOOK);
	e->pass_on_us = now_us + e->pace.close_us;
}

/* Claimed ahead, but then the threads got long runs: another worker may be free. */
static void give_back_waiting(struct executor *e, int64_t now_us)
{
	bool old;

	pthread_mutex_lock(&e->lock);
	old = e->waiting_first && e->idle == 0 &&
	      now_us - e->waiting_first->claimed_us > WAITED_LONG_US &&
	      e->ended_bytes <= ENDED_BYTES_MAX;
	pthread_mutex_unlock(&e->lock);
	if (old)
		pool_release_waiting(e);
}

static void went_away(struct executor *e, int64_t now_us, const struct error *err)
{
	if (!e->away) {
		log_error("the queue cannot be reached", err);
		e->away_since_us = now_us;
	}
	e->away = true;
	e->away_us = now_us + AWAY_US;
	db_put(e->env.db, e->conn);
	e->conn = NULL;
}

/* What is worth having but stops nothing: a statement that the database refuses is told of, and the work goes on. */
static bool try_aside(struct executor *e, bool (*upkeep)(struct executor *, int64_t, struct error *),
                      int64_t now_us, struct error *err)
{
	if (upkeep(e, now_us, err))
		return true;
	if (db_error_passes(err))
		return false;
	upkeep_refused(e, now_us, err);
	return true;
}

int64_t executor_work(struct executor *e, bool claim)
{
	int64_t now_us = clock_mono_us(), next;
	struct error err = {0};
	bool ok;

	pthread_mutex_lock(&e->lock);
	e->woken = false;
	pthread_mutex_unlock(&e->lock);
	upkeep_timeouts(e, now_us);
	if (e->away && now_us < e->away_us)
		return e->away_us;
	give_back_waiting(e, now_us);
	if (!claim)
		e->look_us = now_us + e->pace.close_us;
	ok = upkeep_renew(e, now_us, &err) && try_aside(e, upkeep_steps, now_us, &err) &&
	     (!claim || upkeep_look(e, now_us, &err)) &&
	     (!claim || e->draining || claim_work(e, now_us, &err)) &&
	     try_aside(e, upkeep_durations, now_us, &err);
	now_us = clock_mono_us();
	if (!ok) {
		went_away(e, now_us, &err);
		return e->away_us;
	}
	if (e->away)
		log_write(LOG_INFO, "the queue is reached again", "after_s=%d",
		          (int)((now_us - e->away_since_us) / 1000000));
	e->away = false;
	pass_on(e, now_us);
	next = upkeep_next(e, now_us, claim);
	return next > now_us ? next : now_us;
}

void executor_drain(struct executor *e)
{
	e->draining = true;
	auditor_end(e);
	pool_release_waiting(e);
}

bool executor_stop(struct executor *e)
{
	if (!e)
		return true;
	pool_stop(e);
	committers_stop(e);
	db_put(e->env.db, e->conn);
	if (!auditor_stop(e) || !pool_all_back(e))
		return false;
	pthread_cond_destroy(&e->work);
	pthread_cond_destroy(&e->end);
	pthread_cond_destroy(&e->quiet);
	pthread_cond_destroy(&e->audit);
	pthread_mutex_destroy(&e->lock);
	mem_free(e->pool);
	mem_free(e);
	return true;
}
