/* Requests by what their sentences are made of: words and pairs of them, how it begins, whether it ends in a
 * question mark, which cue phrases (email_triage_cues_words.c) it holds. */
#include "agents/email_triage_request.h"

#include <ctype.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage_cues.h"

#define SENTENCE_MAX 600       /* bytes read */
#define WORD_MAX     24
#define YES_LEAST    0.0       /* the log-odds that make a request */

enum kind { KIND_WORD = 20, KIND_PAIR, KIND_START, KIND_END, KIND_SIGN, KIND_CUE, KIND_ASKED };

struct reading {
	feature_fn each;
	void *ctx;
	bool question;
	unsigned words;
	uint64_t before;               /* the word before, 0: none */
	uint64_t start;                /* the first words so far */
	uint64_t seen;                 /* of the words in marks[] */
};

static void tell(struct reading *r, uint64_t id)
{
	r->each(r->ctx, id, NULL, 0);
}

/* Words that together tell who is to do what, however far apart they stand. */
static const char *const marks[] = {
	"i", "we", "you", "your", "me", "us", "please", "can", "could", "would", "will", "if", "should", "need", "want", "let",
	"know", "not", "may", "meeting", "to",
};

static struct feature_set mark_ids;
static char told[256];         /* feature_bytes */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void)
{
	unsigned k;

	feature_bytes(told, "'$@_");
	for (k = 0; k < sizeof marks / sizeof *marks; k++)
		feature_set_put(&mark_ids, feature_of(KIND_WORD, marks[k], strlen(marks[k])), k);
}

static void take_word(struct reading *r, uint64_t id)
{
	int mark = feature_set_find(&mark_ids, id);

	tell(r, id);
	tell(r, feature_joined(r->before, id, KIND_PAIR));
	if (r->words < 3) {
		r->start = feature_joined(r->start, id, KIND_START);
		tell(r, r->start);
		if (r->question)
			tell(r, feature_joined(r->start, 1, KIND_ASKED));
	}
	if (mark >= 0)
		r->seen |= UINT64_C(1) << mark;
	r->before = id;
	r->words++;
}

static void tell_marks(struct reading *r)
{
	unsigned seen[sizeof marks / sizeof *marks], n = 0, i, k;

	for (i = 0; i < sizeof marks / sizeof *marks; i++)
		if (r->seen >> i & 1)
			seen[n++] = i + 1;
	for (i = 0; i < n; i++)
		for (k = i + 1; k < n; k++)
			tell(r, feature_joined(seen[i], seen[k], KIND_SIGN));
}

uint32_t request_cues(const char *s, size_t n)
{
	char text[SENTENCE_MAX + 1];
	size_t i;

	n = n > SENTENCE_MAX ? SENTENCE_MAX : n;
	for (i = 0; i < n; i++)
		text[i] = (char)tolower((unsigned char)s[i]);
	text[n] = '\0';
	return cues_seen(text);
}

void request_features(const char *s, size_t n, bool question, uint32_t cues, feature_fn each, void *ctx)
{
	struct reading r = {.each = each, .ctx = ctx, .question = question};
	size_t i, len;

	pthread_once(&once, prepare);
	n = n > SENTENCE_MAX ? SENTENCE_MAX : n;
	for (i = 0; i < n; i += len) {
		uint64_t h = FEATURE_START(KIND_WORD);
		char c;

		for (len = 0; i + len < n && (c = told[(unsigned char)s[i + len]]) != '\0'; len++)
			h = feature_byte(h, c);
		if (len > 0 && len <= WORD_MAX)
			take_word(&r, feature_end(h));
		else if (len == 0 && s[i] != ' ' && strchr(",:;!*-[(", s[i]))
			tell(&r, feature_joined((uint64_t)s[i], r.words == 0, KIND_SIGN + 10));
		len += len == 0;
	}
	tell(&r, feature_joined(r.before, question, KIND_END));
	tell(&r, feature_joined(question, 3, KIND_END));
	for (len = 0; r.words >> len; len++)
		;
	tell(&r, feature_joined(len, 5, KIND_END));
	tell_marks(&r);
	for (i = 0; i < CUE__MAX; i++)
		if (cues >> i & 1)
			tell(&r, feature_joined(i + 1, 0, KIND_CUE));
}

double request_logit(struct tally *t, const char *s, size_t n, bool question, uint32_t cues)
{
	tally_again(t);
	request_features(s, n, question, cues, tally_add, t);
	return tally_logit(t);
}

bool request_is_question(const char *s, size_t n)
{
	while (n > 0 && strchr(" \"').!", s[n - 1]))
		n--;
	return n > 0 && s[n - 1] == '?';
}

bool request_sentence(const char *s, size_t n, double *p)
{
	struct tally t;
	double logit;

	tally_start(&t, &request_table);
	logit = request_logit(&t, s, n, request_is_question(s, n), request_cues(s, n));

	if (p)
		*p = 1 / (1 + exp(-logit));
	return logit > YES_LEAST;
}
