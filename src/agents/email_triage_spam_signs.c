/* How a mail was made, and by whom: what programs write and spammers get wrong; and addresses of pages by their shape. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage.h"
#include "agents/email_triage_domain.h"
#include "agents/email_triage_spam_priv.h"

/* ---- Addresses of pages ---- */

/* Something of the address of a page: what, with the first bytes of p[0..n). */
static void tell_page_word(struct reading *r, const char *what, const char *p, size_t n)
{
	uint64_t h = FEATURE_START(KIND_PAGE);
	size_t i;

	for (; *what; what++)
		h = feature_byte(h, *what);
	for (i = 0; i < n && i < 12; i++)
		h = feature_byte(h, (char)tolower((unsigned char)p[i]));
	r->each(r->ctx, feature_end(h), NULL, 0);
}

/* p[0..n): behind "://". The host by its shape, and how the page's path ends. */
void spam_tell_page(struct reading *r, const char *p, size_t n)
{
	size_t host = 0, dot = 0, end, i, digits = 0, dots = 0;
	const char *at = memchr(p, '@', n);

	r->pages++;
	if (at && !memchr(p, '/', (size_t)(at - p)))
		tell_page_word(r, "user", "", 0);
	for (; host < n && !strchr("/?#:", p[host]); host++) {
		digits += isdigit((unsigned char)p[host]) != 0;
		dots += p[host] == '.';
		dot = p[host] == '.' ? host + 1 : dot;
	}
	if (host < n && p[host] == ':')
		tell_page_word(r, "port", "", 0);
	if (digits + dots == host)
		tell_page_word(r, "bare", "", 0);
	else if (digits > 3)
		tell_page_word(r, "digits", "", 0);
	else
		tell_page_word(r, "top", p + dot, host - dot);
	for (end = n, i = n; i > host && p[i - 1] != '/'; i--)
		end = p[i - 1] == '?' || p[i - 1] == '#' ? i - 1 : p[i - 1] == '.' && end == n ? i - 1 : end;
	if (host == n || host + 1 == n)
		tell_page_word(r, "whole", "", 0);
	if (memchr(p, '?', n))
		tell_page_word(r, "query", "", 0);
	if (memchr(p, '%', n))
		tell_page_word(r, "escape", "", 0);
	if (end < n && p[end] == '.') {
		size_t ending = strcspn(p + end, "?# \n");

		tell_page_word(r, "ends", p + end, ending < n - end ? ending : n - end);
	}
}

size_t spam_page_rest(const char *p, size_t n)
{
	size_t k = 4 + (n > 4 && (p[4] | 0x20) == 's');

	return n > 8 && strncasecmp(p, "http", 4) == 0 && strncmp(p + k, "://", 3) == 0 ? k + 3 : 0;
}

/* ---- Who and how ---- */

static void own_words_of(struct reading *r, const char *addr)
{
	while (*addr) {
		size_t n = 0;

		while (isalnum((unsigned char)addr[n]))
			n++;
		if (n > 1 && r->own_count < OWN_WORDS_MAX) {
			r->own[r->own_count++] = (struct own_word){addr, n};
			r->own_lengths[*addr & 31] |= UINT32_C(1) << (n < 31 ? n : 31);
		}
		addr += n + (addr[n] != '\0');
	}
}

void spam_own_words(struct reading *r, const struct mail *m)
{
	static const char *const names[] = {"Delivered-To", "X-Original-To", "List-Id", "X-BeenThere", "Sender"};
	unsigned i;

	for (i = 0; i < m->to_count && i < 4; i++)
		own_words_of(r, m->to[i].addr);
	for (i = 0; i < m->cc_count && i < 4; i++)
		own_words_of(r, m->cc[i].addr);
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (mail_header(m, names[i]))
			own_words_of(r, mail_header(m, names[i]));
}

static unsigned digits_of(const char *s)
{
	unsigned n = 0;

	for (; *s && *s != '@'; s++)
		n += isdigit((unsigned char)*s) != 0;
	return n;
}

/* "newsletter@mailings.example.com": all but the domain that one registers. */
static void tell_sender_words(struct reading *r, const char *addr)
{
	const char *host = triage_host(addr), *end = *host ? triage_domain(host) : addr + strlen(addr);

	while (addr < end) {
		size_t n = 0;

		while (addr + n < end && isalpha((unsigned char)addr[n]))
			n++;
		if (n > 2)
			r->each(r->ctx, feature_of(KIND_SENDER, addr, n), NULL, 0);
		addr += n + 1;
	}
}

static void tell_sender(struct reading *r, const struct mail *m)
{
	const char *name = m->from.name, *addr = m->from.addr, *p;
	unsigned upper = 0, lower = 0, odd = 0;

	for (p = name; *p; p++) {
		upper += isupper((unsigned char)*p) != 0;
		lower += islower((unsigned char)*p) != 0;
		odd += strchr("$!*%=~_", *p) != NULL;
	}
	spam_tell_sign(r, !*name ? "from:unnamed" : strchr(name, '@') ? "from:address" : strchr(name, ' ') ? "from:full"
	                                                                                       : "from:single");
	if (upper > 3 && lower == 0)
		spam_tell_sign(r, "from:capitals");
	if (odd > 0)
		spam_tell_sign(r, "from:odd");
	if (digits_of(name) > 0)
		spam_tell_sign(r, "from:number");
	spam_tell_amount(r, "from:digits", digits_of(addr));
	if (!*addr)
		spam_tell_sign(r, "from:none");
	tell_sender_words(r, addr);
	if (*m->reply_to.addr && strcmp(m->reply_to.addr, addr) != 0)
		spam_tell_sign(r, "reply:other");
}

/* Do the pages, answers and ids of a mail belong to its sender? */
static void tell_belonging(struct reading *r, const struct mail *m)
{
	const char *from = triage_domain(triage_host(m->from.addr)), *path = mail_header(m, "Return-Path");
	unsigned i, own = 0, other = 0;

	if (!*from)
		return;
	for (i = 0; i < m->link_count && i < LINK_SHAPES; i++) {
		const char *p = m->links[i].href;
		size_t n = spam_page_starts(p, strlen(p)), host = n > 0 ? strcspn(p + n, "/?#:") : 0, len = strlen(from);

		if (host == 0)
			continue;
		if (host >= len && strncasecmp(p + n + host - len, from, len) == 0)
			own++;
		else
			other++;
	}
	if (own + other > 0)
		spam_tell_sign(r, own == 0 ? "pages:other" : other <= own ? "pages:own" : "pages:mixed");
	if (*m->reply_to.addr)
		spam_tell_sign(r, strcasecmp(from, triage_domain(triage_host(m->reply_to.addr))) == 0 ? "reply:own" : "reply:away");
	if (*m->message_id)
		spam_tell_sign(r, strcasestr(triage_host(m->message_id), from) ? "id:own" : "id:away");
	if (path && strchr(path, '@'))
		spam_tell_sign(r, strcasestr(triage_host(path), from) ? "path:own" : "path:away");
}

static void tell_recipients(struct reading *r, const struct mail *m)
{
	unsigned i, named = 0;

	for (i = 0; i < m->to_count; i++)
		named += *m->to[i].name != '\0' && !strchr(m->to[i].name, '@');
	if (m->to_count == 0)
		spam_tell_sign(r, mail_header(m, "To") ? "to:undisclosed" : "to:none");
	spam_tell_sign(r, named > 0 ? "to:named" : "to:unnamed");
	spam_tell_amount(r, "to", m->to_count + m->cc_count);
	for (i = 0; i < m->to_count; i++)
		if (*m->from.addr && strcmp(m->to[i].addr, m->from.addr) == 0)
			spam_tell_sign(r, "to:sender");
}

static void tell_ids(struct reading *r, const struct mail *m)
{
	const char *at = strchr(m->message_id, '@');

	if (!*m->message_id)
		spam_tell_sign(r, "id:none");
	else if (!at || !strchr(at, '.'))
		spam_tell_sign(r, "id:odd");
	if (*m->in_reply_to || mail_header(m, "References"))
		spam_tell_sign(r, "answers");
	if (m->date_ms == 0)
		spam_tell_sign(r, "date:none");
}

/* The type and transfer encoding, not the character set: which language a mail is in tells nothing. */
static void tell_form(struct reading *r, const struct mail *m)
{
	const char *type = mail_header(m, "Content-Type"), *encoding = mail_header(m, "Content-Transfer-Encoding");
	const char *priority = mail_header(m, "X-Priority");

	if (type)
		r->each(r->ctx, feature_of(KIND_TYPE, type, strcspn(type, "; ")), NULL, 0);
	if (encoding && strncasecmp(encoding, "base64", 6) == 0 && type && strncasecmp(type, "text", 4) == 0)
		spam_tell_sign(r, "form:base64");
	if (m->html_only)
		spam_tell_sign(r, "form:page");
	if (!mail_header(m, "MIME-Version"))
		spam_tell_sign(r, "form:old");
	if (priority)
		spam_tell_amount(r, "priority", (unsigned)(*priority - '0') & 7);
	spam_tell_amount(r, "files", m->attachment_count);
	spam_tell_amount(r, "links", m->link_count);
	if (m->malformed)
		spam_tell_sign(r, "form:broken");
}

static void tell_links(struct reading *r, const struct mail *m)
{
	unsigned i;

	for (i = 0; i < m->link_count && i < LINK_SHAPES; i++) {
		const char *href = m->links[i].href;
		size_t n = spam_page_starts(href, strlen(href));

		if (n > 0)
			spam_tell_page(r, href + n, strlen(href + n));
		else if (strncasecmp(href, "mailto:", 7) == 0)
			tell_page_word(r, "mail", "", 0);
	}
}

void spam_tell_signs(struct reading *r, const struct mail *m, bool wire)
{
	tell_sender(r, m);
	if (wire) {
		tell_recipients(r, m);
		tell_belonging(r, m);
		tell_ids(r, m);
		tell_form(r, m);
	}
	tell_links(r, m);
}
