/* curl's multi interface on an epoll set. */
#include "net/transfers_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/utf8.h"

#define EVENTS     64
#define RUN_ROUNDS 4

struct transfers {
	CURLM   *multi;                    /* NULL while it rests */
	long     max_connections;
	int      epoll_fd;
	int64_t  due_us;
	struct transfer *active;
	unsigned active_count;
};

/* curl says which sockets it waits for, and for what. A mark on the socket tells that epoll knows it. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *transfers, void *known)
{
	static int mark;
	struct transfers *s = transfers;
	struct epoll_event ev = {.data.fd = fd};

	if (what == CURL_POLL_REMOVE) {
		/* closed already, then epoll has forgotten it */
		epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		ev.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		ev.events |= EPOLLOUT;
	if (!known)
		curl_multi_assign(s->multi, fd, &mark);
	if (epoll_ctl(s->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev) == 0)
		return 0;
	/* a number that was closed and opened again behind the mark, or the other way round */
	return epoll_ctl(s->epoll_fd, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &ev);
}

static int on_timer(CURLM *multi, long timeout_ms, void *transfers)
{
	struct transfers *s = transfers;

	s->due_us = timeout_ms < 0 ? INT64_MAX : clock_mono_us() + timeout_ms * INT64_C(1000);
	return 0;
}

void transfer_link(struct transfer **list, struct transfer *t)
{
	t->next = *list;
	t->link = list;
	if (t->next)
		t->next->link = &t->next;
	*list = t;
}

void transfer_unlink(struct transfer *t)
{
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
}

static bool wake(struct transfers *s)
{
	if (s->multi)
		return true;
	s->multi = curl_multi_init();
	if (!s->multi)
		return false;
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, s->max_connections);
	return true;
}

bool transfer_begin(struct transfers *s, struct transfer *t)
{
	t->started_us = clock_mono_us();
	if (!wake(s) || curl_multi_add_handle(s->multi, t->easy) != CURLM_OK)
		return false;
	transfer_link(&s->active, t);
	s->active_count++;
	return true;
}

static void end(struct transfers *s, struct transfer *t, CURLcode code, const char *stopped)
{
	curl_multi_remove_handle(s->multi, t->easy);
	transfer_unlink(t);
	s->active_count--;
	t->ended(t, code, stopped);
}

static void collect_ended(struct transfers *s)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(s->multi, &left)) != NULL) {
		CURLcode code = m->data.result;
		struct transfer *t;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		end(s, t, code, NULL);
	}
}

static bool serve_sockets(struct transfers *s)
{
	struct epoll_event ev[EVENTS];
	int n = epoll_wait(s->epoll_fd, ev, EVENTS, 0), i, running;

	for (i = 0; i < n; i++) {
		int what = (ev[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
		           (ev[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		           (ev[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

		curl_multi_socket_action(s->multi, ev[i].data.fd, what, &running);
	}
	return n > 0;
}

void transfers_run(struct transfers *s)
{
	locale_t before = utf8_enter();
	unsigned round;
	int running;

	for (round = 0; s->multi && round < RUN_ROUNDS; round++) {
		bool any = s->active_count > 0 && serve_sockets(s);

		if (s->due_us <= clock_mono_us()) {
			s->due_us = INT64_MAX;
			curl_multi_socket_action(s->multi, CURL_SOCKET_TIMEOUT, 0, &running);
			any = true;
		}
		if (!any)
			break;
		collect_ended(s);
	}
	utf8_leave(before);
}

void transfer_stop(struct transfers *s, struct transfer *t)
{
	end(s, t, CURLE_OK, "stopped");
}

void transfers_abort(struct transfers *s)
{
	while (s->active)
		transfer_stop(s, s->active);
}

void transfers_rest(struct transfers *s)
{
	INVARIANT(s->active_count == 0, "no rest while calls are under way");
	if (s->multi)
		curl_multi_cleanup(s->multi);
	s->multi = NULL;
	s->due_us = INT64_MAX;
}

struct transfers *transfers_new(unsigned max_connections, struct error *err)
{
	struct transfers *s;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		err_set(err, ERR_INTERNAL, "libcurl cannot be used");
		return NULL;
	}
	s = mem_zalloc(sizeof *s);
	s->max_connections = max_connections ? (long)max_connections : 1;
	s->due_us = INT64_MAX;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0) {
		err_set(err, ERR_INTERNAL, "No epoll set: %s", strerror(errno));
		transfers_free(s);
		return NULL;
	}
	return s;
}

void transfers_free(struct transfers *s)
{
	if (!s)
		return;
	transfers_rest(s);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	mem_free(s);
	curl_global_cleanup();
}

int transfers_fd(const struct transfers *s)
{
	return s->epoll_fd;
}

int64_t transfers_due(const struct transfers *s)
{
	return s->due_us;
}

unsigned transfers_active(const struct transfers *s)
{
	return s->active_count;
}
