#include "core/ratelimit_map.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define SLOTS         16384u      /* 256 KiB */
#define PROBES        32u         /* slots that an account may be in */
#define STRIPES       256u        /* who leases makes those of its stripe wait for the database */
#define TABLE_LOCK    SLOTS       /* the byte behind those of the slots */
#define MAGIC         UINT64_C(0x0131717276746741)

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "the words of the file are swapped by several processes");

struct map {
	atomic_uint_least64_t magic;
	uint64_t    unused[7];
	struct slot slots[SLOTS];
};

struct rate_map {
	int         fd;
	struct map *map;
	pthread_mutex_t table, stripes[STRIPES];
};

/* ---- locks ---- */

static bool lock_byte(struct rate_map *m, int command, short type, unsigned byte)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
	int rc;

	do {
		rc = fcntl(m->fd, command, &l);
	} while (rc != 0 && errno == EINTR);
	return rc == 0;
}

static bool lock(struct rate_map *m, pthread_mutex_t *mutex, unsigned byte, struct error *err)
{
	int number;

	pthread_mutex_lock(mutex);
	if (lock_byte(m, F_OFD_SETLKW, F_WRLCK, byte))
		return true;
	number = errno;
	pthread_mutex_unlock(mutex);
	err_set(err, ERR_UNAVAILABLE, "The file of request limits cannot be locked: %s", strerror(number));
	if (err)
		err->retry_after = 1;
	return false;
}

static void unlock(struct rate_map *m, pthread_mutex_t *mutex, unsigned byte)
{
	lock_byte(m, F_OFD_SETLK, F_UNLCK, byte);
	pthread_mutex_unlock(mutex);
}

static bool try_lock(struct rate_map *m, pthread_mutex_t *mutex, unsigned byte)
{
	if (pthread_mutex_trylock(mutex) != 0)
		return false;
	if (lock_byte(m, F_OFD_SETLK, F_WRLCK, byte))
		return true;
	pthread_mutex_unlock(mutex);
	return false;
}

static pthread_mutex_t *stripe_of(struct rate_map *m, unsigned i)
{
	return &m->stripes[i % STRIPES];
}

bool rate_map_lock(struct rate_map *m, unsigned i, struct error *err)
{
	return lock(m, stripe_of(m, i), i, err);
}

void rate_map_unlock(struct rate_map *m, unsigned i)
{
	unlock(m, stripe_of(m, i), i);
}

/* ---- slots ---- */

struct slot *rate_map_slot(struct rate_map *m, unsigned i)
{
	return &m->map->slots[i];
}

static unsigned probe(uint64_t account_id, unsigned k)
{
	return (unsigned)((account_id * UINT64_C(0x9e3779b97f4a7c15) >> 40) + k) % SLOTS;
}

/* Slots never become free again, so a free one ends the search. */
int rate_map_find(struct rate_map *m, uint64_t account_id)
{
	unsigned k;

	for (k = 0; k < PROBES; k++) {
		unsigned i = probe(account_id, k);
		uint64_t at = atomic_load(&m->map->slots[i].account);

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
static bool take_over(struct rate_map *m, unsigned i, uint64_t account_id, int64_t now)
{
	struct slot *s = &m->map->slots[i];
	bool ok;

	if (!try_lock(m, stripe_of(m, i), i))
		return false;
	ok = atomic_load(&s->account) == 0 || is_old(s, now);
	if (ok) {
		atomic_store(&s->word, word_make(now - 2, 0, 0));
		atomic_store(&s->account, account_id);
	}
	unlock(m, stripe_of(m, i), i);
	return ok;
}

bool rate_map_claim(struct rate_map *m, uint64_t account_id, int64_t now, int *found, struct error *err)
{
	unsigned k;

	if (!lock(m, &m->table, TABLE_LOCK, err))
		return false;
	*found = rate_map_find(m, account_id);
	for (k = 0; k < PROBES && *found < 0; k++) {
		unsigned i = probe(account_id, k);
		struct slot *s = &m->map->slots[i];

		if ((atomic_load(&s->account) == 0 || is_old(s, now)) && take_over(m, i, account_id, now))
			*found = (int)i;
	}
	unlock(m, &m->table, TABLE_LOCK);
	return true;
}

/* ---- the file ---- */

/* Another version's table starts empty; the same one is left as it is. */
static bool prepare(struct rate_map *m, struct error *err)
{
	if (!lock(m, &m->table, TABLE_LOCK, err))
		return false;
	if (atomic_load(&m->map->magic) != MAGIC) {
		memset(m->map, 0, sizeof *m->map);
		atomic_store(&m->map->magic, MAGIC);
	}
	unlock(m, &m->table, TABLE_LOCK);
	return true;
}

static bool open_map(struct rate_map *m, const char *path, struct error *err)
{
	struct stat st;
	int rc;

	m->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
	if (m->fd < 0 || fstat(m->fd, &st) != 0)
		return err_set(err, ERR_INTERNAL, "%s: cannot be opened: %s", path, strerror(errno));
	/* allocated, so that a full disk is an error here and not a fault later */
	rc = st.st_size < (off_t)sizeof *m->map ? posix_fallocate(m->fd, 0, sizeof *m->map) : 0;
	if (rc != 0)
		return err_set(err, ERR_INTERNAL, "%s: no room: %s", path, strerror(rc));
	if (!lock_byte(m, F_OFD_SETLKW, F_WRLCK, TABLE_LOCK))
		return err_set(err, ERR_INTERNAL, "%s: cannot be locked, is it on a network file system? %s",
		               path, strerror(errno));
	lock_byte(m, F_OFD_SETLK, F_UNLCK, TABLE_LOCK);
	m->map = mmap(NULL, sizeof *m->map, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	if (m->map == MAP_FAILED) {
		m->map = NULL;
		return err_set(err, ERR_INTERNAL, "%s: cannot be mapped: %s", path, strerror(errno));
	}
	return true;
}

struct rate_map *rate_map_open(const char *path, struct error *err)
{
	struct rate_map *m = mem_zalloc(sizeof *m);
	unsigned i;

	m->fd = -1;
	pthread_mutex_init(&m->table, NULL);
	for (i = 0; i < STRIPES; i++)
		pthread_mutex_init(&m->stripes[i], NULL);
	if (open_map(m, path, err) && prepare(m, err))
		return m;
	rate_map_close(m);
	return NULL;
}

void rate_map_close(struct rate_map *m)
{
	unsigned i;

	if (!m)
		return;
	if (m->map)
		munmap(m->map, sizeof *m->map);
	if (m->fd >= 0)
		close(m->fd);
	for (i = 0; i < STRIPES; i++)
		pthread_mutex_destroy(&m->stripes[i]);
	pthread_mutex_destroy(&m->table);
	mem_free(m);
}
