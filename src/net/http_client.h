/* An asynchronous HTTP client for POSTs to URLs that users gave: one curl multi with an epoll set of its own, for
 * one thread's loop. The outbound rules are applied to every address before it is connected to; no proxy, no
 * redirects, http and https only, certificates verified, HTTP/1.1 over connections that are kept.
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

#define HTTP_HEADERS_MAX 12
#define HTTP_BODY_KEPT   4096      /* bytes of an answer's body that are shown to done */

struct http_client;

struct http_options {
	const struct outbound_rules *rules;
	const char *user_agent;
	const char *ca_file;           /* certificates to trust; NULL: the system's */
	unsigned max_connections;      /* kept open, in use or not */
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

struct http_client *http_client_new(const struct http_options *options, struct error *err);
/* Calls done for what is under way (http_client_abort), then frees. NULL accepted. */
void http_client_free(struct http_client *c);

/* Starts a POST. done is called once, from http_client_run or http_client_abort. false with err
 * when it cannot be started; done is not called then. */
bool http_client_post(struct http_client *c, struct http_call *call, struct error *err);

/* A descriptor that is ready for reading when http_client_run has something to do; it stays the same. */
int http_client_fd(const struct http_client *c);
/* When http_client_run has to be called at the latest (clock_mono_us); INT64_MAX: when the descriptor is ready. */
int64_t http_client_due(const struct http_client *c);
/* Reads and writes what is ready, and calls done for what has ended. Never waits. */
void http_client_run(struct http_client *c);

unsigned http_client_active(const struct http_client *c);   /* calls under way */
/* Ends all that is under way: done with the error "stopped". */
void http_client_abort(struct http_client *c);
/* Closes idle connections and gives memory back; when nothing is under way. */
void http_client_rest(struct http_client *c);

#endif
