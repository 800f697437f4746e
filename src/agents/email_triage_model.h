/* Linear models of text: features by their hashes, what each weighs in a generated table, and a sum that is a log-odds.
 *
 * A table has a slot for each value of a hash's low bits. A slot has two printable characters: a check of the hash's
 * other bits, and the weight. A feature that the table does not know weighs nothing (one in 90 is taken for another).
 * Checks stand apart from weights: most features of a text are in no table, and cost a look at a check.
 *
 * Ownership: features are told by callback; their text is borrowed for the call. Tables are constants. One thread per
 * struct tally. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_MODEL_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define MODEL_ROW_SLOTS   64          /* of a row of the source */
#define MODEL_SLOTS_MAX   (1u << 15)
#define MODEL_STRONG_MAX  3
#define MODEL_FIRST_MAX   128
#define MODEL_STEPS       44          /* weights go from -44 to 44 */

/* Told once for each time that a feature stands in a text. text: what a person knows it by, NULL when nothing. */
typedef void (*feature_fn)(void *ctx, uint64_t id, const char *text, size_t n);

typedef char model_row[MODEL_ROW_SLOTS + 1];

struct model_table {
	const model_row *checks, *weights;
	unsigned bits;           /* of a hash that choose a slot */
	double step;             /* what a weight of 1 is */
	double bias;
	double plain;            /* features that every text is taken to have besides: what is short weighs less */
};

/* A feature of a text that speaks for what the model looks for. */
struct strong { int weight; char text[40]; };

struct tally {
	const struct model_table *table;
	int64_t sum;
	unsigned known;                             /* different features that the table knows */
	struct strong strong[MODEL_STRONG_MAX];     /* those that have a text, the strongest first */
	uint64_t seen[MODEL_SLOTS_MAX / 64];        /* slots, as bits */
	uint16_t first[MODEL_FIRST_MAX];            /* of them, as far as there is room */
};

/* What each byte of a word is told as: a small letter for a capital, 0 for any digit, as which year or price it is tells
 * nothing; bytes of other scripts and those of signs as they are; '\0' for what is of no word. */
void feature_bytes(char told[256], const char *signs);

/* Hashes: of a kind of feature, of a byte more, of two features together. */
#define FEATURE_START(kind) (UINT64_C(0xcbf29ce484222325) ^ (uint64_t)(kind) * UINT64_C(0x9E3779B97F4A7C15))

static inline uint64_t feature_byte(uint64_t h, char c)
{
	return (h ^ (unsigned char)c) * UINT64_C(0x100000001b3);
}

static inline uint64_t feature_end(uint64_t h)
{
	h ^= h >> 29;
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	return h ^ h >> 32;
}

/* Two of them, or one and a number, as one. */
static inline uint64_t feature_joined(uint64_t a, uint64_t b, unsigned kind)
{
	return feature_end(a * UINT64_C(0x9E3779B97F4A7C15) + b * 31 + kind);
}

uint64_t feature_of(unsigned kind, const char *text, size_t n);

/* A few words, each with a value up to 255, found by their features. Zeroed before the first is put in. */
#define FEATURE_SET_SLOTS 512
struct feature_set { uint64_t ids[FEATURE_SET_SLOTS]; uint8_t values[FEATURE_SET_SLOTS]; unsigned count; };

void feature_set_put(struct feature_set *set, uint64_t id, unsigned value);

/* The word's value, -1 when it is none of them. */
static inline int feature_set_find(const struct feature_set *set, uint64_t id)
{
	size_t at;

	for (at = id % FEATURE_SET_SLOTS; set->ids[at]; at = (at + 1) % FEATURE_SET_SLOTS)
		if (set->ids[at] == id)
			return set->values[at];
	return -1;
}

void tally_start(struct tally *t, const struct model_table *table);
/* For another text, of the same table: cheap when the one before was short. */
void tally_again(struct tally *t);
/* A feature_fn for a struct tally. */
void tally_add(void *ctx, uint64_t id, const char *text, size_t n);
/* The strongest features that have a text: "\"free\", \"money\"", in a; NULL without any. */
const char *tally_words(const struct tally *t, struct arena *a);
/* The log-odds that the text is what the model looks for. */
double tally_logit(const struct tally *t);

/* The slot of a feature, and the check that stands in it (0 to 89). */
unsigned model_slot(uint64_t id, unsigned bits);
unsigned model_check(uint64_t id);
/* How a value from 0 to 89, a check or a weight and MODEL_STEPS, is written; an empty slot is blank. */
char model_character(unsigned value);

#endif
