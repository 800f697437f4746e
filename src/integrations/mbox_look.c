/* What a text is in which no mbox message begins. Only kinds are told, never its words: what an operator connected by
 * mistake is not for those who read a run's warnings. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "integrations/mailbox.h"

#define BOM "\xEF\xBB\xBF"

struct text { const char *p; size_t n; };

static void skip(struct text *t, size_t n)
{
	t->p += n;
	t->n -= n;
}

static void skip_blanks(struct text *t)
{
	if (t->n >= 3 && memcmp(t->p, BOM, 3) == 0)
		skip(t, 3);
	while (t->n > 0 && isspace((unsigned char)*t->p))
		skip(t, 1);
}

static size_t line_length(const struct text *t)
{
	const char *eol = memchr(t->p, '\n', t->n);

	return eol ? (size_t)(eol - t->p) + 1 : t->n;
}

/* Its name's length when a header line comes next, of letters, digits and "-" as real ones are. */
static size_t header_name(const struct text *t)
{
	size_t n = 0;

	while (n < t->n && (isalnum((unsigned char)t->p[n]) || t->p[n] == '-'))
		n++;
	return n > 0 && n < t->n && t->p[n] == ':' ? n : 0;
}

/* Headers come first, one of them at least such as only mails have. */
static bool is_mail(struct text t)
{
	static const char *const known[] = {"From", "To", "Cc", "Date", "Subject", "Received", "Return-Path", "Message-ID",
	                                    "Delivered-To", "Reply-To", "Sender", "MIME-Version"};
	size_t n, i;

	while ((n = header_name(&t)) > 0) {
		for (i = 0; i < sizeof known / sizeof *known; i++)
			if (strlen(known[i]) == n && strncasecmp(t.p, known[i], n) == 0)
				return true;
		do
			skip(&t, line_length(&t));
		while (t.n > 0 && (*t.p == ' ' || *t.p == '\t'));
	}
	return false;
}

static bool is_json(struct text t)
{
	char open = *t.p;

	skip(&t, 1);
	skip_blanks(&t);
	return t.n > 0 && ((open == '{' && strchr("\"}", *t.p)) || (open == '[' && strchr("{[]\"", *t.p)));
}

enum mbox_seen mbox_look(const char *head, size_t n)
{
	struct text t = {head, n};

	skip_blanks(&t);
	if (t.n == 0)
		return MBOX_SEEN_NOTHING;
	if (memchr(t.p, '\0', t.n) || (t.n >= 2 && memcmp(t.p, "\x1f\x8b", 2) == 0))
		return MBOX_SEEN_BINARY;
	if (*t.p == '<')
		return MBOX_SEEN_MARKUP;
	if (is_json(t))
		return MBOX_SEEN_JSON;
	if (is_mail(t))
		return MBOX_SEEN_MAIL;
	if (t.n >= 5 && memcmp(t.p, "From ", 5) == 0) {
		skip(&t, line_length(&t));
		if (is_mail(t))
			return MBOX_SEEN_UNDATED;
	}
	return MBOX_SEEN_TEXT;
}

const char *mbox_seen_text(enum mbox_seen seen)
{
	static const char *const texts[] = {
		[MBOX_SEEN_MAIL] = "a mail without that line", [MBOX_SEEN_UNDATED] = "a mail behind such a line without a date",
		[MBOX_SEEN_MARKUP] = "HTML or XML", [MBOX_SEEN_JSON] = "JSON", [MBOX_SEEN_BINARY] = "binary data",
		[MBOX_SEEN_TEXT] = "other text",
	};

	return texts[seen];
}
