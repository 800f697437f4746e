/* Rings of keys, and when their files are read again. Who uses one holds the shared lock for as long as a hash or a
 * cipher takes; the exclusive one is held for a copy. */
#include "core/secrets.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/processes.h"

/* What tells a file from what it was. */
struct file_mark { dev_t dev; ino_t inode; off_t size; struct timespec modified, changed; };

struct source {
	char *path;                   /* NULL: the process has no need of it */
	struct secret_ring ring;
	struct file_mark mark;        /* of the last try to read it; zero when it was not there */
};

struct secrets {
	pthread_rwlock_t lock;        /* the rings */
	pthread_mutex_t reading;      /* the marks and changed; one reads the files at a time */
	struct source sources[SECRET__MAX];
	char host[PROCESS_HOST_SIZE];
	void (*changed)(void *ctx);   /* may be NULL */
	void *changed_ctx;
};

static struct file_mark mark_of(const char *path)
{
	struct file_mark m;
	struct stat st;

	memset(&m, 0, sizeof m);
	if (stat(path, &st) != 0)
		return m;
	m.dev = st.st_dev;
	m.inode = st.st_ino;
	m.size = st.st_size;
	m.modified = st.st_mtim;
	m.changed = st.st_ctim;
	return m;
}

/* Requests without end must not keep new keys out. */
static void lock_init(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &attr);
	pthread_rwlockattr_destroy(&attr);
}

struct secrets *secrets_open(const struct config *cfg, unsigned kinds, struct error *err)
{
	const char *paths[SECRET__MAX] = {[SECRET_PEPPER] = cfg->pepper_file, [SECRET_SEAL] = cfg->seal_file};
	struct secrets *s = mem_zalloc(sizeof *s);
	unsigned k;

	lock_init(&s->lock);
	pthread_mutex_init(&s->reading, NULL);
	process_host(cfg->run_dir, s->host);
	for (k = 0; k < SECRET__MAX; k++) {
		struct source *f = &s->sources[k];

		if (!(kinds & 1u << k))
			continue;
		f->path = mem_strdup(paths[k]);
		/* before it is read: a change in between is seen by the next refresh */
		f->mark = mark_of(f->path);
		if (!crypto_ring_load(f->path, &f->ring, err)) {
			secrets_free(s);
			return NULL;
		}
	}
	return s;
}

void secrets_free(struct secrets *s)
{
	unsigned k;

	if (!s)
		return;
	for (k = 0; k < SECRET__MAX; k++) {
		mem_wipe(&s->sources[k].ring, sizeof s->sources[k].ring);
		mem_free(s->sources[k].path);
	}
	pthread_mutex_destroy(&s->reading);
	pthread_rwlock_destroy(&s->lock);
	mem_free(s);
}

/* Called by the one who reads. */
static bool read_again(struct secrets *s, struct source *f)
{
	struct file_mark mark = mark_of(f->path);
	struct secret_ring ring;
	struct error err = {0};
	bool changed;

	if (memcmp(&mark, &f->mark, sizeof mark) == 0)
		return false;
	f->mark = mark;
	if (!crypto_ring_load(f->path, &ring, &err)) {
		log_error("a file of keys cannot be read again: the keys that were read before stay in use", &err);
		return false;
	}
	pthread_rwlock_wrlock(&s->lock);
	changed = memcmp(&ring, &f->ring, sizeof ring) != 0;
	f->ring = ring;
	pthread_rwlock_unlock(&s->lock);
	mem_wipe(&ring, sizeof ring);
	return changed;
}

bool secrets_refresh(struct secrets *s)
{
	void (*tell)(void *ctx);
	bool changed = false;
	unsigned k;
	void *ctx;

	pthread_mutex_lock(&s->reading);
	for (k = 0; k < SECRET__MAX; k++)
		changed |= s->sources[k].path && read_again(s, &s->sources[k]);
	tell = s->changed;
	ctx = s->changed_ctx;
	pthread_mutex_unlock(&s->reading);
	if (changed && tell)
		tell(ctx);
	return changed;
}

void secrets_on_change(struct secrets *s, void (*changed)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&s->reading);
	s->changed = changed;
	s->changed_ctx = ctx;
	pthread_mutex_unlock(&s->reading);
}

void secrets_ids(struct secrets *s, enum secret_kind kind, char out[SECRET_IDS_SIZE])
{
	const struct secret_ring *ring = &s->sources[kind].ring;
	size_t len = 0, n;
	unsigned i;

	pthread_rwlock_rdlock(&s->lock);
	for (i = 0; i < ring->count; i++) {
		n = strlen(ring->keys[i].id);
		if (len > 0)
			out[len++] = ',';
		memcpy(out + len, ring->keys[i].id, n);
		len += n;
	}
	pthread_rwlock_unlock(&s->lock);
	out[len] = '\0';
}

const char *secrets_path(const struct secrets *s, enum secret_kind kind)
{
	return s->sources[kind].path;
}

unsigned secrets_key_hashes(struct secrets *s, const char *key, struct key_hash out[SECRET_KEYS_MAX])
{
	const struct secret_ring *ring = &s->sources[SECRET_PEPPER].ring;
	unsigned i, n;

	pthread_rwlock_rdlock(&s->lock);
	for (n = ring->count, i = 0; i < n; i++) {
		crypto_key_hash(&ring->keys[i], key, API_KEY_LEN, out[i].hash);
		memcpy(out[i].pepper_id, ring->keys[i].id, sizeof out[i].pepper_id);
	}
	pthread_rwlock_unlock(&s->lock);
	return n;
}

/* A copy of a key, which the caller wipes. id "": the newest. */
static bool copy_key(struct secrets *s, enum secret_kind kind, const char *id, struct secret_key *out)
{
	const struct secret_ring *ring = &s->sources[kind].ring;
	const struct secret_key *k;

	pthread_rwlock_rdlock(&s->lock);
	INVARIANT(ring->count > 0, "a secret that this process did not ask for");
	k = *id ? crypto_ring_find(ring, id) : &ring->keys[ring->count - 1];
	if (k)
		*out = *k;
	pthread_rwlock_unlock(&s->lock);
	return k != NULL;
}

bool secrets_know(struct secrets *s, enum secret_kind kind, const char *id)
{
	struct secret_key k;
	bool known = copy_key(s, kind, id, &k) || (secrets_refresh(s) && copy_key(s, kind, id, &k));

	mem_wipe(&k, sizeof k);
	return known;
}

/* A copy of the active key, which the caller wipes. The newest is taken before the database is asked: a rotation writes
 * down the active one before it makes another, so while none is written down the newest that was read is the one. */
static bool active_key(struct secrets *s, struct db_conn *c, enum secret_kind kind, struct secret_key *out,
                       struct error *err)
{
	char id[SECRET_ID_SIZE];

	copy_key(s, kind, "", out);
	if (!secret_active(c, kind, id, err))
		goto failed;
	if (!*id) {
		memcpy(id, out->id, sizeof id);
		if (!secret_pin(c, kind, s->host, clock_now_ms(), id, err))
			goto failed;
	}
	if (strcmp(id, out->id) == 0 || (secrets_know(s, kind, id) && copy_key(s, kind, id, out)))
		return true;
	err_set(err, ERR_INTERNAL, "New things are written under the %s %s, which is not in %s of this host: copy that file"
	        " here", secret_kind_name(kind), id, s->sources[kind].path);
failed:
	mem_wipe(out, sizeof *out);
	return false;
}

bool secrets_settle(struct secrets *s, struct db_conn *c, struct error *err)
{
	struct secret_key key;
	unsigned k;

	for (k = 0; k < SECRET__MAX; k++) {
		if (!s->sources[k].path)
			continue;
		if (!active_key(s, c, k, &key, err))
			return false;
		mem_wipe(&key, sizeof key);
	}
	return true;
}

bool secrets_hash_new(struct secrets *s, struct db_conn *c, const char *key, struct key_hash *out, struct error *err)
{
	struct secret_key k;

	if (!active_key(s, c, SECRET_PEPPER, &k, err))
		return false;
	crypto_key_hash(&k, key, API_KEY_LEN, out->hash);
	memcpy(out->pepper_id, k.id, sizeof out->pepper_id);
	mem_wipe(&k, sizeof k);
	return true;
}

bool secrets_hash_under(struct secrets *s, const char *pepper_id, const char *key, struct key_hash *out)
{
	struct secret_key k;
	bool known = copy_key(s, SECRET_PEPPER, pepper_id, &k);

	if (known) {
		crypto_key_hash(&k, key, API_KEY_LEN, out->hash);
		memcpy(out->pepper_id, k.id, sizeof out->pepper_id);
	}
	mem_wipe(&k, sizeof k);
	return known;
}

bool secrets_seal(struct secrets *s, struct db_conn *c, const char *context, const void *p, size_t n, struct buf *out,
                  struct error *err)
{
	struct secret_key k;
	bool ok;

	if (!active_key(s, c, SECRET_SEAL, &k, err))
		return false;
	ok = crypto_seal(&k, context, p, n, out, err);
	mem_wipe(&k, sizeof k);
	return ok;
}

bool secrets_unseal(struct secrets *s, const char *context, const void *p, size_t n, struct buf *out,
                    struct error *err)
{
	char id[SECRET_ID_SIZE];
	bool ok;

	if (crypto_sealed_id(p, n, id))
		secrets_know(s, SECRET_SEAL, id);
	pthread_rwlock_rdlock(&s->lock);
	ok = crypto_unseal(&s->sources[SECRET_SEAL].ring, context, p, n, out, err);
	pthread_rwlock_unlock(&s->lock);
	return ok;
}

bool secrets_reseal(struct secrets *s, const char *id, const char *context, const void *p, size_t n, struct buf *out,
                    struct error *err)
{
	struct secret_key k;
	struct buf plain;
	bool ok;

	if (!secrets_know(s, SECRET_SEAL, id) || !copy_key(s, SECRET_SEAL, id, &k))
		return err_set(err, ERR_INTERNAL, "The key %s is not in secrets.seal_file", id);
	buf_init_secret(&plain, n);      /* what is opened is shorter than what is sealed */
	buf_reserve(&plain, n);
	ok = secrets_unseal(s, context, p, n, &plain, err) && crypto_seal(&k, context, plain.data, plain.len, out, err);
	buf_release(&plain);
	mem_wipe(&k, sizeof k);
	return ok;
}
