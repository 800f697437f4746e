/* Phrases in texts. */
#include "agents/phrases.h"

#include <string.h>

#include "base/err.h"

enum { IS_LETTER = 1, BEGINS = 2 };      /* struct phrase_index.bytes */

#define PLACES_MAX 512                   /* bytes of a text whose places are gathered at once */

/* How many bytes the phrases of a group have at least. */
static const size_t least[PHRASES_GROUPS] = {[PHRASES_SHORT] = 1, [PHRASES_MIDDLE] = 3, [PHRASES_LONG] = 6};

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

/* Up to eight first bytes of a text of n bytes, those beyond zero: the same way on every machine, as such values are only
 * hashed and compared with each other. */
static inline uint64_t start_of(const char *text, size_t n)
{
	uint64_t start = 0;

	memcpy(&start, text, n < sizeof start ? n : sizeof start);
	return start;
}

/* The first n bytes of eight. */
static uint64_t mask_of(size_t n)
{
	static const unsigned char ones[8] = {255, 255, 255, 255, 255, 255, 255, 255};

	return start_of((const char *)ones, n);
}

static inline unsigned hash_of(const struct phrase_index *ix, enum phrase_group g, uint64_t start)
{
	return (unsigned)((start & ix->masks[g]) * UINT64_C(0x9E3779B97F4A7C15) >> (64 - PHRASES_SEEN_BITS));
}

static inline unsigned bucket_of(enum phrase_group g, unsigned hash)
{
	return (unsigned)g << PHRASES_BUCKET_BITS | hash >> (PHRASES_SEEN_BITS - PHRASES_BUCKET_BITS);
}

static enum phrase_group group_of(size_t n)
{
	return n >= least[PHRASES_LONG] ? PHRASES_LONG : n >= least[PHRASES_MIDDLE] ? PHRASES_MIDDLE : PHRASES_SHORT;
}

static unsigned bucket_of_phrase(const struct phrase_index *ix, const char *phrase)
{
	size_t n = phrase_length(phrase);

	INVARIANT(n > 0, "a phrase is empty");
	return bucket_of(group_of(n), hash_of(ix, group_of(n), start_of(phrase, n)));
}

static void put(struct phrase_index *ix, size_t i)
{
	const char *phrase = ix->all[i].text;
	size_t n = phrase_length(phrase);
	enum phrase_group g = group_of(n);
	uint64_t start = start_of(phrase, n);
	unsigned hash = hash_of(ix, g, start);

	ix->bytes[(unsigned char)*phrase] |= BEGINS;
	ix->seen[g][hash / 64] |= UINT64_C(1) << hash % 64;
	ix->entries[--ix->first[bucket_of(g, hash)]] = (struct phrase_entry){start, mask_of(n), (uint16_t)i, (uint16_t)n};
}

void phrases_build(struct phrase_index *ix, const struct phrase *all, size_t n)
{
	unsigned c, at = 0;
	size_t i;

	INVARIANT(n <= PHRASES_MAX, "an index of phrases is full");
	memset(ix, 0, sizeof *ix);
	ix->all = all;
	for (c = 0; c < PHRASES_GROUPS; c++)
		ix->masks[c] = mask_of(least[c]);
	for (c = 0; c < 256; c++)
		ix->bytes[c] = is_letter((char)c) ? IS_LETTER : 0;
	/* how many there are of each bucket, then where each bucket ends, then back to where it begins */
	for (i = 0; i < n; i++)
		ix->first[bucket_of_phrase(ix, all[i].text)]++;
	for (c = 0; c <= PHRASES_BUCKETS; c++)
		ix->first[c] = (uint16_t)(at += ix->first[c]);
	for (i = n; i-- > 0; )
		put(ix, i);
}

/* ---- Finding ---- */

struct search {
	const struct phrase_index *ix;
	void (*hit)(void *ctx, const struct phrase *p, const char *at);
	void *ctx;
};

static void try_bucket(const struct search *s, unsigned bucket, uint64_t have, const char *at)
{
	unsigned i;

	for (i = s->ix->first[bucket]; i < s->ix->first[bucket + 1]; i++) {
		const struct phrase_entry *e = &s->ix->entries[i];

		if ((have & e->mask) == e->start && stands_at(at, s->ix->all[e->phrase].text, e->length))
			s->hit(s->ctx, &s->ix->all[e->phrase], at);
	}
}

/* have: the first bytes of what stands there. */
static inline void try_group(const struct search *s, enum phrase_group g, uint64_t have, const char *at)
{
	unsigned hash = hash_of(s->ix, g, have);

	if (s->ix->seen[g][hash / 64] >> hash % 64 & 1)
		try_bucket(s, bucket_of(g, hash), have, at);
}

/* Where phrases may begin in text[0..n): at the starts of words, and wherever something begins that is no letter.
 * before: the class of the byte before. Without a branch, as where words end cannot be foretold. */
static unsigned places_of(const struct phrase_index *ix, const char *text, size_t n, unsigned before, uint16_t *places)
{
	unsigned count = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned class = ix->bytes[(unsigned char)text[i]];

		places[count] = (uint16_t)i;
		count += ((class & BEGINS) != 0) & ((class & before & IS_LETTER) == 0);
		before = class;
	}
	return count;
}

void phrases_find(const struct phrase_index *ix, const char *text,
                  void (*hit)(void *ctx, const struct phrase *p, const char *at), void *ctx)
{
	const struct search s = {ix, hit, ctx};
	size_t len = strlen(text), from, n, i;
	uint16_t places[PLACES_MAX];

	for (from = 0; from < len; from += n) {
		unsigned before = from > 0 ? ix->bytes[(unsigned char)text[from - 1]] : 0, count;

		n = len - from < PLACES_MAX ? len - from : PLACES_MAX;
		count = places_of(ix, text + from, n, before, places);
		for (i = 0; i < count; i++) {
			size_t at = from + places[i];
			/* most often eight, which is one load */
			uint64_t have = len - at >= 8 ? start_of(text + at, 8) : start_of(text + at, len - at);

			try_group(&s, PHRASES_SHORT, have, text + at);
			try_group(&s, PHRASES_MIDDLE, have, text + at);
			try_group(&s, PHRASES_LONG, have, text + at);
		}
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
