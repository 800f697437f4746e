/* Reading requests: CGI variables, the target, the body. */
#include "http/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#define DRAIN_MAX     (4u << 20)    /* read and dropped past the limit, so that the peer gets its answer */
#define KEEP_BODY_MAX (16u << 10)   /* a larger body's memory is not kept for the connection's next request */

static const char *const method_names[] = {
	[HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT", [HTTP_PATCH] = "PATCH",
	[HTTP_DELETE] = "DELETE", [HTTP_HEAD] = "HEAD", [HTTP_OPTIONS] = "OPTIONS",
};

/* The CGI variables that are read, by the field that takes them. A later one of a field is taken only
 * when the earlier are absent. */
static const struct { const char *name; size_t n; size_t field; } variables[] = {
#define VARIABLE(name, field) {name, sizeof name - 1, offsetof(struct request, field)}
	VARIABLE("REQUEST_METHOD=", method_name),
	VARIABLE("REQUEST_URI=", target),
	VARIABLE("HTTP_AUTHORIZATION=", credentials.authorization),
	VARIABLE("REDIRECT_HTTP_AUTHORIZATION=", credentials.authorization),
	VARIABLE("HTTP_COOKIE=", credentials.cookie),
	VARIABLE("CONTENT_TYPE=", content_type),
	VARIABLE("HTTP_IDEMPOTENCY_KEY=", idempotency_key),
	VARIABLE("HTTP_LAST_EVENT_ID=", last_event_id),
	VARIABLE("REMOTE_ADDR=", remote_addr),
	VARIABLE("HTTP_ORIGIN=", origin),
	VARIABLE("HTTP_HOST=", host),
	VARIABLE("HTTP_SEC_FETCH_SITE=", fetch_site),
	VARIABLE("HTTP_ACCEPT=", accept),
	VARIABLE("HTTP_MCP_PROTOCOL_VERSION=", mcp_version),
	VARIABLE("HTTP_MCP_METHOD=", mcp_method),
	VARIABLE("HTTP_MCP_NAME=", mcp_name),
	VARIABLE("HTTP_AGENTIV_ON_CLOSE=", on_close),
	VARIABLE("HTTPS=", https),
	VARIABLE("HTTP_X_FORWARDED_FOR=", forwarded),
	VARIABLE("HTTP_FORWARDED=", forwarded),
#undef VARIABLE
};

static void take_variable(struct request *r, const char *line)
{
	unsigned i;

	for (i = 0; i < sizeof variables / sizeof *variables; i++) {
		const char **field = (const char **)((char *)r + variables[i].field);

		if (line[0] != variables[i].name[0] ||
		    strncmp(line, variables[i].name, variables[i].n) != 0)
			continue;
		if (!*field || !**field)
			*field = line + variables[i].n;
		return;
	}
	if (strncmp(line, "CONTENT_LENGTH=", 15) == 0 && line[15]) {
		char *end;
		long long n = strtoll(line + 15, &end, 10);

		r->content_length = *end || n < 0 ? -1 : n;
	} else if (strncmp(line, "HTTP_TRANSFER_ENCODING=", 23) == 0) {
		r->chunked = line[23] != '\0';
	}
}

static enum http_method method_by_name(const char *name)
{
	unsigned i;

	for (i = 0; i < sizeof method_names / sizeof *method_names; i++)
		if (name && strcmp(name, method_names[i]) == 0)
			return (enum http_method)i;
	return HTTP_OTHER;
}

void request_from_env(struct request *r, char *const *env)
{
	struct id id = id_make();

	r->content_length = -1;
	r->started_us = clock_mono_us();
	id_format(ID_REQUEST, &id, r->request_id);
	for (; env && *env; env++)
		take_variable(r, *env);
	if (r->content_length < 0 && !r->chunked)
		r->content_length = 0;         /* no length and no chunks: no body */
	r->method = method_by_name(r->method_name);
	if (!r->method_name)
		r->method_name = "";
	if (!r->target)
		r->target = "";
	r->head_only = r->method == HTTP_HEAD;
	ratelimit_none(&r->rate);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes n bytes (RFC 3986, 2.1); NULL when it is malformed, holds a NUL or is not UTF-8. */
static char *decode(struct arena *a, const char *p, size_t n, bool plus_is_space)
{
	char *out = arena_alloc(a, n + 1);
	size_t len = 0, i;

	for (i = 0; i < n; i++) {
		char c = p[i];

		if (c == '%') {
			if (i + 2 >= n || hex(p[i + 1]) < 0 || hex(p[i + 2]) < 0)
				return NULL;
			c = (char)(hex(p[i + 1]) << 4 | hex(p[i + 2]));
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		if (c == '\0')
			return NULL;
		out[len++] = c;
	}
	out[len] = '\0';
	return json_utf8_valid(out, len) ? out : NULL;
}

/* Where the path begins. */
static const char *path_of(const char *target)
{
	if (strncmp(target, "http://", 7) == 0 || strncmp(target, "https://", 8) == 0) {   /* absolute form */
		target = strstr(target, "://") + 3;
		target += strcspn(target, "/?#");
	}
	return target;
}

bool request_split_path(struct request *r, const char *base_path, struct error *err)
{
	const char *p = path_of(r->target), *end = p + strcspn(p, "?#");
	size_t base = strlen(base_path), n = (size_t)(end - p);

	if (n < base || n > REQUEST_TARGET_MAX || strncmp(p, base_path, base) != 0)
		return err_set(err, ERR_NOT_FOUND, "No such path");
	p += base;
	while (p < end) {
		const char *slash;

		if (*p++ != '/' || r->segment_count == REQUEST_SEGMENTS_MAX)
			return err_set(err, ERR_NOT_FOUND, "No such path");
		slash = memchr(p, '/', (size_t)(end - p));
		if (!slash)
			slash = end;
		r->segments[r->segment_count] = decode(&r->arena, p, (size_t)(slash - p), false);
		if (!r->segments[r->segment_count++])
			return err_set(err, ERR_NOT_FOUND, "No such path");
		p = slash;
	}
	return true;
}

bool request_split_query(struct request *r, struct error *err)
{
	const char *p = strchr(r->target, '?');

	if (strlen(path_of(r->target)) > REQUEST_TARGET_MAX)
		return err_set(err, ERR_INVALID_INPUT, "The query string is too long: path and query have at most "
		               "%d bytes", REQUEST_TARGET_MAX);
	for (p = p ? p + 1 : ""; *p && *p != '#'; p += *p == '&') {
		size_t n = strcspn(p, "&#"), name = strcspn(p, "=&#");
		struct query_param *q = &r->query[r->query_count];

		if (n == 0)
			continue;
		if (r->query_count == REQUEST_QUERY_MAX)
			return err_set(err, ERR_INVALID_INPUT, "Too many query parameters");
		q->name = decode(&r->arena, p, name, true);
		q->value = name < n ? decode(&r->arena, p + name + 1, n - name - 1, true) : "";
		if (!q->name || !q->value)
			return err_set(err, ERR_INVALID_INPUT, "The query string is not valid percent-encoded UTF-8");
		if (request_query(r, q->name))
			return err_field(err, q->name, "The query parameter %s is given twice", q->name);
		r->query_count++;
		p += n;
	}
	return true;
}

const char *request_query(const struct request *r, const char *name)
{
	unsigned i;

	for (i = 0; i < r->query_count; i++)
		if (strcmp(r->query[i].name, name) == 0)
			return r->query[i].value;
	return NULL;
}

bool request_same_origin(const struct request *r)
{
	const char *at = strstr(r->origin ? r->origin : "", "://");

	return at && r->host && *r->host && strcasecmp(at + 3, r->host) == 0;
}

static bool is_local_address(const char *a)
{
	return a && (strncmp(a, "127.", 4) == 0 || strcmp(a, "::1") == 0 || strcmp(a, "unix:") == 0);
}

bool request_is_local(const struct request *r)
{
	return is_local_address(r->remote_addr) && !r->forwarded;
}

/* The name of a host without its port: n bytes. */
static size_t name_length(const char *host)
{
	const char *end = host[0] == '[' ? strchr(host, ']') : NULL;

	return end ? (size_t)(end + 1 - host) : strcspn(host, ":/");
}

static bool is_local_name(const char *host)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
	size_t n = name_length(host);
	unsigned i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == n && strncasecmp(names[i], host, n) == 0)
			return true;
	return false;
}

/* Scheme, host and port of a URL: n bytes (RFC 6454, 6.2). */
static size_t origin_length(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/") : 0;
}

bool request_known_origin(const struct request *r, const char *public_url)
{
	size_t n = origin_length(public_url);

	if (n > 0)
		return strlen(r->origin) == n && strncasecmp(r->origin, public_url, n) == 0;
	return request_same_origin(r) && (!request_is_local(r) || is_local_name(r->host));
}

bool request_over_tls(const struct request *r, const struct config *cfg)
{
	return cfg->behind_tls || (r->https && strcmp(r->https, "on") == 0);
}

const char *request_base_url(struct request *r, const struct config *cfg)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]_";
	size_t n = strlen(cfg->public_url);

	if (n > 0)
		return arena_strndup(&r->arena, cfg->public_url, cfg->public_url[n - 1] == '/' ? n - 1 : n);
	if (!r->host || !*r->host || strlen(r->host) > 255 || r->host[strspn(r->host, allowed)])
		return NULL;
	return arena_printf(&r->arena, "%s://%s%s", request_over_tls(r, cfg) ? "https" : "http", r->host, cfg->base_path);
}

/* Never reads past the length that was given: a CGI's standard input may stay open behind it. */
bool request_drop_body(struct request *r)
{
	char scratch[16384];
	size_t dropped = 0;

	r->body_done |= r->content_length == 0;
	while (!r->body_done && dropped < DRAIN_MAX) {
		size_t want = sizeof scratch;
		long got;

		if (r->content_length > 0 && (size_t)r->content_length - r->body.len - dropped < want)
			want = (size_t)r->content_length - r->body.len - dropped;
		got = want > 0 ? r->transport->read(r, scratch, want) : 0;
		if (got < 0)
			return false;
		dropped += (size_t)got;
		r->body_done = got == 0;
	}
	return r->body_done;
}

static bool too_large(size_t max, struct error *err)
{
	return err_set(err, ERR_PAYLOAD_TOO_LARGE, "The body is larger than %zu bytes", max);
}

static bool ended_early(struct request *r, struct error *err)
{
	r->body_done = true;
	return err_set(err, ERR_INVALID_INPUT, "The body ended early");
}

/* Reads on, up to room bytes; 0 at the end, -1 when the peer failed. */
static long read_more(struct request *r, size_t room)
{
	long got = r->transport->read(r, r->body.data + r->body.len, room);

	if (got > 0) {
		r->body.len += (size_t)got;
		r->body.data[r->body.len] = '\0';
	}
	r->body_done |= got == 0;
	return got;
}

/* A body of known length is read in one piece where the transport has it; else the buffer grows. One byte more
 * than max is asked for, so that a longer body shows. */
bool request_read_body(struct request *r, size_t max, struct error *err)
{
	size_t whole = r->content_length > 0 ? (size_t)r->content_length : 0, want;
	long got;

	if (r->content_length == 0)
		return true;
	if (whole > max)
		return too_large(max, err);
	r->body.ceiling = max + 1;
	do {
		want = whole ? whole - r->body.len : r->body.len < 8192 ? 8192 : r->body.len;
		if (want > max + 1 - r->body.len)
			want = max + 1 - r->body.len;
		buf_reserve(&r->body, want);
		got = read_more(r, want);
		if (got < 0)
			return ended_early(r, err);
		if (r->body.len > max)
			return too_large(max, err);
	} while (got > 0 && r->body.len != whole);
	if (r->body.len < whole)
		return ended_early(r, err);
	r->body_done = true;
	return true;
}

void request_release(struct request *r)
{
	struct arena arena = r->arena;
	struct buf body = r->body;

	auth_release(r->auth);
	if (body.cap > KEEP_BODY_MAX)
		buf_release(&body);
	else
		buf_reset(&body);
	arena_reset(&arena);
	memset(r, 0, sizeof *r);
	r->arena = arena;
	r->body = body;
}
