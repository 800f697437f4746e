/* What the files of the queue share: the quota rows that a transaction holds, and the end of runs.
 *
 * Ownership: nothing here allocates. */
#ifndef AGENTIV_STORE_QUEUE_PRIV_H
#define AGENTIV_STORE_QUEUE_PRIV_H

#include "store/notifications.h"
#include "store/queue.h"

/* One account's counters, as locked. */
struct slot_row {
	uint64_t account_id;
	int64_t  max, active, held;      /* max -1: unlimited */
	int64_t  tokens_month, month_tokens;
	int64_t  closed_month, closed_tokens;   /* an earlier month that this one took the place of; 0 none did */
	unsigned endpoint_events;        /* what its endpoints want, 1 << enum event_type */
	struct mail_state mail;
	bool     found, changed;
};

/* The quota rows of a transaction, ascending by account: the lock order. */
struct slots {
	struct slot_row rows[DB_LIST_MAX];
	unsigned n;
	unsigned mails;                  /* that are due by what was noted in the transaction: for the sender's doorbell */
};

void slots_init(struct slots *s);
/* Before slots_lock only; the same account twice is one row. */
void slots_want(struct slots *s, uint64_t account_id);
bool slots_lock(struct db_conn *c, struct slots *s, struct error *err);
/* NULL when the account has no quota row. */
struct slot_row *slots_of(struct slots *s, uint64_t account_id);
void slots_free(struct slots *s, uint64_t account_id);       /* a run of it gave its slot back */
/* Whether an endpoint of it wants that event. */
bool slots_wants(struct slots *s, uint64_t account_id, enum event_type event);
/* Its mails, if it wants to be told of such; else NULL. */
struct mail_state *slots_mail(struct slots *s, uint64_t account_id, enum notification kind);
/* What a run of it used of models, in the month that holds now_ms. */
void slots_count_tokens(struct slots *s, uint64_t account_id, int64_t tokens, int64_t now_ms);
bool slots_free_left(const struct slot_row *r);
/* Moves held runs into free slots; adds to *promoted. */
bool slots_fill(struct db_conn *c, struct slots *s, unsigned *promoted, struct error *err);
bool slots_write(struct db_conn *c, const struct slots *s, struct error *err);

/* A run that is over, for good, and not because somebody cancelled it. */
struct run_over { const struct ended_run *run; bool success; };
/* Notes them for the accounts that want to be told of them; adds to s->mails. n at most QUEUE_END_MAX. */
bool queue_note_runs(struct db_conn *c, const struct run_over *over, unsigned n, struct slots *s, int64_t now_ms,
                     struct error *err);

/* A run of a schedule that is over. */
struct schedule_end {
	struct id schedule_id, execution_id;
	uint64_t  account_id;
	bool      success, cancelled;     /* a run that was cancelled counts neither as failed nor as successful */
};
/* Tells the schedules of it, inside the transaction that ends the runs and holds their accounts' quota rows in s: last
 * status, failures, the pause after too many; the run that waits for one of them becomes held, so slots_fill comes after
 * this. */
bool schedule_runs_end(struct db_conn *c, const struct schedule_end *e, unsigned n, struct slots *s, int64_t now_ms,
                       struct error *err);

/* As queue_cancel, inside a transaction that holds the account's quota row. out->execution is not filled. */
bool queue_cancel_one(struct db_conn *c, uint64_t account_id, const struct id *id, int64_t now_ms,
                      struct cancelled *out, struct error *err);

/* A connection in *c, taken from the pool when there is none. */
bool queue_conn(struct db *db, struct db_conn **c, struct error *err);

/* What was picked by a locking read is read on by locking reads, too: while a transaction commits, InnoDB shows its rows
 * to locking reads a moment before its consistent reads take it for committed (MariaDB 10.11: seen under load), so that
 * a plain SELECT may miss what stands in the same transaction as the row that was picked. */
#define READ_LATEST " LOCK IN SHARE MODE"

/* The arguments of "… IN (%s)" over n items, padded by the last; returns how many. */
unsigned list_of_ids(struct db_arg *args, const struct id *ids, unsigned n);

/* Lets runs end whose leases have expired by now_ms, or, with expired_only false, whoever
 * holds them as long as the tokens match. Otherwise queue_end. */
bool queue_end_expired(struct db *db, struct db_conn **c, struct ended_run *runs, unsigned n,
                       int64_t now_ms, bool expired_only, unsigned *promoted, unsigned *deliveries,
                       struct error *err);

/* Moves due rows of queue_later; *moved as in queue_sweep, *taken how many rows were due. */
bool queue_take_due(struct db *db, struct db_conn **c, int64_t now_ms, unsigned max,
                    unsigned *moved, unsigned *taken, struct error *err);

#endif
