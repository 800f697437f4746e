/* FastCGI over libfcgi with parked connections. libfcgi's own accept would tie a thread to each
 * connection that the web server keeps open; so the listening socket and the idle connections sit in
 * one epoll set, and libfcgi only reads and writes on a descriptor that is known to be ready.
 *
 * A connection is one-shot in the set: from the moment a thread takes it until its request is finished
 * nobody else sees it. */
#include "http/server_priv.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define CONNECTIONS_MAX  8192
#define PEER_STALL_S     10      /* a peer that stops inside a record */
#define LEFTOVER_MAX     65536   /* bytes behind a body's end that are read to reach the next request */

/* ---- one connection ---- */

bool server_arm(struct server *s, int op, int fd, void *who)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = who};

	return epoll_ctl(s->epoll_fd, op, fd, &ev) == 0;
}

/* Called with the lock held. */
static void connection_drop(struct connection *k)
{
	struct server *s = k->server;

	if (k->prev)
		k->prev->next = k->next;
	else
		s->all = k->next;
	if (k->next)
		k->next->prev = k->prev;
	s->connections--;
	if (k->fcgi.ipcFd >= 0)
		close(k->fcgi.ipcFd);
	arena_release(&k->request.arena);
	buf_release(&k->request.body);
	mem_free(k);
	if (s->accept_paused) {
		s->accept_paused = false;
		server_arm(s, EPOLL_CTL_MOD, s->listen_fd, s);
	}
}

void connection_close(struct connection *k)
{
	struct server *s = k->server;

	pthread_mutex_lock(&s->lock);
	connection_drop(k);
	pthread_mutex_unlock(&s->lock);
}

static void connection_open(struct server *s, int fd)
{
	struct timeval stall = {.tv_sec = PEER_STALL_S};
	struct connection *k = mem_zalloc(sizeof *k);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof stall);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof stall);
	k->server = s;
	/* No listening socket: libfcgi must never accept by itself. keepConnection must be set
	 * too, or its first FCGX_Accept_r closes the descriptor it was given. */
	FCGX_InitRequest(&k->fcgi, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	k->fcgi.ipcFd = fd;
	k->fcgi.keepConnection = 1;
	arena_init(&k->request.arena);
	buf_init(&k->request.body, 0);

	pthread_mutex_lock(&s->lock);
	k->next = s->all;
	if (s->all)
		s->all->prev = k;
	s->all = k;
	s->connections++;
	pthread_mutex_unlock(&s->lock);

	if (!server_arm(s, EPOLL_CTL_ADD, fd, k))
		connection_close(k);
}

void server_accept(struct server *s)
{
	for (;;) {
		int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC), why = errno;
		bool room;

		if (fd < 0 && (why == EINTR || why == ECONNABORTED))
			continue;
		pthread_mutex_lock(&s->lock);
		/* out of descriptors: when a connection has closed there is one again */
		s->accept_paused = fd < 0 && why != EAGAIN && s->connections > 0;
		if (fd < 0 && !s->accept_paused)
			server_arm(s, EPOLL_CTL_MOD, s->listen_fd, s);
		room = s->connections < CONNECTIONS_MAX;
		pthread_mutex_unlock(&s->lock);
		if (fd < 0)
			return;
		if (room)
			connection_open(s, fd);
		else
			close(fd);
	}
}

/* ---- the transport ---- */

static long fcgi_read(struct request *r, void *out, size_t n)
{
	struct connection *k = r->connection;
	int got = FCGX_GetStr(out, n > 1u << 20 ? 1 << 20 : (int)n, k->fcgi.in);

	return got == 0 && FCGX_GetError(k->fcgi.in) ? -1 : got;
}

static bool fcgi_write(struct request *r, const void *p, size_t n)
{
	struct connection *k = r->connection;
	const char *at = p;

	while (n > 0) {
		int part = n > 1u << 20 ? 1 << 20 : (int)n;

		if (FCGX_PutStr(at, part, k->fcgi.out) != part)
			return false;
		at += part;
		n -= (size_t)part;
	}
	return true;
}

static bool fcgi_flush(struct request *r)
{
	struct connection *k = r->connection;

	return FCGX_FFlush(k->fcgi.out) == 0;
}

static bool fcgi_writable(struct request *r)
{
	struct connection *k = r->connection;
	struct pollfd p = {.fd = k->fcgi.ipcFd, .events = POLLOUT};

	return poll(&p, 1, 0) == 1;       /* an error counts: the write will tell */
}

static bool fcgi_gone(struct request *r)
{
	struct connection *k = r->connection;
	struct pollfd p = {.fd = k->fcgi.ipcFd};

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR));
}

/* The body's end is a record of its own. Left in the socket it would be taken for a broken next request. */
static bool at_body_end(struct connection *k)
{
	char scratch[4096];
	size_t dropped = 0;
	int got;

	do {
		got = FCGX_GetStr(scratch, sizeof scratch, k->fcgi.in);
		dropped += (size_t)got;
	} while (got > 0 && dropped < LEFTOVER_MAX);
	return got == 0;
}

static void fcgi_finish(struct request *r)
{
	struct connection *k = r->connection;
	struct server *s = k->server;
	bool parked;

	if (!at_body_end(k) || atomic_load(&s->stopping))
		k->fcgi.keepConnection = 0;
	request_release(r);
	FCGX_Finish_r(&k->fcgi);

	/* under the lock: once it is armed the next request's thread, or server_stop, may have it */
	pthread_mutex_lock(&s->lock);
	atomic_store_explicit(&k->busy, false, memory_order_release);
	parked = k->fcgi.ipcFd >= 0 && server_arm(s, EPOLL_CTL_MOD, k->fcgi.ipcFd, k);
	if (!parked)
		connection_drop(k);
	server_done(s);
	pthread_mutex_unlock(&s->lock);
}

static void fcgi_later(struct request *r, void (*fn)(struct request *))
{
	struct connection *k = r->connection;

	k->later = fn;
	if (!server_queue(k->server, k))
		fn(r);
}

static const struct transport fcgi_transport = {
	.read = fcgi_read, .write = fcgi_write, .flush = fcgi_flush,
	.writable = fcgi_writable, .gone = fcgi_gone, .finish = fcgi_finish, .later = fcgi_later,
};

/* ---- a ready connection ---- */

void connection_serve(struct connection *k)
{
	struct server *s = k->server;

	atomic_fetch_add(&s->in_flight, 1);
	k->used = true;
	if (FCGX_Accept_r(&k->fcgi) < 0) {      /* a broken or stalled record: it closed the descriptor */
		k->fcgi.ipcFd = -1;
		pthread_mutex_lock(&s->lock);
		connection_drop(k);
		server_done(s);
		pthread_mutex_unlock(&s->lock);
		return;
	}
	k->request.transport = &fcgi_transport;
	k->request.connection = k;
	k->request.app = s->app;
	request_from_env(&k->request, k->fcgi.envp);
	s->serve(&k->request);
}

bool connection_has_request(struct connection *k)
{
	char byte;

	return recv(k->fcgi.ipcFd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* A request, or the peer's goodbye, which may stand behind a request. Epoll orders this behind the arming; the
 * exchange says so to the compiler as well. */
void connection_ready(struct connection *k, uint32_t events)
{
	atomic_exchange_explicit(&k->busy, true, memory_order_acquire);
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR) && !connection_has_request(k))
		connection_close(k);
	else
		connection_serve(k);
}
