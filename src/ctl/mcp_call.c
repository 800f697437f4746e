/* A message on its way: its request over HTTP, and what comes back as lines. */
#include "ctl/mcp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

struct mcp_call {
	struct http_exchange x;            /* first */
	struct mcp *s;
	struct mcp_call *next, **link;
	struct mcp_message m;
	char  *line;
	struct arena arena;                /* its headers */
	struct event_stream events;
	struct buf body;
	bool   answered, cancelled;
};

static void free_call(struct mcp_call *k)
{
	*k->link = k->next;
	if (k->next)
		k->next->link = k->link;
	k->s->call_count--;
	json_object_put(k->m.root);
	event_stream_release(&k->events);
	buf_release(&k->body);
	arena_release(&k->arena);
	mem_free(k->line);
	mem_free(k);
}

static bool is_request(const struct mcp_call *k)
{
	return k->m.method && k->m.id;
}

static void answer(struct mcp_call *k, enum mcp_code code, const char *message, const struct json_span *data)
{
	k->answered = true;
	mcp_put_error(k->s, k->m.id_text, k->m.id_len, code, message, data ? data->p : NULL, data ? data->n : 0);
}

/* ---- messages of the server ---- */

/* What the two sides of a session have agreed on goes into the headers of all that follows. */
static void note_version(struct mcp_call *k, struct json_object *message)
{
	struct json_object *result = NULL;
	const char *version = NULL;
	struct error ignored;

	if (strcmp(k->m.method, "initialize") == 0 && json_get_obj(message, "", "result", &result, &ignored) &&
	    json_get_str(result, "", "protocolVersion", &version, &ignored) && version)
		snprintf(k->s->version, sizeof k->s->version, "%s", version);
}

/* An answer must bear the request's id. One that could not tell it, since the request was refused before it was read, has
 * null: its error is given on under the right one. */
static bool put_answer(struct mcp_call *k, const char *text, size_t n, struct json_object *message,
                       const struct json_span *error)
{
	struct json_object *id = NULL;
	struct buf b;

	json_object_object_get_ex(message, "id", &id);
	if (id && json_object_equal(id, k->m.id)) {
		k->answered = true;
		note_version(k, message);
		mcp_put_line(k->s, text, n);
		return true;
	}
	if (id || !error->p)
		return false;
	k->answered = true;
	buf_init(&b, MCP_ANSWER_MAX + 1024);
	buf_addf(&b, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"error\":%.*s}", (int)k->m.id_len, k->m.id_text, (int)error->n, error->p);
	mcp_put_line(k->s, buf_str(&b), b.len);
	buf_release(&b);
	return true;
}

/* A message of the server: an answer, or what comes before it. false: it is none. */
static bool put_message(struct mcp_call *k, const char *text, size_t n)
{
	static const char *const wanted[] = {"error", NULL};
	struct json_object *message = NULL;
	struct json_span error;
	struct error ignored;
	bool ok = json_read(text, n, CALLER_JSON_DEPTH, &message, wanted, &error, &ignored) &&
	          json_object_is_type(message, json_type_object) && json_object_object_get_ex(message, "jsonrpc", NULL);

	if (ok && json_object_object_get_ex(message, "method", NULL))
		mcp_put_line(k->s, text, n);
	else if (ok)
		ok = is_request(k) && !k->answered && put_answer(k, text, n, message, &error);
	json_object_put(message);
	return ok;
}

static bool on_event(struct event_stream *events, const char *event, const char *data, size_t n)
{
	if (strcmp(event, "message") == 0 && !put_message(events->owner, data, n))
		mcp_log("an event of the server is no message of JSON-RPC, or answers nothing that was asked");
	return true;
}

static bool is_stream(const struct http_exchange *x)
{
	return x->status == 200 && strcmp(x->content_type, "text/event-stream") == 0;
}

static bool on_data(struct http_exchange *x, const char *p, size_t n)
{
	struct mcp_call *k = (struct mcp_call *)x;

	return is_stream(x) ? event_stream_feed(&k->events, p, n) : buf_add(&k->body, p, n);
}

/* ---- ends ---- */

/* The API's own error, as what stands before /mcp gives it; or whatever else answered. */
static void explain_status(struct mcp_call *k)
{
	static const char *const wanted[] = {"error", NULL};
	struct json_object *root = NULL, *e = NULL;
	const char *message = NULL;
	struct json_span error;
	struct error err;
	int status = k->x.status;

	if (json_read(buf_str(&k->body), k->body.len, CALLER_JSON_DEPTH, &root, wanted, &error, &err) &&
	    json_get_obj(root, "", "error", &e, &err) && e && json_get_str(e, "", "message", &message, &err) && message)
		snprintf(err.message, sizeof err.message, "%s", message);
	else if (status / 100 == 3)
		snprintf(err.message, sizeof err.message, "The server redirects to %s. Set AGENTIV_BASE_URL to the URL of the server itself",
		         k->x.location[0] ? k->x.location : "nowhere");
	else if (status == 401 || status == 403)
		snprintf(err.message, sizeof err.message, "The server refuses the key (HTTP %d). Check AGENTIV_API_KEY", status);
	else if (status == 429 || status == 502 || status == 503 || status == 504)
		snprintf(err.message, sizeof err.message, "The server is busy or away for the moment (HTTP %d). Call again in %" PRId64 " s",
		         status, k->x.retry_after_s > 0 ? k->x.retry_after_s : 5);
	else
		snprintf(err.message, sizeof err.message, "What answers at %.200s is no MCP server (HTTP %d). Check AGENTIV_BASE_URL, which"
		         " is given without /mcp", k->s->url, status);
	answer(k, MCP_NOT_DELIVERED, err.message, message ? &error : NULL);
	json_object_put(root);
}

static void explain_fault(struct mcp_call *k, enum exchange_fault fault, const char *why)
{
	char text[1024];
	int seconds = (int)(k->s->quiet_ms / 1000);

	if (fault == EXCHANGE_UNREACHED)
		snprintf(text, sizeof text, "The server at %.200s cannot be reached: %s. Check AGENTIV_BASE_URL and that the server runs,"
		         " then call again", k->s->url, why);
	else if (fault == EXCHANGE_LATE)
		snprintf(text, sizeof text, "The server has said nothing for %d s. A run may go on: look with agentivctl executions list"
		         " before calling again", seconds);
	else if (fault == EXCHANGE_STOPPED)
		snprintf(text, sizeof text, "The server's answer is larger than %u MiB", MCP_ANSWER_MAX >> 20);
	else
		snprintf(text, sizeof text, "The connection to the server was lost before the answer: %s. A run may go on: look with"
		         " agentivctl executions list before calling again", why ? why : "its stream ended");
	answer(k, MCP_NOT_DELIVERED, text, NULL);
}

static void on_done(struct http_exchange *x, enum exchange_fault fault, const char *error)
{
	struct mcp_call *k = (struct mcp_call *)x;
	bool whole = fault == EXCHANGE_WHOLE, silent = k->cancelled || k->answered || k->s->ending;

	if (!silent && whole && !is_stream(x) && k->body.len > 0 && put_message(k, buf_str(&k->body), k->body.len))
		silent = true;
	if (!silent && is_request(k) && whole && !is_stream(x))
		explain_status(k);
	else if (!silent && is_request(k))
		explain_fault(k, fault, error);
	else if (!silent && (!whole || x->status / 100 != 2))
		mcp_log("%s was not delivered: %s (HTTP %d)", k->m.method ? k->m.method : "an answer", error ? error : "refused",
		        x->status);
	free_call(k);
}

/* ---- begin, cancel ---- */

static void add_headers(struct mcp_call *k)
{
	const char *version = k->m.version ? k->m.version : k->s->version;
	struct http_exchange *x = &k->x;

	x->headers[x->header_count++] = k->s->c->caller->authorization;
	x->headers[x->header_count++] = "Content-Type: application/json";
	x->headers[x->header_count++] = "Accept: application/json, text/event-stream";
	/* a client that cancels has its request ended here: in the elder revisions the server has to be told what that means */
	x->headers[x->header_count++] = "Agentiv-On-Close: cancel";
	if (*version)
		x->headers[x->header_count++] = mcp_header(&k->arena, "MCP-Protocol-Version", version);
	if (k->m.version)
		x->headers[x->header_count++] = mcp_header(&k->arena, "Mcp-Method", k->m.method);
	if (k->m.version && k->m.name)
		x->headers[x->header_count++] = mcp_header(&k->arena, "Mcp-Name", k->m.name);
	/* curl sends again what a kept connection has lost */
	if (k->m.method && strcmp(k->m.method, "tools/call") == 0)
		x->headers[x->header_count++] = mcp_header(&k->arena, "Idempotency-Key", caller_new_key(&k->arena));
}

void mcp_call_begin(struct mcp *s, struct mcp_message *m, char *line, size_t n)
{
	struct mcp_call *k = mem_zalloc(sizeof *k);
	struct error err;

	*k = (struct mcp_call){.s = s, .m = *m, .line = line, .next = s->calls, .link = &s->calls};
	if (k->next)
		k->next->link = &k->next;
	s->calls = k;
	s->call_count++;
	arena_init(&k->arena);
	event_stream_init(&k->events, MCP_ANSWER_MAX);
	k->events.on_event = on_event;
	k->events.owner = k;
	buf_init(&k->body, MCP_ANSWER_MAX);
	k->x = (struct http_exchange){.method = "POST", .url = s->url, .body = line, .body_len = n, .quiet_ms = s->quiet_ms,
	                              .on_data = on_data, .done = on_done};
	add_headers(k);
	if (http_exchange_begin(s->c->caller->http, &k->x, &err))
		return;
	if (is_request(k))
		answer(k, MCP_INTERNAL, err.message, NULL);
	free_call(k);
}

/* Its request ends with the connection: in revisions without sessions that is the cancellation itself. */
bool mcp_call_cancel(struct mcp *s, const struct mcp_message *m)
{
	struct mcp_call *k;
	bool with_sessions;

	for (k = s->calls; k; k = k->next)
		if (is_request(k) && json_object_equal(k->m.id, m->cancels))
			break;
	if (!k)
		return !m->version && s->version[0];
	with_sessions = !k->m.version;
	k->cancelled = true;
	http_exchange_stop(&k->x);
	return with_sessions;
}
