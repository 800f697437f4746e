/* What the tests of the queue share: an empty database, accounts, and runs that were really
 * accepted.
 *
 * The database is the configured one (AGENTIV_CONFIG), emptied before each test. */
#ifndef AGENTIV_TESTS_QUEUE_FIXTURE_H
#define AGENTIV_TESTS_QUEUE_FIXTURE_H

#include <CUnit/CUnit.h>
#include <inttypes.h>
#include <stdbool.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/config.h"
#include "store/admission.h"
#include "store/audit.h"
#include "store/queue.h"

#define LEASE_MS 30000

extern struct config fx_cfg;
extern struct db *fx_db;
extern struct db_conn *fx_conn;
extern struct lease_owner fx_owner;

int fx_open(void);            /* CUnit's suite initialisation and clean-up */
int fx_close(void);
void fx_empty(void);

/* A new entry for a change that a test makes; lives until the next. */
const struct audit_entry *fx_audit(void);

/* Accounts 1 … with so many slots, -1 unlimited. */
void fx_account(uint64_t account_id, int64_t slots);

/* Accepts a run of the agent and returns its id; the test fails when it is refused. */
struct id fx_accept(uint64_t account_id, enum queue_lane lane, const char *agent,
		    const char *input);
/* false with err when it failed. The texts of out->execution are gone. Thread-safe. */
bool fx_cancel(struct db *db, uint64_t account_id, const struct id *id, struct cancelled *out, struct error *err);
/* The same with all that can be asked for; a->id is made. Thread-safe with a connection of one's
 * own. */
bool fx_admit(struct db_conn **c, struct admission *a);
struct id fx_accept_later(uint64_t account_id, int64_t due_at);

/* Claims up to max; their strings live until the next claim. */
unsigned fx_claim(struct claimed_run *out, unsigned max);
/* How a claimed run ended, to be changed by the test. */
struct ended_run fx_ended(const struct claimed_run *r, enum run_outcome outcome);
bool fx_end(struct ended_run *runs, unsigned n);       /* true: none was lost */

/* The first column of the first row; 0 when there is none. */
int64_t fx_number(const char *sql);
int64_t fx_number_of(const char *sql, const struct id *id);   /* one ? for the id */
bool fx_text_is(const char *sql, const struct id *id, const char *expected);
/* Executions that have not ended. */
int64_t fx_open_runs(void);
/* account_quota.active and .held equal the rows they count, for all accounts. */
bool fx_slots_agree(void);

/* Lets threads go on for so long, then sets over and joins them. */
void fx_join_after(pthread_t *threads, unsigned n, int64_t us, atomic_bool *over);
/* Claims and ends whatever is left, until nothing is. */
void fx_finish_all(void);

#endif
