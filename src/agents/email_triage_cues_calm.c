/* What takes a pressing cue back: "not urgent", "the outage is fixed", "a course on data breach law". */
#include <ctype.h>
#include <string.h>

#include "agents/email_triage_cues.h"

#define COUNT(list) (sizeof list / sizeof *list)

struct word { const char *text; size_t n; };

static bool is_letter(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || c == '\'';
}

static bool word_is_in(struct word w, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(list[i]) == w.n && strncmp(list[i], w.text, w.n) == 0)
			return true;
	return false;
}

/* The word that ends before this place with nothing but blanks between, n 0 when there is none. */
static struct word word_before(const char *sentence, const char *at)
{
	const char *end = at, *start;

	while (end > sentence && end[-1] == ' ')
		end--;
	for (start = end; start > sentence && is_letter(start[-1]); start--)
		;
	return (struct word){start, (size_t)(end - start)};
}

static struct word word_after(const char *at)
{
	struct word w = {at + strspn(at, " "), 0};

	while (is_letter(w.text[w.n]))
		w.n++;
	return w;
}

bool cue_is_negated(const char *sentence, const char *at)
{
	static const char *const fillers[] = {"a", "an", "so", "that", "very", "really", "too", "super", "at", "all",
	                                      "longer", "any", "more", "yet", "be", "been", "being", "is", "was", "the",
	                                      "particularly", "terribly", "overly", "exactly", "sehr", "mehr",
	                                      "besonders", "très", "es"};
	static const char *const nots[] = {"not", "no", "non", "never", "without", "neither", "nor", "nicht", "kein",
	                                   "keine", "keinen", "ohne", "pas", "sans", "sin"};
	struct word w;

	do {
		w = word_before(sentence, at);
		at = w.text;
		if (word_is_in(w, nots, COUNT(nots)) || (w.n > 3 && strncmp(w.text + w.n - 3, "n't", 3) == 0))
			return true;
	} while (w.n > 0 && word_is_in(w, fillers, COUNT(fillers)));
	return false;
}

bool cue_is_topic(const char *sentence, const char *at, size_t n)
{
	static const char *const behind[] = {"law", "laws", "regulation", "regulations", "course", "training",
	                                     "insurance", "policy", "policies", "webinar", "workshop", "seminar",
	                                     "drill", "exercise", "simulation", "prevention", "awareness", "statistics",
	                                     "protection", "plan", "conference", "lecture", "paper", "survey", "study"};
	static const char *const on[] = {"on", "about", "of", "regarding", "covering"};
	static const char *const before[] = {"course", "training", "webinar", "workshop", "seminar", "talk", "lecture",
	                                     "article", "book", "paper", "study", "survey", "conference",
	                                     "presentation", "module", "podcast"};
	struct word w = word_before(sentence, at);

	return word_is_in(word_after(at + n), behind, COUNT(behind)) ||
	       (word_is_in(w, on, COUNT(on)) && word_is_in(word_before(sentence, w.text), before, COUNT(before)));
}

bool cue_is_still_open(const struct sentence *s)
{
	static const char *const words[] = {"until", "till", "once", "when", "if", "unless", "before", "please", "will",
	                                    "must", "should", "need", "needs", "hope", "but", "however", "except",
	                                    "still", "bis", "wenn", "sobald", "bitte", "aber", "noch", "mais", "quand",
	                                    "pero", "cuando"};
	unsigned i;

	for (i = 0; i < COUNT(words) && !s->question; i++)
		if (text_has_phrase(s->text, words[i]))
			return true;
	return s->question;
}
