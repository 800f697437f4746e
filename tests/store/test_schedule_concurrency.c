/* Firing, accepting, claiming, ending, cancelling, changing schedules and running them by hand at once, on few accounts: no
 * deadlock, no slot twice, no run lost, figures right. The schedulers' minutes go by as fast as they can. */
#include "schedule_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/rnd.h"
#include "core/quota.h"
#include "schedule_suites.h"

#define ACCOUNTS   2
#define AGENTS     2
#define RUN_US     INT64_C(3000000)

static const char *const agents[AGENTS] = {"echo", "mail"};
static atomic_bool over;
static atomic_uint broken;
static atomic_int minutes;

static void fault(const struct error *err)
{
	atomic_fetch_add(&broken, 1);
	fprintf(stderr, "%s (%d)\n", err->message, err->db_errno);
}

static int64_t next_minute(void)
{
	return INT64_C(1767225600000) + atomic_fetch_add(&minutes, 1) * INT64_C(60000);
}

static void *fire(void *arg)
{
	struct schedule_judge judge = {.zones = zones_new()};
	struct fire_rules rules = schedule_rules(&judge);
	struct db_conn *c = NULL;
	struct fired f;
	struct error err;

	while (!atomic_load(&over)) {
		struct fire_cursor cursor = {0};

		if (!schedule_fire(fx_db, &c, &rules, FIRE_BATCH_MAX, next_minute(), &cursor, &f, &err))
			fault(&err);
		fired_release(&f);
	}
	db_put(fx_db, c);
	zones_free(judge.zones);
	return NULL;
}

static void *accept_runs(void *arg)
{
	struct db_conn *c = NULL;
	struct error err;

	while (!atomic_load(&over)) {
		struct admission a[2] = {{.account_id = 1}, {.account_id = 2}}, *p[2] = {&a[0], &a[1]};
		unsigned i;

		for (i = 0; i < 2; i++) {
			a[i].id = id_make();
			a[i].agent = "echo";
			a[i].lane = LANE_ASYNC;
			a[i].input = "{}";
			a[i].input_len = 2;
			a[i].queued_at = clock_now_ms();
		}
		if (!admission_commit(fx_db, &c, p, 2, clock_now_ms(), quota_decide, &err))
			fault(&err);
	}
	db_put(fx_db, c);
	return NULL;
}

static void *work_runs(void *arg)
{
	static const enum run_outcome outcomes[] = {RUN_SUCCESS, RUN_FAILED, RUN_RETRY, RUN_RELEASED};
	struct db_conn *c = NULL;
	struct claimed_run runs[16];
	struct ended_run ended[16];
	unsigned n, i, promoted, deliveries;
	struct error err;
	struct arena a;
	bool more;

	while (!atomic_load(&over)) {
		arena_init(&a);
		if (!queue_claim(fx_db, &c, &fx_owner, false, 16, clock_now_ms(), LEASE_MS, NULL, &a, runs, &n, &more, &err)) {
			fault(&err);
			n = 0;
		}
		for (i = 0; i < n; i++)
			ended[i] = fx_ended(&runs[i], outcomes[rnd_u64() % 4]);
		if (n > 0 && !queue_end(fx_db, &c, ended, n, clock_now_ms(), &promoted, &deliveries, &err))
			fault(&err);
		arena_release(&a);
	}
	db_put(fx_db, c);
	return NULL;
}

static void *sweep_runs(void *arg)
{
	struct db_conn *c = NULL;
	struct error err;
	struct swept swept;

	while (!atomic_load(&over))
		if (!queue_sweep(fx_db, &c, clock_now_ms(), 64, 3, "here", NULL, NULL, &swept, &err))
			fault(&err);
	db_put(fx_db, c);
	return NULL;
}

/* Whatever run of a schedule comes first. */
static void *cancel_runs(void *arg)
{
	static const char sql[] = "SELECT r.execution_id, s.account_id FROM schedule_runs r JOIN schedules s ON s.id = r.schedule_id"
				  " ORDER BY RAND() LIMIT 1";
	struct db_conn *c = db_get(fx_db, NULL);
	struct cancelled k;
	struct error err;

	while (c && !atomic_load(&over)) {
		struct id id;
		uint64_t account = 0;

		if (!db_query(c, sql, NULL, 0, &err))
			fault(&err);
		else if (db_next(c, &err) == 1 && db_col_id(c, 0, &id))
			account = (uint64_t)db_col_int(c, 1);
		db_end(c);
		if (account && !fx_cancel(fx_db, account, &id, &k, &err))
			fault(&err);
	}
	db_put(fx_db, c);
	return NULL;
}

/* As its owner: another overlap, and on again if failures have paused it. */
static bool change_one(struct db_conn *c, void *ctx, struct error *err)
{
	struct arena a;
	struct schedule s;
	uint64_t account = 1 + rnd_u64() % ACCOUNTS;
	bool found = false, ok;

	(void)ctx;
	arena_init(&a);
	ok = account_lock(c, account, err) && schedule_find(c, account, agents[0], true, &a, &s, &found, err);
	if (ok && found) {
		s.overlap = (enum overlap)(rnd_u64() % OVERLAP__MAX);
		s.enabled = true;
		s.next_at = s.next_at ? s.next_at : INT64_C(1767225600000) + atomic_load(&minutes) * INT64_C(60000);
		ok = schedule_update(c, &s, err);
	}
	arena_release(&a);
	return ok;
}

static void *change_schedules(void *arg)
{
	struct error err;

	while (!atomic_load(&over))
		if (!db_transaction(fx_db, change_one, NULL, NULL, &err))
			fault(&err);
	return NULL;
}

struct by_hand { struct hand_run run; struct fired fired; };

static bool run_one(struct db_conn *c, void *ctx, struct error *err)
{
	struct by_hand *h = ctx;

	return account_lock(c, 2, err) && schedule_run_now(c, NULL, 2, agents[0], clock_now_ms(), &h->run, &h->fired, err);
}

/* Refused while a run goes on, where overlap says so. */
static void *run_by_hand(void *arg)
{
	struct error err;

	while (!atomic_load(&over)) {
		struct by_hand h = {.run.id = id_make()};

		if (!db_transaction(fx_db, run_one, NULL, &h, &err) && err.code != ERR_CONFLICT)
			fault(&err);
		fired_release(&h.fired);
	}
	return NULL;
}

static void add_schedules(void)
{
	unsigned i;

	for (i = 0; i < ACCOUNTS * AGENTS; i++) {
		struct schedule s = sx_hourly("2026-01-01T00:00:00Z");

		s.account_id = 1 + i / AGENTS;
		s.agent = agents[i % AGENTS];
		s.cron_expr = "* * * * *";
		s.overlap = (enum overlap)(i % OVERLAP__MAX);
		s.pause_after_failures = i % AGENTS == 0 ? 3 : 0;
		s.input = "{\"mails\":[]}";
		s.input_len = strlen(s.input);
		sx_add(s);
	}
}

static void everything_at_once_fires_each_slot_once_and_meets_no_deadlock(void)
{
	void *(*const roles[])(void *) = {fire, fire, accept_runs, work_runs, work_runs, cancel_runs, sweep_runs,
	                                  change_schedules, run_by_hand};
	pthread_t threads[sizeof roles / sizeof *roles];
	struct db_counters before, after;
	unsigned i;

	sx_fresh();
	fx_account(2, 3);
	sx_subscribe(2, SUB_ACTIVE, 0);
	add_schedules();
	before = db_counters(fx_db);
	for (i = 0; i < sizeof roles / sizeof *roles; i++)
		pthread_create(&threads[i], NULL, roles[i], NULL);
	fx_join_after(threads, i, RUN_US, &over);
	after = db_counters(fx_db);
	CU_ASSERT_EQUAL(atomic_load(&broken), 0);
	CU_ASSERT_EQUAL(after.retries - before.retries, 0);
	CU_ASSERT_TRUE(fx_slots_agree());
	fx_finish_all();
	CU_ASSERT_EQUAL(fx_open_runs(), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM schedule_runs"), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT SUM(active + held) FROM account_quota"), 0);
	CU_ASSERT_TRUE(fx_number("SELECT COUNT(*) FROM schedule_slots WHERE execution_id IS NOT NULL") > 100);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM schedules s WHERE total_runs <>"
	                          " (SELECT COUNT(*) FROM executions e WHERE e.schedule_id = s.id) OR total_runs <>"
	                          " (SELECT COUNT(DISTINCT execution_id) FROM schedule_slots l WHERE l.schedule_id = s.id)"), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM schedules s JOIN execution_results r"
	                          " ON r.execution_id = s.last_execution_id WHERE r.status <> s.last_status"), 0);
	printf("(%" PRId64 " slots) ", fx_number("SELECT COUNT(*) FROM schedule_slots"));
}

static CU_TestInfo tests[] = {
	{"everything at once fires each slot once and meets no deadlock",
	 everything_at_once_fires_each_slot_once_and_meets_no_deadlock},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo schedule_concurrency_suite = {"schedules: concurrency", fx_open, fx_close, NULL, NULL, tests};
