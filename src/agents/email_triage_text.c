/* From text to sentences. */
#include "agents/email_triage_text.h"

#include "agents/email_triage_marks.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "integrations/text_clean.h"

#define SENTENCE_MAX 1000      /* bytes; what is longer is read in pieces */

/* Simple case folding of the letters that occur in European mail. */
static uint32_t lower_code(uint32_t c)
{
	if (c < 0x80)
		return (uint32_t)tolower((int)c);
	if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))
		return c + 0x20;
	if (c >= 0x100 && c <= 0x17F && c != 0x130 && c != 0x131 && c != 0x178)
		return (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E) ? c + (c & 1) : c | 1;
	if (c >= 0x400 && c <= 0x40F)
		return c + 0x50;
	return c;
}

/* Typographic quotes and hyphens as those of a keyboard. */
static uint32_t plain_code(uint32_t c)
{
	switch (c) {
	case 0x2018: case 0x2019: case 0x02BC: case 0x00B4:
		return '\'';
	case 0x201C: case 0x201D: case 0x201E: case 0x00AB: case 0x00BB:
		return '"';
	case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2014: case 0x2212:
		return '-';
	default:
		return lower_code(c);
	}
}

char *text_lower(struct arena *a, const char *text)
{
	struct buf b;
	char *out;

	buf_init(&b, 2 * strlen(text) + 1);
	while (*text)
		if ((unsigned char)*text < 0x80)
			buf_addc(&b, (char)tolower((unsigned char)*text++));
		else
			text_put(&b, plain_code(text_next(&text)));
	out = arena_strndup(a, buf_str(&b), b.len);
	buf_release(&b);
	return out;
}

/* ---- Sentences ---- */

static void put(struct sentences *s, struct arena *a, struct buf *b, bool question, bool subject)
{
	struct sentence *one;
	struct marks marks;
	unsigned first;

	while (b->len > 0 && b->data[b->len - 1] == ' ')
		b->data[--b->len] = '\0';
	if (b->len == 0 || s->count == TEXT_SENTENCES_MAX)
		return;
	first = s->hit_count;
	marks = marks_find(s, b->data);
	if (guard_steers(marks.guard)) {
		s->ignored++;
		s->hit_count = first;
	} else {
		one = &s->all[s->count++];
		*one = (struct sentence){.text = arena_strndup(a, b->data, b->len), .question = question, .subject = subject,
		                         .first_hit = first, .hit_count = s->hit_count - first, .says = marks.says};
	}
	buf_reset(b);
}

/* A full stop after "15", "e.g" or "Dr" ends nothing. */
static bool stops(const struct buf *b, const char *rest)
{
	static const char *const short_forms[] = {"dr", "mr", "mrs", "ms", "prof", "e.g", "i.e", "etc", "z.b",
	                                          "bzw", "no", "nr", "st", "approx", "ca", "vs"};
	size_t start = b->len, n;
	unsigned i;

	if (*rest && !isspace((unsigned char)*rest) && *rest != '"' && *rest != ')')
		return false;
	while (start > 0 && b->data[start - 1] != ' ')
		start--;
	n = b->len - start;
	if (n == 0 || (n <= 2 && isdigit((unsigned char)b->data[start])))
		return n == 0;
	if (n == 1 && b->data[start] != 'i')
		return false;
	for (i = 0; i < sizeof short_forms / sizeof *short_forms; i++)
		if (*short_forms[i] == b->data[start] && strlen(short_forms[i]) == n &&
		    strncmp(b->data + start, short_forms[i], n) == 0)
			return false;
	return true;
}

/* A line's end ends a sentence when a blank line, a list item or something indented follows. */
static bool line_ends(const char *rest)
{
	const char *p = rest + strspn(rest, " \t");

	return *p == '\n' || *p == '\0' || *p == '-' || *p == '*' || *p == '|' || p - rest >= 4 ||
	       strncmp(p, "•", 3) == 0;
}

static bool mark_ends(const char *rest)
{
	return !*rest || isspace((unsigned char)*rest) || strchr("\"')!?", *rest) ||
	       (unsigned char)*rest >= 0x80;
}

enum end { GOES_ON, ENDS, ENDS_AS_QUESTION };

static enum end ending(uint32_t c, const struct buf *b, const char *rest)
{
	switch (c) {
	case '.':
		return stops(b, rest) ? ENDS : GOES_ON;
	case '!':
		return mark_ends(rest) ? ENDS : GOES_ON;
	case '?':
		return mark_ends(rest) ? ENDS_AS_QUESTION : GOES_ON;
	case 0xFF1F: case 0x061F: case 0x037E:
		return ENDS_AS_QUESTION;
	case 0x3002: case 0xFF01: case 0x0964: case 0x0965:
		return ENDS;
	case '\n':
		return line_ends(rest) ? ENDS : GOES_ON;
	default:
		return GOES_ON;
	}
}

/* What stands for a byte that ends no sentence and is no blank: itself, a small letter for a capital. 0: look closer. */
static const char copied[256] = {
	['"'] = '"', ['#'] = '#', ['$'] = '$', ['%'] = '%', ['&'] = '&', ['\''] = '\'', ['('] = '(', [')'] = ')', ['*'] = '*',
	['+'] = '+', [','] = ',', ['-'] = '-', ['/'] = '/', ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
	['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9', [':'] = ':', [';'] = ';', ['<'] = '<', ['='] = '=',
	['>'] = '>', ['@'] = '@', ['['] = '[', ['\\'] = '\\', [']'] = ']', ['^'] = '^', ['_'] = '_', ['`'] = '`', ['{'] = '{',
	['|'] = '|', ['}'] = '}', ['~'] = '~',
	['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i',
	['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r',
	['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z',
	['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i',
	['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r',
	['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = 'z',
};

/* Copies words and the single blanks between them; the buffer has room for a sentence. Returns how many bytes were read. */
static size_t copy_words(struct buf *b, const char *p)
{
	char *to = b->data + b->len, *const stop = b->data + SENTENCE_MAX;
	const char *from = p;

	for (; to < stop; p++) {
		char c = copied[(unsigned char)*p];

		if (c)
			*to++ = c;
		else if (*p == ' ' && to > b->data && copied[(unsigned char)p[1]])
			*to++ = ' ';
		else
			break;
	}
	b->len = (size_t)(to - b->data);
	b->data[b->len] = '\0';
	return (size_t)(p - from);
}

void sentences_add(struct sentences *s, struct arena *a, const char *text, bool subject)
{
	const char *p = text;
	struct buf b;

	buf_init(&b, SENTENCE_MAX + 16);
	buf_reserve(&b, SENTENCE_MAX + 8);
	while (*p && (size_t)(p - text) < TEXT_READ_MAX && s->count < TEXT_SENTENCES_MAX) {
		size_t run = copy_words(&b, p);
		uint32_t c;
		enum end end;

		if (run > 0) {
			p += run;
			if (b.len >= SENTENCE_MAX)
				put(s, a, &b, false, subject);
			continue;
		}
		c = (unsigned char)*p < 0x80 ? (uint32_t)tolower((unsigned char)*p++) : plain_code(text_next(&p));
		end = ending(c, &b, p);

		if (c == '\n' || c == '\t')
			c = ' ';
		if (end != GOES_ON)
			put(s, a, &b, end == ENDS_AS_QUESTION, subject);
		else if (c != ' ' || (b.len > 0 && b.data[b.len - 1] != ' '))
			text_put(&b, c);
		if (b.len >= SENTENCE_MAX)
			put(s, a, &b, false, subject);
	}
	put(s, a, &b, false, subject);
	buf_release(&b);
}
