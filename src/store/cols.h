/* Columns into fixed arrays and arenas.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_STORE_COLS_H
#define AGENTIV_STORE_COLS_H

#include <stddef.h>

#include "base/arena.h"
#include "db/db.h"

/* The text of a column, cut to size; "" for NULL. */
void col_text(struct db_conn *c, unsigned col, char *out, size_t size);
/* The bytes of a column with a NUL behind them, in the arena; NULL for NULL. n may be NULL. */
const char *col_kept(struct db_conn *c, unsigned col, struct arena *a, size_t *n);

/* Room in the arena for one more row behind count of them; *room is 0 at first. Returns the rows, zeroed
 * behind count. */
void *col_room(struct arena *a, void *rows, unsigned count, unsigned *room, size_t size);

#endif
