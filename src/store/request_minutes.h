/* Table request_minutes: what hosts have leased of an account's current minute. */
#ifndef AGENTIV_STORE_REQUEST_MINUTES_H
#define AGENTIV_STORE_REQUEST_MINUTES_H

#include <stdint.h>

#include "base/err.h"
#include "db/db.h"

struct minute_lease {
	int64_t minute;     /* minutes since 1970: as last seen, 0 unknown; then the database's current one */
	int64_t leased;     /* what all hosts together have of it: as last seen; then with this lease */
	int64_t got;        /* this lease; 0: nothing is left */
};

/* How much of what is left to take: at least 1, at most left. Called again when another host was faster. */
typedef int64_t (*minute_share)(int64_t limit, int64_t left);

/* Leases a part of the account's current minute, of which no more than limit is ever given out. One statement
 * when l still tells what the row holds, else two. When the outcome of the write is not known the lease is as if
 * it had been used up. */
bool request_minutes_lease(struct db *db, uint64_t account_id, int64_t limit, minute_share share,
                           struct minute_lease *l, struct error *err);

#endif
