/* What schedulers do beside firing schedules: retention, and the closing of months. Each duty has a period, and is done by
 * one scheduler at a time, of however many there are (store/duties.h). Its work is bounded in each pass; what is left is
 * due again a second later.
 *
 * duties_start makes a thread, so that no schedule waits for what is done here. */
#ifndef AGENTIV_CORE_DUTIES_H
#define AGENTIV_CORE_DUTIES_H

#include <stdatomic.h>

#include "base/config.h"
#include "db/db.h"
#include "store/duties.h"

/* Borrowed as long as duties are done. */
struct duties_env { struct db *db; const struct config *cfg; };

struct duties;

/* NULL with err when the thread cannot be made. It has a connection of its own beside those of the pool
 * (db_get_patient), while it does something. */
struct duties *duties_start(const struct duties_env *env, struct error *err);
/* Waits for the chunk at hand, read_timeout_s at most. false: the thread is in a statement that does not end, so what env
 * points to must stay until the process ends. NULL accepted. */
bool duties_stop(struct duties *d);

/* What was done; for tick, logs and metrics. */
struct duties_counts {
	uint64_t done;                    /* duties, to their end */
	uint64_t rows;                    /* removed, and months closed */
	uint64_t failed;
};
void duties_counts(struct duties *d, struct duties_counts *out);

/* agentivctl tick: does what is due, and goes on with what is left of it until until_us. A duty that fails is logged,
 * and does not keep others from being done. false: the database is away. */
bool duties_pass(const struct duties_env *env, int64_t until_us, struct duties_counts *out, struct error *err);

/* For the doctor and /metrics: the duties that this program knows, those that were never due as well. late_ms: since when
 * it is to be done, 0 when it is not; late: for three periods. */
struct duty_state { struct duty_row row; int64_t period_ms, late_ms; bool late; };
bool duties_look(struct db_conn *c, struct duty_state out[DUTIES_MAX], unsigned *count, struct error *err);

#endif
