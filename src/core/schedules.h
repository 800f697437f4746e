/* Schedules as their owners see and change them. Firing is the scheduler's (core/scheduler.h).
 *
 * Every change is told in the audit log, in its own transaction, and the scheduler of this host of the slot that comes
 * next. A change never makes a slot of the past fire: those that have come and were not taken up yet stand in the
 * history with the reason "edited". Thread-safe.
 *
 * Ownership: strings of schedules live in the arena given. */
#ifndef AGENTIV_CORE_SCHEDULES_H
#define AGENTIV_CORE_SCHEDULES_H

#include "agents/registry.h"
#include "base/cron.h"
#include "base/doorbell.h"
#include "base/json.h"
#include "core/once.h"
#include "core/principal.h"
#include "store/audit.h"
#include "store/schedules.h"

#define SCHEDULE_PREVIEW_MAX     1000
#define SCHEDULE_PREVIEW_COUNT   5
#define SCHEDULE_HISTORY_MAX     100
#define SCHEDULE_HISTORY_COUNT   20
#define SCHEDULE_FAILURES_MAX    1000

struct schedules {
	struct db *db;
	const struct registry *agents;
	struct doorbell_ringer *ringer;      /* NULL: nobody is told */
};

/* When a schedule fires, read from what was written. */
struct schedule_rule { struct cron cron; struct zone *zone; };
/* ERR_INVALID_INPUT names cron_expr or timezone; also for an expression that never fires in that zone, whose clock changes
 * always skip its times. schedule_rule_close, whatever is returned. */
bool schedule_rule_open(struct schedule_rule *r, const char *cron_expr, const char *timezone, struct error *err);
void schedule_rule_close(struct schedule_rule *r);
/* ERR_INVALID_INPUT: ends_at is before starts_at. */
bool schedule_bounds_check(const struct schedule *s, struct error *err);

/* A schedule as it is shown: with what would keep a run from starting as things stand (ERR_NONE: nothing; quotas are
 * not among them, as they come back by themselves). */
struct schedule_view { struct schedule s; struct error blocked; };
void schedules_judge(const struct schedules *ss, const struct principal *p, struct schedule_view *v);
void schedule_put(struct json_out *w, const char *key, const struct schedule_view *v);

/* ERR_NOT_FOUND. */
bool schedules_agent(const struct schedules *ss, const char *slug, const struct manifest **out, struct error *err);

/* ---- reading ---- */

/* By agent. p: whose they are. */
bool schedules_list(const struct schedules *ss, const struct principal *p, struct arena *a, struct schedule_view **out,
                    unsigned *count, struct error *err);
/* ERR_NOT_FOUND: no such agent, or the account has no schedule of it. */
bool schedules_find(const struct schedules *ss, const struct principal *p, const char *agent, struct arena *a,
                    struct schedule_view *out, struct error *err);
/* f: what is asked for, its schedule filled in; the rest as schedule_slots. */
bool schedules_history(const struct schedules *ss, uint64_t account_id, const char *agent, struct slot_filter *f,
                       struct slot_record *out, unsigned *count, bool *more, int64_t *last, struct error *err);
void slot_put(struct json_out *w, const char *key, const struct slot_record *r);

/* The next max instants behind one at which a rule fires, within bounds (0: none). Returns how many there are. */
unsigned schedule_times(const struct schedule_rule *r, int64_t starts_at, int64_t ends_at, int64_t after_ms,
                        unsigned max, struct cron_slot *out);
/* The same of an account's schedule. ERR_NOT_FOUND. */
bool schedules_preview(const struct schedules *ss, uint64_t account_id, const char *agent, int64_t after_ms,
                       unsigned max, struct cron_slot *out, unsigned *count, struct error *err);

/* ---- changing ---- */

/* Makes v->s its account's schedule of its agent, or puts it in the place of the one that is there, whose runs and
 * history stay; the definition is given (rule is that of its cron_expr and timezone), the rest is filled in. once, whose
 * render is given v, and whose status is 201 for the first and 200 for one that takes another's place: NULL when no
 * answer is wanted. ERR_INVALID_INPUT: ends_at is over. */
bool schedules_set(const struct schedules *ss, const struct actor *who, struct schedule_view *v,
                   const struct schedule_rule *rule, struct once *once, struct error *err);
/* With the runs that wait for their turn. ERR_NOT_FOUND. */
bool schedules_delete(const struct schedules *ss, const struct actor *who, uint64_t account_id, const char *agent,
                      struct error *err);
/* Pauses it or has it go on, as far as it is not so already; what is counted of failures begins anew when it goes on.
 * ERR_NOT_FOUND. */
bool schedules_enable(const struct schedules *ss, const struct actor *who, uint64_t account_id, const char *agent,
                      bool enabled, struct error *err);

/* A run that is asked for by hand: the execution, as an asynchronous run is told of. */
struct schedule_start {
	struct id id;
	const struct manifest *agent;
	int64_t created_at, estimate_ms;     /* the last is the caller's */
};
/* Starts a run of the schedule now, with its input and its overlap policy. has_key_id false: asked for by a session or
 * the operator. once, whose render is given out: NULL when no answer is wanted. ERR_NOT_FOUND; otherwise as
 * schedule_run_now (core/schedule_decide.h). */
struct schedule_asker { bool has_key_id; struct id key_id, budget_key; };
bool schedules_run(const struct schedules *ss, const struct actor *who, uint64_t account_id, const char *agent,
                   const struct schedule_asker *asker, struct schedule_start *out, struct once *once,
                   struct error *err);
void schedule_start_put(struct json_out *w, const char *key, const struct schedule_start *s);

#endif
