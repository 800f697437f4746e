/* Who can be meant by an address, a domain or a name. */
#include <ctype.h>
#include <string.h>

#include "agents/email_triage_rules_priv.h"

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* At least that many labels: "@com" would be half of all mail. */
static bool is_domain(const char *s, unsigned labels)
{
	for (;; s++) {
		size_t n = 0;

		while (is_name_byte(s[n]) || s[n] == '-' || s[n] == '_')
			n++;
		if (n == 0)
			return false;
		labels -= labels > 0;
		s += n;
		if (*s != '.')
			return *s == '\0' && labels == 0;
	}
}

bool rules_is_domain(const char *text)
{
	const char *tld = strrchr(text, '.');

	/* "J.P" and "Web2.0" are names; letters that are not ASCII may be written as "xn--" (RFC 5890 2.3.2.1) */
	return tld && is_domain(text, 2) && (strncmp(tld, ".xn--", 5) == 0 ||
	                                     (tld[1] && tld[2] && !strpbrk(tld, "0123456789-_")));
}

/* "St.John's", "AT&T.com": what no domain can be, nor a pattern or the address of a page. */
static bool is_name_with_dot(const char *text)
{
	return is_name_byte(*text) && strpbrk(text, "'&") && !strpbrk(text, "*/:");
}

bool rules_names_somebody(const char *text)
{
	const char *at = strchr(text, '@'), *p;

	if (at == text || (at == text + 1 && *text == '*'))
		return is_domain(at + 1, 2);
	if (at)
		return strcspn(text, " *:") > (size_t)(at - text) && is_domain(at + 1, 1);
	if (strchr(text, '.') && !strchr(text, ' ') && !is_name_with_dot(text))
		return is_domain(text, 2);
	for (p = text; *p && !is_name_byte(*p); p++)
		;
	return *p != '\0' && !strchr(text, '*');
}
