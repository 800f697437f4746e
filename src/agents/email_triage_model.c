/* What a text's features weigh together. */
#include "agents/email_triage_model.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

#define CHECKS 90      /* characters that a slot is written with: no blank, no '"', no '\\', no '?' of trigraphs */

void feature_bytes(char told[256], const char *signs)
{
	unsigned c;

	for (c = 0; c < 256; c++)
		told[c] = (char)(c - 'a' < 26 || c >= 0x80 ? c : c - 'A' < 26 ? c | 0x20 : c - '0' < 10 ? '0' : 0);
	for (; *signs; signs++)
		told[(unsigned char)*signs] = *signs;
}

uint64_t feature_of(unsigned kind, const char *text, size_t n)
{
	uint64_t h = FEATURE_START(kind);
	size_t i;

	for (i = 0; i < n; i++)
		h = feature_byte(h, text[i]);
	return feature_end(h);
}

void feature_set_put(struct feature_set *set, uint64_t id, unsigned value)
{
	size_t at = id % FEATURE_SET_SLOTS;

	/* one stays free, which ends every search */
	INVARIANT(set->count < FEATURE_SET_SLOTS - 1, "a set of features is full");
	set->count++;
	while (set->ids[at])
		at = (at + 1) % FEATURE_SET_SLOTS;
	set->ids[at] = id;
	set->values[at] = (uint8_t)value;
}

unsigned model_slot(uint64_t id, unsigned bits)
{
	return (unsigned)(id & ((UINT64_C(1) << bits) - 1));
}

unsigned model_check(uint64_t id)
{
	return (unsigned)((id >> 32) % CHECKS);
}

/* The characters of 0 to 89. */
static const char written[CHECKS + 1] =
	"#$%&'()*+,-./0123456789:;<=>@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~";

char model_character(unsigned value)
{
	INVARIANT(value < CHECKS, "a value has no character");
	return written[value];
}

/* The other way round: without the two that are left out. */
static int value_of(char c)
{
	return c - written[0] - (c > '?') - (c > '\\');
}

void tally_start(struct tally *t, const struct model_table *table)
{
	t->table = table;
	t->sum = 0;
	t->known = 0;
	memset(t->strong, 0, sizeof t->strong);
	memset(t->seen, 0, ((size_t)1 << table->bits) / 8);
}

void tally_again(struct tally *t)
{
	unsigned i;

	if (t->known > MODEL_FIRST_MAX) {
		tally_start(t, t->table);
		return;
	}
	for (i = 0; i < t->known; i++)
		t->seen[t->first[i] / 64] = 0;
	memset(t->strong, 0, sizeof t->strong);
	t->sum = 0;
	t->known = 0;
}

static void note_strong(struct tally *t, int weight, const char *text, size_t n)
{
	unsigned i;

	if (n >= sizeof t->strong[0].text || weight <= t->strong[MODEL_STRONG_MAX - 1].weight)
		return;
	/* one word may be several features */
	for (i = 0; i < MODEL_STRONG_MAX; i++)
		if (strncmp(t->strong[i].text, text, n) == 0 && t->strong[i].text[n] == '\0')
			return;
	while (i > 0 && weight > t->strong[i - 1].weight)
		i--;
	memmove(&t->strong[i + 1], &t->strong[i], (MODEL_STRONG_MAX - 1 - i) * sizeof t->strong[0]);
	t->strong[i].weight = weight;
	memcpy(t->strong[i].text, text, n);
	t->strong[i].text[n] = '\0';
}

/* Apart from tally_add, as most features of a text are in no table. */
static __attribute__((noinline)) void add_known(struct tally *t, unsigned slot, const char *text, size_t n)
{
	int weight;

	if (t->seen[slot / 64] >> slot % 64 & 1)
		return;
	t->seen[slot / 64] |= UINT64_C(1) << slot % 64;
	weight = value_of(t->table->weights[slot / MODEL_ROW_SLOTS][slot % MODEL_ROW_SLOTS]) - MODEL_STEPS;
	t->sum += weight;
	if (t->known < MODEL_FIRST_MAX)
		t->first[t->known] = (uint16_t)slot;
	t->known++;
	if (text && weight > 0)
		note_strong(t, weight, text, n);
}

void tally_add(void *ctx, uint64_t id, const char *text, size_t n)
{
	struct tally *t = ctx;
	unsigned slot = model_slot(id, t->table->bits);

	if (t->table->checks[slot / MODEL_ROW_SLOTS][slot % MODEL_ROW_SLOTS] == written[model_check(id)])
		add_known(t, slot, text, n);
}

const char *tally_words(const struct tally *t, struct arena *a)
{
	struct buf b;
	const char *words = NULL;
	unsigned i;

	buf_init(&b, 400);
	for (i = 0; i < MODEL_STRONG_MAX && t->strong[i].weight > 0; i++)
		buf_addf(&b, "%s\"%s\"", i > 0 ? ", " : "", t->strong[i].text);
	if (b.len > 0)
		words = arena_strndup(a, b.data, b.len);
	buf_release(&b);
	return words;
}

double tally_logit(const struct tally *t)
{
	return t->table->bias + t->table->step * (double)t->sum / sqrt(t->known + t->table->plain);
}
