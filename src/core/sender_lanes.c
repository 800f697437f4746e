/* Lanes: what each receiver and each account may have under way. */
#include "core/sender_priv.h"

#include <string.h>

#include "base/mem.h"

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

#define LANES_MAX     16384              /* then those that are not used are forgotten */
#define QUICK_US      INT64_C(1000000)   /* an answer in this time opens a lane further */
#define SLOW_US       INT64_C(2000000)   /* one that takes longer narrows it */
#define NEAR_US       INT64_C(4000)      /* one that answers sooner has enough with ENOUGH at once */
#define ENOUGH        32
#define STILL_US      INT64_C(100000)    /* full and nothing ended for so long: it does not move */
#define POSTPONE_MIN_MS  250
#define POSTPONE_FAR_MS  1000            /* the furthest turn of one that was slow for a moment */
#define POSTPONE_MAX_MS  120000
#define BREAK_AFTER   5                  /* slow failures in a row, then its breaker opens … */
#define BREAK_US      INT64_C(5000000)   /* … for so long, twice that after the next failure, … */
#define BREAK_MAX_US  INT64_C(60000000)  /* … and at most */
#define BREAK_TURN_MS 4                  /* behind it, between two that come back */

struct lane {
	UT_hash_handle hh;
	unsigned users;                  /* references */
	unsigned under_way, limit, most;
	int64_t  mean_us;                /* of attempts, a moving average; 0 none yet */
	int64_t  moved_us;               /* when an attempt last ended, or the first began */
	int64_t  slow_us;                /* for how long it has been slow; each quick answer takes some back */
	int64_t  free_ms;                /* until when each of its turns is given to one that was postponed */
	unsigned failures;               /* slow ones, since the last success */
	int64_t  broken_us;              /* until when its breaker is open */
	int64_t  turn_ms;                /* behind it: of the last that was postponed */
	uint32_t turns;                  /* given beyond free_ms */
	bool     fixed, wary;
	size_t   key_len;
	char     key[];
};

static void forget_unused(struct lanes *l)
{
	struct lane *at, *next;

	HASH_ITER(hh, l->table, at, next) {
		if (at->users > 0)
			continue;
		HASH_DEL(l->table, at);
		mem_free(at);
	}
}

struct lane *lane_get(struct lanes *l, const void *key, size_t n, int64_t now_us)
{
	struct lane *at;

	HASH_FIND(hh, l->table, key, n, at);
	if (!at) {
		if (HASH_COUNT(l->table) >= LANES_MAX)
			forget_unused(l);
		at = mem_zalloc(sizeof *at + n);
		at->limit = l->first;
		at->most = l->most;
		at->fixed = l->fixed;
		at->wary = l->wary;
		at->moved_us = now_us;
		at->key_len = n;
		memcpy(at->key, key, n);
		HASH_ADD_KEYPTR(hh, l->table, at->key, n, at);
	}
	at->users++;
	return at;
}

/* URLs of runs behind one origin share a lane. */
static size_t origin_length(const char *url)
{
	const char *host = strstr(url, "://");

	host = host ? host + 3 : url;
	return (size_t)(host - url) + strcspn(host, "/?#");
}

/* FNV-1a */
static uint64_t hash_of(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return h;
}

struct lane *lane_of_origin(struct lanes *l, const char *url, int64_t now_us)
{
	return lane_get(l, url, origin_length(url), now_us);
}

struct lane *lane_of_endpoint(struct lanes *l, const struct id *endpoint, const char *url, int64_t now_us)
{
	struct { struct id endpoint; uint64_t url; } key;

	memset(&key, 0, sizeof key);
	key.endpoint = *endpoint;
	key.url = hash_of(url);
	return lane_get(l, &key, sizeof key, now_us);
}

void lane_put(struct lane *l)
{
	if (l)
		l->users--;
}

/* Half open, behind the breaker's time, it takes one. */
bool lane_open(const struct lane *l, int64_t now_us)
{
	return l->under_way < (l->failures >= BREAK_AFTER ? 1 : l->limit) && now_us >= l->broken_us;
}

bool lane_slow(const struct lane *l)
{
	return l->mean_us > QUICK_US || (l->mean_us == 0 && l->under_way > 0);
}

void lane_begin(struct lane *l, int64_t now_us)
{
	if (l->under_way++ == 0)
		l->moved_us = now_us;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Who fails quickly holds nobody up, and is tried again at exactly the times of the schedule. Those that began before it
 * opened end without lengthening it. */
static void count_failure(struct lane *l, bool failed, bool counts, int64_t now_us)
{
	int64_t wait_us = BREAK_US;
	unsigned i;

	if (!failed) {
		l->failures = 0;
		l->broken_us = 0;
		return;
	}
	if (!counts || now_us < l->broken_us || ++l->failures < BREAK_AFTER)
		return;
	for (i = BREAK_AFTER; i < l->failures && wait_us < BREAK_MAX_US; i++)
		wait_us *= 2;
	l->broken_us = now_us + least(wait_us, BREAK_MAX_US);
}

void lane_end(struct lane *l, enum lane_end end, int64_t duration_us, int64_t now_us)
{
	int64_t still_us = now_us - l->moved_us;

	l->under_way--;
	l->moved_us = now_us;
	if (l->fixed)
		return;
	count_failure(l, end != LANE_WELL, l->wary || duration_us >= QUICK_US, now_us);
	l->mean_us = l->mean_us ? l->mean_us + (duration_us - l->mean_us) / 8 : duration_us;
	if (end != LANE_SILENT && duration_us < QUICK_US) {
		l->slow_us -= l->slow_us / 8;
		if (l->limit < l->most && (l->limit < ENOUGH || l->mean_us > NEAR_US))
			l->limit++;
	} else if (duration_us > SLOW_US) {
		l->limit = l->limit > 1 ? l->limit / 2 : 1;
	}
	if (duration_us >= QUICK_US)
		l->slow_us = least(l->slow_us + still_us, POSTPONE_MAX_MS * 1000);
}

bool lane_stuck(const struct lane *l, int64_t now_us)
{
	return !lane_open(l, now_us) &&
	       (now_us < l->broken_us || l->mean_us > QUICK_US || now_us - l->moved_us > STILL_US);
}

/* Not all at once, when they are many: they would be claimed, and given back, before anything that is due after them. */
static int64_t turn_behind_breaker(struct lane *l, int64_t opens_ms)
{
	l->turn_ms += BREAK_TURN_MS;
	if (l->turn_ms < opens_ms || l->turn_ms > opens_ms + POSTPONE_MAX_MS)
		l->turn_ms = opens_ms;
	return postpone_to(l->turn_ms);
}

/* More wait than there are turns for: spread over them (multiplicative hashing; Knuth, TAOCP 6.4), so that whenever the lane has
 * room some come back. All at the far end would leave it empty until then. */
static int64_t any_turn(struct lane *l, int64_t now_ms, int64_t far_ms)
{
	uint32_t spread = ++l->turns * UINT32_C(2654435769);
	int64_t span_ms = far_ms - POSTPONE_MIN_MS;

	return postpone_to(now_ms + POSTPONE_MIN_MS + (int64_t)((uint64_t)spread * (uint64_t)span_ms >> 32));
}

int64_t lane_postpone(struct lane *l, int64_t now_ms, int64_t now_us)
{
	int64_t still_us = now_us - l->moved_us;
	/* nothing waits longer than the receiver has been slow: it may answer again */
	int64_t far_ms = least(POSTPONE_FAR_MS + (l->slow_us + still_us) / 1000, POSTPONE_MAX_MS);
	int64_t each_ms = (l->mean_us > still_us ? l->mean_us : still_us) / 1000 / l->limit;
	int64_t at = l->free_ms > now_ms + POSTPONE_MIN_MS ? l->free_ms : now_ms + POSTPONE_MIN_MS;

	if (now_us < l->broken_us)
		return turn_behind_breaker(l, now_ms + (l->broken_us - now_us) / 1000);
	if (at + each_ms > now_ms + far_ms)
		return any_turn(l, now_ms, far_ms);
	l->free_ms = at + each_ms;
	return postpone_to(l->free_ms);
}

void lanes_release(struct lanes *l)
{
	struct lane *at, *next;

	HASH_ITER(hh, l->table, at, next) {
		HASH_DEL(l->table, at);
		mem_free(at);
	}
}
