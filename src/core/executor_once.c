/* Runs without a worker: one run in the calling thread, and one bounded pass. */
#include "core/executor_priv.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define END_TRIES 20
#define LOOK_US   INT64_C(500000)   /* between two looks at whether the run was cancelled */

static bool end_one(const struct executor_env *env, struct db_conn **c, struct job *j, struct error *err);

/* Beside the run: flushes its steps, renews its lease and minds its deadline. */
struct keeper {
	const struct executor_env *env;
	struct job *job;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t  cond;
	bool started, done;
	int64_t look_us;
};

static bool renew_lease(struct keeper *k, struct db_conn **c, int64_t now_us, bool *lost, bool *cancel)
{
	int64_t lease_us = k->env->cfg->lease_s * INT64_C(1000000);
	struct lease_ref lease = job_lease(k->job);
	struct error err;

	if (!queue_renew(k->env->db, c, &lease, 1, clock_now_ms() + lease_us / 1000, lost, cancel,
	                 &err))
		return false;
	k->job->renew_us = now_us + lease_us / 3;
	return true;
}

/* Nobody rings at this door: whether the run was cancelled is looked up. */
static bool look_at_lease(struct keeper *k, struct db_conn **c, bool *lost, bool *cancel)
{
	struct lease_ref lease = job_lease(k->job);
	struct error err;
	bool held = false;

	if (!*c)
		*c = db_get(k->env->db, &err);
	if (!*c || !queue_lease_check(*c, &lease, clock_now_ms(), &held, cancel, &err))
		return false;
	*lost = !held;
	return true;
}

static bool keep_lease(struct keeper *k, struct db_conn **c, int64_t now_us)
{
	bool lost = false, cancel = false, ok = true;

	if (now_us >= k->job->renew_us)
		ok = renew_lease(k, c, now_us, &lost, &cancel);
	else if (now_us >= k->look_us)
		ok = look_at_lease(k, c, &lost, &cancel);
	if (now_us >= k->look_us)
		k->look_us = now_us + LOOK_US;
	if (!ok)
		return false;
	if (lost)
		job_stop(k->job, STOP_LOST);
	else if (cancel)
		job_stop(k->job, STOP_CANCELLED);
	return true;
}

/* The agent does not stop: its run ends without the thread that is in it. false: it has just come back. */
static bool leave_agent(struct keeper *k, struct db_conn **c)
{
	struct error err = {0};

	pthread_mutex_lock(&k->lock);
	k->job->abandoned = !k->done;
	pthread_mutex_unlock(&k->lock);
	if (!k->job->abandoned)
		return false;
	log_write(LOG_WARN, "an agent does not stop", "agent=%s", k->job->run.agent);
	if (!end_one(k->env, c, k->job, &err))
		log_error("a run could not be ended", &err);
	if (k->env->left)
		k->env->left();
	return true;
}

static void *keeper_main(void *arg)
{
	struct keeper *k = arg;
	struct db_conn *c = NULL;
	struct error err;
	bool done, left = false;

	do {
		int64_t now_us;

		pthread_mutex_lock(&k->lock);
		if (!k->done)
			cond_wait_until(&k->cond, &k->lock, clock_mono_us() + STEP_FLUSH_US);
		done = k->done;
		pthread_mutex_unlock(&k->lock);
		now_us = clock_mono_us();
		/* past its time a run is not kept: if it is stuck, others may have it */
		if (now_us >= k->job->deadline_us)
			job_stop(k->job, STOP_TIMEOUT);
		if (!done && k->job->manifest && now_us >= k->job->deadline_us + TIMEOUT_GRACE_US)
			left = leave_agent(k, &c);
		if (done || left || ((now_us >= k->job->deadline_us || keep_lease(k, &c, now_us)) &&
		             (!steps_waiting(k->job) || steps_flush(k->env, &c, &k->job, 1, &err))))
			continue;
		db_put(k->env->db, c);
		c = NULL;
	} while (!done && !left);
	db_put(k->env->db, c);
	return NULL;
}

static void keeper_start(struct keeper *k)
{
	pthread_mutex_init(&k->lock, NULL);
	cond_init_mono(&k->cond);
	k->started = thread_start(&k->thread, STACK_SIZE, keeper_main, k);
	if (!k->started)
		log_write(LOG_WARN, "no thread to keep a lease", "agent=%s", k->job->run.agent);
}

static void keeper_stop(struct keeper *k)
{
	pthread_mutex_lock(&k->lock);
	k->done = true;
	pthread_cond_signal(&k->cond);
	pthread_mutex_unlock(&k->lock);
	if (k->started)
		pthread_join(k->thread, NULL);
	pthread_cond_destroy(&k->cond);
	pthread_mutex_destroy(&k->lock);
}

static void run_kept(const struct executor_env *env, struct job *j)
{
	struct keeper k = {.env = env, .job = j, .look_us = clock_mono_us() + LOOK_US};

	j->started_ms = clock_now_ms();
	if (j->manifest) {
		j->deadline_ms = j->started_ms + j->manifest->timeout_ms;
		j->deadline_us = clock_mono_us() + j->manifest->timeout_ms * 1000;
	}
	keeper_start(&k);
	job_run(j);
	keeper_stop(&k);
}

/* A result is worth some patience; after it the lease expires and a worker runs it again. */
static bool end_one(const struct executor_env *env, struct db_conn **c, struct job *j,
                    struct error *err)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct end_tally tally;
	pthread_cond_t cond;
	unsigned tries = 0;
	bool ok;

	cond_init_mono(&cond);
	while (!(ok = end_jobs(env, c, &j, 1, &tally, err) == 1) && ++tries < END_TRIES) {
		pthread_mutex_lock(&lock);
		cond_wait_until(&cond, &lock, clock_mono_us() + STEP_FLUSH_US);
		pthread_mutex_unlock(&lock);
	}
	pthread_cond_destroy(&cond);
	return ok;
}

bool executor_run_one(const struct executor_env *env, const struct id *id, bool *claimed,
                      struct error *err)
{
	struct claimed_run run;
	struct db_conn *c = NULL;
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = queue_claim_one(env->db, &c, &env->owner, id, clock_now_ms(),
	                     env->cfg->lease_s * INT64_C(1000), &a, &run, claimed, err);
	if (ok && *claimed) {
		struct job *j = job_batch_new(env, NULL, &a, &run, 1)->jobs;

		db_put(env->db, c);
		c = NULL;
		run_kept(env, j);
		ok = j->abandoned || end_one(env, &c, j, err);
		job_unref(j);
	}
	arena_release(&a);
	db_put(env->db, c);
	return ok;
}

struct pass_bell {
	pthread_mutex_t lock;
	pthread_cond_t  cond;
	bool rung;
};

static void pass_ring(void *ctx)
{
	struct pass_bell *b = ctx;

	pthread_mutex_lock(&b->lock);
	b->rung = true;
	pthread_cond_signal(&b->cond);
	pthread_mutex_unlock(&b->lock);
}

static void pass_wait(struct pass_bell *b, int64_t until_us)
{
	pthread_mutex_lock(&b->lock);
	while (!b->rung && clock_mono_us() < until_us)
		cond_wait_until(&b->cond, &b->lock, until_us);
	b->rung = false;
	pthread_mutex_unlock(&b->lock);
}

static void pass_bell_free(struct pass_bell *b)
{
	pthread_cond_destroy(&b->cond);
	pthread_mutex_destroy(&b->lock);
	mem_free(b);
}

static bool nothing_left(const struct executor *e, bool claim)
{
	if (!executor_idle(e))
		return false;
	return !claim || e->away || (!atomic_load(&e->more) && !e->suspects);
}

bool executor_pass(const struct executor_env *env, unsigned threads, unsigned max_runs,
                   int64_t deadline_us, struct executor_pass *out, struct error *err)
{
	struct pass_bell *bell = mem_zalloc(sizeof *bell);
	struct executor_env mine = *env;
	struct executor_counts counts;
	struct executor *e;
	bool claim, ok;

	*out = (struct executor_pass){0};
	pthread_mutex_init(&bell->lock, NULL);
	cond_init_mono(&bell->cond);
	mine.wake = pass_ring;
	mine.wake_ctx = bell;
	e = executor_new(&mine, threads, err);
	if (!e) {
		pass_bell_free(bell);
		return false;
	}
	e->budget = max_runs;
	for (;;) {
		int64_t next;

		if (clock_mono_us() >= deadline_us && !e->draining)
			executor_drain(e);
		claim = e->budget > 0 && !e->draining;
		next = executor_work(e, claim);
		if (nothing_left(e, claim))
			break;
		pass_wait(bell, e->draining || next < deadline_us ? next : deadline_us);
	}
	ok = !e->away || err_set(err, ERR_UNAVAILABLE, "The database cannot be reached");
	executor_counts(e, &counts);
	*out = (struct executor_pass){
		.ran = (unsigned)(counts.succeeded + counts.failed + counts.retried),
		.succeeded = (unsigned)counts.succeeded, .failed = (unsigned)counts.failed,
		.moved = (unsigned)counts.moved};
	/* a thread that is left in its agent may yet ring */
	out->stuck = !executor_stop(e);
	if (!out->stuck)
		pass_bell_free(bell);
	return ok;
}
