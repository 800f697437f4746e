/* What the files of the outbox share: rows of one lease are changed by one statement.
 *
 * Ownership: nothing is kept. */
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

#endif
