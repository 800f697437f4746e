#include "core/local_runs.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rnd.h"
#include "core/threads.h"

struct pending { struct id id; struct pending *next; };

struct local_runs {
	struct executor_env env;
	unsigned max_threads;
	pthread_mutex_t lock;
	pthread_cond_t  work, quiet;
	struct pending *first, **last;
	unsigned queued, threads, idle;
	bool     stopping;
};

void local_owner(struct lease_owner *out)
{
	/* not ".sock": nobody may take the missing socket for the process's death */
	snprintf(out->name, sizeof out->name, "agentiv.fcgi.%ld.%08" PRIx32, (long)getpid(),
	         (uint32_t)rnd_u64());
	if (gethostname(out->host, sizeof out->host - 1) != 0)
		snprintf(out->host, sizeof out->host, "localhost");
	out->host[sizeof out->host - 1] = '\0';
}

struct local_runs *local_runs_new(const struct executor_env *env, unsigned max_threads)
{
	struct local_runs *l = mem_zalloc(sizeof *l);

	l->env = *env;
	l->max_threads = max_threads > 0 ? max_threads : 1;
	l->last = &l->first;
	pthread_mutex_init(&l->lock, NULL);
	cond_init_mono(&l->work);
	cond_init_mono(&l->quiet);
	return l;
}

static void run(struct local_runs *l, const struct id *id)
{
	struct error err = {0};
	bool claimed;

	/* what is not ended here is found by a worker, or when its lease expires */
	if (!executor_run_one(&l->env, id, &claimed, &err))
		log_error("a synchronous run could not be run here", &err);
}

/* Called with the lock. */
static struct pending *take(struct local_runs *l)
{
	struct pending *p = l->first;

	l->queued--;
	l->first = p->next;
	if (!l->first)
		l->last = &l->first;
	return p;
}

static void *run_thread(void *arg)
{
	struct local_runs *l = arg;

	pthread_mutex_lock(&l->lock);
	while (!l->stopping) {
		struct pending *p;

		if (!l->first) {
			l->idle++;
			pthread_cond_wait(&l->work, &l->lock);
			l->idle--;
			continue;
		}
		p = take(l);
		pthread_mutex_unlock(&l->lock);
		run(l, &p->id);
		mem_free(p);
		pthread_mutex_lock(&l->lock);
	}
	l->threads--;
	pthread_cond_broadcast(&l->quiet);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

/* Called with the lock. */
static void start_thread(struct local_runs *l)
{
	pthread_t id;

	if (l->idle >= l->queued || l->threads == l->max_threads)
		return;
	if (!thread_start(&id, STACK_SIZE, run_thread, l)) {
		log_write(LOG_WARN, "no thread for a synchronous run", "threads=%u", l->threads);
		return;
	}
	pthread_detach(id);
	l->threads++;
}

void local_runs_submit(struct local_runs *l, const struct id *id)
{
	struct pending *p = mem_zalloc(sizeof *p);

	p->id = *id;
	pthread_mutex_lock(&l->lock);
	*l->last = p;
	l->last = &p->next;
	l->queued++;
	start_thread(l);
	pthread_cond_signal(&l->work);
	pthread_mutex_unlock(&l->lock);
}

bool local_runs_stop(struct local_runs *l, int limit_s)
{
	int64_t until = clock_mono_us() + limit_s * INT64_C(1000000);
	unsigned left;

	if (!l)
		return true;
	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	pthread_cond_broadcast(&l->work);
	while (l->threads > 0 && clock_mono_us() < until)
		cond_wait_until(&l->quiet, &l->lock, until);
	left = l->threads;
	pthread_mutex_unlock(&l->lock);
	if (left > 0) {
		log_write(LOG_WARN, "stopped with synchronous runs under way", "runs=%u", left);
		return false;
	}
	while (l->first)
		mem_free(take(l));
	pthread_cond_destroy(&l->work);
	pthread_cond_destroy(&l->quiet);
	pthread_mutex_destroy(&l->lock);
	mem_free(l);
	return true;
}
