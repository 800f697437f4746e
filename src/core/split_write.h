/* Writing many rows as one transaction, of which one may be what the database refuses. */
#ifndef AGENTIV_CORE_SPLIT_WRITE_H
#define AGENTIV_CORE_SPLIT_WRITE_H

#include <stdbool.h>

#include "base/err.h"

struct split_write {
	/* Writes rows [from, from + n); false with err. */
	bool (*write)(void *ctx, unsigned from, unsigned n, struct error *err);
	/* Row i is refused alone: leaves out more of what may not be storable; false when nothing more can be. */
	bool (*strip)(void *ctx, unsigned i);
	/* It is refused even so. */
	void (*give_up)(void *ctx, unsigned i);
	const char *what;          /* for the log: "runs could not be ended" */
	void *ctx;
};

/* Writes rows [0, n) in order; a group that the database refuses is halved, so that one bad row fails alone. Returns
 * how many are done with, from the first on: fewer than n when the database is away, with err, and the rest is to be
 * tried again. */
unsigned split_write(const struct split_write *w, unsigned n, struct error *err);

#endif
