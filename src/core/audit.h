/* Putting an entry of the audit log together, before the transaction whose change it tells of:
 *
 *	audit_open(&d, who, account, "key.create", id);
 *	json_put_str(&d.w, "name", name);
 *	… audit_entry(&d) …
 *	audit_release(&d);
 *
 * Ownership: what is given must live until audit_release, but for the object, which is copied. */
#ifndef AGENTIV_CORE_AUDIT_H
#define AGENTIV_CORE_AUDIT_H

#include "base/buf.h"
#include "base/json.h"
#include "store/audit.h"

struct audit_draft {
	struct audit_entry entry;
	struct json_out w;            /* in the object of the detail */
	struct buf detail;
	char object[65];
	bool closed;
};

/* account_id 0: of the installation, or told by the store function that makes the account. object: an id's text, a slug
 * or NULL. */
void audit_open(struct audit_draft *d, const struct actor *who, uint64_t account_id, const char *action,
                const char *object);
/* The entry; nothing is added to its detail any more. */
const struct audit_entry *audit_entry(struct audit_draft *d);
void audit_release(struct audit_draft *d);

#endif
