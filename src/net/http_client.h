/* An asynchronous HTTP client for POSTs to URLs that users gave, under way among a loop's transfers
 * (net/transfers.h). The outbound rules are applied to every address before it is connected to; no proxy, no
 * redirects, http and https only, certificates verified, HTTP/1.1, or HTTP/2 over TLS, over connections that are kept.
 *
 * Ownership: a call, its URL, headers and body are the caller's and stay unchanged until done was called. What the
 * answer points to lives during done. All functions are for one thread. */
#ifndef AGENTIV_NET_HTTP_CLIENT_H
#define AGENTIV_NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/outbound.h"
#include "net/transfers.h"

#define HTTP_HEADERS_MAX 12
#define HTTP_BODY_KEPT   4096      /* bytes of an answer's body that are shown to done */

struct http_client;

struct http_options {
	const struct outbound_rules *rules;
	const char *user_agent;
	const char *ca_file;           /* certificates to trust; NULL: the system's */
};

struct http_answer {
	int         status;            /* 0: there was no answer, error says why */
	int64_t     duration_us;
	int64_t     retry_after_s;     /* of a Retry-After header, as seconds from now; 0 none */
	bool        refused;           /* the outbound rules forbid it: no later attempt will fare better */
	const char *error;             /* one line of valid UTF-8; NULL with a status */
	const char *body;              /* the first bytes, as sent */
	size_t      body_len;
};

struct http_call {
	const char *url;
	const char *headers[HTTP_HEADERS_MAX];   /* "Name: value" */
	unsigned    header_count;
	const void *body;
	size_t      body_len;
	int64_t     timeout_ms;        /* for all of it: name, connection, answer */
	void (*done)(struct http_call *call, const struct http_answer *answer);
	void       *transfer;          /* the client's */
};

struct http_client *http_client_new(struct transfers *transfers, const struct http_options *options);
/* When none of its calls is under way. NULL accepted. */
void http_client_free(struct http_client *c);

/* Starts a POST. done is called once, from transfers_run or transfers_abort. false with err
 * when it cannot be started; done is not called then. */
bool http_client_post(struct http_client *c, struct http_call *call, struct error *err);

/* Gives memory back that is kept for the next calls. */
void http_client_rest(struct http_client *c);

#endif
