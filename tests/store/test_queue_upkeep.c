/* Sweep, cancel and the audit of slots (store/queue.h). */
#include "db_proxy.h"
#include "queue_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "queue_suites.h"

static const char status_of[] = "SELECT status FROM execution_results WHERE execution_id = ?";
static const char error_of[] = "SELECT error_code FROM execution_results WHERE execution_id = ?";
static const char lane_of[] = "SELECT lane FROM queue_ready WHERE execution_id = ?";
static const char used_up[] = "SELECT attempt FROM queue_ready WHERE execution_id = ?";

static unsigned sweep(int64_t now_ms, unsigned max, bool (*is_dead)(const char *, void *))
{
	struct error err = {0};
	struct swept swept = {0};

	CU_ASSERT_TRUE_FATAL(
	    queue_sweep(fx_db, &fx_conn, now_ms, max, 3, "here", is_dead, NULL, &swept, &err));
	return swept.moved;
}

static unsigned claim_suspect(struct claimed_run *r)
{
	static struct arena a;
	struct error err;
	unsigned n = 0;
	bool more;

	arena_release(&a);
	CU_ASSERT_TRUE(queue_claim(fx_db, &fx_conn, &fx_owner, true, 1, clock_now_ms(), LEASE_MS,
				   NULL, &a, r, &n, &more, &err));
	return n;
}

static void accept_many(unsigned n)
{
	fx_empty();
	fx_account(1, -1);
	while (n-- > 0)
		fx_accept(1, LANE_ASYNC, "echo", "{}");
}

static bool always_dead(const char *owner, void *ctx)
{
	return true;
}

static void an_expired_lease_makes_a_suspect_that_used_up_nothing(void)
{
	struct claimed_run r[2];

	accept_many(2);
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 2), 2);
	CU_ASSERT_EQUAL(sweep(clock_now_ms(), 64, NULL), 0);
	CU_ASSERT_EQUAL(sweep(clock_now_ms() + LEASE_MS + 1, 64, NULL), 2);
	CU_ASSERT_EQUAL(fx_number_of(lane_of, &r[0].id), LANE_SUSPECT);
	CU_ASSERT_EQUAL(fx_number_of(used_up, &r[0].id), 0);
	CU_ASSERT_EQUAL(fx_claim(r, 2), 0);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_dead_owner_is_not_waited_for(void)
{
	struct claimed_run r[2];

	accept_many(2);
	fx_claim(r, 2);
	CU_ASSERT_EQUAL(sweep(clock_now_ms(), 64, always_dead), 2);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM leases"), 0);
}

static void an_owner_of_another_host_is_judged_by_its_leases_only(void)
{
	struct lease_owner here = fx_owner;
	struct claimed_run r[2];

	accept_many(2);
	strcpy(fx_owner.host, "elsewhere");
	fx_claim(r, 2);
	fx_owner = here;
	CU_ASSERT_EQUAL(sweep(clock_now_ms(), 64, always_dead), 0);
}

static void an_expired_lease_is_found_among_many_owners(void)
{
	struct lease_owner here = fx_owner;
	struct claimed_run r;
	struct error err;
	unsigned i;

	accept_many(70);
	for (i = 0; i < 70; i++) {
		snprintf(fx_owner.name, sizeof fx_owner.name, "worker.%02u", i);
		strcpy(fx_owner.host, "elsewhere");
		CU_ASSERT_EQUAL(fx_claim(&r, 1), 1);
	}
	fx_owner = here;
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE leases SET expires_at = 1 WHERE owner = 'worker.69'", &err));
	CU_ASSERT_EQUAL(sweep(clock_now_ms(), 64, NULL), 1);
}

static void the_webhook_of_a_lost_run_is_told_of(void)
{
	struct admission a = {.account_id = 1, .agent = "echo", .lane = LANE_ASYNC,
	                      .webhook_url = "https://example.com/hook"};
	struct swept swept;
	struct claimed_run r;
	struct error err;

	fx_empty();
	fx_account(1, -1);
	CU_ASSERT_TRUE_FATAL(fx_admit(&fx_conn, &a));
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_TRUE(queue_sweep(fx_db, &fx_conn, clock_now_ms(), 64, 1, "here", always_dead, NULL, &swept, &err));
	CU_ASSERT_EQUAL(swept.taken, 1);
	CU_ASSERT_EQUAL(swept.deliveries, 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM outbox"), 1);
}

static void only_a_run_that_was_alone_uses_up_attempts_until_it_is_lost(void)
{
	struct claimed_run r;
	struct id id;
	unsigned i;

	accept_many(1);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	id = r.id;
	for (i = 1; i < 3; i++) {
		CU_ASSERT_EQUAL(sweep(clock_now_ms(), 64, always_dead), 1);
		CU_ASSERT_EQUAL(fx_number_of(used_up, &id), i);
		CU_ASSERT_EQUAL_FATAL(claim_suspect(&r), 1);
	}
	CU_ASSERT_EQUAL(sweep(clock_now_ms(), 64, always_dead), 0);
	CU_ASSERT_EQUAL(fx_number_of(status_of, &id), EXEC_FAILED);
	CU_ASSERT_TRUE(fx_text_is(error_of, &id, "WORKER_LOST"));
	CU_ASSERT_EQUAL(fx_number("SELECT active FROM account_quota"), 0);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_suspect_was_alone_whatever_its_owner_s_name_holds_by_now(void)
{
	struct claimed_run suspect, other;
	struct error err;

	accept_many(1);
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE queue_ready SET lane = 2", &err));
	CU_ASSERT_EQUAL_FATAL(claim_suspect(&suspect), 1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(&other, 1), 1);
	CU_ASSERT_EQUAL(sweep(clock_now_ms() + LEASE_MS + 1, 64, NULL), 2);
	CU_ASSERT_EQUAL(fx_number_of(used_up, &suspect.id), 1);
	CU_ASSERT_EQUAL(fx_number_of(used_up, &other.id), 0);
}

static void the_last_lease_to_expire_was_not_alone_for_that(void)
{
	struct claimed_run r;

	accept_many(1);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_EQUAL(sweep(clock_now_ms() + LEASE_MS + 1, 64, NULL), 1);
	CU_ASSERT_EQUAL(fx_number_of(used_up, &r.id), 0);
}

static void a_bounded_sweep_leaves_no_run_that_looks_alone(void)
{
	struct claimed_run r[5];

	accept_many(5);
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 5), 5);
	CU_ASSERT_EQUAL(sweep(clock_now_ms(), 4, always_dead), 3);
	CU_ASSERT_EQUAL(sweep(clock_now_ms(), 4, always_dead), 2);
	CU_ASSERT_EQUAL(fx_number("SELECT SUM(attempt) FROM queue_ready"), 0);
}

static void who_comes_back_after_a_sweep_changes_nothing(void)
{
	struct claimed_run r[2];
	struct ended_run e;

	accept_many(2);
	fx_claim(r, 2);
	e = fx_ended(&r[0], RUN_SUCCESS);
	sweep(clock_now_ms() + LEASE_MS + 1, 64, NULL);
	CU_ASSERT_FALSE(fx_end(&e, 1));
	CU_ASSERT_EQUAL(fx_number_of(status_of, &r[0].id), 0);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_cancel_that_was_applied_unanswered_has_ended_the_run(void)
{
	struct proxy *p = proxy_start(fx_cfg.db_hosts + strlen("socket:"));
	struct config cfg = fx_cfg;
	struct cancelled k;
	struct error err;
	struct id id;
	struct db *db;

	accept_many(0);
	id = fx_accept(1, LANE_ASYNC, "echo", "{}");
	cfg.db_hosts = (char *)(uintptr_t)proxy_hosts(p);
	db = db_open(&cfg, 2, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(db);
	proxy_cut(p, CUT_AFTER_ANSWER, COMMAND_QUERY, "COMMIT");
	CU_ASSERT_TRUE(fx_cancel(db, 1, &id, &k, &err));
	CU_ASSERT_TRUE(proxy_has_cut(p));
	CU_ASSERT_EQUAL(k.outcome, CANCEL_ENDED);
	CU_ASSERT_EQUAL(k.execution.status, EXEC_FAILED);
	CU_ASSERT_EQUAL(fx_number_of(status_of, &id), EXEC_FAILED);
	db_close(db);
	proxy_stop(p);
}

static enum cancel_outcome cancel(uint64_t account_id, const struct id *id)
{
	struct cancelled k;
	struct error err;

	CU_ASSERT_TRUE(fx_cancel(fx_db, account_id, id, &k, &err));
	return k.outcome;
}

static void a_waiting_run_is_cancelled_at_once_wherever_it_waits(void)
{
	struct id ready, held, later;

	fx_empty();
	fx_account(1, 1);
	ready = fx_accept(1, LANE_ASYNC, "echo", "{}");
	held = fx_accept(1, LANE_ASYNC, "echo", "{}");
	later = fx_accept_later(1, clock_now_ms() + 60000);
	CU_ASSERT_EQUAL(cancel(1, &later), CANCEL_ENDED);
	CU_ASSERT_EQUAL(cancel(1, &held), CANCEL_ENDED);
	CU_ASSERT_TRUE(fx_slots_agree());
	CU_ASSERT_EQUAL(cancel(1, &ready), CANCEL_ENDED);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_results WHERE error_code = 'CANCELLED'"),
			3);
	CU_ASSERT_EQUAL(cancel(1, &ready), CANCEL_ALREADY_OVER);
	CU_ASSERT_TRUE(fx_slots_agree());
	CU_ASSERT_EQUAL(fx_number("SELECT active FROM account_quota"), 0);
}

static void a_cancelled_ready_run_makes_room_for_a_held_one(void)
{
	struct claimed_run r;
	struct id ready, held;

	fx_empty();
	fx_account(1, 1);
	ready = fx_accept(1, LANE_ASYNC, "echo", "{}");
	held = fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL(cancel(1, &ready), CANCEL_ENDED);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&r, 1), 1);
	CU_ASSERT_EQUAL(id_cmp(&r.id, &held), 0);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void the_runs_of_others_are_unknown_to_a_cancel(void)
{
	struct id id;

	fx_empty();
	fx_account(1, 1);
	fx_account(2, 1);
	id = fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_EQUAL(cancel(2, &id), CANCEL_UNKNOWN);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_ready"), 1);
}

static void a_run_asked_to_stop_is_not_tried_again(void)
{
	struct claimed_run r[2];
	struct ended_run e;

	accept_many(2);
	CU_ASSERT_EQUAL_FATAL(fx_claim(r, 2), 2);
	CU_ASSERT_EQUAL(cancel(1, &r[0].id), CANCEL_ASKED);
	CU_ASSERT_EQUAL(cancel(1, &r[1].id), CANCEL_ASKED);
	e = fx_ended(&r[0], RUN_RETRY);
	CU_ASSERT_TRUE(fx_end(&e, 1));
	CU_ASSERT_TRUE(fx_text_is(error_of, &r[0].id, "CANCELLED"));
	sweep(clock_now_ms(), 64, always_dead);
	CU_ASSERT_TRUE(fx_text_is(error_of, &r[1].id, "CANCELLED"));
	CU_ASSERT_EQUAL(fx_number_of(status_of, &r[1].id), EXEC_FAILED);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void the_audit_repairs_counters_and_fills_slots(void)
{
	struct error err;
	unsigned repaired, promoted;

	fx_empty();
	fx_account(1, 2);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_TRUE(queue_audit_slots(fx_db, &fx_conn, &repaired, &promoted, &err));
	CU_ASSERT_EQUAL(repaired, 0);
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET active = 7, held = 5", &err));
	CU_ASSERT_TRUE(queue_audit_slots(fx_db, &fx_conn, &repaired, &promoted, &err));
	CU_ASSERT_EQUAL(repaired, 1);
	CU_ASSERT_TRUE(fx_slots_agree());
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE account_quota SET max_concurrent = 3", &err));
	CU_ASSERT_TRUE(queue_audit_slots(fx_db, &fx_conn, &repaired, &promoted, &err));
	CU_ASSERT_EQUAL(repaired, 0);
	CU_ASSERT_EQUAL(promoted, 1);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM queue_ready"), 3);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static void a_raised_limit_fills_the_slots_of_the_account(void)
{
	unsigned promoted;
	struct error err;

	fx_empty();
	fx_account(1, 1);
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	fx_accept(1, LANE_ASYNC, "echo", "{}");
	CU_ASSERT_TRUE(
	    db_run_text(fx_conn, "UPDATE account_quota SET max_concurrent = NULL", &err));
	CU_ASSERT_TRUE(db_begin(fx_conn, &err));
	CU_ASSERT_TRUE(queue_fill_slots(fx_conn, 1, &promoted, &err));
	CU_ASSERT_TRUE(db_commit(fx_conn, &err));
	CU_ASSERT_EQUAL(promoted, 2);
	CU_ASSERT_TRUE(fx_slots_agree());
}

static CU_TestInfo tests[] = {
    {"an expired lease makes a suspect that used up nothing",
     an_expired_lease_makes_a_suspect_that_used_up_nothing},
    {"a dead owner is not waited for", a_dead_owner_is_not_waited_for},
    {"an expired lease is found among many owners", an_expired_lease_is_found_among_many_owners},
    {"an owner of another host is judged by its leases only",
     an_owner_of_another_host_is_judged_by_its_leases_only},
    {"only a run that was alone uses up attempts until it is lost",
     only_a_run_that_was_alone_uses_up_attempts_until_it_is_lost},
    {"a suspect was alone, whatever its owner's name holds by now",
     a_suspect_was_alone_whatever_its_owner_s_name_holds_by_now},
    {"the last lease to expire was not alone for that", the_last_lease_to_expire_was_not_alone_for_that},
    {"a cancel that was applied unanswered has ended the run",
     a_cancel_that_was_applied_unanswered_has_ended_the_run},
    {"a bounded sweep leaves no run that looks alone",
     a_bounded_sweep_leaves_no_run_that_looks_alone},
    {"who comes back after a sweep changes nothing", who_comes_back_after_a_sweep_changes_nothing},
    {"a waiting run is cancelled at once wherever it waits",
     a_waiting_run_is_cancelled_at_once_wherever_it_waits},
    {"a cancelled ready run makes room for a held one",
     a_cancelled_ready_run_makes_room_for_a_held_one},
    {"the runs of others are unknown to a cancel", the_runs_of_others_are_unknown_to_a_cancel},
    {"a run asked to stop is not tried again", a_run_asked_to_stop_is_not_tried_again},
    {"the webhook of a lost run is told of", the_webhook_of_a_lost_run_is_told_of},
    {"the audit repairs counters and fills slots", the_audit_repairs_counters_and_fills_slots},
    {"a raised limit fills the slots of the account",
     a_raised_limit_fills_the_slots_of_the_account},
    CU_TEST_INFO_NULL};

const CU_SuiteInfo queue_upkeep_suite = {"queue: upkeep", fx_open, fx_close, NULL, NULL, tests};
