/* The client on curl's multi interface. A transfer is an easy handle that is set up once and used again and again;
 * between two calls only URL, headers, body and timeout change. */
#include "net/http_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/utf8.h"

#define ANSWER_BODY_MAX   65536    /* bytes; more is not read, the connection is closed */
#define ANSWER_HEADER_MAX 32768
#define RECEIVE_BUFFER    2048     /* of each transfer: of an answer little is wanted */
#define UPLOAD_BUFFER     16384
#define CONNECT_LIMIT_MS  10000
#define EVENTS            64
#define SPARES_MAX        64       /* transfers kept for the next calls */
#define RUN_ROUNDS        4
#define TEXT_SIZE         sizeof ((struct error *)0)->message

struct transfer {
	CURL *easy;
	struct http_client *client;
	struct http_call *call;            /* NULL: spare */
	struct transfer *next, **link;     /* of those under way, or of the spares */
	struct curl_slist headers[HTTP_HEADERS_MAX + 1];
	int64_t  started_us;
	size_t   header_bytes, received, kept;
	unsigned opened, refused;          /* addresses */
	bool     answered;                 /* a final status and all its headers have come */
	char     body[HTTP_BODY_KEPT];
	char     why[TEXT_SIZE];           /* of the last address that was refused */
	char     curl_error[CURL_ERROR_SIZE];
};

struct http_client {
	const struct outbound_rules *rules;
	char    *user_agent, *ca_file;
	long     max_connections;
	CURLM   *multi;                    /* NULL while it rests */
	int      epoll_fd;
	int64_t  due_us;
	struct transfer *active, *spares;
	unsigned active_count, spare_count;
};

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

/* The one place where an address is decided on: it sees the one really connected to, after every trick with names
 * and radixes. */
static curl_socket_t on_open(void *transfer, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = transfer;
	struct error err;

	if (!outbound_check_address(t->client->rules, &address->addr, &err)) {
		snprintf(t->why, sizeof t->why, "%s", err.message);
		t->refused++;
		return CURL_SOCKET_BAD;
	}
	t->opened++;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t on_header(char *line, size_t size, size_t n, void *transfer)
{
	struct transfer *t = transfer;
	long status = 0;

	t->header_bytes += n;
	if (t->header_bytes > ANSWER_HEADER_MAX)
		return 0;
	if (n <= 2 && (line[0] == '\r' || line[0] == '\n')) {
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
		t->answered = status >= 200;
	}
	return n;
}

static size_t on_body(char *data, size_t size, size_t n, void *transfer)
{
	struct transfer *t = transfer;
	size_t room = sizeof t->body - t->kept;

	memcpy(t->body + t->kept, data, n < room ? n : room);
	t->kept += n < room ? n : room;
	t->received += n;
	return t->received > ANSWER_BODY_MAX ? 0 : n;
}

#define SET(option, value) (code == CURLE_OK ? (code = curl_easy_setopt(t->easy, option, value)) : code)

static CURLcode set_up_network(struct transfer *t)
{
	CURLcode code = CURLE_OK;

	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* a name that is still being resolved when the time is over must not hold up the loop */
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(CURLOPT_OPENSOCKETDATA, t);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (t->client->ca_file)
		SET(CURLOPT_CAINFO, t->client->ca_file);
	return code;
}

static CURLcode set_up_http(struct transfer *t)
{
	CURLcode code = CURLE_OK;

	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_USERAGENT, t->client->user_agent);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
	SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
	SET(CURLOPT_ERRORBUFFER, t->curl_error);
	SET(CURLOPT_PRIVATE, t);
	return code;
}

static struct transfer *transfer_new(struct http_client *c)
{
	struct transfer *t = mem_zalloc(sizeof *t);

	t->client = c;
	t->easy = curl_easy_init();
	if (t->easy && set_up_network(t) == CURLE_OK && set_up_http(t) == CURLE_OK)
		return t;
	curl_easy_cleanup(t->easy);
	mem_free(t);
	return NULL;
}

static void transfer_free(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	mem_free(t);
}

static CURLcode set_call(struct transfer *t, const struct http_call *call)
{
	CURLcode code = CURLE_OK;
	unsigned i, n = 0;

	/* no wait for "100 Continue" before a large body: few receivers know it */
	t->headers[n++].data = (char *)"Expect:";
	for (i = 0; i < call->header_count; i++)
		t->headers[n++].data = (char *)call->headers[i];
	for (i = 0; i < n; i++)
		t->headers[i].next = i + 1 < n ? &t->headers[i + 1] : NULL;
	SET(CURLOPT_URL, call->url);
	SET(CURLOPT_HTTPHEADER, t->headers);
	SET(CURLOPT_POSTFIELDS, call->body);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
	SET(CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(call->timeout_ms < CONNECT_LIMIT_MS ? call->timeout_ms : CONNECT_LIMIT_MS));
	return code;
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
	t->call = call;
	t->header_bytes = t->received = t->kept = 0;
	t->opened = t->refused = 0;
	t->answered = false;
	t->curl_error[0] = t->why[0] = '\0';
	t->started_us = clock_mono_us();
	if (set_call(t, call) != CURLE_OK || curl_multi_add_handle(c->multi, t->easy) != CURLM_OK) {
		t->call = NULL;
		give_back(c, t);
		return err_set(err, ERR_INTERNAL, "An HTTP request could not be started");
	}
	call->transfer = t;
	link_in(&c->active, t);
	c->active_count++;
	return true;
}

/* What curl or the peer said, as one line of ASCII. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f)
			*text = '?';
}

static void explain(struct transfer *t, CURLcode code, struct http_answer *answer, char *text,
                    size_t size)
{
	answer->error = text;
	if (code == CURLE_OPERATION_TIMEDOUT) {
		snprintf(text, size, "No answer within %g s", (double)t->call->timeout_ms / 1000);
	} else if (t->refused > 0 && t->opened == 0) {
		answer->refused = true;
		snprintf(text, size, "%s", t->why);
	} else if (t->header_bytes > ANSWER_HEADER_MAX) {
		snprintf(text, size, "The answer has more than %d bytes of headers",
		         ANSWER_HEADER_MAX);
	} else {
		answer->refused = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
		snprintf(text, size, "%s",
		         t->curl_error[0] ? t->curl_error : curl_easy_strerror(code));
	}
	make_printable(text);
}

/* The transfer is out of the multi. A status counts as soon as its headers are whole: whether a body follows, or
 * ever ends, changes nothing. */
static void finish(struct transfer *t, CURLcode code, const char *stopped)
{
	struct http_client *c = t->client;
	struct http_call *call = t->call;
	struct http_answer answer = {.duration_us = clock_mono_us() - t->started_us};
	char text[TEXT_SIZE];
	curl_off_t wait = 0;
	long status = 0;

	if (stopped) {
		answer.error = stopped;
	} else if (code != CURLE_OK && !t->answered) {
		explain(t, code, &answer, text, sizeof text);
	} else {
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait);
		answer.status = (int)status;
		answer.retry_after_s = wait > 0 ? wait : 0;
		answer.body = t->body;
		answer.body_len = t->kept;
	}
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
