/* What was picked by a locking read is read on by locking reads (READ_LATEST in store/queue_priv.h). InnoDB may show the
 * row that was picked a moment before its consistent reads show what was committed with it; that moment cannot be called
 * up, but a row that stands in an open transaction is unseen by consistent reads alike, and waited for by locking ones. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "outbox_fixture.h"
#include "store_suites.h"

struct claim {
	bool (*run)(struct db_conn **c, struct arena *a, unsigned *count, struct error *err);
	unsigned count;
	bool ok;
	atomic_bool over;
};

static bool claim_runs(struct db_conn **c, struct arena *a, unsigned *count, struct error *err)
{
	struct claimed_run runs[2];
	bool more;

	return queue_claim(fx_db, c, &fx_owner, false, 2, clock_now_ms(), 30000, NULL, a, runs, count, &more, err);
}

static bool claim_deliveries(struct db_conn **c, struct arena *a, unsigned *count, struct error *err)
{
	struct delivery found[2];
	int64_t next_due_ms;
	unsigned besides;

	return outbox_claim(fx_db, c, true, 2, clock_now_ms(), DELIVERY_LEASE_MS, NULL, a, found, count, &besides, &next_due_ms,
	                    err);
}

static void *claim_main(void *arg)
{
	struct claim *k = arg;
	struct db_conn *c = NULL;
	struct error err;
	struct arena a;

	arena_init(&a);
	k->ok = k->run(&c, &a, &k->count, &err);
	if (!k->ok)
		log_error("the claim failed", &err);
	atomic_store(&k->over, true);
	db_put(fx_db, c);
	arena_release(&a);
	return NULL;
}

static bool somebody_waits(void)
{
	return fx_number("SELECT variable_value FROM information_schema.global_status"
	                 " WHERE variable_name = 'Innodb_row_lock_current_waits'") > 0;
}

static void run_text(struct db_conn *c, const char *sql)
{
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(db_run_text(c, sql, &err));
}

/* How many are claimed while the rows that `remove` takes away are being written again by a transaction that commits
 * when the claim waits for it, or is over. */
static unsigned claimed_meanwhile(struct claim *k, const char *keep, const char *remove, const char *restore)
{
	struct db_conn *writer;
	struct error err;
	pthread_t thread;

	writer = db_get(fx_db, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
	run_text(writer, keep);
	run_text(writer, remove);
	run_text(writer, "START TRANSACTION");
	run_text(writer, restore);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, claim_main, k), 0);
	while (!atomic_load(&k->over) && !somebody_waits())
		usleep(2000);
	run_text(writer, "COMMIT");
	pthread_join(thread, NULL);
	run_text(writer, "DROP TEMPORARY TABLE kept");
	db_put(fx_db, writer);
	CU_ASSERT_TRUE(k->ok);
	return k->count;
}

static void fresh(void)
{
	fx_empty();
	fx_account(1, -1);
}

static void a_queued_run_is_not_lost(void)
{
	struct claim k = {.run = claim_runs};

	fresh();
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL(claimed_meanwhile(&k, "CREATE TEMPORARY TABLE kept SELECT * FROM executions",
	                                  "DELETE FROM executions", "INSERT INTO executions SELECT * FROM kept"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM leases"), 1);
}

static void a_runs_delivery_is_not_lost(void)
{
	struct claim k = {.run = claim_deliveries};

	fresh();
	ox_run_ended(true);
	CU_ASSERT_EQUAL(claimed_meanwhile(&k, "CREATE TEMPORARY TABLE kept SELECT * FROM execution_results",
	                                  "DELETE FROM execution_results",
	                                  "INSERT INTO execution_results SELECT * FROM kept"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox"), 1);
}

static void another_delivery_is_not_lost(void)
{
	struct claim k = {.run = claim_deliveries};

	fresh();
	ox_other(1000);
	CU_ASSERT_EQUAL(claimed_meanwhile(&k, "CREATE TEMPORARY TABLE kept SELECT * FROM deliveries",
	                                  "DELETE FROM deliveries", "INSERT INTO deliveries SELECT * FROM kept"), 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox"), 1);
}

/* Accounts were there long before, so they are not locked: claims wait for nobody who changes one. */
static void an_account_that_is_being_changed_keeps_no_claim_waiting(void)
{
	struct claim runs = {.run = claim_runs}, deliveries = {.run = claim_deliveries};
	struct db_conn *writer;
	struct error err;

	fresh();
	ox_run_ended(true);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	writer = db_get(fx_db, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
	run_text(writer, "START TRANSACTION");
	run_text(writer, "UPDATE accounts SET timezone = 'Europe/Vienna'");
	claim_main(&runs);
	claim_main(&deliveries);
	run_text(writer, "ROLLBACK");
	db_put(fx_db, writer);
	CU_ASSERT_TRUE(runs.ok && deliveries.ok);
	CU_ASSERT_EQUAL(runs.count + deliveries.count, 2);
}

static CU_TestInfo tests[] = {
	{"a queued run is not lost", a_queued_run_is_not_lost},
	{"a run's delivery is not lost", a_runs_delivery_is_not_lost},
	{"another delivery is not lost", another_delivery_is_not_lost},
	{"an account that is being changed keeps no claim waiting",
	 an_account_that_is_being_changed_keeps_no_claim_waiting},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo unseen_suite = {"picked before it is seen", fx_open, fx_close, NULL, NULL, tests};
