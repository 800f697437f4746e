/* API keys and sessions to principals. The cache is a table of buckets under one lock that is held for a few comparisons;
 * the database is asked outside of it. A key that does not exist is remembered too, for a second. */
#include "core/auth.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rnd.h"
#include "core/secrets.h"
#include "store/sessions.h"

#define BUCKETS      1024
#define ENTRIES_MAX  8192
#define KEEP_US      4000000
#define KEEP_NONE_US 1000000
#define BEHIND_S     30          /* how often files of keys are read again */
#define SEEN_MS      3600000     /* how often a session's use is written down */

struct cached {
	struct auth_entry entry;         /* first: what is given out */
	atomic_uint    references;       /* the cache's own included */
	uint8_t        hash[SHA256_SIZE];
	bool           exists;
	int64_t        until_us;
	struct cached *next;
};

struct auth {
	struct db *db;
	struct secrets *secrets;
	uint8_t cache_key[SHA256_SIZE];  /* random: what is cached names keys under it, whatever becomes of the peppers */
	pthread_mutex_t lock;
	struct cached *buckets[BUCKETS];
	unsigned count;
	_Atomic int64_t knows_until_us;  /* till then it need not be asked again whether the active pepper is known */
	uint64_t generation;             /* of auth_forget: a load that began before it is not kept */
};

struct auth *auth_new(struct db *db, struct secrets *secrets)
{
	struct auth *a = mem_zalloc(sizeof *a);

	a->db = db;
	a->secrets = secrets;
	rnd_bytes(a->cache_key, sizeof a->cache_key);
	pthread_mutex_init(&a->lock, NULL);
	return a;
}

void auth_release(struct auth_entry *e)
{
	struct cached *k = (struct cached *)e;

	if (!k || atomic_fetch_sub(&k->references, 1) != 1)
		return;
	principal_release(&k->entry.principal);
	mem_free(k);
}

void auth_forget(struct auth *a)
{
	unsigned i;

	pthread_mutex_lock(&a->lock);
	for (i = 0; i < BUCKETS; i++) {
		struct cached *k, *next;

		for (k = a->buckets[i]; k; k = next) {
			next = k->next;
			auth_release(&k->entry);
		}
		a->buckets[i] = NULL;
	}
	a->count = 0;
	a->generation++;
	pthread_mutex_unlock(&a->lock);
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	auth_forget(a);
	pthread_mutex_destroy(&a->lock);
	mem_wipe(a->cache_key, sizeof a->cache_key);
	mem_free(a);
}

static struct cached **bucket_of(struct auth *a, const uint8_t *hash)
{
	return &a->buckets[(hash[0] | hash[1] << 8) % BUCKETS];
}

/* Removes what is too old, and drop when it is given. The lock is held. */
static void prune(struct auth *a, struct cached **at, const uint8_t *drop, int64_t now_us)
{
	while (*at) {
		struct cached *k = *at;

		if (k->until_us > now_us && !(drop && memcmp(k->hash, drop, SHA256_SIZE) == 0)) {
			at = &k->next;
			continue;
		}
		*at = k->next;
		a->count--;
		auth_release(&k->entry);
	}
}

/* A reference, or NULL. */
static struct cached *find(struct auth *a, const uint8_t *hash, uint64_t *generation)
{
	int64_t now = clock_mono_us();
	struct cached *k;

	pthread_mutex_lock(&a->lock);
	*generation = a->generation;
	for (k = *bucket_of(a, hash); k; k = k->next)
		if (k->until_us > now && memcmp(k->hash, hash, SHA256_SIZE) == 0) {
			atomic_fetch_add(&k->references, 1);
			break;
		}
	pthread_mutex_unlock(&a->lock);
	return k;
}

static void keep(struct auth *a, struct cached *k, uint64_t generation)
{
	struct cached **at = bucket_of(a, k->hash);

	pthread_mutex_lock(&a->lock);
	prune(a, at, k->hash, clock_mono_us());
	if (a->count < ENTRIES_MAX && a->generation == generation) {
		atomic_fetch_add(&k->references, 1);
		k->next = *at;
		*at = k;
		a->count++;
	}
	pthread_mutex_unlock(&a->lock);
}

static bool find_key(struct auth *a, struct db_conn *c, const char *key, struct cached *k, struct error *err)
{
	struct key_hash hashes[SECRET_KEYS_MAX];
	unsigned n = secrets_key_hashes(a->secrets, key, hashes);

	return principal_load(c, hashes, n, &k->entry.principal, &k->exists, err);
}

/* Once a minute, and by who has looked the key up: who finds it in the cache writes nothing. What fails of it is tried
 * again with the next look. */
static void note_key_use(struct db_conn *c, const struct principal *p)
{
	int64_t now_ms = clock_now_ms();
	struct error err = {0};

	if (now_ms - p->key_last_used >= API_KEY_USED_MS && !api_key_used(c, &p->key_id, now_ms, &err))
		log_error("the use of an API key was not written down", &err);
}

/* A key that is used is hashed under the active pepper from then on. What fails of that is tried again with the next
 * look, and is no reason to refuse the request. */
static void rehash(struct auth *a, struct db_conn *c, const char *key, const struct principal *p)
{
	struct error err = {0};
	struct key_hash anew;

	if (!*p->active_pepper || strcmp(p->pepper_id, p->active_pepper) == 0 ||
	    !secrets_hash_under(a->secrets, p->active_pepper, key, &anew))
		return;
	if (!api_key_rehash(c, &p->key_id, p->pepper_id, &anew, &err))
		log_error("a key could not be hashed under the active pepper", &err);
}

static void was_used(struct auth *a, struct db_conn *c, const char *key, const struct principal *p)
{
	if (p->key_revoked || (p->expires_at != 0 && p->expires_at <= clock_now_ms()))
		return;
	note_key_use(c, p);
	rehash(a, c, key, p);
}

/* Where the active pepper is missing a key that is not found may be a good one, which another host has hashed anew. */
static bool knows_active(struct auth *a, struct db_conn *c, struct error *err)
{
	int64_t now_us = clock_mono_us();
	char id[SECRET_ID_SIZE];

	if (now_us < atomic_load(&a->knows_until_us))
		return true;
	if (!secret_active(c, SECRET_PEPPER, id, err))
		return false;
	if (*id && !secrets_know(a->secrets, SECRET_PEPPER, id)) {
		err_set(err, ERR_UNAVAILABLE, "This host does not know the newest API keys yet; try again");
		if (err)
			err->retry_after = BEHIND_S;
		return false;
	}
	atomic_store(&a->knows_until_us, now_us + KEEP_NONE_US);
	return true;
}

static bool load_key(struct auth *a, struct db_conn *c, const char *key, struct cached *k, struct error *err)
{
	if (!find_key(a, c, key, k, err))
		return false;
	/* hashed under a pepper that was made a moment ago? */
	if (!k->exists && secrets_refresh(a->secrets) && !find_key(a, c, key, k, err))
		return false;
	if (!k->exists)
		return knows_active(a, c, err);
	was_used(a, c, key, &k->entry.principal);
	return true;
}

/* A session that is used goes on: what fails of writing that down is tried again with the next look. */
static void note_use(struct db_conn *c, const struct cached *k, int64_t last_seen, int64_t now_ms)
{
	struct error err = {0};

	if (now_ms - last_seen >= SEEN_MS && !session_seen(c, k->hash, now_ms, &err))
		log_error("the use of a session was not written down", &err);
}

static bool load_session(struct db_conn *c, struct cached *k, struct error *err)
{
	struct principal *p = &k->entry.principal;
	int64_t now_ms = clock_now_ms(), last_seen;

	if (!principal_load_session(c, k->hash, p, &last_seen, &k->exists, err))
		return false;
	if (!k->exists)
		return true;
	if (last_seen + SESSION_IDLE_MS < p->expires_at)
		p->expires_at = last_seen + SESSION_IDLE_MS;
	if (p->expires_at > now_ms)
		note_use(c, k, last_seen, now_ms);
	return true;
}

/* key NULL: a session's hash. */
static struct cached *load(struct auth *a, const char *key, const uint8_t *hash, struct error *err)
{
	int64_t began_us = clock_mono_us();      /* what is read may be as old as this */
	struct cached *k = mem_zalloc(sizeof *k);
	struct db_conn *c = db_get(a->db, err);
	bool ok;

	atomic_init(&k->references, 1);
	memcpy(k->hash, hash, SHA256_SIZE);
	ok = c && (key ? load_key(a, c, key, k, err) : load_session(c, k, err));
	db_put(a->db, c);
	if (!ok) {
		auth_release(&k->entry);
		return NULL;
	}
	k->until_us = began_us + (k->exists ? KEEP_US : KEEP_NONE_US);
	return k;
}

/* By what the cache knows them. *key: NULL when it is a session. */
static bool identify(const struct auth *a, const struct credentials *c, const char **key, uint8_t hash[SHA256_SIZE],
                     struct error *err)
{
	char token[SESSION_TOKEN_LEN + 1];

	*key = NULL;
	if (c->authorization && *c->authorization) {
		*key = credentials_key(c->authorization, err);
		if (*key)
			crypto_hmac_sha256(a->cache_key, sizeof a->cache_key, *key, API_KEY_LEN, hash);
		return *key != NULL;
	}
	if (!session_token(c->cookie, token))
		return err_set(err, ERR_UNAUTHORIZED, "Send your API key: Authorization: Bearer agv_live_…, or log in:"
		               " POST /api/session");
	session_hash(token, hash);
	mem_wipe(token, sizeof token);
	return true;
}

static bool judge(const struct cached *k, bool session, struct error *err)
{
	const struct principal *p = &k->entry.principal;
	bool over = p->expires_at != 0 && p->expires_at <= clock_now_ms();

	if (session && (!k->exists || over))
		return err_set(err, ERR_UNAUTHORIZED, "The session is over; log in again");
	if (!k->exists)
		return err_set(err, ERR_UNAUTHORIZED, "There is no such API key");
	if (p->key_revoked)
		return err_set(err, ERR_UNAUTHORIZED, "The API key was revoked");
	if (over)
		return err_set(err, ERR_UNAUTHORIZED, "The API key has expired");
	return true;
}

bool auth_check(struct auth *a, const struct credentials *c, bool fresh, struct auth_entry **out,
                struct error *err)
{
	const char *key;
	uint8_t hash[SHA256_SIZE];
	struct cached *k;
	uint64_t generation;

	*out = NULL;
	if (!identify(a, c, &key, hash, err))
		return false;
	k = find(a, hash, &generation);
	if (k && fresh) {
		auth_release(&k->entry);
		k = NULL;
	}
	if (!k) {
		k = load(a, key, hash, err);
		if (!k)
			return false;
		keep(a, k, generation);
	}
	if (!judge(k, key == NULL, err)) {
		auth_release(&k->entry);
		return false;
	}
	*out = &k->entry;
	return true;
}
