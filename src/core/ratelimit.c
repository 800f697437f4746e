#include "core/ratelimit.h"

#include "base/clock.h"
#include "base/mem.h"
#include "core/ratelimit_map.h"
#include "store/accounts.h"
#include "store/request_minutes.h"

#define SMALL_LEASE   8           /* a lease is never larger, or than what the limit allows a second */
#define SPEND_ROUNDS  8

struct ratelimit {
	struct db       *db;
	struct rate_map *map;
};

enum spent { SPENT, USED_UP, NEEDS_LEASE, MOVED };

static void tell(struct rate_info *info, int64_t minute, int64_t limit, int64_t left)
{
	info->limit = limit;
	info->remaining = left < 0 ? 0 : left > limit ? limit : left;
	info->reset_s = (minute + 1) * 60;
}

static enum spent spend(struct slot *s, uint64_t account_id, int64_t now, int64_t limit,
                        struct rate_info *info)
{
	uint64_t w = atomic_load(&s->word);

	for (;;) {
		int64_t minute = word_minute(w, now), left = word_left(w), leased = word_leased(w);

		/* looked at after the word: then a swap that succeeds was of this account's */
		if (atomic_load(&s->account) != account_id)
			return MOVED;
		if (minute < now)
			return NEEDS_LEASE;
		/* a limit that was lowered counts for what was leased before, too */
		if (left == 0 || leased - left >= limit) {
			tell(info, minute, limit, limit - leased);
			return leased >= limit ? USED_UP : NEEDS_LEASE;
		}
		if (atomic_compare_exchange_weak(&s->word, &w, word_make(minute, left - 1, leased))) {
			tell(info, minute, limit, limit - leased + left - 1);
			return SPENT;
		}
	}
}

/* A lease is a quarter of what is left, but no more than the limit gives for a second: so a request in sixty at most
 * asks the database, and other hosts find something until shortly before the end. */
static int64_t most_at_once(int64_t limit)
{
	int64_t second = limit / 60 < FIELD_MAX ? limit / 60 : FIELD_MAX;

	return second > SMALL_LEASE ? second : SMALL_LEASE;
}

static enum spent lease_for(struct ratelimit *r, struct slot *s, uint64_t account_id, int64_t now,
                            int64_t limit, struct rate_info *info, struct error *err)
{
	struct minute_lease l;

	if (!request_minutes_lease(r->db, account_id, limit, most_at_once(limit), &l, err))
		return NEEDS_LEASE;
	/* nobody else adds to the word, and nobody takes from one that has nothing left */
	atomic_store(&s->word, word_make(l.minute, l.got > 0 ? l.got - 1 : 0, l.leased));
	tell(info, l.minute, limit, limit - l.leased + (l.got > 0 ? l.got - 1 : 0));
	return l.got > 0 ? SPENT : USED_UP;
}

/* NEEDS_LEASE: err says why there is none. */
static enum spent spend_slot(struct ratelimit *r, unsigned i, uint64_t account_id, int64_t now,
                             int64_t limit, struct rate_info *info, struct error *err)
{
	struct slot *s = rate_map_slot(r->map, i);
	enum spent what = spend(s, account_id, now, limit, info);

	if (what != NEEDS_LEASE)
		return what;
	if (!rate_map_lock(r->map, i, err))
		return NEEDS_LEASE;
	what = spend(s, account_id, now, limit, info);
	if (what == NEEDS_LEASE)
		what = lease_for(r, s, account_id, now, limit, info, err);
	rate_map_unlock(r->map, i);
	return what;
}

/* Without a slot each request is a lease of its own. */
static enum spent spend_alone(struct ratelimit *r, uint64_t account_id, int64_t limit,
                              struct rate_info *info, struct error *err)
{
	struct minute_lease l;

	if (!request_minutes_lease(r->db, account_id, limit, 1, &l, err))
		return NEEDS_LEASE;
	tell(info, l.minute, limit, limit - l.leased);
	return l.got > 0 ? SPENT : USED_UP;
}

static bool refused(const struct rate_info *info, struct error *err)
{
	int64_t ms = info->reset_s * 1000 - clock_now_ms();

	return err_limit(err, "requests_per_minute", info->limit, info->reset_s * 1000LL,
	                 ms > 1000 ? (int)((ms + 999) / 1000) : 1, "All %lld requests of this minute are used up",
	                 (long long)info->limit);
}

bool ratelimit_spend(struct ratelimit *r, uint64_t account_id, int64_t limit,
                     struct rate_info *info, struct error *err)
{
	int64_t now = clock_now_ms() / 60000;
	enum spent what = MOVED;
	unsigned round;

	ratelimit_none(info);
	if (limit < 0)
		return true;
	tell(info, now, limit, 0);
	for (round = 0; round < SPEND_ROUNDS && what == MOVED; round++) {
		int i = rate_map_find(r->map, account_id);

		if (i < 0 && !rate_map_claim(r->map, account_id, now, &i, err))
			return false;
		if (i < 0)
			break;
		what = spend_slot(r, (unsigned)i, account_id, now, limit, info, err);
	}
	if (what == MOVED)
		what = spend_alone(r, account_id, limit, info, err);
	if (what == USED_UP)
		return refused(info, err);
	return what == SPENT;
}

void ratelimit_none(struct rate_info *info)
{
	info->limit = info->remaining = LIMIT_UNLIMITED;
	info->reset_s = (clock_now_ms() / 60000 + 1) * 60;
}

struct ratelimit *ratelimit_open(const char *path, struct db *db, struct error *err)
{
	struct rate_map *map = rate_map_open(path, err);
	struct ratelimit *r;

	if (!map)
		return NULL;
	r = mem_zalloc(sizeof *r);
	*r = (struct ratelimit){.db = db, .map = map};
	return r;
}

void ratelimit_close(struct ratelimit *r)
{
	if (!r)
		return;
	rate_map_close(r->map);
	mem_free(r);
}
