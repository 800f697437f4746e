/* Table kept_answers: the first answer to a POST that made something and named an Idempotency-Key. Runs have theirs in
 * idempotency_keys (store/admission.h).
 *
 * Both functions are for the transaction that makes the thing: who claims the record first goes on, and a repeat at the same
 * time waits for that transaction's end, to find its answer, or no record when it was rolled back.
 *
 * Ownership: answer is the caller's buffer. */
#ifndef AGENTIV_STORE_KEPT_ANSWERS_H
#define AGENTIV_STORE_KEPT_ANSWERS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "db/db.h"

enum kept_state {
	KEPT_MINE,        /* nothing was made yet: make it, then keep the answer */
	KEPT_SAME,        /* it was made; here is the answer */
	KEPT_OTHER        /* the key was used with another body */
};

struct kept_answer {
	uint8_t   scope_hash[32], body_hash[32];
	uint64_t  account_id;
	struct id object_id;      /* of what is to be made: tells a transaction that is repeated from another request */
	int64_t   now_ms;
	int64_t   keep_ms;        /* an older record counts as none; 0: IDEMPOTENCY_KEEP_MS (store/admission.h) */
	int       status;         /* of HTTP; filled in by the claim when there is an answer */
	bool      own;            /* the same: the answer is of an earlier attempt of this very transaction */
};

/* sealed: the kept answer is added to it. */
bool kept_answer_claim(struct db_conn *c, struct kept_answer *k, enum kept_state *state, struct buf *sealed,
                       struct error *err);
bool kept_answer_put(struct db_conn *c, const struct kept_answer *k, const void *sealed, size_t n, struct error *err);

#endif
