/* What the files of the duties share: the table, a pass, and what the thread calls.
 *
 * Ownership: a pass has its connection until whoever made it puts that back. */
#ifndef AGENTIV_CORE_DUTIES_PRIV_H
#define AGENTIV_CORE_DUTIES_PRIV_H

#include "core/duties.h"
#include "store/retention.h"

#define SECOND_MS INT64_C(1000)
#define HOUR_MS   INT64_C(3600000)
#define DAY_MS    (24 * HOUR_MS)
#define REST_MS   SECOND_MS                   /* what is left over of a duty is due after this */

/* When what is from before which instant goes; INT64_MIN: nothing does, it is kept for ever. */
typedef int64_t (*before_fn)(const struct config *cfg, int64_t now_ms);

struct duty {
	const char *name;
	int64_t     period_ms;
	before_fn   before;
	prune_fn    work;
	/* Its rows come in order of time: a walk goes on where the one before it ended. Others begin at the beginning. */
	bool        goes_on;
	bool        monthly;              /* due with each month; period_ms is how soon it should be done then */
};

/* Those there are. */
extern const struct duty duties[];
extern const unsigned duty_count;
/* NULL: another version's. */
const struct duty *duty_of(const char *name);
int64_t duty_next_due(const struct duty *d, int64_t now_ms);

struct pass {
	const struct duties_env *env;
	struct db_conn *conn;
	struct duties_counts *counts;
	atomic_bool *stopping;            /* NULL: nobody stops it */
	int64_t until_us;
	int64_t rest_ms;                  /* until what is left over is due */
	bool    away;                     /* the database is: nothing more is tried */
};

/* Does what is due once. *left: some of it has more to do; *next_ms: when the next one is due. */
bool duties_turn(struct pass *p, bool *left, int64_t *next_ms, struct error *err);

#endif
