/* Tables schedules, schedule_slots (the ledger), schedule_runs and events (sql/0011_schedules.sql).
 *
 * Lock order: the account's row of account_quota, then schedules; the scheduler (schedule_fire) passes over the
 * accounts whose row somebody else has, and so waits for nobody.
 *
 * Ownership: strings live in the arena given, or are the caller's during the call. */
#ifndef AGENTIV_STORE_SCHEDULES_H
#define AGENTIV_STORE_SCHEDULES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "db/db.h"
#include "store/executions.h"

#define SCHEDULE_BACKLOG_MAX 100   /* runs of one schedule that wait for their turn */

enum catch_up { CATCH_UP_LATEST, CATCH_UP_NONE, CATCH_UP__MAX };
enum overlap { OVERLAP_QUEUE, OVERLAP_SKIP, OVERLAP_CANCEL_PREVIOUS, OVERLAP__MAX };
const char *catch_up_name(enum catch_up c);                          /* "latest" */
bool catch_up_by_name(const char *name, enum catch_up *out);
const char *overlap_name(enum overlap o);                            /* "cancel_previous" */
bool overlap_by_name(const char *name, enum overlap *out);

/* What became of a slot. */
enum slot_outcome {
	SLOT_FIRED,
	SLOT_CAUGHT_UP,          /* fired late, for those that were missed too */
	SLOT_SKIPPED,
	SLOT_MANUAL,             /* asked for by hand: no slot of the expression */
	SLOT_OUTCOME__MAX
};
enum slot_reason {
	SLOT_NO_REASON,
	SLOT_MISSED,             /* no scheduler was there in time, and it is not caught up */
	SLOT_MERGED,             /* … and a later slot was caught up for it */
	SLOT_EDITED,             /* … and the schedule was changed before one came */
	SLOT_OVERLAP,            /* the run before it goes on, and overlap is "skip" */
	SLOT_BACKLOG,            /* too many runs of the schedule wait for their turn */
	SLOT_SUBSCRIPTION,       /* not active */
	SLOT_INTEGRATION,        /* one that the agent requires is not connected */
	SLOT_AGENT,              /* not there any more */
	SLOT_RUNS_PER_DAY, SLOT_RUNS_PER_MONTH, SLOT_TOKENS_PER_MONTH,   /* the limit that is used up */
	SLOT_REASON__MAX
};
const char *slot_outcome_name(enum slot_outcome o);                  /* "caught_up" */
bool slot_outcome_by_name(const char *name, enum slot_outcome *out);
const char *slot_reason_name(enum slot_reason r);                    /* "runs_per_day"; NULL for SLOT_NO_REASON */

struct schedule {
	struct id id;
	uint64_t  account_id;
	const char *agent;
	bool      enabled;
	const char *cron_expr, *timezone;
	const char *input; size_t input_len;                         /* JSON text */
	enum catch_up catch_up;
	enum overlap overlap;
	int64_t   starts_at, ends_at;                                /* ms; 0 none */
	unsigned  pause_after_failures;                              /* 0 never */
	unsigned  failures;                                          /* in a row */
	int64_t   paused_at;                                         /* 0: it was not paused by failures */
	int64_t   created_at, updated_at;
	int64_t   next_at, last_slot, last_run_at;                   /* 0 none */
	bool      has_status; enum exec_status last_status;          /* of the last run, as it is now */
	struct id last_execution_id;                                 /* when has_status */
	int64_t   total_runs;
};

/* ---- reading (src/store/schedules.c, schedule_slots.c) ---- */

/* Of an account and agent. lock: in a transaction that holds the account's quota row. */
bool schedule_find(struct db_conn *c, uint64_t account_id, const char *agent, bool lock, struct arena *a,
                   struct schedule *out, bool *found, struct error *err);
/* Of an account, by agent: one of an agent, so there are few. */
bool schedule_list(struct db_conn *c, uint64_t account_id, struct arena *a, struct schedule **out, unsigned *count,
                   struct error *err);

struct slot_record {
	int64_t   scheduled_for, recorded_at;
	enum slot_outcome outcome;
	enum slot_reason reason;
	bool      moved;
	int64_t   slots;
	bool      has_execution; struct id execution_id;
	bool      has_event; struct id event_id;
};
struct slot_filter {
	struct id schedule_id;
	int      outcome;                /* enum slot_outcome or -1 */
	int64_t  before;                 /* scheduled_for < before; INT64_MAX: all */
	unsigned limit;                  /* 1–100 */
};
/* The newest first; *more: there are others behind them, and *last is where to go on (the next before). With an outcome
 * it looks at no more than SLOT_SCAN_MAX rows, as execution_list does. out has room for limit. */
#define SLOT_SCAN_MAX 5000
bool schedule_slots(struct db_conn *c, const struct slot_filter *f, struct slot_record *out, unsigned *count,
                    bool *more, int64_t *last, struct error *err);

/* ---- changing: inside a transaction that holds the account's quota row ---- */

/* Writes a new schedule, or its definition anew: what is told of runs stays. */
bool schedule_insert(struct db_conn *c, const struct schedule *s, struct error *err);
bool schedule_update(struct db_conn *c, const struct schedule *s, struct error *err);
/* With the runs that wait for their turn, which end with CANCELLED (src/store/queue_schedule.c); what runs goes on. */
bool schedule_delete(struct db_conn *c, const struct schedule *s, int64_t now_ms, struct error *err);

/* Rows of the ledger, and last_slot of their schedule, the latest of them last. */
struct slot_new { struct id schedule_id; struct slot_record record; };
bool schedule_slots_insert(struct db_conn *c, const struct slot_new *s, unsigned n, struct error *err);   /* rows alone */
bool schedule_slots_add(struct db_conn *c, const struct slot_new *s, unsigned n, struct error *err);

/* ---- figures for /metrics and the doctor ---- */
struct schedule_stats {
	int64_t enabled;                 /* with a slot to come; all are counted up to QUEUE_COUNT_MAX */
	int64_t overdue, oldest_ms;      /* whose slot has come, and for how long the first has waited */
	int64_t paused;                  /* by failures */
	int64_t waiting;                 /* runs that wait for the one before them */
};
bool schedule_stats(struct db_conn *c, int64_t now_ms, struct schedule_stats *out, struct error *err);

#endif
