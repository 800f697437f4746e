#include "core/group.h"

#include "core/threads.h"

void group_init(struct group *g, size_t (*size)(const struct group_job *j), size_t bytes_max)
{
	*g = (struct group){.size = size, .bytes_max = bytes_max};
	g->last = &g->first;
	pthread_mutex_init(&g->turn, NULL);
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->work, NULL);
}

bool group_start(struct group *g, void *(*main)(void *), void *arg)
{
	while (g->thread_count < GROUP_THREADS &&
	       thread_start(&g->threads[g->thread_count], STACK_SIZE, main, arg))
		g->thread_count++;
	return g->thread_count == GROUP_THREADS;
}

bool group_submit(struct group *g, struct group_job *job)
{
	bool taken;

	job->next = NULL;
	pthread_mutex_lock(&g->lock);
	taken = !g->stopping;
	if (taken) {
		*g->last = job;
		g->last = &job->next;
		pthread_cond_signal(&g->work);
	}
	pthread_mutex_unlock(&g->lock);
	return taken;
}

unsigned group_take(struct group *g, struct group_job *jobs[GROUP_BATCH_MAX])
{
	size_t bytes = 0;
	unsigned n = 0;

	pthread_mutex_lock(&g->turn);
	pthread_mutex_lock(&g->lock);
	while (!g->first && !g->stopping)
		pthread_cond_wait(&g->work, &g->lock);
	while (g->first && n < GROUP_BATCH_MAX) {
		bytes += g->size ? g->size(g->first) : 0;
		if (n > 0 && bytes > g->bytes_max)
			break;
		jobs[n++] = g->first;
		g->first = g->first->next;
	}
	if (!g->first)
		g->last = &g->first;
	pthread_mutex_unlock(&g->lock);
	if (n == 0)
		pthread_mutex_unlock(&g->turn);
	return n;
}

void group_pass(struct group *g)
{
	pthread_mutex_unlock(&g->turn);
}

void group_stop(struct group *g)
{
	pthread_mutex_lock(&g->lock);
	g->stopping = true;
	pthread_cond_broadcast(&g->work);
	pthread_mutex_unlock(&g->lock);
	while (g->thread_count > 0)
		pthread_join(g->threads[--g->thread_count], NULL);
}

void group_release(struct group *g)
{
	pthread_cond_destroy(&g->work);
	pthread_mutex_destroy(&g->lock);
	pthread_mutex_destroy(&g->turn);
}
