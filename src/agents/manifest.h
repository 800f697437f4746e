/* Reading one manifest file. Used by the registry. */
#ifndef AGENTIV_AGENTS_MANIFEST_H
#define AGENTIV_AGENTS_MANIFEST_H

#include "agents/registry.h"

#define MANIFEST_FILE_MAX (256u << 10)

/* Finds a builtin runner by name; NULL when there is none. */
typedef const struct agent_builtin *(*builtin_lookup)(const char *name);

/* Fills *m from the file. ERR_INVALID_INPUT names the file and the member that is wrong; *m then needs no release. */
bool manifest_read(const char *path, builtin_lookup lookup, struct manifest *m, struct error *err);
void manifest_release(struct manifest *m);

#endif
