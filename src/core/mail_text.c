/* Texts of others in mails: cleaned, encoded for headers, escaped for HTML. */
#include <string.h>

#include "base/crypto.h"
#include "core/mail_priv.h"

#define WORD_BYTES  39     /* of text in an encoded word: with a header's name in front of it a line of at most 78 */
#define LINE        76

/* The character that text begins with: its length, 0 where it is no UTF-8. */
static size_t character(const char *text, unsigned *code)
{
	unsigned char c = (unsigned char)*text;
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4, i;

	*code = n == 1 ? c : c & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | ((unsigned char)text[i] & 0x3f);
	}
	return json_utf8_valid(text, n) ? n : 0;
}

/* Marks of direction (Unicode, annex 9), joins of nothing, annotations, tags: they only hide what is there. U+200D, which
 * joins emoji, stays. */
static bool is_hidden(unsigned c)
{
	return c == 0x00ad || c == 0x061c || c == 0x200b || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

static bool is_blank(unsigned c)
{
	return c <= ' ' || (c >= 0x7f && c <= 0xa0) || c == 0x2028 || c == 0x2029;
}

void mail_clean(struct buf *out, const char *text, size_t max)
{
	size_t from = out->len, n, keep = 0;
	bool blank = false;
	unsigned c;

	for (; *text; text += n ? n : 1) {
		n = character(text, &c);
		if (n > 0 && is_hidden(c))
			continue;
		if (n > 0 && is_blank(c)) {
			blank = out->len > from;
			continue;
		}
		if (blank)
			buf_addc(out, ' ');
		blank = false;
		if (n == 0)
			buf_adds(out, "\xef\xbf\xbd");
		else
			buf_add(out, text, n);
		if (out->failed)
			return;
		if (out->len - from <= max - strlen("…"))
			keep = out->len - from;
		if (out->len - from > max) {
			out->len = from + keep;
			buf_adds(out, "…");
			return;
		}
	}
}

/* What stands in a header as it is. "=?" would be read as an encoded word. */
static bool is_plain(const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
			return false;
	return !strstr(text, "=?");
}

static void put_encoded(struct buf *out, const char *text)
{
	char base64[4 * ((WORD_BYTES + 2) / 3) + 1];
	bool first = true;

	while (*text) {
		size_t n = 0, next;
		unsigned c;

		for (; text[n]; n += next) {
			next = character(text + n, &c);
			INVARIANT(next > 0, "cleaned text is not UTF-8");
			if (n + next > WORD_BYTES)
				break;
		}
		crypto_base64(text, n, base64);
		buf_addf(out, "%s=?UTF-8?B?%s?=", first ? "" : "\r\n ", base64);
		first = false;
		text += n;
	}
}

/* Broken at blanks; a word that is longer than a line stays whole. */
static void put_folded(struct buf *out, const char *text, size_t column)
{
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > 1 && column + 1 + word > LINE) {
			buf_adds(out, "\r\n ");
			column = 1;
		} else if (column > 0 && out->data[out->len - 1] != ' ') {
			buf_addc(out, ' ');
			column++;
		}
		buf_add(out, text, word);
		column += word;
		text += word;
		text += strspn(text, " ");
	}
}

void mail_put_header(struct buf *out, const char *name, const char *value)
{
	struct buf clean;

	buf_init(&clean, 8192);
	mail_clean(&clean, value, 4096);
	buf_addf(out, "%s: ", name);
	if (is_plain(buf_str(&clean)))
		put_folded(out, buf_str(&clean), strlen(name) + 2);
	else
		put_encoded(out, buf_str(&clean));
	buf_release(&clean);
}

static void put_quoted(struct buf *out, const char *text)
{
	buf_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
	buf_addc(out, '"');
}

void mail_put_mailbox(struct buf *out, const char *name, const char *display, const char *address)
{
	struct buf clean;

	buf_init(&clean, 1024);
	mail_clean(&clean, display, 120);
	buf_addf(out, "%s: ", name);
	if (clean.len > 0) {
		(is_plain(buf_str(&clean)) ? put_quoted : put_encoded)(out, buf_str(&clean));
		buf_adds(out, clean.len + strlen(address) < LINE - 20 && is_plain(buf_str(&clean)) ? " " : "\r\n ");
	}
	buf_addf(out, clean.len > 0 ? "<%s>" : "%s", address);
	buf_release(&clean);
}

void mail_put_html(struct buf *out, const char *text)
{
	static const struct { char c; const char *entity; } entities[] = {
		{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
	unsigned i;

	for (; *text; text++) {
		for (i = 0; i < sizeof entities / sizeof *entities && entities[i].c != *text; i++)
			;
		if (i < sizeof entities / sizeof *entities)
			buf_adds(out, entities[i].entity);
		else
			buf_addc(out, *text);
	}
}

char *mail_crlf(struct arena *a, const struct buf *text)
{
	size_t lines = 0, i;
	char *out, *at;

	for (i = 0; i < text->len; i++)
		lines += text->data[i] == '\n';
	out = at = arena_alloc(a, text->len + lines + 1);
	for (i = 0; i < text->len; i++) {
		if (text->data[i] == '\n')
			*at++ = '\r';
		*at++ = text->data[i];
	}
	return out;
}
