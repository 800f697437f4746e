/* What the files of retention share.
 *
 * Ownership: a drop borrows its values; they live until it was done. */
#ifndef AGENTIV_STORE_RETENTION_PRIV_H
#define AGENTIV_STORE_RETENTION_PRIV_H

#include "store/retention.h"

#define DROPS_MAX 4

/* Rows to be removed by their whole keys, ascending, in one transaction: `rows` rows of `cols` values each for every one
 * of the statements, in this order, which is the lock order. */
struct drop {
	const char *sql[DROPS_MAX];       /* the first ones; NULL ends them */
	const struct db_arg *args;
	unsigned cols, rows;
};
/* Adds what was removed to *removed. Repeating it is harmless. */
bool drop_rows(struct db *db, struct db_conn **c, const struct drop *d, uint64_t *removed, struct error *err);

/* The same of a chunk that was read up to `at`. The walk goes on behind it even when the database refuses to remove it, so
 * that it keeps nothing else from being removed; the next walk tries it again. over: nothing is behind it. */
bool drop_chunk(struct db *db, struct db_conn **c, const struct drop *d, const struct table_walk *at, bool over,
                struct prune *p, struct error *err);

#endif
