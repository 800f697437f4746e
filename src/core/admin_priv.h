/* Shared by the files of the operator's side. */
#ifndef AGENTIV_CORE_ADMIN_PRIV_H
#define AGENTIV_CORE_ADMIN_PRIV_H

#include "core/admin.h"
#include "core/bells.h"
#include "core/secrets.h"

struct json_object;
/* Appends what is the same for all spellings of the mailbox that a connection's settings lead to, and for no other. */
void admin_place_key(const char *kind, struct json_object *settings, struct buf *out);
/* The same mailbox for people: its path, or NAME@HOST[:PORT]/FOLDER. No secret is in it. NULL: the settings name none. */
const char *admin_place_text(struct json_object *settings, struct arena *a);

#endif
