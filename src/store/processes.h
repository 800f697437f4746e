/* Table processes: the long-lived processes of all hosts, and which keys each has read. */
#ifndef AGENTIV_STORE_PROCESSES_H
#define AGENTIV_STORE_PROCESSES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "db/db.h"

#define PROCESS_IDS_SIZE 161

struct process_row {
	struct id id;
	char program[33], host[65], doorbell[65];
	int64_t pid, started_at, seen_at;
	bool has_peppers, has_seals;                        /* it has need of them */
	char peppers[PROCESS_IDS_SIZE], seals[PROCESS_IDS_SIZE];   /* ids with commas between */
};

/* Says that it lives, at seen_at; the first time makes its row. */
bool process_beat(struct db_conn *c, const struct process_row *p, struct error *err);
bool process_leave(struct db_conn *c, const struct id *id, struct error *err);
/* Those seen since then, by host and program. */
bool process_list(struct db_conn *c, int64_t since, struct arena *a, struct process_row **out, unsigned *count,
                  struct error *err);
/* Removes the rows of those not seen since then: they ended without saying so. */
bool process_prune(struct db_conn *c, int64_t before, struct error *err);

#endif
