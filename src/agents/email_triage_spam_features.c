/* The features of a mail: words and pairs of them. Addresses of pages, and how it was made, stand in
 * email_triage_spam_signs.c. */
#include <ctype.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage_spam_priv.h"

#define READ_MAX       (16u << 10)    /* bytes of the text */
#define WORD_MAX       24             /* bytes of a word; a longer one is told by its length */
#define WORD_ROOM      32
#define COMMON_MAX     7              /* bytes of the longest common word */
#define FOOTER_MAX     900            /* bytes that a list adds at most */

void spam_tell_sign(struct reading *r, const char *name)
{
	r->each(r->ctx, feature_of(KIND_SIGN, name, strlen(name)), NULL, 0);
}

/* A sign with how much of it there is, on a scale that doubles. */
void spam_tell_amount(struct reading *r, const char *name, unsigned amount)
{
	uint64_t h = FEATURE_START(KIND_SIGN);
	unsigned level = 0;

	for (; *name; name++)
		h = feature_byte(h, *name);
	for (; amount > 0; amount >>= 1)
		level++;
	r->each(r->ctx, feature_end(feature_byte(h, (char)('0' + level))), NULL, 0);
}

/* ---- Words ---- */

/* Words are made of letters, digits, all bytes of other scripts, and "!$%'-" as they stand in words. */
static char told[256];           /* feature_bytes */
static uint32_t counts[256];     /* letters, capitals, bytes of other scripts: side by side, to be summed at once */

#define LETTERS(sum)  ((sum) & 0xFF)
#define CAPITALS(sum) ((sum) >> 8 & 0xFF)
#define FOREIGN(sum)  ((sum) >> 16)

static void know_bytes(void)
{
	unsigned c;

	feature_bytes(told, "!$%'-");
	for (c = 1; c < 256; c++) {
		bool small = c - 'a' < 26, capital = c - 'A' < 26;

		counts[c] = (small || capital) + (capital ? 1u << 8 : 0) + (c >= 0x80 ? 1u << 16 : 0);
	}
}

static inline bool is_word(char c)
{
	return told[(unsigned char)c] != '\0';
}

/* A word as it stands; hash, of no kind, and text as it is told. Of one that is longer than WORD_MAX neither counts nor
 * text mean anything. */
struct word {
	const char *p;
	size_t n;
	uint64_t hash;
	uint32_t counts;
	char text[WORD_ROOM];
};

_Static_assert(WORD_MAX <= WORD_ROOM, "a word has room");

/* What there is of a word at p: nothing behind what only would have joined two. */
static inline void scan_word(struct word *w, const char *p, const char *end)
{
	uint64_t h = FEATURE_START(0);
	uint32_t sum = 0;
	size_t n;

	for (n = 0; p + n < end && is_word(p[n]); n++) {
		const unsigned char c = (unsigned char)p[n];

		h = feature_byte(h, told[c]);
		sum += counts[c];
		w->text[n % WORD_ROOM] = told[c];
	}
	w->p = p;
	w->n = n;
	w->hash = h;
	w->counts = sum;
}

/* Words are joined by these, and neither begin nor end with them. */
static inline bool joins(char c)
{
	return c == '-' || c == '\'';
}

static inline bool is_own(const struct reading *r, const char *p, size_t n)
{
	unsigned i;

	if (!(r->own_lengths[p[0] & 31] >> (n < 31 ? n : 31) & 1))
		return false;
	for (i = 0; i < r->own_count; i++)
		if (r->own[i].n == n && strncasecmp(r->own[i].p, p, n) == 0)
			return true;
	return false;
}

/* Words that every mail is made of: alone they tell only how their time wrote. */
static const char *const common[] = {
	"a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "back", "be",
	"because", "been", "before", "being", "but", "by", "can", "come", "could", "did", "do", "does",
	"don't", "down", "each", "even", "first", "for", "from", "get", "give", "go", "good", "got", "had",
	"has", "have", "he", "her", "here", "him", "his", "how", "i", "i'm", "if", "in", "into", "is",
	"it", "it's", "its", "just", "know", "let", "like", "ll", "made", "make", "many", "may", "me",
	"more", "most", "much", "must", "my", "need", "new", "no", "not", "now", "of", "off", "on", "one",
	"only", "or", "other", "our", "out", "over", "own", "please", "said", "see", "she", "should", "so",
	"some", "such", "take", "than", "thank", "thanks", "that", "that's", "the", "their", "them",
	"then", "there", "these", "they", "this", "those", "through", "time", "to", "today", "two", "up",
	"us", "use", "very", "was", "way", "we", "well", "were", "what", "when", "where", "which", "while",
	"who", "why", "will", "with", "would", "year", "years", "yes", "yet", "you", "you're", "your",
	"yours",
};

static struct feature_set commons;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void)
{
	size_t i;

	know_bytes();
	for (i = 0; i < sizeof common / sizeof *common; i++)
		feature_set_put(&commons, feature_of(0, common[i], strlen(common[i])), 0);
}

static void tell_word(struct reading *r, const struct word *w)
{
	bool plain = w->n <= COMMON_MAX && feature_set_find(&commons, feature_end(w->hash)) >= 0;
	uint64_t id = feature_end(w->hash + r->word);
	unsigned letters = LETTERS(w->counts), capitals = CAPITALS(w->counts);

	r->words++;
	r->numbers += letters == 0;
	if (!plain)
		r->each(r->ctx, id, letters > 2 ? w->text : NULL, w->n);
	if (capitals > 2 && capitals == letters) {
		r->capitals++;
		r->each(r->ctx, feature_end(w->hash + KIND_CAPITALS), NULL, 0);
	}
	if (r->before && !(plain && r->before_plain))
		r->each(r->ctx, feature_end(r->before * UINT64_C(0x9E3779B97F4A7C15) + id + r->pair), NULL, 0);
	r->before = id;
	r->before_plain = plain;
}

static size_t until_blank(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && !strchr(" \t\n<>\"()", p[n]))
		n++;
	return n;
}

/* ---- Text ---- */

/* "ann@example.org": whose address stands in a text tells who wrote it, not what it is. */
static size_t address_rest(const char *p, const char *end)
{
	size_t n = 0;

	if (p >= end || *p != '@')
		return 0;
	for (n = 1; p + n < end && (isalnum((unsigned char)p[n]) || strchr(".-_", p[n])); n++)
		;
	return n;
}

static void take_word(struct reading *r, struct word *w)
{
	const char *end = w->p + w->n;

	r->shouts += w->n > 0 && end[-1] == '!';
	while (end > w->p && joins(end[-1]))
		end--;
	if (end < w->p + w->n)
		scan_word(w, w->p, end);
	if (w->n > 1 && w->n <= WORD_MAX && FOREIGN(w->counts) == 0 && !is_own(r, w->p, w->n)) {
		tell_word(r, w);
		return;
	}
	if (r->word == KIND_SUBJECT && w->n > 3 && is_own(r, w->p, w->n))
		spam_tell_sign(r, "subject:own");
	if (w->n > WORD_MAX)
		spam_tell_amount(r, "long", (unsigned)w->n);
	r->before = 0;
}

/* A pair goes over one line's end, not over a paragraph's or a sentence's. */
static inline bool parts_pairs(const char *p, const char *end)
{
	return *p == '.' || *p == '?' || *p == ':' || *p == ';' || (*p == '\n' && p + 1 < end && p[1] == '\n');
}

static void read_words(struct reading *r, const char *p, const char *end, enum kind word, enum kind pair)
{
	struct word w;
	size_t n;

	r->word = word;
	r->pair = pair;
	r->before = 0;
	while (p < end) {
		n = spam_page_starts(p, (size_t)(end - p));
		if (n > 0) {
			p += n;
			n = until_blank(p, end);
			spam_tell_page(r, p, n);
			r->before = 0;
			p += n;
			continue;
		}
		if (!is_word(*p)) {
			if (parts_pairs(p, end))
				r->before = 0;
			p++;
			continue;
		}
		while (p < end && joins(*p))
			p++;
		scan_word(&w, p, end);
		p += w.n;
		n = address_rest(p, end);
		p += n;
		if (n == 0)
			take_word(r, &w);
		else
			r->before = 0;
	}
}

/* Where a list's footer begins: behind the last line of underscores or dashes, when little follows and much stands before. */
static size_t without_footer(const char *text, size_t n)
{
	size_t from = n > FOOTER_MAX ? n - FOOTER_MAX : 0, at;

	for (at = n; at > from + 1; at--)
		if (text[at - 2] == '\n' &&
		    (strncmp(text + at - 1, "__________", 10) == 0 || strncmp(text + at - 1, "----------", 10) == 0 ||
		     strncmp(text + at - 1, "-- \n", 4) == 0 || strncmp(text + at - 1, "--\n", 3) == 0) &&
		    at - 1 > n - (at - 1))
			return at - 1;
	return n;
}

/* "Re: [tag] what it is about": without the list's tag. */
static const char *without_tag(const char *subject)
{
	const char *s = subject, *close;

	while (strncasecmp(s, "re:", 3) == 0 || strncasecmp(s, "fw:", 3) == 0 || *s == ' ')
		s += *s == ' ' ? 1 : 3;
	close = *s == '[' ? strchr(s, ']') : NULL;
	return close && close - s < 30 ? close + 1 : s;
}

static void tell_subject(struct reading *r, const char *subject)
{
	unsigned upper = 0, lower = 0;

	for (; *subject; subject++) {
		upper += isupper((unsigned char)*subject) != 0;
		lower += islower((unsigned char)*subject) != 0;
	}
	if (upper > 5 && upper > 2 * lower)
		spam_tell_sign(r, "subject:capitals");
}

bool spam_has_wire(const struct mail *m)
{
	return mail_header(m, "Received") && mail_header(m, "Date") && *m->message_id;
}

void spam_features(const struct mail *m, bool wire, feature_fn each, void *ctx)
{
	struct reading r = {.each = each, .ctx = ctx};
	size_t n = without_footer(m->text, m->text_len);
	const char *subject = without_tag(m->subject);

	pthread_once(&once, prepare);
	spam_own_words(&r, m);
	spam_tell_signs(&r, m, wire);
	read_words(&r, subject, subject + strlen(subject), KIND_SUBJECT, KIND_SUBJECT_PAIR);
	read_words(&r, subject, subject + strlen(subject), KIND_WORD, KIND_PAIR);
	read_words(&r, m->text, m->text + (n < READ_MAX ? n : READ_MAX), KIND_WORD, KIND_PAIR);
	tell_subject(&r, subject);
	spam_tell_amount(&r, "words", r.words);
	spam_tell_amount(&r, "capitals", r.capitals * 32 / (r.words + 1));
	spam_tell_amount(&r, "numbers", r.numbers * 32 / (r.words + 1));
	spam_tell_amount(&r, "shouts", r.shouts);
	spam_tell_amount(&r, "pages", r.pages);
}
