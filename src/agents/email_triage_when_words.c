/* The words of a sentence, as days and times are read from it. */
#include "agents/email_triage_when_priv.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

/* What stands between words, and the end. */
static const bool gaps[256] = {
	['\0'] = true, [' '] = true, [','] = true, [';'] = true, ['('] = true, [')'] = true, ['"'] = true, ['!'] = true,
	['?'] = true,
};

static inline bool is_gap(char c)
{
	return gaps[(unsigned char)c];
}

static inline bool is_mark(char c)
{
	return c == '.' || c == ':' || c == '\'';
}

/* ---- Known words ---- */

#define KNOWN_BITS 16384

static unsigned char known[KNOWN_BITS / 8];

/* A word as far as it has been read: eight bytes and the length tell words apart well enough. */
static inline uint64_t start_on(uint64_t start, size_t i, char c)
{
	return i < 8 ? start << 8 | (unsigned char)c : start;
}

static inline unsigned bit_of(uint64_t start, size_t n)
{
	return (unsigned)((start ^ (uint64_t)n << 56) * UINT64_C(0x9E3779B97F4A7C15) >> 50);
}

static unsigned known_bit(const char *p, size_t n)
{
	uint64_t start = 0;
	size_t i;

	for (i = 0; i < n; i++)
		start = start_on(start, i, p[i]);
	return bit_of(start, n);
}

/* The length of a word without the marks that may stand behind it. */
static size_t without_marks(const char *p, size_t n)
{
	while (n > 1 && is_mark(p[n - 1]))
		n--;
	return n > 2 && p[n - 1] == 's' && p[n - 2] == '\'' ? n - 2 : n;
}

void when_know(const char *phrase)
{
	while (*phrase) {
		size_t n = strcspn(phrase, " ");
		unsigned bit = known_bit(phrase, without_marks(phrase, n));

		known[bit / 8] |= (unsigned char)(1u << bit % 8);
		phrase += n + (phrase[n] == ' ');
	}
}

void when_know_all(const char *const *phrases, size_t n)
{
	while (n-- > 0)
		when_know(phrases[n]);
}

/* ---- Words ---- */

/* The word at p, where no gap is. */
static inline struct word word_at(const char *p)
{
	uint64_t start = 0;
	size_t n, bare;
	unsigned bit;

	for (n = 0; !is_gap(p[n]); n++)
		start = start_on(start, n, p[n]);
	bare = p[n - 1] == 's' || is_mark(p[n - 1]) ? without_marks(p, n) : n;
	bit = bare == n ? bit_of(start, n) : known_bit(p, bare);
	return (struct word){p, n, (unsigned char)(*p - '0') < 10 || known[bit / 8] >> bit % 8 & 1};
}

void when_split(struct reader *r, const char *text)
{
	const char *p = text;

	r->count = r->at = 0;
	while (r->count < WORDS_MAX) {
		while (*p && is_gap(*p))
			p++;
		if (!*p)
			break;
		r->words[r->count] = word_at(p);
		p += r->words[r->count++].n;
	}
}

/* ---- What may begin a day, a time or what leads to them ---- */

/* A word by its first three bytes; one of two bytes, whatever mark stands behind it, by those. */
static unsigned start_of(const char *p, size_t n)
{
	unsigned third = n > 2 && !is_mark(p[2]) ? (unsigned char)p[2] : 0;

	return (((unsigned char)p[0] * 31u + (unsigned char)p[1]) * 31u + third) % WHEN_STARTS;
}

void when_may_begin(struct when_begins *b, const char *phrase)
{
	unsigned at = start_of(phrase, strcspn(phrase, " "));

	b->starts[at / 8] |= (unsigned char)(1u << at % 8);
	when_know(phrase);
}

bool when_begins(const struct when_begins *b, const struct word *w)
{
	unsigned at;

	if (!w->known)
		return false;
	if (w->n < 2 || (unsigned char)(*w->p - '0') < 10)
		return w->n > 0 && (unsigned char)(*w->p - '0') < 10;
	at = start_of(w->p, w->n);
	return b->starts[at / 8] >> at % 8 & 1;
}

size_t when_same(const struct word *w, const char *text)
{
	size_t i, n = w->n;

	if (!w->known)
		return 0;
	for (i = 0; text[i] && text[i] != ' '; i++)
		if (i == n || w->p[i] != text[i])
			return 0;
	while (n > i && is_mark(w->p[n - 1]))
		n--;
	if (n == i + 2 && w->p[i] == '\'' && w->p[i + 1] == 's')
		n = i;
	return n == i ? i : 0;
}

bool when_rest_is(const struct word *w, size_t from, const char *text)
{
	struct word rest = {w->p + from, w->n - from, true};

	return when_is(&rest, text);
}

bool when_next_is(const struct reader *r, const char *text)
{
	return when_is(when_peek(r, 0), text);
}

bool when_take(struct reader *r, const char *text)
{
	if (!when_next_is(r, text))
		return false;
	r->at++;
	return true;
}

bool when_take_all(struct reader *r, const char *text)
{
	unsigned ahead = 0;

	while (*text) {
		size_t n = when_same(when_peek(r, ahead++), text);

		if (n == 0)
			return false;
		text += n;
		text += *text == ' ';
	}
	r->at += ahead;
	return ahead > 0;
}

int when_number(const struct word *w, size_t *end)
{
	int v = 0;

	for (*end = 0; *end < w->n && *end < 5 && isdigit((unsigned char)w->p[*end]); ++*end)
		v = v * 10 + (w->p[*end] - '0');
	return *end > 0 ? v : -1;
}
