/* An asynchronous HTTP request to a server that whoever started the process has named, of any method, whose answer is
 * given on as it comes: among a loop's transfers (net/transfers.h). Any address may be connected to; redirects are not
 * followed, so that what a header holds goes to nobody else; http and https only, certificates verified; http_proxy,
 * https_proxy and no_proxy of the environment are heeded where the options say so.
 *
 * Ownership: an exchange, its URL, headers and body are the caller's and stay unchanged until done was called. What is
 * given to on_data and done lives during the call. All functions are for one thread. */
#ifndef AGENTIV_NET_HTTP_EXCHANGE_H
#define AGENTIV_NET_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/transfers.h"

#define EXCHANGE_HEADERS_MAX 12

struct http_exchanger;

struct exchange_options {
	const char *user_agent;
	const char *ca_file;           /* certificates to trust; NULL: the system's */
	bool environments_proxy;       /* else none */
};

enum exchange_fault {
	EXCHANGE_WHOLE,                /* there is a status, and all of the body came */
	EXCHANGE_UNREACHED,            /* no connection: nothing was sent */
	EXCHANGE_LOST,                 /* the connection ended, or something was wrong with what came */
	EXCHANGE_LATE,                 /* the time was over */
	EXCHANGE_STOPPED               /* by on_data, http_exchange_stop or transfers_abort */
};

struct http_exchange {
	const char *method, *url;
	const char *headers[EXCHANGE_HEADERS_MAX];   /* "Name: value" */
	unsigned    header_count;
	const void *body;              /* NULL: none */
	size_t      body_len;
	int64_t     timeout_ms;        /* for all of it; 0: no bound */
	int64_t     quiet_ms;          /* without a byte of the answer, in whole seconds; 0: no bound */
	bool (*on_data)(struct http_exchange *x, const char *p, size_t n);    /* of the body; false: no more */
	void (*done)(struct http_exchange *x, enum exchange_fault fault, const char *error);  /* error: one line, or NULL */

	/* Of the answer; set before its first byte is given on, the location at the end. */
	int         status;            /* 0: none yet */
	char        content_type[64];  /* without parameters, in lower case */
	char        location[256];     /* where a redirect leads, printable; "" none */
	int64_t     retry_after_s;     /* 0: none */
	void       *transfer;          /* the exchanger's */
};

struct http_exchanger *http_exchanger_new(struct transfers *transfers, const struct exchange_options *options);
/* When none of its exchanges is under way. NULL accepted. */
void http_exchanger_free(struct http_exchanger *c);

/* done is called once, from transfers_run, transfers_abort or http_exchange_stop. false with err when it cannot be
 * started; done is not called then. */
bool http_exchange_begin(struct http_exchanger *c, struct http_exchange *x, struct error *err);

/* Ends one that is under way: its connection is closed. Not from on_data. */
void http_exchange_stop(struct http_exchange *x);

/* Whether a URL may be the base of others: http or https, a host, nothing behind the path, no user name. */
bool http_exchange_check_base(const char *url, const char *field, struct error *err);

#endif
