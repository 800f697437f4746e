/* The log of deliveries to an account's endpoints, and deliveries that are asked for: tests, and replays of what was
 * delivered or was not. Sending is the sender's (core/sender.h), which is told.
 *
 * A replay is a delivery of its own, with a dlv_ id of its own and the event's evt_ id: receivers know by it what they have
 * had already. Every one that is asked for is told in the audit log. Thread-safe.
 *
 * Ownership: strings of rows live in the arena given. */
#ifndef AGENTIV_CORE_DELIVERIES_H
#define AGENTIV_CORE_DELIVERIES_H

#include "base/doorbell.h"
#include "base/json.h"
#include "core/once.h"
#include "store/audit.h"
#include "store/deliveries.h"
#include "store/endpoints.h"

#define DELIVERY_EXCERPT       4096    /* bytes of a request or an answer that are shown */
#define DELIVERY_PAGE_MAX      100
#define DELIVERY_REPLAY_MAX    10000   /* of those that failed, how many one call repeats */

struct deliveries {
	struct db *db;
	struct doorbell_ringer *ringer;      /* NULL: nobody is told */
};

/* ---- reading ---- */

/* f: what is asked for, its endpoint among it, whose URL is filled in; out has room for f->limit. ERR_NOT_FOUND: no such
 * endpoint. */
bool deliveries_list(const struct deliveries *ds, uint64_t account_id, struct delivery_filter *f, struct arena *a,
                     struct delivery_row *out, unsigned *count, bool *more, struct id *last, struct error *err);

/* One of them whole: its attempts, the first to the last, and how the body begins that each of them sent. */
struct delivery_view {
	struct delivery_row row;
	struct delivery_attempt *attempts;
	unsigned attempt_count;
	const char *request;                 /* NULL: what it told of is not kept any more */
	size_t request_len, request_size;    /* of the excerpt, of the whole */
};
/* ERR_NOT_FOUND. */
bool deliveries_find(const struct deliveries *ds, uint64_t account_id, const struct id *id, struct arena *a,
                     struct delivery_view *out, struct error *err);

void delivery_put(struct json_out *w, const char *key, const struct delivery_row *r);
void delivery_view_put(struct json_out *w, const char *key, const struct delivery_view *v);

/* ---- asking for one ---- */

/* Each answers with the row of the delivery that was made. once, whose render is given that row: NULL when no answer is
 * wanted. ERR_NOT_FOUND: no such endpoint or delivery. */

/* webhook.test, whatever the endpoint is registered for, also when it is disabled. */
bool deliveries_test(const struct deliveries *ds, const struct actor *who, uint64_t account_id, const struct id *user_id,
                     const struct id *endpoint, struct arena *a, struct delivery_row *out, struct once *once,
                     struct error *err);
/* ERR_CONFLICT: it is still being tried, its endpoint is gone or disabled, or what it told of is not kept any more. */
bool deliveries_replay(const struct deliveries *ds, const struct actor *who, uint64_t account_id, const struct id *id,
                       struct arena *a, struct delivery_row *out, struct once *once, struct error *err);

/* What repeats of many have come to. */
struct replayed {
	unsigned count;
	bool more;                           /* there are more than one call repeats: to be asked for again */
};
void replayed_put(struct json_out *w, const char *key, const struct replayed *r);

/* All that were made since then and failed, each once however often it is asked for: it is not repeated again unless the
 * repeat fails, too. ERR_NOT_FOUND, ERR_CONFLICT: there is no such endpoint, or it is disabled. When it fails behind some of
 * them, another call goes on. */
bool deliveries_replay_failed(const struct deliveries *ds, const struct actor *who, uint64_t account_id,
                              const struct id *endpoint, int64_t since_ms, struct replayed *out, struct error *err);
/* To every endpoint that wants it now. once, whose render is given out. ERR_NOT_FOUND: no such event. */
bool deliveries_replay_event(const struct deliveries *ds, const struct actor *who, uint64_t account_id,
                             const struct id *event, struct replayed *out, struct once *once, struct error *err);

#endif
