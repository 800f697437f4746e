/* Tables execution_plans, effects and agent_memory: what runs mean to change outside, what came of it, and what users
 * changed back.
 *
 * Lock order: the run's lease, then its plan, effects by key, memory by (kind, subject).
 *
 * Ownership: strings that are read live in the arena given. */
#ifndef AGENTIV_STORE_EFFECTS_H
#define AGENTIV_STORE_EFFECTS_H

#include "base/arena.h"
#include "base/crypto.h"
#include "store/queue.h"

/* NEW: no row yet. INTENDED: it may have been done. UNDONE: it was done, and the user changed it back. FAILED: it was
 * not done and may be tried again. BUSY is told, not stored: INTENDED by another run, which is under way. */
enum effect_state { EFFECT_NEW, EFFECT_INTENDED, EFFECT_DONE, EFFECT_UNDONE, EFFECT_FAILED, EFFECT_BUSY };

/* What an effect teaches: one more done, or undone, of this subject. */
struct lesson { const char *kind, *subject; };
#define EFFECT_LESSONS_MAX 2
#define MEMORY_SUBJECT_MAX 320       /* characters */

struct effect_row {
	uint8_t key[SHA256_SIZE];
	const char *kind;                /* "archive" */
	struct lesson lessons[EFFECT_LESSONS_MAX]; unsigned lesson_count;
	/* as read */
	enum effect_state state;
	const char *remote_id;           /* NULL when none is known */
	int64_t changed_at;
	struct id execution_id;
};
#define EFFECTS_MAX 1024                 /* in one call */

/* The plan of an earlier attempt; *plan NULL when there is none. */
bool plan_load(struct db_conn *c, const struct id *execution_id, struct arena *a, const char **plan, size_t *n,
               struct error *err);

/* Reads the states of effects, in no transaction. */
bool effects_look(struct db_conn *c, uint64_t account_id, struct effect_row **rows, unsigned n, struct arena *a,
                  struct error *err);

/* In one transaction: checks the lease (*held false and nothing done when it is not ours), writes the plan unless it is
 * NULL, reads the effects' states, which are then as they were before, and marks those that are NEW, FAILED or INTENDED as
 * intended by this run; those that are BUSY stay the other run's. */
bool effects_intend(struct db *db, const struct lease_ref *lease, const char *agent, const char *plan, size_t plan_len,
                    struct effect_row **rows, unsigned n, int64_t now_ms, struct arena *a, bool *held,
                    struct error *err);

/* Writes what came of effects: DONE (with remote_id), UNDONE or FAILED. Only who changes the state counts its
 * lessons, so each is counted once; *changed (may be NULL) how many were. DONE may follow INTENDED and FAILED, UNDONE
 * only DONE, FAILED only INTENDED. */
bool effects_settle(struct db *db, uint64_t account_id, const char *agent, struct effect_row **rows, unsigned n,
                    enum effect_state state, int64_t now_ms, unsigned *changed, struct error *err);

struct memory_row {
	const char *agent;               /* of memory_list only */
	const char *kind, *subject;
	int64_t done, undone, changed_at;
};
/* Fills the counts of rows, 0 where nothing is known. */
bool memory_look(struct db_conn *c, uint64_t account_id, const char *agent, struct memory_row *rows, unsigned n,
                 struct error *err);
/* All that is known of an account, of one agent or (NULL) of all, by agent, kind and subject; at most max. */
bool memory_list(struct db_conn *c, uint64_t account_id, const char *agent, unsigned max, struct arena *a,
                 struct memory_row **out, unsigned *count, struct error *err);
/* Forgets; kind and subject NULL: all of the agent's. *removed rows. */
bool memory_reset(struct db_conn *c, uint64_t account_id, const char *agent, const char *kind, const char *subject,
                  uint64_t *removed, struct error *err);

#endif
