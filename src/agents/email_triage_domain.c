/* Whose a domain is: the part that one registers, where anybody gets an address, and which brands' it imitates. */
#include "agents/email_triage_domain.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage_text.h"

/* Names that are imitated, and the domains that may use them. */
static const struct { const char *name, *domains; } brands[] = {
	{"paypal", "paypal.com paypal.de paypal.co.uk paypal.fr"},
	{"amazon", "amazon.com amazon.de amazon.in amazon.co.uk amazon.fr amazonses.com amazonaws.com"},
	{"apple", "apple.com icloud.com"},
	{"microsoft", "microsoft.com microsoftonline.com office.com outlook.com live.com azure.com"},
	{"office 365", "microsoft.com office.com office365.com"},
	{"google", "google.com gmail.com youtube.com googlemail.com"},
	{"netflix", "netflix.com"},
	{"facebook", "facebook.com facebookmail.com meta.com"},
	{"instagram", "instagram.com facebookmail.com"},
	{"linkedin", "linkedin.com"},
	{"whatsapp", "whatsapp.com facebookmail.com"},
	{"dhl", "dhl.com dhl.de"},
	{"fedex", "fedex.com"},
	{"ups", "ups.com"},
	{"usps", "usps.com usps.gov"},
	{"docusign", "docusign.com docusign.net"},
	{"dropbox", "dropbox.com dropboxmail.com"},
	{"ebay", "ebay.com ebay.de ebay.co.uk"},
	{"wells fargo", "wellsfargo.com"},
	{"bank of america", "bankofamerica.com"},
	{"chase", "chase.com jpmorganchase.com"},
	{"hdfc", "hdfcbank.com hdfcbank.net hdfcbank.bank.in"},
	{"icici", "icicibank.com icici.bank.in"},
	{"state bank of india", "sbi.co.in alerts.sbi.bank.in"},
	{"sparkasse", "sparkasse.de"},
	{"stripe", "stripe.com"},
	{"razorpay", "razorpay.com"},
	{"coinbase", "coinbase.com"},
	{"binance", "binance.com"},
};

static const char *const second_levels[] = {"co", "com", "org", "net", "gov", "ac", "edu", "ne", "or", "go",
                                            "bank", "gouv"};

const char *triage_host(const char *addr)
{
	const char *at = strrchr(addr, '@');

	return at ? at + 1 : "";
}

/* The label before p, or the host's start. */
static const char *label_before(const char *host, const char *p)
{
	while (p > host && p[-1] != '.')
		p--;
	return p;
}

/* Without the public suffix list: two labels, or three where the last but one is a common second
 * level of a country ("co.uk"). */
const char *triage_domain(const char *host)
{
	const char *end = host + strlen(host), *last = label_before(host, end), *second, *third;
	size_t n;
	unsigned i;

	if (last == host)
		return host;
	second = label_before(host, last - 1);
	n = (size_t)(last - 1 - second);
	if (second == host || end - last != 2)
		return second;
	third = label_before(host, second - 1);
	for (i = 0; i < sizeof second_levels / sizeof *second_levels; i++)
		if (strlen(second_levels[i]) == n && strncmp(second, second_levels[i], n) == 0)
			return third;
	return second;
}

bool domain_same(const char *a, const char *b)
{
	return strcasecmp(triage_domain(a), triage_domain(b)) == 0;
}

static bool list_has(const char *domains, const char *domain)
{
	size_t n = strlen(domain);
	const char *p = domains;

	while (*p) {
		size_t len = strcspn(p, " ");

		if (len == n && strncasecmp(p, domain, n) == 0)
			return true;
		p += len;
		p += *p == ' ';
	}
	return false;
}

/* ---- Imitations ---- */

/* "paypa1", "rnicrosoft", "arnazon": what letters are written as to look like others. */
static void unlook(const char *host, char out[128])
{
	size_t n = 0;

	for (; *host && n < 126; host++) {
		char c = (char)tolower((unsigned char)*host);

		if (c == 'r' && host[1] == 'n') {
			c = 'm';
			host++;
		} else if (c == 'v' && host[1] == 'v') {
			c = 'w';
			host++;
		}
		out[n++] = c == '0' ? 'o' : c == '1' ? 'l' : c == '5' ? 's' : c == '3' ? 'e' : c;
	}
	out[n] = '\0';
}

static bool ends_label(char c)
{
	return c == '\0' || c == '-' || c == '.';
}

/* Does the name stand in the domain as a whole label or a part between hyphens? */
static bool has_part(const char *domain, const char *name)
{
	size_t n = strlen(name);
	const char *p;

	for (p = domain; (p = strstr(p, name)) != NULL; p++)
		if ((p == domain || ends_label(p[-1])) && ends_label(p[n]))
			return true;
	return false;
}

/* "paypal.com.example.net": the brand's own domain, with more behind it. */
static bool goes_on_as_com(const char *host, const char *name)
{
	size_t n = strlen(name);
	const char *p;

	for (p = host; (p = strstr(p, name)) != NULL; p++)
		if (strncmp(p + n, ".com.", 5) == 0)
			return true;
	return false;
}

/* A brand in a domain that is not the brand's: "paypal-secure.com", "paypa1.com", "paypal.com.example.net". */
bool domain_imitates_brand(const char *host)
{
	const char *domain = triage_domain(host);
	char plain[128];
	unsigned i;

	unlook(domain, plain);
	for (i = 0; i < sizeof brands / sizeof *brands; i++) {
		const char *name = brands[i].name;

		/* most domains hold no brand's name at all */
		if ((!strstr(host, name) && !strstr(plain, name)) || strlen(name) < 5 || strchr(name, ' ') ||
		    list_has(brands[i].domains, domain))
			continue;
		if (goes_on_as_com(host, name) || (has_part(plain, name) && (strcmp(plain, domain) != 0 || strchr(domain, '-'))))
			return true;
	}
	return false;
}

bool domain_is_freemail(const char *host)
{
	return list_has("gmail.com googlemail.com yahoo.com hotmail.com outlook.com live.com aol.com gmx.de "
	                "gmx.net web.de mail.ru yandex.ru yandex.com protonmail.com proton.me qq.com 163.com "
	                "rediffmail.com mail.com", triage_domain(host));
}

bool domain_brand_of_another(const char *name, const char *host)
{
	unsigned i;

	for (i = 0; *host && i < sizeof brands / sizeof *brands; i++)
		if (text_has_phrase(name, brands[i].name) && !list_has(brands[i].domains, triage_domain(host)))
			return true;
	return false;
}
