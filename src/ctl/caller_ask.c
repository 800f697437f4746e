/* One question to the server: asked again where that may help, and its answer taken apart. */
#include "ctl/caller.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rnd.h"
#include "ctl/progress.h"

#define ATTEMPTS        3
#define BACKOFF_MS      500
#define BACKOFF_MAX_MS  8000
#define PAGE            100

/* One attempt. */
struct attempt {
	struct http_exchange x;            /* first */
	struct reply *reply;
	bool over;
	enum exchange_fault fault;
	char why[sizeof ((struct error *)0)->message];
};

static bool on_data(struct http_exchange *x, const char *p, size_t n)
{
	return buf_add(&((struct attempt *)x)->reply->body, p, n);
}

static void on_done(struct http_exchange *x, enum exchange_fault fault, const char *error)
{
	struct attempt *a = (struct attempt *)x;

	a->over = true;
	a->fault = fault;
	snprintf(a->why, sizeof a->why, "%s", error ? error : "");
}

static void add_headers(struct ctl *c, struct http_exchange *x, const struct question *q)
{
	x->headers[x->header_count++] = c->caller->authorization;
	x->headers[x->header_count++] = "Accept: application/json";
	if (q->body)
		x->headers[x->header_count++] = "Content-Type: application/json";
	if (q->idempotency_key)
		x->headers[x->header_count++] = arena_printf(&c->arena, "Idempotency-Key: %s", q->idempotency_key);
}

/* false: interrupted, or it could not be begun. */
static bool ask_once(struct ctl *c, const struct question *q, struct attempt *a, struct reply *out)
{
	struct caller *k = c->caller;

	*a = (struct attempt){.reply = out};
	a->x.method = q->method;
	a->x.url = arena_printf(&c->arena, "%s%s", k->base, q->path);
	/* of a POST without a body the length is said to be 0 */
	a->x.body = !q->body && strcmp(q->method, "POST") == 0 ? "" : q->body;
	a->x.body_len = q->body_len;
	a->x.timeout_ms = q->timeout_ms ? q->timeout_ms : k->timeout_ms;
	a->x.on_data = on_data;
	a->x.done = on_done;
	add_headers(c, &a->x, q);
	buf_reset(&out->body);
	if (!http_exchange_begin(k->http, &a->x, &c->err))
		return false;
	while (!a->over && caller_turn(c, INT32_MAX))
		;
	if (a->over)
		return true;
	http_exchange_stop(&a->x);
	return false;
}

/* ---- the answer ---- */

static const char *text_of(struct json_object *o, const char *key)
{
	const char *text = NULL;
	struct error ignored;

	json_get_str(o, "", key, &text, &ignored);
	return text;
}

/* The API's error becomes the command's. */
static bool take_error(struct ctl *c, struct json_object *e)
{
	const char *code = text_of(e, "code"), *message = text_of(e, "message"), *field = text_of(e, "field");
	const char *integration = text_of(e, "integrationSlug"), *id = text_of(e, "execution_id");
	enum err_code known = err_by_name(code);
	struct error ignored;
	int64_t after = 0;

	err_set(&c->err, known == ERR_NONE ? ERR_INTERNAL : known, "%s", message ? message : "The server gives no reason");
	snprintf(c->err.field, sizeof c->err.field, "%s", field ? field : "");
	snprintf(c->err.integration, sizeof c->err.integration, "%s", integration ? integration : "");
	snprintf(c->err.execution_id, sizeof c->err.execution_id, "%s", id ? id : "");
	if (json_get_int(e, "", "retry_after", 0, INT32_MAX, &after, &ignored))
		c->err.retry_after = (int)after;
	table_printable(c->err.message);
	table_printable(c->err.field);
	table_printable(c->err.integration);
	table_printable(c->err.execution_id);
	return false;
}

/* What answered is not the API, or something in front of it. */
static bool strange_answer(struct ctl *c, const struct http_exchange *x)
{
	const char *base = c->caller->base, *type = x->content_type[0] ? x->content_type : "no type";
	char text[sizeof x->content_type];

	snprintf(text, sizeof text, "%s", type);
	table_printable(text);
	if (x->status / 100 == 3) {
		c->status = CTL_CONFIGURATION;
		return err_set(&c->err, ERR_INVALID_INPUT, "%s redirects to %s, and redirects are not followed with a key: give the"
		               " URL of the server itself", base, x->location[0] ? x->location : "nowhere");
	}
	if (x->status == 502 || x->status == 503 || x->status == 504)
		return err_set(&c->err, ERR_UNAVAILABLE, "The server at %s is away for the moment (HTTP %d)", base, x->status);
	if (x->status == 429)
		return err_set(&c->err, ERR_RATE_LIMITED, "The server at %s takes no more requests for the moment (HTTP 429)", base);
	if (x->status < 500)
		c->status = CTL_CONFIGURATION;
	return err_set(&c->err, ERR_INTERNAL, "What answers at %s is not the API (HTTP %d, %s): the URL is the server's, without"
	               " /api at its end", base, x->status, text);
}

bool caller_read_reply(struct ctl *c, const struct http_exchange *x, struct reply *out)
{
	static const char *const wanted[] = {"data", NULL};
	struct json_object *e = NULL;
	struct json_span data;
	bool success = false;
	struct error ignored;

	out->status = x->status;
	json_object_put(out->root);
	out->root = NULL;
	if (strcmp(x->content_type, "application/json") != 0 ||
	    !json_read(buf_str(&out->body), out->body.len, CALLER_JSON_DEPTH, &out->root, wanted, &data, &ignored) ||
	    !json_object_is_type(out->root, json_type_object))
		return strange_answer(c, x);
	if (x->status / 100 == 2 && data.p && json_get_bool(out->root, "", "success", &success, &ignored) && success) {
		out->raw = data.p;
		out->raw_len = data.n;
		json_object_object_get_ex(out->root, "data", &out->data);
		return true;
	}
	if (x->status >= 400 && json_get_obj(out->root, "", "error", &e, &ignored) && e)
		return take_error(c, e);
	return strange_answer(c, x);
}

static bool no_answer(struct ctl *c, const struct attempt *a)
{
	if (a->reply->body.failed)
		return err_set(&c->err, ERR_INTERNAL, "The answer of %s is larger than %u MiB", c->caller->base,
		               CALLER_ANSWER_MAX >> 20);
	return err_set(&c->err, ERR_UNAVAILABLE, a->fault == EXCHANGE_UNREACHED ? "The server at %s cannot be reached: %s"
	               : "The connection to %s was lost: %s", c->caller->base, a->why);
}

/* ---- again ---- */

int64_t caller_backoff_ms(unsigned n, int64_t retry_after_s)
{
	int64_t wait = BACKOFF_MS;

	if (retry_after_s > 0)
		return retry_after_s * 1000;
	while (--n > 0 && wait < BACKOFF_MAX_MS)
		wait *= 2;
	return (int64_t)((double)wait * (0.75 + 0.5 * rnd_unit()));
}

/* A run that failed is not run again: that is for who asked to decide. */
static bool may_help(const struct ctl *c, const struct attempt *a)
{
	int status = a->x.status;

	if (a->x.retry_after_s > CALLER_PATIENCE_S)
		return false;
	if (a->fault != EXCHANGE_WHOLE)
		return !a->reply->body.failed;
	return status == 429 || status == 502 || status == 503 || status == 504 ||
	       (status == 500 && c->err.code == ERR_INTERNAL);
}

static bool wait_to_repeat(struct ctl *c, const struct attempt *a, unsigned n)
{
	int64_t ms = caller_backoff_ms(n, a->fault == EXCHANGE_WHOLE ? a->x.retry_after_s : 0);
	bool on;

	progress_say(c->caller->progress, c->err.code == ERR_RATE_LIMITED ? "too many requests, trying again soon"
	             : "no answer, trying again");
	on = caller_pause(c, ms);
	progress_say(c->caller->progress, NULL);
	return on;
}

/* By Ctrl-C, or by a fault that c->err tells of. */
static bool stopped(struct ctl *c)
{
	if (!c->caller->interrupted)
		return false;
	c->status = CTL_INTERRUPTED;
	return err_set(&c->err, ERR_CANCELLED, "Interrupted");
}

bool caller_ask(struct ctl *c, const struct question *q, struct reply *out)
{
	struct attempt a;
	bool ok = false;

	*out = (struct reply){.status = 0};
	buf_init_secret(&out->body, CALLER_ANSWER_MAX);
	for (out->attempts = 1; ; out->attempts++) {
		c->err = (struct error){.code = ERR_NONE};
		if (!ask_once(c, q, &a, out))
			return stopped(c);
		ok = a.fault == EXCHANGE_WHOLE ? caller_read_reply(c, &a.x, out) : no_answer(c, &a);
		if (ok || q->once || out->attempts == ATTEMPTS || !may_help(c, &a))
			return ok;
		if (!wait_to_repeat(c, &a, out->attempts))
			return stopped(c);
	}
}

bool caller_get(struct ctl *c, const char *path, struct reply *out)
{
	return caller_ask(c, &(struct question){.method = "GET", .path = path}, out);
}

void reply_release(struct reply *r)
{
	json_object_put(r->root);
	r->root = NULL;
	buf_release(&r->body);
}

/* ---- pages ---- */

/* The rows of a page are moved into the others. false: there is nothing behind it, or a fault (c->err). */
static bool take_page(struct ctl *c, struct reply *r, unsigned limit, struct json_object *rows, struct buf *cursor)
{
	struct error ignored;
	const char *next;
	size_t i, n;

	if (!json_object_is_type(r->data, json_type_array))
		return err_set(&c->err, ERR_INTERNAL, "The server's answer is no list");
	n = json_object_array_length(r->data);
	for (i = 0; i < n && json_object_array_length(rows) < limit; i++)
		json_object_array_add(rows, json_object_get(json_object_array_get_idx(r->data, i)));
	next = text_of(r->root, "next_cursor");
	if (!next) {
		/* lists of steps go on behind the last one */
		bool more = false;

		json_get_bool(r->root, "", "has_more", &more, &ignored);
		next = more && n > 0 ? show_member(c, json_object_array_get_idx(r->data, n - 1),
		                                   &(struct member){"", "step", AS_TEXT}) : NULL;
	}
	buf_reset(cursor);
	return next && n > 0 && buf_adds(cursor, next);
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

bool caller_list(struct ctl *c, const char *path, unsigned limit, struct json_object **rows)
{
	bool steps = ends_with(path, "/steps"), more = true, ok = true;
	struct buf page, cursor;
	struct reply r;

	*rows = json_object_new_array();
	buf_init(&page, 65536);
	buf_init(&cursor, 4096);
	while (ok && more && json_object_array_length(*rows) < limit) {
		size_t left = limit - json_object_array_length(*rows);

		buf_reset(&page);
		buf_adds(&page, path);
		caller_query(&page, "limit", arena_printf(&c->arena, "%zu", left < PAGE ? left : PAGE));
		caller_query(&page, steps ? "after" : "cursor", cursor.len > 0 ? buf_str(&cursor) : NULL);
		ok = caller_get(c, buf_str(&page), &r);
		more = ok && take_page(c, &r, limit, *rows, &cursor);
		ok = ok && c->err.code == ERR_NONE;
		reply_release(&r);
	}
	buf_release(&page);
	buf_release(&cursor);
	return ok;
}
