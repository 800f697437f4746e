#include "core/admitter.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/bells.h"
#include "core/quota.h"

#define BATCH_BYTES_MAX  (2u << 20)

_Static_assert(GROUP_BATCH_MAX <= ADMISSION_BATCH_MAX, "a group is one transaction");

struct admitter {
	struct db *db;
	struct doorbell_ringer *ringer;
	bool has_threads;
	struct group group;
	atomic_uint_least64_t batches, admissions;
};

/* What one thread needs for a batch. */
struct batch {
	struct group_job *jobs[GROUP_BATCH_MAX];
	struct error      errors[GROUP_BATCH_MAX];
	bool              failed[GROUP_BATCH_MAX];
	unsigned          n;
	struct log_batch  lines;        /* of the requests that are answered */
};

static struct admit_job *job_at(const struct batch *b, unsigned i)
{
	return (struct admit_job *)b->jobs[i];
}

static size_t job_bytes(const struct group_job *j)
{
	return ((const struct admit_job *)j)->a.input_len;
}

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
		a[i] = &job_at(b, from + i)->a;
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
		struct admit_job *job = job_at(b, i);

		if (job && (job->a.lane == LANE_SYNC) == synchronous) {
			b->jobs[i] = NULL;
			job->done(job, b->failed[i] ? &b->errors[i] : NULL);
		}
	}
}

static void answer_all(struct admitter *ad, struct batch *b)
{
	int64_t due_at = INT64_MAX;
	bool ready = false;
	unsigned i;

	for (i = 0; i < b->n; i++) {
		const struct admission *a = &job_at(b, i)->a;

		if (b->failed[i] || a->outcome != ADMIT_ACCEPTED)
			continue;
		ready |= a->ready;
		if (a->due_at != 0 && a->due_at < due_at)
			due_at = a->due_at;
	}
	/* who waits for a run's end is told of it before a worker can end it */
	answer(b, true);
	if (ready)
		bell_ring(ad->ringer, WORKER_PROGRAM, BELL_WORK);
	if (due_at != INT64_MAX)
		bell_ring_due(ad->ringer, WORKER_PROGRAM, due_at);
	answer(b, false);
}

static void commit_batch(struct admitter *ad, struct db_conn **c, struct batch *b)
{
	unsigned i;

	for (i = 0; i < b->n; i++)
		b->failed[i] = false;
	commit_part(ad, c, b, 0, b->n);
	atomic_fetch_add_explicit(&ad->batches, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&ad->admissions, b->n, memory_order_relaxed);
}

static void *admit_thread(void *arg)
{
	struct admitter *ad = arg;
	struct batch *b = mem_zalloc(sizeof *b);
	struct db_conn *c = NULL;

	while ((b->n = group_take(&ad->group, b->jobs)) > 0) {
		commit_batch(ad, &c, b);
		group_pass(&ad->group);
		log_hold(&b->lines);
		answer_all(ad, b);
		log_flush();
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
	ad->has_threads = threads;
	group_init(&ad->group, job_bytes, BATCH_BYTES_MAX);
	if (threads && !group_start(&ad->group, admit_thread, ad)) {
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

	b->jobs[0] = &job->group;
	b->n = 1;
	commit_batch(ad, &c, b);
	db_put(ad->db, c);
	answer_all(ad, b);
	mem_free(b);
}

void admitter_submit(struct admitter *ad, struct admit_job *job)
{
	struct error err;

	if (!ad->has_threads) {
		submit_inline(ad, job);
	} else if (!group_submit(&ad->group, &job->group)) {
		err_set(&err, ERR_UNAVAILABLE, "The server is being stopped; try again");
		job->done(job, &err);
	}
}

void admitter_stop(struct admitter *ad)
{
	if (!ad)
		return;
	group_stop(&ad->group);
	group_release(&ad->group);
	mem_free(ad);
}

void admitter_counts(struct admitter *ad, uint64_t *batches, uint64_t *admissions)
{
	*batches = atomic_load_explicit(&ad->batches, memory_order_relaxed);
	*admissions = atomic_load_explicit(&ad->admissions, memory_order_relaxed);
}
