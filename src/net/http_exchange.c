/* Requests whose answers are given on as they come: how curl is set up for them, and what it says of their ends. */
#include "net/http_exchange.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/gate.h"
#include "net/transfers_priv.h"

#define HEADERS_SIZE_MAX 65536
#define CONNECT_LIMIT_MS 10000
#define KEEPALIVE_S      30L       /* a peer that is gone without a word is found out */
#define TEXT_SIZE        sizeof ((struct error *)0)->message

struct exchange_transfer {
	struct transfer transfer;          /* first */
	struct http_exchange *x;
	struct transfers *transfers;
	struct gate gate;
	struct curl_slist headers[EXCHANGE_HEADERS_MAX + 2];      /* and two that curl would send of its own */
	size_t header_bytes;
	bool   refused;                    /* on_data wants no more */
	char   curl_error[CURL_ERROR_SIZE];
};

struct http_exchanger {
	struct transfers *transfers;
	char *user_agent, *ca_file;
	bool  environments_proxy;
};

/* ---- the answer ---- */

static void read_content_type(struct http_exchange *x, CURL *easy)
{
	const char *type = NULL;
	size_t i, n;

	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	n = type ? strcspn(type, "; \t") : 0;
	for (i = 0; i < n && i < sizeof x->content_type - 1; i++)
		x->content_type[i] = (char)tolower((unsigned char)type[i]);
	x->content_type[i] = '\0';
}

/* The head is whole, unless it is one of those before the last (100, 103). */
static void read_head(struct exchange_transfer *t)
{
	struct http_exchange *x = t->x;
	CURL *easy = t->transfer.easy;
	curl_off_t wait = 0;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200)
		return;
	x->status = (int)status;
	read_content_type(x, easy);
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait);
	x->retry_after_s = wait > 0 ? wait : 0;
}

static size_t on_header(char *line, size_t size, size_t n, void *transfer)
{
	struct exchange_transfer *t = transfer;

	t->header_bytes += n;
	if (t->header_bytes > HEADERS_SIZE_MAX)
		return 0;
	if (n <= 2 && (line[0] == '\r' || line[0] == '\n'))
		read_head(t);
	return n;
}

static size_t on_body(char *data, size_t size, size_t n, void *transfer)
{
	struct exchange_transfer *t = transfer;

	if (t->x->on_data(t->x, data, n))
		return n;
	t->refused = true;
	return n > 0 ? 0 : 1;
}

/* ---- the request ---- */

#define SET(option, value) (code == CURLE_OK ? (code = curl_easy_setopt(easy, option, value)) : code)

static CURLcode set_up(struct exchange_transfer *t, const struct http_exchanger *c)
{
	CURL *easy = t->transfer.easy;
	CURLcode code = gate_set_up(easy, &t->gate, "http,https", c->ca_file);

	if (c->environments_proxy)
		SET(CURLOPT_PROXY, NULL);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_USERAGENT, c->user_agent);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_ERRORBUFFER, t->curl_error);
	SET(CURLOPT_PRIVATE, t);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
	SET(CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S);
	return code;
}

static CURLcode set_times(CURL *easy, const struct http_exchange *x)
{
	bool short_time = x->timeout_ms > 0 && x->timeout_ms < CONNECT_LIMIT_MS;
	CURLcode code = CURLE_OK;

	SET(CURLOPT_TIMEOUT_MS, (long)x->timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(short_time ? x->timeout_ms : CONNECT_LIMIT_MS));
	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, (long)(x->quiet_ms / 1000));
	return code;
}

static CURLcode set_request(struct exchange_transfer *t)
{
	struct http_exchange *x = t->x;
	CURL *easy = t->transfer.easy;
	CURLcode code = set_times(easy, x);
	bool typed = false;
	unsigned i, n = 0;

	for (i = 0; i < x->header_count; i++) {
		typed |= strncasecmp(x->headers[i], "Content-Type:", 13) == 0;
		t->headers[n++].data = (char *)x->headers[i];
	}
	/* no wait for "100 Continue" before a large body, and no body is a form */
	t->headers[n++].data = (char *)"Expect:";
	if (!typed)
		t->headers[n++].data = (char *)"Content-Type:";
	for (i = 0; i < n; i++)
		t->headers[i].next = i + 1 < n ? &t->headers[i + 1] : NULL;
	SET(CURLOPT_URL, x->url);
	SET(CURLOPT_HTTPHEADER, t->headers);
	if (x->body) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDS, x->body);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body_len);
	}
	SET(CURLOPT_CUSTOMREQUEST, x->method);
	return code;
}

/* ---- its end ---- */

static enum exchange_fault fault_of(const struct exchange_transfer *t, CURLcode code)
{
	long sent = 0;

	if (code == CURLE_OK)
		return EXCHANGE_WHOLE;
	if (t->refused)
		return EXCHANGE_STOPPED;
	curl_easy_getinfo(t->transfer.easy, CURLINFO_REQUEST_SIZE, &sent);
	if (sent == 0 || code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR ||
	    code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
		return EXCHANGE_UNREACHED;
	return code == CURLE_OPERATION_TIMEDOUT ? EXCHANGE_LATE : EXCHANGE_LOST;
}

static const char *explain(const struct exchange_transfer *t, CURLcode code, char text[TEXT_SIZE])
{
	int64_t took_ms = (clock_mono_us() - t->transfer.started_us) / 1000;

	if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(text, TEXT_SIZE, "no answer within %g s", (double)(took_ms / 100) / 10);
	else if (t->header_bytes > HEADERS_SIZE_MAX)
		snprintf(text, TEXT_SIZE, "the answer has more than %d bytes of headers", HEADERS_SIZE_MAX);
	else
		snprintf(text, TEXT_SIZE, "%s", t->curl_error[0] ? t->curl_error : curl_easy_strerror(code));
	gate_printable(text);
	return text;
}

static void read_location(struct http_exchange *x, CURL *easy)
{
	const char *there = NULL;

	curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &there);
	snprintf(x->location, sizeof x->location, "%s", there ? there : "");
	gate_printable(x->location);
}

static void on_end(struct transfer *transfer, CURLcode code, const char *stopped)
{
	struct exchange_transfer *t = (struct exchange_transfer *)transfer;
	struct http_exchange *x = t->x;
	enum exchange_fault fault = stopped ? EXCHANGE_STOPPED : fault_of(t, code);
	char text[TEXT_SIZE];
	const char *error = fault == EXCHANGE_WHOLE ? NULL : stopped ? stopped : explain(t, code, text);

	read_location(x, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	mem_free(t);
	x->transfer = NULL;
	x->done(x, fault, error);
}

bool http_exchange_begin(struct http_exchanger *c, struct http_exchange *x, struct error *err)
{
	struct exchange_transfer *t = mem_zalloc(sizeof *t);

	INVARIANT(x->header_count <= EXCHANGE_HEADERS_MAX, "a request has too many headers");
	*t = (struct exchange_transfer){.x = x, .transfers = c->transfers, .gate = {.operators_own = true}};
	t->transfer.easy = curl_easy_init();
	t->transfer.ended = on_end;
	x->status = 0;
	x->content_type[0] = x->location[0] = '\0';
	x->retry_after_s = 0;
	x->transfer = t;
	if (t->transfer.easy && set_up(t, c) == CURLE_OK && set_request(t) == CURLE_OK &&
	    transfer_begin(c->transfers, &t->transfer))
		return true;
	x->transfer = NULL;
	curl_easy_cleanup(t->transfer.easy);
	mem_free(t);
	return err_set(err, ERR_INTERNAL, "An HTTP request could not be started");
}

void http_exchange_stop(struct http_exchange *x)
{
	struct exchange_transfer *t = x->transfer;

	transfer_stop(t->transfers, &t->transfer);
}

struct http_exchanger *http_exchanger_new(struct transfers *transfers, const struct exchange_options *options)
{
	struct http_exchanger *c = mem_zalloc(sizeof *c);

	c->transfers = transfers;
	c->user_agent = mem_strdup(options->user_agent);
	c->ca_file = mem_strdup(options->ca_file);
	c->environments_proxy = options->environments_proxy;
	return c;
}

void http_exchanger_free(struct http_exchanger *c)
{
	if (!c)
		return;
	mem_free(c->user_agent);
	mem_free(c->ca_file);
	mem_free(c);
}

bool http_exchange_check_base(const char *url, const char *field, struct error *err)
{
	char *host = NULL, *user = NULL, *query = NULL, *fragment = NULL;
	CURLU *u = curl_url();
	const char *p;
	bool ok = u && (strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0);

	for (p = url; *p; p++)
		ok = ok && *p > ' ' && *p < 0x7f;
	ok = ok && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	     curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK && *host;
	if (!ok)
		err_field(err, field, "%s is no URL like https://agentiv.example.com: \"%.100s\"", field, url);
	else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
		ok = err_field(err, field, "%s must hold no user name and no password", field);
	else if (curl_url_get(u, CURLUPART_QUERY, &query, 0) == CURLUE_OK ||
	         curl_url_get(u, CURLUPART_FRAGMENT, &fragment, 0) == CURLUE_OK)
		ok = err_field(err, field, "%s must end with its path: no ? and no #", field);
	curl_free(host);
	curl_free(user);
	curl_free(query);
	curl_free(fragment);
	curl_url_cleanup(u);
	return ok;
}
