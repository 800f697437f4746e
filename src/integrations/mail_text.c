/* The text of a mail: what its parts say, decoded; and mails that are one part of text, which need no tree of parts. */
#include "integrations/mail_priv.h"

#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "integrations/mail_html.h"

#define ENCODED_MAX    (2u << 20)       /* bytes looked at of a mail that is one part of text */
#define PAGES_MAX      8                /* HTML parts that are read */

/* ---- Decoding ---- */

static void take_link(void *ctx, const char *text, size_t n, const char *href)
{
	struct mail *m = ctx;
	struct mail_link *l;

	if (m->link_count == MAIL_LINKS_MAX || !href)
		return;
	l = &m->links[m->link_count++];
	l->text = mail_line(&m->arena, text, n > 300 ? 300 : n);
	l->href = mail_line(&m->arena, href, strnlen(href, 2000));
}

/* p[0..n): without its transfer encoding. */
void mail_take_text(struct mail_body *b, const char *charset, bool html, const char *p, size_t n)
{
	struct buf text;

	if (!html) {
		if (b->plain.len > 0)
			buf_addc(&b->plain, '\n');
		text_decode(&b->plain, charset, p, n, MAIL_PLAIN_MAX);
		return;
	}
	buf_init(&text, HTML_SOURCE_MAX + 8);
	text_decode(&text, charset, p, n, HTML_SOURCE_MAX);
	html_text(buf_str(&text), text.len, &b->html, take_link, b->m);
	buf_release(&text);
}

bool mail_has_read_enough(struct mail_body *b, bool html)
{
	return html ? ++b->pages > PAGES_MAX || b->html.len >= HTML_SOURCE_MAX : b->plain.len >= MAIL_PLAIN_MAX;
}

/* ---- One part of text, as most mails are ---- */

/* The only header of this name, unfolded; NULL when there is none. *many: there are several, or what cannot be one. */
static char *sole_header(const struct raw_header *h, unsigned count, const char *name, bool *many)
{
	const struct raw_header *found = NULL;
	size_t n = strlen(name), i;
	char *value;

	for (i = 0; i < count; i++)
		if (h[i].name_len == n && strncasecmp(h[i].name, name, n) == 0) {
			*many = *many || found;
			found = &h[i];
		}
	if (!found || *many || found->value_len > MAIL_VALUE_MAX || memchr(found->value, '\0', found->value_len)) {
		*many = *many || found;
		return NULL;
	}
	value = mem_strndup(found->value, found->value_len);
	for (i = 0; i < found->value_len; i++)
		if (value[i] == '\r' || value[i] == '\n')
			value[i] = ' ';
	return value;
}

static void take_encoded(struct mail_body *b, const char *charset, bool html, GMimeContentEncoding how, const char *p, size_t n)
{
	GMimeEncoding state;
	char *out;

	n = n > ENCODED_MAX ? ENCODED_MAX : n;
	if (how == GMIME_CONTENT_ENCODING_DEFAULT) {
		mail_take_text(b, charset, html, p, n);
		return;
	}
	g_mime_encoding_init_decode(&state, how);
	out = mem_alloc(g_mime_encoding_outlen(&state, n) + 1);
	n = g_mime_encoding_flush(&state, p, n, out);
	mail_take_text(b, charset, html, out, n);
	mem_free(out);
}

/* What GMime makes of a part's encoding; how it is written must leave no doubt. */
static bool encoding_of(const char *value, GMimeContentEncoding *how)
{
	static const struct { const char *name; GMimeContentEncoding how; } names[] = {
		{"7bit", GMIME_CONTENT_ENCODING_DEFAULT}, {"8bit", GMIME_CONTENT_ENCODING_DEFAULT},
		{"binary", GMIME_CONTENT_ENCODING_DEFAULT}, {"base64", GMIME_CONTENT_ENCODING_BASE64},
		{"quoted-printable", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE},
	};
	size_t n, i;

	*how = GMIME_CONTENT_ENCODING_DEFAULT;
	if (!value)
		return true;
	value += strspn(value, " \t");
	n = strcspn(value, " \t");
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i].name) == n && strncasecmp(value, names[i].name, n) == 0) {
			*how = names[i].how;
			return value[n + strspn(value + n, " \t")] == '\0';
		}
	return false;
}

/* false: it is something else, or not sure. */
bool mail_take_sole_text(struct mail_body *b, const struct raw_header *h, unsigned count, const char *body, size_t n)
{
	bool odd = false, taken = false, html = false;
	char *type = sole_header(h, count, "Content-Type", &odd);
	char *encoding = sole_header(h, count, "Content-Transfer-Encoding", &odd);
	char *disposition = sole_header(h, count, "Content-Disposition", &odd);
	GMimeContentType *t = type && !odd ? g_mime_content_type_parse(NULL, type) : NULL;
	GMimeContentEncoding how;

	if (t)
		html = g_mime_content_type_is_type(t, "text", "html");
	if (!odd && !disposition && encoding_of(encoding, &how) &&
	    (t ? html || g_mime_content_type_is_type(t, "text", "plain") : !type)) {
		taken = true;
		if (!mail_has_read_enough(b, html))
			take_encoded(b, t ? g_mime_content_type_get_parameter(t, "charset") : NULL, html, how, body, n);
	}
	if (t)
		g_object_unref(t);
	mem_free(type);
	mem_free(encoding);
	mem_free(disposition);
	return taken;
}

/* ---- The text ---- */

/* Plain text is preferred, unless it is only a remark to the page beside it. */
void mail_choose_text(struct mail_body *b)
{
	struct mail *m = b->m;
	bool html = b->html.len > 0 && b->plain.len * 5 < b->html.len;
	const struct buf *from = html ? &b->html : &b->plain;
	size_t n = from->len < MAIL_TEXT_MAX ? from->len : MAIL_TEXT_MAX;
	struct buf clean;

	while (n > 0 && n < from->len && (from->data[n] & 0xC0) == 0x80)
		n--;
	/* room for what cleaning makes longer: bytes that are windows-1252 */
	buf_init(&clean, 3 * MAIL_TEXT_MAX + 16);
	text_clean(&clean, buf_str(from), n);
	m->html_only = b->html.len > 0 && b->plain.len == 0;
	m->text = arena_strndup(&m->arena, buf_str(&clean), clean.len);
	m->text_len = clean.len;
	buf_release(&clean);
}
