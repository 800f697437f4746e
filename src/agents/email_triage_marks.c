/* One index of all phrases. */
#include "agents/email_triage_marks.h"

#include <pthread.h>
#include <string.h>

#include "agents/email_triage_cues.h"
#include "agents/email_triage_says.h"
#include "base/err.h"

static struct phrase all[PHRASES_MAX];       /* cues, the guard's, what sentences say */
static size_t guard_from, says_from;
static struct phrase_index phrase_ix;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static size_t append(size_t at, const struct phrase *some, size_t n)
{
	INVARIANT(at + n <= PHRASES_MAX, "the index of phrases is full");
	memcpy(all + at, some, n * sizeof *all);
	return at + n;
}

static void build(void)
{
	size_t n = guard_from = append(0, cue_phrases, cue_phrase_count);

	n = says_from = append(n, guard_phrases, guard_phrase_count);
	n = append(n, says_notices, says_notices_count);
	n = append(n, says_trouble, says_trouble_count);
	n = append(n, says_words, says_words_count);
	n = append(n, says_things, says_things_count);
	n = append(n, says_alarms, says_alarms_count);
	phrases_build(&phrase_ix, all, n);
}

struct finding { struct sentences *s; const char *sentence; struct marks found; };

static void note(void *ctx, const struct phrase *p, const char *at)
{
	struct finding *f = ctx;
	size_t i = (size_t)(p - all);

	if (i >= says_from)
		f->found.says |= p->tag;
	else if (i >= guard_from)
		f->found.guard |= p->tag;
	else if (f->s && f->s->hit_count < TEXT_HITS_MAX)
		f->s->hits[f->s->hit_count++] = (struct cue_hit){(uint16_t)i, (uint16_t)(at - f->sentence)};
}

struct marks marks_find(struct sentences *s, const char *sentence)
{
	struct finding f = {.s = s, .sentence = sentence};

	pthread_once(&once, build);
	phrases_find(&phrase_ix, sentence, note, &f);
	return f.found;
}

bool sentence_steers(const char *sentence)
{
	return guard_steers(marks_find(NULL, sentence).guard);
}
