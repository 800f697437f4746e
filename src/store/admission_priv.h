/* What the files of the admission share.
 *
 * Ownership: a batch borrows its admissions for the time of the transaction. */
#ifndef AGENTIV_STORE_ADMISSION_PRIV_H
#define AGENTIV_STORE_ADMISSION_PRIV_H

#include "store/admission.h"

struct admission_batch {
	struct admission *const *a;
	unsigned n;
	int64_t  now_ms;
	admission_decide decide;
	struct quota quotas[ADMISSION_BATCH_MAX];   /* ascending by account: the lock order */
	unsigned quota_count;
	bool     any_key;
	int      first_accepted;                    /* index, -1 none */
};

/* NULL: the batch has nothing of this account. */
struct quota *admission_quota_of(struct admission_batch *b, uint64_t account_id);
/* Locks the quota rows of the batch's accounts, and reads what is known of its idempotency keys and of the budgets that
 * bound it: outcomes ADMIT_REPLAYED and ADMIT_CONFLICT, and spent. */
bool admission_look(struct db_conn *c, struct admission_batch *b, struct error *err);

/* Accounts that reach 80 and 100 per cent of a month's runs by this are told so, each once in a month. The counters were
 * written. */
bool admission_tell_quotas(struct db_conn *c, struct admission_batch *b, struct error *err);

#endif
