/* What the files of the outbox share: rows of one lease are changed by one statement; and a claim on its way.
 *
 * Ownership: nothing is kept; what a claim reads lives in its arena. */
#ifndef AGENTIV_STORE_OUTBOX_PRIV_H
#define AGENTIV_STORE_OUTBOX_PRIV_H

#include "store/outbox.h"

/* A row of the outbox by its key, and under which token it is meant. */
struct outbox_key {
	int64_t   due_at;
	uint64_t  token;
	struct id id;
	unsigned  index;     /* the caller's */
};

/* In order of the outbox's key: the order in which rows are locked. */
void outbox_sort(struct outbox_key *k, unsigned n);

/* How many of k[0..n), sorted, are of one due_at and token, and fit in one list. */
unsigned outbox_group(const struct outbox_key *k, unsigned n);

/* The arguments of "due_at = ? AND delivery_id IN (%s)" for a group of n, with "AND token = ?" between them when
 * with_token; returns how many there are and in *size the size of the list. */
unsigned outbox_group_args(struct db_arg *args, const struct outbox_key *k, unsigned n, bool with_token,
                           unsigned *size);
#define OUTBOX_ARGS_MAX (DB_LIST_MAX + 4)

/* The arguments of "… IN (%s)" over the ids of at most DB_LIST_MAX keys; returns how many. */
unsigned list_of_keys(struct db_arg *args, const struct outbox_key *k, unsigned n);

/* Adds attempts to a row of delivery_totals. */
bool delivery_totals_add(struct db_conn *c, unsigned shard, const struct delivery_result *const *r, unsigned n,
                         struct error *err);

/* Columns of endpoints, in the order in which target_read takes them. */
#define TARGET_COLUMNS "id, url, enabled, failing_since, secret, previous_secret, previous_until"
#define TARGET_COLUMN_COUNT 7
const struct delivery_target *target_read(struct db_conn *c, struct arena *a);

/* Rows of deliveries, which are put into the outbox by who calls: at most DB_LIST_MAX. */
bool deliveries_insert(struct db_conn *c, const struct delivery_new *d, unsigned n, int64_t now_ms, struct error *err);

/* ---- a claim ---- */

/* What becomes of a row that was picked. */
enum picked {
	PICKED_SENT,         /* it is leased */
	PICKED_DROPPED,      /* nothing is left to be done for it, or nothing that could be */
	PICKED_LEFT          /* it stays due: this claim has made enough of others */
};

struct claim {
	unsigned max;
	int64_t  now_ms, due_at;         /* due_at: when the lease ends */
	int64_t  from;                   /* due then or later: the cursor's, or 0 */
	uint64_t token;
	struct arena *arena;
	struct delivery *out;            /* as picked, then those that are leased */
	unsigned count;
	struct delivery *made;           /* of endpoints, from events among what was picked: leased as they are made */
	unsigned made_count, fanned;     /* fanned: those for which there was no room, due now */
	unsigned dropped;
	struct outbox_key keys[OUTBOX_BATCH_MAX];   /* as they were found */
	bool     fanout[OUTBOX_BATCH_MAX];
	enum picked becomes[OUTBOX_BATCH_MAX];
	unsigned picked;
	int64_t  last_due;               /* of the last of them */
};

/* Reads what was picked: runs, deliveries, events, endpoints. What nothing is found for has account_id 0. */
bool claim_read(struct db_conn *c, struct claim *k, struct error *err);
/* Makes deliveries of the events among what was picked, and leases as many as there is room for. An event that would make
 * too many after others is left. */
bool claim_fan_out(struct db_conn *c, struct claim *k, struct error *err);

#endif
