/* Shared by the files of effects and memory. */
#ifndef AGENTIV_STORE_EFFECTS_PRIV_H
#define AGENTIV_STORE_EFFECTS_PRIV_H

#include "store/effects.h"

/* In the order in which rows are locked. */
void effects_sort(struct effect_row **rows, unsigned n);
/* Inside a transaction: one more done, or undone, of each. Sorts them. */
bool memory_learn(struct db_conn *c, uint64_t account_id, const char *agent, struct lesson *lessons, unsigned n,
                  bool undone, int64_t now_ms, struct error *err);

#endif
