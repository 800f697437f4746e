/* Urgency by words: which ones, pairs and parts of them, and what the sentences say as a whole. */
#include "agents/email_triage_urgent.h"

#include <pthread.h>
#include <string.h>

#include "agents/email_triage_cues.h"

#define READ_MAX   1500        /* bytes, and what there is of the sentence that goes beyond */

enum kind { KIND_WORD = 40, KIND_PAIR, KIND_SUBJECT, KIND_GRAM, KIND_DENSE, KIND_SAYS, KIND_CUE, KIND_LENGTH, KIND_ASKS };

struct reading {
	feature_fn each;
	void *ctx;
	bool subject;
	uint64_t before;               /* the word before, or that a sentence begins */
};

static char told[256];         /* feature_bytes */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void)
{
	feature_bytes(told, "'");
}

static void tell(struct reading *r, uint64_t a, uint64_t b, enum kind kind)
{
	r->each(r->ctx, feature_joined(a, b, kind), NULL, 0);
}

/* Scripts without blanks between words, in UTF-8: kana, hanzi and kanji, hangul. */
static bool is_dense(const char *p)
{
	unsigned c = (unsigned char)*p;

	return c >= 0xE3 && c <= 0xED;
}

/* Each pair of such neighbours, which are of three bytes. */
static void tell_dense(struct reading *r, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i + 6 <= n; i += is_dense(p + i) ? 3 : 1)
		if (is_dense(p + i) && is_dense(p + i + 3))
			r->each(r->ctx, feature_of(KIND_DENSE, p + i, 6), NULL, 0);
	r->before = 0;
}

static void tell_word(struct reading *r, uint64_t id)
{
	r->each(r->ctx, id, NULL, 0);
	if (r->subject)
		tell(r, id, 0, KIND_SUBJECT);
	tell(r, r->before, id, KIND_PAIR);
	r->before = id;
}

/* Words, pairs of them, and each run of four bytes with one blank between words: forms of a word share most of these.
 * Of a number only that it is one is told. Returns how many bytes the sentence has. */
static size_t read_sentence(struct reading *r, const struct sentence *s)
{
	uint64_t hash = FEATURE_START(KIND_WORD);
	uint32_t gram = ' ';
	size_t len = strlen(s->text), i, n = 0;
	char last = '\0';

	r->subject = s->subject;
	r->before = s->question ? 2 : 1;
	for (i = 0; i <= len; i++) {
		char c = told[(unsigned char)s->text[i]];

		n += c != '\0';
		if (c == last && (c == '\0' || c == '0'))
			continue;
		last = c;
		gram = gram << 8 | (c ? (unsigned char)c : ' ');
		tell(r, gram, 0, KIND_GRAM);
		if (c) {
			hash = feature_byte(hash, c);
			continue;
		}
		if (is_dense(s->text + i - n))
			tell_dense(r, s->text + i - n, n);
		else
			tell_word(r, feature_end(hash));
		hash = FEATURE_START(KIND_WORD);
		n = 0;
	}
	tell(r, r->before, 3, KIND_PAIR);
	return len;
}

/* What any of them says, and how much was read, apart for people and for programs. */
static void tell_signs(struct reading *r, const struct sentences *s, bool program, size_t bytes)
{
	uint64_t says = 0, cues = 0;
	unsigned i, k, level, questions = 0;

	for (i = 0; i < s->count; i++) {
		says |= s->all[i].says;
		questions += s->all[i].question;
		for (k = 0; k < s->all[i].hit_count; k++)
			cues |= UINT64_C(1) << cue_phrases[s->hits[s->all[i].first_hit + k].phrase].tag;
	}
	for (i = 0; i < 32; i++) {
		if (says >> i & 1)
			tell(r, i, program, KIND_SAYS);
		if (cues >> i & 1)
			tell(r, i, program, KIND_CUE);
	}
	for (level = 0; bytes >> level; level++)
		;
	tell(r, level, program, KIND_LENGTH);
	tell(r, questions > 0, program, KIND_ASKS);
}

void urgent_features(const struct sentences *s, bool program, feature_fn each, void *ctx)
{
	struct reading r = {.each = each, .ctx = ctx};
	size_t bytes = 0;
	unsigned i;

	pthread_once(&once, prepare);
	for (i = 0; i < s->count && bytes < READ_MAX; i++)
		bytes += read_sentence(&r, &s->all[i]);
	tell_signs(&r, s, program, bytes);
}

double urgent_logit(const struct sentences *s, bool program)
{
	struct tally t;

	tally_start(&t, &urgent_table);
	urgent_features(s, program, tally_add, &t);
	return tally_logit(&t);
}
