/* Delayed runs and what becomes of them when they are due (store/queue.h). */
#include "queue_fixture.h"

#include <poll.h>
#include <pthread.h>

#include "base/clock.h"
#include "queue_suites.h"

static const char lane_of[] = "SELECT lane FROM queue_ready WHERE execution_id = ?";

/* How many became ready. */
static unsigned sweep(int64_t now_ms)
{
	struct swept swept = {0};
	struct error err = {0};

	CU_ASSERT_TRUE_FATAL(queue_sweep(fx_db, &fx_conn, now_ms, 64, 3, "here", NULL, NULL, &swept, &err));
	return swept.moved;
}

static void due_runs_that_become_held_are_taken_up_too(void)
{
	struct swept swept;
	struct error err;

	fx_empty();
	fx_account(1, 1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept_later(1, clock_now_ms() - 1);
	CU_ASSERT_TRUE(queue_sweep(fx_db, &fx_conn, clock_now_ms(), 64, 3, "here", NULL, NULL, &swept, &err));
	CU_ASSERT_EQUAL(swept.moved, 0);
	CU_ASSERT_EQUAL(swept.taken, 1);
}

static void a_delayed_run_takes_a_slot_when_it_is_due_or_is_held(void)
{
	struct queue_look look;
	int64_t now = clock_now_ms();
	struct error err;
	struct id first, second;

	fx_empty();
	fx_account(1, 1);
	first = fx_accept_later(1, now + 1000);
	second = fx_accept_later(1, now + 2000);
	CU_ASSERT_EQUAL(fx_number("SELECT active FROM account_quota"), 0);
	CU_ASSERT_TRUE(queue_look(fx_conn, &look, &err));
	CU_ASSERT_EQUAL(look.later_due_ms, now + 1000);
	CU_ASSERT_FALSE(look.ready);
	CU_ASSERT_EQUAL(sweep(now), 0);
	CU_ASSERT_EQUAL(sweep(now + 5000), 1);
	CU_ASSERT_EQUAL(fx_number_of(lane_of, &first), LANE_ASYNC);
	CU_ASSERT_EQUAL(
	    fx_number_of("SELECT COUNT(*) FROM queue_held WHERE execution_id = ?", &second), 1);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_due_run_stands_among_held_ones_by_when_it_was_accepted(void)
{
	struct id expected[3];
	struct claimed_run r;
	struct ended_run e;
	unsigned i;

	fx_empty();
	fx_account(1, 1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	expected[0] = fx_accept(1, LANE_ASYNC, "echo", "{}");
	expected[1] = fx_accept_later(1, clock_now_ms() + 1000);
	expected[2] = fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	sweep(clock_now_ms() + 1000);
	CU_ASSERT_EQUAL(fx_number("SELECT held FROM account_quota"), 3);
	for (i = 0; i < 3; i++) {
		e = fx_ended(&r, RUN_SUCCESS);
		CU_ASSERT_TRUE(fx_end(&e, 1));
		CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
		CU_ASSERT_EQUAL(id_cmp(&r.id, &expected[i]), 0);
		CU_ASSERT_TRUE(fx_slots_agree());
	}
}

static void a_due_run_does_not_pass_held_ones_by(void)
{
	struct claimed_run r;
	struct id held, due;

	fx_empty();
	fx_account(1, 1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	held = fx_accept(1, LANE_ASYNC, "echo", "{}");
	due = fx_accept_later(1, clock_now_ms() + 1000);
	/* a slot is free that nobody has filled yet */
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE account_quota SET max_concurrent = 2", NULL));
	CU_ASSERT_EQUAL(sweep(clock_now_ms() + 1000), 1);
	CU_ASSERT_EQUAL(fx_number_of("SELECT COUNT(*) FROM queue_held WHERE execution_id = ?", &due), 1);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_EQUAL(id_cmp(&r.id, &held), 0);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void *take_due(void *arg)
{
	struct db_conn *c = NULL;
	struct swept swept = {0};
	struct error err;

	CU_ASSERT_TRUE(queue_sweep(fx_db, &c, clock_now_ms(), 64, 3, "here", NULL, NULL, &swept, &err));
	db_put(fx_db, c);
	return NULL;
}

/* Between the look at what is due and its lock another worker has run it, and it failed. */
static void a_run_that_is_due_again_later_is_not_made_ready(void)
{
	static const char waiting[] =
		"SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%account_quota%FOR UPDATE'"
		" AND id <> CONNECTION_ID()";
	struct db_conn *c = NULL;
	struct db_arg account = db_int(1);
	struct error err;
	pthread_t thread;
	int64_t n = 0;
	unsigned i;

	fx_empty();
	fx_account(1, 3);
	fx_accept_later(1, clock_now_ms() - 1000);
	c = db_get(fx_db, &err);
	CU_ASSERT_TRUE_FATAL(c && db_begin(c, &err));
	CU_ASSERT_TRUE(db_query_int(c, "SELECT 1 FROM account_quota WHERE account_id = ? FOR UPDATE", &account, 1, &n, NULL,
	                            &err));
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, take_due, NULL), 0);
	for (i = 0; i < 10000 && fx_number(waiting) == 0; i++)
		poll(NULL, 0, 1);
	CU_ASSERT_TRUE(db_run_text(c, "UPDATE queue_later SET due_at = due_at + 3600000", &err));
	CU_ASSERT_TRUE(db_commit(c, &err));
	pthread_join(thread, NULL);
	db_put(fx_db, c);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_ready"), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_later"), 1);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static CU_TestInfo tests[] = {
	{"due runs that become held are taken up, too", due_runs_that_become_held_are_taken_up_too},
	{"a delayed run takes a slot when it is due, or is held",
	 a_delayed_run_takes_a_slot_when_it_is_due_or_is_held},
	{"a due run stands among held ones by when it was accepted",
	 a_due_run_stands_among_held_ones_by_when_it_was_accepted},
	{"a due run does not pass held ones by", a_due_run_does_not_pass_held_ones_by},
	{"a run that is due again later is not made ready", a_run_that_is_due_again_later_is_not_made_ready},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo queue_due_suite = {"queue: due runs", fx_open, fx_close, NULL, NULL, tests};
