/* An asynchronous SMTP client (RFC 5321) for the operator's mail server, under way among a loop's transfers
 * (net/transfers.h): STARTTLS or TLS from the start, AUTH PLAIN and LOGIN, one connection for each mail. The outbound
 * rules are for what users name and do not apply: the server is the operator's.
 *
 * Ownership: a call and all that it points to are the caller's and stay unchanged until done was called. What the
 * answer points to lives during done. All functions are for one thread. */
#ifndef AGENTIV_NET_SMTP_H
#define AGENTIV_NET_SMTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/transfers.h"

#define SMTP_HEADERS_MAX 16
#define SMTP_TEXT_SIZE   300       /* bytes, of what a server says */

enum smtp_tls {
	SMTP_TLS_REQUIRED,             /* a certificate that is verified, or nothing is said */
	SMTP_TLS_OPPORTUNISTIC,        /* where the server offers it, whatever its certificate */
	SMTP_TLS_NONE
};

struct smtp_options {
	const char *url;               /* smtp://host[:port][/name-to-say], smtps://… */
	enum smtp_tls tls;
	const char *user, *password;   /* NULL: no login */
	const char *ca_file;           /* certificates to trust; NULL: the system's */
};

struct smtp_mail {
	const char *from, *to;         /* the envelope's: addresses */
	const char *headers[SMTP_HEADERS_MAX];   /* "Name: value", encoded and folded; those of MIME are the client's */
	unsigned    header_count;
	const char *text, *html;       /* UTF-8, lines end by CRLF */
};

enum smtp_verdict {
	SMTP_DONE,                     /* the server has taken it */
	SMTP_LATER,                    /* a later attempt may fare better */
	SMTP_NEVER                     /* the server refuses this recipient, or this mail, for good */
};

struct smtp_answer {
	enum smtp_verdict verdict;
	int         status;            /* of the reply that decided: 250, 550; 0: there was none */
	int64_t     duration_us;
	const char *text;              /* what the server said (done), or what went wrong: one line of valid UTF-8 */
	bool        encrypted;
	bool        about_mail;        /* the server is well: the reply is to this recipient, or this mail */
};

struct smtp_call {
	const struct smtp_mail *mail;  /* NULL: only the login, and NOOP */
	int64_t     timeout_ms;        /* for all of it */
	void (*done)(struct smtp_call *call, const struct smtp_answer *answer);
	void       *transfer;          /* the client's */
};

struct smtp_client;
struct smtp_client *smtp_client_new(struct transfers *transfers, const struct smtp_options *options);
/* When none of its calls is under way. NULL accepted. */
void smtp_client_free(struct smtp_client *c);

/* Starts a call. done is called once, from transfers_run or transfers_abort. false with err when it cannot be started;
 * done is not called then. */
bool smtp_client_send(struct smtp_client *c, struct smtp_call *call, struct error *err);

#endif
