/* Two threads take turns: while one waits for its commit, requests gather; when it has committed, the other
 * takes them to the database and the first answers its own. */
#include "core/admitter.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/executor.h"
#include "core/quota.h"
#include "core/threads.h"

#define ADMITTER_THREADS 2
#define BATCH_BYTES_MAX  (2u << 20)

struct admitter {
	struct db *db;
	struct doorbell_ringer *ringer;
	pthread_t threads[ADMITTER_THREADS];
	unsigned  thread_count;
	pthread_mutex_t turn;            /* held by the thread that collects and commits */
	pthread_mutex_t lock;            /* the fields below */
	pthread_cond_t  work;
	struct admit_job *first, **last;
	bool      stopping;
	atomic_uint_least64_t batches, admissions;
};

/* What one thread needs for a batch. */
struct batch {
	struct admit_job *jobs[ADMISSION_BATCH_MAX];
	struct error      errors[ADMISSION_BATCH_MAX];
	bool              failed[ADMISSION_BATCH_MAX];
	unsigned          n;
};

static void fail_all(struct batch *b, unsigned from, unsigned n, const struct error *err)
{
	unsigned i;

	for (i = from; i < from + n; i++) {
		b->failed[i] = true;
		b->errors[i] = *err;
	}
}

/* A batch that the database refuses is split, so that one bad row fails alone. */
static void commit_part(struct admitter *ad, struct db_conn **c, struct batch *b, unsigned from,
                        unsigned n)
{
	struct admission *a[ADMISSION_BATCH_MAX];
	struct error err = {0};
	unsigned i;

	for (i = 0; i < n; i++)
		a[i] = &b->jobs[from + i]->a;
	if (!*c)
		*c = db_get(ad->db, &err);
	if (*c && admission_commit(ad->db, c, a, n, clock_now_ms(), quota_decide, &err))
		return;
	if (n == 1 || err.code == ERR_UNAVAILABLE) {
		fail_all(b, from, n, &err);
		return;
	}
	log_error("a batch of admissions is split", &err);
	commit_part(ad, c, b, from, n / 2);
	commit_part(ad, c, b, from + n / 2, n - n / 2);
}

static void answer(struct batch *b, bool synchronous)
{
	unsigned i;

	for (i = 0; i < b->n; i++) {
		struct admit_job *job = b->jobs[i];

		if (job && (job->a.lane == LANE_SYNC) == synchronous) {
			b->jobs[i] = NULL;
			job->done(job, b->failed[i] ? &b->errors[i] : NULL);
		}
	}
}

static void answer_all(struct admitter *ad, struct batch *b)
{
	static const char work = BELL_WORK;
	bool ready = false;
	unsigned i;

	for (i = 0; i < b->n; i++)
		ready |= !b->failed[i] && b->jobs[i]->a.outcome == ADMIT_ACCEPTED && b->jobs[i]->a.ready;
	/* who waits for a run's end is told of it before a worker can end it */
	answer(b, true);
	if (ready && ad->ringer)
		doorbell_ring_any(ad->ringer, "agentiv-worker", &work, 1);
	answer(b, false);
}

/* Called with the lock held. */
static void take_batch(struct admitter *ad, struct batch *b)
{
	size_t bytes = 0;

	b->n = 0;
	while (ad->first && b->n < ADMISSION_BATCH_MAX) {
		struct admit_job *job = ad->first;

		bytes += job->a.input_len;
		if (b->n > 0 && bytes > BATCH_BYTES_MAX)
			break;
		ad->first = job->next;
		b->failed[b->n] = false;
		b->jobs[b->n++] = job;
	}
	if (!ad->first)
		ad->last = &ad->first;
}

static void commit_batch(struct admitter *ad, struct db_conn **c, struct batch *b)
{
	commit_part(ad, c, b, 0, b->n);
	atomic_fetch_add_explicit(&ad->batches, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&ad->admissions, b->n, memory_order_relaxed);
}

static void *admit_thread(void *arg)
{
	struct admitter *ad = arg;
	struct batch *b = mem_zalloc(sizeof *b);
	struct db_conn *c = NULL;

	for (;;) {
		pthread_mutex_lock(&ad->turn);
		pthread_mutex_lock(&ad->lock);
		while (!ad->first && !ad->stopping)
			pthread_cond_wait(&ad->work, &ad->lock);
		take_batch(ad, b);
		pthread_mutex_unlock(&ad->lock);
		if (b->n > 0)
			commit_batch(ad, &c, b);
		pthread_mutex_unlock(&ad->turn);
		if (b->n == 0)
			break;
		answer_all(ad, b);
	}
	db_put(ad->db, c);
	mem_free(b);
	return NULL;
}

struct admitter *admitter_start(struct db *db, struct doorbell_ringer *ringer, bool threads,
                                struct error *err)
{
	struct admitter *ad = mem_zalloc(sizeof *ad);

	ad->db = db;
	ad->ringer = ringer;
	ad->last = &ad->first;
	pthread_mutex_init(&ad->turn, NULL);
	pthread_mutex_init(&ad->lock, NULL);
	pthread_cond_init(&ad->work, NULL);
	if (!threads)
		return ad;
	while (ad->thread_count < ADMITTER_THREADS &&
	       thread_start(&ad->threads[ad->thread_count], STACK_SIZE, admit_thread, ad))
		ad->thread_count++;
	if (ad->thread_count < ADMITTER_THREADS) {
		err_set(err, ERR_INTERNAL, "No threads for the admitter");
		admitter_stop(ad);
		return NULL;
	}
	return ad;
}

static void submit_inline(struct admitter *ad, struct admit_job *job)
{
	struct batch *b = mem_zalloc(sizeof *b);
	struct db_conn *c = NULL;

	b->jobs[0] = job;
	b->n = 1;
	commit_batch(ad, &c, b);
	db_put(ad->db, c);
	answer_all(ad, b);
	mem_free(b);
}

void admitter_submit(struct admitter *ad, struct admit_job *job)
{
	struct error err;
	bool stopping;

	if (ad->thread_count == 0) {
		submit_inline(ad, job);
		return;
	}
	job->next = NULL;
	pthread_mutex_lock(&ad->lock);
	stopping = ad->stopping;
	if (!stopping) {
		*ad->last = job;
		ad->last = &job->next;
		pthread_cond_signal(&ad->work);
	}
	pthread_mutex_unlock(&ad->lock);
	if (stopping) {
		err_set(&err, ERR_UNAVAILABLE, "The server is being stopped; try again");
		job->done(job, &err);
	}
}

void admitter_stop(struct admitter *ad)
{
	unsigned i;

	if (!ad)
		return;
	pthread_mutex_lock(&ad->lock);
	ad->stopping = true;
	pthread_cond_broadcast(&ad->work);
	pthread_mutex_unlock(&ad->lock);
	for (i = 0; i < ad->thread_count; i++)
		pthread_join(ad->threads[i], NULL);
	pthread_cond_destroy(&ad->work);
	pthread_mutex_destroy(&ad->lock);
	pthread_mutex_destroy(&ad->turn);
	mem_free(ad);
}

void admitter_counts(struct admitter *ad, uint64_t *batches, uint64_t *admissions)
{
	*batches = atomic_load_explicit(&ad->batches, memory_order_relaxed);
	*admissions = atomic_load_explicit(&ad->admissions, memory_order_relaxed);
}
