/* Signs that a mail is not from whom it seems. Each alone has innocent causes; the weights decide. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage.h"
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

static bool same_domain(const char *a, const char *b)
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

/* ---- Sender ---- */

/* A host name or address written in text: "support@paypal.com", "paypal.com". NULL when there is none. */
static const char *host_in(struct arena *a, const char *text)
{
	const char *p, *at = strchr(text, '@');

	for (p = at ? at + 1 : text; *p; p++) {
		const char *start = p;
		unsigned dots = 0;

		while (isalnum((unsigned char)*p) || *p == '-' || (*p == '.' && isalnum((unsigned char)p[1]))) {
			dots += *p == '.';
			p++;
		}
		if (dots > 0 && isalpha((unsigned char)p[-1]) && isalpha((unsigned char)p[-2]) && p - start > 4)
			return arena_strndup(a, start, (size_t)(p - start));
		if (!*p)
			break;
	}
	return NULL;
}

/* "Boss Lee (boss@example.org)" stands for a sender; a sentence with an address in it for nobody. */
static bool is_short(const char *name)
{
	unsigned words = 0;

	for (; *name; name++)
		words += *name != ' ' && (name[1] == ' ' || name[1] == '\0');
	return words <= 4;
}

static void check_name(struct arena *a, const struct mail *m, struct facts *f)
{
	const char *host = triage_host(m->from.addr), *named = host_in(a, m->from.name);
	const char *name = text_lower(a, m->from.name);
	unsigned i;

	/* "Shop.com" sends from shop-mail.com: only a name with an @ claims an address */
	if (named && strchr(m->from.name, '@') && *host && !same_domain(named, host))
		f->has[FACT_NAME_SPOOF] = true;
	f->poses = f->has[FACT_NAME_SPOOF] && is_short(name);
	for (i = 0; i < sizeof brands / sizeof *brands; i++)
		if (text_has_phrase(name, brands[i].name) && *host && !list_has(brands[i].domains, triage_domain(host)))
			f->has[FACT_BRAND_SPOOF] = true;
}

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
static bool looks_like_brand(const char *host)
{
	const char *domain = triage_domain(host);
	char plain[128];
	unsigned i;

	unlook(domain, plain);
	for (i = 0; i < sizeof brands / sizeof *brands; i++) {
		const char *name = brands[i].name;

		if (strlen(name) < 5 || strchr(name, ' ') || list_has(brands[i].domains, domain))
			continue;
		if (goes_on_as_com(host, name) || (has_part(plain, name) && (strcmp(plain, domain) != 0 || strchr(domain, '-'))))
			return true;
	}
	return false;
}

static bool is_freemail(const char *host)
{
	return list_has("gmail.com googlemail.com yahoo.com hotmail.com outlook.com live.com aol.com gmx.de "
	                "gmx.net web.de mail.ru yandex.ru yandex.com protonmail.com proton.me qq.com 163.com "
	                "rediffmail.com mail.com", triage_domain(host));
}

/* Replies go to somebody else: lists and services do so too, people with two accounts seldom. */
static void check_reply_to(const struct mail *m, struct facts *f)
{
	const char *from = triage_host(m->from.addr), *reply = triage_host(m->reply_to.addr);

	if (!*from || !*reply || same_domain(from, reply) || f->has[FACT_LIST_ID])
		return;
	f->has[FACT_REPLY_ELSEWHERE] = is_freemail(reply) || !f->has[FACT_LIST_UNSUBSCRIBE];
}

/* The topmost field is the reader's own server's (RFC 8601 section 5); lists break signatures. */
static void check_authentication(const struct mail *m, struct facts *f)
{
	const char *value = mail_header(m, "Authentication-Results");

	if (!value || f->has[FACT_LIST_ID])
		return;
	f->unproven = !strcasestr(value, "dmarc=pass") && !strcasestr(value, "dkim=pass");
	f->has[FACT_AUTH_PASS] = strcasestr(value, "dmarc=pass") || strcasestr(value, "dkim=pass");
	if (strcasestr(value, "dmarc=fail"))
		f->has[FACT_AUTH_FAIL] = true;
	else if ((strcasestr(value, "spf=fail") || strcasestr(value, "spf=softfail")) &&
	         !strcasestr(value, "dkim=pass") && !strcasestr(value, "dmarc=pass"))
		f->has[FACT_AUTH_FAIL] = true;
}

/* ---- Links and files ---- */

/* The host of an http(s) address, lower case; "" when it is none. */
static const char *url_host(struct arena *a, const char *url)
{
	const char *p = strstr(url, "://"), *end, *at;
	char *host;

	if (strncasecmp(url, "http", 4) != 0 || !p)
		return "";
	p += 3;
	end = p + strcspn(p, "/?#");
	at = memchr(p, '@', (size_t)(end - p));
	p = at ? at + 1 : p;
	host = arena_strndup(a, p, (size_t)(end - p));
	host[strcspn(host, ":")] = '\0';
	return text_lower(a, host);
}

static void check_links(struct arena *a, const struct mail *m, struct facts *f)
{
	unsigned i;

	for (i = 0; i < m->link_count; i++) {
		const struct mail_link *l = &m->links[i];
		const char *host = url_host(a, l->href);
		bool shows_address = strncasecmp(l->text, "http", 4) == 0 || strncasecmp(l->text, "www.", 4) == 0;
		const char *shown = shows_address && !strchr(l->text, ' ') ? host_in(a, l->text) : NULL;

		if (!*host)
			continue;
		if (shown && !same_domain(text_lower(a, shown), host))
			f->has[FACT_LINK_MISMATCH] = true;
		if (host[strspn(host, "0123456789.")] == '\0')
			f->has[FACT_LINK_BARE] = true;
		if (looks_like_brand(host))
			f->has[FACT_LOOKALIKE] = true;
	}
}

static const char *extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : "";
}

static bool is_in(const char *word, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcasecmp(word, list[i]) == 0)
			return true;
	return false;
}

static void check_files(const struct mail *m, struct facts *f)
{
	static const char *const programs[] = {"exe", "scr", "com", "pif", "bat", "cmd", "js", "jse", "vbs", "vbe",
	                                       "wsf", "hta", "lnk", "msi", "jar", "ps1", "iso", "img", "xll"};
	static const char *const documents[] = {"pdf", "doc", "docx", "xls", "xlsx", "jpg", "png", "txt", "zip"};
	unsigned i;

	for (i = 0; i < m->attachment_count; i++) {
		const char *name = m->attachments[i].name, *inner;
		char stem[256];

		if (!is_in(extension(name), programs, sizeof programs / sizeof *programs)) {
			if (strcasecmp(extension(name), "htm") == 0 || strcasecmp(extension(name), "html") == 0)
				f->has[FACT_RISKY_FILE] = true;
			continue;
		}
		f->has[FACT_RISKY_FILE] = true;
		strncpy(stem, name, sizeof stem - 1);
		stem[sizeof stem - 1] = '\0';
		*strrchr(stem, '.') = '\0';
		inner = extension(stem);
		if (is_in(inner, documents, sizeof documents / sizeof *documents))
			f->has[FACT_DISGUISED_FILE] = true;
	}
}

/* ---- Baits: what is asked for, and how ---- */

static bool subject_has(const char *subject, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (text_has_phrase(subject, words[i]))
			return true;
	return false;
}

#define SUBJECT_HAS(subject, words) subject_has(subject, words, sizeof words / sizeof *words)

/* A parcel for which a fee is to be paid by a link, from a sender that nothing proves. */
static void check_fee(const struct mail *m, const char *subject, struct facts *f)
{
	static const char *const parcels[] = {"parcel*", "package*", "shipment*", "delivery", "sendung*", "paket*", "colis",
	                                      "paquete*", "pacco", "spedizione", "pakket*", "paczk*", "przesyłk*"};
	static const char *const fees[] = {"customs", "fee", "fees", "duty", "unpaid", "due", "zoll*", "gebühr*", "douane",
	                                   "frais", "aduana*", "tasa*", "dogana*", "cło", "opłat*", "invoerkosten"};

	f->has[FACT_FEE_BAIT] = f->unproven && (m->link_count > 0 || strstr(m->text, "://")) &&
	                        SUBJECT_HAS(subject, parcels) && SUBJECT_HAS(subject, fees);
}

/* The name of somebody who writes here from another address: of the reader's own domain, or to whom the reader wrote. */
static bool is_anothers_name(struct triage *t, const struct mail *m)
{
	const char *my_host = triage_host(t->me);
	unsigned i;

	if (!strchr(m->from.name, ' ') || same_domain(triage_host(m->from.addr), my_host))
		return false;
	for (i = 0; i < t->count; i++) {
		const struct item *other = &t->items[i];
		const char *host = triage_host(other->mail.from.addr);

		if (strcasecmp(other->mail.from.name, m->from.name) == 0 && !same_domain(host, triage_host(m->from.addr)) &&
		    ((*my_host && same_domain(host, my_host)) || other->wrote_to || other->answers_sent))
			return true;
	}
	return false;
}

/* Money is asked for: by somebody to be answered elsewhere, or with the name of one who writes from another address. */
static void check_payer(struct triage *t, const struct mail *m, struct facts *f)
{
	if (f->has[FACT_WROTE_TO] || f->has[FACT_ANSWERS_ME] || f->has[FACT_VIP] || f->has[FACT_LIST_UNSUBSCRIBE])
		return;
	f->has[FACT_PAY_ELSEWHERE] = f->has[FACT_PAYMENT_DETAILS] && f->has[FACT_REPLY_ELSEWHERE];
	f->has[FACT_NAME_TAKEN] = (f->has[FACT_PAYMENT_DETAILS] || f->speaks_of_money) && is_anothers_name(t, m);
}

void triage_find_suspicion(struct triage *t, struct item *it)
{
	struct mail *m = &it->mail;
	struct facts *f = &it->facts;

	check_authentication(m, f);
	check_name(&m->arena, m, f);
	check_reply_to(m, f);
	check_links(&m->arena, m, f);
	check_files(m, f);
	check_fee(m, text_lower(&m->arena, m->subject), f);
	check_payer(t, m, f);
	if (*triage_host(m->from.addr) && looks_like_brand(triage_host(m->from.addr)))
		f->has[FACT_LOOKALIKE] = true;
}
