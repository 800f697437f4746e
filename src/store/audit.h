/* Table audit_log: who did what from where. An entry is written inside the transaction of the change it tells of, so
 * that neither is there without the other.
 *
 * Ownership: pointers of actors and entries are the caller's; strings of rows live in the arena given. */
#ifndef AGENTIV_STORE_AUDIT_H
#define AGENTIV_STORE_AUDIT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "db/db.h"

enum actor_kind { ACTOR_SYSTEM, ACTOR_KEY, ACTOR_SESSION, ACTOR_OPERATOR, ACTOR__MAX };
const char *actor_kind_name(enum actor_kind kind);    /* "operator" */

/* Who asks for a change. */
struct actor {
	enum actor_kind kind;
	struct id id;             /* of the key or session */
	const char *name;         /* of the operator: the system's user; else NULL */
	const char *address;      /* the client's, or the operator's; NULL: not known */
};

struct audit_entry {
	struct id id;             /* made before the transaction: repeating it writes no second entry */
	struct actor actor;
	uint64_t account_id;      /* 0: of the installation */
	const char *action;       /* "key.create" */
	const char *object;       /* an id or a slug; NULL none */
	const char *detail;       /* a JSON object, never with a secret; NULL none */
};

/* Texts longer than their columns are cut; a detail must fit (AUDIT_DETAIL_MAX). */
#define AUDIT_DETAIL_MAX 8192
bool audit_write(struct db_conn *c, const struct audit_entry *e, struct error *err);

struct audit_filter {
	uint64_t account_id;      /* 0: of all */
	const char *action;       /* what it begins with; "" or NULL: all */
	int64_t since;            /* ms; 0 all */
	unsigned limit;
};

struct audit_row {
	struct id id, user_id;
	bool has_user;            /* the account is there: user_id is its id */
	int64_t at;
	enum actor_kind actor_kind;
	struct id actor_id; bool has_actor_id;
	const char *actor_name, *address, *action, *object, *detail;   /* NULL where there is none; action never */
};

/* The newest first, at most f->limit of them. */
bool audit_list(struct db_conn *c, const struct audit_filter *f, struct arena *a, struct audit_row **out,
                unsigned *count, struct error *err);

#endif
