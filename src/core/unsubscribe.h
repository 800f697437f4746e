/* The link in a mail by which its reader wants no more of its kind (RFC 8058): POST …/api/unsubscribe/{token}. Whoever has
 * the token may do that, and nothing else. It is sealed under the server's keys, so no other installation's is taken, and it
 * is good as long as the key is there under which it was made. Thread-safe.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_CORE_UNSUBSCRIBE_H
#define AGENTIV_CORE_UNSUBSCRIBE_H

#include "base/buf.h"
#include "core/secrets.h"
#include "store/notifications.h"

/* Appends a token, in characters that need no escapes in a URL. kinds: bits, 1 << enum notification. */
bool unsubscribe_token(struct secrets *s, struct db_conn *c, const struct id *user_id, uint64_t account_id,
                       unsigned kinds, struct buf *out, struct error *err);

struct unsubscribe { struct id user_id; uint64_t account_id; unsigned kinds; };
/* What a token stands for. ERR_NOT_FOUND: it is none of this installation's. */
bool unsubscribe_open(struct secrets *s, const char *token, struct unsubscribe *out, struct error *err);
/* Does it; done already is done. ERR_NOT_FOUND as above, or when the account is gone. address: the client's. */
bool unsubscribe_do(struct db *db, struct secrets *s, const char *token, const char *address, struct unsubscribe *out,
                    struct error *err);

#endif
