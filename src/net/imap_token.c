/* Tokens of answers. */
#include <string.h>
#include <strings.h>

#include "net/imap_parse.h"

static struct imap_token token(enum imap_token_kind kind, const char *p, size_t n)
{
	return (struct imap_token){kind, p, n};
}

static struct imap_token bad(struct imap_reader *r)
{
	struct imap_token t = token(IMAP_BAD, r->p, 0);

	r->p = r->end;
	return t;
}

static struct imap_token quoted(struct imap_reader *r)
{
	const char *start = ++r->p;

	for (; r->p < r->end && *r->p != '"'; r->p++) {
		if (*r->p == '\r' || *r->p == '\n' || *r->p == '\0')
			return bad(r);
		if (*r->p == '\\' && ++r->p >= r->end)
			return bad(r);
	}
	if (r->p >= r->end)
		return bad(r);
	r->p++;
	return token(IMAP_QUOTED, start, (size_t)(r->p - 1 - start));
}

/* "{12}" CRLF and twelve bytes; the framer has seen to it that they are there, and is not relied on. */
static struct imap_token literal(struct imap_reader *r)
{
	const char *start, *first = r->p + 1;
	uint64_t n = 0;

	for (r->p++; r->p < r->end && *r->p >= '0' && *r->p <= '9' && n < UINT32_MAX; r->p++)
		n = n * 10 + (uint64_t)(*r->p - '0');
	if (r->p == first || r->p >= r->end || *r->p++ != '}')
		return bad(r);
	if (r->p < r->end && *r->p == '\r')
		r->p++;
	if (r->p >= r->end || *r->p++ != '\n' || n > (uint64_t)(r->end - r->p))
		return bad(r);
	start = r->p;
	r->p += n;
	return token(IMAP_LITERAL, start, (size_t)n);
}

/* Ends an atom, outside of brackets. */
static bool ends(char c)
{
	return (unsigned char)c <= ' ' || c == '(' || c == ')' || c == '"' || c == 0x7f;
}

/* Names behind which a section follows. */
static bool has_section(const char *name, size_t n)
{
	static const char *const names[] = {"BODY", "BINARY", "BINARY.SIZE", "BODY.PEEK", "BINARY.PEEK"};
	unsigned i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (n == strlen(names[i]) && strncasecmp(name, names[i], n) == 0)
			return true;
	return false;
}

/* "BODY[HEADER.FIELDS (TO CC)]<0>" is one atom: what stands in brackets belongs to it. In others a bracket is a
 * character as any: clients make keywords like "[x". */
static struct imap_token atom(struct imap_reader *r)
{
	const char *start = r->p;
	bool inside = false;

	for (; r->p < r->end && (inside || !ends(*r->p)); r->p++) {
		if (*r->p == '[')
			inside |= has_section(start, (size_t)(r->p - start));
		else if (*r->p == ']')
			inside = false;
		else if (inside && (*r->p == '\r' || *r->p == '\n' || *r->p == '\0'))
			return bad(r);
	}
	return inside || r->p == start ? bad(r) : token(IMAP_ATOM, start, (size_t)(r->p - start));
}

struct imap_token imap_next(struct imap_reader *r)
{
	while (r->p < r->end && *r->p == ' ')
		r->p++;
	if (r->p < r->end && *r->p == '~' && r->p + 1 < r->end && r->p[1] == '{')
		r->p++;
	if (r->p >= r->end || *r->p == '\r' || *r->p == '\n')
		return token(IMAP_END, r->p, 0);
	switch (*r->p) {
	case '(':
		return token(IMAP_OPEN, r->p++, 1);
	case ')':
		return token(IMAP_CLOSE, r->p++, 1);
	case '"':
		return quoted(r);
	case '{':
		return literal(r);
	default:
		return atom(r);
	}
}

bool imap_skip(struct imap_reader *r)
{
	unsigned depth = 0;

	do {
		struct imap_token t = imap_next(r);

		if (t.kind == IMAP_END || t.kind == IMAP_BAD || (t.kind == IMAP_CLOSE && depth == 0))
			return false;
		if (t.kind == IMAP_OPEN && ++depth > IMAP_DEPTH_MAX)
			return false;
		depth -= t.kind == IMAP_CLOSE;
	} while (depth > 0);
	return true;
}

bool imap_is(const struct imap_token *t, const char *word)
{
	return t->kind == IMAP_ATOM && t->n == strlen(word) && strncasecmp(t->p, word, t->n) == 0;
}

bool imap_is_nil(const struct imap_token *t)
{
	return imap_is(t, "NIL");
}

bool imap_number(const struct imap_token *t, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	size_t i;

	if (t->kind != IMAP_ATOM || t->n == 0 || t->n > 19)
		return false;
	for (i = 0; i < t->n; i++) {
		if (t->p[i] < '0' || t->p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(t->p[i] - '0');
	}
	*out = n;
	return n <= max;
}

bool imap_text(const struct imap_token *t, char *out, size_t size)
{
	size_t i, n = 0;

	if (t->kind != IMAP_ATOM && t->kind != IMAP_QUOTED && t->kind != IMAP_LITERAL)
		return false;
	for (i = 0; i < t->n; i++) {
		if (t->kind == IMAP_QUOTED && t->p[i] == '\\')
			i++;
		if (n + 1 >= size || t->p[i] == '\0')
			return false;
		out[n++] = t->p[i];
	}
	out[n] = '\0';
	return true;
}

bool imap_list_has(struct imap_reader list, const char *word)
{
	char text[256];

	for (;;) {
		struct imap_token t = imap_next(&list);

		if (t.kind == IMAP_END || t.kind == IMAP_BAD)
			return false;
		if (imap_text(&t, text, sizeof text) && strcasecmp(text, word) == 0)
			return true;
	}
}
