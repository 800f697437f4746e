/* Server-sent events (WHATWG HTML, section 9.2), read as their bytes come.
 *
 * Ownership: event_stream_release frees what it holds; what is given to on_event lives during the call. */
#ifndef AGENTIV_NET_EVENT_STREAM_H
#define AGENTIV_NET_EVENT_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define EVENT_NAME_SIZE 64
#define EVENT_ID_SIZE   128

struct event_stream {
	struct buf line, data;
	bool   has_data, after_cr, begun;
	unsigned comments;               /* of this connection: by them a server shows that it is there */
	char   event[EVENT_NAME_SIZE];   /* "" where none was named: then it is "message" */
	char   id[EVENT_ID_SIZE];        /* of the last event that was whole; stays from event to event */
	char   next_id[EVENT_ID_SIZE];   /* of the one that comes */
	/* data: its lines with \n between. false: no more is wanted. */
	bool (*on_event)(struct event_stream *s, const char *event, const char *data, size_t n);
	void  *owner;
};

/* max: bytes of one event's data, and of one line. */
void event_stream_init(struct event_stream *s, size_t max);
void event_stream_release(struct event_stream *s);
/* Before the bytes of another connection: what had come in half is forgotten. */
void event_stream_restart(struct event_stream *s);
/* The next bytes. false: on_event wants no more, or an event is larger than max. */
bool event_stream_feed(struct event_stream *s, const char *p, size_t n);

#endif
