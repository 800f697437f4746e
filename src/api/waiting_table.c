/* Who waits: by execution for those who ring, and in order of coming for those who look. */
#include "api/waiting_priv.h"

#include <string.h>

/* ---- the table; called with the lock held ---- */

static struct waiter **bucket_of(struct waiting *w, const struct id *id)
{
	return &w->buckets[(id->b[14] << 8 | id->b[15]) % WAITING_BUCKETS];
}

static void table_add(struct waiting *w, struct waiter *who)
{
	struct waiter **at = bucket_of(w, &who->id);

	who->bucket_next = *at;
	who->bucket_link = at;
	if (*at)
		(*at)->bucket_link = &who->bucket_next;
	*at = who;
}

static void table_remove(struct waiter *who)
{
	*who->bucket_link = who->bucket_next;
	if (who->bucket_next)
		who->bucket_next->bucket_link = who->bucket_link;
	who->bucket_link = NULL;
}

static void want_look(struct waiting *w, struct waiter *who)
{
	who->rung = true;
	if (!who->entered || who->queued)
		return;
	who->queued = true;
	who->next_rung = w->rung;
	w->rung = who;
}

void waiting_remove(struct waiting *w, struct waiter *who)
{
	table_remove(who);
	*who->link = who->next;
	if (who->next)
		who->next->link = who->link;
	else
		w->last = who->link;
	who->entered = false;
	w->count--;
}

/* ---- coming and going ---- */

void waiting_announce(struct waiting *w, struct waiter *who)
{
	pthread_mutex_lock(&w->lock);
	table_add(w, who);
	pthread_mutex_unlock(&w->lock);
}

void waiting_withdraw(struct waiting *w, struct waiter *who)
{
	pthread_mutex_lock(&w->lock);
	table_remove(who);
	pthread_mutex_unlock(&w->lock);
}

void waiting_enter(struct waiting *w, struct waiter *who, bool look)
{
	bool refused, alone;

	pthread_mutex_lock(&w->lock);
	refused = w->draining;
	alone = w->count == 0;
	if (refused) {
		if (who->bucket_link)
			table_remove(who);
	} else {
		if (!who->bucket_link)
			table_add(w, who);
		who->entered = true;
		who->next = NULL;
		who->link = w->last;
		*w->last = who;
		w->last = &who->next;
		w->count++;
		look |= who->rung;
		if (look)
			want_look(w, who);
		/* with the lock: without it the room may be gone as soon as it has answered this one */
		if (look || alone)
			waiting_wake(w);
	}
	pthread_mutex_unlock(&w->lock);
	if (refused)
		who->ops->leave(who);
}

unsigned waiting_count(struct waiting *w)
{
	unsigned n;

	pthread_mutex_lock(&w->lock);
	n = w->count;
	pthread_mutex_unlock(&w->lock);
	return n;
}

void waiting_ring(struct waiting *w, const unsigned char *ids, size_t n)
{
	struct waiter *who;

	pthread_mutex_lock(&w->lock);
	for (; n >= sizeof(struct id); ids += sizeof(struct id), n -= sizeof(struct id)) {
		struct id id;

		memcpy(id.b, ids, sizeof id.b);
		for (who = *bucket_of(w, &id); who; who = who->bucket_next)
			if (id_cmp(&who->id, &id) == 0)
				want_look(w, who);
	}
	pthread_mutex_unlock(&w->lock);
}
