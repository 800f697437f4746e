/* Arenas: a list of blocks that are filled from the front. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define BLOCK_SIZE 4096   /* with its head; a larger request gets a block of its own */
#define ALIGN      16

struct arena_block {
	struct arena_block *next;
	size_t size, used;       /* bytes of data */
	_Alignas(ALIGN) char data[];
};

#define BLOCK_DATA (BLOCK_SIZE - sizeof(struct arena_block))

void arena_init(struct arena *a)
{
	a->blocks = NULL;
}

static void free_blocks(struct arena_block *b)
{
	struct arena_block *next;

	for (; b; b = next) {
		next = b->next;
		mem_free(b);
	}
}

void arena_release(struct arena *a)
{
	free_blocks(a->blocks);
	a->blocks = NULL;
}

void arena_reset(struct arena *a)
{
	struct arena_block **at, *keep = NULL;

	for (at = &a->blocks; *at && !keep; ) {
		if ((*at)->size == BLOCK_DATA) {
			keep = *at;
			*at = keep->next;
		} else {
			at = &(*at)->next;
		}
	}
	free_blocks(a->blocks);
	if (keep) {
		keep->next = NULL;
		keep->used = 0;
	}
	a->blocks = keep;
}

static struct arena_block *add_block(struct arena *a, size_t size)
{
	size_t data = size > BLOCK_DATA ? size : BLOCK_DATA;
	struct arena_block *b = mem_alloc(sizeof *b + data), *newest = a->blocks;

	b->size = data;
	b->used = 0;
	/* one that is filled at once goes behind the newest, which still has room */
	if (size > BLOCK_DATA / 4 && newest && newest->size - newest->used > BLOCK_DATA / 4) {
		b->next = newest->next;
		newest->next = b;
	} else {
		b->next = newest;
		a->blocks = b;
	}
	return b;
}

static void *take(struct arena *a, size_t size)
{
	struct arena_block *b = a->blocks;
	size_t n;
	void *p;

	INVARIANT(size <= SIZE_MAX / 2, "an arena allocation of absurd size");
	n = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!b || b->size - b->used < n)
		b = add_block(a, n);
	p = b->data + b->used;
	b->used += n;
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(take(a, size), 0, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = take(a, n + 1);

	if (n > 0)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	INVARIANT(n >= 0, "a format that vsnprintf refuses");
	p = take(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
