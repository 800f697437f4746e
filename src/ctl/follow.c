/* A run's steps as they happen: server-sent events, taken up again where they were lost. */
#include "ctl/caller.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/progress.h"
#include "net/event_stream.h"

#define EVENT_MAX     (8u << 20)
#define QUIET_MS      45000            /* the server says something every 15 s */
#define FAILURES_MAX  8                /* in a row, of streams that did not work */

struct follow {
	struct http_exchange x;            /* first */
	struct ctl *c;
	struct event_stream events;
	struct reply reply;                /* what came instead of events */
	bool over, ended, heard;           /* this request; the run; an event */
	enum exchange_fault fault;
	char why[sizeof ((struct error *)0)->message];
};

/* A step goes to standard output at once: what a command prints otherwise is printed at its end. */
static void print_step(struct ctl *c, struct json_object *step)
{
	static const struct member n = {"", "step", AS_TEXT}, kind = {"", "kind", AS_TEXT}, name = {"", "name", AS_TEXT};
	static const struct member tokens = {"", "tokens", AS_TEXT}, took = {"", "duration_ms", AS_TEXT};
	const char *of_tokens = show_member(c, step, &tokens), *of_time = show_member(c, step, &took);
	char *text = arena_printf(&c->arena, "%4s  %-12s %s%s%s%s%s%s", show_member(c, step, &n), show_member(c, step, &kind),
	                          show_member(c, step, &name), *of_time == '-' ? "" : "  ", *of_time == '-' ? "" : of_time,
	                          *of_time == '-' ? "" : " ms", *of_tokens == '-' ? "" : "  ",
	                          *of_tokens == '-' ? "" : arena_printf(&c->arena, "%s tokens", of_tokens));

	table_printable(text);
	progress_clear(c->caller->progress);
	printf("%s\n", text);
	fflush(stdout);
}

static bool on_event(struct event_stream *s, const char *event, const char *data, size_t n)
{
	struct follow *f = s->owner;
	struct json_object *o = NULL;
	struct error ignored;

	f->heard = true;
	if (strcmp(event, "end") == 0) {
		f->ended = true;
		return false;
	}
	if (!f->c->json && strcmp(event, "step") == 0 &&
	    json_read(data, n, CALLER_JSON_DEPTH, &o, NULL, NULL, &ignored))
		print_step(f->c, o);
	json_object_put(o);
	return true;
}

static bool on_data(struct http_exchange *x, const char *p, size_t n)
{
	struct follow *f = (struct follow *)x;

	if (x->status == 200 && strcmp(x->content_type, "text/event-stream") == 0)
		return event_stream_feed(&f->events, p, n);
	return buf_add(&f->reply.body, p, n);
}

static void on_done(struct http_exchange *x, enum exchange_fault fault, const char *error)
{
	struct follow *f = (struct follow *)x;

	f->over = true;
	f->fault = fault;
	snprintf(f->why, sizeof f->why, "%s", error ? error : "the stream ended before the run did");
}

/* One request. false: interrupted, or it could not be begun. */
static bool listen_once(struct follow *f, const char *url)
{
	struct ctl *c = f->c;

	f->x = (struct http_exchange){.method = "GET", .url = url, .quiet_ms = QUIET_MS, .on_data = on_data, .done = on_done};
	f->x.headers[f->x.header_count++] = c->caller->authorization;
	f->x.headers[f->x.header_count++] = "Accept: text/event-stream, application/json";
	if (f->events.id[0])
		f->x.headers[f->x.header_count++] = arena_printf(&c->arena, "Last-Event-ID: %s", f->events.id);
	f->over = f->heard = false;
	buf_reset(&f->reply.body);
	if (!http_exchange_begin(c->caller->http, &f->x, &c->err))
		return false;
	while (!f->over && caller_turn(c, INT32_MAX))
		;
	if (f->over)
		return true;
	http_exchange_stop(&f->x);
	return false;
}

/* Whether a request that was over says something for good: c->err then. */
static bool refused(struct follow *f)
{
	struct ctl *c = f->c;
	int status = f->x.status;

	if (f->fault != EXCHANGE_WHOLE || (status == 200 && strcmp(f->x.content_type, "text/event-stream") == 0)) {
		err_set(&c->err, ERR_UNAVAILABLE, "The server at %s cannot be reached: %s", c->caller->base, f->why);
		return false;
	}
	caller_read_reply(c, &f->x, &f->reply);
	return (status != 429 && status < 500) || f->x.retry_after_s > CALLER_PATIENCE_S;
}

/* A step came, or a sign of life behind the one that every stream begins with: a run that is due in days has none else to
 * tell, and the server ends such a stream after a quarter of an hour. */
static bool stream_worked(const struct follow *f)
{
	return f->heard || f->events.comments > 1;
}

static bool follow_to_the_end(struct follow *f, const char *id)
{
	struct ctl *c = f->c;
	const char *url = arena_printf(&c->arena, "%s/api/executions/%s/events", c->caller->base, id);
	unsigned failures = 0;

	for (;;) {
		c->err = (struct error){.code = ERR_NONE};
		if (!listen_once(f, url))
			return !c->caller->interrupted ? false : caller_interrupted(c, id, NULL, NULL);
		if (f->ended)
			return true;
		failures = stream_worked(f) ? 1 : failures + 1;
		event_stream_restart(&f->events);
		if (refused(f) || failures == FAILURES_MAX)
			return false;
		if (!caller_pause(c, caller_backoff_ms(failures, f->x.status == 200 ? 0 : f->x.retry_after_s)))
			return caller_interrupted(c, id, NULL, NULL);
	}
}

bool caller_follow(struct ctl *c, const char *execution_id)
{
	struct follow f = {.c = c};
	bool ok;

	caller_catch_interrupts(c);
	event_stream_init(&f.events, EVENT_MAX);
	f.events.on_event = on_event;
	f.events.owner = &f;
	buf_init(&f.reply.body, CALLER_ANSWER_MAX);
	progress_say(c->caller->progress, arena_printf(&c->arena, "following %s", execution_id));
	ok = follow_to_the_end(&f, execution_id);
	progress_say(c->caller->progress, NULL);
	event_stream_release(&f.events);
	reply_release(&f.reply);
	return ok;
}

bool caller_interrupted(struct ctl *c, const char *id, const char *slug, const char *idempotency_key)
{
	progress_say(c->caller->progress, NULL);
	if (id)
		err_set(&c->err, ERR_CANCELLED, "Interrupted. The run goes on: agentivctl executions follow %s watches it on,"
		        " agentivctl executions cancel %s ends it", id, id);
	else
		err_set(&c->err, ERR_CANCELLED, "Interrupted. A run that was accepted goes on: the same command with"
		        " --idempotency-key %s waits for it, agentivctl executions list --agent %s names it", idempotency_key, slug);
	snprintf(c->err.execution_id, sizeof c->err.execution_id, "%s", id ? id : "");
	c->status = CTL_INTERRUPTED;
	return false;
}
