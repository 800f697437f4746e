/* The SMTP client: how curl is set up for a mail, from its start to its end. */
#include "net/smtp_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define CONNECT_LIMIT_MS 10000

#define SET(option, value) (code == CURLE_OK ? (code = curl_easy_setopt(t->transfer.easy, option, value)) : code)

static CURLcode set_up_server(struct smtp_transfer *t)
{
	static const long levels[] = {[SMTP_TLS_REQUIRED] = CURLUSESSL_ALL, [SMTP_TLS_OPPORTUNISTIC] = CURLUSESSL_TRY,
	                              [SMTP_TLS_NONE] = CURLUSESSL_NONE};
	const struct smtp_client *c = t->client;
	CURLcode code = gate_set_up(t->transfer.easy, &t->gate, "smtp,smtps", c->ca_file);

	SET(CURLOPT_URL, c->url);
	SET(CURLOPT_USE_SSL, levels[c->tls]);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (c->tls == SMTP_TLS_OPPORTUNISTIC && !c->implicit_tls) {
		SET(CURLOPT_SSL_VERIFYPEER, 0L);
		SET(CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (c->user) {
		SET(CURLOPT_USERNAME, c->user);
		SET(CURLOPT_PASSWORD, c->password);
		SET(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
	}
	/* what it is worth to keep a connection open is not worth asking whether the server still has it */
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_TIMEOUT_MS, (long)t->call->timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(t->call->timeout_ms < CONNECT_LIMIT_MS ? t->call->timeout_ms : CONNECT_LIMIT_MS));
	SET(CURLOPT_ERRORBUFFER, t->curl_error);
	SET(CURLOPT_PRIVATE, t);
	return code;
}

static CURLcode add_part(struct smtp_transfer *t, const char *text, const char *type)
{
	curl_mimepart *part = curl_mime_addpart(t->mime);
	CURLcode code = part ? curl_mime_data(part, text, CURL_ZERO_TERMINATED) : CURLE_OUT_OF_MEMORY;

	if (code == CURLE_OK)
		code = curl_mime_type(part, type);
	return code == CURLE_OK ? curl_mime_encoder(part, "quoted-printable") : code;
}

static CURLcode set_up_mail(struct smtp_transfer *t, const struct smtp_mail *m)
{
	CURLcode code = CURLE_OK;
	unsigned i, n = 0;

	INVARIANT(m->header_count <= SMTP_HEADERS_MAX, "a mail has too many headers");
	if (strlen(m->from) + 3 > sizeof t->from || strlen(m->to) + 3 > sizeof t->to)
		return CURLE_BAD_FUNCTION_ARGUMENT;
	snprintf(t->from, sizeof t->from, "<%s>", m->from);
	snprintf(t->to, sizeof t->to, "<%s>", m->to);
	t->recipient.data = t->to;
	for (i = 0; i < m->header_count; i++)
		t->headers[n++].data = (char *)m->headers[i];
	t->headers[n++].data = (char *)"Content-Type: multipart/alternative";
	for (i = 0; i + 1 < n; i++)
		t->headers[i].next = &t->headers[i + 1];
	t->mime = curl_mime_init(t->transfer.easy);
	if (!t->mime)
		return CURLE_OUT_OF_MEMORY;
	code = add_part(t, m->text, "text/plain; charset=utf-8");
	if (code == CURLE_OK)
		code = add_part(t, m->html, "text/html; charset=utf-8");
	SET(CURLOPT_MAIL_FROM, t->from);
	SET(CURLOPT_MAIL_RCPT, &t->recipient);
	SET(CURLOPT_HTTPHEADER, t->headers);
	SET(CURLOPT_MIMEPOST, t->mime);
	return code;
}

static CURLcode set_up_noop(struct smtp_transfer *t)
{
	CURLcode code = CURLE_OK;

	SET(CURLOPT_NOBODY, 1L);
	SET(CURLOPT_CUSTOMREQUEST, "NOOP");
	return code;
}

static void transfer_free(struct smtp_transfer *t)
{
	curl_easy_cleanup(t->transfer.easy);
	smtp_leave_sockets(t);
	curl_mime_free(t->mime);
	mem_free(t);
}

static void on_end(struct transfer *transfer, CURLcode code, const char *stopped)
{
	struct smtp_transfer *t = (struct smtp_transfer *)transfer;
	struct smtp_call *call = t->call;
	struct smtp_answer answer;
	char text[SMTP_ANSWER_SIZE];

	if (stopped)
		answer = (struct smtp_answer){.verdict = SMTP_LATER, .text = stopped,
		                              .duration_us = clock_mono_us() - transfer->started_us};
	else
		smtp_judge(t, code, &answer, text);
	call->transfer = NULL;
	call->done(call, &answer);
	transfer_free(t);
}

bool smtp_client_send(struct smtp_client *c, struct smtp_call *call, struct error *err)
{
	struct smtp_transfer *t = mem_zalloc(sizeof *t);
	CURLcode code;

	t->client = c;
	t->call = call;
	t->sockets = mem_zalloc(sizeof *t->sockets);
	t->encrypted = c->implicit_tls;
	t->gate.operators_own = true;
	t->transfer.ended = on_end;
	t->transfer.easy = curl_easy_init();
	code = t->transfer.easy ? set_up_server(t) : CURLE_OUT_OF_MEMORY;
	if (code == CURLE_OK)
		code = smtp_listen(t);
	if (code == CURLE_OK)
		code = call->mail ? set_up_mail(t, call->mail) : set_up_noop(t);
	call->transfer = t;
	if (code == CURLE_OK && transfer_begin(c->transfers, &t->transfer))
		return true;
	call->transfer = NULL;
	transfer_free(t);
	return err_set(err, ERR_INTERNAL, "A mail could not be started: %s", curl_easy_strerror(code));
}

struct smtp_client *smtp_client_new(struct transfers *transfers, const struct smtp_options *options)
{
	struct smtp_client *c = mem_zalloc(sizeof *c);

	c->transfers = transfers;
	c->url = mem_strdup(options->url);
	c->user = mem_strdup(options->user);
	c->password = mem_strdup(options->password);
	c->ca_file = mem_strdup(options->ca_file);
	c->tls = options->tls;
	c->implicit_tls = strncasecmp(c->url, "smtps:", 6) == 0;
	return c;
}

void smtp_client_free(struct smtp_client *c)
{
	if (!c)
		return;
	if (c->password)
		mem_wipe(c->password, strlen(c->password));
	mem_free(c->url);
	mem_free(c->user);
	mem_free(c->password);
	mem_free(c->ca_file);
	mem_free(c);
}
