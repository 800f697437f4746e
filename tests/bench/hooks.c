/* The receiver of webhooks (hooks.h). */
#include "hooks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bench.h"

#define REQUEST_MAX (64 << 10)
#define FIRST_ROOM  (1 << 16)

struct peer {
	int fd;
	size_t have;
	char text[REQUEST_MAX + 1];
};

struct hooks {
	int listen_fd, epoll_fd;
	hooks_heard heard;
	void *ctx;
	uint64_t deliveries, executions;
	int64_t  last_us;               /* when the last execution that was new was heard of */
	uint64_t *known;                /* hashes of executions, open addressing, 0 is free */
	size_t   room;                  /* a power of two */
};

/* ---- which executions are known ---- */

static uint64_t hash_of(const char *id)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *id; id++)
		h = (h ^ (uint8_t)*id) * 0x100000001b3u;
	return h ? h : 1;
}

static bool insert(struct hooks *h, uint64_t hash)
{
	size_t at = hash & (h->room - 1);

	while (h->known[at] && h->known[at] != hash)
		at = (at + 1) & (h->room - 1);
	if (h->known[at])
		return false;
	h->known[at] = hash;
	return true;
}

static void grow(struct hooks *h)
{
	uint64_t *old = h->known;
	size_t room = h->room, i;

	h->room *= 2;
	h->known = mem_array(h->room, sizeof *h->known);
	for (i = 0; i < room; i++)
		if (old[i])
			insert(h, old[i]);
	mem_free(old);
}

static void take_delivery(struct hooks *h, const char *body)
{
	static const char member[] = "\"execution_id\":\"";
	const char *p = strstr(body, member);
	int64_t now = clock_mono_us();
	char id[ID_TEXT_SIZE];

	h->deliveries++;
	if (!p)
		return;
	snprintf(id, sizeof id, "%.*s", (int)strcspn(p + sizeof member - 1, "\""), p + sizeof member - 1);
	if (insert(h, hash_of(id))) {
		h->executions++;
		h->last_us = now;
		if (h->executions * 2 > h->room)
			grow(h);
	}
	if (h->heard)
		h->heard(h->ctx, id, now);
}

/* ---- HTTP ---- */

static bool send_all(int fd, const char *p, size_t n)
{
	return send(fd, p, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool answer(struct hooks *h, struct peer *k)
{
	static const char taken[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	char body[200], text[300];
	int n;

	if (k->text[0] != 'G')
		return send_all(k->fd, taken, sizeof taken - 1);
	n = snprintf(body, sizeof body, "{\"deliveries\":%" PRIu64 ",\"executions\":%" PRIu64 ",\"last_us\":%" PRId64
	             ",\"now_us\":%" PRId64 "}\n", h->deliveries, h->executions, h->last_us, clock_mono_us());
	n = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", n, body);
	return send_all(k->fd, text, (size_t)n);
}

/* The length of the whole request at the beginning of the text, 0 while some of it is missing. */
static size_t request_length(const struct peer *k, const char **body)
{
	const char *end = strstr(k->text, "\r\n\r\n"), *line = k->text;
	size_t length = 0;

	if (!end)
		return 0;
	while ((line = strstr(line, "\r\n")) != NULL && line < end) {
		line += 2;
		if (strncasecmp(line, "Content-Length:", 15) == 0)
			length = strtoul(line + 15, NULL, 10);
	}
	*body = end + 4;
	length += (size_t)(*body - k->text);
	return length <= k->have ? length : 0;
}

/* false: the connection is over. */
static bool serve(struct hooks *h, struct peer *k)
{
	ssize_t got = recv(k->fd, k->text + k->have, REQUEST_MAX - k->have, 0);
	const char *body;
	size_t n;

	if (got <= 0)
		return got < 0 && errno == EINTR;
	k->have += (size_t)got;
	k->text[k->have] = '\0';
	while ((n = request_length(k, &body)) != 0) {
		if (k->text[0] == 'P')
			take_delivery(h, body);
		if (!answer(h, k))
			return false;
		memmove(k->text, k->text + n, k->have - n + 1);
		k->have -= n;
	}
	return k->have < REQUEST_MAX;
}

static void accept_peer(struct hooks *h)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int fd = accept4(h->listen_fd, NULL, NULL, SOCK_CLOEXEC), one = 1;
	struct peer *k;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	k = mem_alloc(sizeof *k);
	k->fd = fd;
	k->have = 0;
	ev.data.ptr = k;
	bench_must(epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0, "epoll", NULL);
}

static void *receive(void *arg)
{
	struct hooks *h = arg;
	struct epoll_event ev[64];
	int n, i;

	for (;;) {
		n = epoll_wait(h->epoll_fd, ev, 64, -1);
		for (i = 0; i < n; i++) {
			struct peer *k = ev[i].data.ptr;

			if (!k) {
				accept_peer(h);
			} else if (!serve(h, k)) {
				close(k->fd);
				mem_free(k);
			}
		}
	}
	return NULL;
}

struct hooks *hooks_start(unsigned *port, hooks_heard heard, void *ctx)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct hooks *h = mem_zalloc(sizeof *h);
	struct epoll_event ev = {.events = EPOLLIN};
	socklen_t n = sizeof at;
	pthread_t thread;
	int one = 1;

	h->heard = heard;
	h->ctx = ctx;
	h->room = FIRST_ROOM;
	h->known = mem_array(h->room, sizeof *h->known);
	h->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(h->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	bench_must(bind(h->listen_fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(h->listen_fd, 1024) == 0 &&
	           getsockname(h->listen_fd, (struct sockaddr *)&at, &n) == 0, "the receiver cannot listen", NULL);
	*port = ntohs(at.sin_port);
	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	bench_must(epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, h->listen_fd, &ev) == 0 &&
	           pthread_create(&thread, NULL, receive, h) == 0, "the receiver's thread", NULL);
	return h;
}
