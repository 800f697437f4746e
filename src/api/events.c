/* GET /api/executions/{id}/events: a run's steps as server-sent events (WHATWG HTML, 9.2), and its end. The
 * waiting room feeds them from the rows, so a client that reads slowly costs a look and no memory. */
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/render.h"
#include "api/waiting.h"
#include "base/clock.h"
#include "http/response.h"

#define COMMENT_US   INT64_C(15000000)
#define STALLED_US   INT64_C(60000000)    /* a client that takes nothing for so long is let go */
#define STREAM_US    INT64_C(900000000)   /* behind some web servers nobody says that a client has gone */
#define STEPS_MAX    32                   /* read at once */
#define PIECE_BYTES  (16u << 10)          /* sent at once, between two looks at whether there is room */
#define EVENT_MAX    (128u << 10)

struct stream {
	struct waiter w;
	unsigned after;                       /* the last step that was sent */
	int64_t  started_us, sent_us, stalled_us;
	bool     over;                        /* "end" was sent */
};

/* Raw line breaks in JSON stand between its tokens only: a blank does as well, and the event stays one line. */
static void one_line(char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] == '\n' || p[i] == '\r')
			p[i] = ' ';
}

static void add_event(struct buf *b, unsigned id, const char *event, const struct execution_step *step,
                      const struct execution *e)
{
	struct json_out w;
	size_t from;

	buf_adds(b, "id: ");
	buf_add_int(b, id);
	buf_adds(b, "\nevent: ");
	buf_adds(b, event);
	buf_adds(b, "\ndata: ");
	from = b->len;
	json_begin(&w, b);
	if (step)
		render_step(&w, NULL, step);
	else
		render_execution(&w, NULL, e, false);
	if (!b->failed)
		one_line(b->data + from, b->len - from);
	buf_adds(b, "\n\n");
}

static bool send_piece(struct stream *s, struct buf *b)
{
	bool ok = b->len == 0 || (!b->failed && response_chunk(s->w.r, b->data, b->len));

	buf_reset(b);
	s->sent_us = clock_mono_us();
	return ok;
}

/* FED_LATER: the client takes no more now, or the database does not answer. */
enum fed { FED_ALL, FED_MORE, FED_LATER, FED_GONE };

/* Up to STEPS_MAX steps. */
static enum fed feed_steps(struct stream *s, struct buf *b, struct arena *a)
{
	struct execution_step steps[STEPS_MAX];
	struct request *r = s->w.r;
	struct error err = {0};
	unsigned n = 0, i;

	if (!run_steps(r->app->runs, &s->w.id, s->after, STEPS_MAX, a, steps, &n, &err))
		return FED_LATER;
	for (i = 0; i < n; i++) {
		if (b->len > PIECE_BYTES) {
			if (!send_piece(s, b))
				return FED_GONE;
			if (!r->transport->writable(r))
				return FED_LATER;
		}
		add_event(b, steps[i].seq, "step", &steps[i], NULL);
		s->after = steps[i].seq;
	}
	return n < STEPS_MAX ? FED_ALL : FED_MORE;
}

static enum fed feed_all_steps(struct stream *s, struct buf *b)
{
	enum fed fed;
	struct arena a;

	arena_init(&a);
	do {
		fed = feed_steps(s, b, &a);
		arena_reset(&a);
	} while (fed == FED_MORE);
	arena_release(&a);
	return fed;
}

/* false: the client has gone. The end is looked at before the steps: then all of them are there. */
static bool feed(struct stream *s)
{
	struct request *r = s->w.r;
	struct execution e = {0};
	struct error err = {0};
	struct arena a;
	struct buf b;
	enum fed fed;
	bool ended;

	arena_init(&a);
	buf_init(&b, PIECE_BYTES + EVENT_MAX);
	ended = (s->w.rung || run_over(s->w.status)) &&
		run_find_brief(r->app->runs, r->auth->principal.account_id, &s->w.id, &a, &e, &err) &&
		run_over(e.status);
	fed = feed_all_steps(s, &b);
	if (fed == FED_ALL && ended) {
		add_event(&b, s->after, "end", NULL, &e);
		s->over = true;
	}
	if (fed != FED_GONE && !send_piece(s, &b))
		fed = FED_GONE;
	buf_release(&b);
	arena_release(&a);
	return fed != FED_GONE;
}

static bool stream_look(struct waiter *w, int64_t now_us)
{
	struct stream *s = (struct stream *)w;
	bool news = w->rung || w->last_step > s->after || run_over(w->status);

	if (now_us - s->started_us > STREAM_US)
		return false;
	if (!w->r->transport->writable(w->r)) {
		if (s->stalled_us == 0)
			s->stalled_us = now_us;
		return now_us - s->stalled_us < STALLED_US;
	}
	s->stalled_us = 0;
	if (news && !feed(s))
		return false;
	if (!s->over && now_us - s->sent_us >= COMMENT_US) {
		s->sent_us = now_us;
		return response_chunk(w->r, ": still here\n\n", 14);
	}
	return !s->over;
}

static void stream_leave(struct waiter *w)
{
	response_stream_end(w->r);
}

static const struct waiter_ops stream_ops = {.look = stream_look, .leave = stream_leave};

static bool parse_last_event(const struct request *r, unsigned *after, struct error *err)
{
	const char *text = r->last_event_id;

	*after = 0;
	if (!text || !*text)
		return true;
	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 9)
		return err_field(err, "Last-Event-ID", "It must be the number of a step");
	*after = (unsigned)strtoul(text, NULL, 10);
	return true;
}

void executions_events(struct request *r)
{
	struct execution_watch seen;
	struct error err = {0};
	struct stream *s;
	struct id id;
	unsigned after;

	if (!parse_last_event(r, &after, &err)) {
		respond_error(r, &err);
		return;
	}
	if (!id_parse(ID_EXECUTION, r->param, &id)) {
		err_set(&err, ERR_NOT_FOUND, "There is no such execution");
		respond_error(r, &err);
		return;
	}
	if (!run_watch(r->app->runs, r->auth->principal.account_id, &id, &seen, &err)) {
		respond_error(r, &err);
		return;
	}
	/* some web servers pass the head on with the first bytes behind it only */
	if (!response_stream_begin(r) || r->head_only || !response_chunk(r, ": steps\n\n", 9)) {
		response_stream_end(r);
		return;
	}
	s = arena_alloc(&r->arena, sizeof *s);
	*s = (struct stream){.w = {.r = r, .id = id, .ops = &stream_ops, .status = seen.status,
	                           .last_step = seen.last_step},
	                     .after = after, .started_us = clock_mono_us(), .sent_us = clock_mono_us()};
	waiting_enter(r->app->waiting, &s->w, true);
}
