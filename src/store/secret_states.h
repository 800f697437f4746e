/* Table secret_states: which ids of keys there are, and under which one new things are written.
 *
 * made ──► active ──► active once ──► retired. An installation's first write makes the newest key of its file the active
 * one; later ones are made active by secret_activate alone. */
#ifndef AGENTIV_STORE_SECRET_STATES_H
#define AGENTIV_STORE_SECRET_STATES_H

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"
#include "db/db.h"
#include "store/audit.h"

enum secret_kind { SECRET_PEPPER, SECRET_SEAL, SECRET__MAX };
const char *secret_kind_name(enum secret_kind kind);          /* "pepper" */

enum secret_state { SECRET_MADE, SECRET_ACTIVE, SECRET_FORMER, SECRET_RETIRED, SECRET_UNKNOWN, SECRET_STATE__MAX };
const char *secret_state_name(enum secret_state state);

/* The active id of a kind; "" when there is none yet. Inside a transaction it stays the active one until the end of
 * that: what is written under it is so before another becomes active. */
bool secret_active(struct db_conn *c, enum secret_kind kind, char id[SECRET_ID_SIZE], struct error *err);
/* Makes it the active one where there is none yet; id is the active one afterwards. */
bool secret_pin(struct db_conn *c, enum secret_kind kind, const char *host, int64_t now_ms, char id[SECRET_ID_SIZE],
                struct error *err);

struct secret_row {
	enum secret_kind kind;
	char id[SECRET_ID_SIZE];
	enum secret_state state;
	int64_t changed_at;
	char host[65];
};
/* All, by kind, the oldest change first. */
bool secret_list(struct db_conn *c, struct arena *a, struct secret_row **out, unsigned *count, struct error *err);
/* It was made: known, and not written under. Doing it twice is harmless. */
bool secret_made(struct db_conn *c, enum secret_kind kind, const char *id, const char *host, int64_t now_ms,
                 struct error *err);
/* One statement: makes it active in the place of the other, unless a process seen since live_since has not read it.
 * *done: it is active, and the audit log says so. ERR_CONFLICT: it was retired. */
bool secret_activate(struct db *db, enum secret_kind kind, const char *id, int64_t live_since, int64_t now_ms,
                     const struct audit_entry *audit, bool *done, struct error *err);
/* ERR_CONFLICT: it is the active one. */
bool secret_retire(struct db *db, enum secret_kind kind, const char *id, const char *host, int64_t now_ms,
                   const struct audit_entry *audit, struct error *err);

#endif
