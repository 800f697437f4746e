/* Addresses of a mail's head. Those of the usual form are read here, the others by GMime. */
#include "integrations/mail_priv.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define GROUPS_MAX 20        /* of one address list */

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

/* Fills in the addresses of text ("Ann <ann@example.org>, …"), at most max; returns how many. */
static unsigned parse_addresses(struct arena *a, const char *text, struct mail_address *out, unsigned max)
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
		n = parse_addresses(&m->arena, text, out, max);
	}
	mem_free(text);
	return n;
}

struct mail_address *mail_address_list(struct mail *m, const struct raw_header *h, unsigned count,
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

void mail_take_from(struct mail *m, const struct raw_header *h, unsigned count)
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
