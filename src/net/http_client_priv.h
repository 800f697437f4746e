/* What the two files of the HTTP client share: a transfer, which is an easy handle that is set up once and used again
 * and again, and the client itself. */
#ifndef AGENTIV_NET_HTTP_CLIENT_PRIV_H
#define AGENTIV_NET_HTTP_CLIENT_PRIV_H

#include <curl/curl.h>

#include "net/gate.h"
#include "net/http_client.h"
#include "net/transfers_priv.h"

#define HTTP_TEXT_SIZE sizeof ((struct error *)0)->message

struct http_transfer {
	struct transfer transfer;          /* first */
	struct http_client *client;
	struct http_call *call;            /* NULL: spare */
	struct curl_slist headers[HTTP_HEADERS_MAX + 1];
	size_t   header_bytes, received, kept;
	struct gate gate;
	bool     answered;                 /* a final status and all its headers have come */
	char    *body;                     /* HTTP_BODY_KEPT bytes, from the first that comes on; NULL: none came yet */
	char     curl_error[CURL_ERROR_SIZE];
};

struct http_client {
	struct transfers *transfers;
	const struct outbound_rules *rules;
	char    *user_agent, *ca_file;
	struct transfer *spares;
	unsigned spare_count;
};

struct http_transfer *http_transfer_new(struct http_client *c);          /* NULL: no memory */
void http_transfer_free(struct http_transfer *t);
/* Between two calls only URL, headers, body and timeout change. */
CURLcode http_transfer_set_call(struct http_transfer *t, struct http_call *call);
/* What became of the call; text, of HTTP_TEXT_SIZE, holds the answer's error. A status counts as soon as its headers
 * are whole: whether a body follows, or ever ends, changes nothing. */
void http_transfer_answer(struct http_transfer *t, CURLcode code, struct http_answer *answer, char *text);

#endif
