/* Phrases in texts. */
#include "agents/phrases.h"

#include <string.h>

#include "base/err.h"

enum { IS_LETTER = 1, BEGINS = 2 };      /* struct phrase_index.bytes */

#define PLACES_MAX 512                   /* bytes of a text whose places are gathered at once */

/* How many bytes the phrases of a group have at least. */
static const uint8_t least[PHRASES_GROUPS] = {[PHRASES_SHORT] = 1, [PHRASES_MIDDLE] = 3, [PHRASES_LONG] = 6};

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

/* Up to eight first bytes of a text of n bytes, those beyond zero: the same way on every machine, as nothing but such
 * values is compared. */
static inline uint64_t start_of(const char *text, size_t n)
{
	uint64_t start = 0;

	memcpy(&start, text, n < sizeof start ? n : sizeof start);
	return start;
}

/* The first n bytes of eight. */
static inline uint64_t mask_of(size_t n)
{
	static const unsigned char ones[8] = {255, 255, 255, 255, 255, 255, 255, 255};

	return start_of((const char *)ones, n);
}

/* Of what starts so. */
static inline unsigned hash_of(const struct phrase_group *group, uint64_t start)
{
	return (unsigned)((start & group->mask) * UINT64_C(0x9E3779B97F4A7C15) >> (64 - PHRASES_SEEN_BITS));
}

static inline unsigned bucket_of(unsigned hash)
{
	return hash >> (PHRASES_SEEN_BITS - PHRASES_BUCKET_BITS);
}

static enum phrase_group_name group_of(size_t n)
{
	return n >= least[PHRASES_LONG] ? PHRASES_LONG : n >= least[PHRASES_MIDDLE] ? PHRASES_MIDDLE : PHRASES_SHORT;
}

/* Puts the phrases of a group behind the entries that are there, by bucket. Returns how many there are then. */
static unsigned build_group(struct phrase_index *ix, enum phrase_group_name g, size_t n, unsigned at)
{
	struct phrase_group *group = &ix->groups[g];
	unsigned c;
	size_t i;

	memset(group, 0, sizeof *group);
	group->mask = mask_of(least[g]);
	/* how many there are of each bucket, then where each bucket ends, then back to where it begins */
	for (i = 0; i < n; i++)
		if (group_of(phrase_length(ix->all[i].text)) == g)
			group->first[bucket_of(hash_of(group, start_of(ix->all[i].text, least[g])))]++;
	for (c = 0; c <= 1 << PHRASES_BUCKET_BITS; c++)
		group->first[c] = (uint16_t)(at += group->first[c]);
	for (i = n; i-- > 0; ) {
		size_t length = phrase_length(ix->all[i].text);
		uint64_t start = start_of(ix->all[i].text, length);
		unsigned hash = hash_of(group, start);

		if (group_of(length) != g)
			continue;
		group->seen[hash / 64] |= UINT64_C(1) << hash % 64;
		ix->entries[--group->first[bucket_of(hash)]] =
			(struct phrase_entry){start, mask_of(length), (uint16_t)i, (uint16_t)length};
	}
	return at;
}

void phrases_build(struct phrase_index *ix, const struct phrase *all, size_t n)
{
	unsigned c, at = 0;
	size_t i;

	INVARIANT(n <= PHRASES_MAX, "an index of phrases is full");
	ix->all = all;
	for (c = 0; c < 256; c++)
		ix->bytes[c] = is_letter((char)c) ? IS_LETTER : 0;
	for (i = 0; i < n; i++)
		ix->bytes[(unsigned char)all[i].text[0]] |= BEGINS;
	for (c = 0; c < PHRASES_GROUPS; c++)
		at = build_group(ix, (enum phrase_group_name)c, n, at);
}

struct search {
	const struct phrase_index *ix;
	void (*hit)(void *ctx, const struct phrase *p, const char *at);
	void *ctx;
};

static void try_bucket(const struct search *s, unsigned first, unsigned end, uint64_t have, const char *at)
{
	unsigned i;

	for (i = first; i < end; i++) {
		const struct phrase_entry *e = &s->ix->entries[i];

		if ((have & e->mask) == e->start && stands_at(at, s->ix->all[e->phrase].text, e->length))
			s->hit(s->ctx, &s->ix->all[e->phrase], at);
	}
}

/* have: the first bytes of what stands there. */
static inline void try_group(const struct search *s, const struct phrase_group *group, uint64_t have, const char *at)
{
	unsigned hash = hash_of(group, have), bucket = bucket_of(hash);

	if (group->seen[hash / 64] >> hash % 64 & 1)
		try_bucket(s, group->first[bucket], group->first[bucket + 1], have, at);
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
		count += class / BEGINS & ~(class & before);
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
			uint64_t have = len - at >= 8 ? start_of(text + at, 8) : start_of(text + at, len - at);

			try_group(&s, &ix->groups[PHRASES_SHORT], have, text + at);
			try_group(&s, &ix->groups[PHRASES_MIDDLE], have, text + at);
			try_group(&s, &ix->groups[PHRASES_LONG], have, text + at);
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
