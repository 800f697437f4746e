/* Responses and the log line of each request. */
#include "http/response.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/routes.h"
#include "http/stats.h"

#define HEAD_MAX      2048
#define ERROR_MAX     8192

/* Web servers pass the reason through, so it is always a real one (RFC 9110, 15). */
static const struct { int status; const char *line; } reasons[] = {
	{200, "Status: 200 OK\r\n"},
	{201, "Status: 201 Created\r\n"},
	{202, "Status: 202 Accepted\r\n"},
	{204, "Status: 204 No Content\r\n"},
	{400, "Status: 400 Bad Request\r\n"},
	{401, "Status: 401 Unauthorized\r\n"},
	{403, "Status: 403 Forbidden\r\n"},
	{404, "Status: 404 Not Found\r\n"},
	{405, "Status: 405 Method Not Allowed\r\n"},
	{409, "Status: 409 Conflict\r\n"},
	{413, "Status: 413 Content Too Large\r\n"},
	{429, "Status: 429 Too Many Requests\r\n"},
	{500, "Status: 500 Internal Server Error\r\n"},
	{503, "Status: 503 Service Unavailable\r\n"},
};

/* A response's head is put together on the stack, without printf: every request passes here. */
struct head { char text[HEAD_MAX]; size_t n; };

static const char *status_line(int status)
{
	unsigned i;

	for (i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].line;
	INVARIANT(false, "a status without a reason phrase");
	return NULL;
}

static void add(struct head *h, const char *s)
{
	size_t n = strlen(s);

	INVARIANT(n <= sizeof h->text - h->n, "a response's head is too long");
	memcpy(h->text + h->n, s, n);
	h->n += n;
}

static void add_int(struct head *h, int64_t v)
{
	char digits[24], *p = digits + sizeof digits - 1;
	uint64_t left = v < 0 ? 0 : (uint64_t)v;

	*p = '\0';
	do {
		*--p = (char)('0' + left % 10);
	} while (left /= 10);
	add(h, p);
}

static void add_count(struct head *h, const char *name, int64_t n)
{
	add(h, name);
	if (n < 0)
		add(h, "unlimited");
	else
		add_int(h, n);
}

/* The seed's headers and, where there is a figure, the IETF draft's (draft-ietf-httpapi-ratelimit-headers-10). */
static void add_rate(struct head *h, const struct rate_info *rate)
{
	int64_t left_s = rate->reset_s - clock_now_ms() / 1000;

	add_count(h, "X-RateLimit-Limit: ", rate->limit);
	add_count(h, "\r\nX-RateLimit-Remaining: ", rate->limit < 0 ? -1 : rate->remaining);
	add_count(h, "\r\nX-RateLimit-Reset: ", rate->reset_s);
	if (rate->limit >= 0) {
		add_count(h, "\r\nRateLimit-Policy: \"minute\";q=", rate->limit);
		add_count(h, ";w=60\r\nRateLimit: \"minute\";r=", rate->remaining);
		add_count(h, ";t=", left_s > 0 ? left_s : 0);
	}
	add(h, "\r\n");
}

/* Everything up to the empty line. */
static void add_head(struct request *r, struct head *h, int status, const char *extra,
                     const char *content_type)
{
	h->n = 0;
	add(h, status_line(status));
	if (content_type) {
		add(h, "Content-Type: ");
		add(h, content_type);
		add(h, "\r\n");
	}
	add(h, "Cache-Control: no-store\r\nX-Request-Id: ");
	add(h, r->request_id);
	add(h, "\r\n");
	add_rate(h, &r->rate);
	if (extra)
		add(h, extra);
}

/* A path that no route has, as far as it tells who asked for what; and without a link's token. */
static void add_path(struct head *h, const struct request *r)
{
	static const char link[] = "/unsubscribe/";
	const char *token = strstr(r->target, link);
	size_t n = token ? (size_t)(token - r->target) + sizeof link - 1 : strcspn(r->target, "?");
	char path[64], quoted[128];

	snprintf(path, sizeof path, "%.*s", (int)n, r->target);
	add(h, "- path=");
	add(h, log_quote(path, quoted, sizeof quoted));
}

static void log_request(const struct request *r)
{
	int64_t us = clock_mono_us() - r->started_us;
	char method[24], user[ID_TEXT_SIZE] = "-";
	struct head h;

	h.n = 0;
	stats_count(r->route ? r->route_index : STATS_ROUTES_MAX, r->status, us);
	if (r->auth)
		id_format(ID_USER, &r->auth->principal.user_id, user);
	add(&h, "method=");
	add(&h, log_quote(r->method_name, method, sizeof method));
	add(&h, " route=");
	if (r->route)
		add(&h, r->route->path);
	else
		add_path(&h, r);
	add_count(&h, " status=", r->status);
	add_count(&h, " ms=", us / 1000);
	add(&h, us % 1000 < 100 ? ".0" : ".");
	add_int(&h, us % 1000 / 10);
	add(&h, " account=");
	add(&h, user);
	add(&h, " request=");
	add(&h, r->request_id);
	log_write(LOG_INFO, "request", "%.*s", (int)h.n, h.text);
}

static void finish(struct request *r)
{
	log_request(r);
	r->transport->finish(r);
}

void respond(struct request *r, int status, const char *extra, const char *content_type,
             const char *body, size_t n)
{
	struct head h;

	INVARIANT(r->status == 0, "a request was answered twice");
	r->status = status;
	request_drop_body(r);
	add_head(r, &h, status, extra, content_type);
	if (status != 204)
		add_count(&h, "Content-Length: ", (int64_t)n);
	add(&h, status != 204 ? "\r\n\r\n" : "\r\n");
	/* A client that has gone is no error: the answer is the execution's row. */
	if (r->transport->write(r, h.text, h.n) && n > 0 && !r->head_only)
		r->transport->write(r, body, n);
	finish(r);
}

void respond_json(struct request *r, int status, const char *extra, const struct buf *body)
{
	struct error err;

	if (body->failed) {
		err = (struct error){0};
		err_set(&err, ERR_INTERNAL, "The answer is too large");
		respond_error(r, &err);
		return;
	}
	respond(r, status, extra, "application/json", body->data, body->len);
}

void respond_done(struct request *r, const char *extra)
{
	static const char body[] = "{\"success\":true,\"data\":null}";

	respond(r, 200, extra, "application/json", body, sizeof body - 1);
}

void respond_error(struct request *r, const struct error *err)
{
	respond_error_extra(r, err, NULL);
}

static int retry_after_of(const struct error *err)
{
	return err_http_status(err->code) == 503 && err->retry_after <= 0 ? 1 : err->retry_after;
}

void put_error(struct json_out *w, const char *key, const struct error *err)
{
	int retry_after = retry_after_of(err);

	json_obj_open(w, key);
	json_put_str(w, "code", err_name(err->code));
	json_put_str(w, "message", err_public_message(err));
	if (err->field[0])
		json_put_str(w, "field", err->field);
	if (err->integration[0])
		json_put_str(w, "integrationSlug", err->integration);
	if (retry_after > 0)
		json_put_int(w, "retry_after", retry_after);
	if (err->limit) {
		json_put_str(w, "limit", err->limit);
		json_put_int(w, "max", err->limit_max);
		json_put_time(w, "resets_at", err->resets_ms);
	}
	if (err->execution_id[0])
		json_put_str(w, "execution_id", err->execution_id);
	json_obj_close(w);
}

/* JSON-RPC 2.0, 5.1: the API's error stands in its data. */
static void write_rpc_error(struct json_out *w, const struct request *r, const struct error *err)
{
	json_put_str(w, "jsonrpc", "2.0");
	if (r->rpc_id)
		json_put_raw(w, "id", r->rpc_id, strlen(r->rpc_id));
	else
		json_put_null(w, "id");
	json_obj_open(w, "error");
	json_put_int(w, "code", err->code == ERR_INTERNAL ? RPC_INTERNAL_ERROR :
	                        err->code == ERR_INVALID_INPUT || err->code == ERR_PAYLOAD_TOO_LARGE ? RPC_INVALID_REQUEST :
	                        RPC_REFUSED);
	json_put_str(w, "message", err_public_message(err));
	put_error(w, "data", err);
	json_obj_close(w);
}

static void write_error(struct buf *body, const struct request *r, const struct error *err)
{
	struct json_out w;

	json_begin(&w, body);
	json_obj_open(&w, NULL);
	if (r->route && route_is_rpc(r->route)) {
		write_rpc_error(&w, r, err);
	} else {
		json_put_bool(&w, "success", false);
		put_error(&w, "error", err);
	}
	json_obj_close(&w);
}

void respond_error_extra(struct request *r, const struct error *err, const char *extra)
{
	struct buf body, head;
	int status = err_http_status(err->code);
	int retry_after = retry_after_of(err);

	/* a database that is known to be away is no news with each request */
	if (err->code == ERR_INTERNAL || err->db_errno != 0)
		log_error("request failed", err);
	buf_init(&body, ERROR_MAX);
	buf_init(&head, HEAD_MAX / 2);
	write_error(&body, r, err);
	if (extra)
		buf_adds(&head, extra);
	if (retry_after > 0)
		buf_addf(&head, "Retry-After: %d\r\n", retry_after);
	if (status == 401 || r->challenge)
		buf_addf(&head, "WWW-Authenticate: Bearer%s\r\n", r->challenge ? r->challenge : "");
	respond(r, status, buf_str(&head), "application/json", body.data, body.len);
	buf_release(&head);
	buf_release(&body);
}

void envelope_open(struct json_out *w, struct buf *b)
{
	json_begin(w, b);
	json_obj_open(w, NULL);
	json_put_bool(w, "success", true);
}

void envelope_close(struct json_out *w)
{
	json_obj_close(w);
}

bool response_stream_begin(struct request *r)
{
	struct head h;

	INVARIANT(r->status == 0, "a request was answered twice");
	r->status = 200;
	request_drop_body(r);
	add_head(r, &h, 200, "X-Accel-Buffering: no\r\n\r\n", "text/event-stream");
	return r->transport->write(r, h.text, h.n) && r->transport->flush(r);
}

bool response_chunk(struct request *r, const char *p, size_t n)
{
	return r->transport->write(r, p, n) && r->transport->flush(r);
}

void response_stream_end(struct request *r)
{
	finish(r);
}
