/* Signs that a mail is not from whom it seems. Each alone has innocent causes; the weights decide. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage.h"
#include "agents/email_triage_domain.h"
#include "agents/email_triage_text.h"

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

	/* "Shop.com" sends from shop-mail.com: only a name with an @ claims an address */
	if (named && strchr(m->from.name, '@') && *host && !domain_same(named, host))
		f->has[FACT_NAME_SPOOF] = true;
	f->poses = f->has[FACT_NAME_SPOOF] && is_short(name);
	f->has[FACT_BRAND_SPOOF] = domain_brand_of_another(name, host);
}

/* Replies go to somebody else: lists and services do so too, people with two accounts seldom. */
static void check_reply_to(const struct mail *m, struct facts *f)
{
	const char *from = triage_host(m->from.addr), *reply = triage_host(m->reply_to.addr);

	if (!*from || !*reply || domain_same(from, reply) || f->has[FACT_LIST_ID])
		return;
	f->has[FACT_REPLY_ELSEWHERE] = domain_is_freemail(reply) || !f->has[FACT_LIST_UNSUBSCRIBE];
}

/* The topmost field is the reader's own server's (RFC 8601 section 5). A list breaks the author's proof and signs
 * with its own; that it is a list, anybody can write, so it must have signed. */
static void check_authentication(const struct mail *m, struct facts *f)
{
	const char *value = mail_header(m, "Authentication-Results");
	bool list = f->has[FACT_LIST_ID], signed_by_some, proven;

	if (!value)
		return;
	signed_by_some = strcasestr(value, "dkim=pass") != NULL;
	proven = signed_by_some || strcasestr(value, "dmarc=pass");
	f->unproven = !list && !proven;
	f->has[FACT_AUTH_PASS] = !list && proven;
	if (strcasestr(value, "dmarc=fail"))
		f->has[FACT_AUTH_FAIL] = !list || !(signed_by_some || strcasestr(value, "arc=pass"));
	else if (strcasestr(value, "spf=fail") || strcasestr(value, "spf=softfail"))
		f->has[FACT_AUTH_FAIL] = !proven;
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
		if (shown && !domain_same(text_lower(a, shown), host))
			f->has[FACT_LINK_MISMATCH] = true;
		if (host[strspn(host, "0123456789.")] == '\0')
			f->has[FACT_LINK_BARE] = true;
		if (domain_imitates_brand(host))
			f->has[FACT_LOOKALIKE] = true;
	}
}

static bool is_in(const char *word, size_t n, const char *const *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strlen(list[i]) == n && strncasecmp(word, list[i], n) == 0)
			return true;
	return false;
}

#define IS_IN(word, n, list) is_in(word, n, list, sizeof list / sizeof *list)

/* What stands between the last dot before end and end; "" when there is no dot. */
static const char *extension(const char *name, const char *end)
{
	const char *dot = memrchr(name, '.', (size_t)(end - name));

	return dot ? dot + 1 : end;
}

static void check_files(const struct mail *m, struct facts *f)
{
	static const char *const programs[] = {"exe", "scr", "com", "pif", "bat", "cmd", "js", "jse", "vbs", "vbe",
	                                       "wsf", "hta", "lnk", "msi", "jar", "ps1", "iso", "img", "xll"};
	static const char *const documents[] = {"pdf", "doc", "docx", "xls", "xlsx", "jpg", "png", "txt", "zip"};
	static const char *const pages[] = {"htm", "html"};
	unsigned i;

	for (i = 0; i < m->attachment_count; i++) {
		const char *name = m->attachments[i].name, *end = name + strlen(name);
		const char *last = extension(name, end), *inner;

		if (!IS_IN(last, (size_t)(end - last), programs)) {
			f->has[FACT_RISKY_FILE] |= IS_IN(last, (size_t)(end - last), pages);
			continue;
		}
		f->has[FACT_RISKY_FILE] = true;
		inner = extension(name, last - 1);
		f->has[FACT_DISGUISED_FILE] |= IS_IN(inner, (size_t)(last - 1 - inner), documents);
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

	if (!strchr(m->from.name, ' ') || domain_same(triage_host(m->from.addr), my_host))
		return false;
	for (i = 0; i < t->count; i++) {
		const struct item *other = &t->items[i];
		const char *host = triage_host(other->mail.from.addr);

		if (strcasecmp(other->mail.from.name, m->from.name) == 0 && !domain_same(host, triage_host(m->from.addr)) &&
		    ((*my_host && domain_same(host, my_host)) || other->wrote_to || other->answers_sent))
			return true;
	}
	return false;
}

/* Money is asked for: by somebody to be answered elsewhere, or with the name of one who writes from another address. */
static void check_payer(struct triage *t, const struct mail *m, struct facts *f)
{
	if (f->has[FACT_WROTE_TO] || f->has[FACT_ANSWERS_SENT] || f->has[FACT_VIP] || f->has[FACT_LIST_UNSUBSCRIBE])
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
	if (*triage_host(m->from.addr) && domain_imitates_brand(triage_host(m->from.addr)))
		f->has[FACT_LOOKALIKE] = true;
}
