/* Tables queue_ready, queue_held, queue_later, leases and the end of executions.
 * Lock order: account_quota ascending, executions, queue tables, outbox, then what budgets.h says; a claim goes from its
 * rows of the queue or the outbox to shared locks on executions and results, so whoever deletes executions leaves those
 * that have such rows.
 * Every move that goes against the flow (lease to ready or later) and every change of a slot holds the account's quota
 * row; only the claim (ready to lease) does not.
 *
 * Ownership: strings of claimed runs live in the arena given. */
#ifndef AGENTIV_STORE_QUEUE_H
#define AGENTIV_STORE_QUEUE_H

#include "base/arena.h"
#include "base/doorbell.h"
#include "base/err.h"
#include "base/id.h"
#include "db/db.h"
#include "store/cursor.h"
#include "store/executions.h"
#include "store/outbox.h"

/* due_at in queue_later of a run that waits for another one of its schedule to end. */
#define RUN_WAITS INT64_MAX

enum queue_lane { LANE_SYNC, LANE_ASYNC, LANE_SUSPECT };

struct lease_owner { char name[DOORBELL_NAME_SIZE]; char host[64]; };

/* A run as claimed: all that a worker needs to start it. */
struct claimed_run {
	struct id id; uint64_t account_id; struct id account_public_id;
	uint64_t token; enum queue_lane lane; unsigned attempt;      /* used up before this one */
	int64_t queued_at, first_started_at;                         /* 0: never started */
	const char *agent, *timezone, *webhook_url; /* webhook_url NULL when none */
	const char *waiter;                                          /* NULL when nobody waits */
	const char *input;
	size_t input_len;   /* NULL when larger than QUEUE_INPUT_WHOLE */
	unsigned last_step; /* of earlier attempts, 0 none */
	bool webhooks;                                               /* reserved for endpoints */
	struct id key_id;                                            /* who asked; zero: no key */
	int64_t max_tokens;                                          /* 0 none */
	bool budgeted;                                               /* its account has monthly budgets */
	bool has_spent;                                              /* an earlier attempt has a row in execution_tokens */
	bool has_schedule; struct id schedule_id;                    /* of which it is a run */
};
/* Bytes: a larger input is read by queue_load_input when its run starts. */
#define QUEUE_INPUT_WHOLE 65536

/* Claims up to max runs that can run now, synchronous ones first, in one short transaction:
 * SELECT … FOR UPDATE SKIP LOCKED in key order, insert leases, delete from ready, read what they
 * need, commit. suspects: claim one of the suspect lane instead. To be called when something is
 * known to wait (a doorbell, queue_look, *more), as it begins a transaction. cursor: NULL begins at
 * the beginning. *more: there may be more than was taken. */
bool queue_claim(struct db *db, struct db_conn **c, const struct lease_owner *owner, bool suspects,
                 unsigned max, int64_t now_ms, int64_t lease_ms, struct claim_cursor *cursor,
                 struct arena *a, struct claimed_run *out, unsigned *count, bool *more,
                 struct error *err);

/* The same for one run, wherever it stands in the ready lanes 0 and 1. *found false: it is not
 * ready, or somebody else is claiming it. */
bool queue_claim_one(struct db *db, struct db_conn **c, const struct lease_owner *owner,
                     const struct id *id, int64_t now_ms, int64_t lease_ms, struct arena *a,
                     struct claimed_run *out, bool *found, struct error *err);
/* Input of a run that was too large to come with its claim, into the arena. */
bool queue_load_input(struct db_conn *c, const struct id *id, struct arena *a, const char **input,
                      size_t *n, struct error *err);

/* What waits to be looked after, in one statement: for polls. Times are INT64_MAX when there is
 * none. */
struct queue_look { bool ready, suspects; int64_t later_due_ms, lease_due_ms; };
bool queue_look(struct db_conn *c, struct queue_look *out, struct error *err);

/* Renews leases; lost[i] is set for those that are no longer ours, cancel[i] for those that
 * were asked to stop. */
struct lease_ref { struct id id; uint64_t account_id; uint64_t token; };
bool queue_renew(struct db *db, struct db_conn **c, const struct lease_ref *l, unsigned n,
                 int64_t expires_at, bool *lost, bool *cancel, struct error *err);
/* Whether a lease is ours at this moment: *held false when it is lost or over; *cancel when its run
 * was asked to stop. */
bool queue_lease_check(struct db_conn *c, const struct lease_ref *l, int64_t now_ms, bool *held,
                       bool *cancel, struct error *err);

/* Writes steps of running executions, l[0..n) being the leases of the runs they belong to; those of
 * a run whose lease is no longer ours are left out. */
bool queue_add_steps(struct db *db, struct db_conn **c, const struct lease_ref *l, unsigned n,
                     const struct execution_step *steps, unsigned step_count, struct error *err);

/* How one attempt ended. RUN_RELEASED: back to the given lane, the attempt not used up; a run that
 * was never started has started_at 0. A run that was asked to stop and would go on (RUN_RETRY,
 * RUN_RELEASED) ends with CANCELLED instead. */
enum run_outcome { RUN_SUCCESS, RUN_FAILED, RUN_RETRY, RUN_RELEASED };
struct ended_run {
	struct id id; uint64_t account_id; uint64_t token;
	enum run_outcome outcome;
	enum queue_lane lane; unsigned attempt;        /* used up after this one */
	int64_t started_at, completed_at, first_started_at;
	int64_t retry_at;                              /* RUN_RETRY */
	const char *agent;                             /* for who is told of it; NULL unknown */
	const char *summary, *output; size_t output_len;
	int64_t tokens_used;
	const char *error_code, *error_message; /* NULL on success; kept between attempts too */
	const char *webhook_url; const char *waiter;
	const struct execution_step *steps; unsigned step_count;
	bool planned; /* it may have a plan, which goes when it ends */
	bool has_spent; /* it may have a row in execution_tokens, which goes when it ends */
	bool has_schedule; struct id schedule_id; /* whose next run may be waiting for it */
	bool lost; /* out: the lease was not ours any more, nothing was changed */
};
#define QUEUE_END_MAX DB_LIST_MAX   /* runs in one call */
/* Ends many runs in one transaction (group commit): quota rows locked, leases checked, executions
 * updated, steps and outbox rows written, held runs promoted into freed slots. *promoted: runs that
 * became ready; *deliveries: outbox rows written that are due (ring the doorbells), mails among them. */
bool queue_end(struct db *db, struct db_conn **c, struct ended_run *runs, unsigned n,
	       int64_t now_ms, unsigned *promoted, unsigned *deliveries, struct error *err);

/* Takes up expired leases, or those of dead owners of this host (is_dead answers for an owner name;
 * may be NULL): back to ready as suspects; the run that was its owner's only one uses up an attempt
 * and ends with WORKER_LOST at max_attempts. Bounded by max. Moves due rows of queue_later to ready
 * (retries keep their slot; delayed ones take one or become held). */
struct swept {
	unsigned taken;                  /* rows that were taken up, whatever became of them; 0: none, or others had them */
	unsigned moved;                  /* that became ready */
	unsigned orphaned;               /* of the rows that were taken up: leases that had expired or whose owner is dead */
	unsigned deliveries;             /* due, of runs that ended with WORKER_LOST: for the sender's doorbell */
};
bool queue_sweep(struct db *db, struct db_conn **c, int64_t now_ms, unsigned max,
		 unsigned max_attempts, const char *host,
		 bool (*is_dead)(const char *owner, void *ctx), void *ctx, struct swept *out,
		 struct error *err);

/* Fills an account's free slots from its held runs, oldest first, inside the caller's transaction;
 * locks the account's quota row (or finds it locked by the caller) and updates active and held of
 * it. *promoted: how many became ready, at most QUEUE_FILL_MAX at once; the ends of runs and
 * queue_audit_slots go on with more. */
#define QUEUE_FILL_MAX 1000
bool queue_fill_slots(struct db_conn *c, uint64_t account_id, unsigned *promoted,
		      struct error *err);

/* POST …/cancel. A cancel may free a slot for a held run. */
enum cancel_outcome {
	CANCEL_ENDED,
	CANCEL_ASKED /* running: at its next step */,
	CANCEL_ALREADY_OVER,
	CANCEL_UNKNOWN
};
struct cancelled {
	enum cancel_outcome outcome;
	/* to ring after it, "" none: of the worker that runs it (CANCEL_ASKED, with BELL_CANCEL), or of who waits
	 * for it (CANCEL_ENDED, with BELL_ENDED) */
	char doorbell[DOORBELL_NAME_SIZE];
	unsigned deliveries;
	struct execution execution;      /* as the cancel left it: CANCEL_ENDED and CANCEL_ASKED only; in the arena */
};
bool queue_cancel(struct db *db, uint64_t account_id, const struct id *id, int64_t now_ms,
                  struct arena *a, struct cancelled *out, struct error *err);

/* Compares account_quota.active and .held with the queue tables, repairs and logs differences, and
 * fills slots that were left free: *promoted runs became ready. Run each minute, or less often where it takes long: it
 * reads the whole queue without locking it, so the connection is best one of db_get_patient. */
bool queue_audit_slots(struct db *db, struct db_conn **c, unsigned *repaired, unsigned *promoted, struct error *err);
/* Tells schedules of runs that are over and of which they were not told, and lets the ones that wait go on. As often. */
bool queue_audit_schedules(struct db *db, struct db_conn **c, unsigned *repaired, unsigned *promoted, struct error *err);

/* For /metrics and the doctor. later, due and outbox are counted up to QUEUE_COUNT_MAX. Ages are 0 when there is none. */
#define QUEUE_COUNT_MAX 100000
struct queue_stats {
	int64_t ready, oldest_ready_ms;      /* the age of the one that is ready for longest */
	int64_t leased;
	int64_t expired, oldest_expired_ms;  /* leases past their time: since when the first of them is */
	int64_t held, holding;               /* holding: accounts that have held runs */
	int64_t later;                       /* delayed runs and retries; those that wait for another one are the schedules' */
	int64_t due, oldest_due_ms;          /* of later those whose time has come, and since when the first of them is */
	int64_t outbox;
};
bool queue_stats(struct db_conn *c, int64_t now_ms, struct queue_stats *out, struct error *err);
/* Accounts that hold runs though none of theirs is active: what queue_audit_slots would mend. Reads the whole queue
 * without locking it. */
bool queue_stuck_accounts(struct db_conn *c, int64_t *accounts, struct error *err);

#endif
