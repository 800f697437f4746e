/* Phrases in texts. */
#include "agents/phrases.h"

#include <string.h>

#include "base/err.h"

enum { BEGINS_SHORT = 1, BEGINS_LONG = 2 };      /* struct phrase_index.begins */

/* Letters, digits and all bytes of other scripts; of ASCII as bits. */
static inline bool is_letter(char c)
{
	static const uint64_t ascii[2] = {UINT64_C(0x03FF000000000000), UINT64_C(0x07FFFFFE07FFFFFE)};
	unsigned u = (unsigned char)c;

	return u >= 0x80 || ascii[u >> 6] >> (u & 63) & 1;
}

static size_t phrase_length(const char *phrase)
{
	size_t n = strlen(phrase);

	return n - (phrase[n - 1] == '*');
}

/* n: the phrase's length. */
static inline bool stands_at(const char *at, const char *phrase, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (at[i] != phrase[i])
			return false;
	return (phrase[n] == '*' || !is_letter(phrase[n - 1]) || !is_letter(at[n]));
}

/* Phrases of one or two bytes are found by their first, the others by their first three. */
static inline unsigned bucket_of(const char *text, size_t n)
{
	unsigned a = (unsigned char)text[0];

	return n < 3 ? a : 256 + ((a * 31 + (unsigned char)text[1]) * 31 + (unsigned char)text[2]) % (PHRASES_BUCKETS - 256);
}

/* Up to eight first bytes of a text of n bytes, those beyond zero: the same way on every machine, as nothing but such
 * values is compared. */
static inline uint64_t start_of(const char *text, size_t n)
{
	uint64_t start = 0;

	memcpy(&start, text, n < sizeof start ? n : sizeof start);
	return start;
}

void phrases_build(struct phrase_index *ix, const struct phrase *all, size_t n)
{
	unsigned c, at = 0;
	size_t i;

	INVARIANT(n <= PHRASES_MAX, "an index of phrases is full");
	ix->all = all;
	for (i = 0; i <= 8; i++)
		ix->mask[i] = start_of("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", i);
	for (i = 0; i < n; i++)
		ix->length[i] = (uint8_t)phrase_length(all[i].text);
	/* how many there are of each bucket, then where each bucket ends, then back to where it begins */
	memset(ix->first, 0, sizeof ix->first);
	memset(ix->begins, 0, sizeof ix->begins);
	for (i = 0; i < n; i++)
		ix->begins[(unsigned char)all[i].text[0]] |= ix->length[i] < 3 ? BEGINS_SHORT : BEGINS_LONG;
	for (i = 0; i < n; i++)
		ix->first[bucket_of(all[i].text, ix->length[i])]++;
	for (c = 0; c < PHRASES_BUCKETS; c++)
		ix->first[c] = (uint16_t)(at += ix->first[c]);
	ix->first[PHRASES_BUCKETS] = (uint16_t)at;
	for (i = n; i-- > 0; ) {
		at = --ix->first[bucket_of(all[i].text, ix->length[i])];
		ix->order[at] = (uint16_t)i;
		ix->start[at] = start_of(all[i].text, ix->length[i]);
		ix->starts[at] = ix->length[i] < 8 ? ix->length[i] : 8;
	}
}

static inline void try_bucket(const struct phrase_index *ix, unsigned bucket, uint64_t have, const char *at,
                       void (*hit)(void *ctx, const struct phrase *p, const char *at), void *ctx)
{
	unsigned i;

	for (i = ix->first[bucket]; i < ix->first[bucket + 1]; i++) {
		const struct phrase *p = &ix->all[ix->order[i]];

		if ((have & ix->mask[ix->starts[i]]) == ix->start[i] && stands_at(at, p->text, ix->length[ix->order[i]]))
			hit(ctx, p, at);
	}
}

void phrases_find(const struct phrase_index *ix, const char *text,
                  void (*hit)(void *ctx, const struct phrase *p, const char *at), void *ctx)
{
	const char *end = text + strlen(text);

	while (*text) {
		unsigned begins = ix->begins[(unsigned char)*text];
		uint64_t have = begins ? start_of(text, (size_t)(end - text)) : 0;

		if (begins & BEGINS_SHORT)
			try_bucket(ix, bucket_of(text, 1), have, text, hit, ctx);
		if (begins & BEGINS_LONG && end - text > 2)
			try_bucket(ix, bucket_of(text, 3), have, text, hit, ctx);
		if (is_letter(*text++))
			while (is_letter(*text))
				text++;
	}
}

bool text_has_phrase(const char *text, const char *phrase)
{
	const char *p = text;

	if (!*phrase || *phrase == '*')
		return false;
	while ((p = strchr(p, *phrase)) != NULL) {
		if ((p == text || !is_letter(p[-1]) || !is_letter(*p)) && stands_at(p, phrase, phrase_length(phrase)))
			return true;
		p++;
	}
	return false;
}
