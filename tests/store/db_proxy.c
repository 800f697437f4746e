/* One thread, one poll over the pairs of sockets. */
#include "db_proxy.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

#define PAIRS_MAX 64
#define PART_SIZE 65536

#define COMMAND_QUIT  0x01
#define COMMAND_CLOSE 0x19

struct pair {
	int  client, server;
	bool drop_answer;            /* the next bytes of the server are not passed on, then cut */
};

struct proxy {
	char      folder[64], path[96], hosts[112], server[108];
	pthread_t thread;
	int       wake[2];           /* a byte: look at the fields below; closed: end */
	pthread_mutex_t lock;        /* the fields below, up to the thread's own */
	enum proxy_cut cut;
	int       cut_command;
	const char *cut_text;
	bool      has_cut, stalled, away;
	atomic_uint commands;
	/* the thread's own */
	int       listener;          /* -1: away */
	struct pair pairs[PAIRS_MAX];
	unsigned  n;
};

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	INVARIANT(strlen(path) < sizeof a.sun_path, "the socket's path is too long");
	memcpy(a.sun_path, path, strlen(path));
	return a;
}

static int listen_at(const char *path)
{
	struct sockaddr_un a = address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	INVARIANT(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 64) == 0,
	          "the proxy cannot listen");
	return fd;
}

static void close_pair(struct proxy *p, unsigned i)
{
	close(p->pairs[i].client);
	close(p->pairs[i].server);
	p->pairs[i] = p->pairs[--p->n];
}

static void accept_one(struct proxy *p)
{
	struct sockaddr_un a = address(p->server);
	int client = accept(p->listener, NULL, NULL);
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (client < 0 || p->n == PAIRS_MAX || connect(server, (struct sockaddr *)&a, sizeof a) != 0) {
		close(client);
		close(server);
		return;
	}
	p->pairs[p->n++] = (struct pair){.client = client, .server = server};
}

static bool pass_on(int to, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(to, p, n, MSG_NOSIGNAL);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* A command's packet has number 0; its first byte after the header is the command. */
static enum proxy_cut look(struct proxy *p, const char *part, size_t n)
{
	enum proxy_cut how = CUT_NONE;

	if (n < 5 || part[3] != 0)
		return CUT_NONE;
	/* these two have no answer */
	if (part[4] != COMMAND_QUIT && part[4] != COMMAND_CLOSE)
		atomic_fetch_add(&p->commands, 1);
	pthread_mutex_lock(&p->lock);
	if (p->cut != CUT_NONE && (unsigned char)part[4] == p->cut_command &&
	    (!p->cut_text || (n >= 5 + strlen(p->cut_text) &&
	                      strncasecmp(part + 5, p->cut_text, strlen(p->cut_text)) == 0))) {
		how = p->cut;
		p->cut = CUT_NONE;
		p->has_cut = true;
	}
	pthread_mutex_unlock(&p->lock);
	return how;
}

/* False: the pair is over. */
static bool from_client(struct proxy *p, struct pair *k)
{
	char part[PART_SIZE];
	ssize_t n = recv(k->client, part, sizeof part, 0);
	enum proxy_cut how;

	if (n <= 0)
		return false;
	how = look(p, part, (size_t)n);
	if (how == CUT_BEFORE || !pass_on(k->server, part, (size_t)n))
		return false;
	if (how == CUT_WITHOUT_ANSWER)
		shutdown(k->client, SHUT_RDWR);
	k->drop_answer = how != CUT_NONE;
	return true;
}

static bool from_server(struct proxy *p, struct pair *k)
{
	char part[PART_SIZE];
	ssize_t n = recv(k->server, part, sizeof part, 0);

	return n > 0 && !k->drop_answer && pass_on(k->client, part, (size_t)n);
}

static void obey(struct proxy *p)
{
	bool away;

	pthread_mutex_lock(&p->lock);
	away = p->away;
	pthread_mutex_unlock(&p->lock);
	if (away && p->listener >= 0) {
		while (p->n > 0)
			close_pair(p, 0);
		close(p->listener);
		unlink(p->path);
		p->listener = -1;
	} else if (!away && p->listener < 0) {
		p->listener = listen_at(p->path);
	}
}

static unsigned fill(struct proxy *p, struct pollfd *fds)
{
	unsigned i, n = 0;
	bool stalled;

	pthread_mutex_lock(&p->lock);
	stalled = p->stalled;
	pthread_mutex_unlock(&p->lock);
	fds[n++] = (struct pollfd){.fd = p->wake[0], .events = POLLIN};
	fds[n++] = (struct pollfd){.fd = stalled ? -1 : p->listener, .events = POLLIN};
	for (i = 0; i < p->n; i++) {
		/* of a client that was cut off only the server's answer matters */
		fds[n++] = (struct pollfd){.fd = stalled || p->pairs[i].drop_answer ? -1 :
		                           p->pairs[i].client, .events = POLLIN};
		fds[n++] = (struct pollfd){.fd = stalled ? -1 : p->pairs[i].server, .events = POLLIN};
	}
	return n;
}

static void *serve(void *arg)
{
	struct proxy *p = arg;
	struct pollfd fds[2 + 2 * PAIRS_MAX];
	char c;

	for (;;) {
		unsigned n = fill(p, fds), i = p->n;

		if (poll(fds, n, -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents) {
			if (read(p->wake[0], &c, 1) != 1)
				break;
			obey(p);
			continue;
		}
		while (i-- > 0)
			if ((fds[2 + 2 * i].revents && !from_client(p, &p->pairs[i])) ||
			    (fds[3 + 2 * i].revents && !from_server(p, &p->pairs[i])))
				close_pair(p, i);
		if (fds[1].revents)
			accept_one(p);
	}
	return NULL;
}

/* The thread has done what was asked when it asks for the lock again, at its next round. */
static void tell(struct proxy *p)
{
	INVARIANT(write(p->wake[1], "", 1) == 1, "the proxy's thread cannot be woken");
}

struct proxy *proxy_start(const char *server_socket)
{
	struct proxy *p = mem_zalloc(sizeof *p);

	snprintf(p->folder, sizeof p->folder, "/tmp/agentiv-proxy-XXXXXX");
	INVARIANT(mkdtemp(p->folder) && pipe(p->wake) == 0, "no folder or pipe for the proxy");
	snprintf(p->path, sizeof p->path, "%s/sock", p->folder);
	snprintf(p->hosts, sizeof p->hosts, "socket:%s", p->path);
	snprintf(p->server, sizeof p->server, "%s", server_socket);
	p->listener = listen_at(p->path);
	pthread_mutex_init(&p->lock, NULL);
	INVARIANT(pthread_create(&p->thread, NULL, serve, p) == 0, "no thread for the proxy");
	return p;
}

void proxy_stop(struct proxy *p)
{
	close(p->wake[1]);
	pthread_join(p->thread, NULL);
	while (p->n > 0)
		close_pair(p, 0);
	if (p->listener >= 0)
		close(p->listener);
	close(p->wake[0]);
	unlink(p->path);
	rmdir(p->folder);
	pthread_mutex_destroy(&p->lock);
	mem_free(p);
}

const char *proxy_hosts(const struct proxy *p)
{
	return p->hosts;
}

void proxy_cut(struct proxy *p, enum proxy_cut how, int command, const char *text)
{
	pthread_mutex_lock(&p->lock);
	p->cut = how;
	p->cut_command = command;
	p->cut_text = text;
	p->has_cut = false;
	pthread_mutex_unlock(&p->lock);
}

bool proxy_has_cut(struct proxy *p)
{
	bool has;

	pthread_mutex_lock(&p->lock);
	has = p->has_cut;
	pthread_mutex_unlock(&p->lock);
	return has;
}

void proxy_stall(struct proxy *p, bool on)
{
	pthread_mutex_lock(&p->lock);
	p->stalled = on;
	pthread_mutex_unlock(&p->lock);
	tell(p);
}

static void set_away(struct proxy *p, bool away)
{
	pthread_mutex_lock(&p->lock);
	p->away = away;
	pthread_mutex_unlock(&p->lock);
	tell(p);
	/* done when the socket is there, or not there, as asked */
	while ((access(p->path, F_OK) != 0) != away)
		poll(NULL, 0, 1);
}

void proxy_vanish(struct proxy *p)
{
	set_away(p, true);
}

void proxy_return(struct proxy *p)
{
	set_away(p, false);
}

unsigned proxy_commands(struct proxy *p)
{
	return atomic_load(&p->commands);
}
