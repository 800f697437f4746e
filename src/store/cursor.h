/* Where the last claim stopped. A deleted row stays in the way until the server purges it, and under load a claim
 * from the beginning passes over thousands; the next one begins behind them. Rows may come before it (held runs,
 * retries, what was committed late), so a claim begins at the beginning when the last one was not full, and every
 * CURSOR_WHOLE_US in any case.
 *
 * Ownership: the caller's, zeroed at first; of one queue and one thread. */
#ifndef AGENTIV_STORE_CURSOR_H
#define AGENTIV_STORE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/id.h"

#define CURSOR_WHOLE_US INT64_C(50000)

struct claim_cursor {
	struct id after;        /* of the queue */
	int64_t   due_at;       /* of the outbox */
	int64_t   whole_us;     /* when the last claim from the beginning was (monotonic); 0: begin there */
};

/* Whether a claim begins behind the cursor (NULL: no). */
static inline bool cursor_onward(const struct claim_cursor *cursor)
{
	return cursor && cursor->whole_us != 0 && clock_mono_us() - cursor->whole_us < CURSOR_WHOLE_US;
}

/* A claim was made; full: it took all it could. */
static inline void cursor_passed(struct claim_cursor *cursor, bool onward, bool full)
{
	if (!full)
		cursor->whole_us = 0;
	else if (!onward)
		cursor->whole_us = clock_mono_us();
}

#endif
