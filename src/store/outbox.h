/* Tables deliveries, outbox and delivery_attempts (sql/0003_webhooks.sql and 0013_endpoints.sql draw their states).
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
                  EVENT_INTEGRATION_DISCONNECTED, EVENT_WEBHOOK_TEST,
                  EVENT_MAIL,   /* a mail to the account (store/notifications.h): never a webhook's */
                  EVENT__MAX };
enum delivery_state { DELIVERY_PENDING, DELIVERY_DELIVERED, DELIVERY_FAILED };

const char *event_type_name(enum event_type t);      /* "agent.execution.success" */
bool event_type_by_name(const char *name, enum event_type *out);

/* What is due from now on: an event, to be given to its account's endpoints (fanout), a delivery, or both: an execution is
 * the event of its end and the delivery of its own webhook_url, whose log begins with the first attempt. In the transaction
 * that makes it. Any number. */
struct outbox_due {
	struct id id;
	bool      fanout;
	int64_t   due_at;             /* 0: now; of one that is leased, when the lease ends */
	uint64_t  token;              /* of the lease; 0 none */
};
bool outbox_put(struct db_conn *c, const struct outbox_due *d, unsigned n, int64_t now_ms, struct error *err);

/* A new delivery. */
struct delivery_new {
	struct id id, event_id;
	uint64_t  account_id;
	bool has_execution; struct id execution_id;
	bool has_endpoint;  struct id endpoint_id;
	enum event_type event;
	const char *url;              /* NULL when an endpoint's is meant, or its run's */
	int64_t due_at;               /* 0: now */
};
bool outbox_add(struct db_conn *c, const struct delivery_new *d, unsigned n, int64_t now_ms,
                struct error *err);

/* The endpoint that a delivery goes to, as it was when it was claimed. */
struct delivery_target {
	struct id id;
	const char *url;
	bool     enabled;
	int64_t  failing_since;           /* 0: the last attempt succeeded */
	const char *secret, *previous;    /* sealed; previous NULL: there is none */
	size_t   secret_len, previous_len;
	int64_t  previous_until;
};

struct delivery {
	struct id id, event_id;
	uint64_t  account_id;
	bool has_execution; struct id execution_id;
	bool has_endpoint; struct id endpoint_id;
	const struct delivery_target *target;   /* NULL: the endpoint is gone, or there is none */
	enum event_type event;
	unsigned attempts;            /* made so far */
	int64_t  created_at;
	int64_t  due_at;              /* as leased: part of the outbox row's key */
	uint64_t token;
	const char *url, *payload;    /* url NULL: the target's; payload NULL: made from the run */
	/* The ended run that the payload is made from, when payload is NULL. An output larger than
	 * OUTBOX_OUTPUT_WHOLE stands there without its text (output NULL, output_len its length): read it by
	 * execution_find when it is sent, so that a batch of them is never in memory together. */
	const struct execution *run;
};
#define OUTBOX_OUTPUT_WHOLE 65536
#define OUTBOX_BATCH_MAX    256   /* deliveries in one call of each function below */

/* Leases up to max due deliveries until now + lease, in one short transaction over the outbox's key, skipping what
 * others are just claiming, and reads what sending them needs. Events that are due become deliveries to endpoints in it,
 * which are leased at once as far as max allows. *besides counts what else was done: the others, which are due now, and rows
 * that were dropped, an event that nobody wants among them. expected: there is reason to think that something is due (a
 * doorbell, or the last claim did something); otherwise it is looked first, so that a poll that finds nothing costs one
 * statement and no transaction. When nothing was done *next_due_ms is when the next one is due (INT64_MAX: none), for
 * sleeping; else it is now_ms: ask again. cursor: NULL begins at the beginning. */
bool outbox_claim(struct db *db, struct db_conn **c, bool expected, unsigned max, int64_t now_ms,
                  int64_t lease_ms, struct claim_cursor *cursor, struct arena *a, struct delivery *out,
                  unsigned *count, unsigned *besides, int64_t *next_due_ms, struct error *err);

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
	const char *response; size_t response_len;   /* how the answer's body began, at most OUTBOX_RESPONSE_MAX bytes; NULL none */
	/* of an endpoint's */
	bool has_endpoint; struct id endpoint_id;
	int64_t failing_since;               /* as claimed: 0, its last attempt succeeded */
	const char *url;                     /* where it went; NULL: nowhere */
	enum delivery_state state;           /* pending: due again at retry_at */
	int64_t  retry_at;
};
#define OUTBOX_RESPONSE_MAX 4096
/* Records attempts of many deliveries in one transaction (group commit); one whose lease was lost changes
 * neither its outbox row nor its delivery. Endpoints are told when they begin and cease to fail, and the totals' row shard
 * of what was done. */
bool outbox_record(struct db *db, struct db_conn **c, unsigned shard, const struct delivery_result *r, unsigned n,
                   struct error *err);

/* Gives leases back untouched (SIGTERM): due at now_ms. Those that were lost are left alone. */
bool outbox_release(struct db *db, struct db_conn **c, const struct delivery *d, unsigned n,
                    int64_t now_ms, struct error *err);

#define OUTBOX_TOTALS 8                  /* rows of delivery_totals */
#define OUTBOX_BOUNDS 6
extern const int64_t outbox_bounds_ms[OUTBOX_BOUNDS];   /* of attempts' durations */

/* For /metrics and the doctor: what waits, and what senders have done since ever. */
struct outbox_stats {
	int64_t overdue, oldest_overdue_ms;  /* due and not taken by any sender, counted up to 100000; 0 when there is none */
	int64_t attempts[DELIVERY_FAILED + 1];   /* by what became of the delivery; pending: it is tried again */
	int64_t duration_ms;                 /* of all attempts */
	int64_t within[OUTBOX_BOUNDS];       /* how many took at most that long */
};
bool outbox_stats(struct db_conn *c, int64_t now_ms, struct outbox_stats *out, struct error *err);

#endif
