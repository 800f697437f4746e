/* Accepting runs: the one transaction that makes executions, with their quota use, their queue rows and their
 * idempotency records (tables account_quota, idempotency_keys, executions, queue_ready, queue_held, queue_later).
 * Where there are monthly budgets they are looked at, and nothing is reserved.
 *
 * Ownership: pointers of an admission are the caller's and live during the call. */
#ifndef AGENTIV_STORE_ADMISSION_H
#define AGENTIV_STORE_ADMISSION_H

#include "base/err.h"
#include "base/id.h"
#include "db/db.h"
#include "store/budgets.h"
#include "store/executions.h"
#include "store/notifications.h"
#include "store/queue.h"

#define ADMISSION_BATCH_MAX     64
#define ADMISSION_RESPONSE_MAX  1024
#define IDEMPOTENCY_KEEP_MS     (24 * 3600 * INT64_C(1000))   /* how long a key's record counts at least */

/* ms: as configured; 0 is not. */
static inline int64_t idempotency_keep(int64_t ms)
{
	return ms > 0 ? ms : IDEMPOTENCY_KEEP_MS;
}

enum admission_outcome {
	ADMIT_ACCEPTED,
	ADMIT_REPLAYED,          /* the idempotency key is known, with the same body */
	ADMIT_CONFLICT,          /* … with another body */
	ADMIT_UNKNOWN_KEY,       /* replay_only: it is not known */
	ADMIT_DAY_QUOTA,
	ADMIT_MONTH_QUOTA,
	ADMIT_TOKENS,            /* a monthly budget that applies is used up: spent */
	ADMIT_CONCURRENCY,
	ADMIT_NO_ACCOUNT
};

struct admission {
	/* what is asked */
	struct id id;                        /* the execution's, made by the caller */
	uint64_t  account_id;
	bool      has_key_id;                /* false: asked for by a session */
	struct id key_id;
	struct id budget_key;                /* whose monthly budget the key has; zero without a key */
	bool      has_schedule;
	struct id schedule_id;               /* of which it is a run */
	const char *agent;
	enum exec_trigger trigger;
	enum queue_lane lane;                /* LANE_SYNC is refused over the concurrency limit, LANE_ASYNC held */
	const char *waiter;                  /* doorbell to ring at its end, NULL none */
	const char *webhook_url;             /* NULL none */
	const char *input; size_t input_len; /* JSON text */
	int64_t   queued_at;                 /* ms */
	int64_t   due_at;                    /* ms; 0 now: a delayed run takes its slot when it is due. RUN_WAITS: when the
	                                      * run before it has ended, which moves it (queue_schedule.c) */
	int64_t   max_tokens;                /* 0: the run has no budget of its own */
	bool      budgeted;                  /* its account has monthly budgets */
	bool      has_key;                   /* an idempotency key was sent */
	int64_t   key_keep_ms;               /* how long its record counts; 0: IDEMPOTENCY_KEEP_MS */
	bool      replay_only;               /* answer a known idempotency key, else accept nothing */
	uint8_t   scope_hash[32], body_hash[32];
	const char *response; size_t response_len;   /* kept with the idempotency key; NULL none */

	/* what became of it */
	enum admission_outcome outcome;
	bool      ready;                     /* accepted and can run now (not held, not later) */
	int64_t   limit;                     /* the figure that was reached */
	bool      is_spent; struct token_budget spent;   /* a budget that applies and has nothing left */
	struct id existing;                  /* ADMIT_REPLAYED */
	char      replay[ADMISSION_RESPONSE_MAX]; size_t replay_len;   /* its kept response; 0 none */
};

/* An account's counters and limits in force, as locked by the transaction. */
struct quota {
	uint64_t account_id;
	int64_t  max_day, max_month, max_concurrent;   /* LIMIT_UNLIMITED (-1) without a limit */
	bool     month_overage;
	int64_t  day_start, day_runs, month_start, month_runs, active, held;
	int64_t  closed_month, closed_runs;            /* an earlier month that this one took the place of; 0 none did */
	struct mail_state mail;
	int64_t  told_80_month, told_100_month;        /* in which it was last told that so much of a month is used */
	bool     found, changed;
};

/* Decides one admission and counts it in q when it is accepted (sets a->outcome, ready, limit).
 * Pure: called again when the transaction is repeated. */
typedef void (*admission_decide)(struct quota *q, struct admission *a, int64_t now_ms);

/* Accepts what can be accepted of a[0..n) inside the caller's transaction, which may hold the accounts' quota rows
 * already. n at most ADMISSION_BATCH_MAX. */
bool admission_write(struct db_conn *c, struct admission *const *a, unsigned n, int64_t now_ms,
                     admission_decide decide, struct error *err);
/* Accepts what can be accepted of a[0..n), n at most ADMISSION_BATCH_MAX, in one transaction. Nothing is committed
 * for the others, whose outcome says why. false: none was accepted, err says why. */
bool admission_commit(struct db *db, struct db_conn **c, struct admission *const *a, unsigned n,
                      int64_t now_ms, admission_decide decide, struct error *err);

#endif
