/* The features of a mail: words and pairs of them, addresses of pages by their shape; how it was made stands in
 * email_triage_spam_signs.c. */
#include <ctype.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage_spam_priv.h"

#define READ_MAX       (16u << 10)    /* bytes of the text */
#define WORD_MAX       24             /* bytes of a word; a longer one is told by its length */
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

/* What words are made of: letters, digits, all bytes of other scripts, and "!$%'-" as they stand
 * in words; of ASCII as bits. */
static inline bool is_word(char c)
{
	static const uint64_t ascii[2] = {UINT64_C(0x03FF20B200000000), UINT64_C(0x07FFFFFE07FFFFFE)};
	unsigned u = (unsigned char)c;

	return u >= 0x80 || ascii[u >> 6] >> (u & 63) & 1;
}

static bool is_own(const struct reading *r, const char *p, size_t n)
{
	unsigned i;

	if (!(r->own_begin >> (p[0] & 31) & 1))
		return false;
	for (i = 0; i < r->own_count; i++)
		if (r->own[i].n == n && ((r->own[i].p[0] ^ p[0]) & 0xDF) == 0 && strncasecmp(r->own[i].p, p, n) == 0)
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

static uint64_t common_ids[512];       /* by their low bits, as features; the next free place when it is taken */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void place_common(void)
{
	size_t i, at;

	for (i = 0; i < sizeof common / sizeof *common; i++) {
		uint64_t id = feature_of(0, common[i], strlen(common[i]));

		for (at = id % 512; common_ids[at]; at = (at + 1) % 512)
			;
		common_ids[at] = id;
	}
}

/* id: the word's hash, of no kind. */
static bool is_common(uint64_t id)
{
	size_t at;

	for (at = id % 512; common_ids[at]; at = (at + 1) % 512)
		if (common_ids[at] == id)
			return true;
	return false;
}

static void tell_word(struct reading *r, const char *p, size_t n)
{
	char text[WORD_MAX];
	bool plain;
	uint64_t h = FEATURE_START(0), id;
	unsigned upper = 0, letters = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned c = (unsigned char)p[i], low = c | 0x20;

		if (low - 'a' < 26) {
			upper += c != low;
			letters++;
			c = low;
		} else if (c - '0' < 10) {
			/* a number by how it is written: which year or price it is tells nothing */
			c = '0';
		}
		text[i] = (char)c;
		h = feature_byte(h, text[i]);
	}
	plain = n <= COMMON_MAX && is_common(feature_end(h));
	id = feature_end(h + r->word);
	r->words++;
	r->numbers += letters == 0;
	if (!plain)
		r->each(r->ctx, id, letters > 2 ? text : NULL, n);
	if (upper > 2 && upper == letters) {
		r->capitals++;
		r->each(r->ctx, feature_end(h + KIND_CAPITALS), NULL, 0);
	}
	if (r->before && !(plain && r->before_plain))
		r->each(r->ctx, feature_end(r->before * UINT64_C(0x9E3779B97F4A7C15) + id + r->pair), NULL, 0);
	r->before = id;
	r->before_plain = plain;
}

/* ---- Addresses of pages ---- */

void spam_tell_page_word(struct reading *r, const char *what, const char *p, size_t n)
{
	uint64_t h = FEATURE_START(KIND_PAGE);
	size_t i;

	for (; *what; what++)
		h = feature_byte(h, *what);
	for (i = 0; i < n && i < 12; i++)
		h = feature_byte(h, (char)tolower((unsigned char)p[i]));
	r->each(r->ctx, feature_end(h), NULL, 0);
}

/* p[0..n): behind "://". The host by its shape, and how the page's path ends. */
void spam_tell_page(struct reading *r, const char *p, size_t n)
{
	size_t host = 0, dot = 0, end, i, digits = 0, dots = 0;
	const char *at = memchr(p, '@', n);

	r->pages++;
	if (at && !memchr(p, '/', (size_t)(at - p)))
		spam_tell_page_word(r, "user", "", 0);
	for (; host < n && !strchr("/?#:", p[host]); host++) {
		digits += isdigit((unsigned char)p[host]) != 0;
		dots += p[host] == '.';
		dot = p[host] == '.' ? host + 1 : dot;
	}
	if (host < n && p[host] == ':')
		spam_tell_page_word(r, "port", "", 0);
	if (digits + dots == host)
		spam_tell_page_word(r, "bare", "", 0);
	else if (digits > 3)
		spam_tell_page_word(r, "digits", "", 0);
	else
		spam_tell_page_word(r, "top", p + dot, host - dot);
	for (end = n, i = n; i > host && p[i - 1] != '/'; i--)
		end = p[i - 1] == '?' || p[i - 1] == '#' ? i - 1 : p[i - 1] == '.' && end == n ? i - 1 : end;
	if (host == n || host + 1 == n)
		spam_tell_page_word(r, "whole", "", 0);
	if (memchr(p, '?', n))
		spam_tell_page_word(r, "query", "", 0);
	if (memchr(p, '%', n))
		spam_tell_page_word(r, "escape", "", 0);
	if (end < n && p[end] == '.')
		spam_tell_page_word(r, "ends", p + end, strcspn(p + end, "?# \n") < n - end ? strcspn(p + end, "?# \n") : n - end);
}

/* Where the address of a page begins at p: the length of "http://", 0 when none does. */
size_t spam_page_starts(const char *p, size_t n)
{
	if (n > 8 && (*p | 0x20) == 'h' && strncasecmp(p, "http", 4) == 0) {
		size_t k = 4 + ((p[4] | 0x20) == 's');

		return n > k + 3 && strncmp(p + k, "://", 3) == 0 ? k + 3 : 0;
	}
	return 0;
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

/* p[0..n): a run of letters; nothing that joins words stands at its start. foreign: one of them is not ASCII. */
static void take_word(struct reading *r, const char *p, size_t n, bool foreign)
{
	r->shouts += n > 0 && p[n - 1] == '!';
	while (n > 0 && (p[n - 1] == '-' || p[n - 1] == '\''))
		n--;
	if (n > 1 && n <= WORD_MAX && !foreign && !is_own(r, p, n)) {
		tell_word(r, p, n);
		return;
	}
	if (r->word == KIND_SUBJECT && n > 3 && is_own(r, p, n))
		spam_tell_sign(r, "subject:own");
	if (n > WORD_MAX)
		spam_tell_amount(r, "long", (unsigned)n);
	r->before = 0;
}

static void read_words(struct reading *r, const char *p, const char *end, enum kind word, enum kind pair)
{
	r->word = word;
	r->pair = pair;
	r->before = 0;
	while (p < end) {
		size_t n = spam_page_starts(p, (size_t)(end - p)), rest;
		unsigned bits;

		if (n > 0) {
			p += n;
			n = until_blank(p, end);
			spam_tell_page(r, p, n);
			r->before = 0;
			p += n;
			continue;
		}
		if (!is_word(*p)) {
			/* a pair goes over one line's end, not over a paragraph's or a sentence's */
			if (*p == '.' || *p == '?' || *p == ':' || *p == ';' || (*p == '\n' && p + 1 < end && p[1] == '\n'))
				r->before = 0;
			p++;
			continue;
		}
		while (p < end && (*p == '-' || *p == '\''))
			p++;
		for (n = 0, bits = 0; p + n < end && is_word(p[n]); n++)
			bits |= (unsigned char)p[n];
		rest = address_rest(p + n, end);
		if (rest > 0) {
			r->before = 0;
			p += n + rest;
			continue;
		}
		take_word(r, p, n, bits >= 0x80);
		p += n;
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

	pthread_once(&once, place_common);
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
