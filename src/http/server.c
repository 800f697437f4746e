/* The responder's threads: start, one epoll loop, stop. */
#include "http/server_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define THREAD_STACK     (1u << 20)     /* reserved, not resident */
#define BACKLOG          1024
#define FIRST_MS         20           /* from a connection to its first request, on one host */

/* ---- what threads share ---- */

void server_done(struct server *s)
{
	if (atomic_fetch_sub(&s->in_flight, 1) == 1 && atomic_load(&s->stopping))
		pthread_cond_broadcast(&s->calm);
}

unsigned server_in_flight(const struct server *s)
{
	return atomic_load(&((struct server *)s)->in_flight);
}

static void wake(struct server *s, uint64_t times)
{
	if (write(s->wake_fd, &times, sizeof times) < 0)
		log_write(LOG_WARN, "request threads could not be woken", "errno=%d", errno);
}

bool server_queue(struct server *s, struct connection *k)
{
	bool taken;

	k->next_later = NULL;
	pthread_mutex_lock(&s->lock);
	taken = !s->threads_gone;
	if (taken) {
		*s->later_end = k;
		s->later_end = &k->next_later;
	}
	pthread_mutex_unlock(&s->lock);
	if (taken)
		wake(s, 1);
	return taken;
}

static struct connection *next_later(struct server *s)
{
	struct connection *k;

	pthread_mutex_lock(&s->lock);
	k = s->later;
	if (k) {
		s->later = k->next_later;
		if (!s->later)
			s->later_end = &s->later;
	}
	pthread_mutex_unlock(&s->lock);
	return k;
}

/* ---- the threads ---- */

static void run_later(struct server *s)
{
	struct connection *k;
	uint64_t one;

	if (read(s->wake_fd, &one, sizeof one) < 0)       /* another thread was faster */
		return;
	k = next_later(s);
	if (k)
		k->later(&k->request);
}

static void *serve_thread(void *arg)
{
	struct server *s = arg;
	struct epoll_event ev;

	while (!atomic_load(&s->stopping)) {
		int n = epoll_wait(s->epoll_fd, &ev, 1, -1);

		INVARIANT(n >= 0 || errno == EINTR, "epoll_wait failed");
		if (n <= 0)
			continue;
		if (ev.data.ptr == &s->wake_fd)
			run_later(s);
		else if (ev.data.ptr == s)
			server_accept(s);
		else
			connection_ready(ev.data.ptr, ev.events);
	}
	return NULL;
}

/* ---- start ---- */

static bool inherited_socket(void)
{
	int listening = 0;
	socklen_t n = sizeof listening;

	return getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) == 0 && listening;
}

bool server_is_cgi(void)
{
	return getenv("REQUEST_METHOD") && !inherited_socket();
}

/* A socket file that nobody listens at any more is removed; one that is in use is an error. */
static bool bind_path(const struct config *cfg, int fd, struct error *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	mode_t old;
	int rc;

	if (!*cfg->listen)
		return err_set(err, ERR_INVALID_INPUT,
		               "http.listen is not set, and descriptor 0 is not a listening socket");
	if (strlen(cfg->listen) >= sizeof at.sun_path)
		return err_set(err, ERR_INVALID_INPUT, "http.listen: the path is too long: %s", cfg->listen);
	memcpy(at.sun_path, cfg->listen, strlen(cfg->listen) + 1);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0 || errno == EAGAIN)
		return err_set(err, ERR_CONFLICT, "%s: another responder listens here", cfg->listen);
	unlink(cfg->listen);
	old = umask((mode_t)(0777 & ~cfg->listen_mode));
	rc = bind(fd, (struct sockaddr *)&at, sizeof at);
	umask(old);
	if (rc != 0)
		return err_set(err, ERR_INTERNAL, "%s: cannot bind: %s", cfg->listen, strerror(errno));
	if (listen(fd, BACKLOG) != 0)
		return err_set(err, ERR_INTERNAL, "%s: cannot listen: %s", cfg->listen, strerror(errno));
	return true;
}

static bool open_listener(struct server *s, const struct config *cfg, struct error *err)
{
	if (inherited_socket()) {
		s->listen_fd = 0;
		fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
		return true;
	}
	s->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listen_fd < 0)
		return err_set(err, ERR_INTERNAL, "cannot make a socket: %s", strerror(errno));
	if (!bind_path(cfg, s->listen_fd, err)) {
		close(s->listen_fd);
		return false;
	}
	s->path = mem_strdup(cfg->listen);
	return true;
}

static void init_locks(struct server *s)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->calm, &attr);
	pthread_condattr_destroy(&attr);
}

static void start_threads(struct server *s, unsigned want)
{
	pthread_attr_t attr;

	want = want > SERVER_THREADS_MAX ? SERVER_THREADS_MAX : want;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	while (s->thread_count < want &&
	       pthread_create(&s->threads[s->thread_count], &attr, serve_thread, s) == 0)
		s->thread_count++;
	pthread_attr_destroy(&attr);
	INVARIANT(s->thread_count > 0, "no request thread could be made");
}

struct server *server_start(const struct config *cfg, struct app *app, void (*serve)(struct request *),
                            struct error *err)
{
	struct server *s = mem_zalloc(sizeof *s);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &s->wake_fd};

	s->app = app;
	s->serve = serve;
	s->later_end = &s->later;
	if (!open_listener(s, cfg, err)) {
		mem_free(s);
		return NULL;
	}
	FCGX_Init();
	init_locks(s);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	INVARIANT(s->epoll_fd >= 0 && s->wake_fd >= 0, "no descriptors for epoll");
	epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->wake_fd, &ev);
	server_arm(s, EPOLL_CTL_ADD, s->listen_fd, s);
	start_threads(s, (unsigned)cfg->threads);
	return s;
}

/* ---- stop ---- */

static struct connection *take_idle(struct server *s)
{
	struct connection *k;

	pthread_mutex_lock(&s->lock);
	for (k = s->all; k && k->busy; k = k->next)
		;
	if (k)
		k->busy = true;
	pthread_mutex_unlock(&s->lock);
	return k;
}

/* A new connection's first request is on its way. */
static bool has_request(struct connection *k)
{
	struct pollfd p = {.fd = k->fcgi.ipcFd, .events = POLLIN};

	if (!k->used)
		poll(&p, 1, FIRST_MS);
	shutdown(k->fcgi.ipcFd, SHUT_RD);
	return connection_has_request(k);
}

/* The web server is told that nothing more is read; what it has already sent is answered. */
static void close_idle(struct server *s)
{
	struct connection *k;

	while ((k = take_idle(s))) {
		if (has_request(k))
			connection_serve(k);
		else
			connection_close(k);
	}
}

/* Who found the socket's file still there is taken in. A listening socket that is not ours alone stays open, and
 * its queue is the next process's. */
static void close_listener(struct server *s)
{
	if (s->path)
		server_accept(s);
	pthread_mutex_lock(&s->lock);
	s->accept_paused = false;
	pthread_mutex_unlock(&s->lock);
	epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->listen_fd, NULL);
	close(s->listen_fd);
}

static void join_threads(struct server *s)
{
	struct connection *k;
	unsigned i;

	atomic_store(&s->stopping, true);
	wake(s, UINT32_MAX);            /* more than all threads together ever read */
	for (i = 0; i < s->thread_count; i++)
		pthread_join(s->threads[i], NULL);
	pthread_mutex_lock(&s->lock);
	s->threads_gone = true;
	pthread_mutex_unlock(&s->lock);
	while ((k = next_later(s)))
		k->later(&k->request);
}

/* Waits for requests that others answer; returns how many are left at the end. */
static unsigned wait_calm(struct server *s, const struct timespec *until)
{
	unsigned left;

	pthread_mutex_lock(&s->lock);
	while ((left = server_in_flight(s)) > 0 && pthread_cond_timedwait(&s->calm, &s->lock, until) == 0)
		;
	pthread_mutex_unlock(&s->lock);
	return left;
}

/* Until no connection is left: one that was parked while this began may bring another request. */
static unsigned drain(struct server *s, int limit_s)
{
	struct timespec until;
	unsigned left;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += limit_s;
	do {
		close_idle(s);
		left = wait_calm(s, &until);
	} while (left == 0 && s->all);
	return left;
}

bool server_stop(struct server *s, int limit_s)
{
	unsigned left;

	if (!s)
		return true;
	if (s->path)
		unlink(s->path);
	join_threads(s);
	close_listener(s);
	left = drain(s, limit_s);
	if (left > 0) {
		log_write(LOG_WARN, "stopped with requests unanswered", "requests=%u", left);
		return false;
	}
	close(s->epoll_fd);
	close(s->wake_fd);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->calm);
	mem_free(s->path);
	mem_free(s);
	return true;
}
