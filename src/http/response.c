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
	{202, "Status: 202 Accepted\r\n"},
	{201, "Status: 201 Created\r\n"},
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

static const char *status_line(int status)
{
	unsigned i;

	for (i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].line;
	INVARIANT(false, "a status without a reason phrase");
	return NULL;
}

static void add_count(struct buf *b, const char *name, int64_t n)
{
	buf_adds(b, name);
	if (n < 0)
		buf_adds(b, "unlimited");
	else
		buf_add_int(b, n);
	buf_add(b, "\r\n", 2);
}

/* The seed's headers and, where there is a figure, the IETF draft's (draft-ietf-httpapi-ratelimit-headers-10). */
static void add_rate(struct buf *b, const struct rate_info *rate)
{
	int64_t left_s = rate->reset_s - clock_now_ms() / 1000;

	add_count(b, "X-RateLimit-Limit: ", rate->limit);
	add_count(b, "X-RateLimit-Remaining: ", rate->limit < 0 ? -1 : rate->remaining);
	add_count(b, "X-RateLimit-Reset: ", rate->reset_s);
	if (rate->limit < 0)
		return;
	buf_addf(b, "RateLimit-Policy: \"minute\";q=%" PRId64 ";w=60\r\n"
	         "RateLimit: \"minute\";r=%" PRId64 ";t=%" PRId64 "\r\n",
	         rate->limit, rate->remaining, left_s > 0 ? left_s : 0);
}

/* Everything up to the empty line. */
static void add_head(struct request *r, struct buf *b, int status, const char *extra,
                     const char *content_type)
{
	buf_adds(b, status_line(status));
	if (content_type) {
		buf_adds(b, "Content-Type: ");
		buf_adds(b, content_type);
		buf_adds(b, "\r\n");
	}
	buf_adds(b, "Cache-Control: no-store\r\nX-Request-Id: ");
	buf_adds(b, r->request_id);
	buf_adds(b, "\r\n");
	add_rate(b, &r->rate);
	if (extra)
		buf_adds(b, extra);
}

static void log_request(const struct request *r)
{
	char method[24], path[64], quoted[128], user[ID_TEXT_SIZE] = "-";
	int64_t us = clock_mono_us() - r->started_us;

	stats_count(r->route ? r->route_index : STATS_ROUTES_MAX, r->status, us);
	if (r->auth)
		id_format(ID_USER, &r->auth->principal.user_id, user);
	if (r->route) {
		log_write(LOG_INFO, "request",
		          "method=%s route=%s status=%d ms=%" PRId64 ".%02d account=%s request=%s",
		          log_quote(r->method_name, method, sizeof method), r->route->path, r->status,
		          us / 1000, (int)(us % 1000 / 10), user, r->request_id);
		return;
	}
	snprintf(path, sizeof path, "%.*s", (int)(strcspn(r->target, "?") % 60), r->target);
	log_write(LOG_INFO, "request",
	          "method=%s route=- path=%s status=%d ms=%" PRId64 ".%02d account=%s request=%s",
	          log_quote(r->method_name, method, sizeof method),
	          log_quote(path, quoted, sizeof quoted), r->status, us / 1000, (int)(us % 1000 / 10), user,
	          r->request_id);
}

static void finish(struct request *r)
{
	log_request(r);
	r->transport->finish(r);
}

void respond(struct request *r, int status, const char *extra, const char *content_type,
             const char *body, size_t n)
{
	struct buf head;

	INVARIANT(r->status == 0, "a request was answered twice");
	r->status = status;
	buf_init(&head, HEAD_MAX);
	buf_reserve(&head, 512);
	add_head(r, &head, status, extra, content_type);
	if (status != 204) {
		buf_adds(&head, "Content-Length: ");
		buf_add_int(&head, (long long)n);
		buf_adds(&head, "\r\n");
	}
	buf_adds(&head, "\r\n");
	/* A client that has gone is no error: the answer is the execution's row. */
	if (r->transport->write(r, buf_str(&head), head.len) && n > 0 && !r->head_only)
		r->transport->write(r, body, n);
	buf_release(&head);
	finish(r);
}

void respond_json(struct request *r, int status, const char *extra, const struct buf *body)
{
	struct error err;

	if (body->failed) {
		err_set(&err, ERR_INTERNAL, "The answer is too large");
		respond_error(r, &err);
		return;
	}
	respond(r, status, extra, "application/json", body->data, body->len);
}

void respond_error(struct request *r, const struct error *err)
{
	respond_error_extra(r, err, NULL);
}

void respond_error_extra(struct request *r, const struct error *err, const char *extra)
{
	struct json_out w;
	struct buf body, head;
	int status = err_http_status(err->code);
	int retry_after = err->retry_after;

	if (status >= 500 && err->code != ERR_EXECUTION_FAILED)
		log_error("request failed", err);
	if (status == 503 && retry_after <= 0)
		retry_after = 1;
	buf_init(&body, ERROR_MAX);
	buf_init(&head, HEAD_MAX);
	json_begin(&w, &body);
	json_obj_open(&w, NULL);
	json_put_bool(&w, "success", false);
	json_obj_open(&w, "error");
	json_put_str(&w, "code", err_name(err->code));
	/* what the database or the system said is for the log */
	json_put_str(&w, "message", err->code == ERR_INTERNAL ? "Something went wrong on our side" :
	             err->code == ERR_UNAVAILABLE && err->db_errno ?
	             "The database is away for the moment; try again" : err->message);
	if (err->field[0])
		json_put_str(&w, "field", err->field);
	if (err->integration[0])
		json_put_str(&w, "integrationSlug", err->integration);
	if (retry_after > 0)
		json_put_int(&w, "retry_after", retry_after);
	if (err->execution_id[0])
		json_put_str(&w, "execution_id", err->execution_id);
	json_obj_close(&w);
	json_obj_close(&w);
	if (extra)
		buf_adds(&head, extra);
	if (retry_after > 0)
		buf_addf(&head, "Retry-After: %d\r\n", retry_after);
	if (status == 401)
		buf_adds(&head, "WWW-Authenticate: Bearer\r\n");
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
	struct buf head;
	bool ok;

	r->status = 200;
	buf_init(&head, HEAD_MAX);
	add_head(r, &head, 200, "X-Accel-Buffering: no\r\n", "text/event-stream");
	buf_adds(&head, "\r\n");
	ok = r->transport->write(r, buf_str(&head), head.len) && r->transport->flush(r);
	buf_release(&head);
	return ok;
}

bool response_chunk(struct request *r, const char *p, size_t n)
{
	return r->transport->write(r, p, n) && r->transport->flush(r);
}

void response_stream_end(struct request *r)
{
	finish(r);
}
