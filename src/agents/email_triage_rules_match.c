/* Finding the words of a rule in the text of a mail. */
#include <ctype.h>
#include <string.h>

#include "agents/email_triage_rules_priv.h"

/* A word as it may be written: the first n bytes of the rule's, then this ending. */
struct form { size_t n; const char *ending; };

#define FORMS_MAX 3

static bool is_letter(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool ends_in(const char *word, size_t n, const char *ending)
{
	size_t len = strlen(ending);

	return n > len && strncmp(word + n - len, ending, len) == 0;
}

/* After these the plural is "-es": boxes, classes, lunches. */
static bool hisses(const char *word, size_t n)
{
	return n > 1 && (strchr("sxzo", word[n - 1]) || ends_in(word, n, "ch") || ends_in(word, n, "sh"));
}

/* Words that only look like plurals, and what is too short to tell ("aws", "its"). */
static bool is_plural(const char *word, size_t n)
{
	return n > 3 && word[n - 1] == 's' && !ends_in(word, n, "ss") && !ends_in(word, n, "us") &&
	       !ends_in(word, n, "is") && !(n == 4 && strncmp(word, "news", n) == 0);
}

/* The word's other forms: its singulars when it is a plural, else its plural. */
static unsigned other_forms(const char *word, size_t n, struct form out[FORMS_MAX])
{
	unsigned count = 0;

	if (is_plural(word, n)) {
		if (n > 4 && ends_in(word, n, "ies"))
			out[count++] = (struct form){n - 3, "y"};
		if (n > 4 && ends_in(word, n, "es") && hisses(word, n - 2))
			out[count++] = (struct form){n - 2, ""};
		out[count++] = (struct form){n - 1, ""};
	} else if (n > 2) {
		if (word[n - 1] == 'y')
			out[count++] = (struct form){n - 1, "ies"};
		out[count++] = (struct form){n, hisses(word, n) ? "es" : "s"};
	}
	return count;
}

/* Behind a word of a rule (n bytes) in the text, NULL when it does not stand there. The last may go on: "refund" finds
 * "refunded". */
static const char *behind_word(const char *at, const char *word, size_t n, bool last)
{
	struct form forms[FORMS_MAX];
	unsigned i, count;

	if (strncmp(at, word, n) == 0 && (last || !is_letter(word[n - 1]) || !is_letter(at[n])))
		return at + n;
	count = other_forms(word, n, forms);
	for (i = 0; i < count; i++) {
		size_t len = strlen(forms[i].ending);

		if (strncmp(at, word, forms[i].n) == 0 && strncmp(at + forms[i].n, forms[i].ending, len) == 0 &&
		    !is_letter(at[forms[i].n + len]))
			return at + forms[i].n + len;
	}
	return NULL;
}

/* Do all the words, separated by single blanks, begin at this place? */
static bool stand_at(const char *at, const char *words)
{
	for (;;) {
		size_t n = strcspn(words, " ");
		bool last = words[n] == '\0';

		at = behind_word(at, words, n, last);
		if (!at || last)
			return at != NULL;
		words += n + 1;
		n = strspn(at, " \t\r\n");
		if (n == 0)
			return false;
		at += n;
	}
}

/* Are these words in a text (both lower case), as singular or plural, the last also as the beginning of a longer word? */
static bool has_words(const char *text, const char *words)
{
	const char *p = text;

	if (!*words)
		return false;
	/* every form begins as the word does */
	while ((p = strchr(p, *words)) != NULL) {
		if ((p == text || !is_letter(p[-1]) || !is_letter(*p)) && stand_at(p, words))
			return true;
		p++;
	}
	return false;
}

/* ---- Places ---- */

/* "Re: ", "Fwd: " and the like stand before what a subject says. */
static const char *behind_prefixes(const char *text)
{
	static const char *const prefixes[] = {"re:", "aw:", "fwd:", "fw:", "wg:", "sv:", "antw:"};
	unsigned i;

	for (i = 0; i < COUNT(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		text += strspn(text, " \t\r\n");
		if (strncmp(text, prefixes[i], n) == 0) {
			text += n;
			i = (unsigned)-1;
		}
	}
	return text;
}

bool rules_text_holds(const char *text, const struct value *value)
{
	size_t n = strlen(text), len = strlen(value->text);

	while (n > 0 && strchr(" \t\r\n.!?", text[n - 1]))
		n--;
	switch (value->where) {
	case AT_START:
		return strncmp(text, value->text, len) == 0 || strncmp(behind_prefixes(text), value->text, len) == 0;
	case AT_END:
		return n >= len && strncmp(text + n - len, value->text, len) == 0;
	case ALL_OF_IT:
		text = behind_prefixes(text);
		n = strlen(text);
		return n == len && strncmp(text, value->text, len) == 0;
	default:
		return value->exact ? strstr(text, value->text) != NULL : has_words(text, value->text);
	}
}
