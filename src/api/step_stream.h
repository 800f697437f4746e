/* Following a run: a response that is an event stream (WHATWG HTML, 9.2), fed with the run's steps as they are written,
 * and with its end. The waiting room feeds streams from the rows, a batch of them at a time, so a client that reads
 * slowly costs a look and no memory. What an event looks like is its form's.
 *
 * Ownership: a stream lives in its request's arena. */
#ifndef AGENTIV_API_STEP_STREAM_H
#define AGENTIV_API_STEP_STREAM_H

#include "api/waiting.h"

struct step_stream;

struct step_stream_form {
	/* Adds the event of a step; NULL: steps are not told, and not read. */
	void (*step)(struct step_stream *s, struct buf *b, const struct execution_step *step);
	/* Adds the last event. Of the output nothing is there unless wants_output. */
	void (*end)(struct step_stream *s, struct buf *b, const struct execution *e);
	/* Adds the last event of a stream that ends before the run, whose client is still there. NULL: it just ends. */
	void (*cut)(struct step_stream *s, struct buf *b);
	bool wants_output;
	size_t end_max;              /* bytes of the last event */
	/* The client went before the run's end. On a thread that may wait for the database; the request is ended
	 * afterwards. NULL: nothing is to be done. */
	void (*left)(struct step_stream *s);
};

struct step_stream {
	struct waiter   w;                    /* first */
	const struct step_stream_form *form;
	struct read_job read;                 /* of the execution, for its end */
	unsigned after;                       /* the last step that was sent */
	int64_t  started_us, sent_us, stalled_us;
	bool     complete;                    /* the run is over and all its steps were sent: what is left is the end */
	bool     gone;                        /* the client */
};

/* Adds "id: …", "event: …" and "data: "; then the caller adds one JSON value, and step_stream_close ends the event, which
 * becomes one line. id -1: none. Returns where the value begins. */
size_t step_stream_open(struct buf *b, int id, const char *event);
void step_stream_close(struct buf *b, size_t from);

/* Sends the head and goes on from there; r->state is the stream from then on. after: the last step that the client has.
 * The run may be over already. */
void step_stream_start(struct step_stream *s, struct request *r, const struct id *id,
                       const struct execution_watch *seen, unsigned after, const struct step_stream_form *form);

#endif
