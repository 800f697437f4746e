/* Tables deliveries, outbox and delivery_attempts (sql/0003_webhooks.sql draws their states).
 *
 * Ownership: strings of a claimed delivery live in the arena given. */
#ifndef AGENTIV_STORE_OUTBOX_H
#define AGENTIV_STORE_OUTBOX_H

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "db/db.h"
#include "store/cursor.h"
#include "store/executions.h"

enum event_type { EVENT_RUN_SUCCESS, EVENT_RUN_FAILED, EVENT_SCHEDULE_FIRED,
                  EVENT_INTEGRATION_DISCONNECTED, EVENT_WEBHOOK_TEST, EVENT__MAX };
enum delivery_state { DELIVERY_PENDING, DELIVERY_DELIVERED, DELIVERY_FAILED };

const char *event_type_name(enum event_type t);      /* "agent.execution.success" */

/* A new delivery, inside the caller's transaction (end of a run, and later schedules). */
struct delivery_new {
	struct id id, event_id;
	uint64_t  account_id;
	bool has_execution; struct id execution_id;
	bool has_endpoint;  struct id endpoint_id;
	enum event_type event;
	const char *url;              /* NULL when an endpoint's is meant */
	const char *payload;          /* JSON text, NULL: made from the execution */
};
/* Inserts rows, due now. Any number. A delivery whose id is its execution's is that of the run's own
 * webhook_url: only its outbox row is written, for everything else is told by the execution. */
bool outbox_add(struct db_conn *c, const struct delivery_new *d, unsigned n, int64_t now_ms,
                struct error *err);

struct delivery {
	struct id id, event_id;
	uint64_t  account_id;
	bool has_execution; struct id execution_id;
	enum event_type event;
	unsigned attempts;            /* made so far */
	int64_t  created_at;
	int64_t  due_at;              /* as leased: part of the outbox row's key */
	uint64_t token;
	const char *url, *payload;    /* payload NULL: made from the run */
	/* The ended run that the payload is made from, when payload is NULL. An output larger than
	 * OUTBOX_OUTPUT_WHOLE stands there without its text (output NULL, output_len its length): read it by
	 * execution_find when it is sent, so that a batch of them is never in memory together. */
	const struct execution *run;
};
#define OUTBOX_OUTPUT_WHOLE 65536
#define OUTBOX_BATCH_MAX    256   /* deliveries in one call of each function below */

/* Leases up to max due deliveries until now + lease, in one short transaction over the outbox's key, skipping what
 * others are just claiming, and reads what sending them needs. expected: there is reason to think that something is
 * due (a doorbell, or the last claim took something); otherwise it is looked first, so that a poll that finds nothing
 * costs one statement and no transaction. When nothing was taken *next_due_ms is when the next one is due (INT64_MAX:
 * none), for sleeping; else it is now_ms: ask again. cursor: NULL begins at the beginning. */
bool outbox_claim(struct db *db, struct db_conn **c, bool expected, unsigned max, int64_t now_ms,
                  int64_t lease_ms, struct claim_cursor *cursor, struct arena *a, struct delivery *out,
                  unsigned *count, int64_t *next_due_ms, struct error *err);

/* What became of an attempt. */
struct delivery_result {
	/* of the delivery, as claimed */
	struct id id;
	uint64_t  account_id;
	enum event_type event;
	int64_t   created_at;
	int64_t   due_at; uint64_t token;
	/* the attempt */
	unsigned attempt;                    /* from 1 */
	int64_t  at, duration_ms;
	int      status;                     /* HTTP status, 0 none */
	const char *error;                   /* NULL on success; cut to its column */
	enum delivery_state state;           /* pending: due again at retry_at */
	int64_t  retry_at;
};
/* Records attempts of many deliveries in one transaction (group commit); one whose lease was lost changes
 * neither its outbox row nor its delivery. */
bool outbox_record(struct db *db, struct db_conn **c, const struct delivery_result *r, unsigned n,
                   struct error *err);

/* Gives leases back untouched (SIGTERM): due at now_ms. Those that were lost are left alone. */
bool outbox_release(struct db *db, struct db_conn **c, const struct delivery *d, unsigned n,
                    int64_t now_ms, struct error *err);

#endif
