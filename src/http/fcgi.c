/* FastCGI over libfcgi with parked connections. libfcgi's own accept would tie a thread to each
 * connection that the web server keeps open; so the listening socket and the idle connections sit in
 * one epoll set, and libfcgi only reads and writes on a descriptor that is known to be ready.
 *
 * A connection is one-shot in the set: from the moment a thread takes it until its request is finished
 * nobody else sees it. */
#include "http/server.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define CONNECTIONS_MAX  8192
#define PEER_STALL_S     10      /* a peer that stops inside a record */
#define THREAD_STACK     (512u << 10)
#define THREADS_MAX      64

struct connection {
	FCGX_Request       fcgi;
	struct request     request;
	struct server     *server;
	struct connection *prev, *next;      /* in server->all, under its lock */
	bool               busy;             /* a request is being served, under the lock */
};

struct server {
	struct app      *app;
	void           (*serve)(struct request *);
	int              listen_fd, epoll_fd, wake_fd;
	char            *path;               /* to unlink, NULL for an inherited socket */
	pthread_t        threads[THREADS_MAX];
	unsigned         thread_count;
	atomic_bool      stopping;
	pthread_mutex_t  lock;
	pthread_cond_t   calm;               /* in_flight fell */
	struct connection *all;
	unsigned         connections, in_flight;
};

/* ---- one connection ---- */

static void connection_close(struct connection *k)
{
	struct server *s = k->server;

	pthread_mutex_lock(&s->lock);
	if (k->prev)
		k->prev->next = k->next;
	else
		s->all = k->next;
	if (k->next)
		k->next->prev = k->prev;
	s->connections--;
	pthread_mutex_unlock(&s->lock);

	if (k->fcgi.ipcFd >= 0)
		close(k->fcgi.ipcFd);
	arena_release(&k->request.arena);
	buf_release(&k->request.body);
	mem_free(k);
}

static void set_busy(struct connection *k, bool busy)
{
	struct server *s = k->server;

	pthread_mutex_lock(&s->lock);
	if (busy != k->busy) {
		k->busy = busy;
		s->in_flight += busy ? 1 : -1;
		if (!busy && atomic_load(&s->stopping))
			pthread_cond_broadcast(&s->calm);
	}
	pthread_mutex_unlock(&s->lock);
}

static bool arm(struct server *s, int op, int fd, void *who)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = who};

	return epoll_ctl(s->epoll_fd, op, fd, &ev) == 0;
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

	if (!arm(s, EPOLL_CTL_ADD, fd, k))
		connection_close(k);
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

static void fcgi_finish(struct request *r)
{
	struct connection *k = r->connection;
	struct server *s = k->server;
	int fd;

	request_release(r);
	FCGX_Finish_r(&k->fcgi);
	fd = k->fcgi.ipcFd;
	set_busy(k, false);
	if (fd < 0 || !arm(s, EPOLL_CTL_MOD, fd, k))
		connection_close(k);
}

static const struct transport fcgi_transport = {
	.read = fcgi_read, .write = fcgi_write, .flush = fcgi_flush,
	.writable = fcgi_writable, .finish = fcgi_finish,
};

/* ---- the threads ---- */

/* A ready connection: a request, or the peer's goodbye. */
static void connection_ready(struct connection *k)
{
	struct server *s = k->server;
	char byte;
	ssize_t seen = recv(k->fcgi.ipcFd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (seen < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (!arm(s, EPOLL_CTL_MOD, k->fcgi.ipcFd, k))
			connection_close(k);
		return;
	}
	if (seen <= 0) {
		connection_close(k);
		return;
	}
	set_busy(k, true);
	if (FCGX_Accept_r(&k->fcgi) < 0) {      /* a broken or stalled record: it closed the descriptor */
		k->fcgi.ipcFd = -1;
		set_busy(k, false);
		connection_close(k);
		return;
	}
	k->request.transport = &fcgi_transport;
	k->request.connection = k;
	k->request.app = s->app;
	request_from_env(&k->request, k->fcgi.envp);
	s->serve(&k->request);
}

static void accept_all(struct server *s)
{
	for (;;) {
		int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		bool room;

		if (fd < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			break;
		}
		pthread_mutex_lock(&s->lock);
		room = s->connections < CONNECTIONS_MAX;
		pthread_mutex_unlock(&s->lock);
		if (room)
			connection_open(s, fd);
		else
			close(fd);
	}
	arm(s, EPOLL_CTL_MOD, s->listen_fd, s);
}

static void *serve_thread(void *arg)
{
	struct server *s = arg;
	struct epoll_event ev;

	while (!atomic_load(&s->stopping)) {
		int n = epoll_wait(s->epoll_fd, &ev, 1, -1);

		if (n < 0 && errno != EINTR)
			err_broken(__FILE__, __LINE__, "epoll_wait failed");
		if (n <= 0 || ev.data.ptr == &s->wake_fd)
			continue;
		if (ev.data.ptr == s)
			accept_all(s);
		else
			connection_ready(ev.data.ptr);
	}
	return NULL;
}

/* ---- start and stop ---- */

static bool inherited_socket(void)
{
	int listening = 0;
	socklen_t n = sizeof listening;

	return getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) == 0 && listening;
}

/* A socket file that nobody listens at any more is removed; one that is in use is an error. */
static bool bind_path(const struct config *cfg, int fd, struct error *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	mode_t old;
	int rc;

	if (strlen(cfg->listen) >= sizeof at.sun_path)
		return err_set(err, ERR_INVALID_INPUT, "http.listen: the path is too long: %s", cfg->listen);
	memcpy(at.sun_path, cfg->listen, strlen(cfg->listen) + 1);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return err_set(err, ERR_CONFLICT, "%s: another responder listens here", cfg->listen);
	unlink(cfg->listen);
	old = umask((mode_t)(0777 & ~cfg->listen_mode));
	rc = bind(fd, (struct sockaddr *)&at, sizeof at);
	umask(old);
	if (rc != 0)
		return err_set(err, ERR_INTERNAL, "%s: cannot bind: %s", cfg->listen, strerror(errno));
	if (listen(fd, 1024) != 0)
		return err_set(err, ERR_INTERNAL, "%s: cannot listen: %s", cfg->listen, strerror(errno));
	return true;
}

static bool open_listener(struct server *s, const struct config *cfg, struct error *err)
{
	if (inherited_socket()) {
		s->listen_fd = 0;
	} else {
		s->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (s->listen_fd < 0)
			return err_set(err, ERR_INTERNAL, "cannot make a socket: %s", strerror(errno));
		if (!bind_path(cfg, s->listen_fd, err)) {
			close(s->listen_fd);
			return false;
		}
		s->path = mem_strdup(cfg->listen);
	}
	fcntl(s->listen_fd, F_SETFL, fcntl(s->listen_fd, F_GETFL) | O_NONBLOCK);
	return true;
}

struct server *server_start(const struct config *cfg, struct app *app, void (*serve)(struct request *),
                            struct error *err)
{
	struct server *s = mem_zalloc(sizeof *s);
	struct epoll_event wake = {.events = EPOLLIN, .data.ptr = &s->wake_fd};
	pthread_attr_t attr;
	unsigned want = cfg->threads > THREADS_MAX ? THREADS_MAX : (unsigned)cfg->threads;

	s->app = app;
	s->serve = serve;
	if (!open_listener(s, cfg, err)) {
		mem_free(s);
		return NULL;
	}
	FCGX_Init();
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->calm, NULL);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	INVARIANT(s->epoll_fd >= 0 && s->wake_fd >= 0, "no descriptors for epoll");
	epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->wake_fd, &wake);
	arm(s, EPOLL_CTL_ADD, s->listen_fd, s);

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	while (s->thread_count < want &&
	       pthread_create(&s->threads[s->thread_count], &attr, serve_thread, s) == 0)
		s->thread_count++;
	pthread_attr_destroy(&attr);
	INVARIANT(s->thread_count > 0, "no request thread could be made");
	return s;
}

unsigned server_in_flight(const struct server *s)
{
	struct server *m = (struct server *)s;
	unsigned n;

	pthread_mutex_lock(&m->lock);
	n = m->in_flight;
	pthread_mutex_unlock(&m->lock);
	return n;
}

void server_stop(struct server *s, int limit_s)
{
	struct timespec until;
	uint64_t one = 1;
	unsigned i;

	if (!s)
		return;
	if (s->path)
		unlink(s->path);
	epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->listen_fd, NULL);
	close(s->listen_fd);
	atomic_store(&s->stopping, true);
	if (write(s->wake_fd, &one, sizeof one) < 0)
		log_write(LOG_WARN, "request threads could not be woken", "errno=%d", errno);
	for (i = 0; i < s->thread_count; i++)
		pthread_join(s->threads[i], NULL);

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += limit_s;
	pthread_mutex_lock(&s->lock);
	while (s->in_flight > 0 && pthread_cond_timedwait(&s->calm, &s->lock, &until) == 0)
		;
	if (s->in_flight > 0)
		log_write(LOG_WARN, "stopped with requests unanswered", "requests=%u", s->in_flight);
	i = s->in_flight;
	pthread_mutex_unlock(&s->lock);
	if (i > 0)
		return;           /* somebody still holds requests: leave their memory to the process's end */
	while (s->all)
		connection_close(s->all);
	close(s->epoll_fd);
	close(s->wake_fd);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->calm);
	mem_free(s->path);
	mem_free(s);
}
