/* The client: curl's multi interface on an epoll set. */
#include "net/http_client_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/utf8.h"

#define EVENTS     64
#define SPARES_MAX 64       /* transfers kept for the next calls */
#define RUN_ROUNDS 4

/* curl says which sockets it waits for, and for what. A mark on the socket tells that epoll knows it. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *client, void *known)
{
	static int mark;
	struct http_client *c = client;
	struct epoll_event ev = {.data.fd = fd};

	if (what == CURL_POLL_REMOVE) {
		/* closed already, then epoll has forgotten it */
		epoll_ctl(c->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		ev.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		ev.events |= EPOLLOUT;
	if (!known)
		curl_multi_assign(c->multi, fd, &mark);
	if (epoll_ctl(c->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev) == 0)
		return 0;
	/* a number that was closed and opened again behind the mark, or the other way round */
	return epoll_ctl(c->epoll_fd, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &ev);
}

static int on_timer(CURLM *multi, long timeout_ms, void *client)
{
	struct http_client *c = client;

	c->due_us = timeout_ms < 0 ? INT64_MAX : clock_mono_us() + timeout_ms * INT64_C(1000);
	return 0;
}

static void link_in(struct transfer **list, struct transfer *t)
{
	t->next = *list;
	t->link = list;
	if (t->next)
		t->next->link = &t->next;
	*list = t;
}

static void link_out(struct transfer *t)
{
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
}

static struct transfer *take_spare(struct http_client *c)
{
	struct transfer *t = c->spares;

	if (!t)
		return transfer_new(c);
	link_out(t);
	c->spare_count--;
	return t;
}

static void give_back(struct http_client *c, struct transfer *t)
{
	if (c->spare_count >= SPARES_MAX) {
		transfer_free(t);
		return;
	}
	link_in(&c->spares, t);
	c->spare_count++;
}

static bool wake_multi(struct http_client *c)
{
	if (c->multi)
		return true;
	c->multi = curl_multi_init();
	if (!c->multi)
		return false;
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, c->max_connections);
	return true;
}

bool http_client_post(struct http_client *c, struct http_call *call, struct error *err)
{
	struct transfer *t;

	INVARIANT(call->header_count <= HTTP_HEADERS_MAX, "a call has too many headers");
	t = wake_multi(c) ? take_spare(c) : NULL;
	if (!t)
		return err_set(err, ERR_INTERNAL, "No memory for an HTTP request");
	if (transfer_set_call(t, call) != CURLE_OK || curl_multi_add_handle(c->multi, t->easy) != CURLM_OK) {
		t->call = NULL;
		give_back(c, t);
		return err_set(err, ERR_INTERNAL, "An HTTP request could not be started");
	}
	call->transfer = t;
	link_in(&c->active, t);
	c->active_count++;
	return true;
}

/* The transfer is out of the multi. */
static void finish(struct transfer *t, CURLcode code, const char *stopped)
{
	struct http_client *c = t->client;
	struct http_call *call = t->call;
	struct http_answer answer;
	char text[HTTP_TEXT_SIZE];

	if (stopped)
		answer = (struct http_answer){.error = stopped,
		                              .duration_us = clock_mono_us() - t->started_us};
	else
		transfer_answer(t, code, &answer, text);
	link_out(t);
	c->active_count--;
	t->call = NULL;
	call->transfer = NULL;
	call->done(call, &answer);
	give_back(c, t);
}

static void collect_ended(struct http_client *c)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
		CURLcode code = m->data.result;
		struct transfer *t;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		curl_multi_remove_handle(c->multi, t->easy);
		finish(t, code, NULL);
	}
}

static bool serve_sockets(struct http_client *c)
{
	struct epoll_event ev[EVENTS];
	int n = epoll_wait(c->epoll_fd, ev, EVENTS, 0), i, running;

	for (i = 0; i < n; i++) {
		int what = (ev[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
		           (ev[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		           (ev[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

		curl_multi_socket_action(c->multi, ev[i].data.fd, what, &running);
	}
	return n > 0;
}

void http_client_run(struct http_client *c)
{
	locale_t before = utf8_enter();
	unsigned round;
	int running;

	for (round = 0; c->multi && round < RUN_ROUNDS; round++) {
		bool any = c->active_count > 0 && serve_sockets(c);

		if (c->due_us <= clock_mono_us()) {
			c->due_us = INT64_MAX;
			curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
			any = true;
		}
		if (!any)
			break;
		collect_ended(c);
	}
	utf8_leave(before);
}

void http_client_abort(struct http_client *c)
{
	while (c->active) {
		struct transfer *t = c->active;

		curl_multi_remove_handle(c->multi, t->easy);
		finish(t, CURLE_OK, "stopped");
	}
}

void http_client_rest(struct http_client *c)
{
	INVARIANT(c->active_count == 0, "a client rests while calls are under way");
	while (c->spares) {
		struct transfer *t = c->spares;

		link_out(t);
		transfer_free(t);
	}
	c->spare_count = 0;
	if (c->multi)
		curl_multi_cleanup(c->multi);
	c->multi = NULL;
	c->due_us = INT64_MAX;
}

struct http_client *http_client_new(const struct http_options *options, struct error *err)
{
	struct http_client *c;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		err_set(err, ERR_INTERNAL, "libcurl cannot be used");
		return NULL;
	}
	c = mem_zalloc(sizeof *c);
	c->rules = options->rules;
	c->user_agent = mem_strdup(options->user_agent);
	c->ca_file = mem_strdup(options->ca_file);
	c->max_connections = options->max_connections ? (long)options->max_connections : 1;
	c->due_us = INT64_MAX;
	c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll_fd < 0) {
		err_set(err, ERR_INTERNAL, "No epoll set: %s", strerror(errno));
		http_client_free(c);
		return NULL;
	}
	return c;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	http_client_abort(c);
	http_client_rest(c);
	if (c->epoll_fd >= 0)
		close(c->epoll_fd);
	mem_free(c->user_agent);
	mem_free(c->ca_file);
	mem_free(c);
	curl_global_cleanup();
}

int http_client_fd(const struct http_client *c)
{
	return c->epoll_fd;
}

int64_t http_client_due(const struct http_client *c)
{
	return c->due_us;
}

unsigned http_client_active(const struct http_client *c)
{
	return c->active_count;
}
