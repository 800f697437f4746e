/* Shared by the files of rotation. */
#ifndef AGENTIV_CORE_ROTATION_PRIV_H
#define AGENTIV_CORE_ROTATION_PRIV_H

#include "core/audit.h"
#include "core/rotation.h"

/* Every process of this host looks at its files. */
void rotation_ring(struct admin *a);
/* Begins an audit entry about a key (audit_release). */
void rotation_tell(struct admin *a, struct audit_draft *told, enum secret_kind kind, const char *action,
                   const char *id);
/* Those seen since then. The rows of processes of this host that are gone are removed. */
bool rotation_processes(struct admin *a, struct db_conn *c, int64_t since, struct arena *arena,
                        struct process_row **out, unsigned *count, struct error *err);
/* The id's entry in the report, made where there was none. */
struct secret_use *secret_use_of(struct secrets_report *out, struct arena *arena, enum secret_kind kind,
                                 const char *id);

#endif
