/* A rule's sentence in words: quotations, addresses and domains are one each, short forms are written out. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage_rules_priv.h"
#include "agents/email_triage_text.h"

struct reader { struct arena *arena; const char *sentence; struct token *out; unsigned n; };

static enum token_kind kind_of(const char *s)
{
	const char *at = strchr(s, '@'), *p, *dot = strrchr(s, '.');
	bool digits = *s != '\0';

	for (p = s; *p; p++)
		digits = digits && isdigit((unsigned char)*p);
	if (digits)
		return TOKEN_NUMBER;
	if (at && at[1])
		return TOKEN_ADDRESS;
	if (dot && dot > s && strlen(dot + 1) >= 2) {
		for (p = dot + 1; *p; p++)
			if (!isalpha((unsigned char)*p))
				return TOKEN_WORD;
		return TOKEN_DOMAIN;
	}
	return TOKEN_WORD;
}

/* The closing quote of the one at p, NULL when p opens none. */
static const char *closing(const char *p)
{
	static const struct { const char *open, *close; } quotes[] = {
		{"\"", "\""}, {"“", "”"}, {"„", "“"}, {"„", "”"}, {"”", "”"}, {"«", "»"}, {"»", "«"}, {"'", "'"}, {"‘", "’"},
		{"’", "’"}, {"`", "`"}};
	unsigned i;

	for (i = 0; i < COUNT(quotes); i++) {
		size_t n = strlen(quotes[i].open);
		const char *end;

		if (strncmp(p, quotes[i].open, n) != 0)
			continue;
		end = strstr(p + n, quotes[i].close);
		/* "don't" has no closing apostrophe: one that ends a word closes */
		while (end && isalnum((unsigned char)end[strlen(quotes[i].close)]))
			end = strstr(end + 1, quotes[i].close);
		if (end)
			return end;
	}
	return NULL;
}

static size_t letter_length(const char *p)
{
	return (unsigned char)*p < 0x80 ? 1 : (unsigned char)*p < 0xE0 ? 2 : (unsigned char)*p < 0xF0 ? 3 : 4;
}

static void add(struct reader *r, enum token_kind kind, const char *text, size_t n, const char *from, const char *to)
{
	struct token *t;

	if (r->n >= TOKENS_MAX - 1) {
		r->n = TOKENS_MAX;
		return;
	}
	t = &r->out[r->n++];
	t->text = arena_strndup(r->arena, text, n);
	t->lower = t->written = text_lower(r->arena, t->text);
	t->kind = kind == TOKEN_WORD ? kind_of(t->lower) : kind;
	t->from = (unsigned)(from - r->sentence);
	t->to = (unsigned)(to - r->sentence);
}

/* ---- Short forms ---- */

/* "don't" is "do not"; an apostrophe left out is forgiven where no other word is meant. */
static const struct { const char *text, *first, *second; } short_forms[] = {
	{"aren't", "are", "not"}, {"arent", "are", "not"}, {"can't", "can", "not"}, {"cannot", "can", "not"},
	{"cant", "can", "not"}, {"didn't", "did", "not"}, {"didnt", "did", "not"}, {"doesn't", "does", "not"},
	{"doesnt", "does", "not"}, {"don't", "do", "not"}, {"dont", "do", "not"}, {"hasn't", "has", "not"},
	{"hasnt", "has", "not"}, {"haven't", "have", "not"}, {"havent", "have", "not"}, {"he's", "he", "is"},
	{"hes", "he", "is"}, {"i'd", "i", "would"}, {"i'll", "i", "will"}, {"i'm", "i", "am"}, {"i've", "i", "have"},
	{"im", "i", "am"}, {"isn't", "is", "not"}, {"isnt", "is", "not"}, {"it's", "it", "is"}, {"its", "it", "is"},
	{"ive", "i", "have"}, {"let's", "let", "us"}, {"mustn't", "must", "not"}, {"mustnt", "must", "not"},
	{"needn't", "need", "not"}, {"neednt", "need", "not"}, {"she's", "she", "is"}, {"shes", "she", "is"},
	{"shouldn't", "should", "not"}, {"shouldnt", "should", "not"}, {"that's", "that", "is"}, {"thats", "that", "is"},
	{"there's", "there", "is"}, {"theres", "there", "is"}, {"they're", "they", "are"}, {"theyre", "they", "are"},
	{"wasn't", "was", "not"}, {"wasnt", "was", "not"}, {"we're", "we", "are"}, {"weren't", "were", "not"},
	{"werent", "were", "not"}, {"who's", "who", "is"}, {"whos", "who", "is"}, {"won't", "will", "not"},
	{"wouldn't", "would", "not"}, {"wouldnt", "would", "not"}, {"you're", "you", "are"}, {"youre", "you", "are"},
	{"and/or", "or", NULL}, {"&", "and", NULL}, {"plus", "and", NULL}, {"w/o", "without", NULL}, {"w/", "with", NULL},
	{"pls", "please", NULL}, {"plz", "please", NULL},
};

/* Slips of the pen in words of the grammar. What mails are searched for stays as it is written. */
static const struct { const char *wrong, *right; } slips[] = {
	{"calender", "calendar"}, {"recieved", "received"}, {"recieve", "receive"}, {"reciept", "receipt"},
	{"reciepts", "receipts"},
	{"attachement", "attachment"}, {"attachements", "attachments"}, {"attatchment", "attachment"},
	{"attatchments", "attachments"},
	{"adress", "address"}, {"automaticaly", "automatically"}, {"immediatly", "immediately"},
	{"newsleter", "newsletter"},
	{"newsleters", "newsletters"}, {"newletters", "newsletters"}, {"newletter", "newsletter"}, {"lable", "label"},
	{"labled", "labelled"},
	{"achive", "archive"}, {"archieve", "archive"}, {"achived", "archived"}, {"wich", "which"},
	{"importent", "important"}, {"urgend", "urgent"},
	{"invoces", "invoices"}, {"invoise", "invoice"}, {"tommorow", "tomorrow"}, {"mesages", "messages"},
	{"notifcations", "notifications"},
	{"advertisments", "advertisements"}, {"allways", "always"}, {"untill", "until"}, {"exept", "except"},
	{"execpt", "except"},
};

static const char *spelt(const char *lower)
{
	unsigned i;

	for (i = 0; i < COUNT(slips); i++)
		if (strcmp(lower, slips[i].wrong) == 0)
			return slips[i].right;
	return lower;
}

/* "its less than a week old": "it is", but for words that only something of the mail's can be. */
static bool is_contraction(const char *rest)
{
	static const char *const behind[] = {"a", "an", "not", "from", "about", "for", "less", "more", "older", "newer", "at",
	                                     "over", "under", "never", "always", "just", "only", "sent", "addressed", "been",
	                                     "spam", "to", "unread", "marked", "all", "boring", "noise",
	                                     "so", "too", "very"};
	size_t n;
	unsigned i;

	rest += strspn(rest, " ");
	n = strcspn(rest, " ,.;!?");
	for (i = 0; i < COUNT(behind) && (strlen(behind[i]) != n || strncasecmp(rest, behind[i], n) != 0); i++)
		;
	return i < COUNT(behind);
}

static bool add_short_form(struct reader *r, const char *p, size_t n)
{
	const char *lower = text_lower(r->arena, arena_strndup(r->arena, p, n));
	unsigned i;

	for (i = 0; i < COUNT(short_forms); i++) {
		if (strcmp(lower, short_forms[i].text) != 0)
			continue;
		if (strcmp(lower, "its") == 0 && !is_contraction(p + n))
			return false;
		add(r, TOKEN_WORD, short_forms[i].first, strlen(short_forms[i].first), p, p + n);
		if (short_forms[i].second)
			add(r, TOKEN_WORD, short_forms[i].second, strlen(short_forms[i].second), p, p + n);
		return true;
	}
	return false;
}

/* ---- Words ---- */

/* How far a word goes: to a blank, a comma or a semicolon, but "1,000" is one. */
static size_t word_length(const char *p)
{
	size_t n = 0;

	for (;;) {
		n += strcspn(p + n, " \t\r\n,;");
		if (p[n] != ',' || n == 0 || !isdigit((unsigned char)p[n - 1]) || !isdigit((unsigned char)p[n + 1]))
			return n;
		n++;
	}
}

/* Does a full stop behind this word end a sentence? Not behind "Dr." and initials, nor without something more. */
static bool is_stop(const char *word, size_t n, const char *rest)
{
	static const char *const shorts[] = {"dr", "mr", "mrs", "ms", "prof", "st", "inc", "ltd", "corp", "co", "no", "nr",
	                                     "rs", "approx", "dept", "vs", "etc", "e.g", "i.e", "jr", "sr", "bros"};
	unsigned i;

	rest += strspn(rest, " \t\r\n.!?)\"'");
	if (!*rest || n < 2)
		return false;
	for (i = 0; i < COUNT(shorts); i++)
		if (strlen(shorts[i]) == n && strncasecmp(word, shorts[i], n) == 0)
			return false;
	return true;
}

/* Dashes, arrows and colons part like commas. */
static bool add_mark(struct reader *r, const char **p)
{
	static const char *const marks[] = {",", ";", "->", "=>", "→", "–", "—", ": "};
	unsigned i;

	for (i = 0; i < COUNT(marks); i++) {
		size_t n = strlen(marks[i]);

		if (strncmp(*p, marks[i], n) == 0) {
			add(r, TOKEN_COMMA, *marks[i] == ':' || *marks[i] == ';' ? marks[i] : ",", 1, *p, *p + n);
			*p += n;
			return true;
		}
	}
	if ((*p)[0] == '-' && ((*p)[1] == ' ' || !(*p)[1])) {
		add(r, TOKEN_COMMA, ",", 1, *p, *p + 1);
		++*p;
		return true;
	}
	return false;
}

/* "> 500", ">=$500"; "<ann@example.org>" is none. */
static bool add_comparison(struct reader *r, const char **p)
{
	static const char *const signs[] = {">=", "<=", "≥", "≤", ">", "<"};
	unsigned i;

	for (i = 0; i < COUNT(signs); i++) {
		size_t n = strlen(signs[i]);

		if (strncmp(*p, signs[i], n) != 0 || isalpha((unsigned char)(*p)[n]))
			continue;
		add(r, TOKEN_WORD, signs[i], n, *p, *p + n);
		*p += n;
		return true;
	}
	return false;
}

/* "[JIRA]", as subjects have it: the brackets belong to the word. */
static size_t tag_length(const char *p)
{
	size_t n = *p == '[' ? strcspn(p, "] \t\r\n") : 0;

	return n > 1 && p[n] == ']' && (!p[n + 1] || strchr(" \t\r\n,.;:!?", p[n + 1])) ? n + 1 : 0;
}

static const char *add_word(struct reader *r, const char *p)
{
	size_t length = word_length(p), n = length;

	while (n > 0 && strchr(".!?:()<>[]{}*", p[n - 1]) && !(n == length && n == 1 && *p == '*'))
		n--;
	/* a quotation or dash that touches the word's end */
	if (n == 0)
		return p + length;
	if (!add_short_form(r, p, n)) {
		add(r, TOKEN_WORD, p, n, p, p + n);
		if (r->n < TOKENS_MAX)
			r->out[r->n - 1].lower = spelt(r->out[r->n - 1].lower);
	}
	if (memchr(p + n, ':', length - n) && p[length])
		add(r, TOKEN_COMMA, ":", 1, p + n, p + n + 1);
	else if (n < length && strpbrk(p + n, ".!?") && strpbrk(p + n, ".!?") < p + length && is_stop(p, n, p + length))
		add(r, TOKEN_STOP, ".", 1, p + n, p + n + 1);
	return p + length;
}

unsigned rules_tokens(struct arena *a, const char *p, struct token *out)
{
	struct reader r = {a, p, out, 0};

	while (r.n < TOKENS_MAX) {
		const char *end, *from;

		p += strspn(p, " \t\r\n({");
		from = p;
		if (!*p)
			break;
		if (tag_length(p) > 0) {
			add(&r, TOKEN_WORD, p, tag_length(p), p, p + tag_length(p));
			p += tag_length(p);
			continue;
		}
		from = p += *p == '[';
		if (add_mark(&r, &p) || add_comparison(&r, &p))
			continue;
		from = p += *p == '<';
		if ((end = closing(p)) != NULL) {
			p += letter_length(p);
			add(&r, TOKEN_QUOTED, p, (size_t)(end - p), from, end + letter_length(end));
			p = end + letter_length(end);
		} else {
			p = add_word(&r, p);
		}
	}
	if (r.n >= TOKENS_MAX)
		return 0;
	while (r.n > 0 && (out[r.n - 1].kind == TOKEN_COMMA || out[r.n - 1].kind == TOKEN_STOP))
		r.n--;
	out[r.n] = (struct token){TOKEN_END, "", "", "", (unsigned)strlen(r.sentence), (unsigned)strlen(r.sentence)};
	return r.n;
}
