/* Serving FastCGI with parked connections: one epoll set holds the listening socket and every idle
 * connection; a few threads take a ready one, read its request and serve it. A request that is
 * handed on holds no thread; whoever finishes it parks its connection again. */
#ifndef AGENTIV_HTTP_SERVER_H
#define AGENTIV_HTTP_SERVER_H

#include "base/config.h"
#include "base/err.h"
#include "http/request.h"

struct server;

/* serve gets each request; app is put into it. Listens on cfg->listen, or on descriptor 0 when that is a listening
 * socket (spawn-fcgi, systemd, a web server's own spawner). */
struct server *server_start(const struct config *cfg, struct app *app, void (*serve)(struct request *),
                            struct error *err);
/* Stops accepting and reading; waits until requests in flight are answered, at most limit_s seconds, and frees.
 * false: some are not, and what they use is left to the process's end. */
bool server_stop(struct server *s, int limit_s);
unsigned server_in_flight(const struct server *s);

/* Started as a plain CGI: a request stands in the environment, and descriptor 0 is no listening socket. */
bool server_is_cgi(void);

/* Plain CGI: serves the one request on stdin and stdout. A request that serve handed on is answered
 * by pump, which returns when nothing waits any more; NULL when serve always answers. */
void cgi_serve(struct app *app, void (*serve)(struct request *), void (*pump)(struct app *));
/* Answers it with an error, when there is no app. */
void cgi_fail(const struct error *err);

#endif
