/* Steps on their way to the database. */
#include "core/executor_priv.h"

#include <string.h>

#include "base/mem.h"
#include "core/split_write.h"

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

struct flush {
	const struct executor_env *env;
	struct db_conn **conn;
	struct job *const *jobs;
	struct lease_ref leases[DB_LIST_MAX];
	unsigned from[DB_LIST_MAX + 1];      /* where a job's steps begin; the last: how many there are */
	bool dropped[DB_LIST_MAX];
	struct execution_step steps[FLUSH_STEPS_MAX];
};

static void gather_all(struct flush *f, unsigned n)
{
	unsigned i;

	memset(f->dropped, 0, sizeof f->dropped);
	for (i = 0, f->from[0] = 0; i < n; i++) {
		f->leases[i] = job_lease(f->jobs[i]);
		f->from[i + 1] = f->from[i] + gather(f->jobs[i], f->steps + f->from[i], FLUSH_STEPS_MAX - f->from[i]);
	}
}

static bool write_steps(void *ctx, unsigned from, unsigned n, struct error *err)
{
	struct flush *f = ctx;

	if (f->dropped[from])
		return true;
	return queue_add_steps(f->env->db, f->conn, f->leases + from, n, f->steps + f->from[from],
	                       f->from[from + n] - f->from[from], err);
}

static bool drop_steps(void *ctx, unsigned i)
{
	bool *dropped = &((struct flush *)ctx)->dropped[i], had = !*dropped;

	*dropped = true;
	return had;
}

static void nothing_left(void *ctx, unsigned i)
{
}

/* One run's steps that are refused are left out, and keep no other's from being seen. */
bool steps_flush(const struct executor_env *env, struct db_conn **c, struct job *const *jobs,
                 unsigned n, struct error *err)
{
	struct flush *f = mem_alloc(sizeof *f);
	struct split_write w = {.write = write_steps, .strip = drop_steps, .give_up = nothing_left,
	                        .what = "steps could not be written", .ctx = f};
	unsigned done, i;

	*f = (struct flush){.env = env, .conn = c, .jobs = jobs};
	n = n < DB_LIST_MAX ? n : DB_LIST_MAX;
	do {
		gather_all(f, n);
		done = split_write(&w, n, err);
		for (i = 0; i < done; i++)
			written(jobs[i], f->from[i + 1] - f->from[i]);
	} while (done == n && f->from[n] == FLUSH_STEPS_MAX);
	mem_free(f);
	return done == n;
}
