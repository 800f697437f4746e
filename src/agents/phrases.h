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

/* Short phrases, those of three bytes on, those of six on: each group by the hash of so many first bytes. */
enum phrase_group { PHRASES_SHORT, PHRASES_MIDDLE, PHRASES_LONG, PHRASES_GROUPS };

#define PHRASES_SEEN_BITS   15      /* of a hash */
#define PHRASES_BUCKET_BITS 12      /* of it, for a bucket */
#define PHRASES_BUCKETS     (PHRASES_GROUPS << PHRASES_BUCKET_BITS)

struct phrase_entry {
	uint64_t start, mask;       /* the first bytes, eight at most, and which those are */
	uint16_t phrase, length;    /* by its place; the '*' not counted */
};

struct phrase_index {
	uint8_t bytes[256];                  /* whether a byte is a letter, and begins a phrase */
	uint64_t masks[PHRASES_GROUPS];      /* the first bytes that are hashed */
	/* which hashes there are, as bits: most places of a text are passed over after a look at them */
	uint64_t seen[PHRASES_GROUPS][(1 << PHRASES_SEEN_BITS) / 64];
	uint16_t first[PHRASES_BUCKETS + 1]; /* of each bucket, in entries */
	struct phrase_entry entries[PHRASES_MAX];
	const struct phrase *all;
};

void phrases_build(struct phrase_index *ix, const struct phrase *all, size_t n);

/* Calls hit for each place where a phrase stands in text, at word boundaries; phrases at one place in no order. */
void phrases_find(const struct phrase_index *ix, const char *text,
                  void (*hit)(void *ctx, const struct phrase *p, const char *at), void *ctx);

static inline bool all_of(uint32_t seen, uint32_t bits)
{
	return (seen & bits) == bits;
}

/* Is this one phrase in the text? */
bool text_has_phrase(const char *text, const char *phrase);

#endif
