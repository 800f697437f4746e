/* Work in groups (core/group.h). */
#include "core/group.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include "core_suites.h"

#define JOBS 5000

struct job { struct group_job group; unsigned number; size_t bytes; };

static struct group group;
static struct job jobs[JOBS];
static unsigned batches, done[JOBS], order[JOBS], count, largest;
static atomic_uint at_once;
static bool overlapped;
static sem_t may_work;          /* the first batch waits for it */
static bool gated;

static size_t bytes_of(const struct group_job *j)
{
	return ((const struct job *)j)->bytes;
}

static void *worker(void *arg)
{
	struct group_job *mine[GROUP_BATCH_MAX];
	unsigned n, i;

	while ((n = group_take(&group, mine)) > 0) {
		overlapped |= atomic_fetch_add(&at_once, 1) > 0;
		if (gated && batches == 0)
			sem_wait(&may_work);
		batches++;
		largest = n > largest ? n : largest;
		for (i = 0; i < n; i++) {
			struct job *j = (struct job *)mine[i];

			done[j->number]++;
			order[count++] = j->number;
		}
		atomic_fetch_sub(&at_once, 1);
		group_pass(&group);
	}
	return NULL;
}

static void start(size_t bytes_max, bool gate)
{
	unsigned i;

	memset(done, 0, sizeof done);
	batches = count = largest = 0;
	overlapped = false;
	gated = gate;
	sem_init(&may_work, 0, 0);
	group_init(&group, bytes_max ? bytes_of : NULL, bytes_max);
	for (i = 0; i < JOBS; i++)
		jobs[i] = (struct job){.number = i, .bytes = 1};
	CU_ASSERT_TRUE_FATAL(group_start(&group, worker, NULL));
}

static void finish(void)
{
	sem_post(&may_work);
	group_stop(&group);
	group_release(&group);
}

static void *submit_half(void *arg)
{
	unsigned i, from = *(unsigned *)arg;

	for (i = from; i < JOBS; i += 2)
		group_submit(&group, &jobs[i].group);
	return NULL;
}

static void every_job_is_taken_once(void)
{
	unsigned halves[2] = {0, 1}, i, once = 0;
	pthread_t threads[2];

	start(0, false);
	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, submit_half, &halves[i]);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	finish();
	for (i = 0; i < JOBS; i++)
		once += done[i] == 1;
	CU_ASSERT_EQUAL(once, JOBS);
	CU_ASSERT_FALSE(overlapped);
}

/* The first batch is one job, since nothing else was there; the rest waits meanwhile. */
static void what_comes_during_a_batch_is_the_next_one(void)
{
	unsigned i;

	start(0, true);
	group_submit(&group, &jobs[0].group);
	while (atomic_load(&at_once) == 0)
		sched_yield();
	for (i = 1; i <= 40; i++)
		group_submit(&group, &jobs[i].group);
	finish();
	CU_ASSERT_EQUAL(batches, 2);
	CU_ASSERT_EQUAL(largest, 40);
	for (i = 0; i <= 40; i++)
		CU_ASSERT_EQUAL(order[i], i);
}

static void a_batch_has_at_most_so_many_jobs(void)
{
	unsigned i;

	start(0, true);
	for (i = 0; i < 3 * GROUP_BATCH_MAX; i++)
		group_submit(&group, &jobs[i].group);
	finish();
	CU_ASSERT_EQUAL(largest, GROUP_BATCH_MAX);
	CU_ASSERT_EQUAL(count, 3 * GROUP_BATCH_MAX);
}

static void a_batch_has_at_most_so_many_bytes(void)
{
	unsigned i;

	start(10, true);
	jobs[0].bytes = 25;            /* larger than a batch: alone in one */
	for (i = 0; i < 31; i++)
		group_submit(&group, &jobs[i].group);
	finish();
	CU_ASSERT_EQUAL(largest, 10);
	CU_ASSERT_EQUAL(batches, 4);
	CU_ASSERT_EQUAL(count, 31);
}

static void a_stopped_group_takes_nothing_but_finishes_what_it_has(void)
{
	start(0, true);
	group_submit(&group, &jobs[0].group);
	group_submit(&group, &jobs[1].group);
	sem_post(&may_work);
	group_stop(&group);
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_FALSE(group_submit(&group, &jobs[2].group));
	group_release(&group);
}

static CU_TestInfo tests[] = {
	{"every job is taken once", every_job_is_taken_once},
	{"what comes during a batch is the next one", what_comes_during_a_batch_is_the_next_one},
	{"a batch has at most so many jobs", a_batch_has_at_most_so_many_jobs},
	{"a batch has at most so many bytes", a_batch_has_at_most_so_many_bytes},
	{"a stopped group takes nothing but finishes what it has",
	 a_stopped_group_takes_nothing_but_finishes_what_it_has},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo group_suite = {"groups", NULL, NULL, NULL, NULL, tests};
