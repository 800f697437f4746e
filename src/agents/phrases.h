/* Many phrases looked for in a text at once: an index by hashes of their first bytes, tried at the starts of words.
 *
 * Ownership: an index borrows the phrases, which are constant tables. Built once (pthread_once), then
 * shared by threads. */
#ifndef AGENTIV_AGENTS_PHRASES_H
#define AGENTIV_AGENTS_PHRASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PHRASES_MAX 6144

/* Lower case; a '*' at the end lets the last word go on ("prioriti*"). tag is the caller's. */
struct phrase { const char *text; uint32_t tag; };

/* Phrases of at least so many bytes, by the hash of these: most places of a text are passed over after a look at seen. */
#define PHRASES_BUCKET_BITS 12
#define PHRASES_SEEN_BITS   15
struct phrase_group {
	uint64_t mask;                                       /* of the bytes that are hashed */
	uint16_t first[(1 << PHRASES_BUCKET_BITS) + 1];      /* of each bucket, in struct phrase_index.entries */
	uint64_t seen[(1 << PHRASES_SEEN_BITS) / 64];        /* hashes that occur, as bits */
};

struct phrase_entry {
	uint64_t start, mask;                     /* the first bytes, eight at most, and which those are */
	uint16_t phrase;
	uint16_t length;                          /* the '*' not counted */
};

enum phrase_group_name { PHRASES_SHORT, PHRASES_MIDDLE, PHRASES_LONG, PHRASES_GROUPS };

struct phrase_index {
	uint8_t bytes[256];                       /* whether a byte is a letter, and begins a phrase */
	struct phrase_group groups[PHRASES_GROUPS];
	struct phrase_entry entries[PHRASES_MAX];
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
