/* The one seam for randomness (getrandom). */
#ifndef AGENTIV_BASE_RND_H
#define AGENTIV_BASE_RND_H

#include <stddef.h>
#include <stdint.h>

void     rnd_bytes(void *out, size_t n);
uint64_t rnd_u64(void);
double   rnd_unit(void);                                   /* [0, 1) */
void     rnd_set_source(void (*fill)(void *, size_t));     /* tests; NULL restores */

#endif
