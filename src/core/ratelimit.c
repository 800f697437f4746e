/* The file is a table of slots, one for each account that has lately asked, and each slot is two words. Spending is
 * one compare-and-swap on the second, by whichever process. So what a host has leased belongs to the file and not
 * to a process, and dies with nobody.
 *
 *   word:  minute (20 bits) | left of the lease (22) | leased by all hosts, as last seen (22)
 *
 * A slot changes its account, and leases are taken, under locks that the kernel releases with their holder: a
 * mutex among threads, then a lock on one byte of the file (F_OFD_SETLKW) among processes. */
#include "core/ratelimit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/accounts.h"
#include "store/request_minutes.h"

#define SLOTS         16384u      /* 256 KiB */
#define PROBES        32u         /* slots that an account may be in */
#define STRIPES       256u        /* who leases makes those of its stripe wait for the database */
#define TABLE_LOCK    SLOTS       /* the byte behind those of the slots */
#define MAGIC         UINT64_C(0x0131717276746741)
#define FIELD_BITS    22
#define FIELD_MAX     ((INT64_C(1) << FIELD_BITS) - 1)
#define MINUTE_MASK   ((INT64_C(1) << 20) - 1)
#define SMALL_LEASE   8           /* a lease is never larger, or than what the limit allows a second */
#define SPEND_ROUNDS  8

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "the words of the file are swapped by several processes");

struct slot {
	atomic_uint_least64_t account;    /* 0 free */
	atomic_uint_least64_t word;
};

struct map {
	atomic_uint_least64_t magic;
	uint64_t    unused[7];
	struct slot slots[SLOTS];
};

struct ratelimit {
	struct db  *db;
	int         fd;
	struct map *map;
	pthread_mutex_t table, stripes[STRIPES];
};

/* ---- words ---- */

static uint64_t word_make(int64_t minute, int64_t left, int64_t leased)
{
	if (leased > FIELD_MAX)
		leased = FIELD_MAX;
	return (uint64_t)((minute & MINUTE_MASK) << (2 * FIELD_BITS) | left << FIELD_BITS | leased);
}

static int64_t word_left(uint64_t w)
{
	return (int64_t)(w >> FIELD_BITS) & FIELD_MAX;
}

static int64_t word_leased(uint64_t w)
{
	return (int64_t)w & FIELD_MAX;
}

/* The word's whole minute: the latest that is not after now, or the one after it, when the database's clock
 * stands a little ahead. */
static int64_t word_minute(uint64_t w, int64_t now)
{
	int64_t ago = (now - (int64_t)(w >> (2 * FIELD_BITS))) & MINUTE_MASK;

	return ago == MINUTE_MASK ? now + 1 : now - ago;
}

/* ---- locks ---- */

static bool lock_byte(struct ratelimit *r, int command, short type, unsigned byte)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
	int rc;

	do {
		rc = fcntl(r->fd, command, &l);
	} while (rc != 0 && errno == EINTR);
	return rc == 0;
}

/* The kernel may have no lock left (ENOLCK). */
static bool lock(struct ratelimit *r, pthread_mutex_t *m, unsigned byte, struct error *err)
{
	int number;

	pthread_mutex_lock(m);
	if (lock_byte(r, F_OFD_SETLKW, F_WRLCK, byte))
		return true;
	number = errno;
	pthread_mutex_unlock(m);
	err_set(err, ERR_UNAVAILABLE, "The file of request limits cannot be locked: %s", strerror(number));
	if (err)
		err->retry_after = 1;
	return false;
}

static void unlock(struct ratelimit *r, pthread_mutex_t *m, unsigned byte)
{
	lock_byte(r, F_OFD_SETLK, F_UNLCK, byte);
	pthread_mutex_unlock(m);
}

static bool try_lock(struct ratelimit *r, pthread_mutex_t *m, unsigned byte)
{
	if (pthread_mutex_trylock(m) != 0)
		return false;
	if (lock_byte(r, F_OFD_SETLK, F_WRLCK, byte))
		return true;
	pthread_mutex_unlock(m);
	return false;
}

static pthread_mutex_t *stripe_of(struct ratelimit *r, unsigned i)
{
	return &r->stripes[i % STRIPES];
}

/* ---- slots ---- */

static unsigned probe(uint64_t account_id, unsigned k)
{
	return (unsigned)((account_id * UINT64_C(0x9e3779b97f4a7c15) >> 40) + k) % SLOTS;
}

/* Its index, or -1. Slots never become free again, so a free one ends the search. */
static int find(struct ratelimit *r, uint64_t account_id)
{
	unsigned k;

	for (k = 0; k < PROBES; k++) {
		unsigned i = probe(account_id, k);
		uint64_t at = atomic_load(&r->map->slots[i].account);

		if (at == account_id)
			return (int)i;
		if (at == 0)
			break;
	}
	return -1;
}

static bool is_old(struct slot *s, int64_t now)
{
	return word_minute(atomic_load(&s->word), now) < now - 1;
}

/* Gives a free slot, or one that was last used in an earlier minute, to the account. The word is emptied first:
 * who still holds the old word can no longer swap it, and who finds the new one sees whose it is. */
static bool take_over(struct ratelimit *r, unsigned i, uint64_t account_id, int64_t now)
{
	struct slot *s = &r->map->slots[i];
	bool ok;

	if (!try_lock(r, stripe_of(r, i), i))
		return false;
	ok = atomic_load(&s->account) == 0 || is_old(s, now);
	if (ok) {
		atomic_store(&s->word, word_make(now - 2, 0, 0));
		atomic_store(&s->account, account_id);
	}
	unlock(r, stripe_of(r, i), i);
	return ok;
}

/* *found: a slot for the account, or -1 when its places are all taken by accounts of this minute. */
static bool claim(struct ratelimit *r, uint64_t account_id, int64_t now, int *found, struct error *err)
{
	unsigned k;

	if (!lock(r, &r->table, TABLE_LOCK, err))
		return false;
	*found = find(r, account_id);
	for (k = 0; k < PROBES && *found < 0; k++) {
		unsigned i = probe(account_id, k);
		struct slot *s = &r->map->slots[i];

		if ((atomic_load(&s->account) == 0 || is_old(s, now)) && take_over(r, i, account_id, now))
			*found = (int)i;
	}
	unlock(r, &r->table, TABLE_LOCK);
	return true;
}

/* ---- spending ---- */

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
	struct slot *s = &r->map->slots[i];
	enum spent what = spend(s, account_id, now, limit, info);

	if (what != NEEDS_LEASE)
		return what;
	if (!lock(r, stripe_of(r, i), i, err))
		return NEEDS_LEASE;
	what = spend(s, account_id, now, limit, info);
	if (what == NEEDS_LEASE)
		what = lease_for(r, s, account_id, now, limit, info, err);
	unlock(r, stripe_of(r, i), i);
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

	err_set(err, ERR_RATE_LIMITED, "All %lld requests of this minute are used up",
	        (long long)info->limit);
	if (err)
		err->retry_after = ms > 1000 ? (int)((ms + 999) / 1000) : 1;
	return false;
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
		int i = find(r, account_id);

		if (i < 0 && !claim(r, account_id, now, &i, err))
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

/* ---- the file ---- */

/* Another version's table starts empty; the same one is left as it is. */
static bool prepare(struct ratelimit *r, struct error *err)
{
	if (!lock(r, &r->table, TABLE_LOCK, err))
		return false;
	if (atomic_load(&r->map->magic) != MAGIC) {
		memset(r->map, 0, sizeof *r->map);
		atomic_store(&r->map->magic, MAGIC);
	}
	unlock(r, &r->table, TABLE_LOCK);
	return true;
}

static bool open_map(struct ratelimit *r, const char *path, struct error *err)
{
	struct stat st;
	int rc;

	r->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
	if (r->fd < 0 || fstat(r->fd, &st) != 0)
		return err_set(err, ERR_INTERNAL, "%s: cannot be opened: %s", path, strerror(errno));
	/* allocated, so that a full disk is an error here and not a fault later */
	rc = st.st_size < (off_t)sizeof *r->map ? posix_fallocate(r->fd, 0, sizeof *r->map) : 0;
	if (rc != 0)
		return err_set(err, ERR_INTERNAL, "%s: no room: %s", path, strerror(rc));
	if (!lock_byte(r, F_OFD_SETLKW, F_WRLCK, TABLE_LOCK))
		return err_set(err, ERR_INTERNAL, "%s: cannot be locked, is it on a network file system? %s",
		               path, strerror(errno));
	lock_byte(r, F_OFD_SETLK, F_UNLCK, TABLE_LOCK);
	r->map = mmap(NULL, sizeof *r->map, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (r->map == MAP_FAILED) {
		r->map = NULL;
		return err_set(err, ERR_INTERNAL, "%s: cannot be mapped: %s", path, strerror(errno));
	}
	return true;
}

struct ratelimit *ratelimit_open(const char *path, struct db *db, struct error *err)
{
	struct ratelimit *r = mem_zalloc(sizeof *r);
	unsigned i;

	r->db = db;
	pthread_mutex_init(&r->table, NULL);
	for (i = 0; i < STRIPES; i++)
		pthread_mutex_init(&r->stripes[i], NULL);
	if (open_map(r, path, err) && prepare(r, err))
		return r;
	ratelimit_close(r);
	return NULL;
}

void ratelimit_close(struct ratelimit *r)
{
	unsigned i;

	if (!r)
		return;
	if (r->map)
		munmap(r->map, sizeof *r->map);
	if (r->fd >= 0)
		close(r->fd);
	for (i = 0; i < STRIPES; i++)
		pthread_mutex_destroy(&r->stripes[i]);
	pthread_mutex_destroy(&r->table);
	mem_free(r);
}
