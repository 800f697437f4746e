/* Any bytes as what an IMAP server says: answers are framed within bounds, the same in whatever pieces they come, and what
 * is read from them stays inside of them. What begins like one, as the URL of a mail server or of a receiver of webhooks: an
 * address that the resolver reads in its host, in whichever spelling, is one that may be connected to. */
#include <netdb.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "fuzz.h"
#include "net/imap_parse.h"
#include "net/outbound_priv.h"

#define LITERAL_MAX 4096

static void check_inside(const struct imap_framer *f, const char *p, size_t n)
{
	MUST(p >= f->text.data && p + n <= f->text.data + f->text.len);
}

static void check_range(void *ctx, uint32_t first, uint32_t last)
{
	MUST(first > 0 && first <= last);
}

static void check_data(const struct imap_framer *f, const struct imap_answer *a)
{
	struct imap_fetched mail;
	struct imap_folder folder;
	struct imap_reader r = a->rest;
	char prefix[512], delimiter, text[64];

	if (imap_fetch_read(a->rest, &mail) && mail.has_body && mail.body.kind != IMAP_ATOM)
		check_inside(f, mail.body.p, mail.body.n);
	if (imap_folder_read(a->rest, &folder))
		MUST(*folder.name && !strpbrk(folder.name, "\r\n"));
	if (imap_namespace_read(a->rest, prefix, &delimiter))
		MUST(!strpbrk(prefix, "\r\n"));
	imap_search_read(a, check_range, NULL);
	for (;;) {
		struct imap_token t = imap_next(&r);

		check_inside(f, t.p, t.n);
		if (imap_text(&t, text, sizeof text))
			MUST(strlen(text) < sizeof text);
		if (t.kind == IMAP_END || t.kind == IMAP_BAD)
			break;
	}
	MUST(imap_next(&r).kind == IMAP_END);
}

static void check_answer(const struct imap_framer *f)
{
	struct imap_answer a;
	uint32_t validity, uid;

	MUST(f->line_bytes <= IMAP_LINE_MAX && f->literal_bytes <= LITERAL_MAX && f->text.data[f->text.len - 1] == '\n');
	if (!imap_answer_read(f->text.data, f->text.len, &a))
		return;
	if (a.kind == IMAP_DATA)
		check_data(f, &a);
	if (a.kind == IMAP_STATUS) {
		check_inside(f, a.text.p, a.text.n);
		if (imap_copyuid_read(a.code_args, &validity, &uid))
			MUST(validity > 0 && uid > 0);
	}
}

/* How many answers came whole, and how many bytes of them. */
static unsigned feed(const char *p, size_t n, size_t piece, size_t *bytes)
{
	struct imap_framer f;
	enum imap_frame what = IMAP_MORE;
	unsigned whole = 0;
	struct error err;
	size_t at = 0, used;

	*bytes = 0;
	imap_framer_init(&f, LITERAL_MAX);
	while (at < n && what != IMAP_REFUSED) {
		what = imap_framer_feed(&f, p + at, n - at < piece ? n - at : piece, &used, &err);
		MUST(used > 0 && used <= n - at);
		at += used;
		if (what != IMAP_WHOLE)
			continue;
		check_answer(&f);
		whole++;
		*bytes += f.text.len;
		imap_framer_next(&f);
	}
	imap_framer_release(&f);
	return whole;
}

/* No name is looked up. */
static void check_host(char *host)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *list, *at;
	size_t n = strlen(host);
	struct error err;

	MUST(n > 0 && !strpbrk(host, "@/\\?# \t\r\n%"));
	if (host[0] == '[') {
		host[n - 1] = '\0';
		host++;
	}
	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return;
	for (at = list; at; at = at->ai_next)
		MUST(outbound_check_address(NULL, at->ai_addr, &err));
	freeaddrinfo(list);
}

static void check_url(const char *url)
{
	char host[OUTBOUND_HOST_SIZE];
	struct mail_url mail;
	struct error err;

	if (outbound_check_url(NULL, url, "url", &err)) {
		MUST(outbound_host(url, host, &err));
		check_host(host);
	}
	if (outbound_check_mail_url(NULL, url, "url", &mail, &err)) {
		MUST(mail.port == 143 || mail.port == 993 || mail.port >= 1024);
		check_host(mail.host);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t once, again;
	char *copy = mem_alloc(n + 1);

	/* as large as it is, so that the sanitizer sees what reads past it */
	memcpy(copy, data, n);
	MUST(feed(copy, n, n + 1, &once) == feed(copy, n, 7, &again));
	MUST(once == again);
	copy[n] = '\0';
	if (strncasecmp(copy, "http", 4) == 0 || strncasecmp(copy, "imap", 4) == 0)
		check_url(copy);
	mem_free(copy);
	return 0;
}
