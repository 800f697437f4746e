/* Firing: due schedules are taken, decided upon and written in one transaction: the slots' rows of the ledger, executions
 * with their quota use and queue rows, events, and when the schedules are due next.
 *
 * Ownership: strings of due schedules live as long as the decision about them. */
#ifndef AGENTIV_STORE_SCHEDULE_FIRE_H
#define AGENTIV_STORE_SCHEDULE_FIRE_H

#include "base/buf.h"
#include "store/accounts.h"
#include "store/admission.h"
#include "store/schedules.h"

#define FIRE_BATCH_MAX 256            /* schedules in one transaction */
#define FIRE_BYTES_MAX (2u << 20)     /* of their inputs, but for the first one's */
#define FIRE_SLOTS_MAX 4096           /* rows of the ledger in one transaction, but for the first schedule's */

/* A schedule as locked, with what its run needs to be allowed. Of s only the definition, next_at and last_slot are read. */
struct due_schedule {
	struct schedule s;
	struct id user_id;
	enum subscription_status subscription;
	int64_t  trial_ends_at;
	const char *connected;            /* its account's integrations, comma-separated; "" none */
	bool     budgeted;                /* the account has monthly token budgets */
	unsigned unfinished;              /* its runs that are not over */
	bool     wanted;                  /* an endpoint of its account wants schedule.fired */
};

/* What is to become of it, as decided. Its last slot is the one that came now. */
struct firing {
	struct slot_record *slots;        /* ascending */
	unsigned slot_count, slot_max;
	int64_t  next_at;                 /* 0 none */
	bool     fires;                   /* the last slot makes a run, if quotas allow it */
	bool     waits;                   /* … which starts when those before it have ended */
	bool     cancels;                 /* … which are cancelled */
	bool     has_event;               /* the last slot is told to receivers */
	bool     leaves;                  /* nothing can be decided: it stays due */
};
/* One more slot, which stands for itself alone. */
struct slot_record *firing_slot(struct firing *f, int64_t scheduled_for, enum slot_outcome outcome,
                                enum slot_reason reason);

/* What core brings to it. Both are called again when the transaction is repeated. */
struct fire_rules {
	void (*decide)(void *ctx, const struct due_schedule *d, int64_t now_ms, struct firing *out);
	admission_decide quota;
	/* The body of schedule.fired; execution NULL: none was made. */
	void (*render)(const struct due_schedule *d, int64_t scheduled_for, const struct id *execution, int64_t now_ms,
	               struct buf *out);
	void *ctx;
};

/* Where the last batch of a pass stopped; zeroed: at the beginning. */
struct fire_cursor { bool onward; int64_t next_at; struct id id; };

struct fired {
	unsigned picked;                  /* due schedules that were found: 0 none is left behind the cursor */
	unsigned left;                    /* … of them those that others have in hand, or that stay due */
	unsigned fired, skipped;          /* rows of the ledger with and without a run */
	unsigned ready;                   /* runs that can start now */
	unsigned deliveries;              /* events and deliveries that are due, for the sender */
	/* workers whose runs were asked to stop */
	struct { char doorbell[DOORBELL_NAME_SIZE]; struct id id; } *asked; unsigned asked_count;
};
void fired_release(struct fired *f);

/* Fires up to max (FIRE_BATCH_MAX) schedules that are due at now_ms, behind the cursor, in one transaction that waits for
 * nobody: those of accounts that somebody else has in hand are left for the next pass. When it fails the cursor stays,
 * unless max is 1: then it passes over the one that cannot be fired. fired_release, whatever is returned. */
bool schedule_fire(struct db *db, struct db_conn **c, const struct fire_rules *rules, unsigned max, int64_t now_ms,
                   struct fire_cursor *cursor, struct fired *out, struct error *err);

/* Who asks for a run by hand, and what became of it. */
struct hand_run {
	struct id id;                     /* the run's, made by the caller */
	bool has_key_id; struct id key_id, budget_key;
	struct admission admission;       /* out: outcome, ready, limit and spent, when it was decided to fire */
	struct id schedule_id;            /* out */
	bool fires;                       /* out */
};
/* Fires one schedule now, inside a transaction that holds its account's quota row. *found false: the account has no
 * schedule of this agent. What out tells of is to be done after the commit. */
bool schedule_fire_by_hand(struct db_conn *c, uint64_t account_id, const char *agent, const struct fire_rules *rules,
                           int64_t now_ms, struct hand_run *run, struct fired *out, bool *found, struct error *err);

/* When the next one behind after_ms is due, INT64_MAX when none is; the clock is set by the database's on the way. */
bool schedule_look(struct db_conn *c, int64_t after_ms, int64_t *next_ms, struct error *err);

#endif
