/* The features of a mail: words and pairs of them, addresses of pages by their shape, signs of how it was made. */
#include <ctype.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage.h"
#include "agents/email_triage_spam.h"

#define READ_MAX       (16u << 10)    /* bytes of the text */
#define WORD_MAX       24             /* bytes of a word; a longer one is told by its length */
#define COMMON_MAX     7              /* bytes of the longest common word */
#define FOOTER_MAX     900            /* bytes that a list adds at most */
#define OWN_WORDS_MAX  32             /* of the recipients' addresses */
#define LINK_SHAPES    20             /* links looked at */

enum kind { KIND_WORD = 1, KIND_PAIR, KIND_SUBJECT, KIND_SUBJECT_PAIR, KIND_CAPITALS, KIND_PAGE, KIND_SIGN, KIND_TYPE, KIND_SENDER };

struct own_word { const char *p; size_t n; };

struct reading {
	feature_fn each;
	void *ctx;
	struct own_word own[OWN_WORDS_MAX];
	unsigned own_count;
	enum kind word, pair;
	uint64_t before;            /* the word before, 0: none */
	bool before_plain;          /* it is a common one */
	unsigned capitals, words, numbers, shouts, pages;
};

static void tell_sign(struct reading *r, const char *name)
{
	r->each(r->ctx, feature_of(KIND_SIGN, name, strlen(name)), NULL, 0);
}

/* A sign with how much of it there is, on a scale that doubles. */
static void tell_amount(struct reading *r, const char *name, unsigned amount)
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

/* What words are made of (x), from ' ' on, by rows of 16; and all bytes of other scripts. */
static const char in_words[] =
	".x..xx.x.....x.."
	"xxxxxxxxxx......"
	".xxxxxxxxxxxxxxx"
	"xxxxxxxxxxx....."
	".xxxxxxxxxxxxxxx"
	"xxxxxxxxxxx.....";

static inline bool is_word(char c)
{
	unsigned u = (unsigned char)c;

	return u >= 0x80 || (u - ' ' < sizeof in_words - 1 && in_words[u - ' '] == 'x');
}

static bool is_own(const struct reading *r, const char *p, size_t n)
{
	unsigned i;

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

static void tell_page_word(struct reading *r, const char *what, const char *p, size_t n)
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
static void tell_page(struct reading *r, const char *p, size_t n)
{
	size_t host = 0, dot = 0, end, i, digits = 0, dots = 0;
	const char *at = memchr(p, '@', n);

	r->pages++;
	if (at && !memchr(p, '/', (size_t)(at - p)))
		tell_page_word(r, "user", "", 0);
	for (; host < n && !strchr("/?#:", p[host]); host++) {
		digits += isdigit((unsigned char)p[host]) != 0;
		dots += p[host] == '.';
		dot = p[host] == '.' ? host + 1 : dot;
	}
	if (host < n && p[host] == ':')
		tell_page_word(r, "port", "", 0);
	if (digits + dots == host)
		tell_page_word(r, "bare", "", 0);
	else if (digits > 3)
		tell_page_word(r, "digits", "", 0);
	else
		tell_page_word(r, "top", p + dot, host - dot);
	for (end = n, i = n; i > host && p[i - 1] != '/'; i--)
		end = p[i - 1] == '?' || p[i - 1] == '#' ? i - 1 : p[i - 1] == '.' && end == n ? i - 1 : end;
	if (host == n || host + 1 == n)
		tell_page_word(r, "whole", "", 0);
	if (memchr(p, '?', n))
		tell_page_word(r, "query", "", 0);
	if (memchr(p, '%', n))
		tell_page_word(r, "escape", "", 0);
	if (end < n && p[end] == '.')
		tell_page_word(r, "ends", p + end, strcspn(p + end, "?# \n") < n - end ? strcspn(p + end, "?# \n") : n - end);
}

/* Where the address of a page begins at p: the length of "http://", 0 when none does. */
static size_t page_starts(const char *p, size_t n)
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

static bool has_foreign(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)p[i] >= 0x80)
			return true;
	return false;
}

/* p[0..n): a run of letters; nothing that joins words stands at its start. */
static void take_word(struct reading *r, const char *p, size_t n)
{
	r->shouts += n > 0 && p[n - 1] == '!';
	while (n > 0 && (p[n - 1] == '-' || p[n - 1] == '\''))
		n--;
	if (n > 1 && n <= WORD_MAX && !is_own(r, p, n) && !has_foreign(p, n)) {
		tell_word(r, p, n);
		return;
	}
	if (r->word == KIND_SUBJECT && n > 3 && is_own(r, p, n))
		tell_sign(r, "subject:own");
	if (n > WORD_MAX)
		tell_amount(r, "long", (unsigned)n);
	r->before = 0;
}

static void read_words(struct reading *r, const char *p, const char *end, enum kind word, enum kind pair)
{
	r->word = word;
	r->pair = pair;
	r->before = 0;
	while (p < end) {
		size_t n = page_starts(p, (size_t)(end - p)), rest;

		if (n > 0) {
			p += n;
			n = until_blank(p, end);
			tell_page(r, p, n);
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
		for (n = 0; p + n < end && is_word(p[n]); n++)
			;
		rest = address_rest(p + n, end);
		if (rest > 0) {
			r->before = 0;
			p += n + rest;
			continue;
		}
		take_word(r, p, n);
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

/* ---- How it was made ---- */

static void own_words_of(struct reading *r, const char *addr)
{
	while (*addr) {
		size_t n = 0;

		while (isalnum((unsigned char)addr[n]))
			n++;
		if (n > 1 && r->own_count < OWN_WORDS_MAX)
			r->own[r->own_count++] = (struct own_word){addr, n};
		addr += n + (addr[n] != '\0');
	}
}

static void collect_own_words(struct reading *r, const struct mail *m)
{
	static const char *const names[] = {"Delivered-To", "X-Original-To", "List-Id", "X-BeenThere", "Sender"};
	unsigned i;

	for (i = 0; i < m->to_count && i < 4; i++)
		own_words_of(r, m->to[i].addr);
	for (i = 0; i < m->cc_count && i < 4; i++)
		own_words_of(r, m->cc[i].addr);
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (mail_header(m, names[i]))
			own_words_of(r, mail_header(m, names[i]));
}

static unsigned digits_of(const char *s)
{
	unsigned n = 0;

	for (; *s && *s != '@'; s++)
		n += isdigit((unsigned char)*s) != 0;
	return n;
}

/* "newsletter@mailings.example.com": all but the domain that one registers. */
static void tell_sender_words(struct reading *r, const char *addr)
{
	const char *host = triage_host(addr), *end = *host ? triage_domain(host) : addr + strlen(addr);

	while (addr < end) {
		size_t n = 0;

		while (addr + n < end && isalpha((unsigned char)addr[n]))
			n++;
		if (n > 2)
			r->each(r->ctx, feature_of(KIND_SENDER, addr, n), NULL, 0);
		addr += n + 1;
	}
}

static void tell_sender(struct reading *r, const struct mail *m)
{
	const char *name = m->from.name, *addr = m->from.addr, *p;
	unsigned upper = 0, lower = 0, odd = 0;

	for (p = name; *p; p++) {
		upper += isupper((unsigned char)*p) != 0;
		lower += islower((unsigned char)*p) != 0;
		odd += strchr("$!*%=~_", *p) != NULL;
	}
	tell_sign(r, !*name ? "from:unnamed" : strchr(name, '@') ? "from:address" : strchr(name, ' ') ? "from:full"
	                                                                                       : "from:single");
	if (upper > 3 && lower == 0)
		tell_sign(r, "from:capitals");
	if (odd > 0)
		tell_sign(r, "from:odd");
	if (digits_of(name) > 0)
		tell_sign(r, "from:number");
	tell_amount(r, "from:digits", digits_of(addr));
	if (!*addr)
		tell_sign(r, "from:none");
	tell_sender_words(r, addr);
	if (*m->reply_to.addr && strcmp(m->reply_to.addr, addr) != 0)
		tell_sign(r, "reply:other");
}

/* Do the pages, answers and ids of a mail belong to its sender? */
static void tell_belonging(struct reading *r, const struct mail *m)
{
	const char *from = triage_domain(triage_host(m->from.addr)), *path = mail_header(m, "Return-Path");
	unsigned i, own = 0, other = 0;

	if (!*from)
		return;
	for (i = 0; i < m->link_count && i < LINK_SHAPES; i++) {
		const char *p = m->links[i].href;
		size_t n = page_starts(p, strlen(p)), host = n > 0 ? strcspn(p + n, "/?#:") : 0, len = strlen(from);

		if (host == 0)
			continue;
		if (host >= len && strncasecmp(p + n + host - len, from, len) == 0)
			own++;
		else
			other++;
	}
	if (own + other > 0)
		tell_sign(r, own == 0 ? "pages:other" : other <= own ? "pages:own" : "pages:mixed");
	if (*m->reply_to.addr)
		tell_sign(r, strcasecmp(from, triage_domain(triage_host(m->reply_to.addr))) == 0 ? "reply:own" : "reply:away");
	if (*m->message_id)
		tell_sign(r, strcasestr(triage_host(m->message_id), from) ? "id:own" : "id:away");
	if (path && strchr(path, '@'))
		tell_sign(r, strcasestr(triage_host(path), from) ? "path:own" : "path:away");
}

static void tell_recipients(struct reading *r, const struct mail *m)
{
	unsigned i, named = 0;

	for (i = 0; i < m->to_count; i++)
		named += *m->to[i].name != '\0' && !strchr(m->to[i].name, '@');
	if (m->to_count == 0)
		tell_sign(r, mail_header(m, "To") ? "to:undisclosed" : "to:none");
	tell_sign(r, named > 0 ? "to:named" : "to:unnamed");
	tell_amount(r, "to", m->to_count + m->cc_count);
	for (i = 0; i < m->to_count; i++)
		if (*m->from.addr && strcmp(m->to[i].addr, m->from.addr) == 0)
			tell_sign(r, "to:sender");
}

static void tell_ids(struct reading *r, const struct mail *m)
{
	const char *at = strchr(m->message_id, '@');

	if (!*m->message_id)
		tell_sign(r, "id:none");
	else if (!at || !strchr(at, '.'))
		tell_sign(r, "id:odd");
	if (*m->in_reply_to || mail_header(m, "References"))
		tell_sign(r, "answers");
	if (m->date_ms == 0)
		tell_sign(r, "date:none");
}

/* The type and transfer encoding, not the character set: which language a mail is in tells nothing. */
static void tell_form(struct reading *r, const struct mail *m)
{
	const char *type = mail_header(m, "Content-Type"), *encoding = mail_header(m, "Content-Transfer-Encoding");
	const char *priority = mail_header(m, "X-Priority");

	if (type)
		r->each(r->ctx, feature_of(KIND_TYPE, type, strcspn(type, "; ")), NULL, 0);
	if (encoding && strncasecmp(encoding, "base64", 6) == 0 && type && strncasecmp(type, "text", 4) == 0)
		tell_sign(r, "form:base64");
	if (m->html_only)
		tell_sign(r, "form:page");
	if (!mail_header(m, "MIME-Version"))
		tell_sign(r, "form:old");
	if (priority)
		tell_amount(r, "priority", (unsigned)(*priority - '0') & 7);
	tell_amount(r, "files", m->attachment_count);
	tell_amount(r, "links", m->link_count);
	if (m->malformed)
		tell_sign(r, "form:broken");
}

static void tell_subject(struct reading *r, const char *subject)
{
	unsigned upper = 0, lower = 0;

	for (; *subject; subject++) {
		upper += isupper((unsigned char)*subject) != 0;
		lower += islower((unsigned char)*subject) != 0;
	}
	if (upper > 5 && upper > 2 * lower)
		tell_sign(r, "subject:capitals");
}

static void tell_links(struct reading *r, const struct mail *m)
{
	unsigned i;

	for (i = 0; i < m->link_count && i < LINK_SHAPES; i++) {
		const char *href = m->links[i].href;
		size_t n = page_starts(href, strlen(href));

		if (n > 0)
			tell_page(r, href + n, strlen(href + n));
		else if (strncasecmp(href, "mailto:", 7) == 0)
			tell_page_word(r, "mail", "", 0);
	}
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
	collect_own_words(&r, m);
	tell_sender(&r, m);
	if (wire) {
		tell_recipients(&r, m);
		tell_belonging(&r, m);
		tell_ids(&r, m);
		tell_form(&r, m);
	}
	tell_links(&r, m);
	read_words(&r, subject, subject + strlen(subject), KIND_SUBJECT, KIND_SUBJECT_PAIR);
	read_words(&r, subject, subject + strlen(subject), KIND_WORD, KIND_PAIR);
	read_words(&r, m->text, m->text + (n < READ_MAX ? n : READ_MAX), KIND_WORD, KIND_PAIR);
	tell_subject(&r, subject);
	tell_amount(&r, "words", r.words);
	tell_amount(&r, "capitals", r.capitals * 32 / (r.words + 1));
	tell_amount(&r, "numbers", r.numbers * 32 / (r.words + 1));
	tell_amount(&r, "shouts", r.shouts);
	tell_amount(&r, "pages", r.pages);
}
