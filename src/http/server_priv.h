/* What fcgi.c (connections, the transport) and server.c (threads, start, stop) share.
 *
 * Ownership: a connection belongs to the epoll set while it is idle, then to whoever has its request. */
#ifndef AGENTIV_HTTP_SERVER_PRIV_H
#define AGENTIV_HTTP_SERVER_PRIV_H

#include <fcgiapp.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/server.h"

#define SERVER_THREADS_MAX 64

struct connection {
	FCGX_Request       fcgi;
	struct request     request;
	struct server     *server;
	struct connection *prev, *next;      /* in server->all, under its lock */
	atomic_bool        busy;             /* not in the epoll set */
	bool               used;             /* a request has come over it */
	void             (*later)(struct request *);
	struct connection *next_later;       /* in server->later, under its lock */
};

struct server {
	struct app      *app;
	void           (*serve)(struct request *);
	int              listen_fd, epoll_fd, wake_fd;
	char            *path;               /* to unlink, NULL for an inherited socket */
	pthread_t        threads[SERVER_THREADS_MAX];
	unsigned         thread_count;
	atomic_bool      stopping;
	atomic_uint      in_flight;
	pthread_mutex_t  lock;
	pthread_cond_t   calm;               /* in_flight fell to 0 while stopping */
	struct connection *all, *later, **later_end;
	unsigned         connections;
	bool             threads_gone;       /* nobody takes from later any more */
	bool             accept_paused;
};

/* fcgi.c */
void connection_close(struct connection *k);
void connection_serve(struct connection *k);
bool connection_has_request(struct connection *k);
void connection_ready(struct connection *k, uint32_t events);
void server_accept(struct server *s);
bool server_arm(struct server *s, int op, int fd, void *who);

/* server.c. One request less is being served; called with the lock held, so that server_stop goes on behind it. */
void server_done(struct server *s);
/* Has a thread call k->later; false when there is none. */
bool server_queue(struct server *s, struct connection *k);

#endif
