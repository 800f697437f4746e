/* Retention: removes what is older than it has to be kept, a chunk of at most RETENTION_CHUNK rows at a time. A chunk is
 * read without a lock, and removed by whole keys in one short transaction, so that nobody waits who does not want these
 * rows; and what is not over is never among them.
 * Ids are ULIDs, so what is old stands at the beginning of most tables. A walk goes on behind the rows that it has seen,
 * also behind those that it had to leave, and begins again now and then.
 *
 * Ownership: nothing here allocates. */
#ifndef AGENTIV_STORE_RETENTION_H
#define AGENTIV_STORE_RETENTION_H

#include "store/duties.h"

#define RETENTION_CHUNK 1000

struct prune {
	int64_t  before;                  /* ms: what is from before this goes */
	struct table_walk at;             /* in and out */
	uint64_t rows;                    /* removed; added to */
	bool     over;                    /* out: nothing more is left to look at */
};

/* One chunk. *c may be replaced. false: what the database refused to remove is passed over, `at` is behind it. */
typedef bool (*prune_fn)(struct db *db, struct db_conn **c, struct prune *p, struct error *err);

/* Executions that ended before, with their results, steps, plans and tokens. One that is not over stays: without a final
 * result, in a table of the queue, leased, of a schedule that has not heard of its end, or with a delivery to be made. */
bool prune_executions(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
/* All steps of runs that ended before. */
bool prune_steps(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
/* Deliveries whose last attempt was before, with their attempts, if none will be made any more. */
bool prune_deliveries(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
bool prune_events(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
/* What was told by mail, or waits for a mail that was not sent since. */
bool prune_notifications(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
bool prune_audit(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
/* Rows of ledgers whose slot is from before, and was recorded before. */
bool prune_slots(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
bool prune_idempotency(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
bool prune_answers(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
/* Sessions that ended, and windows of failed logins that began, before. */
bool prune_sessions(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
bool prune_failures(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
/* Accounts' minutes of requests from before; the next request makes the row anew. */
bool prune_minutes(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
/* Processes that were last seen before. */
bool prune_processes(struct db *db, struct db_conn **c, struct prune *p, struct error *err);
/* Closed months that began before. */
bool prune_months(struct db *db, struct db_conn **c, struct prune *p, struct error *err);

#endif
