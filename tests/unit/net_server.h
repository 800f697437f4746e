/* A small HTTP server for the tests of the client, on 127.0.0.1 and a free port, and what resolving names says.
 *
 * It answers by the path:
 *   /ok            200 and "ok"                /status/NNN    that status and a body that names it
 *   /redirect      302 to /ok                  /after/TEXT    503 with Retry-After: TEXT
 *   /never         nothing at all              /late/MS       200 after so many milliseconds
 *   /endless       200 and a body without end  /headers       headers without end
 *   /half          200, a length, no body      /cut           200, half of its body, then the end
 *   /close         the end of the connection
 *
 * Names under .test are resolved here: loop.test and bücher.test are 127.0.0.1; mixed.test is 10.1.2.3, then 127.0.0.1; hang.test
 * takes until the server is stopped. */
#ifndef AGENTIV_TESTS_NET_SERVER_H
#define AGENTIV_TESTS_NET_SERVER_H

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>

struct net_server {
	int  port;
	atomic_int connections, closed, requests;
	char last[8192];                     /* the last request, head and body; read when it was answered */
	/* its own */
	int  fd;
	bool stopping;
	SSL_CTX *tls;                        /* NULL: plain */
	char ca_file[64];                    /* its certificate, when it speaks TLS */
};

void server_start(struct net_server *s, bool tls);
void server_stop(struct net_server *s);
/* A certificate of its own making for 127.0.0.1, which stands in a file for who wants to trust it. */
SSL_CTX *server_certificate(char ca_file[64]);
/* Until the counter has reached n, at most five seconds. */
bool server_wait(atomic_int *counter, int n);

#endif
