/* Against the flow: leases whose owner is dead or silent go back to ready as suspects. */
#include "store/queue_priv.h"

#include <string.h>

#define OWNERS_MAX 64

/* An owner of leases, and how many it holds in all. */
struct holder {
	char     name[DOORBELL_NAME_SIZE];
	char     host[64];
	unsigned leases;
	bool     expired, dead;
};

/* What a sweep reads before it locks anything. */
struct taken {
	struct ended_run runs[DB_LIST_MAX];
	unsigned n;
};

/* Those of which something may be taken: whose first lease is over, and this host's, which may be dead. */
static bool read_holders(struct db_conn *c, int64_t now_ms, const char *host, struct holder *h, unsigned *n,
                         struct error *err)
{
	static const char sql[] =
		"SELECT owner, host, COUNT(*), MIN(expires_at) FROM leases GROUP BY owner, host"
		" HAVING MIN(expires_at) <= ? OR host = ? ORDER BY MIN(expires_at) LIMIT ?";
	struct db_arg args[3] = {db_int(now_ms), db_str(host), db_int(OWNERS_MAX)};
	const char *text;
	int got;

	*n = 0;
	if (!db_query(c, sql, args, 3, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *n < OWNERS_MAX) {
		memset(&h[*n], 0, sizeof *h);
		if ((text = db_col_str(c, 0)) != NULL)
			strncpy(h[*n].name, text, sizeof h->name - 1);
		if ((text = db_col_str(c, 1)) != NULL)
			strncpy(h[*n].host, text, sizeof h->host - 1);
		h[*n].leases = (unsigned)db_col_int(c, 2);
		h[(*n)++].expired = db_col_int(c, 3) <= now_ms;
	}
	db_end(c);
	return got >= 0;
}

/* A single lease left behind by a bounded pass would look as if it had been alone. */
static unsigned bounded(const struct holder *h, unsigned room)
{
	unsigned take = h->leases < room ? h->leases : room;

	return h->leases > 1 && h->leases - take == 1 && take > 0 ? take - 1 : take;
}

/* Suspects run alone, whatever else stands under their owner's name by now: a process that was started anew in a
 * container has the same number, and so the same name. Otherwise only a dead owner's single lease tells; one that is
 * left over when leases expire one after the other does not. */
static bool was_alone(const struct holder *h, enum queue_lane lane)
{
	return lane == LANE_SUSPECT || (h->dead && h->leases == 1);
}

static void lost_run(struct db_conn *c, struct arena *a, const struct holder *h, int64_t now_ms,
                     unsigned max_attempts, struct ended_run *r)
{
	static const char message[] = "The worker was lost while it ran this";
	bool alone = was_alone(h, (enum queue_lane)db_col_int(c, 8)), over;

	memset(r, 0, sizeof *r);
	db_col_id(c, 0, &r->id);
	r->account_id = (uint64_t)db_col_int(c, 1);
	r->token = (uint64_t)db_col_int(c, 2);
	r->attempt = (unsigned)db_col_int(c, 3) + (alone ? 1 : 0);
	r->started_at = db_col_int(c, 4);
	r->waiter = arena_strdup(a, db_col_str(c, 5));
	r->first_started_at = db_col_int(c, 6);
	r->webhook_url = arena_strdup(a, db_col_str(c, 7));
	r->agent = arena_strdup(a, db_col_str(c, 11));
	over = alone && r->attempt >= max_attempts;
	r->outcome = over ? RUN_FAILED : RUN_RELEASED;
	r->lane = LANE_SUSPECT;
	r->completed_at = now_ms;
	r->error_code = err_name(ERR_WORKER_LOST);
	r->error_message = message;
	r->planned = true;
	r->has_spent = !db_is_null(c, 9);
	r->has_schedule = db_col_id(c, 10, &r->schedule_id);
}

static bool read_leases(struct db_conn *c, struct arena *a, const struct holder *h, unsigned max,
                        int64_t now_ms, unsigned max_attempts, struct taken *t, struct error *err)
{
	static const char sql[] =
	    "SELECT l.execution_id, l.account_id, l.token, l.attempt, l.started_at, l.waiter,"
	    " r.started_at, e.webhook_url, l.lane, t.used, e.schedule_id, e.agent FROM leases l STRAIGHT_JOIN executions e"
	    " ON e.id = l.execution_id LEFT JOIN execution_results r ON r.execution_id = l.execution_id"
	    " LEFT JOIN execution_tokens t ON t.execution_id = l.execution_id"
	    " WHERE l.owner = ? AND l.host = ? AND l.expires_at <= ? ORDER BY l.execution_id LIMIT "
	    "?";
	struct db_arg args[4] = {db_str(h->name), db_str(h->host),
	                         db_int(h->dead ? INT64_MAX : now_ms), db_int(max)};
	int got;

	if (max == 0)
		return true;
	if (!db_query(c, sql, args, 4, err))
		return false;
	while ((got = db_next(c, err)) == 1 && t->n < DB_LIST_MAX)
		lost_run(c, a, h, now_ms, max_attempts, &t->runs[t->n++]);
	db_end(c);
	return got >= 0;
}

static bool take_holder(struct db *db, struct db_conn **c, const struct holder *h, unsigned max,
                        int64_t now_ms, unsigned max_attempts, struct swept *out, struct error *err)
{
	struct taken t = {.n = 0};
	struct arena a;
	unsigned promoted = 0, deliveries = 0, i;
	bool ok;

	arena_init(&a);
	ok = read_leases(*c, &a, h, bounded(h, max), now_ms, max_attempts, &t, err) &&
	     queue_end_expired(db, c, t.runs, t.n, now_ms, !h->dead, &promoted, &deliveries, err);
	if (ok) {
		out->moved += promoted;
		out->deliveries += deliveries;
	}
	for (i = 0; ok && i < t.n; i++) {
		out->taken += !t.runs[i].lost;
		out->orphaned += !t.runs[i].lost;
		out->moved += !t.runs[i].lost && t.runs[i].outcome == RUN_RELEASED;
	}
	arena_release(&a);
	return ok;
}

bool queue_sweep(struct db *db, struct db_conn **c, int64_t now_ms, unsigned max,
		 unsigned max_attempts, const char *host,
		 bool (*is_dead)(const char *owner, void *ctx), void *ctx, struct swept *out,
		 struct error *err)
{
	struct holder holders[OWNERS_MAX];
	unsigned n = 0, i, due, taken;

	*out = (struct swept){0};
	if (max > DB_LIST_MAX)
		max = DB_LIST_MAX;
	if (!queue_conn(db, c, err) || !read_holders(*c, now_ms, host, holders, &n, err))
		return false;
	for (i = 0; i < n; i++) {
		struct holder *h = &holders[i];

		h->dead = is_dead && strcmp(h->host, host) == 0 && is_dead(h->name, ctx);
		if ((h->dead || h->expired) &&
		    !take_holder(db, c, h, max, now_ms, max_attempts, out, err))
			return false;
	}
	if (!queue_take_due(db, c, now_ms, max, &due, &taken, err))
		return false;
	out->taken += taken;
	out->moved += due;
	return true;
}
