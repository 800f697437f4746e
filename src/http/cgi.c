/* Plain CGI (RFC 3875): one request on stdin, environ and stdout. FCGX_Accept crashes there,
 * so libfcgi takes no part. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/response.h"
#include "http/server.h"

extern char **environ;

static long cgi_read(struct request *r, void *out, size_t n)
{
	ssize_t got;

	if (r->content_length == 0)
		return 0;
	do {
		got = read(STDIN_FILENO, out, n);
	} while (got < 0 && errno == EINTR);
	return got;
}

static bool cgi_write(struct request *r, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t put = write(STDOUT_FILENO, at, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		at += put;
		n -= (size_t)put;
	}
	return true;
}

static bool cgi_flush(struct request *r)
{
	return true;
}

/* One request, one process: waiting for the peer delays nobody. */
static bool cgi_writable(struct request *r)
{
	return true;
}

static bool cgi_gone(struct request *r)
{
	struct pollfd p = {.fd = STDOUT_FILENO};

	(void)r;
	return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR));
}

static void cgi_finish(struct request *r)
{
	request_release(r);
}

static void cgi_later(struct request *r, void (*fn)(struct request *r))
{
	fn(r);
}

static const struct transport cgi_transport = {
	.read = cgi_read, .write = cgi_write, .flush = cgi_flush,
	.writable = cgi_writable, .gone = cgi_gone, .finish = cgi_finish, .later = cgi_later,
};

void cgi_serve(struct app *app, void (*serve)(struct request *), void (*pump)(struct app *))
{
	struct request *r = mem_zalloc(sizeof *r);

	arena_init(&r->arena);
	buf_init(&r->body, 0);
	r->transport = &cgi_transport;
	r->app = app;
	request_from_env(r, environ);
	serve(r);
	if (pump)
		pump(app);
	arena_release(&r->arena);
	buf_release(&r->body);
	mem_free(r);
}

static struct error failure;

static void serve_failure(struct request *r)
{
	respond_error(r, &failure);
}

void cgi_fail(const struct error *err)
{
	failure = *err;
	cgi_serve(NULL, serve_failure, NULL);
}
