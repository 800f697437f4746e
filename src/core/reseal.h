/* Sealing anew what is sealed under another key than the active one, in the background. */
#ifndef AGENTIV_CORE_RESEAL_H
#define AGENTIV_CORE_RESEAL_H

#include <stdatomic.h>

#include "core/secrets.h"
#include "db/db.h"
#include "store/reseal.h"

/* Batch after batch until everything has been looked at, the instant has come (clock_mono_us) or stop (may be NULL) is
 * set. out is as of the last batch. Another process may do the same at the same time: they share the work. */
bool reseal_run(struct db *db, struct secrets *secrets, int64_t until_us, const atomic_bool *stop,
                struct reseal_batch *out, struct error *err);

#endif
