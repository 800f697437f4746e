/* GET /api/executions/{id}/events: a run's steps as server-sent events (WHATWG HTML, 9.2), and its end. The
 * waiting room feeds them from the rows, a batch of streams at a time, so a client that reads slowly costs a look and
 * no memory. */
#include <stddef.h>
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
#define PIECE_BYTES  (16u << 10)          /* sent at once, between two looks at whether there is room */
#define EVENT_MAX    (128u << 10)

struct stream {
	struct waiter   w;                    /* first */
	struct read_job read;                 /* of the execution, for its end */
	unsigned after;                       /* the last step that was sent */
	int64_t  started_us, sent_us, stalled_us;
	bool     complete;                    /* the run is over and all its steps were sent: what is left is "end" */
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

/* ---- steps ---- */

static enum look go_on(struct stream *s)
{
	if (s->after < s->w.last_step)
		return LOOK_FEED;
	s->complete = run_over(s->w.status);
	return s->complete ? LOOK_LEAVES : LOOK_STAYS;
}

static enum look stream_look(struct waiter *w, int64_t now_us)
{
	struct stream *s = (struct stream *)w;
	enum look next;

	if (now_us - s->started_us > STREAM_US)
		return LOOK_LEAVES;
	if (!w->r->transport->writable(w->r)) {
		if (s->stalled_us == 0)
			s->stalled_us = now_us;
		return now_us - s->stalled_us < STALLED_US ? LOOK_STAYS : LOOK_LEAVES;
	}
	s->stalled_us = 0;
	next = go_on(s);
	if (next != LOOK_STAYS || now_us - s->sent_us < COMMENT_US)
		return next;
	s->sent_us = now_us;
	return response_chunk(w->r, ": still here\n\n", 14) ? LOOK_STAYS : LOOK_LEAVES;
}

/* A key that was revoked, or a session that ended, is told nothing more. */
static bool still_allowed(struct request *r)
{
	return auth_go_on(r->app->auth, &r->credentials, &r->auth);
}

/* When the client takes no more now, or a step that is known to be there was not read, the next look sees to it. */
static enum look send_steps(struct stream *s, const struct execution_steps *of, struct buf *b)
{
	struct request *r = s->w.r;
	unsigned i;

	if (!still_allowed(r))
		return LOOK_LEAVES;
	for (i = 0; i < of->count; i++) {
		if (b->len > PIECE_BYTES) {
			if (!send_piece(s, b))
				return LOOK_LEAVES;
			if (!r->transport->writable(r))
				return LOOK_STAYS;
		}
		add_event(b, of->steps[i].seq, "step", &of->steps[i], NULL);
		s->after = of->steps[i].seq;
	}
	if (!send_piece(s, b))
		return LOOK_LEAVES;
	return of->count > 0 && r->transport->writable(r) ? go_on(s) : LOOK_STAYS;
}

/* What the stream wants read, among all[0..*n): those who stand at one place of one run read it once. */
static unsigned place_of(const struct stream *s, struct execution_steps *all, unsigned *n)
{
	unsigned i;

	for (i = 0; i < *n; i++)
		if (all[i].after == s->after && id_cmp(&all[i].id, &s->w.id) == 0)
			break;
	if (i == *n)
		all[(*n)++] = (struct execution_steps){.id = s->w.id, .after = s->after, .last = s->w.last_step};
	if (s->w.last_step > all[i].last)
		all[i].last = s->w.last_step;
	return i;
}

static void streams_feed(struct waiter *const *batch, unsigned n, enum look *next)
{
	struct execution_steps of[WAITING_BATCH_MAX];
	unsigned place[WAITING_BATCH_MAX], count = 0, i;
	struct error err = {0};
	struct arena a;
	struct buf b;
	bool ok;

	for (i = 0; i < n; i++)
		place[i] = place_of((struct stream *)batch[i], of, &count);
	arena_init(&a);
	buf_init(&b, PIECE_BYTES + EVENT_MAX);
	ok = runs_steps(batch[0]->r->app->runs, of, count, &a, &err);
	for (i = 0; i < n; i++)
		next[i] = ok ? send_steps((struct stream *)batch[i], &of[place[i]], &b) : LOOK_STAYS;
	buf_release(&b);
	arena_release(&a);
}

/* ---- the end ---- */

static void send_end(struct stream *s, const struct execution *e)
{
	struct buf b;

	buf_init(&b, EVENT_MAX);
	add_event(&b, s->after, "end", NULL, e);
	send_piece(s, &b);
	buf_release(&b);
}

/* In the reader's thread. The client could take more when the stream left the room. */
static void end_read(struct read_job *job, const struct execution *e, const struct error *err)
{
	struct stream *s = (struct stream *)((char *)job - offsetof(struct stream, read));

	/* the database is away, or another server of it is behind: it is looked at again */
	if (err ? err->code != ERR_NOT_FOUND : !run_over(e->status)) {
		s->complete = s->w.rung = false;
		waiting_enter(s->w.r->app->waiting, &s->w, false);
		return;
	}
	if (e && still_allowed(s->w.r))
		send_end(s, e);
	response_stream_end(s->w.r);
}

static void stream_leave(struct waiter *w)
{
	struct stream *s = (struct stream *)w;

	if (!s->complete) {
		response_stream_end(w->r);
		return;
	}
	s->read.id = w->id;
	s->read.account_id = w->r->auth->principal.account_id;
	s->read.done = end_read;
	reader_submit(w->r->app->reader, &s->read);
}

static const struct waiter_ops stream_ops = {.look = stream_look, .feed = streams_feed, .leave = stream_leave};

/* ---- the handler ---- */

static bool parse_last_event(const struct request *r, unsigned *after, struct error *err)
{
	const char *text = r->last_event_id;

	*after = 0;
	if (!text || !*text)
		return true;
	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 9)
		return err_field(err, "Last-Event-ID", "Last-Event-ID must be the number of a step");
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
