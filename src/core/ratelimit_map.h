/* The file that all processes of a host map: a table of slots, one for each account that has lately asked, and each
 * slot is two words. Spending is one compare-and-swap on the second, by whichever process. So what a host has leased
 * belongs to the file and not to a process, and dies with nobody.
 *
 *   word:  minute (20 bits) | left of the lease (22) | leased by all hosts, as last seen (22)
 *
 * A slot changes its account, and leases are taken, under locks that the kernel releases with their holder: a
 * mutex among threads, then a lock on one byte of the file (F_OFD_SETLKW) among processes. */
#ifndef AGENTIV_CORE_RATELIMIT_MAP_H
#define AGENTIV_CORE_RATELIMIT_MAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define FIELD_BITS    22
#define FIELD_MAX     ((INT64_C(1) << FIELD_BITS) - 1)
#define MINUTE_MASK   ((INT64_C(1) << 20) - 1)

struct slot {
	atomic_uint_least64_t account;    /* 0 free */
	atomic_uint_least64_t word;
};

static inline uint64_t word_make(int64_t minute, int64_t left, int64_t leased)
{
	if (leased > FIELD_MAX)
		leased = FIELD_MAX;
	return (uint64_t)((minute & MINUTE_MASK) << (2 * FIELD_BITS) | left << FIELD_BITS | leased);
}

static inline int64_t word_left(uint64_t w)
{
	return (int64_t)(w >> FIELD_BITS) & FIELD_MAX;
}

static inline int64_t word_leased(uint64_t w)
{
	return (int64_t)w & FIELD_MAX;
}

/* The word's whole minute: the latest that is not after now, or the one after it, when the database's clock
 * stands a little ahead. */
static inline int64_t word_minute(uint64_t w, int64_t now)
{
	int64_t ago = (now - (int64_t)(w >> (2 * FIELD_BITS))) & MINUTE_MASK;

	return ago == MINUTE_MASK ? now + 1 : now - ago;
}

struct rate_map;

struct rate_map *rate_map_open(const char *path, struct error *err);
void rate_map_close(struct rate_map *m);     /* NULL accepted */

struct slot *rate_map_slot(struct rate_map *m, unsigned i);
/* The index of the account's slot, or -1. */
int rate_map_find(struct rate_map *m, uint64_t account_id);
/* *found: a slot for the account, or -1 when its places are all taken by accounts of this minute. */
bool rate_map_claim(struct rate_map *m, uint64_t account_id, int64_t now, int *found, struct error *err);
/* Of a slot, among threads and processes. ERR_UNAVAILABLE when the kernel has no lock left (ENOLCK). */
bool rate_map_lock(struct rate_map *m, unsigned i, struct error *err);
void rate_map_unlock(struct rate_map *m, unsigned i);

#endif
