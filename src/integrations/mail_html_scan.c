/* HTML in tokens. */
#include "integrations/mail_html_scan.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "integrations/text_clean.h"

#define ENTITY_NAME_MAX 10

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static bool is_name(const struct html_piece *piece, const char *name)
{
	return piece->n > 0 && ((*piece->p ^ *name) & 0xDF) == 0 && piece->n == strlen(name) &&
	       strncasecmp(piece->p, name, piece->n) == 0;
}

/* ---- What is passed over ---- */

/* Behind a comment (13.2.5.43 on): "<!-->" and "<!--->" are whole ones, "--!>" ends one too. */
static const char *pass_comment(const char *p, const char *end)
{
	if (p < end && *p == '>')
		return p + 1;
	if (end - p >= 2 && p[0] == '-' && p[1] == '>')
		return p + 2;
	for (; p < end && (p = memchr(p, '-', (size_t)(end - p))) != NULL; p++) {
		if (end - p >= 3 && p[1] == '-' && p[2] == '>')
			return p + 3;
		if (end - p >= 4 && memcmp(p, "--!>", 4) == 0)
			return p + 4;
	}
	return end;
}

/* Behind "<!…>", "<?…>" and "</ …>", which are bogus comments for a page of mail. */
static const char *pass_bogus(const char *p, const char *end)
{
	const char *close;

	if (end - p >= 3 && memcmp(p, "!--", 3) == 0)
		return pass_comment(p + 3, end);
	close = memchr(p, '>', (size_t)(end - p));
	return close ? close + 1 : end;
}

/* Behind what is no markup, before its end tag. */
static const char *pass_raw(const char *p, const char *end, const struct html_piece *name)
{
	for (; p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL; p++)
		if ((size_t)(end - p) > name->n + 2 && p[1] == '/' && strncasecmp(p + 2, name->p, name->n) == 0 &&
		    (is_blank(p[2 + name->n]) || p[2 + name->n] == '>' || p[2 + name->n] == '/'))
			return p;
	return end;
}

static bool is_raw(const struct html_piece *name)
{
	static const char *const names[] = {"script", "style", "textarea", "title", "xmp", "iframe", "noembed",
	                                    "noframes"};
	unsigned i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (is_name(name, names[i]))
			return true;
	return false;
}

/* ---- Tags ---- */

static void take_attribute(struct html_token *t, const struct html_piece *name, const struct html_piece *value)
{
	static const char *const names[] = {
		[HTML_CLASS] = "class", [HTML_HIDDEN] = "hidden", [HTML_HREF] = "href", [HTML_ID] = "id",
		[HTML_STYLE] = "style", [HTML_TYPE] = "type",
	};
	unsigned i;

	for (i = 0; i < HTML_ATTRIBUTE__MAX; i++)
		if (!t->attributes[i].p && is_name(name, names[i])) {
			t->attributes[i] = *value;
			return;
		}
}

/* A value behind "=" (13.2.5.35 on); returns where it ends. */
static const char *take_value(const char *p, const char *end, struct html_piece *value)
{
	const char *stop;

	while (p < end && is_blank(*p))
		p++;
	if (p < end && (*p == '"' || *p == '\'')) {
		stop = memchr(p + 1, *p, (size_t)(end - p - 1));
		*value = (struct html_piece){p + 1, (size_t)((stop ? stop : end) - p - 1)};
		return stop ? stop + 1 : end;
	}
	for (stop = p; stop < end && !is_blank(*stop) && *stop != '>'; stop++)
		;
	*value = (struct html_piece){p, (size_t)(stop - p)};
	return stop;
}

/* From behind the tag's name to behind its ">"; NULL when the page ends before, and with it the tag. */
static const char *take_attributes(const char *p, const char *end, struct html_token *t)
{
	for (;;) {
		struct html_piece name, value = {"", 0};

		while (p < end && (is_blank(*p) || *p == '/'))
			p++;
		if (p >= end)
			return NULL;
		if (*p == '>') {
			t->closed = p[-1] == '/';
			return p + 1;
		}
		name.p = p++;
		while (p < end && !is_blank(*p) && *p != '/' && *p != '>' && *p != '=')
			p++;
		name.n = (size_t)(p - name.p);
		while (p < end && is_blank(*p))
			p++;
		if (p < end && *p == '=')
			p = take_value(p + 1, end, &value);
		if (t->kind == HTML_START)
			take_attribute(t, &name, &value);
	}
}

/* The tag whose name begins at p. */
static const char *take_tag(const char *p, const char *end, enum html_kind kind, struct html_token *t)
{
	memset(t, 0, sizeof *t);
	t->kind = kind;
	t->name.p = p;
	while (p < end && !is_blank(*p) && *p != '/' && *p != '>')
		p++;
	t->name.n = (size_t)(p - t->name.p);
	p = take_attributes(p, end, t);
	return p && kind == HTML_START && is_raw(&t->name) ? pass_raw(p, end, &t->name) : p;
}

static bool begins_tag(const char *p, const char *end)
{
	return p + 1 < end && (isalpha((unsigned char)p[1]) || p[1] == '/' || p[1] == '!' || p[1] == '?');
}

/* Text up to the next "<" that begins something. */
static void take_text(struct html_scan *s, struct html_token *t)
{
	const char *p = s->p;

	do
		p = memchr(p + 1, '<', (size_t)(s->end - p - 1));
	while (p && !begins_tag(p, s->end));
	memset(t, 0, sizeof *t);
	t->kind = HTML_TEXT;
	t->text = (struct html_piece){s->p, (size_t)((p ? p : s->end) - s->p)};
	s->p = p ? p : s->end;
}

bool html_next(struct html_scan *s, struct html_token *t)
{
	while (s->p < s->end) {
		const char *p = s->p;
		bool ends = p + 2 < s->end && p[1] == '/' && isalpha((unsigned char)p[2]);

		if (*p != '<' || !begins_tag(p, s->end)) {
			take_text(s, t);
			return true;
		}
		if (!ends && !isalpha((unsigned char)p[1])) {
			s->p = pass_bogus(p + 1, s->end);
			continue;
		}
		p = take_tag(p + 1 + ends, s->end, ends ? HTML_END : HTML_START, t);
		s->p = p ? p : s->end;
		return p != NULL;
	}
	return false;
}

/* ---- Character references ---- */

static uint32_t number(const char *p, size_t n, size_t *used)
{
	bool hex = n > 0 && (*p == 'x' || *p == 'X');
	uint32_t code = 0;
	size_t i = hex;

	for (; i < n && (hex ? isxdigit((unsigned char)p[i]) : isdigit((unsigned char)p[i])); i++) {
		uint32_t digit = isdigit((unsigned char)p[i]) ? (uint32_t)(p[i] - '0')
		                                              : (uint32_t)((p[i] | 0x20) - 'a' + 10);

		code = code > 0x10FFFF ? code : code * (hex ? 16 : 10) + digit;
	}
	*used = i > (size_t)hex ? i + (i < n && p[i] == ';') : 0;
	return text_windows(code);
}

/* Names of Latin-1 are known without their semicolon too, as pages have always been written. */
static uint32_t named(const char *p, size_t n, size_t *used)
{
	size_t len = 0;
	uint32_t code;

	while (len < n && len < ENTITY_NAME_MAX && isalnum((unsigned char)p[len]))
		len++;
	code = html_entity(p, len);
	*used = 0;
	if (code == 0 || ((len == n || p[len] != ';') && code > 0xFF))
		return 0;
	*used = len + (len < n && p[len] == ';');
	return code;
}

void html_decode(struct buf *out, const char *p, size_t n)
{
	const char *end = p + n, *mark;

	while (p < end && !out->failed) {
		size_t used = 0;
		uint32_t code;

		mark = memchr(p, '&', (size_t)(end - p));
		buf_add(out, p, (size_t)((mark ? mark : end) - p));
		if (!mark)
			break;
		p = mark + 1;
		code = p < end && *p == '#' ? number(p + 1, (size_t)(end - p - 1), &used)
		                            : named(p, (size_t)(end - p), &used);
		if (used > 0) {
			used += *p == '#';
			text_put(out, code);
		} else {
			buf_addc(out, '&');
		}
		p += used;
	}
}
