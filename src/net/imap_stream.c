/* The bytes: curl connects, negotiates TLS and reads the greeting; after that they are sent and received one by one. */
#include "net/imap_priv.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/utf8.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_ready(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool asked_to_stop(const struct imap_stream *s)
{
	return s->options->stopped && s->options->stopped(s->options->data);
}

/* curl asks about once a second. */
static int on_progress(void *stream, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	return asked_to_stop(stream);
}

static size_t drop(char *p, size_t size, size_t n, void *ctx)
{
	return n;
}

#define SET(option, value) (code == CURLE_OK ? (code = curl_easy_setopt(easy, option, value)) : code)

static CURLcode trust(CURL *easy, const char *ca)
{
	struct curl_blob blob = {(void *)ca, strlen(ca), CURL_BLOB_COPY};
	CURLcode code = CURLE_OK;

	SET(CURLOPT_CAINFO_BLOB, &blob);
	/* those and no others */
	SET(CURLOPT_CAPATH, NULL);
	return code;
}

static CURLcode set_up(struct imap_stream *s, const char *url, int64_t timeout_ms)
{
	const struct imap_options *o = s->options;
	CURL *easy = s->easy;
	CURLcode code = gate_set_up(easy, &s->gate, o->url.tls ? "imaps" : "imap", o->ca_file);

	if (o->ca && code == CURLE_OK)
		code = trust(easy, o->ca);
	SET(CURLOPT_URL, url);
	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_USE_SSL, s->plain ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_ERRORBUFFER, s->curl_error);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, s);
	SET(CURLOPT_WRITEFUNCTION, drop);
	SET(CURLOPT_HEADERFUNCTION, drop);
	return code;
}

/* ---- What went wrong ---- */

static bool fail(struct error *err, bool retryable, const char *what, const char *detail)
{
	err_set(err, ERR_EXECUTION_FAILED, "%s%s%.200s", what, *detail ? ": " : "", detail);
	err->retryable = retryable;
	return false;
}

static bool told_to_stop(struct error *err)
{
	return err_set(err, ERR_CANCELLED, "The run was stopped");
}

static const struct { CURLcode code; bool retryable; const char *what; } reasons[] = {
	{CURLE_PEER_FAILED_VERIFICATION, false,
	 "The mail server's certificate is not trusted; connect the mailbox with --ca-file when it has an authority of its own"},
	{CURLE_SSL_CACERT_BADFILE, false, "The certificates given with --ca-file cannot be read"},
	{CURLE_USE_SSL_FAILED, false, "The mail server offers no encryption (STARTTLS); without it only a mailbox is"
	 " connected to that was connected with --plaintext, in a network that outbound.allow_networks names"},
	{CURLE_COULDNT_RESOLVE_HOST, true, "The mail server's name cannot be resolved"},
	{CURLE_OPERATION_TIMEDOUT, true, "The mail server does not answer in time"},
	{CURLE_WEIRD_SERVER_REPLY, true, "The mail server does not greet as IMAP servers do"},
	{CURLE_SSL_CONNECT_ERROR, true, "No encrypted connection to the mail server could be made; one that begins"
	 " without TLS, as on port 143, is connected with imap://"},
};

/* Reached, and then silent: it may wait for us to begin with TLS. */
static bool is_silent(const struct imap_stream *s, CURLcode code)
{
	curl_off_t connected_us = 0;

	return code == CURLE_OPERATION_TIMEDOUT && !s->options->url.tls &&
	       curl_easy_getinfo(s->easy, CURLINFO_CONNECT_TIME_T, &connected_us) == CURLE_OK && connected_us > 0;
}

static bool explain(struct imap_stream *s, CURLcode code, struct error *err)
{
	unsigned i;

	if (code == CURLE_ABORTED_BY_CALLBACK)
		return told_to_stop(err);
	if (s->gate.refused > 0 && s->gate.opened == 0)
		return fail(err, false, "The mail server may not be connected to", s->gate.why);
	gate_printable(s->curl_error);
	if (code == CURLE_PEER_FAILED_VERIFICATION && s->options->ca)
		return fail(err, false, "The mail server's certificate is not trusted by those that were given with --ca-file",
		            s->curl_error);
	if (is_silent(s, code))
		return fail(err, true, "The mail server does not greet; one that expects TLS at once, as on port 993, is connected"
		            " with imaps://", s->curl_error);
	for (i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].code == code)
			return fail(err, reasons[i].retryable, reasons[i].what, s->curl_error);
	return fail(err, true, "The mail server cannot be reached", s->curl_error[0] ? s->curl_error : curl_easy_strerror(code));
}

/* ---- Open and close ---- */

static CURLcode connect_once(struct imap_stream *s, const char *url)
{
	int64_t left_ms = (s->deadline_us - clock_mono_us()) / 1000;
	locale_t before;
	CURLcode code;

	if (left_ms <= 0)
		return CURLE_OPERATION_TIMEDOUT;
	gate_reset(&s->gate);
	s->curl_error[0] = '\0';
	curl_easy_cleanup(s->easy);
	s->easy = curl_easy_init();
	if (!s->easy)
		return CURLE_OUT_OF_MEMORY;
	code = set_up(s, url, left_ms < IMAP_CONNECT_MS ? left_ms : IMAP_CONNECT_MS);
	if (code != CURLE_OK)
		return code;
	before = utf8_enter();
	code = curl_easy_perform(s->easy);
	utf8_leave(before);
	return code;
}

bool stream_open(struct imap_stream *s, const struct imap_options *o, struct error *err)
{
	char url[OUTBOUND_HOST_SIZE + 32];
	CURLcode code;

	pthread_once(&once, make_ready);
	s->options = o;
	s->gate.rules = o->rules;
	s->deadline_us = o->deadline_ms == 0 ? INT64_MAX : clock_mono_us() + (o->deadline_ms - clock_now_ms()) * 1000;
	snprintf(url, sizeof url, "%s://%s:%u/", o->url.tls ? "imaps" : "imap", o->url.host, o->url.port);
	/* in clear only where that was asked for, and only to where the operator has said that one may go */
	s->plain = s->gate.only_named = o->plaintext && !o->url.tls;
	code = connect_once(s, url);
	return code == CURLE_OK || explain(s, code, err);
}

void stream_close(struct imap_stream *s)
{
	curl_easy_cleanup(s->easy);
	s->easy = NULL;
}

/* ---- Bytes ---- */

/* Until the socket is ready, in slices. */
static bool wait_for(struct imap_stream *s, short events, int64_t until_us, struct error *err)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	struct pollfd p = {.events = events};

	curl_easy_getinfo(s->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd == CURL_SOCKET_BAD)
		return fail(err, true, "The connection to the mail server was closed", "");
	p.fd = fd;
	for (;;) {
		int64_t left_ms = (until_us - clock_mono_us() + 999) / 1000;
		int rc;

		if (asked_to_stop(s))
			return told_to_stop(err);
		if (left_ms <= 0)
			return fail(err, true, "The mail server does not answer in time", "");
		rc = poll(&p, 1, left_ms < IMAP_SLICE_MS ? (int)left_ms : IMAP_SLICE_MS);
		if (rc > 0)
			return true;
		if (rc < 0 && errno != EINTR)
			return fail(err, true, "The connection to the mail server failed", strerror(errno));
	}
}

static int64_t patience(const struct imap_stream *s)
{
	int64_t until_us = clock_mono_us() + IMAP_PATIENCE_MS * INT64_C(1000);

	return until_us < s->deadline_us ? until_us : s->deadline_us;
}

bool stream_send(struct imap_stream *s, const char *p, size_t n, struct error *err)
{
	int64_t until_us = patience(s);
	size_t sent;

	while (n > 0) {
		CURLcode code = curl_easy_send(s->easy, p, n, &sent);

		if (code == CURLE_AGAIN) {
			if (!wait_for(s, POLLOUT, until_us, err))
				return false;
			continue;
		}
		if (code != CURLE_OK)
			return fail(err, true, "The connection to the mail server was lost", curl_easy_strerror(code));
		p += sent;
		n -= sent;
		until_us = patience(s);
	}
	return true;
}

bool stream_fill(struct imap_stream *s, struct error *err)
{
	int64_t until_us = patience(s);

	/* also in an answer that never ends */
	if (asked_to_stop(s))
		return told_to_stop(err);
	if (clock_mono_us() >= s->deadline_us)
		return fail(err, true, "The mail server does not answer in time", "");
	for (;;) {
		CURLcode code = curl_easy_recv(s->easy, s->bytes, sizeof s->bytes, &s->count);

		s->at = 0;
		if (code == CURLE_OK && s->count > 0)
			return true;
		s->count = code == CURLE_OK ? s->count : 0;
		if (code == CURLE_OK)
			return fail(err, true, "The mail server closed the connection", "");
		if (code != CURLE_AGAIN)
			return fail(err, true, "The connection to the mail server was lost", curl_easy_strerror(code));
		if (!wait_for(s, POLLIN, until_us, err))
			return false;
	}
}
