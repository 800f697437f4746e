/* How a request's bytes come and go: FastCGI (fcgi.c) or plain CGI (cgi.c).
 * One const table each; data is the connection. */
#ifndef AGENTIV_HTTP_TRANSPORT_H
#define AGENTIV_HTTP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

struct request;

struct transport {
	/* Reads up to n bytes of the body; 0 at its end, -1 when the peer failed. */
	long (*read)(struct request *r, void *out, size_t n);
	/* Sends bytes of the response (CGI form: header lines, empty line, body). */
	bool (*write)(struct request *r, const void *p, size_t n);
	bool (*flush)(struct request *r);
	/* Whether a few kilobytes can be sent now without waiting for the peer. */
	bool (*writable)(struct request *r);
	/* The peer has closed: nobody reads what is sent. */
	bool (*gone)(struct request *r);
	/* The response is complete: the request is released, the connection goes back to its server. */
	void (*finish)(struct request *r);
	/* Calls fn(r) soon on one of the transport's threads: for answers so large that sending them
	 * may wait for the peer, from threads that must not wait. */
	void (*later)(struct request *r, void (*fn)(struct request *r));
};

#endif
