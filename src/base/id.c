/* Ids. Time, the newest id and a store of random bytes stand under one lock, held for some tens of
 * nanoseconds; the kernel is asked for randomness once in fifty ids. */
#include "base/id.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/rnd.h"

#define ULID_LEN   26
#define RND_SIZE   10
#define TIME_MAX   INT64_C(0xffffffffffff)
#define BACK_MS    1000   /* a clock that steps back by less does not disturb the order */

static const char *const prefixes[ID__MAX] = {
	[ID_EXECUTION] = "exec", [ID_SCHEDULE] = "sch",   [ID_USER] = "usr",     [ID_KEY] = "key",
	[ID_ENDPOINT] = "whk",   [ID_EVENT] = "evt",      [ID_CONNECTION] = "con",
	[ID_DELIVERY] = "dlv",   [ID_REQUEST] = "req",    [ID_OWNER] = "own",
	[ID_SESSION] = "ses",    [ID_AUDIT] = "aud",
};

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct id newest, newest_at;   /* by id_make; by id_make_at, whose times are the caller's */
static uint8_t store[RND_SIZE * 50];
static size_t store_left;

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&lock);
}

/* A child that used the same bytes would make the parent's ids. */
static void after_fork_in_child(void)
{
	store_left = 0;
	memset(&newest, 0, sizeof newest);
	memset(&newest_at, 0, sizeof newest_at);
	pthread_mutex_unlock(&lock);
}

static void prepare(void)
{
	pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

static const uint8_t *random_bytes(void)
{
	if (store_left < RND_SIZE) {
		rnd_bytes(store, sizeof store);
		store_left = sizeof store;
	}
	store_left -= RND_SIZE;
	return store + store_left;
}

static void put_time(struct id *id, int64_t ms)
{
	int i;

	ms = ms < 0 ? 0 : ms > TIME_MAX ? TIME_MAX : ms;
	for (i = 5; i >= 0; i--, ms >>= 8)
		id->b[i] = (uint8_t)ms;
}

/* Adds 1 to 2^32: the next id of a millisecond is not to be guessed from the one before. A carry
 * out of the random part makes it one of the next millisecond, still larger. */
static void step(struct id *id)
{
	const uint8_t *r = random_bytes();
	unsigned carry = 1, i;

	for (i = 16; i-- > 0; ) {
		carry += id->b[i] + (i >= 12 ? r[i - 12] : 0u);
		id->b[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

static struct id next_of(struct id *last, int64_t ms, bool continues)
{
	if (continues) {
		step(last);
	} else {
		put_time(last, ms);
		memcpy(last->b + 6, random_bytes(), RND_SIZE);
	}
	return *last;
}

struct id id_make(void)
{
	struct id id;
	int64_t now, last;

	pthread_once(&once, prepare);
	pthread_mutex_lock(&lock);
	now = clock_now_ms();
	last = id_time_ms(&newest);
	id = next_of(&newest, now, last >= now && last - now < BACK_MS);
	pthread_mutex_unlock(&lock);
	return id;
}

struct id id_make_at(int64_t ms)
{
	struct id id;

	pthread_once(&once, prepare);
	pthread_mutex_lock(&lock);
	id = next_of(&newest_at, ms, id_time_ms(&newest_at) == ms);
	pthread_mutex_unlock(&lock);
	return id;
}

struct id id_floor(int64_t ms)
{
	struct id id = {{0}};

	put_time(&id, ms);
	return id;
}

int64_t id_time_ms(const struct id *id)
{
	int64_t ms = 0;
	unsigned i;

	for (i = 0; i < 6; i++)
		ms = ms << 8 | id->b[i];
	return ms;
}

const char *id_prefix(enum id_kind kind)
{
	INVARIANT((unsigned)kind < ID__MAX, "unknown kind of id");
	return prefixes[kind];
}

void id_format(enum id_kind kind, const struct id *id, char out[ID_TEXT_SIZE])
{
	const char *prefix = id_prefix(kind);
	size_t n = strlen(prefix), i;
	unsigned bits = 2, value = 0, at = 0;   /* 128 bits in 26 characters: two leading zero bits */

	memcpy(out, prefix, n);
	out[n++] = '_';
	for (i = 0; i < ULID_LEN; i++) {
		if (bits < 5) {
			value = value << 8 | id->b[at++];
			bits += 8;
		}
		bits -= 5;
		out[n + i] = alphabet[value >> bits & 31];
	}
	out[n + ULID_LEN] = '\0';
}

/* Crockford's digits, upper case only and without the look-alikes: an id has one spelling. */
static int digit(char c)
{
	static const signed char values[] = {   /* from '0' to 'Z', one more than the digit */
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 0, 0, 0, 0, 0,
		11, 12, 13, 14, 15, 16, 17, 18, 0, 19, 20, 0, 21, 22, 0,
		23, 24, 25, 26, 27, 0, 28, 29, 30, 31, 32};

	return c < '0' || c > 'Z' ? -1 : values[c - '0'] - 1;
}

bool id_parse(enum id_kind kind, const char *text, struct id *out)
{
	const char *prefix = id_prefix(kind);
	size_t n = strlen(prefix), i;
	unsigned bits = 0, value = 0, at = 0;

	if (!text || strncmp(text, prefix, n) != 0 || text[n] != '_' ||
	    strlen(text + n + 1) != ULID_LEN || text[n + 1] > '7')
		return false;
	text += n + 1;
	for (i = 0; i < ULID_LEN; i++) {
		int d = digit(text[i]);

		if (d < 0)
			return false;
		value = value << 5 | (unsigned)d;
		bits += i == 0 ? 3 : 5;
		if (bits >= 8) {
			bits -= 8;
			out->b[at++] = (uint8_t)(value >> bits);
		}
	}
	return true;
}

int id_cmp(const struct id *a, const struct id *b)
{
	return memcmp(a->b, b->b, sizeof a->b);
}
