/* What benches of the store share: the server's own time, and waiting until it is in order.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_TESTS_SERVER_COST_H
#define AGENTIV_TESTS_SERVER_COST_H

#include "db/db.h"

/* Ends the program with the error unless ok. */
void must(bool ok, const char *what, const struct error *err);
/* CPU time of all threads of the server in microseconds, purging included; 0 when pid is 0 or on another host. */
int64_t server_cpu_us(long pid);
/* Waits, a minute at most, until what was deleted is purged and what was written is flushed, so that filling is not
 * measured with what follows. */
void settle(struct db_conn *c);
double median(double *n, long count);      /* sorts n */

#endif
