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

/* The ids of deliveries to be made that were made before `before`; ascending. Where there are more than so many the sender
 * has been away for as long as things are kept: *all is false. Reads the whole outbox, without a lock. */
#define OLD_OUTBOX_MAX 10000
struct old_outbox { struct id ids[OLD_OUTBOX_MAX]; unsigned n; bool all; };
bool old_outbox_read(struct db_conn *c, int64_t before, struct old_outbox *o, struct error *err);
bool old_outbox_has(const struct old_outbox *o, const struct id *id);

#endif
