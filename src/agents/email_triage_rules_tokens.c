/* A rule's sentence in words: quotations, addresses and domains are one each. */
#include <ctype.h>
#include <string.h>

#include "agents/email_triage_rules_priv.h"
#include "agents/email_triage_text.h"

#define COUNT(list) (sizeof list / sizeof *list)

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
		{"\"", "\""}, {"“", "”"}, {"„", "“"}, {"«", "»"}, {"'", "'"}, {"‘", "’"}};
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

static size_t quote_length(const char *p)
{
	return (unsigned char)*p < 0x80 ? 1 : (unsigned char)*p < 0xE0 ? 2 : 3;
}

static void set_token(struct arena *a, struct token *t, enum token_kind kind, const char *p, size_t n)
{
	t->text = arena_strndup(a, p, n);
	t->lower = text_lower(a, t->text);
	t->kind = kind == TOKEN_WORD ? kind_of(t->lower) : kind;
}

unsigned rules_tokens(struct arena *a, const char *p, struct token *out)
{
	unsigned n = 0;

	while (n < TOKENS_MAX - 1) {
		const char *end;
		size_t len, mark;

		p += strspn(p, " \t\r\n");
		if (!*p)
			break;
		if (*p == ',' || *p == ';') {
			out[n++] = (struct token){TOKEN_COMMA, ",", ","};
			p++;
		} else if ((end = closing(p)) != NULL) {
			mark = quote_length(p);
			set_token(a, &out[n++], TOKEN_QUOTED, p + mark, (size_t)(end - p) - mark);
			p = end + quote_length(end);
		} else {
			p += strspn(p, "(<[");
			len = strcspn(p, " \t\r\n,;");
			mark = len;
			while (mark > 0 && strchr(".!?:()>]", p[mark - 1]))
				mark--;
			if (mark > 0)
				set_token(a, &out[n++], TOKEN_WORD, p, mark);
			p += len;
		}
	}
	out[n] = (struct token){TOKEN_END, "", ""};
	return *p ? 0 : n;
}
