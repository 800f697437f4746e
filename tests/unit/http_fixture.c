#include "http_fixture.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

struct fake_peer fx_peer;
struct app fx_app;
int64_t fx_now_ms = INT64_C(1736920800000);      /* 2025-01-15T06:00:00Z */
static struct request request;
static bool made;
static char no_base_path[] = "";

static int64_t now(void)
{
	return fx_now_ms;
}

static long peer_read(struct request *r, void *out, size_t n)
{
	size_t left = fx_peer.body_len - fx_peer.read;

	n = n < left ? n : left;
	if (fx_peer.chunk && n > fx_peer.chunk)
		n = fx_peer.chunk;
	if (n == 0)
		return fx_peer.fails ? -1 : 0;
	memcpy(out, fx_peer.body + fx_peer.read, n);
	fx_peer.read += n;
	return (long)n;
}

static bool peer_write(struct request *r, const void *p, size_t n)
{
	return buf_add(&fx_peer.out, p, n);
}

static bool peer_ok(struct request *r)
{
	return true;
}

static bool peer_stays(struct request *r)
{
	(void)r;
	return false;
}

static void peer_finish(struct request *r)
{
	fx_peer.finished++;
	request_release(r);
}

static void peer_later(struct request *r, void (*fn)(struct request *r))
{
	fn(r);
}

static const struct transport peer = {
	.read = peer_read, .write = peer_write, .flush = peer_ok, .writable = peer_ok, .gone = peer_stays,
	.finish = peer_finish, .later = peer_later};

int fx_open(void)
{
	log_set_level(LOG_ERROR + 1);
	clock_set_source(now, NULL);
	buf_init(&fx_peer.out, 1 << 20);
	fx_app.cfg.base_path = no_base_path;
	fx_app.cfg.max_body = 1024;
	return 0;
}

int fx_close(void)
{
	fx_done();
	buf_release(&fx_peer.out);
	clock_set_source(NULL, NULL);
	return 0;
}

void fx_done(void)
{
	if (!made)
		return;
	if (request.transport)
		request_release(&request);
	arena_release(&request.arena);
	buf_release(&request.body);
	made = false;
}

struct request *fx_request(const char *const *env)
{
	fx_done();
	memset(&request, 0, sizeof request);
	arena_init(&request.arena);
	buf_init(&request.body, 0);
	made = true;
	request.transport = &peer;
	request.app = &fx_app;
	buf_reset(&fx_peer.out);
	fx_peer.finished = 0;
	fx_body("", 0, 0);
	request_from_env(&request, (char *const *)env);
	return &request;
}

struct request *fx_simple(const char *method, const char *target)
{
	static char lines[2][16384];
	const char *env[] = {lines[0], lines[1], NULL};

	snprintf(lines[0], sizeof lines[0], "REQUEST_METHOD=%s", method);
	snprintf(lines[1], sizeof lines[1], "REQUEST_URI=%s", target);
	return fx_request(env);
}

void fx_body(const char *body, size_t n, size_t chunk)
{
	fx_peer.body = body;
	fx_peer.body_len = n;
	fx_peer.chunk = chunk;
	fx_peer.read = 0;
	fx_peer.fails = false;
}

bool fx_has(const char *text)
{
	bool has = strstr(buf_str(&fx_peer.out), text) != NULL;

	if (!has)
		fprintf(stderr, "\"%s\" is not in:\n%s\n", text, buf_str(&fx_peer.out));
	return has;
}

bool fx_status(const char *line)
{
	char head[64];

	snprintf(head, sizeof head, "Status: %s\r\n", line);
	if (strncmp(buf_str(&fx_peer.out), head, strlen(head)) == 0)
		return true;
	fprintf(stderr, "not %s:\n%s\n", line, buf_str(&fx_peer.out));
	return false;
}

const char *fx_answer_body(void)
{
	const char *end = strstr(buf_str(&fx_peer.out), "\r\n\r\n");

	return end ? end + 4 : "";
}
