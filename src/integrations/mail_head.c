/* The head of a mail: lines, encoded words, addresses, dates. */
#include "integrations/mail_priv.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Most lines are ASCII and need nothing but their blanks folded. NULL: this one is another. Without a branch at each
 * word's end, which cannot be foretold. */
static char *plain_line(struct arena *a, const char *text, size_t n)
{
	char *line, *out, last = ' ';
	bool other = n > 4 * MAIL_VALUE_MAX;
	size_t i;

	for (i = 0; i < n; i++)
		other |= !is_blank(text[i]) & ((unsigned char)text[i] - 0x21u >= 0x5E);
	if (other)
		return NULL;
	out = line = arena_alloc(a, n + 1);
	for (i = 0; i < n; i++) {
		char c = is_blank(text[i]) ? ' ' : text[i];

		*out = c;
		out += (c != ' ') | (last != ' ');
		last = c;
	}
	out -= out > line && out[-1] == ' ';
	*out = '\0';
	return line;
}

char *mail_line(struct arena *a, const char *text, size_t n)
{
	struct buf b;
	char *line = plain_line(a, text, n);

	if (line)
		return line;
	buf_init(&b, 4 * MAIL_VALUE_MAX);
	text_clean_line(&b, text, n);
	line = arena_strndup(a, buf_str(&b), b.len);
	buf_release(&b);
	return line;
}

static bool is_blank_line(const char *p, size_t n)
{
	return n == 0 || (n == 1 && *p == '\r');
}

/* RFC 5322 2.2: printable characters but the colon; blanks before the colon are obsolete but seen. */
static size_t field_name(const char *p, size_t n)
{
	size_t len = 0;

	while (len < n && p[len] > 32 && p[len] < 127 && p[len] != ':')
		len++;
	return len;
}

static bool take_line(const char *p, size_t n, struct raw_header *h)
{
	size_t len = field_name(p, n), colon = len;

	while (colon < n && (p[colon] == ' ' || p[colon] == '\t'))
		colon++;
	if (len == 0 || colon >= n || p[colon] != ':')
		return false;
	*h = (struct raw_header){p, len, p + colon + 1, n - colon - 1};
	return true;
}

size_t mail_split_head(const char *raw, size_t n, struct raw_header *out, unsigned *count,
                       bool *malformed)
{
	const char *p = raw, *end = raw + n, *limit = raw + (n < MAIL_HEAD_MAX ? n : MAIL_HEAD_MAX);

	*count = 0;
	while (p < limit) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((eol ? eol : end) - p);

		if (is_blank_line(p, len))
			return (size_t)((eol ? eol + 1 : end) - raw);
		if (*p == ' ' || *p == '\t') {
			struct raw_header *h = &out[*count ? *count - 1 : 0];

			/* a continuation: the value goes on up to here */
			if (*count > 0)
				h->value_len = (size_t)(p + len - h->value);
		} else if (*count < MAIL_HEADERS_MAX && take_line(p, len, &out[*count])) {
			++*count;
		} else {
			*malformed = true;
		}
		p = eol ? eol + 1 : end;
	}
	if (p < end)
		*malformed = true;
	return (size_t)(p - raw);
}

/* Unfolds (RFC 5322 2.2.3) and decodes encoded words (RFC 2047). */
static char *decoded(struct arena *a, const char *value, size_t n)
{
	char *flat, *text, *line;
	size_t i;

	n = n > MAIL_VALUE_MAX ? MAIL_VALUE_MAX : n;
	if (!memchr(value, '=', n) && (line = plain_line(a, value, n)) != NULL)
		return line;
	flat = mem_strndup(value, n);
	for (i = 0; i < n; i++)
		if (flat[i] == '\r' || flat[i] == '\n' || flat[i] == '\0')
			flat[i] = ' ';
	if (strstr(flat, "=?")) {
		text = g_mime_utils_header_decode_text(NULL, flat);
		line = mail_line(a, text, strlen(text));
		g_free(text);
	} else {
		line = mail_line(a, flat, n);
	}
	mem_free(flat);
	return line;
}

/* The first "<id>" of a value; without brackets the value's first word. */
static const char *first_id(struct arena *a, const char *value)
{
	const char *open = value ? strchr(value, '<') : NULL;
	const char *close = open ? strchr(open, '>') : NULL;

	if (close && close > open + 1)
		return arena_strndup(a, open + 1, (size_t)(close - open - 1));
	if (!value)
		return "";
	value += strspn(value, "< ");
	return arena_strndup(a, value, strcspn(value, " >"));
}

static bool take_number(const char **p, unsigned least, unsigned most, int *out)
{
	unsigned n = 0;

	for (*out = 0; n < most && isdigit((unsigned char)**p); n++)
		*out = *out * 10 + *(*p)++ - '0';
	return n >= least && !isdigit((unsigned char)**p);
}

/* "Fri, 23 Aug 2002 11:08:50 +0100 (IST)" (RFC 5322 3.3) as nearly all programs write it; others are GMime's. */
static bool usual_date(const char *p, int64_t *ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *month;
	int day, year, hour, minute, second, zone;
	bool west;

	if (strlen(p) > 5 && p[3] == ',' && p[4] == ' ')
		p += 5;
	if (!take_number(&p, 1, 2, &day) || *p++ != ' ' || strlen(p) < 4 || p[3] != ' ')
		return false;
	for (month = months; *month && strncmp(month, p, 3) != 0; month += 3)
		;
	p += 4;
	if (!*month || !take_number(&p, 4, 4, &year) || *p++ != ' ' || !take_number(&p, 2, 2, &hour) || *p++ != ':' ||
	    !take_number(&p, 2, 2, &minute) || *p++ != ':' || !take_number(&p, 2, 2, &second) || *p++ != ' ' ||
	    (*p != '+' && *p != '-'))
		return false;
	west = *p++ == '-';
	if (!take_number(&p, 4, 4, &zone) || (*p && *p != ' ') || year < 1971 || day < 1 || day > 28 || hour > 23 ||
	    minute > 59 || second > 59 || zone > 1200 || zone % 100 > 59)
		return false;
	zone = zone / 100 * 60 + zone % 100;
	*ms = clock_from_civil(year, (int)(month - months) / 3 + 1, day) +
	      ((int64_t)hour * 3600 + minute * 60 + second - (west ? -zone : zone) * 60) * 1000;
	return true;
}

static int64_t read_date(const char *value)
{
	GDateTime *t;
	int64_t ms = 0;

	if (!value || !*value)
		return 0;
	if (usual_date(value, &ms) || clock_parse(value, &ms))
		return ms;
	t = g_mime_utils_header_decode_date(value);
	if (!t)
		return 0;
	ms = g_date_time_to_unix(t) * 1000;
	g_date_time_unref(t);
	return ms > 0 ? ms : 0;
}

static const char *value_or_empty(const struct mail *m, const char *name)
{
	const char *value = mail_header(m, name);

	return value ? value : "";
}

void mail_take_head(struct mail *m, const struct raw_header *h, unsigned count)
{
	unsigned i;

	m->headers = arena_alloc(&m->arena, (count + 1) * sizeof *m->headers);
	for (i = 0; i < count; i++) {
		m->headers[i].name = arena_strndup(&m->arena, h[i].name, h[i].name_len);
		m->headers[i].value = decoded(&m->arena, h[i].value, h[i].value_len);
	}
	m->header_count = count;
	mail_take_from(m, h, count);
	m->to = mail_address_list(m, h, count, "To", &m->to_count);
	m->cc = mail_address_list(m, h, count, "Cc", &m->cc_count);
	m->subject = value_or_empty(m, "Subject");
	m->message_id = first_id(&m->arena, mail_header(m, "Message-ID"));
	m->in_reply_to = first_id(&m->arena, mail_header(m, "In-Reply-To"));
	m->thread_root = first_id(&m->arena, mail_header(m, "References"));
	if (!*m->thread_root)
		m->thread_root = *m->in_reply_to ? m->in_reply_to : m->message_id;
	m->date_ms = read_date(mail_header(m, "Date"));
}

const char *mail_header(const struct mail *m, const char *name)
{
	unsigned i;

	for (i = 0; i < m->header_count; i++)
		if (((*m->headers[i].name ^ *name) & 0xDF) == 0 && strcasecmp(m->headers[i].name, name) == 0)
			return m->headers[i].value;
	return NULL;
}
