/* Steps on their way to the database. */
#include "core/executor_priv.h"

#include <string.h>

#include "base/mem.h"

#define FLUSH_STEPS_MAX 256   /* of all runs in one transaction */

bool steps_waiting(struct job *j)
{
	bool yes;

	pthread_mutex_lock(&j->lock);
	yes = j->step_count > j->steps_written;
	pthread_mutex_unlock(&j->lock);
	return yes;
}

/* Copies what waits; the texts stay in the job's arena, which only grows. */
static unsigned gather(struct job *j, struct execution_step *out, unsigned room)
{
	unsigned n;

	pthread_mutex_lock(&j->lock);
	n = j->step_count - j->steps_written;
	n = n < room ? n : room;
	if (n > 0)
		memcpy(out, j->steps + j->steps_written, n * sizeof *out);
	pthread_mutex_unlock(&j->lock);
	return n;
}

static void written(struct job *j, unsigned n)
{
	pthread_mutex_lock(&j->lock);
	j->steps_written += n;
	pthread_mutex_unlock(&j->lock);
}

bool steps_flush(const struct executor_env *env, struct db_conn **c, struct job *const *jobs,
                 unsigned n, struct error *err)
{
	struct execution_step *steps = mem_array(FLUSH_STEPS_MAX, sizeof *steps);
	struct lease_ref leases[DB_LIST_MAX];
	unsigned counts[DB_LIST_MAX], total, i;
	bool ok = true;

	n = n < DB_LIST_MAX ? n : DB_LIST_MAX;
	do {
		for (i = 0, total = 0; i < n; i++) {
			leases[i] = job_lease(jobs[i]);
			counts[i] = gather(jobs[i], steps + total, FLUSH_STEPS_MAX - total);
			total += counts[i];
		}
		ok = queue_add_steps(env->db, c, leases, n, steps, total, err);
		for (i = 0; ok && i < n; i++)
			written(jobs[i], counts[i]);
	} while (ok && total == FLUSH_STEPS_MAX);
	mem_free(steps);
	return ok;
}
