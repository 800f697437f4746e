/* An arena: many small allocations, released at once. One per request or run. */
#ifndef AGENTIV_BASE_ARENA_H
#define AGENTIV_BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
	struct arena_block *blocks;   /* newest first */
};

void  arena_init(struct arena *a);
void  arena_release(struct arena *a);
void  arena_reset(struct arena *a);      /* keeps one block for the next use */
void *arena_alloc(struct arena *a, size_t size);                    /* zeroed, aligned to 16 */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);                 /* NULL gives NULL */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
