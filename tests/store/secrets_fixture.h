/* Files of keys in a folder of the test's own. A key is made of its id. */
#ifndef AGENTIV_TESTS_SECRETS_FIXTURE_H
#define AGENTIV_TESTS_SECRETS_FIXTURE_H

#include "core/secrets.h"

/* Writes a file in the place of what is there: ids with a blank between them, the newest last. */
void fx_keys_write(enum secret_kind kind, const char *ids);
/* Opened on them; each file has the key "p1" or "s1" until it is written. */
struct secrets *fx_secrets(void);
struct secret_key fx_key(const char *id);
const char *fx_keys_path(enum secret_kind kind);
/* Removes the folder. */
void fx_keys_remove(void);

#endif
