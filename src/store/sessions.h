/* Tables sessions and login_failures, and the passwords of accounts.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_STORE_SESSIONS_H
#define AGENTIV_STORE_SESSIONS_H

#include "base/err.h"
#include "base/id.h"
#include "base/network.h"
#include "db/db.h"
#include "store/audit.h"

#define SESSION_HASH      32
#define PASSWORD_TEXT_MAX 255       /* of a hashed password */

struct session {
	uint8_t   hash[SESSION_HASH];    /* SHA-256 of its token */
	struct id id;
	uint64_t  account_id;
	int64_t   created_at, expires_at;
	char      address[64];           /* where the login came from */
};

/* Opens a session for who knew the password whose hash is `password`, and drops up to SESSIONS_PRUNED that are over.
 * audit is written with it. *opened false: the account has another password by now. */
#define SESSIONS_PRUNED 100
#define SESSIONS_MAX    100      /* of one account: the oldest gives way */
bool session_open(struct db *db, const struct session *s, const char *password, const struct audit_entry *audit,
                  bool *opened, struct error *err);
/* One that is over already is no error, and told nowhere. */
bool session_end(struct db *db, const uint8_t hash[SESSION_HASH], const struct audit_entry *audit, struct error *err);
/* Whether the account has a session that was opened from the network: of its SESSIONS_ASKED newest. */
#define SESSIONS_ASKED 100
bool session_from(struct db_conn *c, uint64_t account_id, const struct network *net, bool *is, struct error *err);
/* Its use goes on. */
bool session_seen(struct db_conn *c, const uint8_t hash[SESSION_HASH], int64_t now_ms, struct error *err);

/* text "": the account has no password, or there is no such account (then *account_id is 0). The e-mail address must
 * be the account's, ASCII letters in any case: what the database's collation takes for the same besides (other
 * accents, blanks behind) would be counted as another's failures. */
bool password_find(struct db_conn *c, const char *email, uint64_t *account_id, char text[PASSWORD_TEXT_MAX + 1],
                   struct error *err);
bool password_load(struct db_conn *c, uint64_t account_id, char text[PASSWORD_TEXT_MAX + 1], struct error *err);
struct password_change {
	uint64_t    account_id;
	const char *was;                 /* the hash that the account must have; NULL: any */
	const char *text;                /* the new one */
	const struct session *keep;      /* its id, and the hash of its new token; NULL: none */
};
/* Ends every session of the account but the one that is kept, which has another token from then on: who had the old one
 * may have been somebody else. *set false: the account's hash is not what it must be, and nothing changed. */
bool password_set(struct db *db, const struct password_change *p, const struct audit_entry *audit, bool *set,
                  struct error *err);

/* A subject that logins are counted by, and how many may fail in a window. */
struct login_subject {
	uint8_t hash[32];
	int64_t max;
};
/* Counts a login that is about to be tried as failed, for each of n subjects, which it sorts. ERR_RATE_LIMITED with
 * retry_after when one has failed as often as it may: then it is counted for none, so that who is refused for one subject
 * does not use up another's. */
bool login_count(struct db *db, struct login_subject *s, unsigned n, int64_t now_ms, int64_t window_ms,
                 struct error *err);
/* It did not fail. */
bool login_uncount(struct db_conn *c, const struct login_subject *s, bool forget, struct error *err);

#endif
