/* Table events: what happened beside the ends of runs, which executions tell of. An event is written in the transaction
 * that made it happen, and goes by retention with its deliveries.
 *
 * Ownership: strings of rows live in the arena given. */
#ifndef AGENTIV_STORE_EVENTS_H
#define AGENTIV_STORE_EVENTS_H

#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"
#include "store/outbox.h"

struct event {
	struct id id;
	uint64_t account_id;
	enum event_type event;
	int64_t at;
	const char *payload; size_t payload_len;     /* JSON text: the body of its webhooks */
};

/* Any number. Those that endpoints are to be told of are put into the outbox by who makes them. */
bool events_insert(struct db_conn *c, const struct event *e, unsigned n, struct error *err);
bool event_find(struct db_conn *c, uint64_t account_id, const struct id *id, struct arena *a, struct event *out, bool *found,
                struct error *err);

#endif
