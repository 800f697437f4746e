/* What a mail's author wrote, without what was quoted, forwarded or appended. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "integrations/mail.h"

struct line { const char *p; size_t n; };

static bool next_line(const char **p, struct line *l)
{
	const char *eol;

	if (!**p)
		return false;
	eol = strchr(*p, '\n');
	l->p = *p;
	l->n = eol ? (size_t)(eol - *p) : strlen(*p);
	*p += l->n + (eol != NULL);
	while (l->n > 0 && isspace((unsigned char)*l->p))
		l->p++, l->n--;
	while (l->n > 0 && isspace((unsigned char)l->p[l->n - 1]))
		l->n--;
	return true;
}

static bool starts(const struct line *l, const char *text)
{
	size_t n;

	/* most lines are told by their first letter */
	if (*text && (l->n == 0 || ((*l->p ^ *text) & 0xDF) != 0))
		return false;
	n = strlen(text);
	return l->n >= n && strncasecmp(l->p, text, n) == 0;
}

static bool ends(const struct line *l, const char *text)
{
	size_t n = strlen(text);

	return l->n >= n && strncasecmp(l->p + l->n - n, text, n) == 0;
}

static bool contains(const struct line *l, const char *text)
{
	size_t n = strlen(text), i;

	for (i = 0; i + n <= l->n; i++)
		if (strncasecmp(l->p + i, text, n) == 0)
			return true;
	return false;
}

static bool made_of(const struct line *l, char c, size_t least)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->p[i] != c)
			return false;
	return l->n >= least;
}

/* What comes after such a line is not the author's text. */
static const char *const cuts[] = {
	"-----Original Message", "-----Ursprüngliche Nachricht", "-----Message d'origine",
	"-----Mensaje original", "---------- Forwarded message", "Begin forwarded message:",
	"---------- Weitergeleitete Nachricht", "Anfang der weitergeleiteten",
	"Sent from my ", "Von meinem iPhone", "Get Outlook for", "Gesendet mit der ",
	"CONFIDENTIALITY NOTICE", "DISCLAIMER:", "This e-mail and any ", "This email and any ",
	"This message and any ", "You received this message because you are subscribed",
	"To unsubscribe from this group",
};

/* "On Mon, 3 Mar 2025, Ann Lee wrote:" and its like: how it begins, how it ends. */
static const struct { const char *begin, *end; } attributions[] = {
	{"On ", "wrote:"}, {"Am ", ":"}, {"Le ", "crit :"}, {"Le ", "crit:"},
	{"El ", "escribió:"}, {"Il ", "scritto:"}, {"Op ", "schreef:"}, {"", "ने लिखा:"},
};

static bool is_attribution(const struct line *l)
{
	unsigned i;

	for (i = 0; i < sizeof attributions / sizeof *attributions; i++)
		if (starts(l, attributions[i].begin) && ends(l, attributions[i].end) &&
		    (attributions[i].begin[0] != 'A' || contains(l, " schrieb")))
			return true;
	return false;
}

/* Attributions are often folded over two lines. */
static bool begins_attribution(const struct line *l, const char *rest)
{
	struct line next;

	if (is_attribution(l))
		return true;
	if (!starts(l, "On ") && !starts(l, "Am "))
		return false;
	return next_line(&rest, &next) && next.n > 0 && next.n < 120 && l->n < 120 &&
	       (ends(&next, "wrote:") || (ends(&next, ":") && contains(&next, "schrieb")));
}

/* Outlook's way of quoting: a block of header lines, then the whole mail. */
static bool is_header_block(const struct line *l, const char *rest)
{
	struct line next;
	unsigned seen = 0, i;

	if (!starts(l, "From:") && !starts(l, "Von:") && !starts(l, "De :") && !starts(l, "*From:"))
		return false;
	for (i = 0; i < 4 && next_line(&rest, &next); i++)
		seen += starts(&next, "Sent:") || starts(&next, "Date:") || starts(&next, "To:") ||
		        starts(&next, "Subject:") || starts(&next, "Gesendet:") || starts(&next, "An:") ||
		        starts(&next, "*Sent:") || starts(&next, "*Date:");
	return seen >= 2;
}

static bool is_cut(const struct line *l, const char *rest)
{
	unsigned i;

	if ((l->n == 2 && memcmp(l->p, "--", 2) == 0) || made_of(l, '_', 20))
		return true;
	/* most lines begin otherwise */
	if (l->n == 0 || !strchr("-BASVGCDTYF*bsasvgcdtyf", *l->p))
		return false;
	for (i = 0; i < sizeof cuts / sizeof *cuts; i++)
		if (starts(l, cuts[i]))
			return true;
	return is_header_block(l, rest);
}

static bool quoted_line_follows(const char *rest)
{
	struct line l;

	while (next_line(&rest, &l))
		if (l.n > 0 && !ends(&l, ":"))
			return *l.p == '>';
	return false;
}

static void take_lines(const char *text, struct buf *out)
{
	const char *p = text;
	struct line l;

	while (next_line(&p, &l)) {
		if (l.n > 0 && *l.p == '>')
			continue;
		if (is_cut(&l, p))
			break;
		if (begins_attribution(&l, p)) {
			if (!quoted_line_follows(p))
				break;
			if (!is_attribution(&l))
				next_line(&p, &l);
			continue;
		}
		buf_add(out, l.p, l.n);
		buf_addc(out, '\n');
	}
}

const char *mail_own_text(struct mail *m)
{
	struct buf b;
	const char *own;
	size_t i;

	/* lines only get shorter, and the last one its end */
	buf_init(&b, m->text_len + 1);
	buf_reserve(&b, m->text_len + 1);
	take_lines(m->text, &b);
	for (i = 0; i < b.len && isspace((unsigned char)b.data[i]); i++)
		;
	/* a forwarded mail without a word of its own */
	own = i < b.len ? arena_strndup(&m->arena, b.data, b.len) : m->text;
	buf_release(&b);
	return own;
}
