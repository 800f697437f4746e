/* POSTs that create, at most once for each Idempotency-Key (API.md, Runs): the answer is kept in the transaction that makes
 * the thing, sealed, as it may hold a key or a secret. A repeat within 24 h is given it; one that comes before that
 * transaction's end waits for it; nothing is kept of what was refused. Runs have their own way (store/admission.h).
 *
 *	once_init(&o, secrets, account, 201, render);
 *	once_key(&o, "POST", "/api/keys", NULL, header, body, n, err)      the handler, when the header was sent
 *	… in the transaction, made of what core makes:
 *	once_begin(c, &o, &id, &answered, err) && (answered || (make … && once_keep(c, &o, made, err)))
 *	… o.answer is the body, o.status its status, o.replayed whether it is a repeat's
 *	once_release(&o);
 *
 * Ownership: what it holds is wiped and freed by once_release. */
#ifndef AGENTIV_CORE_ONCE_H
#define AGENTIV_CORE_ONCE_H

#include "base/buf.h"
#include "core/secrets.h"
#include "store/kept_answers.h"

#define ONCE_ANSWER_MAX (2u << 20)

struct once {
	struct secrets *secrets;
	/* Writes the answer's body of what was made. Called in the transaction, again when that is repeated. */
	void (*render)(const void *made, struct buf *out);
	bool has_key;
	struct kept_answer kept;

	int status;
	bool replayed;
	struct buf answer;
};

void once_init(struct once *o, struct secrets *secrets, uint64_t account_id, int status,
               void (*render)(const void *made, struct buf *out));
void once_release(struct once *o);

/* 1 to 255 printable ASCII characters; ERR_INVALID_INPUT names the header. */
bool once_key_valid(const char *key, struct error *err);
/* route: its path in the table; param: what stands for its {}, NULL none. */
bool once_key(struct once *o, const char *method, const char *route, const char *param, const char *key,
              const void *body, size_t n, struct error *err);

/* In the transaction. *answered: the answer is there, nothing is to be made. made: the id that it would have.
 * ERR_CONFLICT: the key was used with another body. o NULL: nobody asks for an answer. */
bool once_begin(struct db_conn *c, struct once *o, const struct id *made, bool *answered, struct error *err);
bool once_keep(struct db_conn *c, struct once *o, const void *made, struct error *err);

#endif
