/* Many phrases looked for in a text at once: an index by first bytes, tried at the starts of words.
 *
 * Ownership: an index borrows the phrases, which are constant tables. Built once (pthread_once), then
 * shared by threads. */
#ifndef AGENTIV_AGENTS_PHRASES_H
#define AGENTIV_AGENTS_PHRASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PHRASES_MAX     6144
#define PHRASES_BUCKETS 16384

/* Lower case; a '*' at the end lets the last word go on ("prioriti*"). tag is the caller's. */
struct phrase { const char *text; uint32_t tag; };

struct phrase_index {
	uint16_t first[PHRASES_BUCKETS + 1];      /* of each bucket in order */
	uint8_t  begins[256];                     /* with this byte phrases begin, of one or two bytes, longer ones */
	uint16_t order[PHRASES_MAX];
	uint64_t start[PHRASES_MAX];              /* first bytes of those, to pass most over */
	uint8_t  starts[PHRASES_MAX];             /* how many bytes that are */
	uint64_t mask[9];                         /* of so many bytes */
	uint8_t  length[PHRASES_MAX];     /* of each phrase, the '*' not counted */
	const struct phrase *all;
};

void phrases_build(struct phrase_index *ix, const struct phrase *all, size_t n);

/* Calls hit for each place where a phrase stands in text, at word boundaries. */
void phrases_find(const struct phrase_index *ix, const char *text,
                  void (*hit)(void *ctx, const struct phrase *p, const char *at), void *ctx);

static inline bool all_of(uint32_t seen, uint32_t bits)
{
	return (seen & bits) == bits;
}

/* Is this one phrase in the text? */
bool text_has_phrase(const char *text, const char *phrase);

#endif
