/* Logging in to the dashboard: e-mail address and password to a session, whose token is in the browser's cookie.
 * Failed logins are counted in the database, so that all hosts know them. Thread-safe. */
#ifndef AGENTIV_CORE_LOGINS_H
#define AGENTIV_CORE_LOGINS_H

#include "base/doorbell.h"
#include "core/auth.h"
#include "db/db.h"

struct logins;

/* ringer: tells the responders of this host to forget what ended; NULL tells nobody. */
struct logins *logins_new(struct db *db, struct auth *auth, struct doorbell_ringer *ringer);
void logins_free(struct logins *l);              /* NULL accepted */

/* How often a login may fail in LOGIN_WINDOW_MS: from one address for one account, for one account from anywhere, and
 * from one address (of IPv6, its /64). A login that succeeds counts for none; from where the account has a session,
 * what others failed does not count. */
#define LOGIN_WINDOW_MS    (INT64_C(15) * 60000)
#define LOGIN_PAIR_MAX     10
#define LOGIN_ACCOUNT_MAX  100
#define LOGIN_ADDRESS_MAX  50

/* Opens a session; the caller wipes the token. ERR_UNAUTHORIZED, the same for whatever is wrong;
 * ERR_RATE_LIMITED with retry_after; ERR_UNAVAILABLE while too many log in at once. */
bool login_open(struct logins *l, const char *email, const char *password, const char *address,
                char token[SESSION_TOKEN_LEN + 1], struct error *err);
/* Ends the session p of a Cookie header, everywhere within 5 s, here at once. */
bool login_close(struct logins *l, const struct principal *p, const char *address, const char *cookie,
                 struct error *err);
/* Ends the account's other sessions, and gives this one a new token; the caller wipes it. ERR_INVALID_INPUT names the field
 * at fault; failures are limited as above. */
bool login_change_password(struct logins *l, const struct principal *p, const char *address, const char *current,
                           const char *password, char token[SESSION_TOKEN_LEN + 1], struct error *err);

/* The account behind a principal. */
bool login_account(struct logins *l, const struct principal *p, struct account *out, struct error *err);

#endif
