/* Looking at those who wait, and feeding those who follow; all of it in the room's thread. */
#include "api/waiting_priv.h"

#include "base/clock.h"
#include "base/mem.h"

/* ---- what a look comes to ---- */

static void settle(struct waiting *w, struct waiter *who, enum look next)
{
	pthread_mutex_lock(&w->lock);
	if (next == LOOK_LEAVES)
		waiting_remove(w, who);
	else
		who->rung = false;
	pthread_mutex_unlock(&w->lock);
	who->hungry = next == LOOK_FEED;
	if (next == LOOK_LEAVES) {
		who->ops->leave(who);
	} else if (next == LOOK_FEED) {
		who->next_hungry = NULL;
		*w->last_hungry = who;
		w->last_hungry = &who->next_hungry;
	}
}

/* Who is rung for while it is hungry is fed first. */
static void judge(struct waiting *w, struct waiter *who, int64_t now_us)
{
	if (!who->hungry)
		settle(w, who, who->ops->look(who, now_us));
}

/* How far those in all[0..n) have come. What cannot be asked stays as it was. */
static bool ask(struct waiting *w, struct waiter *const *all, unsigned n)
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

static void look_at(struct waiting *w, struct waiter *const *all, unsigned n, int64_t now_us)
{
	bool answers = true;
	unsigned i, k, size;

	for (i = 0; i < n; i += size) {
		size = n - i < RUNS_BATCH_MAX ? n - i : RUNS_BATCH_MAX;
		answers = answers && ask(w, all + i, size);
		for (k = i; k < i + size; k++)
			judge(w, all[k], now_us);
	}
}

/* ---- when they are looked at ---- */

/* Looks at those who wait for the end: they find out by themselves whether it has come. Returns the others. */
static struct waiter *look_at_rung(struct waiting *w, int64_t now_us)
{
	struct waiter *who, *next, *followers = NULL;

	pthread_mutex_lock(&w->lock);
	who = w->rung;
	w->rung = NULL;
	for (next = who; next; next = next->next_rung)
		next->queued = false;
	pthread_mutex_unlock(&w->lock);
	for (; who; who = next) {
		next = who->next_rung;
		if (who->ops->feed) {
			who->next_rung = followers;
			followers = who;
		} else {
			judge(w, who, now_us);
		}
	}
	return followers;
}

static void look_at_followers(struct waiting *w, struct waiter *who, int64_t now_us)
{
	struct waiter *batch[RUNS_BATCH_MAX];
	unsigned n = 0;

	while (who) {
		batch[n++] = who;
		who = who->next_rung;
		if (n == RUNS_BATCH_MAX || !who) {
			look_at(w, batch, n, now_us);
			n = 0;
		}
	}
}

/* Only this thread removes who has entered, so the pointers stay good without the lock. Those that are queued have
 * their turn by look_at_rung, the hungry by feed_batch: looked at here they could leave, and still stand in that
 * list. */
static struct waiter **snapshot(struct waiting *w, bool followers, unsigned *n)
{
	struct waiter **all, *who;

	pthread_mutex_lock(&w->lock);
	all = w->count > 0 ? mem_array(w->count, sizeof(struct waiter *)) : NULL;
	*n = 0;
	for (who = w->first; who; who = who->next)
		if (!who->queued && !who->hungry && (who->ops->feed != NULL) == followers)
			all[(*n)++] = who;
	pthread_mutex_unlock(&w->lock);
	return all;
}

static void look_at_all(struct waiting *w, bool followers, int64_t now_us)
{
	unsigned n;
	struct waiter **all = snapshot(w, followers, &n);

	look_at(w, all, n, now_us);
	mem_free(all);
}

/* Those who are hungry are in no other list: only this thread rings for who has entered, before its turn. */
static void feed_batch(struct waiting *w)
{
	struct waiter *batch[WAITING_BATCH_MAX];
	enum look next[WAITING_BATCH_MAX];
	unsigned n = 0, i;

	while (w->hungry && n < WAITING_BATCH_MAX && (n == 0 || w->hungry->ops == batch[0]->ops)) {
		batch[n++] = w->hungry;
		w->hungry = w->hungry->next_hungry;
	}
	if (!w->hungry)
		w->last_hungry = &w->hungry;
	if (n > 0)
		batch[0]->ops->feed(batch, n, next);
	for (i = 0; i < n; i++)
		settle(w, batch[i], next[i]);
}

/* Those who wait for the end, and may be past their time, come before what the database is asked for the others. */
void waiting_turn(struct waiting *w)
{
	int64_t now_us = clock_mono_us();
	bool all = now_us >= w->look_us;
	struct waiter *followers = look_at_rung(w, now_us);

	if (all)
		look_at_all(w, false, now_us);
	look_at_followers(w, followers, now_us);
	if (all) {
		look_at_all(w, true, now_us);
		w->look_us = now_us + WAITING_LOOK_US;
	}
	feed_batch(w);
}

void waiting_empty(struct waiting *w)
{
	struct waiter *who;

	w->hungry = NULL;
	w->last_hungry = &w->hungry;
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
