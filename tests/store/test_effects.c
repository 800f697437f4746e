/* Plans, effects and memory (store/effects.h), on a real database. */
#include <string.h>

#include "base/clock.h"
#include "queue_fixture.h"
#include "queue_suites.h"
#include "store/effects.h"

static struct arena arena;
static struct claimed_run run;
static struct lease_ref lease;

/* A run of account 1 that is leased. */
static void a_leased_run(void)
{
	fx_empty();
	fx_account(1, -1);
	fx_accept(1, LANE_ASYNC, "email-triage", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(&run, 1), 1);
	lease = (struct lease_ref){.id = run.id, .account_id = 1, .token = run.token};
	arena_reset(&arena);
}

static struct effect_row effect(unsigned char name)
{
	struct effect_row r = {.kind = "archive", .lesson_count = 2,
	                       .lessons = {{"sender", "news@x.org"}, {"list", "weekly.x.org"}}};

	memset(r.key, name, sizeof r.key);
	return r;
}

static bool intend(struct effect_row **rows, unsigned n, const char *plan)
{
	struct error err = {0};
	bool held = false;

	CU_ASSERT_TRUE(effects_intend(fx_db, &lease, "email-triage", plan, plan ? strlen(plan) : 0, rows, n, clock_now_ms(),
	                              &arena, &held, &err));
	return held;
}

static unsigned settle(struct effect_row *r, enum effect_state state)
{
	struct error err = {0};
	unsigned changed = 0;

	CU_ASSERT_TRUE(effects_settle(fx_db, 1, "email-triage", &r, 1, state, clock_now_ms(), &changed, &err));
	return changed;
}

static struct effect_row as_it_stands(unsigned char name)
{
	struct effect_row r = effect(name), *of = &r;
	struct error err = {0};

	CU_ASSERT_TRUE(effects_look(fx_conn, 1, &of, 1, &arena, &err));
	return r;
}

static void what_was_intended_is_known_to_the_next_attempt(void)
{
	struct effect_row a = effect('a'), b = effect('b'), *both[] = {&b, &a};

	a_leased_run();
	CU_ASSERT_TRUE(intend(both, 2, "{}"));
	CU_ASSERT_EQUAL(a.state, EFFECT_NEW);
	CU_ASSERT_EQUAL(b.state, EFFECT_NEW);
	a.remote_id = ".Archive/cur/1";
	CU_ASSERT_EQUAL(settle(&a, EFFECT_DONE), 1);
	CU_ASSERT_TRUE(intend(both, 2, NULL));
	CU_ASSERT_EQUAL(a.state, EFFECT_DONE);
	CU_ASSERT_STRING_EQUAL(a.remote_id, ".Archive/cur/1");
	CU_ASSERT_EQUAL(id_cmp(&a.execution_id, &run.id), 0);
	CU_ASSERT_EQUAL(b.state, EFFECT_INTENDED);
}

static void a_plan_is_kept_until_its_run_ends(void)
{
	struct effect_row a = effect('a'), *of = &a;
	struct ended_run end;
	struct error err = {0};
	const char *plan;
	size_t n;

	a_leased_run();
	CU_ASSERT_TRUE(intend(&of, 1, "{\"first\":1}"));
	CU_ASSERT_TRUE(plan_load(fx_conn, &run.id, &arena, &plan, &n, &err));
	CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
	CU_ASSERT_STRING_EQUAL(plan, "{\"first\":1}");
	end = fx_ended(&run, RUN_RELEASED);
	end.planned = true;
	CU_ASSERT_TRUE(fx_end(&end, 1));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_plans"), 1);
	CU_ASSERT_EQUAL_FATAL(fx_claim(&run, 1), 1);
	end = fx_ended(&run, RUN_SUCCESS);
	end.planned = true;
	CU_ASSERT_TRUE(fx_end(&end, 1));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_plans"), 0);
	CU_ASSERT_EQUAL(as_it_stands('a').state, EFFECT_INTENDED);
}

static void a_cancelled_run_leaves_no_plan(void)
{
	struct effect_row a = effect('a'), *of = &a;
	struct cancelled k;
	struct ended_run end;
	struct error err;

	a_leased_run();
	CU_ASSERT_TRUE(intend(&of, 1, "{}"));
	end = fx_ended(&run, RUN_RELEASED);
	CU_ASSERT_TRUE(fx_end(&end, 1));
	CU_ASSERT_TRUE(fx_cancel(fx_db, 1, &run.id, &k, &err));
	CU_ASSERT_EQUAL(k.outcome, CANCEL_ENDED);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_plans"), 0);
}

static void who_lost_the_lease_plans_nothing(void)
{
	struct effect_row a = effect('a'), *of = &a;

	a_leased_run();
	lease.token++;
	CU_ASSERT_FALSE(intend(&of, 1, "{}"));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM execution_plans"), 0);
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM effects"), 0);
}

static void a_cancelled_run_plans_nothing(void)
{
	struct effect_row a = effect('a'), *of = &a;
	struct cancelled k;
	struct error err;

	a_leased_run();
	CU_ASSERT_TRUE(fx_cancel(fx_db, 1, &run.id, &k, &err));
	CU_ASSERT_FALSE(intend(&of, 1, "{}"));
}

/* Another run that is under way has it in hand; once its lease is over it may be taken over. */
static void what_another_run_intends_is_busy_until_its_lease_is_over(void)
{
	struct effect_row a = effect('a'), *of = &a;
	struct effect_row now;
	struct lease_ref first;
	struct error err = {0};
	bool held;

	a_leased_run();
	first = lease;
	CU_ASSERT_TRUE(intend(&of, 1, "{}"));
	fx_accept(1, LANE_ASYNC, "email-triage", "{}");
	CU_ASSERT_EQUAL_FATAL(fx_claim(&run, 1), 1);
	lease = (struct lease_ref){.id = run.id, .account_id = 1, .token = run.token};
	CU_ASSERT_TRUE(intend(&of, 1, "{}"));
	CU_ASSERT_EQUAL(a.state, EFFECT_BUSY);
	CU_ASSERT_EQUAL(id_cmp(&a.execution_id, &first.id), 0);
	now = as_it_stands('a');
	CU_ASSERT_EQUAL(id_cmp(&now.execution_id, &first.id), 0);
	CU_ASSERT_TRUE(effects_intend(fx_db, &first, "email-triage", NULL, 0, &of, 1, clock_now_ms(), &arena, &held, &err));
	CU_ASSERT_EQUAL(a.state, EFFECT_INTENDED);
	CU_ASSERT_TRUE(db_run_text(fx_conn, "UPDATE leases SET expires_at = 1 ORDER BY execution_id LIMIT 1", &err));
	CU_ASSERT_TRUE(intend(&of, 1, "{}"));
	CU_ASSERT_EQUAL(a.state, EFFECT_INTENDED);
	now = as_it_stands('a');
	CU_ASSERT_EQUAL(id_cmp(&now.execution_id, &lease.id), 0);
}

/* What may follow what; each step is one more attempt to settle. */
static void states_follow_each_other_in_order(void)
{
	static const struct { enum effect_state to; unsigned changed; enum effect_state then; } steps[] = {
		{EFFECT_UNDONE, 0, EFFECT_INTENDED}, {EFFECT_FAILED, 1, EFFECT_FAILED}, {EFFECT_DONE, 1, EFFECT_DONE},
		{EFFECT_DONE, 0, EFFECT_DONE}, {EFFECT_FAILED, 0, EFFECT_DONE}, {EFFECT_UNDONE, 1, EFFECT_UNDONE},
		{EFFECT_UNDONE, 0, EFFECT_UNDONE}, {EFFECT_DONE, 0, EFFECT_UNDONE},
	};
	struct effect_row a = effect('a'), *of = &a;
	unsigned i;

	a_leased_run();
	CU_ASSERT_TRUE(intend(&of, 1, "{}"));
	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		CU_ASSERT_EQUAL(settle(&a, steps[i].to), steps[i].changed);
		CU_ASSERT_EQUAL(as_it_stands('a').state, steps[i].then);
	}
	/* what the user changed back is not intended again */
	CU_ASSERT_TRUE(intend(&of, 1, NULL));
	CU_ASSERT_EQUAL(as_it_stands('a').state, EFFECT_UNDONE);
}

static void what_failed_may_be_intended_again(void)
{
	struct effect_row a = effect('a'), *of = &a;

	a_leased_run();
	CU_ASSERT_TRUE(intend(&of, 1, "{}"));
	settle(&a, EFFECT_FAILED);
	CU_ASSERT_TRUE(intend(&of, 1, NULL));
	CU_ASSERT_EQUAL(a.state, EFFECT_FAILED);
	CU_ASSERT_EQUAL(as_it_stands('a').state, EFFECT_INTENDED);
}

static struct memory_row remembered(const char *kind, const char *subject)
{
	struct memory_row m = {.kind = kind, .subject = subject};
	struct error err = {0};

	CU_ASSERT_TRUE(memory_look(fx_conn, 1, "email-triage", &m, 1, &err));
	return m;
}

static void each_change_of_an_effect_is_counted_once(void)
{
	struct effect_row a = effect('a'), b = effect('b'), *both[] = {&a, &b};

	a_leased_run();
	CU_ASSERT_TRUE(intend(both, 2, "{}"));
	settle(&a, EFFECT_DONE);
	settle(&a, EFFECT_DONE);
	settle(&b, EFFECT_FAILED);
	settle(&b, EFFECT_DONE);
	CU_ASSERT_EQUAL(remembered("sender", "news@x.org").done, 2);
	CU_ASSERT_EQUAL(remembered("list", "weekly.x.org").done, 2);
	settle(&b, EFFECT_UNDONE);
	settle(&b, EFFECT_UNDONE);
	CU_ASSERT_EQUAL(remembered("sender", "news@x.org").undone, 1);
	CU_ASSERT_EQUAL(remembered("list", "weekly.x.org").undone, 1);
	CU_ASSERT_EQUAL(remembered("list", "another").done, 0);
}

static void more_effects_than_one_statement_takes(void)
{
	struct effect_row rows[150], *all[150];
	unsigned i;

	a_leased_run();
	for (i = 0; i < 150; i++) {
		rows[i] = effect((unsigned char)i);
		all[i] = &rows[i];
	}
	CU_ASSERT_TRUE(intend(all, 150, "{}"));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM effects WHERE state = 1"), 150);
	CU_ASSERT_TRUE(intend(all, 150, NULL));
	for (i = 0; i < 150; i++)
		CU_ASSERT_EQUAL(rows[i].state, EFFECT_INTENDED);
}

static void what_is_remembered_can_be_listed_and_forgotten(void)
{
	struct effect_row a = effect('a'), *of = &a;
	struct memory_row *list;
	struct error err;
	uint64_t removed;
	unsigned n;

	a_leased_run();
	CU_ASSERT_TRUE(intend(&of, 1, "{}"));
	settle(&a, EFFECT_DONE);
	CU_ASSERT_TRUE(memory_list(fx_conn, 1, NULL, 10, &arena, &list, &n, &err));
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_STRING_EQUAL(list[0].kind, "list");
	CU_ASSERT_STRING_EQUAL(list[1].subject, "news@x.org");
	CU_ASSERT_TRUE(memory_list(fx_conn, 1, "another", 10, &arena, &list, &n, &err));
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_TRUE(memory_reset(fx_conn, 1, "email-triage", "sender", "news@x.org", &removed, &err));
	CU_ASSERT_EQUAL(removed, 1);
	CU_ASSERT_EQUAL(remembered("sender", "news@x.org").done, 0);
	CU_ASSERT_EQUAL(remembered("list", "weekly.x.org").done, 1);
	CU_ASSERT_TRUE(memory_reset(fx_conn, 1, "email-triage", NULL, NULL, &removed, &err));
	CU_ASSERT_EQUAL(removed, 1);
}

/* Two accounts never see each other's. */
static void effects_and_memory_are_an_accounts_own(void)
{
	struct effect_row a = effect('a'), *of = &a;
	struct memory_row m = {.kind = "sender", .subject = "news@x.org"};
	struct error err = {0};

	a_leased_run();
	CU_ASSERT_TRUE(intend(&of, 1, "{}"));
	settle(&a, EFFECT_DONE);
	CU_ASSERT_TRUE(effects_look(fx_conn, 2, &of, 1, &arena, &err));
	CU_ASSERT_EQUAL(a.state, EFFECT_NEW);
	CU_ASSERT_TRUE(memory_look(fx_conn, 2, "email-triage", &m, 1, &err));
	CU_ASSERT_EQUAL(m.done, 0);
}

static int leave(void)
{
	arena_release(&arena);
	return fx_close();
}

static CU_TestInfo tests[] = {
	{"what was intended is known to the next attempt", what_was_intended_is_known_to_the_next_attempt},
	{"a plan is kept until its run ends", a_plan_is_kept_until_its_run_ends},
	{"a cancelled run leaves no plan", a_cancelled_run_leaves_no_plan},
	{"who lost the lease plans nothing", who_lost_the_lease_plans_nothing},
	{"a cancelled run plans nothing", a_cancelled_run_plans_nothing},
	{"what another run intends is busy until its lease is over",
	 what_another_run_intends_is_busy_until_its_lease_is_over},
	{"states follow each other in order", states_follow_each_other_in_order},
	{"what failed may be intended again", what_failed_may_be_intended_again},
	{"each change of an effect is counted once", each_change_of_an_effect_is_counted_once},
	{"more effects than one statement takes", more_effects_than_one_statement_takes},
	{"what is remembered can be listed and forgotten", what_is_remembered_can_be_listed_and_forgotten},
	{"effects and memory are an account's own", effects_and_memory_are_an_accounts_own},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo effects_suite = {"effects", fx_open, leave, NULL, NULL, tests};
