#include "core/reader.h"

#include <stdatomic.h>

#include "base/mem.h"

_Static_assert(GROUP_BATCH_MAX <= RUNS_BATCH_MAX, "a group is one statement");

struct reader {
	struct runs *runs;
	bool has_threads;
	struct group group;
	atomic_uint_least64_t batches, executions;
};

/* What one thread needs for a batch. */
struct batch {
	struct group_job *jobs[GROUP_BATCH_MAX];
	unsigned          n;
	struct execution  found[GROUP_BATCH_MAX];
	unsigned          count;
	struct arena      arena;
	struct error      err;
	bool              ok;
};

static struct batch *batch_new(void)
{
	struct batch *b = mem_zalloc(sizeof *b);

	arena_init(&b->arena);
	return b;
}

static void batch_free(struct batch *b)
{
	arena_release(&b->arena);
	mem_free(b);
}

static void read_batch(struct reader *rd, struct batch *b)
{
	struct id ids[GROUP_BATCH_MAX];
	unsigned i;

	for (i = 0; i < b->n; i++)
		ids[i] = ((struct read_job *)b->jobs[i])->id;
	b->err = (struct error){0};
	b->ok = runs_find(rd->runs, ids, b->n, &b->arena, b->found, &b->count, &b->err);
	atomic_fetch_add_explicit(&rd->batches, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&rd->executions, b->n, memory_order_relaxed);
}

static void answer(const struct batch *b, struct read_job *job)
{
	struct error none = {0};
	unsigned i;

	if (!b->ok) {
		job->done(job, NULL, &b->err);
		return;
	}
	for (i = 0; i < b->count; i++)
		if (id_cmp(&b->found[i].id, &job->id) == 0 && b->found[i].account_id == job->account_id) {
			job->done(job, &b->found[i], NULL);
			return;
		}
	run_unknown(&none);
	job->done(job, NULL, &none);
}

static void answer_all(struct batch *b)
{
	unsigned i;

	for (i = 0; i < b->n; i++)
		answer(b, (struct read_job *)b->jobs[i]);
	arena_reset(&b->arena);
}

static void *read_thread(void *arg)
{
	struct reader *rd = arg;
	struct batch *b = batch_new();

	while ((b->n = group_take(&rd->group, b->jobs)) > 0) {
		read_batch(rd, b);
		group_pass(&rd->group);
		answer_all(b);
	}
	batch_free(b);
	return NULL;
}

struct reader *reader_start(struct runs *runs, bool threads, struct error *err)
{
	struct reader *rd = mem_zalloc(sizeof *rd);

	rd->runs = runs;
	rd->has_threads = threads;
	group_init(&rd->group, NULL, 0);
	if (threads && !group_start(&rd->group, read_thread, rd)) {
		err_set(err, ERR_INTERNAL, "No threads for the reader");
		reader_stop(rd);
		return NULL;
	}
	return rd;
}

static void submit_inline(struct reader *rd, struct read_job *job)
{
	struct batch *b = batch_new();

	b->jobs[0] = &job->group;
	b->n = 1;
	read_batch(rd, b);
	answer_all(b);
	batch_free(b);
}

void reader_submit(struct reader *rd, struct read_job *job)
{
	struct error err;

	if (!rd->has_threads) {
		submit_inline(rd, job);
	} else if (!group_submit(&rd->group, &job->group)) {
		err_set(&err, ERR_UNAVAILABLE, "The server is being stopped; try again");
		job->done(job, NULL, &err);
	}
}

void reader_stop(struct reader *rd)
{
	if (!rd)
		return;
	group_stop(&rd->group);
	group_release(&rd->group);
	mem_free(rd);
}

void reader_counts(struct reader *rd, uint64_t *batches, uint64_t *executions)
{
	*batches = atomic_load_explicit(&rd->batches, memory_order_relaxed);
	*executions = atomic_load_explicit(&rd->executions, memory_order_relaxed);
}
