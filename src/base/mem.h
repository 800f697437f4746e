/* The one seam for memory. Out of memory ends the process with a line in the
 * log: every process can be killed at any instant without losing anything
 * accepted, so a restart is the safest answer. Growth from outside input is
 * bounded by ceilings (buf.h, arena.h), not by failing allocations.
 *
 * Ownership: what mem_* returns is released with mem_free; NULL is accepted. */
#ifndef AGENTIV_BASE_MEM_H
#define AGENTIV_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);                 /* uninitialised */
void *mem_zalloc(size_t size);                /* zeroed */
void *mem_array(size_t count, size_t size);   /* zeroed, overflow checked */
void *mem_grow(void *p, size_t size);         /* realloc */
char *mem_strdup(const char *s);              /* NULL gives NULL */
char *mem_strndup(const char *s, size_t n);   /* n bytes and a NUL */
void  mem_free(void *p);

/* Zeroes n bytes; not removed by the optimiser. For keys and secrets. */
void mem_wipe(void *p, size_t n);

/* Tests: stands in for realloc (old NULL: a new block) in every allocation; returning
 * NULL makes it fail. What it returns is given to free(). NULL restores the default. */
typedef void *(*mem_hook)(void *old, size_t size);
void mem_set_hook(mem_hook hook);

#endif
