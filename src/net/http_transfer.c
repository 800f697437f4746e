/* One transfer: how curl is set up for it, what it may connect to, what is kept of its answer. */
#include "net/http_client_priv.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"

#define ANSWER_BODY_MAX   65536    /* bytes; more is not read, the connection is closed */
#define ANSWER_HEADER_MAX 32768
#define RECEIVE_BUFFER    2048     /* of each transfer: of an answer little is wanted */
#define UPLOAD_BUFFER     16384
#define CONNECT_LIMIT_MS  10000

static size_t on_header(char *line, size_t size, size_t n, void *transfer)
{
	struct http_transfer *t = transfer;
	long status = 0;

	t->header_bytes += n;
	if (t->header_bytes > ANSWER_HEADER_MAX)
		return 0;
	if (n <= 2 && (line[0] == '\r' || line[0] == '\n')) {
		curl_easy_getinfo(t->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
		t->answered = status >= 200;
	}
	return n;
}

static size_t on_body(char *data, size_t size, size_t n, void *transfer)
{
	struct http_transfer *t = transfer;
	size_t room = HTTP_BODY_KEPT - t->kept;

	if (!t->body)
		t->body = mem_alloc(HTTP_BODY_KEPT);
	memcpy(t->body + t->kept, data, n < room ? n : room);
	t->kept += n < room ? n : room;
	t->received += n;
	return t->received > ANSWER_BODY_MAX ? 0 : n;
}

#define SET(option, value) (code == CURLE_OK ? (code = curl_easy_setopt(t->transfer.easy, option, value)) : code)

static CURLcode set_up_http(struct http_transfer *t)
{
	CURLcode code = CURLE_OK;

	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_USERAGENT, t->client->user_agent);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
	SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
	SET(CURLOPT_ERRORBUFFER, t->curl_error);
	SET(CURLOPT_PRIVATE, t);
	return code;
}

struct http_transfer *http_transfer_new(struct http_client *c)
{
	struct http_transfer *t = mem_zalloc(sizeof *t);

	t->client = c;
	t->transfer.easy = curl_easy_init();
	t->gate.rules = c->rules;
	if (t->transfer.easy && gate_set_up(t->transfer.easy, &t->gate, "http,https", c->ca_file) == CURLE_OK &&
	    set_up_http(t) == CURLE_OK)
		return t;
	curl_easy_cleanup(t->transfer.easy);
	mem_free(t);
	return NULL;
}

void http_transfer_free(struct http_transfer *t)
{
	curl_easy_cleanup(t->transfer.easy);
	mem_free(t->body);
	mem_free(t);
}

/* Over TLS HTTP/2 where the receiver has it; then who comes while the first connection is being made waits to see whether
 * it will do for all. Without TLS such a wait would be for nothing. */
static CURLcode set_version(CURL *easy, const char *url)
{
	bool tls = strncasecmp(url, "https:", 6) == 0;
	CURLcode code = curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
	                                 (long)(tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));

	return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long)tls) : code;
}

CURLcode http_transfer_set_call(struct http_transfer *t, struct http_call *call)
{
	CURLcode code = set_version(t->transfer.easy, call->url);
	unsigned i, n = 0;

	t->call = call;
	t->header_bytes = t->received = t->kept = 0;
	gate_reset(&t->gate);
	t->answered = false;
	t->curl_error[0] = '\0';
	/* no wait for "100 Continue" before a large body: few receivers know it */
	t->headers[n++].data = (char *)"Expect:";
	for (i = 0; i < call->header_count; i++)
		t->headers[n++].data = (char *)call->headers[i];
	for (i = 0; i < n; i++)
		t->headers[i].next = i + 1 < n ? &t->headers[i + 1] : NULL;
	SET(CURLOPT_URL, call->url);
	SET(CURLOPT_HTTPHEADER, t->headers);
	SET(CURLOPT_POSTFIELDS, call->body);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
	SET(CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(call->timeout_ms < CONNECT_LIMIT_MS ? call->timeout_ms : CONNECT_LIMIT_MS));
	return code;
}

static void explain(struct http_transfer *t, CURLcode code, struct http_answer *answer, char *text)
{
	size_t size = HTTP_TEXT_SIZE;

	answer->error = text;
	if (code == CURLE_OPERATION_TIMEDOUT && answer->duration_us / 1000 < t->call->timeout_ms) {
		snprintf(text, size, "No connection within %g s", (double)CONNECT_LIMIT_MS / 1000);
	} else if (code == CURLE_OPERATION_TIMEDOUT) {
		snprintf(text, size, "No answer within %g s", (double)t->call->timeout_ms / 1000);
	} else if (t->gate.refused > 0 && t->gate.opened == 0) {
		answer->refused = true;
		snprintf(text, size, "%s", t->gate.why);
	} else if (t->header_bytes > ANSWER_HEADER_MAX) {
		snprintf(text, size, "The answer has more than %d bytes of headers",
		         ANSWER_HEADER_MAX);
	} else {
		answer->refused = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
		/* of a handshake curl tells what OpenSSL does, which begins with a version */
		snprintf(text, size, "%s%s", code == CURLE_SSL_CONNECT_ERROR ? "No TLS connection: " : "",
		         t->curl_error[0] ? t->curl_error : curl_easy_strerror(code));
	}
	gate_printable(text);
}

void http_transfer_answer(struct http_transfer *t, CURLcode code, struct http_answer *answer, char *text)
{
	curl_off_t wait = 0;
	long status = 0;

	*answer = (struct http_answer){.duration_us = clock_mono_us() - t->transfer.started_us};
	if (code != CURLE_OK && !t->answered) {
		explain(t, code, answer, text);
		return;
	}
	curl_easy_getinfo(t->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->transfer.easy, CURLINFO_RETRY_AFTER, &wait);
	answer->status = (int)status;
	answer->retry_after_s = wait > 0 ? wait : 0;
	answer->body = t->body;
	answer->body_len = t->kept;
}
