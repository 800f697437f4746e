/* Tables reseals, and every column that holds something sealed: what is sealed under another key than the active one is
 * sealed anew, in batches that note how far they came. Another column is a line of the table in reseal.c. */
#ifndef AGENTIV_STORE_RESEAL_H
#define AGENTIV_STORE_RESEAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"
#include "db/db.h"

/* Seals p again, under the key of that id. false: it cannot be opened, and stays as it is. */
typedef bool (*reseal_fn)(void *ctx, const char *id, const char *context, const void *p, size_t n, struct buf *out);

struct reseal_batch {
	char id[SECRET_ID_SIZE];         /* the active id; "" when none is: nothing is done */
	bool done;                       /* everything has been looked at */
	int64_t resealed, unopened;      /* in all, since the id became active */
};
/* One batch in one transaction, which waits for another's that is under way. What was changed meanwhile is left. */
bool reseal_step(struct db *db, reseal_fn again, void *ctx, struct reseal_batch *out, struct error *err);

/* A pass that is over begins again, for what was written under another key since: restored from a copy, or by a
 * cluster's node that did not know yet. */
bool reseal_restart(struct db_conn *c, struct error *err);

/* Whether there is, or soon may be, something to seal anew: the active key has not been through everything, or another
 * was made. One statement. */
bool reseal_wanted(struct db_conn *c, bool *wanted, struct error *err);

/* How many values of each place are sealed under each id. Reads whole tables. */
struct sealed_count { char id[SECRET_ID_SIZE]; int64_t n; };
bool sealed_counts(struct db_conn *c, struct arena *a, struct sealed_count **out, unsigned *count, struct error *err);

#endif
