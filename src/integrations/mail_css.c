/* Hidden by style: declarations of an element and simple rules of style sheets. */
#include "integrations/mail_css.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VALUE_MAX 64

/* A declaration that hides: its value equals `value`, or is a length below `below`. */
static const struct { const char *property, *value; double below; } hiding[] = {
	{"display", "none", 0},
	{"visibility", "hidden", 0},
	{"visibility", "collapse", 0},
	{"mso-hide", "all", 0},
	{"color", "transparent", 0},
	{"opacity", NULL, 0.05},
	{"max-height", NULL, 1},
	{"max-width", NULL, 1},
	{"text-indent", NULL, -500},
	{"left", NULL, -500},
	{"top", NULL, -500},
};

/* Copies without blanks and "!important", in lower case. */
static void squeeze(const char *p, size_t n, char out[VALUE_MAX])
{
	size_t len = 0, i;

	for (i = 0; i < n && p[i] != '!' && len < VALUE_MAX - 1; i++)
		if (!isspace((unsigned char)p[i]))
			out[len++] = (char)tolower((unsigned char)p[i]);
	out[len] = '\0';
}

/* A length of this or that unit; "0" needs none. em and % are taken as their share of 16 px. */
static bool length(const char *value, double *px)
{
	char *end;

	*px = strtod(value, &end);
	if (end == value)
		return false;
	if (strncmp(end, "em", 2) == 0 || strncmp(end, "rem", 3) == 0)
		*px *= 16;
	else if (*end == '%')
		*px *= 0.16;
	return true;
}

static bool shorter(const char *value, double below)
{
	double px;

	return length(value, &px) && px < below;
}

static bool split(const char *p, size_t n, char property[VALUE_MAX], char value[VALUE_MAX])
{
	const char *colon = memchr(p, ':', n);

	if (!colon)
		return false;
	squeeze(p, (size_t)(colon - p), property);
	squeeze(colon + 1, n - (size_t)(colon + 1 - p), value);
	return true;
}

static bool declaration_hides(const char *p, size_t n)
{
	char property[VALUE_MAX], value[VALUE_MAX];
	unsigned i;

	if (!split(p, n, property, value))
		return false;
	for (i = 0; i < sizeof hiding / sizeof *hiding; i++) {
		if (strcmp(property, hiding[i].property) != 0)
			continue;
		if (hiding[i].value ? strcmp(value, hiding[i].value) == 0
		                    : shorter(value, hiding[i].below))
			return true;
	}
	return false;
}

/* The end of the declaration that begins at p. */
static const char *declaration_end(const char *p, const char *end)
{
	const char *semicolon = memchr(p, ';', (size_t)(end - p));

	return semicolon ? semicolon : end;
}

bool css_hides(const char *p, size_t n)
{
	const char *end = p + n, *stop;

	for (; p < end; p = stop + 1) {
		stop = declaration_end(p, end);
		if (declaration_hides(p, (size_t)(stop - p)))
			return true;
	}
	return false;
}

bool css_font_size(const char *p, size_t n, double *px)
{
	const char *end = p + n, *stop;
	char property[VALUE_MAX], value[VALUE_MAX];
	bool found = false;

	for (; p < end; p = stop + 1) {
		stop = declaration_end(p, end);
		if (!split(p, (size_t)(stop - p), property, value) || strcmp(property, "font-size") != 0)
			continue;
		/* a keyword ("small") is no length, and large enough to read */
		if (!length(value, px))
			*px = 16;
		found = true;
	}
	return found;
}

static size_t name_length(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && (isalnum((unsigned char)p[n]) || p[n] == '-' || p[n] == '_'))
		n++;
	return n;
}

/* One selector: "td.preheader" or "#fold", and nothing more. */
static void take_selector(struct css_hidden *h, const char *p, const char *end)
{
	size_t n;

	while (p < end && isspace((unsigned char)*p))
		p++;
	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	p += name_length(p, end);
	if (p >= end || (*p != '.' && *p != '#') || h->count == CSS_HIDDEN_MAX)
		return;
	n = name_length(p + 1, end);
	if (n == 0 || p + 1 + n != end)
		return;
	h->names[h->count].kind = *p;
	h->names[h->count].name = p + 1;
	h->names[h->count++].n = n;
}

static void take_selectors(struct css_hidden *h, const char *p, const char *end)
{
	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		const char *stop = comma ? comma : end;

		take_selector(h, p, stop);
		p = stop + 1;
	}
}

/* The end of the block whose '{' is at p, nested blocks included. */
static const char *block_end(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		depth += (*p == '{') - (*p == '}');
		if (depth == 0)
			break;
	}
	return p;
}

static void take_sheet(struct css_hidden *h, const char *p, const char *end)
{
	while (p < end) {
		const char *open = memchr(p, '{', (size_t)(end - p)), *close, *start = p;

		if (!open)
			break;
		close = block_end(open, end);
		while (start < open && (isspace((unsigned char)*start) || *start == '}'))
			start++;
		if (*start != '@' && css_hides(open + 1, (size_t)(close - open - (close > open))))
			take_selectors(h, start, open);
		p = close < end ? close + 1 : end;
	}
}

static const char *find_tag(const char *p, const char *end, const char *tag)
{
	size_t n = strlen(tag);

	while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		if ((size_t)(end - p) > n && strncasecmp(p, tag, n) == 0)
			return p;
		p++;
	}
	return NULL;
}

void css_hidden_collect(struct css_hidden *h, const char *html, size_t n)
{
	const char *p = html, *end = html + n, *stop;

	while ((p = find_tag(p, end, "<style")) != NULL) {
		p = memchr(p, '>', (size_t)(end - p));
		if (!p)
			break;
		stop = find_tag(++p, end, "</style");
		take_sheet(h, p, stop ? stop : end);
		p = stop ? stop : end;
	}
}

static bool has_word(const char *list, const char *word, size_t n)
{
	const char *p = list;

	while (*p) {
		size_t len = strcspn(p, " \t\r\n");

		if (len == n && strncasecmp(p, word, n) == 0)
			return true;
		p += len;
		p += strspn(p, " \t\r\n");
	}
	return false;
}

bool css_is_hidden(const struct css_hidden *h, const char *class, const char *id)
{
	unsigned i;

	for (i = 0; i < h->count; i++) {
		const char *have = h->names[i].kind == '.' ? class : id;

		if (have && has_word(have, h->names[i].name, h->names[i].n))
			return true;
	}
	return false;
}
