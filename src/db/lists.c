/* Statements with lists: "… IN (%s)" in a few sizes, made once and kept as long as the process
 * lives, because prepared statements are found by the address of their text. */
#include "db/db_priv.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define BUCKETS  256
#define SQL_MAX  65536

struct list_sql {
	const char *fmt, *group;         /* the key, with size: literals, by address */
	unsigned    size;
	const char *sql;
	struct list_sql *next;           /* set before it is published, never changed */
};

static _Atomic(struct list_sql *) buckets[BUCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

unsigned db_list_size(unsigned k)
{
	unsigned size = 1;

	INVARIANT(k <= DB_LIST_MAX, "a list is longer than DB_LIST_MAX");
	while (size < k)
		size *= 4;
	return size;
}

static char *expand(const char *fmt, const char *group, unsigned size)
{
	const char *at = strstr(fmt, "%s");
	struct buf b;
	unsigned i;

	INVARIANT(at, "a list's statement has no %s");
	buf_init(&b, SQL_MAX);
	buf_add(&b, fmt, (size_t)(at - fmt));
	for (i = 0; i < size; i++) {
		buf_adds(&b, i > 0 ? ", " : "");
		buf_adds(&b, group);
	}
	buf_adds(&b, at + 2);
	INVARIANT(!b.failed, "a list's statement is too long");
	return buf_detach(&b, NULL);
}

static const char *find(_Atomic(struct list_sql *) *bucket, const char *fmt, const char *group,
                        unsigned size)
{
	const struct list_sql *l = atomic_load_explicit(bucket, memory_order_acquire);

	while (l && !(l->fmt == fmt && l->size == size && strcmp(l->group, group) == 0))
		l = l->next;
	return l ? l->sql : NULL;
}

const char *db_list_sql(const char *fmt, const char *group, unsigned size)
{
	uint64_t h = ((uint64_t)(uintptr_t)fmt + size) * UINT64_C(0x9E3779B97F4A7C15);
	_Atomic(struct list_sql *) *bucket = &buckets[h >> 56];
	const char *sql = find(bucket, fmt, group, size);
	struct list_sql *l;

	if (sql)
		return sql;
	pthread_mutex_lock(&lock);
	sql = find(bucket, fmt, group, size);
	if (!sql) {
		l = mem_zalloc(sizeof *l);
		l->fmt = fmt;
		l->group = group;
		l->size = size;
		l->sql = sql = expand(fmt, group, size);
		l->next = atomic_load_explicit(bucket, memory_order_relaxed);
		atomic_store_explicit(bucket, l, memory_order_release);
	}
	pthread_mutex_unlock(&lock);
	return sql;
}
