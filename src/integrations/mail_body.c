/* The body of a mail: its parts by GMime, which is given only what it takes apart in bounded time
 * and memory. */
#include "integrations/mail_priv.h"

#include <gmime/gmime.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "integrations/mail_html.h"

#define DEPTH_MAX      40
#define FILE_NAME_MAX  255              /* bytes told of a file's name */

static pthread_once_t gmime_once = PTHREAD_ONCE_INIT;

/* What headers hold as bare bytes is read alike on every machine, not by the charset of its locale. */
static void start_gmime(void)
{
	static const char *charsets[] = {"utf-8", "windows-1252", NULL};

	g_mime_init();
	g_mime_parser_options_set_fallback_charsets(g_mime_parser_options_get_default(), charsets);
}

/* ---- Parts ---- */

static bool type_is(GMimeObject *o, const char *type, const char *subtype)
{
	GMimeContentType *t = g_mime_object_get_content_type(o);

	return t && g_mime_content_type_is_type(t, type, subtype);
}

/* The part's bytes, transfer encoding undone. */
static GByteArray *content_of(GMimePart *part)
{
	GMimeDataWrapper *w = g_mime_part_get_content(part);
	GByteArray *bytes = g_byte_array_new();
	GMimeStream *s;

	if (!w)
		return bytes;
	s = g_mime_stream_mem_new_with_byte_array(bytes);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(s), FALSE);
	g_mime_data_wrapper_write_to_stream(w, s);
	g_object_unref(s);
	return bytes;
}

static void read_text(struct mail_body *b, GMimePart *part, bool html)
{
	const char *charset =
		g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset");
	GByteArray *bytes;

	if (mail_has_read_enough(b, html))
		return;
	bytes = content_of(part);
	mail_take_text(b, charset, html, (const char *)bytes->data, bytes->len);
	g_byte_array_free(bytes, TRUE);
}

static bool is_seal(GMimeObject *o)
{
	return type_is(o, "application", "pgp-signature") ||
	       type_is(o, "application", "pkcs7-signature") ||
	       type_is(o, "application", "x-pkcs7-signature");
}

/* A file's name; of a long one the start and the end, which tells what it is. */
static const char *file_name(struct arena *a, const char *name)
{
	size_t n = strlen(name), head = FILE_NAME_MAX / 2 - 1, tail = n - FILE_NAME_MAX / 2 + 2;

	if (n <= FILE_NAME_MAX)
		return mail_line(a, name, n);
	while (head > 0 && (name[head] & 0xC0) == 0x80)
		head--;
	while (tail < n && (name[tail] & 0xC0) == 0x80)
		tail++;
	return arena_printf(a, "%s\u2026%s", mail_line(a, name, head), mail_line(a, name + tail, n - tail));
}

static void take_attachment(struct mail *m, GMimeObject *o, const char *name, size_t size)
{
	char *type = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(o));
	struct mail_attachment *a;

	if (m->attachment_count < MAIL_ATTACHMENTS_MAX) {
		a = &m->attachments[m->attachment_count++];
		a->name = name ? file_name(&m->arena, name) : "";
		a->type = mail_line(&m->arena, type, strnlen(type, 127));
		a->size = size;
	}
	g_free(type);
}

static size_t part_size(GMimePart *part)
{
	GMimeDataWrapper *w = g_mime_part_get_content(part);
	gint64 n = w ? g_mime_stream_length(g_mime_data_wrapper_get_stream(w)) : 0;

	return n > 0 ? (size_t)n : 0;
}

static void read_calendar(struct mail *m, GMimePart *part)
{
	const char *method =
		g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "method");
	GByteArray *bytes;
	char *at = NULL;

	if (method) {
		m->calendar_method = mail_line(&m->arena, method, strnlen(method, 20));
		return;
	}
	bytes = content_of(part);
	g_byte_array_append(bytes, (const guint8 *)"", 1);
	at = strstr((char *)bytes->data, "METHOD:");
	m->calendar_method = at ? mail_line(&m->arena, at + 7, strcspn(at + 7, "\r\n;")) : "PUBLISH";
	g_byte_array_free(bytes, TRUE);
}

static void take_part(struct mail_body *b, GMimePart *part)
{
	GMimeObject *o = GMIME_OBJECT(part);
	const char *disposition = g_mime_object_get_disposition(o);
	const char *name = g_mime_part_get_filename(part);
	bool attached = disposition && strcasecmp(disposition, "attachment") == 0;
	bool text = type_is(o, "text", "*");

	if (type_is(o, "text", "calendar") || type_is(o, "application", "ics")) {
		if (!*b->m->calendar_method)
			read_calendar(b->m, part);
		if (attached || name)
			take_attachment(b->m, o, name, part_size(part));
	} else if (text && !attached && (type_is(o, "text", "html") || type_is(o, "text", "plain") || !name)) {
		read_text(b, part, type_is(o, "text", "html"));
	} else if (!is_seal(o)) {
		bool picture = type_is(o, "image", "*") && !attached &&
		               (g_mime_part_get_content_id(part) || !name);

		if (!picture)
			take_attachment(b->m, o, name, part_size(part));
	}
}

static void take_object(struct mail_body *b, GMimeObject *o, int depth)
{
	int count, i;

	if (depth > DEPTH_MAX) {
		b->m->malformed = true;
	} else if (type_is(o, "multipart", "encrypted") || type_is(o, "application", "pkcs7-mime")) {
		b->m->encrypted = true;
	} else if (b->m->cut && type_is(o, "multipart", "mixed")) {
		/* how mail programs attach (RFC 2046 5.1.3); what it is stands in the body */
		b->m->attachments[b->m->attachment_count++] = (struct mail_attachment){.name = "", .type = ""};
	} else if (GMIME_IS_MULTIPART(o)) {
		count = g_mime_multipart_get_count(GMIME_MULTIPART(o));
		for (i = 0; i < count; i++)
			take_object(b, g_mime_multipart_get_part(GMIME_MULTIPART(o), i), depth + 1);
	} else if (GMIME_IS_MESSAGE_PART(o)) {
		/* another mail inside is not what this one's author says */
		take_attachment(b->m, o, "", 0);
	} else if (GMIME_IS_PART(o)) {
		take_part(b, GMIME_PART(o));
	}
}

/* ---- The whole ---- */

static bool is_mime_header(const struct raw_header *h)
{
	return (h->name_len > 8 && strncasecmp(h->name, "Content-", 8) == 0) ||
	       (h->name_len == 12 && strncasecmp(h->name, "MIME-Version", 12) == 0);
}

/* The body with its MIME headers alone, so that no other malformed header can spoil it. */
static GMimeObject *construct(const struct raw_header *h, unsigned count, const char *body, size_t n)
{
	GMimeStream *s = g_mime_stream_mem_new();
	GMimeParser *parser;
	GMimeObject *o;
	unsigned i;

	for (i = 0; i < count; i++)
		if (is_mime_header(&h[i]) && !memchr(h[i].value, '\0', h[i].value_len) &&
		    h[i].value_len <= MAIL_VALUE_MAX) {
			g_mime_stream_write(s, h[i].name, h[i].name_len);
			g_mime_stream_write(s, ":", 1);
			g_mime_stream_write(s, h[i].value, h[i].value_len);
			g_mime_stream_write(s, "\n", 1);
		}
	g_mime_stream_write(s, "\n", 1);
	g_mime_stream_write(s, body, n);
	g_mime_stream_reset(s);
	parser = g_mime_parser_new_with_stream(s);
	o = g_mime_parser_construct_part(parser, NULL);
	g_object_unref(parser);
	g_object_unref(s);
	return o;
}

static void take_parts(struct mail_body *b, const struct raw_header *h, unsigned count, const char *body, size_t n)
{
	GMimeObject *o = mail_within_bounds(h, count, body, n) ? construct(h, count, body, n) : NULL;

	if (o) {
		take_object(b, o, 0);
		g_object_unref(o);
	} else {
		b->m->malformed = true;
		buf_add(&b->plain, body, n < MAIL_PLAIN_MAX ? n : MAIL_PLAIN_MAX);
	}
}

/* Reads the body under the head's MIME headers. */
static void take_body(struct mail *m, const struct raw_header *h, unsigned count, const char *body,
                    size_t n)
{
	struct mail_body b = {.m = m};

	buf_init(&b.plain, 4 * MAIL_PLAIN_MAX);
	buf_init(&b.html, 4 * HTML_SOURCE_MAX);
	m->calendar_method = "";
	m->attachments = arena_alloc(&m->arena, MAIL_ATTACHMENTS_MAX * sizeof *m->attachments);
	m->links = arena_alloc(&m->arena, MAIL_LINKS_MAX * sizeof *m->links);
	if (!mail_take_sole_text(&b, h, count, body, n))
		take_parts(&b, h, count, body, n);
	mail_choose_text(&b);
	buf_release(&b.plain);
	buf_release(&b.html);
}
static size_t skip_envelope(const char *raw, size_t n)
{
	const char *eol;

	if (n < 5 || memcmp(raw, "From ", 5) != 0)
		return 0;
	eol = memchr(raw, '\n', n);
	return eol ? (size_t)(eol + 1 - raw) : n;
}

void mail_parse(struct mail *m, const char *raw, size_t n, bool cut)
{
	struct raw_header *h = mem_alloc(MAIL_HEADERS_MAX * sizeof *h);
	size_t at = skip_envelope(raw, n), body;
	unsigned count;

	pthread_once(&gmime_once, start_gmime);
	memset(m, 0, sizeof *m);
	arena_init(&m->arena);
	m->cut = cut;
	body = at + mail_split_head(raw + at, n - at, h, &count, &m->malformed);
	mail_take_head(m, h, count);
	take_body(m, h, count, raw + body, cut ? 0 : n - body);
	mem_free(h);
}

void mail_release(struct mail *m)
{
	arena_release(&m->arena);
	memset(m, 0, sizeof *m);
}
