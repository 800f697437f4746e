/* Memory: malloc behind one function, so that tests can watch it and make it fail. */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define EXIT_NO_MEMORY 71   /* EX_OSERR of sysexits.h */

static _Atomic(mem_hook) hook;

void mem_set_hook(mem_hook h)
{
	atomic_store(&hook, h);
}

static void out_of_memory(size_t size)
{
	log_write(LOG_ERROR, "out of memory", "bytes=%zu", size);
	_exit(EXIT_NO_MEMORY);
}

static void *get(void *old, size_t size)
{
	mem_hook h = atomic_load_explicit(&hook, memory_order_relaxed);
	size_t n = size ? size : 1;
	void *p = h ? h(old, n) : realloc(old, n);

	if (!p)
		out_of_memory(n);
	return p;
}

void *mem_alloc(size_t size)
{
	return get(NULL, size);
}

void *mem_zalloc(size_t size)
{
	return mem_array(1, size);
}

void *mem_array(size_t count, size_t size)
{
	size_t total;
	void *p;

	if (__builtin_mul_overflow(count, size, &total))
		out_of_memory(SIZE_MAX);
	if (atomic_load_explicit(&hook, memory_order_relaxed))
		return memset(get(NULL, total), 0, total);
	/* fresh pages come zeroed, which calloc knows */
	p = calloc(1, total ? total : 1);
	if (!p)
		out_of_memory(total);
	return p;
}

void *mem_grow(void *p, size_t size)
{
	return get(p, size);
}

char *mem_strdup(const char *s)
{
	return s ? mem_strndup(s, strlen(s)) : NULL;
}

char *mem_strndup(const char *s, size_t n)
{
	char *p;

	if (n == SIZE_MAX)
		out_of_memory(n);
	p = get(NULL, n + 1);
	if (n > 0)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

void mem_free(void *p)
{
	free(p);
}

void mem_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}
