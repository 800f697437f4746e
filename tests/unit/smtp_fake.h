/* A mail server for the tests of the SMTP client: on 127.0.0.1 and a free port, on a thread of its own, one connection
 * after the other, keeping what it is told. */
#ifndef AGENTIV_TESTS_SMTP_FAKE_H
#define AGENTIV_TESTS_SMTP_FAKE_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>

struct smtp_script {
	bool starttls, auth;             /* offered */
	bool tls_first;                  /* smtps */
	/* Where it says something else than that all is well: "greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA",
	 * "." (the mail's end), "NOOP", "QUIT". reply: a whole reply; "" says nothing more; NULL ends the connection. */
	const char *at, *reply;
};

struct smtp_fake {
	int port;
	char ca_file[64];
	char said[65536];                /* what it was told, a line each, behind "clear: " or "tls: " */
	/* its own */
	struct smtp_script script;
	int fd;
	size_t len;
	bool encrypted;
	SSL_CTX *context;
	SSL *tls;
	int peer;
	pthread_t thread;
};

void smtp_fake_start(struct smtp_fake *f, const struct smtp_script *script);
/* When no client is connected any more. */
void smtp_fake_stop(struct smtp_fake *f);

#endif
