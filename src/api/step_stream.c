/* Streams of steps: what they wait for, how they are fed, and their end. */
#include "api/step_stream.h"

#include <stddef.h>

#include "api/render.h"
#include "base/clock.h"
#include "http/response.h"

#define COMMENT_US   INT64_C(15000000)
#define STALLED_US   INT64_C(60000000)    /* a client that takes nothing for so long is let go */
#define STREAM_US    INT64_C(900000000)   /* behind some web servers nobody says that a client has gone */
#define PIECE_BYTES  (16u << 10)          /* sent at once, between two looks at whether there is room */
#define EVENT_MAX    (128u << 10)

/* ---- events ---- */

size_t step_stream_open(struct buf *b, int id, const char *event)
{
	if (id >= 0) {
		buf_adds(b, "id: ");
		buf_add_int(b, id);
		buf_addc(b, '\n');
	}
	buf_adds(b, "event: ");
	buf_adds(b, event);
	buf_adds(b, "\ndata: ");
	return b->len;
}

/* Raw line breaks in JSON stand between its tokens only: a blank does as well, and the event stays one line. */
void step_stream_close(struct buf *b, size_t from)
{
	size_t i;

	for (i = from; !b->failed && i < b->len; i++)
		if (b->data[i] == '\n' || b->data[i] == '\r')
			b->data[i] = ' ';
	buf_adds(b, "\n\n");
}

static bool send_piece(struct step_stream *s, struct buf *b)
{
	bool ok = b->len == 0 || (!b->failed && response_chunk(s->w.r, b->data, b->len));

	s->gone |= !ok && !b->failed;
	buf_reset(b);
	s->sent_us = clock_mono_us();
	return ok;
}

/* ---- steps ---- */

static enum look go_on(struct step_stream *s)
{
	if (s->form->step && s->after < s->w.last_step)
		return LOOK_FEED;
	s->complete = run_over(s->w.status);
	return s->complete ? LOOK_LEAVES : LOOK_STAYS;
}

static enum look stream_look(struct waiter *w, int64_t now_us)
{
	struct step_stream *s = (struct step_stream *)w;
	enum look next;

	s->gone |= w->r->transport->gone(w->r);
	if (s->gone || now_us - s->started_us > STREAM_US)
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
	s->gone = !response_chunk(w->r, ": still here\n\n", 14);
	return s->gone ? LOOK_LEAVES : LOOK_STAYS;
}

/* A key that was revoked, or a session that ended, is told nothing more. */
static bool still_allowed(struct request *r)
{
	return auth_go_on(r->app->auth, &r->credentials, &r->auth);
}

/* When the client takes no more now, or a step that is known to be there was not read, the next look sees to it. */
static enum look send_steps(struct step_stream *s, const struct execution_steps *of, struct buf *b)
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
		s->form->step(s, b, &of->steps[i]);
		s->after = of->steps[i].seq;
	}
	if (!send_piece(s, b))
		return LOOK_LEAVES;
	return of->count > 0 && r->transport->writable(r) ? go_on(s) : LOOK_STAYS;
}

/* What the stream wants read, among all[0..*n): those who stand at one place of one run read it once. */
static unsigned place_of(const struct step_stream *s, struct execution_steps *all, unsigned *n)
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
		place[i] = place_of((struct step_stream *)batch[i], of, &count);
	arena_init(&a);
	buf_init(&b, PIECE_BYTES + EVENT_MAX);
	ok = runs_steps(batch[0]->r->app->runs, of, count, &a, &err);
	for (i = 0; i < n; i++)
		next[i] = ok ? send_steps((struct step_stream *)batch[i], &of[place[i]], &b) : LOOK_STAYS;
	buf_release(&b);
	arena_release(&a);
}

/* ---- the end ---- */

static void look_again(struct step_stream *s)
{
	s->complete = s->w.rung = false;
	waiting_enter(s->w.r->app->waiting, &s->w, false);
}

static void send_end(struct step_stream *s, const struct execution *e)
{
	struct buf b;

	if (still_allowed(s->w.r)) {
		buf_init(&b, s->form->end_max);
		s->form->end(s, &b, e);
		send_piece(s, &b);
		buf_release(&b);
	}
	response_stream_end(s->w.r);
}

/* The database may be away, or another server of it behind: then it is looked at again. */
static void end_with(struct step_stream *s, const struct execution *e, const struct error *err)
{
	if (err && err->code == ERR_NOT_FOUND)
		response_stream_end(s->w.r);
	else if (err || !run_over(e->status))
		look_again(s);
	else
		send_end(s, e);
}

/* On a thread that may wait for the peer: an output too large for a batch. */
static void end_large(struct request *r)
{
	struct step_stream *s = r->state;
	struct error err = {0};
	struct execution e;
	struct arena a;

	arena_init(&a);
	if (run_find(r->app->runs, s->read.account_id, &s->read.id, &a, &e, &err))
		end_with(s, &e, NULL);
	else
		end_with(s, NULL, &err);
	arena_release(&a);
}

/* In the reader's thread. The client could take more when the stream left the room. */
static void end_read(struct read_job *job, const struct execution *e, const struct error *err)
{
	struct step_stream *s = (struct step_stream *)((char *)job - offsetof(struct step_stream, read));

	if (!err && s->form->wants_output && run_over(e->status) && !e->output && e->output_len > 0)
		s->w.r->transport->later(s->w.r, end_large);
	else
		end_with(s, e, err);
}

static void leave_early(struct request *r)
{
	struct step_stream *s = r->state;

	s->form->left(s);
	response_stream_end(r);
}

/* When it has lasted too long, or the server is about to stop. */
static void end_before_the_run(struct step_stream *s)
{
	struct buf b;

	if (s->form->cut && !s->gone && s->w.r->transport->writable(s->w.r) && still_allowed(s->w.r)) {
		buf_init(&b, EVENT_MAX);
		s->form->cut(s, &b);
		send_piece(s, &b);
		buf_release(&b);
	}
	response_stream_end(s->w.r);
}

static void stream_leave(struct waiter *w)
{
	struct step_stream *s = (struct step_stream *)w;

	if (s->complete) {
		s->read.id = w->id;
		s->read.account_id = w->r->auth->principal.account_id;
		s->read.done = end_read;
		reader_submit(w->r->app->reader, &s->read);
	} else if (s->gone && s->form->left) {
		w->r->transport->later(w->r, leave_early);
	} else {
		end_before_the_run(s);
	}
}

static const struct waiter_ops stream_ops = {.look = stream_look, .feed = streams_feed, .leave = stream_leave};

void step_stream_start(struct step_stream *s, struct request *r, const struct id *id,
                       const struct execution_watch *seen, unsigned after, const struct step_stream_form *form)
{
	int64_t now_us = clock_mono_us();

	*s = (struct step_stream){.w = {.r = r, .id = *id, .ops = &stream_ops, .status = seen->status,
	                                .last_step = seen->last_step},
	                          .form = form, .after = after, .started_us = now_us, .sent_us = now_us};
	r->state = s;
	/* some web servers pass the head on with the first bytes behind it only */
	if (!response_stream_begin(r) || r->head_only || !response_chunk(r, ": steps\n\n", 9))
		response_stream_end(r);
	else
		waiting_enter(r->app->waiting, &s->w, true);
}
