/* A request as a web server would pass it: lines "NAME=value", an empty line, the body. It is read, routed and
 * answered; the answer must be whole. */
#include "fuzz.h"

#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"

#define LINES_MAX 32
#define BODY_MAX  512

static void no_handler(struct request *r)
{
}

static const char *const queries[] = {"limit", "cursor", NULL};

const struct route routes[] = {
	{HTTP_POST, "/api/agents/{}/run", no_handler, ACCESS_ACCOUNT, FEATURE_API, 0, true, NULL},
	{HTTP_GET, "/api/executions", no_handler, ACCESS_ACCOUNT, FEATURE_API, 0, false, queries},
	{HTTP_GET, "/api/executions/{}/steps", no_handler, ACCESS_ACCOUNT, FEATURE_API, 0, false, queries},
	{HTTP_GET, "/health/live", no_handler, ACCESS_OPEN, FEATURE_NONE, 0, false, NULL},
};
const unsigned route_count = sizeof routes / sizeof *routes;

static const char *body;
static size_t body_len, body_read;
static struct buf answer;

static long peer_read(struct request *r, void *out, size_t n)
{
	/* in pieces whose sizes differ */
	size_t left = body_len - body_read, most = 1 + body_read % 97;

	n = n < left ? n : left;
	n = n < most ? n : most;
	memcpy(out, body + body_read, n);
	body_read += n;
	return (long)n;
}

static bool peer_write(struct request *r, const void *p, size_t n)
{
	return buf_add(&answer, p, n);
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
	request_release(r);
}

static void peer_later(struct request *r, void (*fn)(struct request *r))
{
	fn(r);
}

static const struct transport peer = {
	.read = peer_read, .write = peer_write, .flush = peer_ok, .writable = peer_ok, .gone = peer_stays,
	.finish = peer_finish, .later = peer_later};

/* Cuts the text into lines; what follows the empty one is the body. */
static void cut(char *text, size_t n, char **env)
{
	char *p = text, *end = text + n;
	unsigned count = 0;

	while (p < end && *p != '\n' && count < LINES_MAX) {
		char *line = memchr(p, '\n', (size_t)(end - p));

		env[count++] = p;
		p = line ? line + 1 : end;
		if (line)
			*line = '\0';
	}
	env[count] = NULL;
	body = p < end ? p + 1 : end;
	body_len = (size_t)(end - body);
	body_read = 0;
}

/* A route is found by as many segments as its path has, its parameter is one of them, and the path takes its method. */
static void check_route(const struct request *r, const char *allow)
{
	const char *p = r->route->path;
	bool has_param = strstr(p, "{}") != NULL, among = !has_param;
	unsigned segments = 0, i;

	for (; *p; p++)
		segments += *p == '/';
	MUST(segments == r->segment_count);
	MUST(has_param == (r->param != NULL) && (!r->param || *r->param));
	for (i = 0; i < r->segment_count; i++)
		among |= r->param == r->segments[i];
	MUST(among && strstr(allow, route_method(r->route)) && r->route == &routes[r->route_index]);
}

static void answer_it(struct request *r)
{
	char allow[64];
	struct error err = {0};

	if (request_split_path(r, "", &err))
		r->route = route_find(r, allow, sizeof allow, &err);
	if (r->route)
		check_route(r, allow);
	if (!r->route || !request_split_query(r, &err) || !request_read_body(r, BODY_MAX, &err)) {
		if (err.code == ERR_NONE)
			err_set(&err, ERR_METHOD_NOT_ALLOWED, "OPTIONS");
		respond_error(r, &err);
		return;
	}
	MUST(r->body.len <= BODY_MAX);
	MUST(strlen(buf_str(&r->body)) <= r->body.len);
	respond(r, 200, NULL, "text/plain", buf_str(&r->body), r->body.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *env[LINES_MAX + 1], *text = mem_alloc(n + 1);
	struct request r = {.transport = &peer};

	log_set_level(LOG_ERROR + 1);
	memcpy(text, data, n);
	text[n] = '\0';
	arena_init(&r.arena);
	buf_init(&r.body, 0);
	buf_init(&answer, 1 << 20);
	cut(text, n, env);
	request_from_env(&r, env);
	answer_it(&r);
	MUST(strncmp(buf_str(&answer), "Status: ", 8) == 0 && strstr(buf_str(&answer), "\r\n\r\n"));
	buf_release(&answer);
	arena_release(&r.arena);
	buf_release(&r.body);
	mem_free(text);
	return 0;
}
