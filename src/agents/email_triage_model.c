/* What a text's features weigh together. */
#include "agents/email_triage_model.h"

#include <math.h>
#include <string.h>

#define FIRST_CHARACTER '#'      /* of the 90 that a slot is written with: no '"', no '\\', no '?' of trigraphs */
#define CHECKS 90

uint64_t feature_of(unsigned kind, const char *text, size_t n)
{
	uint64_t h = FEATURE_START(kind);
	size_t i;

	for (i = 0; i < n; i++)
		h = feature_byte(h, text[i]);
	return feature_end(h);
}

unsigned model_slot(uint64_t id, unsigned bits)
{
	return (unsigned)(id & ((UINT64_C(1) << bits) - 1));
}

unsigned model_check(uint64_t id)
{
	return (unsigned)((id >> 32) % CHECKS);
}

static int value_of(char c)
{
	return c - FIRST_CHARACTER - (c > '?') - (c > '\\');
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
	unsigned i = MODEL_STRONG_MAX;

	if (n >= sizeof t->strong[0].text || weight <= t->strong[MODEL_STRONG_MAX - 1].weight)
		return;
	while (i > 0 && weight > t->strong[i - 1].weight)
		i--;
	memmove(&t->strong[i + 1], &t->strong[i], (MODEL_STRONG_MAX - 1 - i) * sizeof t->strong[0]);
	t->strong[i].weight = weight;
	memcpy(t->strong[i].text, text, n);
	t->strong[i].text[n] = '\0';
}

/* at: what stands in the slot. Apart from tally_add, as most features of a text are in no table. */
static __attribute__((noinline)) void add_known(struct tally *t, unsigned slot, const char *at, const char *text, size_t n)
{
	int weight;

	if (t->seen[slot / 64] >> slot % 64 & 1)
		return;
	t->seen[slot / 64] |= UINT64_C(1) << slot % 64;
	weight = value_of(at[1]) - MODEL_STEPS;
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
	const char *at = &t->table->rows[slot / MODEL_ROW_SLOTS][2 * (slot % MODEL_ROW_SLOTS)];

	if (*at != ' ' && value_of(*at) == (int)model_check(id))
		add_known(t, slot, at, text, n);
}

double tally_logit(const struct tally *t)
{
	return t->table->bias + t->table->step * (double)t->sum / sqrt(t->known + t->table->plain);
}
