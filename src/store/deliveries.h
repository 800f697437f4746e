/* The log of deliveries: tables deliveries and delivery_attempts as their owners read them, and deliveries that are made
 * again. What is still to be sent is the outbox's (store/outbox.h).
 *
 * Ownership: strings of rows live in the arena given. */
#ifndef AGENTIV_STORE_DELIVERIES_H
#define AGENTIV_STORE_DELIVERIES_H

#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"
#include "store/outbox.h"

const char *delivery_state_name(enum delivery_state s);              /* "pending" */
bool delivery_state_by_name(const char *name, enum delivery_state *out);

struct delivery_row {
	struct id id, event_id;
	enum event_type event;
	enum delivery_state state;
	bool has_endpoint, has_execution, has_replay_of;
	struct id endpoint_id, execution_id, replay_of;
	const char *url;                     /* where it goes or went last; NULL: the endpoint is gone, or its run */
	unsigned attempts;
	int64_t created_at, last_at, next_at, replayed_at;   /* 0 none */
	int64_t duration_ms;                 /* of the last attempt; -1: there was none */
	int     last_status;                 /* 0: no HTTP answer */
	const char *last_error;              /* NULL none */
	const char *response; size_t response_len;   /* how the last answer began; delivery_find only */
};

/* Of one endpoint, the newest first. state and event -1: any. A page that looks for a state or an event ends at the latest
 * behind DELIVERY_SCAN_MAX rows: *more is true then, and *last is where to go on, be there rows or not. */
#define DELIVERY_SCAN_MAX 10000
struct delivery_filter {
	struct id endpoint_id;
	const char *url;                     /* the endpoint's: rows have it that went nowhere yet */
	int state, event;
	struct id from, before;              /* from <= id < before: bounds by time and cursor */
	unsigned limit;
};
bool delivery_list(struct db_conn *c, const struct delivery_filter *f, struct arena *a, struct delivery_row *out,
                   unsigned *count, bool *more, struct id *last, struct error *err);
/* A mail is none. */
bool delivery_find(struct db_conn *c, uint64_t account_id, const struct id *id, struct arena *a, struct delivery_row *out,
                   bool *found, struct error *err);

struct delivery_attempt {
	unsigned attempt;
	int64_t at, duration_ms;
	int status;
	const char *error, *url;             /* NULL none; url NULL: the delivery's */
	const char *response; size_t response_len;
};
/* All but the last, which the delivery's row tells of. */
bool delivery_attempt_list(struct db_conn *c, const struct id *delivery, struct arena *a, struct delivery_attempt **out,
                           unsigned *count, struct error *err);

/* Makes new ids[i] of the deliveries olds[i], due at now_ms, and notes in the old ones that they were repeated. n is at
 * most DB_LIST_MAX. In the caller's transaction. */
bool delivery_repeat(struct db_conn *c, const struct id *olds, const struct id *ids, unsigned n, int64_t now_ms,
                     struct error *err);
/* The oldest deliveries to an endpoint, from that id on, that failed and were not repeated yet: at most max. Looks at
 * DELIVERY_SCAN_MAX rows; *more: there are more, *from is where to go on if max was not reached. */
bool delivery_failed(struct db_conn *c, const struct id *endpoint, struct id *from, unsigned max, struct id *out,
                     unsigned *count, bool *more, struct error *err);
/* Those of n, at most DB_LIST_MAX, for which that still holds, in the same order. The account is locked. */
bool delivery_still_failed(struct db_conn *c, const struct id *ids, unsigned n, struct id *out, unsigned *count,
                           struct error *err);
#endif
