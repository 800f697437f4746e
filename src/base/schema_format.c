/* The formats (2020-12 validation, section 7.3) and patterns. */
#include "base/schema_priv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* --- dates (RFC 3339) --- */

/* The number of two digits at s, -1 if they are none. */
static int two(const char *s)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return -1;
	return (s[0] - '0') * 10 + s[1] - '0';
}

static bool date_fits(const char *s, size_t n)
{
	static const unsigned char days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int century, year, month, day;

	if (n != 10 || s[4] != '-' || s[7] != '-')
		return false;
	century = two(s);
	year = two(s + 2);
	month = two(s + 5);
	day = two(s + 8);
	if (century < 0 || year < 0 || month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return false;
	if (month == 2 && day == 29)
		return year != 0 ? year % 4 == 0 : century % 4 == 0;
	return true;
}

/* The offset's minutes; false if it is none. */
static bool zone_fits(const char *s, size_t n, int *minutes)
{
	int hour, minute;

	*minutes = 0;
	if (n == 1)
		return *s == 'Z' || *s == 'z';
	if (n != 6 || (*s != '+' && *s != '-') || s[3] != ':')
		return false;
	hour = two(s + 1);
	minute = two(s + 4);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return false;
	*minutes = (hour * 60 + minute) * (*s == '-' ? -1 : 1);
	return true;
}

static bool date_time_fits(const char *s, size_t n)
{
	int hour, minute, second, offset;
	size_t i = 19;

	if (n < 20 || !date_fits(s, 10) || (s[10] != 'T' && s[10] != 't') || s[13] != ':' || s[16] != ':')
		return false;
	hour = two(s + 11);
	minute = two(s + 14);
	second = two(s + 17);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return false;
	if (s[i] == '.') {
		for (i++; i < n && s[i] >= '0' && s[i] <= '9'; i++)
			;
		if (i == 20)
			return false;
	}
	if (!zone_fits(s + i, n - i, &offset))
		return false;
	/* a leap second is the last of a UTC day */
	return second < 60 || (hour * 60 + minute - offset + 2 * 1440) % 1440 == 1439;
}

/* --- e-mail addresses (RFC 5321) --- */

static bool ip_literal_fits(const char *s, size_t n, const char *v6_tag)
{
	unsigned char address[16];
	char text[64];
	size_t tag = strlen(v6_tag);

	if (n < 2 || n - 2 >= sizeof text || s[0] != '[' || s[n - 1] != ']')
		return false;
	memcpy(text, s + 1, n - 2);
	text[n - 2] = '\0';
	if (strncasecmp(text, v6_tag, tag) == 0 && inet_pton(AF_INET6, text + tag, address) == 1)
		return true;
	return tag > 0 && inet_pton(AF_INET, text, address) == 1;
}

static bool host_name_fits(const char *s, size_t n)
{
	size_t i, label = 0;

	if (n == 0 || n > 253)
		return false;
	for (i = 0; i < n; i++) {
		if (s[i] == '.') {
			if (label == 0 || s[i - 1] == '-')
				return false;
			label = 0;
		} else if (!isalnum((unsigned char)s[i]) && (s[i] != '-' || label == 0)) {
			return false;
		} else if (++label > 63) {
			return false;
		}
	}
	return label > 0 && s[n - 1] != '-';
}

static bool quoted_local_fits(const char *s, size_t n)
{
	size_t i;

	if (n < 2 || s[n - 1] != '"')
		return false;
	for (i = 1; i < n - 1; i++) {
		if (s[i] == '\\')
			i++;
		else if (s[i] == '"')
			return false;
		if (i >= n - 1 || (unsigned char)s[i] < 0x20 || (unsigned char)s[i] > 0x7e)
			return false;
	}
	return true;
}

static bool dot_atom_fits(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] == '.' ? i == 0 || i == n - 1 || s[i + 1] == '.'
		                : !isalnum((unsigned char)s[i]) && !strchr("!#$%&'*+-/=?^_`{|}~", s[i]))
			return false;
	}
	return n > 0;
}

static bool email_fits(const char *s, size_t n)
{
	const char *at = memrchr(s, '@', n);
	size_t local, host;

	if (!at)
		return false;
	local = (size_t)(at - s);
	host = n - local - 1;
	if (local > 64 || !(*s == '"' ? quoted_local_fits(s, local) : dot_atom_fits(s, local)))
		return false;
	return at[1] == '[' ? ip_literal_fits(at + 1, host, "IPv6:") : host_name_fits(at + 1, host);
}

/* --- URIs (RFC 3986; an absolute one: a scheme must be there) --- */

/* Are all of s[0..n) unreserved, sub-delimiters, percent-encoded or in extra? */
static bool uri_characters(const char *s, size_t n, const char *extra)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] == '%') {
			if (n - i < 3 || !isxdigit((unsigned char)s[i + 1]) || !isxdigit((unsigned char)s[i + 2]))
				return false;
			i += 2;
		} else if (!s[i] || (!isalnum((unsigned char)s[i]) && !strchr("-._~!$&'()*+,;=", s[i]) &&
		                     !strchr(extra, s[i]))) {
			return false;
		}
	}
	return true;
}

static bool authority_fits(const char *s, size_t n)
{
	const char *at = memrchr(s, '@', n), *port;
	size_t host;

	if (at) {
		if (!uri_characters(s, (size_t)(at - s), ":"))
			return false;
		n -= (size_t)(at + 1 - s);
		s = at + 1;
	}
	host = n;
	while (host > 0 && isdigit((unsigned char)s[host - 1]))
		host--;
	port = host > 0 && s[host - 1] == ':' ? s + host - 1 : s + n;
	host = (size_t)(port - s);
	if (host > 0 && *s == '[')
		return ip_literal_fits(s, host, "");
	return uri_characters(s, host, "");
}

static bool uri_fits(const char *s, size_t n)
{
	size_t i, end;

	for (i = 0; i < n && (isalnum((unsigned char)s[i]) || (i > 0 && strchr("+-.", s[i]) && s[i])); i++)
		;
	if (i == 0 || i == n || s[i] != ':' || !isalpha((unsigned char)*s))
		return false;
	s += i + 1;
	n -= i + 1;
	if (n >= 2 && s[0] == '/' && s[1] == '/') {
		for (end = 2; end < n && !strchr("/?#", s[end]); end++)
			;
		if (!authority_fits(s + 2, end - 2))
			return false;
		s += end;
		n -= end;
	}
	for (end = 0; end < n && s[end] != '?' && s[end] != '#'; end++)
		;
	if (!uri_characters(s, end, "/:@"))
		return false;
	s += end;
	n -= end;
	for (end = 0; end < n && s[end] != '#'; end++)
		;
	return uri_characters(s, end, "/:@?") && (end == n || uri_characters(s + end + 1, n - end - 1, "/:@?"));
}

static const struct schema_format formats[] = {
	{"date-time", date_time_fits, "a time like 2025-01-15T06:00:00Z (RFC 3339)"},
	{"date", date_fits, "a date like 2025-01-15"},
	{"uri", uri_fits, "an absolute URI"},
	{"email", email_fits, "an e-mail address"},
};

const struct schema_format *schema_format_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

/* --- patterns --- */

static locale_t utf8;

static void make_locale(void)
{
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!utf8)
		utf8 = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
	INVARIANT(utf8 != (locale_t)0, "out of memory");
}

/* uselocale is per thread, so this disturbs nobody. */
static locale_t enter_utf8(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_locale);
	return uselocale(utf8);
}

#define REPEATS_MAX 10000   /* the product of all {n,m} in a pattern: regcomp writes them out in memory */

/* The largest number in the braces at p. */
static unsigned long repeats(const char *p)
{
	unsigned long most = 1, n;

	for (; *p && *p != '}'; p++) {
		n = *p >= '0' && *p <= '9' ? strtoul(p, NULL, 10) : 1;
		if (n > most)
			most = n;
	}
	return most < REPEATS_MAX ? most : REPEATS_MAX + 1;
}

/* What ECMA 262 has and POSIX lacks, and regcomp would take for something else. */
static const char *foreign_syntax(const char *p)
{
	bool in_brackets = false;
	const char *first = p;
	unsigned long copies = 1;

	for (; *p; p++) {
		if (in_brackets) {
			if (*p == '\\')
				return "has a backslash in brackets, where it stands for itself";
			if (*p == '[' && p[1] && strchr(":.=", p[1]) && strchr(p + 2, p[1]))
				p = strchr(p + 2, p[1]) + 1;   /* [:alpha:] */
			else
				in_brackets = *p != ']' || p == first;
			if (!*p)
				break;
		} else if (*p == '\\') {
			if (isalnum((unsigned char)*++p))
				return "has an escape of a letter or digit: write [0-9] for \\d, [[:space:]] for \\s";
			if (!*p)
				return "ends in a backslash";
		} else if (*p == '[') {
			in_brackets = true;
			first = p[1] == '^' ? p + 2 : p + 1;   /* a ] that stands first stands for itself */
			p += p[1] == '^';
		} else if (*p == '(' && p[1] == '?') {
			return "has a group that begins with (?";
		} else if (*p == '{' && (copies *= repeats(p)) > REPEATS_MAX) {
			return "repeats too often";
		} else if (strchr("*+?}", *p) && p[1] && strchr("*+?", p[1])) {
			return "repeats a repetition";
		}
	}
	return NULL;
}

bool schema_pattern_compile(struct schema_pattern *p, const char *text, const char **problem)
{
	locale_t before;
	int failed;

	*problem = foreign_syntax(text);
	if (*problem)
		return false;
	before = enter_utf8();
	failed = regcomp(&p->regex, text, REG_EXTENDED | REG_NOSUB);
	uselocale(before);
	if (failed)
		*problem = "is not a POSIX extended regular expression";
	p->text = text;
	return !failed;
}

bool schema_pattern_fits(const struct schema_pattern *p, const char *s)
{
	locale_t before = enter_utf8();
	bool fits = regexec(&p->regex, s, 0, NULL, 0) == 0;

	uselocale(before);
	return fits;
}
