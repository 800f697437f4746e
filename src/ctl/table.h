/* Results for people: aligned tables and lists of labels, with colours on a terminal.
 * Control characters in cells are replaced, so that nothing stored can drive the terminal.
 *
 * Ownership: cells live in the arena given. */
#ifndef AGENTIV_CTL_TABLE_H
#define AGENTIV_CTL_TABLE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

enum table_colour { PLAIN, BOLD, DIM, RED, GREEN, YELLOW };

struct table {
	struct arena *arena;
	bool colour;
	const char *const *heads;        /* ends with NULL; NULL itself: labels before values */
	unsigned cols, count, room;
	struct table_cell { const char *text; enum table_colour colour; } *cells;
};

/* heads NULL: a list of two columns, label and value. */
void table_init(struct table *t, struct arena *a, bool colour, const char *const *heads);
void table_add(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_add_coloured(struct table *t, enum table_colour colour, const char *text);
/* text is not copied: it lives until the table is printed, and is of printable characters. */
void table_add_secret(struct table *t, enum table_colour colour, const char *text);
void table_add_time(struct table *t, int64_t ms);            /* 0: a dash */
/* Nothing but a line that says so when there is no row. */
void table_print(const struct table *t, const char *when_empty, struct buf *out);

/* Replaces, in place, what would drive a terminal: control characters. text is UTF-8. */
void table_printable(char *text);

/* text in a colour, where colours are on. */
void table_paint(struct buf *out, bool on, enum table_colour colour, const char *text);

#endif
