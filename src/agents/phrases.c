/* Phrases in texts. */
#include "agents/phrases.h"

#include <ctype.h>
#include <string.h>

#include "base/err.h"

static bool is_letter(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static size_t phrase_length(const char *phrase)
{
	size_t n = strlen(phrase);

	return n - (phrase[n - 1] == '*');
}

/* n: the phrase's length. */
static bool stands_at(const char *at, const char *phrase, size_t n)
{
	return strncmp(at, phrase, n) == 0 && (phrase[n] == '*' || !is_letter(phrase[n - 1]) || !is_letter(at[n]));
}

void phrases_build(struct phrase_index *ix, const struct phrase *all, size_t n)
{
	unsigned c, at = 0;
	size_t i;

	INVARIANT(n <= PHRASES_MAX, "an index of phrases is full");
	ix->all = all;
	for (c = 0; c < 256; c++) {
		ix->first[c] = (uint16_t)at;
		for (i = 0; i < n; i++)
			if ((unsigned char)all[i].text[0] == c)
				ix->order[at++] = (uint16_t)i;
	}
	ix->first[256] = (uint16_t)at;
	for (i = 0; i < n; i++)
		ix->length[i] = (uint8_t)phrase_length(all[i].text);
}

void phrases_find(const struct phrase_index *ix, const char *text,
                  void (*hit)(void *ctx, const struct phrase *p, const char *at), void *ctx)
{
	bool in_word = false;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		unsigned i;

		if (!in_word || !is_letter(*text))
			for (i = ix->first[c]; i < ix->first[c + 1]; i++) {
				const struct phrase *p = &ix->all[ix->order[i]];
				size_t n = ix->length[ix->order[i]];

				if ((n < 2 || p->text[1] == text[1]) && stands_at(text, p->text, n))
					hit(ctx, p, text);
			}
		in_word = is_letter(*text);
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

static void note_tag(void *ctx, const struct phrase *p, const char *at)
{
	*(uint32_t *)ctx |= p->tag;
}

uint32_t phrases_tags(const struct phrase_index *ix, const char *text)
{
	uint32_t seen = 0;

	phrases_find(ix, text, note_tag, &seen);
	return seen;
}
