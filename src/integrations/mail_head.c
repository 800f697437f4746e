/* The head of a mail: lines, encoded words, addresses, dates. */
#include "integrations/mail_priv.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"

#define GROUPS_MAX 20        /* of one address list */

/* Most lines are ASCII and need nothing but their blanks folded. NULL: this one is another. */
static char *plain_line(struct arena *a, const char *text, size_t n)
{
	char *line, *out;
	size_t i;

	if (n > 4 * MAIL_VALUE_MAX)
		return NULL;
	for (i = 0; i < n; i++)
		if ((unsigned char)(text[i] - 0x20) >= 0x5F && text[i] != '\t' && text[i] != '\n' && text[i] != '\r')
			return NULL;
	out = line = arena_alloc(a, n + 1);
	for (i = 0; i < n; i++)
		if (text[i] > ' ')
			*out++ = text[i];
		else if (out > line && out[-1] != ' ')
			*out++ = ' ';
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

static char *lower(char *s)
{
	char *p;

	for (p = s; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return s;
}

static void take_mailbox(struct arena *a, InternetAddress *ia, struct mail_address *out)
{
	const char *name = internet_address_get_name(ia);
	const char *addr = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(ia));

	out->name = name ? mail_line(a, name, strlen(name)) : "";
	out->addr = addr ? lower(mail_line(a, addr, strlen(addr))) : "";
}

static unsigned take_list(struct arena *a, InternetAddressList *list, struct mail_address *out,
                          unsigned max, int depth)
{
	int count = internet_address_list_length(list), i;
	unsigned n = 0;

	for (i = 0; i < count && n < max; i++) {
		InternetAddress *ia = internet_address_list_get_address(list, i);

		if (INTERNET_ADDRESS_IS_MAILBOX(ia))
			take_mailbox(a, ia, &out[n++]);
		else if (INTERNET_ADDRESS_IS_GROUP(ia) && depth < 3)
			n += take_list(a, INTERNET_ADDRESS_GROUP(ia)->members, out + n, max - n, depth + 1);
	}
	return n;
}

unsigned mail_addresses(struct arena *a, const char *text, struct mail_address *out, unsigned max)
{
	InternetAddressList *list = internet_address_list_parse(NULL, text);
	unsigned n;

	if (!list)
		return 0;
	n = take_list(a, list, out, max, 0);
	g_object_unref(list);
	return n;
}

static const struct raw_header *raw_find(const struct raw_header *h, unsigned count, const char *name)
{
	size_t n = strlen(name);
	unsigned i;

	for (i = 0; i < count; i++)
		if (h[i].name_len == n && strncasecmp(h[i].name, name, n) == 0)
			return &h[i];
	return NULL;
}

/* Each colon may open a group inside a group, which GMime follows by recursion. */
static void limit_groups(char *text)
{
	unsigned colons = 0;

	for (; *text; text++)
		if (*text == ':' && ++colons > GROUPS_MAX)
			*text = ' ';
}

static size_t run_of(const char *p, const char *also)
{
	size_t n = 0;

	while (isascii(p[n]) && p[n] && (isalnum((unsigned char)p[n]) || strchr(also, p[n])))
		n++;
	return n;
}

/* One address as nearly all are written: "ann@x.org", "Ann Lee <ann@x.org>", "\"Lee, Ann\" <ann@x.org>". 0: it may be
 * anything else, for GMime to read. */
static unsigned usual_address(struct arena *a, const char *p, struct mail_address *out)
{
	const char *name, *addr;
	size_t name_len = 0, len, host;
	bool quoted, angle;

	p += strspn(p, " \t");
	name = p;
	quoted = *p == '"';
	if (quoted) {
		name = ++p;
		name_len = run_of(p, " ,.-'&/+!");
		p += name_len;
		if (name_len == 0 || *p++ != '"')
			return 0;
		p += strspn(p, " \t");
	} else if (strchr(p, '<')) {
		name_len = run_of(p, " -'");
		p += name_len;
		while (name_len > 0 && name[name_len - 1] == ' ')
			name_len--;
	}
	angle = *p == '<';
	if ((quoted || name_len > 0) && !angle)
		return 0;
	p += angle;
	addr = p;
	len = run_of(p, "._-+=");
	if (len == 0 || *addr == '.' || addr[len - 1] == '.' || p[len] != '@')
		return 0;
	host = run_of(p + len + 1, ".-");
	if (host == 0 || p[len + 1] == '.' || p[len + host] == '.' || strstr(addr, ".."))
		return 0;
	p += len + 1 + host;
	if (angle && *p++ != '>')
		return 0;
	if (p[strspn(p, " \t")])
		return 0;
	out->name = name_len > 0 ? mail_line(a, name, name_len) : "";
	out->addr = lower(arena_strndup(a, addr, len + 1 + host));
	return 1;
}

/* Addresses come from the raw value: a decoded name may hold commas and angle brackets. */
static unsigned raw_addresses(struct mail *m, const struct raw_header *h, unsigned count,
                              const char *name, struct mail_address *out, unsigned max)
{
	const struct raw_header *r = raw_find(h, count, name);
	char *text;
	unsigned n;
	size_t i, len;

	if (!r)
		return 0;
	len = r->value_len > MAIL_VALUE_MAX ? MAIL_VALUE_MAX : r->value_len;
	text = mem_strndup(r->value, len);
	for (i = 0; i < len; i++)
		if (text[i] == '\0' || text[i] == '\r' || text[i] == '\n')
			text[i] = ' ';
	n = usual_address(&m->arena, text, out);
	if (n == 0) {
		limit_groups(text);
		n = mail_addresses(&m->arena, text, out, max);
	}
	mem_free(text);
	return n;
}

static struct mail_address *address_list(struct mail *m, const struct raw_header *h, unsigned count,
                                         const char *name, unsigned *n)
{
	struct mail_address *all = mem_alloc(MAIL_ADDRESSES_MAX * sizeof *all), *kept = NULL;

	*n = raw_addresses(m, h, count, name, all, MAIL_ADDRESSES_MAX);
	if (*n > 0) {
		kept = arena_alloc(&m->arena, *n * sizeof *kept);
		memcpy(kept, all, *n * sizeof *kept);
	}
	mem_free(all);
	return kept;
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

/* "Ann [x] bob@y.org <ann@x.org>": a name that should have been quoted must not pass for the address,
 * which is what stands last in angle brackets. */
static void take_angle_address(struct mail *m, const char *value)
{
	const char *open = value ? strrchr(value, '<') : NULL, *close = open ? strchr(open, '>') : NULL;
	char *addr;

	if (!close || close[1 + strspn(close + 1, " ")] || !memchr(open, '@', (size_t)(close - open)))
		return;
	addr = lower(mail_line(&m->arena, open + 1, (size_t)(close - open - 1)));
	if (strcmp(addr, m->from.addr) == 0 || strchr(addr, ' ') || strchr(value, ',') ||
	    (*m->from.addr && strstr(value, arena_printf(&m->arena, "<%s>", m->from.addr))))
		return;
	m->from.addr = addr;
	m->from.name = mail_line(&m->arena, value, (size_t)(open - value));
}

static void take_from(struct mail *m, const struct raw_header *h, unsigned count)
{
	static const char *const names[] = {"From", "Sender", "Return-Path"};
	const char *value;
	unsigned i;

	m->from = m->reply_to = (struct mail_address){"", ""};
	for (i = 0; i < 3; i++)
		if (raw_addresses(m, h, count, names[i], &m->from, 1) == 1)
			break;
	/* not an address: what stands there is its name, so that a person sees it */
	value = mail_header(m, "From");
	if (i > 0 && value && *value)
		m->from.name = value;
	take_angle_address(m, value);
	raw_addresses(m, h, count, "Reply-To", &m->reply_to, 1);
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
	take_from(m, h, count);
	m->to = address_list(m, h, count, "To", &m->to_count);
	m->cc = address_list(m, h, count, "Cc", &m->cc_count);
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
