/* Looking at those who wait; all of it in the room's thread. */
#include "api/waiting_priv.h"

#include "base/clock.h"
#include "base/mem.h"

static void judge(struct waiting *w, struct waiter *who, int64_t now_us)
{
	bool stays = who->ops->look(who, now_us);

	pthread_mutex_lock(&w->lock);
	if (stays)
		who->rung = false;
	else
		waiting_remove(w, who);
	pthread_mutex_unlock(&w->lock);
	if (!stays)
		who->ops->leave(who);
}

static void look_at_rung(struct waiting *w, int64_t now_us)
{
	struct waiter *who, *next;

	pthread_mutex_lock(&w->lock);
	who = w->rung;
	w->rung = NULL;
	for (next = who; next; next = next->next_rung)
		next->queued = false;
	pthread_mutex_unlock(&w->lock);
	for (; who; who = next) {
		next = who->next_rung;
		judge(w, who, now_us);
	}
}

/* How far those in all[0..n) have come. What cannot be asked stays as it was. */
static bool ask(struct waiting *w, struct waiter **all, unsigned n)
{
	struct execution_watch seen[RUNS_BATCH_MAX];
	struct id ids[RUNS_BATCH_MAX];
	struct error err = {0};
	unsigned count = 0, i, k;

	for (i = 0; i < n; i++)
		ids[i] = all[i]->id;
	if (!runs_watch(w->app->runs, ids, n, seen, &count, &err))
		return false;
	for (i = 0; i < n; i++)
		for (k = 0; k < count; k++)
			if (id_cmp(&all[i]->id, &seen[k].id) == 0) {
				all[i]->status = seen[k].status;
				all[i]->last_step = seen[k].last_step;
			}
	return true;
}

/* Only this thread removes who has entered, so the pointers stay good without the lock. Those that are queued have
 * their turn by look_at_rung: looked at here they could leave, and still stand in that list. */
static struct waiter **snapshot(struct waiting *w, unsigned *n)
{
	struct waiter **all, *who;

	pthread_mutex_lock(&w->lock);
	all = w->count > 0 ? mem_array(w->count, sizeof(struct waiter *)) : NULL;
	*n = 0;
	for (who = w->first; who; who = who->next)
		if (!who->queued)
			all[(*n)++] = who;
	pthread_mutex_unlock(&w->lock);
	return all;
}

static void look_at_all(struct waiting *w, int64_t now_us)
{
	unsigned n, i;
	struct waiter **all = snapshot(w, &n);
	bool answers = true;

	for (i = 0; i < n && answers; i += RUNS_BATCH_MAX)
		answers = ask(w, all + i, n - i < RUNS_BATCH_MAX ? n - i : RUNS_BATCH_MAX);
	for (i = 0; i < n; i++)
		judge(w, all[i], now_us);
	mem_free(all);
}

void waiting_turn(struct waiting *w)
{
	int64_t now_us = clock_mono_us();

	look_at_rung(w, now_us);
	if (now_us >= w->look_us) {
		w->look_us = now_us + WAITING_LOOK_US;
		look_at_all(w, now_us);
	}
}

void waiting_empty(struct waiting *w)
{
	struct waiter *who;

	for (;;) {
		pthread_mutex_lock(&w->lock);
		w->rung = NULL;
		who = w->first;
		if (who)
			waiting_remove(w, who);
		pthread_mutex_unlock(&w->lock);
		if (!who)
			break;
		who->ops->leave(who);
	}
}
