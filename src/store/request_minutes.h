/* Table request_minutes: what hosts have leased of an account's current minute. */
#ifndef AGENTIV_STORE_REQUEST_MINUTES_H
#define AGENTIV_STORE_REQUEST_MINUTES_H

#include <stdint.h>

#include "base/err.h"
#include "db/db.h"

struct minute_lease {
	int64_t minute;     /* minutes since 1970, the database's */
	int64_t leased;     /* what all hosts together have of it, with this lease */
	int64_t got;        /* this lease; 0: nothing is left */
};

/* Leases a part of the account's current minute, of which no more than limit is ever given out: a quarter of what is
 * left, at least 1 and at most `most`. One statement, without a lock beyond it; two when nothing is left. When the
 * outcome of the write is not known the lease is as if it had been used up. ERR_UNAVAILABLE. */
bool request_minutes_lease(struct db *db, uint64_t account_id, int64_t limit, int64_t most,
                           struct minute_lease *l, struct error *err);

#endif
