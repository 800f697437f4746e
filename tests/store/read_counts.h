/* How a store function's statements were really executed, by the session's counters: what EXPLAIN promises of a
 * statement, counted for all that a call sent.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_TESTS_READ_COUNTS_H
#define AGENTIV_TESTS_READ_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

struct read_counts {
	int64_t scans;       /* tables read whole, joins without a key included */
	int64_t scanned;     /* rows read so, those of temporary tables included */
	int64_t walked;      /* rows read along an index */
	int64_t looked_up;   /* keys sought */
	int64_t sorted;      /* rows that were sorted */
};

/* Of fx_conn's session since it began. Reading them does not count. */
struct read_counts read_counts_now(void);
struct read_counts read_counts_since(struct read_counts from);
/* Since then only ranges of indexes were read: no table whole, no rows sorted, at most so many keys sought and rows walked.
 * What is not so is printed. */
bool read_counts_within(struct read_counts from, const char *what, int64_t keys, int64_t rows);

#endif
