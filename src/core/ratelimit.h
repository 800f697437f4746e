/* Requests per minute, exact over the processes of a host without a durable write per request: the
 * host leases a part of the account's current minute from its row into one file mapped by all its processes, and spends
 * it there. Leases get smaller as the minute's budget runs low. Thread-safe. */
#ifndef AGENTIV_CORE_RATELIMIT_H
#define AGENTIV_CORE_RATELIMIT_H

#include "base/err.h"
#include "db/db.h"

struct ratelimit;

struct rate_info {
	int64_t limit;        /* LIMIT_UNLIMITED without a limit or without an account */
	int64_t remaining;    /* what this host knows to be left in the minute */
	int64_t reset_s;      /* Unix seconds: the start of the next minute */
};

/* path: the file, made when missing (RUN_DIR/requests.map). */
struct ratelimit *ratelimit_open(const char *path, struct db *db, struct error *err);
void ratelimit_close(struct ratelimit *r);

/* Counts one request. ERR_RATE_LIMITED with retry_after when the minute's figure is used up. info is always filled. */
bool ratelimit_spend(struct ratelimit *r, uint64_t account_id, int64_t limit,
                     struct rate_info *info, struct error *err);
/* The info of a request without an account. */
void ratelimit_none(struct rate_info *info);

#endif
