/* What an account wants to be told of by mail: its own decisions before its plan's defaults. Thread-safe.
 *
 * Ownership: nothing is kept. */
#ifndef AGENTIV_CORE_PREFERENCES_H
#define AGENTIV_CORE_PREFERENCES_H

#include "base/json.h"
#include "store/audit.h"
#include "store/notifications.h"

/* Bits, 1 << enum notification, each in one of them at most; plan: what is as the plan has it again. */
struct preferences_patch { unsigned on, off, plan; };

/* in_force: bits. ERR_NOT_FOUND: there is no such account. */
bool preferences_find(struct db *db, uint64_t account_id, unsigned *in_force, struct error *err);
/* action: in the audit log, which is told of what changes something. From then on nothing is noted that is not wanted, and
 * what was noted of it goes into no mail. */
bool preferences_update(struct db *db, const struct actor *who, uint64_t account_id, const char *action,
                        const struct preferences_patch *p, unsigned *in_force, struct error *err);

/* Members of the object that is open: {"run_success": true, …}. */
void preferences_put(struct json_out *w, unsigned in_force);

#endif
